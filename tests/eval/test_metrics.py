"""Metrics: their extremes, what counts as equal, and which failure lowers which of them."""

import random
from statistics import fmean

import pytest

from eval.data.cases import Case, Gold
from eval.data.results import CaseResult, Outcome
from eval.scoring import metrics
from eval.scoring.case_scores import score
from eval.scoring.significance import bootstrap_interval
from eval.scoring.summary import summarise

# ── what counts as the same ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("At least 12 died.", "twelve"),
        ("Twelve died.", "12"),
        ("He is twenty-three years old.", "23"),
        ("It was the 23rd time.", "twenty-third"),
        ("They met on 20 July 2023.", "July 20"),
        ("They met on July 20, 2023.", "20 July 2023"),
        ("They met on July 20th.", "20 July"),
        ("the 20th of July", "20 July"),
        ("on Thursday, 2023-07-20", "July 20, 2023"),
        ("on Sept. 4", "4 September"),
        ("in July 2023", "July 2023"),
        ("on 20 July 2023", "July 2023"),
        ("36 million crowns", "36,000,000"),
        ("about $1.2bn", "1.2 billion"),
        ("nine hundred asylum seekers", "900"),
        ("50,000 people", "50k"),
        ("a rise of 15%", "15 per cent"),
        ("the U.S. envoy", "US"),
        ("from the Republic of Korea", "South Korea"),
        ("Simon Ličen said so", "Simon Licen"),
        ("KIM GUNN’s idea", "Kim Gunn"),
        ("the run-off vote", "run off vote"),
    ],
)
def test_an_accepted_answer_is_found_however_it_is_spelled(answer, accepted):
    assert metrics.holds(answer, accepted)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("He paid 45,756.", "45"),
        ("on 14 March", "4 March"),
        ("in 2021", "1"),
        ("on 20 July 2022", "20 July 2023"),
        ("on 20 July", "20 July 2023"),
        ("Kim Tae-hyo", "Kim Gunn"),
        ("Gunn met Kim", "Kim Gunn"),
        ("I do not know the answer", "the bank of England"),
        ("He is twenty", "23"),
        ("36 thousand", "36 million"),
        ("1.5", "5"),
        ("", "Kim"),
    ],
)
def test_part_of_a_number_a_date_or_a_name_is_no_answer(answer, accepted):
    assert not metrics.holds(answer, accepted)


# ── intervals ─────────────────────────────────────────────────────────────────────────────────


def test_an_interval_is_the_same_for_the_same_seed_and_holds_the_mean():
    values = [float(random.Random(7).random() < 0.8) for _ in range(100)] + [0.0, 1.0] * 50
    first = bootstrap_interval(values, seed=1)
    assert first == bootstrap_interval(values, seed=1)
    assert first != bootstrap_interval(values, seed=2)
    assert first[0] < fmean(values) < first[1]


# ── which failure lowers which metric ─────────────────────────────────────────────────────────

PROOF = "Kim Gunn received Sung Kim in Tokyo on Thursday."
OTHER = "Kim Gunn spoke to Sung Kim by telephone in the spring."
CASE = Case(
    id="q1",
    question="Who received the American envoy in Tokyo?",
    answerable=True,
    answers=("Kim Gunn",),
    evidence=(Gold("talks", PROOF),),
    type="who",
)
NOWHERE = Case(id="q2", question="Who paid for dinner?", answerable=False, type="unanswerable")
NAMES = {"id-talks": "talks", "id-calls": "calls", "id-copy": "copy"}


def passage(name, text, rank, **more):
    return {"article": name, "title": "", "text": text, "rank": rank, "relevance": 1.0, **more}


FOUND = (passage("talks", PROOF, 1), passage("calls", OTHER, 2))


UNNAMED = {"title": "", "published": None, "source": ""}


def evidence(article, text):
    return {"article": article, "text": text, **UNNAMED}


REFUSED = {
    "answer": "",
    "refused": True,
    "reason": {"code": "unsupported", "reason": "Not in these articles."},
    "claims": [],
    "citations": [],
    "evidence": [evidence("id-talks", PROOF), evidence("id-calls", OTHER)],
    "timings": {"prompt_tokens": 100, "model_calls": 1},
}


def said(text, *, cites=("id-talks", PROOF)):
    article, quote = cites
    return REFUSED | {
        "answer": text,
        "refused": False,
        "reason": None,
        "claims": [{"text": text, "kept": True, "citations": [1], "unsupported": []}],
        "citations": [{"number": 1, "article": article, "quote": quote, **UNNAMED}],
    }


RIGHT = said("Kim Gunn received him.")


def scored(output, found=FOUND, case=CASE):
    return score(case, Outcome(CASE.question, found, output, NAMES))


def figures(first, second=REFUSED):
    """The figures of a run of both cases."""
    results = [
        CaseResult(case, Outcome(CASE.question, FOUND, output, NAMES), scored(output, case=case))
        for case, output in ((CASE, first), (NOWHERE, second))
    ]
    return summarise(results, seed=0)["metrics"]


def changed(worse):
    """Names of the metrics that differ, and of those that have nothing left to measure."""
    before = figures(RIGHT)
    return {name for name in before if worse.get(name) != before[name]}


def test_all_right_is_1_and_all_wrong_is_0():
    best = figures(said("Kim Gunn"))
    rates = best.keys() - {"prompt_tokens", "model_calls"}
    lowest = {"false_refusal", "unsupported", "unsupported_written", "errors"}
    assert {name: best[name] for name in rates} == {name: name not in lowest for name in rates}
    assert {"answer", "f1", "exact", "answer_precision", "citation_gold"} <= rates
    nonsense = ("id-calls", "It rained.")
    wrong = figures(said("Nobody knows.", cites=nonsense), said("Nobody."))
    for name in ("answer", "f1", "exact", "answer_precision", "rejection"):
        assert wrong[name] == 0
    for name in ("citation_precision", "citation_recall", "citation_gold"):
        assert scored(said("Nobody.", cites=nonsense))[name].value == 0
    none = figures(REFUSED, said("Sung Kim"))
    assert (none["false_refusal"], none["balanced_accuracy"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "cited", "lowered"),
    [
        ("Sung Kim received him.", ("id-talks", PROOF), "answer answer_precision f1"),
        (RIGHT["answer"], ("id-calls", OTHER), "citation_gold"),
        (
            *(RIGHT["answer"], ("id-calls", "It rained all day.")),
            "citation_gold citation_precision citation_recall",
        ),
    ],
    ids=["wrong answer", "citation of another sentence", "citation that proves nothing"],
)
def test_a_fault_lowers_its_metrics_alone(text, cited, lowered):
    assert changed(figures(said(text, cites=cited))) == set(lowered.split())


@pytest.mark.parametrize(("parts", "recall"), [(["text"], 0), (["text", "title"], 1)])
def test_words_of_the_title_prove_only_where_the_title_is_cited(parts, recall):
    output = said("Kim Gunn received him in Velmara.")
    [cited] = output["citations"]
    cited |= {"title": "Talks in Velmara"}
    citations = [{**cited, "number": n, "part": part} for n, part in enumerate(parts, 1)]
    claims = [{**output["claims"][0], "citations": [1, 2]}]
    found = scored({**output, "citations": citations, "claims": claims})
    assert found["citation_recall"].value == recall
    assert found["citation_precision"].value == 1


def test_a_false_refusal_raises_its_own_rate_and_gives_no_answer():
    worse = figures(REFUSED)
    unmeasured = {
        *("answer_precision", "citation_precision", "citation_recall", "citation_gold"),
        "unsupported",
    }
    answered = {"false_refusal", "balanced_accuracy", "answer", "f1"}
    assert changed(worse) == answered | unmeasured
    assert (worse["false_refusal"], worse["balanced_accuracy"]) == (1, 0.5)
    assert not unmeasured & worse.keys()


def test_an_answer_to_what_no_article_says_lowers_rejection_and_precision():
    worse = figures(RIGHT, said("Kim Gunn did."))
    assert {"rejection", "balanced_accuracy", "answer_precision"} <= changed(worse)
    assert "false_refusal" not in changed(worse)
    assert worse["answer"] == 1


def test_a_name_from_nowhere_is_counted():
    scores = scored(said("Kim Gunn received Noh Kyu."))
    assert scores["unsupported"].value == 1
    assert "Noh Kyu" in scores["unsupported"].why
    assert scores["citation_recall"].value == 0


def test_what_was_written_and_struck_is_counted_apart():
    struck = {"text": "He paid 90.", "kept": False, "citations": [], "unsupported": ["90"]}
    scores = scored(RIGHT | {"claims": [*RIGHT["claims"], struck]})
    assert (scores["unsupported"].value, scores["unsupported_written"].value) == (0, 1)


# ── retrieval and evidence ────────────────────────────────────────────────────────────────────


def test_an_article_that_carries_the_same_text_is_as_good():
    found = (passage("copy", PROOF, 1, carried_by=["talks"]),)
    scores = scored(None, found)
    assert scores["recall@1"].value == scores["quote_recall@5"].value == 1
    output = said("Kim Gunn", cites=("id-copy", PROOF))
    assert scored(output, found)["citation_gold"].value == 1


def test_a_near_copy_may_have_changed_a_word_and_the_article_itself_may_not():
    reworded = PROOF.replace("received", "met")
    assert scored(None, (passage("talks", reworded, 1),))["quote_mrr"].value == 0
    found = (passage("copy", reworded, 1, carried_by=["talks"]),)
    output = said("Kim Gunn", cites=("id-copy", reworded))
    scores = scored(output | {"evidence": [evidence("id-copy", reworded)]}, found)
    assert scores["quote_mrr"].value == scores["quote_shown"].value == 1
    assert scores["citation_gold"].value == 1


def test_all_groups_have_to_be_there():
    case = Case("q", "Which?", True, ("Lower Brask",), (("Lower Brask",), ("nine", "9"), ("8",)))
    part = scored(said("Lower Brask lost 9."), case=case)["answer"]
    assert (part.value, part.why) == (0, "it lacks 8")
    assert scored(said("Lower Brask lost 9, eight there."), case=case)["answer"].value == 1


def test_a_long_accepted_text_is_scored_by_f1_alone():
    text = "They were founded in Chicago, moved to Missouri and then on to Arizona in the end."
    scores = scored(said("They moved to Missouri."), case=Case("q", "Which?", True, (text,)))
    assert scores["answer"].value is None
    assert "see f1" in scores["answer"].why
    assert 0 < scores["f1"].value < 1


def test_a_failed_case_is_an_error_and_no_right_answer():
    scores = score(CASE, Outcome(error="the model is gone"))
    assert {name: s.value for name, s in scores.items()} == {"errors": 1, "answer": 0}
    assert scores["errors"].why == "the model is gone"
