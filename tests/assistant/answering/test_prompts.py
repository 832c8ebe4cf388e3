"""Templates are plain text with holes, and exactly their holes must be given."""

from pathlib import Path
from string import Template

import pytest

import prompts
from prompts import digest, render

FILLED = {"evidence": "- Rain fell.", "question": "Did it rain?"}


def test_a_template_is_filled() -> None:
    text = render("question", **FILLED)
    assert text.startswith("Sentences from news articles:\n\n- Rain fell.")
    assert text.endswith("Question: Did it rain?")


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"question\.txt wants .*'question'.*given \['evidence'\]"):
        render("question", evidence="x")


def test_a_value_without_a_hole_is_named() -> None:
    with pytest.raises(ValueError, match="'tone'"):
        render("question", **FILLED, tone="kind")


def test_a_dollar_in_a_value_stays_a_dollar() -> None:
    text = render("question", evidence="- It cost $5, $question and ${evidence}.", question="$$?")
    assert "- It cost $5, $question and ${evidence}." in text
    assert text.endswith("Question: $$?")


@pytest.mark.parametrize("name", ["system", "question", "followup"])
def test_every_template_has_only_proper_holes(name) -> None:
    text = (Path(prompts.__file__).parent / f"{name}.txt").read_text("utf-8")
    assert Template(text).is_valid()


def test_the_question_stands_last() -> None:
    for name, extra in (
        ("question", {}),
        ("followup", {"earlier_question": "Where?", "earlier_answer": "In Busan."}),
    ):
        assert render(name, **FILLED, **extra).endswith("Did it rain?")


class Folder:
    """Stands in for `importlib.resources` with the templates of a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def files(self, package: str) -> Path:
        return self._path


def test_the_digest_changes_with_any_template(tmp_path, monkeypatch) -> None:
    for source in Path(prompts.__file__).parent.glob("*.txt"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    before = digest()
    monkeypatch.setattr(prompts, "resources", Folder(tmp_path))
    assert digest() == before
    for path in sorted(tmp_path.glob("*.txt")):
        text = path.read_text("utf-8")
        path.write_text(text + " ", "utf-8")
        assert digest() != before
        path.write_text(text, "utf-8")
    assert digest() == before


def test_the_digest_is_twelve_hexadecimal_digits() -> None:
    assert len(digest()) == 12
    int(digest(), 16)
