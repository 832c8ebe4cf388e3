"""Memory that there is, and the part of the prompt cache, as the operating system reports it."""

from pathlib import Path

MIN_MIB = 256  # 9,000 tokens of the default model, 28 KiB each: some twenty prompts
MAX_MIB = 2048  # beyond, more people than one engine can serve would have to take turns
SHARE = 8  # of what is free: the rest is for the model's file, the index and everybody else
DEFAULT_MIB = 512  # where the system reports nothing

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")  # of a container; memory.max and memory.current, in bytes


def prompt_cache_mib(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """A share of the free memory within bounds, in MiB; a container may have less than its host."""
    free = [
        mib for mib in (_field(meminfo, "MemAvailable"), _of_container(cgroup)) if mib is not None
    ]
    return min(MAX_MIB, max(MIN_MIB, min(free) // SHARE)) if free else DEFAULT_MIB


def memory_mib(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """All memory of the machine, or what its container may have, in MiB; None if unknown."""
    try:
        limit = int((cgroup / "memory.max").read_text()) >> 20
    except (OSError, ValueError):  # "max": no limit
        limit = None
    found = [mib for mib in (_field(meminfo, "MemTotal"), limit) if mib is not None]
    return min(found, default=None)


def _field(meminfo: Path, name: str) -> int | None:
    try:
        fields = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines())
        return int(fields[name].split()[0]) // 1024  # "12345 kB"
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _of_container(cgroup: Path) -> int | None:
    try:
        limit, used = (int((cgroup / f"memory.{what}").read_text()) for what in ("max", "current"))
        return max(0, limit - used) >> 20
    except (OSError, ValueError):  # "max": no limit
        return None
