"""The memory that earlier prompts may take, from what the operating system tells."""

from pathlib import Path

import pytest

from assistant.llm.cache_budget import DEFAULT_MIB, MAX_MIB, MIN_MIB, prompt_cache_mib


def told(folder: Path, available_mib: int | None, limit: str = "", used_mib: int = 0) -> int:
    """The answer on a machine whose system tells this."""
    if available_mib is not None:
        lines = f"MemTotal: 99999999 kB\nMemAvailable: {available_mib * 1024} kB\n"
        (folder / "meminfo").write_text(lines)
    if limit:
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used_mib << 20}\n")
    return prompt_cache_mib(folder / "meminfo", folder)


@pytest.mark.parametrize(
    ("available_mib", "cache_mib"),
    [(8000, 1000), (300, MIN_MIB), (0, MIN_MIB), (64_000, MAX_MIB)],
)
def test_it_is_an_eighth_of_what_is_free_within_bounds(tmp_path, available_mib, cache_mib) -> None:
    assert told(tmp_path, available_mib) == cache_mib


def test_a_container_s_limit_counts_where_it_is_lower(tmp_path) -> None:
    assert told(tmp_path, 64_000, str(6000 << 20), used_mib=2000) == 500


def test_a_container_without_a_limit_has_the_machine_s_memory(tmp_path) -> None:
    assert told(tmp_path, 8000, "max") == 1000


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB\n", "no colon\n", "MemAvailable: much\n"])
def test_a_system_that_does_not_tell_gets_a_fixed_size(tmp_path, text) -> None:
    (tmp_path / "meminfo").write_text(text)
    assert prompt_cache_mib(tmp_path / "meminfo", tmp_path) == DEFAULT_MIB


def test_this_machine_is_within_the_bounds() -> None:
    assert MIN_MIB <= prompt_cache_mib() <= MAX_MIB
