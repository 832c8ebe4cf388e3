"""Reports on drafts, right and wrong ones, and the figures that come of them."""

import json

import pytest

from eval.drafts.checked import Times
from eval.drafts.draft_set import GoldSentence, drafts_of, read_drafts
from eval.drafts.evaluate import judge, table
from eval.drafts.wice import (
    CHUNKS,
    CLAIMS,
    figures,
    outcome,
    page_text,
    read_claims,
    with_oracle,
)
from index.core.errors import UsageError


def said(start, end, verdict, reason="", quotes=(), spans=()):
    """A checked sentence as the report has it."""
    citations = [{"quote": quote} for quote in quotes]
    marked = [{"reason": text} for text in spans]
    return {
        **{"start": start, "end": end, "verdict": verdict, "reason": reason},
        **{"citations": citations, "spans": marked},
    }


def shares(judged):
    return {row["measure"]: row["share"] for row in table(judged) if not row["kind"]}


def judged_by(rule):
    """All sentences of the set, with what `rule` says of each."""
    return [
        found
        for draft in read_drafts()
        for found in judge(
            draft,
            [
                said(*span, *rule(gold))
                for gold, span in zip(draft.sentences, draft.spans, strict=True)
            ],
        )
    ]


def test_a_right_report_gets_everything():
    def rule(gold):
        quotes = [fact[-1].quote for fact in gold.evidence]
        return gold.verdict, f"the article says {gold.instead[:1]}", quotes

    right = shares(judged_by(rule))
    assert right.pop("true contradicted") == right.pop("true not supported") == 0
    assert right.pop("absent supported") == 0
    assert set(right.values()) == {1.0}


def test_a_report_that_believes_everything_catches_nothing():
    found = shares(judged_by(lambda gold: ("supported",)))
    assert found["swaps caught"] == found["proving sentence cited"] == found["no claim right"] == 0
    assert found["absent supported"] == 1
    assert found["true not supported"] == 0


def test_a_report_that_denies_everything_is_told_by_the_true_ones():
    found = shares(judged_by(lambda gold: ("contradicted", "the article says otherwise")))
    assert found["swaps caught"] == found["true contradicted"] == 1
    assert found["swaps put right"] == pytest.approx(20 / 120)  # negations have nothing to name


def test_each_kind_has_its_own_row_and_interval():
    rows = list(table(judged_by(lambda gold: (gold.verdict,))))
    kinds = {row["kind"]: row["n"] for row in rows if row["measure"] == "swaps caught"}
    assert kinds == {
        **{"": 120, "name": 20, "number": 20, "day": 20, "office": 20, "speaker": 20},
        "negation": 20,
    }
    assert all(row["low"] <= row["share"] <= row["high"] for row in rows)


def one_draft(*texts):
    made = [GoldSentence("", "a", 1, text, "supported", "") for text in texts]
    return next(drafts_of(iter(made)))


def test_a_sentence_read_as_two_has_the_worse_verdict():
    draft = one_draft("The dam broke. It was old.", "Nobody died.")
    found = list(
        judge(
            draft,
            [
                said(0, 14, "supported", quotes=["The dam burst on Monday."]),
                said(15, 26, "contradicted", "the article says new", spans=["new"]),
            ],
        )
    )
    assert [one.verdict for one in found] == ["contradicted", "no_claim"]
    assert found[0].quotes == ("The dam burst on Monday.",)
    assert found[0].reasons.split("; ") == ["", "the article says new", "new"]


def test_times_are_per_sentence_and_the_first_draft_stands_apart():
    times = Times(drafts=[6.0, 2.0], sentences=[2, 2], first=[5.0, 0.5])
    assert times.figures() == {
        **{"seconds a sentence": 2.0, "first verdict, first draft": 5.0},
        **{"first verdict, median": 0.5, "first verdict, slowest": 0.5},
    }


# ── WiCE ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def claims(tmp_path):
    page = ["(meta data) TITLE: The dam", "The dam of Oldford broke in May.", "Menu", "It was old."]
    rows = [
        ("supported", "The dam broke in May.", [[1]]),
        ("partially_supported", "The old dam broke in June.", [[1, 3], [3]]),
        ("not_supported", "Nobody died.", []),
    ]
    (tmp_path / CLAIMS).parent.mkdir(parents=True)
    meta = {"claim_title": "Oldford", "claim_context": "Oldford is a town. It had a dam."}
    (tmp_path / CLAIMS).write_text(
        "".join(
            json.dumps(
                {"label": label, "claim": claim, "evidence": page, "supporting_sentences": proofs}
                | {"meta": meta}
            )
            + "\n"
            for label, claim, proofs in rows
        )
    )
    (tmp_path / CHUNKS).parent.mkdir(parents=True)
    chunks = [{"claim": "The dam broke in May.", "meta": {"chunk_idx": n}} for n in ([1], [2, 1])]
    (tmp_path / CHUNKS).write_text("".join(json.dumps(chunk) + "\n" for chunk in chunks))
    return tmp_path


def test_a_claim_stands_after_its_title_and_the_sentence_before(claims):
    first = read_claims(claims / CLAIMS)[0]
    assert first.before == "Oldford\n\nIt had a dam. "
    assert page_text(first) == (
        "The dam",
        "The dam of Oldford broke in May.\n\nMenu\n\nIt was old.",
    )


def test_only_the_sentences_that_annotators_chose_are_shown(claims):
    (chosen,) = with_oracle(claims / CHUNKS, read_claims(claims / CLAIMS))
    assert page_text(chosen) == ("Oldford", "The dam of Oldford broke in May.\n\nMenu")


def test_figures_of_right_and_wrong_outcomes(claims):
    supported, partly, absent = read_claims(claims / CLAIMS)
    right = [
        outcome(supported, [said(0, 1, "supported", quotes=["The dam of Oldford broke in May."])]),
        outcome(partly, [said(0, 1, "contradicted", quotes=["It was old."])]),
        outcome(absent, [said(0, 1, "no_claim")]),
    ]
    assert [one.cited for one in right] == [(1,), (3,), ()]
    found = figures("all", right)
    assert found["supported F1"] == found["macro F1"] == found["accuracy"] == 1.0
    assert found["recall@3"] == 1.0  # of the nearest of the annotators' sets
    wrong = figures("all", [outcome(one.claim, [said(0, 1, "supported")]) for one in right])
    assert wrong["supported F1"] == pytest.approx(0.5)
    assert wrong["macro F1"] == pytest.approx(0.5 / 3)
    assert wrong["recall@3"] == 0.0


def test_a_folder_without_the_claims_is_refused(tmp_path):
    with pytest.raises(UsageError, match="ryokamoi/wice"):
        read_claims(tmp_path / CLAIMS)
