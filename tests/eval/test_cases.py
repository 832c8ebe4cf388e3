"""Cases: every way of writing one, what is wrong in one line, and sets made of other shapes."""

import datetime as dt
import json

import pytest

from assistant.core.answer import Turn
from eval.data.cases import SETS, Gold, as_row, load, parse, read
from eval.data.importers import import_set
from index.core.errors import UsageError

PLAIN = {"question": "Who came?", "answers": ["Kim Gunn"]}


def questions(folder, *rows):
    """A set with one article and these lines: objects, or text as it is."""
    (folder / "articles").mkdir(parents=True, exist_ok=True)
    (folder / "articles" / "a.txt").write_text("Kim Gunn came to Tokyo.", "utf-8")
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def test_the_sample_is_found_by_name_and_anything_else_by_folder(tmp_path):
    assert len(load("sample").cases) == 72
    assert load("sample").folder == (SETS / "sample").resolve()
    assert load(str(questions(tmp_path / "mine", PLAIN))).name == "mine"


@pytest.mark.parametrize(
    "history",
    [
        [{"question": "Who?", "answer": "Kim."}, {"question": "When?", "answer": "Monday."}],
        [
            {"role": "user", "content": "Who?"},
            {"role": "assistant", "content": "Kim."},
            {"speaker": "user", "text": "When?"},
            {"speaker": "agent", "text": "Monday."},
        ],
        ["Who?", "Kim.", "When?", "Monday."],
    ],
)
def test_a_history_has_three_shapes(history):
    case = parse(PLAIN | {"history": history})
    assert case.history == (Turn("Who?", "Kim."), Turn("When?", "Monday."))
    assert case.type == "followup"


def test_evidence_is_a_quote_or_an_article_as_a_whole():
    quoted = {"evidence": [{"article": "a", "quote": "came"}], "evidence_ids": ["a", "b"]}
    case = parse(PLAIN | quoted)
    assert case.evidence == (Gold("a", "came"), Gold("b"))
    assert case.articles == ("a", "b")
    assert case.quotes == (Gold("a", "came"),)


def test_an_unanswerable_case_keeps_no_answers():
    case = parse({"question": "Who?", "answers": ["I do not know."], "answerable": False})
    assert (case.answers, case.type) == ((), "unanswerable")
    assert not parse({"question": "Who?", "answers": []}).answerable


def test_a_case_written_and_read_again_is_the_same():
    for case in load("sample").cases:
        assert parse(as_row(case)) == case
    assert load("sample").cases[4].as_of == dt.date(2024, 6, 15)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("{not json", "JSON"),
        ("[1]", "JSON object"),
        ({"answers": ["a"]}, "'question'"),
        ({"question": " ", "answers": ["a"]}, "'question'"),
        ({"question": "Who?"}, "'answers'"),
        ({"question": "Who?", "answers": ["a", ""]}, "'answers.1'"),
        ({"question": "Who?", "answers": [], "answerable": True}, "'answers'"),
        ({"question": "Who?", "answers": ["a"], "answerable": "yes"}, "'answerable'"),
        ({"question": "Who?", "anwsers": ["a"]}, "did you mean 'answers'"),
        (PLAIN | {"all_of": ["a"]}, "'all_of.0'"),
        (PLAIN | {"all_of": [[]]}, "'all_of.0'"),
        (PLAIN | {"evidence": ["a"]}, "'evidence.0'"),
        (PLAIN | {"evidence_ids": "a"}, "'evidence_ids'"),
        (PLAIN | {"history": [{"role": "system", "content": "?"}]}, "'history'"),
        (PLAIN | {"history": [{"role": "assistant", "content": "?"}]}, "'history'"),
        (PLAIN | {"as_of": "yesterday"}, "'as_of'"),
        (PLAIN | {"id": "first"}, "'first'"),
    ],
)
def test_an_error_in_a_line_is_one_line_with_its_number_and_key(tmp_path, line, key):
    folder = questions(tmp_path, PLAIN | {"id": "first"}, "", line)
    with pytest.raises(UsageError, match=r"questions\.jsonl, line 3: ") as problem:
        load(str(folder))
    assert key in str(problem.value) and "\n" not in str(problem.value)


def test_a_folder_that_is_no_set_says_what_it_lacks(tmp_path):
    with pytest.raises(UsageError, match="no set 'nowhere'"):
        load("nowhere")
    with pytest.raises(UsageError, match=r"neither articles/ nor corpus\.jsonl"):
        load(str(tmp_path))
    (tmp_path / "articles").mkdir()
    with pytest.raises(UsageError, match=r"no .*questions\.jsonl"):
        load(str(tmp_path))
    (tmp_path / "questions.jsonl").write_text("\n")
    with pytest.raises(UsageError, match="holds no question"):
        load(str(tmp_path))
    (tmp_path / "questions.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(tmp_path))


# ── importers ─────────────────────────────────────────────────────────────────────────────────

CAME = {"id": "q1", "question": "Who came?", "is_impossible": False}
CAME["answers"] = [{"text": "Kim Gunn", "answer_start": 0}] * 2
LEFT = {"id": "q2", "question": "Who left?", "is_impossible": True, "answers": []}
PARAGRAPH = {"context": "Kim Gunn came to Tokyo.", "qas": [CAME, LEFT]}
SQUAD = {"version": "v2.0", "data": [{"title": "Tokyo_talks", "paragraphs": [PARAGRAPH]}]}


def imported(tmp_path, name, content, articles=None):
    source = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    source.write_text(text, "utf-8")
    import_set(source, tmp_path / "set", articles)
    return load(str(tmp_path / "set"))


def corpus(made):
    return [json.loads(line) for line in made.articles.read_text("utf-8").splitlines()]


def test_squad_becomes_a_set_with_one_article_a_paragraph(tmp_path):
    made = imported(tmp_path, "dev.json", SQUAD)
    (article,) = corpus(made)
    assert (article["title"], article["text"]) == ("Tokyo talks", "Kim Gunn came to Tokyo.")
    first, second = made.cases
    assert (first.answers, first.articles) == (("Kim Gunn",), (article["id"],))
    assert (second.answerable, second.type) == (False, "unanswerable")


def test_conversations_become_cases_with_the_turns_before_them(tmp_path):
    document = {"document_id": "d1", "title": "Talks", "text": "Kim Gunn came on Monday."}
    unanswerable = {"enrichments": {"Answerability": ["UNANSWERABLE"]}}
    messages = [
        {"speaker": "user", "text": "Who came?"},
        {"speaker": "agent", "text": "Kim Gunn.", "contexts": [document]},
        {"speaker": "user", "text": "Why?", **unanswerable},
        {"speaker": "agent", "text": "I do not know.", "contexts": []},
    ]
    made = imported(tmp_path, "talks.json", [{"messages": messages}])
    first, second = made.cases
    assert (first.answers, first.articles, first.history) == (("Kim Gunn.",), ("d1",), ())
    assert second.history == (Turn("Who came?", "Kim Gunn."),)
    assert not second.answerable
    assert corpus(made)[0]["id"] == "d1"


def test_a_table_with_a_context_brings_its_own_articles(tmp_path):
    table = "question,answer,context\nWho came?,Kim Gunn|Kim,Kim Gunn came.\nWho left?,,\n"
    made = imported(tmp_path, "t.csv", table)
    assert made.cases[0].answers == ("Kim Gunn", "Kim")
    assert made.cases[0].articles == (corpus(made)[0]["id"],)
    assert not made.cases[1].answerable


def test_lines_of_questions_take_their_articles_from_a_folder(tmp_path):
    folder = questions(tmp_path / "old", PLAIN) / "articles"
    made = imported(tmp_path, "t.jsonl", f"{json.dumps(PLAIN)}\n{json.dumps(PLAIN)}\n", folder)
    assert (made.folder / "articles" / "a.txt").is_file()
    assert [case.id for case in made.cases] == ["q0001", "q0002"]


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("t.jsonl", '{"question": "Who?", "answer": "Kim"}\n{oops\n', "line 2: "),
        ("t.jsonl", '{"question": "Who?", "answer": "Kim"}\n{"answer": "Kim"}\n', "record 2: "),
        ("t.csv", "question,answer\n,Kim\n", "line 2: "),
        ("t.json", "3", "record 1: "),
        ("t.json", {"data": [{"title": "x"}]}, "data 1: 'paragraphs'"),
        ("t.json", [{"messages": [{"text": "?"}]}], "record 1: "),
        ("t.json", {"data": [{"paragraphs": "x"}]}, "data 1: "),
        ("t.json", {"data": 3}, "'data': "),
        ("t.json", [{"messages": [3]}], "record 1: "),
        ("t.json", [{"messages": []}, 3], "record 2: "),
        ("t.json", [PLAIN, "x"], "record 2: "),
        ("t.json", [PLAIN], "--articles"),
        ("t.json", [], "no question"),
    ],
)
def test_what_cannot_be_imported_is_named_with_its_place_and_leaves_nothing(
    tmp_path, name, content, place
):
    with pytest.raises(UsageError, match=place):
        imported(tmp_path, name, content)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_import_overwrites_nothing(tmp_path):
    (tmp_path / "set").mkdir()
    with pytest.raises(UsageError, match="there already"):
        imported(tmp_path, "dev.json", SQUAD)


def test_reading_stops_at_the_first_wrong_line_and_yields_those_before(tmp_path):
    folder = questions(tmp_path, PLAIN, "[]")
    cases = read(folder / "questions.jsonl")
    assert next(cases).question == "Who came?"
    with pytest.raises(UsageError, match="line 2"):
        next(cases)
