"""The planted claims, and the count of what the proof makes of them."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.claims.evaluate import attributed, evidence_of, shares
from eval.claims.parsed import NOT_SAID
from eval.claims.planted import DATA, OWN, RECIPES, planted_claims
from eval.claims.word_overlap import overlaps
from index.core.errors import UsageError
from tests.fakes import FakeApp

ROWS = [json.loads(line) for line in RECIPES.read_text("utf-8").splitlines()]
PUBLIC = Path(os.environ.get("CLAIMS_DATA") or DATA)
OURS = list(planted_claims(chosen=OWN))


def test_there_are_300_of_either_spread_over_kinds_and_articles():
    assert Counter(row["label"] == "supported" for row in ROWS) == {True: 300, False: 300}
    assert len({row["id"] for row in ROWS}) == 600
    kinds = Counter(row["kind"] for row in ROWS)
    assert len(kinds) >= 28
    assert max(kinds.values()) <= 45
    assert max(Counter(row["article"] for row in ROWS).values()) <= 16


def test_recipes_hold_few_words_of_their_own():
    """The articles of others are named by place, not copied."""
    for row in ROWS:
        written = " ".join(piece for piece in row["pieces"] if isinstance(piece, str))
        assert len(written.split()) <= 8, row["id"]


def test_claims_of_the_sample_set_are_rebuilt():
    assert len(OURS) == sum(row["set"] == OWN for row in ROWS)
    for claim in OURS:
        source = claim.article.text[claim.start : claim.end]
        assert claim.text != source
        assert not claim.text[0].islower(), claim
        assert "  " not in claim.text
        assert evidence_of(claim)[0].text == source


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public sets are not here (CLAIMS_DATA)")
def test_claims_of_public_sets_are_rebuilt():
    found = list(planted_claims(PUBLIC))
    assert len(found) == 600
    assert len({claim.text for claim in found}) == 600


def test_an_article_that_has_changed_is_told(tmp_path):
    row = next(row for row in ROWS if row["set"] == "squad2_dev")
    changed = {"id": row["article"], "title": "Normans", "text": "They came from the north."}
    (tmp_path / "squad2_dev").mkdir()
    (tmp_path / "squad2_dev" / "corpus.jsonl").write_text(json.dumps(changed) + "\n", "utf-8")
    with pytest.raises(UsageError, match="does not hold the sentence that claim"):
        list(planted_claims(tmp_path, "squad2_dev"))


def test_word_overlap_sees_a_new_name_and_no_negation():
    claim = next(one for one in OURS if one.kind == "negation inserted")
    evidence = evidence_of(claim)
    source = claim.article.text[claim.start : claim.end]
    assert overlaps(source, evidence)
    assert overlaps(claim.text, evidence)
    assert not overlaps(f"Zanelle Quibb said: {source}", evidence)
    assert attributed(source, evidence)


def test_the_sentence_that_introduces_a_name_is_shown_too():
    claim = next(one for one in OURS if one.kind == "full name" and "Nadia Korvin" in one.text)
    shown = [item.text for item in evidence_of(claim)]
    assert "Nadia Korvin" not in " ".join(shown[:3])
    assert "Nadia Korvin" in shown[-1]


def test_what_is_not_said_is_not_shown():
    for claim in OURS:
        if claim.label == NOT_SAID:
            assert claim.text not in [item.text for item in evidence_of(claim)]


def test_shares_are_counted_by_label_and_kind():
    found = shares(OURS, [not claim.is_true for claim in OURS])
    caught, struck = found["false ones caught"], found["true ones struck"]
    assert (caught.struck, struck.struck) == (caught.claims, 0)
    assert caught.claims + struck.claims == len(OURS)
    assert str(struck).startswith("0.0 % [0–0]")


def test_the_command_prints_both_and_writes_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("eval.claims.evaluate.App", FakeApp)
    file = tmp_path / "claims.json"
    assert main(["claims", "--set", OWN, "--failures", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert f"{len(OURS)} claims" in printed
    assert "word overlap alone" in printed
    figures = json.loads(file.read_text("utf-8"))
    assert set(figures) == {"proof", "word overlap alone"}
    assert 0 <= figures["proof"]["true ones struck"]["share"] <= 1


def test_claims_of_an_unknown_set_are_told():
    with pytest.raises(UsageError, match="no claims of 'nothing'"):
        main(["claims", "--set", "nothing"])
