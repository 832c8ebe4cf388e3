"""The memory for the prompt cache, by what the operating system reports."""

import pytest

from assistant.llm.cache_budget import DEFAULT_MIB, MAX_MIB, MIN_MIB, memory_mib, prompt_cache_mib


@pytest.mark.parametrize(
    ("meminfo", "limit", "used_mib", "cache_mib"),
    [
        ("MemTotal: 9 kB\nMemAvailable: 8192000 kB\n", "", 0, 1000),  # an eighth
        ("MemAvailable: 300000 kB\n", "", 0, MIN_MIB),
        ("MemAvailable: 0 kB\n", "", 0, MIN_MIB),
        ("MemAvailable: 99999999 kB\n", "", 0, MAX_MIB),
        ("MemAvailable: 99999999 kB\n", str(6000 << 20), 2000, 500),  # a container's limit
        ("MemAvailable: 8192000 kB\n", "max", 0, 1000),  # a container without one
        ("", "", 0, DEFAULT_MIB),
        ("MemTotal: 5 kB\n", "", 0, DEFAULT_MIB),
        ("no colon\n", "", 0, DEFAULT_MIB),
        ("MemAvailable: much\n", "", 0, DEFAULT_MIB),
    ],
)
def test_a_share_of_what_is_free_within_bounds(
    tmp_path, meminfo, limit, used_mib, cache_mib
) -> None:
    (tmp_path / "meminfo").write_text(meminfo)
    if limit:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text(f"{used_mib << 20}\n")
    assert prompt_cache_mib(tmp_path / "meminfo", tmp_path) == cache_mib


@pytest.mark.parametrize(
    ("meminfo", "limit", "mib"),
    [
        ("MemTotal: 8192000 kB\nMemAvailable: 9 kB\n", "", 8000),
        ("MemTotal: 8192000 kB\n", str(6000 << 20), 6000),  # a container's limit
        ("MemTotal: 8192000 kB\n", "max", 8000),
        ("", str(6000 << 20), 6000),
        ("", "", None),
    ],
)
def test_all_memory_is_that_of_the_machine_or_what_a_container_may_have(
    tmp_path, meminfo, limit, mib
) -> None:
    (tmp_path / "meminfo").write_text(meminfo)
    if limit:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
    assert memory_mib(tmp_path / "meminfo", tmp_path) == mib
