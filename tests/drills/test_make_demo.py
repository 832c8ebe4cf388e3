"""`make demo`: it ends where the models cannot be fetched, and leaves nothing behind that works."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"
FAILS = "#!/bin/sh\nsleep 1\necho 'assistant: there is no network.' >&2\nexit 1\n"

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(not (shutil.which("make") and Path("/proc").is_dir()), reason="needs make"),
]


def working_for(folder: Path) -> list[str]:
    """The processes that compile in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_a_failed_pull_ends_the_demo_and_the_compiler(tmp_path):
    shutil.copy(MAKEFILE, tmp_path)
    for name in ("pyproject.toml", *(f"requirements/{n}.txt" for n in ("base", "cpu", "cuda"))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    programs, library = tmp_path / ".venv" / "bin", tmp_path / ".venv" / "lib"
    programs.mkdir(parents=True)
    library.mkdir()
    (programs / "python").symlink_to(sys.executable)
    (programs / "assistant").write_text(FAILS)
    (programs / "assistant").chmod(0o755)
    for n in range(200):  # many seconds of work
        (library / f"m{n}.py").write_text("\n".join(f"x{i} = [{i}] * 3" for i in range(20_000)))
    (tmp_path / ".venv" / ".installed").touch()
    made = subprocess.run(["make", "demo"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode != 0
    assert "assistant: there is no network.\nmake demo: without the models" in made.stderr
    time.sleep(0.5)
    assert working_for(tmp_path) == []
    assert len(list(library.rglob("*.pyc"))) < 200
