"""How much memory there is left to use, as far as the operating system tells."""

from __future__ import annotations

from pathlib import Path

LEAST_MIB = 256  # 9,000 tokens of the default model, 28 KiB each: some twenty prompts
MOST_MIB = 2048  # beyond, more people than one engine can serve would have to take turns
SHARE = 8  # of what is free: the rest is for the model's file, the index and everybody else
UNKNOWN_MIB = 512  # where nobody tells

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")  # of a container; memory.max and memory.current, in bytes


def prompt_cache_mib(meminfo: Path = _MEMINFO, group: Path = _GROUP) -> int:
    """Memory for prompts that were read: a share of what is free, within bounds, in MiB."""
    free = _free_mib(meminfo, group)
    return UNKNOWN_MIB if free is None else min(MOST_MIB, max(LEAST_MIB, free // SHARE))


def _free_mib(meminfo: Path, group: Path) -> int | None:
    """What may still be taken without swapping; a container may have less than its machine."""
    found = (_of_machine(meminfo), _of_container(group))
    return min((mib for mib in found if mib is not None), default=None)


def _of_machine(meminfo: Path) -> int | None:
    try:
        fields = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) // 1024  # "12345 kB"
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _of_container(group: Path) -> int | None:
    try:
        most, used = (int((group / f"memory.{what}").read_text()) for what in ("max", "current"))
        return max(0, most - used) >> 20
    except (OSError, ValueError):  # "max": no limit
        return None
