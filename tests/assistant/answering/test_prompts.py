"""Templates are plain text with holes, and exactly their holes must be given."""

from pathlib import Path

import pytest

import prompts
from prompts import digest, render


def test_a_template_is_filled_and_a_dollar_in_a_value_stays_a_dollar() -> None:
    text = render("question", evidence="- It cost $5, $question, ${evidence}.", question="$$?")
    head = "Sentences from news articles:\n\n- It cost $5, $question, ${evidence}."
    assert text == f"{head}\n\nQuestion: $$?"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"evidence": "x"}, r"question\.txt wants .*'question'.*given \['evidence'\]"),
        ({"evidence": "x", "question": "y", "tone": "kind"}, "'tone'"),
    ],
)
def test_a_missing_or_unknown_value_is_named(values, problem) -> None:
    with pytest.raises(ValueError, match=problem):
        render("question", **values)


def test_the_digest_is_of_all_templates(tmp_path, monkeypatch) -> None:
    for source in Path(prompts.__file__).parent.glob("*.txt"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    before = digest()
    assert len(bytes.fromhex(before)) == 6
    monkeypatch.setattr(prompts.resources, "files", lambda package: tmp_path)
    assert digest() == before
    for path in sorted(tmp_path.glob("*.txt")):
        text = path.read_text("utf-8")
        path.write_text(text + " ", "utf-8")
        assert digest() != before
        path.write_text(text, "utf-8")
