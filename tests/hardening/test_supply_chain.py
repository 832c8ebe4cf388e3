"""Packages were pinned by version alone, and a hint named a package that a stranger may own."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def locked(*names: str) -> dict[str, list[str]]:
    """Hashes by package of the locks of that name, or of all."""
    found: dict[str, list[str]] = {}
    for lock in LOCKS:
        if not names or lock.name in names:
            for entry in re.split(r"\n(?=\S)", lock.read_text("utf-8")):
                if match := re.match(r"([a-z0-9._-]+)==[^\s;]+", entry):
                    found[match[1]] = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)
    return found


def named(requirements) -> set[str]:
    return {re.match(r"[A-Za-z0-9._-]+", one)[0].lower() for one in requirements}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes_and_no_host_is_named(lock):
    text = lock.read_text("utf-8")
    assert "://" not in text
    packages = locked(lock.name)
    assert packages and all(packages.values())
    assert len(packages) == len(re.findall(r"^[a-z0-9]", text, re.M))


def test_everything_that_the_project_names_is_locked():
    base = locked("base.txt", "cuda.txt").keys()
    assert named(PROJECT["dependencies"]) <= base
    for extra, names in PROJECT["optional-dependencies"].items():
        file = f"{extra}.txt"
        assert named(names) <= locked("base.txt", file).keys(), "run .ci/lock"


def test_both_builds_of_torch_are_locked_and_nothing_of_cuda_elsewhere():
    """Six CPU builds: of three Pythons, for two processors."""
    assert {name: len(hashes) for name, hashes in locked("cpu.txt").items()} == {"torch": 6}
    cuda = [one for one in locked("cuda.txt") if one.startswith(("nvidia", "cuda"))]
    assert cuda and not {*cuda, "torch"} & locked("base.txt").keys()


def test_make_takes_only_what_has_a_hash_and_nothing_names_the_project_at_a_registry():
    make = (ROOT / "Makefile").read_text("utf-8")
    assert "--require-hashes --only-binary :all:" in make
    assert {f"-r requirements/{lock.name}" for lock in LOCKS} <= set(
        re.findall(r"-r [\w./-]+", make)
    )
    sources = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *(ROOT / "index").rglob("*.py")]
    for path in sources:
        text = path.read_text("utf-8")
        assert not re.search(r"pip install (?!--no-deps)", text), f"{path.name}: without hashes"
