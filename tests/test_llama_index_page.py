"""The examples of docs/llama-index.md are run, one after the other, as a reader would."""

import io
import re
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from assistant.cli.entry import main
from assistant.container import App, stay_offline
from tests.fakes import app_that_says

ROOT = Path(__file__).parents[1]
EXAMPLES = re.findall(
    r"^```python\n(.+?)^```", (ROOT / "docs" / "llama-index.md").read_text("utf-8"), re.M | re.S
)
GUNN = "The ROK Special Representative is Kim Gunn."
MET = "They met in Tokyo."


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with the sample articles."""
    shutil.copytree(ROOT / "eval" / "sets" / "sample" / "articles", tmp_path / "articles")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))


def printed(app: type[App]) -> list[str]:
    """What each example prints; the index is exported before the last."""
    names: dict[str, object] = {}
    found = []
    for number, example in enumerate(EXAMPLES, 1):
        if number == len(EXAMPLES):
            assert main(["index", "export", "passages"], app) == 0
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(example, f"example {number}", "exec"), names)
        found.append(out.getvalue())
    return found


def assert_right(told: list[str]) -> None:
    asked, refused, talked, tool, retrieved, own, chroma = told
    assert "Kim Gunn" in asked.splitlines()[0]
    assert any("|" in line and "Kim Gunn" in line for line in asked.splitlines()[1:])
    assert refused.startswith("True ")
    assert "Kim Gunn" in talked and talked.endswith("4 messages\n")
    assert "Kim Gunn" in tool and int(tool.split()[-1]) >= 1
    assert all(line.split()[1] >= "2022-09-01" for line in retrieved.splitlines())
    assert "Kim Gunn" in own and own.split()[-2] == "True"
    days = [int(line.split()[0]) for line in chroma.splitlines()]
    assert days and min(days) >= 20220901


def test_every_example_does_what_the_page_says(here, monkeypatch):
    app = app_that_says(GUNN, GUNN, MET, GUNN, GUNN)
    for place in ("assistant.container.App", "assistant.llama_index.engines.App"):
        monkeypatch.setattr(place, app)
    assert_right(printed(app))


@pytest.mark.real
def test_every_example_does_so_with_the_real_models(here):
    stay_offline()
    assert_right(printed(App))
