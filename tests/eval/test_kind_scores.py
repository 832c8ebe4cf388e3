"""Scores of kinds of question: a right answer has 1, and each mistake costs what it should."""

import json

import pytest

from eval.data.cases import load, parse
from eval.data.results import CaseResult, Outcome
from eval.reporting.report import report
from eval.scoring.case_scores import score
from tests.made_runs import mixed, write


def case(kind, question="What was it?", **wanted):
    others = {key: wanted.pop(key) for key in ("answerable", "all_of", "evidence") if key in wanted}
    row = {"question": question, "kind": kind, "type": kind, **others}
    return parse(row | ({"wanted": wanted} if wanted else {}))


def claim(text, label=None, *quotes):
    return text, label, quotes


def output(*claims, kind, in_rows=True, refused=False, **more):
    """An answer as its JSON: each claim cites sentences of its own."""
    citations, made = [], []
    for text, label, quotes in claims:
        numbers = []
        for quote in quotes:
            numbers.append(len(citations) + 1)
            about = {"article": "a1", "title": "Storm", "published": "2025-03-08", "source": "Wire"}
            citations.append({"number": numbers[-1], "quote": quote, **about})
        made.append({"label": label, "text": text, "kept": True, "citations": numbers})
    lines = [f"{label}: {text}" if label else text for text, label, _ in claims]
    return {
        "kind": kind,
        "in_rows": in_rows,
        "answer": "" if refused else ("\n" if in_rows else " ").join(lines),
        "refused": refused,
        "claims": made,
        "citations": citations,
        "evidence": [],
    } | more


def plain(text):
    """An answer of a system that has neither rows nor kinds."""
    return {"answer": text, "refused": False, "claims": [], "citations": [], "evidence": []}


def values(asked, said, **outcome):
    found = score(asked, Outcome(output=said, **outcome))
    return {name: round(one.value, 3) for name, one in found.items() if one.value is not None}


# ── lists ─────────────────────────────────────────────────────────────────────────────────────

PEOPLE = case("list", items=[["Ann Lee"], ["Bo Sand"], ["Cy Marr"]])


def listed(*rows):
    found = values(PEOPLE, output(*rows, kind="list"))
    return found["list_precision"], found["list_recall"]


@pytest.mark.parametrize(
    "rows",
    [
        [claim("minister", "Ann Lee"), claim("envoy", "Bo Sand"), claim("judge", "Cy Marr")],
        [
            claim("Minister Ann Lee met Bo Sand", "Ann Lee"),
            claim("x", "Bo Sand"),
            claim("y", "Judge Cy Marr"),
        ],
        [claim("Ann Lee"), claim("Bo Sand, an envoy"), claim("Cy Marr (judge)")],
        [claim("Ann Lee, Bo Sand and Cy Marr", "People")],
    ],
)
def test_a_list_is_right_whether_its_rows_are_names_or_have_them_as_labels(rows):
    assert listed(*rows) == (1, 1)


def test_a_list_loses_for_what_it_lacks_adds_repeats_or_shortens():
    ann, bo, cy = (claim("x", name) for name in ("Ann Lee", "Bo Sand", "Cy Marr"))
    assert listed(ann, bo) == (1, 0.667)
    assert listed(ann, bo, cy, claim("Dee Moss came", "Dee Moss")) == (0.75, 1)
    assert listed(ann, bo, cy, claim("x", "Ann Lee")) == (0.75, 1)
    assert listed(claim("Lee came", "Lee"), bo, cy) == (0.667, 0.667)
    assert listed(claim("x met Ann Lee", "Ann Lee Foundation"), bo, cy)[1] == 0.667
    refusal = output(kind="list", refused=True)
    assert values(PEOPLE, refusal)["list_f1"] == 0


def test_names_are_found_in_plain_text_and_others_count_against_it():
    found = values(PEOPLE, plain("Present were minister Ann Lee of Saresh, Bo Sand and Dee Moss."))
    assert (found["list_precision"], found["list_recall"]) == (0.667, 0.667)
    assert "kind_right" not in found and "false_ask_back" not in found


# ── counts, parts, differences, verdicts ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("3 articles mention Ann Lee.", 1),
        ("Ann Lee is mentioned in three articles of 2025.", 1),
        ("As of 12 May 2025, three articles do.", 1),
        ("Four articles, of which 3 are by the Wire.", 0),
        ("Several do.", 0),
    ],
)
def test_a_count_is_the_first_number_that_is_no_day_or_year(said, right):
    asked = case("count", "How many mention Ann Lee?", count=3)
    assert values(asked, output(claim(said), kind="count"))["count_exact"] == right
    assert values(asked, plain(said))["count_exact"] == right


def test_none_is_a_count():
    asked = case("count", "How many mention Dee Moss?", count=0)
    assert values(asked, output(kind="count", refused=True))["count_exact"] == 1
    assert values(asked, plain("No article mentions her."))["count_exact"] == 1
    assert values(asked, plain("One, of 4 May."))["count_exact"] == 0


def test_parts_are_shares_and_a_difference_needs_both_sides():
    parts = case("several", parts=[["Vessen"], ["12", "dozen"]])
    assert values(parts, plain("Twelve met in Vessen."))["parts_covered"] == 1
    assert values(parts, plain("They met in Vessen."))["parts_covered"] == 0.5
    changed = case("comparison", differences=[[["six", "6"], ["11"]], [["Vessen"], ["Orlane"]]])
    assert values(changed, plain("It rose from 6 to eleven."))["differences_found"] == 0.5
    assert values(changed, plain("11 in Vessen."))["differences_found"] == 0


@pytest.mark.parametrize(
    ("said", "right"),
    [("No: it was open.", 1), ("Yes, it was open.", 0), ("It was open.", 1), ("It was.", 0)],
)
def test_a_verdict_is_its_first_word_or_what_amounts_to_it(said, right):
    asked = case("fact", "Was it shut?", verdict="no", parts=[["open"]])
    assert values(asked, plain(said))["verdict_right"] == right


# ── timelines ─────────────────────────────────────────────────────────────────────────────────

BROKE = "The dam broke on Tuesday night."
FOUND = "Two men were found alive on Friday."
STORM = case(
    "timeline",
    rows=[
        {"day": "2025-03-04", "quote": BROKE},
        {"day": "2025-03-07", "quote": FOUND},
        {"day": "2025-03-09", "quote": "It rained on Sunday.", "optional": True},
    ],
)


def dated(*rows, kind="timeline"):
    found = values(STORM, output(*(claim(text, day, text) for day, text in rows), kind=kind))
    return tuple(found.get(f"timeline_{name}") for name in ("day_right", "date_f1", "told"))


def test_a_timeline_is_right_in_any_form_of_day_and_with_or_without_what_is_optional():
    assert dated(("2025-03-04", BROKE), ("2025-03-07", FOUND)) == (1, 1, 1)
    rows = (
        ("Tue 4 March 2025", BROKE),
        ("7 March 2025", FOUND),
        ("9 March 2025", "It rained on Sunday."),
    )
    assert dated(*rows) == (1, 1, 1)


def test_a_timeline_loses_for_a_wrong_day_a_day_too_many_and_an_event_that_lacks():
    assert dated(("2025-03-04", BROKE), ("2025-03-08", FOUND)) == (0.5, 0.5, 0.5)
    assert dated(("2025-03-04", BROKE)) == (1, 0.667, 0.5)
    more = dated(("2025-03-04", BROKE), ("2025-03-07", FOUND), ("2025-03-20", "Ships sailed."))
    assert more == (1, 0.8, 1)
    # the sentence of another event at a right day
    assert dated(("2025-03-04", BROKE), ("2025-03-07", "Ships sailed again.")) == (1, 1, 0.5)


def test_dated_lines_of_a_plain_text_are_rows():
    found = values(STORM, plain(f"- March 4, 2025: {BROKE}\n- March 8: {FOUND}"))
    assert found["timeline_day_right"] == found["timeline_date_f1"] == 0.5


# ── quotes ────────────────────────────────────────────────────────────────────────────────────

DRY = "We will all be dry by Monday"
PAID = "said that the town would be paid."
SAID = case(
    "quotes",
    said=[
        {"speaker": "Ann Lee", "text": DRY},
        {"speaker": "Ann Lee", "text": PAID},
        {"speaker": "Ann Lee", "text": "asked for boats and for more men", "optional": True},
    ],
)
SENTENCES = f"“{DRY},” Ann Lee said.", f"Lee {PAID}"


def quoted(*rows):
    found = values(SAID, output(*rows, kind="quotes"))
    return found["quotes_speaker_f1"], found["quotes_verbatim"]


def test_quotes_are_right_word_for_word_and_by_their_speaker():
    assert quoted(*(claim(text, "Ann Lee", text) for text in SENTENCES)) == (1, 1)
    assert quoted(*(claim(text, "8 March 2025", text) for text in SENTENCES)) == (1, 1)
    asked = claim(
        "She asked for boats and for more men.", None, "She asked for boats and for more men."
    )
    assert quoted(*(claim(text, None, text) for text in SENTENCES), asked) == (1, 1)


def test_quotes_lose_for_an_altered_word_another_speaker_and_what_is_not_hers():
    first, second = SENTENCES
    altered = first.replace("dry", "home")
    assert quoted(claim(altered, "Ann Lee", first), claim(second, "Ann Lee", second)) == (1, 0.5)
    other = claim(first, "Bo Lee", first)
    assert quoted(other, claim(second, "Ann Lee", second)) == (0.5, 1)
    more = claim("“Never,” Bo Lee said.", "Bo Lee", "“Never,” Bo Lee said.")
    assert quoted(*(claim(text, "Ann Lee", text) for text in SENTENCES), more) == (0.8, 1)
    assert quoted(claim(first, "Ann Lee", first)) == (0.667, 1)


# ── summaries ─────────────────────────────────────────────────────────────────────────────────

NUGGETS = case("summary", nuggets=[["11 people"], ["dam"], ["aid", "marks"]])
TOLL = "Eleven people died on Tuesday when the dam broke, the mayor said."


def summed(*claims):
    found = values(NUGGETS, output(*claims, kind="summary", in_rows=False))
    return tuple(found[n] for n in ("nuggets_covered", "summary_verified", "summary_short"))


def test_a_summary_is_verified_short_and_has_the_facts_that_matter():
    assert summed(claim(TOLL, None, TOLL)) == (0.667, 1, 1)
    assert summed(claim("When the dam broke, 11 people died.", None, TOLL)) == (0.667, 1, 1)
    assert summed(claim("Twelve people died when the dam broke.", None, TOLL))[1] == 0
    assert summed(claim("Eleven people lost their cattle and barns.", None, TOLL))[1] == 0
    assert summed(*[claim(TOLL, None, TOLL)] * 6)[2] == 0


# ── archive, news, languages, asking back, greetings ──────────────────────────────────────────


def test_an_archive_answer_may_hold_its_parts_in_what_it_links_to():
    asked = case("archive", all_of=[["Storm"], ["8 March 2025"]])
    assert (
        values(asked, output(claim("1 article", None, "x"), kind="archive"))["archive_right"] == 1
    )
    assert values(asked, plain("The storm."))["archive_right"] == 0


def test_news_cite_what_is_of_the_time():
    asked = case("news", parts=[["11"]], evidence=[{"article": "new"}])
    said = output(claim("11 died", None, "11 died"), kind="news")
    found = values(asked, said, names={"a1": "old"})
    assert (found["parts_covered"], found["news_in_scope"]) == (1, 0)
    assert values(asked, said, names={"a1": "new"})["news_in_scope"] == 1


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({"caveats": ["This was not checked: only English is."]}, 1),
        ({"caveats": []}, 0),
        ({"refused": True, "reason": {"code": "unsure", "reason": "Cannot be checked."}}, 1),
        ({"refused": True, "reason": {"code": "nothing_relevant", "reason": "Not in them."}}, 0),
    ],
)
def test_an_answer_in_another_language_says_that_nothing_was_checked(more, right):
    asked = parse({"question": "¿Quién?", "type": "language", "wanted": {"language": "Spanish"}})
    assert values(asked, output(claim("Ann"), kind="fact", **more))["language_told"] == right


def test_asking_back_offers_two_meanings_and_is_wrong_where_the_question_is_clear():
    unclear = case("unclear", "What did Lee say?", asks_back=["Ann Lee", "Bo Lee", "Cy Lee"])
    both = output(kind="unclear", answer="Which Lee?", options=["What did Ann Lee say?", "Bo Lee?"])
    assert values(unclear, both)["asked_back"] == 1
    one = output(kind="unclear", answer="Which Lee?", options=["What did Ann Lee say?"])
    assert values(unclear, one)["asked_back"] == 0
    assert values(unclear, output(claim("Ann Lee and Bo Lee"), kind="quotes"))["asked_back"] == 0
    assert values(unclear, plain("Do you mean Ann Lee or Bo Lee?"))["asked_back"] == 1
    clear = parse({"question": "Who is Ann Lee?", "answers": ["mayor"], "wanted": {}})
    assert values(clear, both)["false_ask_back"] == 1
    assert values(clear, output(claim("The mayor."), kind="fact"))["false_ask_back"] == 0


def test_a_greeting_gets_a_line_and_cites_nothing():
    hello = case("greeting", "Hi")
    assert values(hello, output(kind="greeting", answer="Hello!"))["greeted"] == 1
    assert values(hello, output(claim("Hi", None, "Hi"), kind="fact"))["greeted"] == 0
    assert "f1" not in values(hello, output(kind="greeting", answer="Hello!"))


def test_what_cannot_be_answered_is_declined_in_words_only_where_words_are_true():
    nothing = case("list", answerable=False)
    assert values(nothing, plain("There are none."))["declined"] == 1
    assert values(nothing, plain("Ann Lee."))["declined"] == 0
    fact = case("fact", "Did she resign?", answerable=False)
    assert values(fact, plain("No, she did not."))["declined"] == 0
    assert values(fact, output(kind="fact", refused=True))["declined"] == 1


def test_a_failed_question_scores_nothing():
    found = {n: one.value for n, one in score(PEOPLE, Outcome(error="it broke")).items()}
    assert (found["list_f1"], found["kind_right"], found["errors"]) == (0, 0, 1)


# ── cases and reports ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ({"itmes": [["a"]]}, "itmes"),
        ({"items": ["a"]}, "items"),
        ({"count": "3"}, "count"),
        ({"rows": [{"day": "Tuesday", "quote": "x"}]}, "day"),
        ({"differences": [[["a"]]]}, "differences"),
        ({"verdict": "maybe"}, "verdict"),
    ],
)
def test_a_wrong_key_of_the_gold_is_named(wanted, key):
    with pytest.raises(ValueError, match=key):
        parse({"question": "?", "kind": "list", "wanted": wanted})
    with pytest.raises(ValueError, match="'kind'"):
        parse({"question": "?", "kind": "lists"})


def as_row(one, outcome=None, scores=None):
    return json.loads(json.dumps(CaseResult(one, outcome or Outcome(), scores or {}).as_json()))


def test_a_result_is_read_back_with_its_kind_and_gold():
    for one in load("kinds").cases:
        parsed = CaseResult.parse(json.dumps(as_row(one)))
        assert (parsed.case.kind, parsed.case.wanted) == (one.kind, one.wanted)


def made_run(folder, said, **config):
    """A run whose only question got this answer."""
    outcome = Outcome(output=said)
    return write(folder, [as_row(PEOPLE, outcome, score(PEOPLE, outcome))], **config)


def test_the_report_has_a_row_a_kind_beside_the_peer_that_was_asked_the_same(tmp_path, capsys):
    rows = [claim("x", "Ann Lee"), claim("x", "Bo Sand"), claim("x", "Cy Marr")]
    ours = made_run(tmp_path / "ours", output(*rows, kind="list"), mode="answers", questions="q1")
    report(ours)
    told = capsys.readouterr().out
    row = (
        "list 1 list_f1 100.0 % · list_precision 100.0 % · list_recall 100.0 % · kind_right 100.0 %"
    )
    assert row in " ".join(told.split()) and "brackets" not in told
    peer = plain("Ann Lee alone.")
    made_run(tmp_path / "other", plain(""), mode="llamaindex", questions="q2")
    made_run(tmp_path / "peer", peer, mode="llamaindex", questions="q1")
    (tmp_path / "stopped").mkdir()
    (tmp_path / "stopped" / "config.json").write_text("{}")
    report(ours)
    told = capsys.readouterr().out
    assert "(in brackets: llamaindex)" in told and "list_f1 100.0 % (50.0 %)" in told


def test_the_report_of_a_set_without_kinds_is_as_it_was(tmp_path, capsys):
    report(write(tmp_path / "run", mixed(5)))
    assert "figures" not in capsys.readouterr().out
