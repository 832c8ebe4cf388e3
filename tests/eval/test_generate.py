"""Questions from one's own articles: which are accepted, and near misses of them."""

import json
import re

import pytest

from assistant.core.settings import load as load_settings
from eval.data.cases import read
from eval.questions.entity_types import EntityTypes
from eval.questions.generate import Request, generate
from eval.questions.proposals import Proposal, candidates
from eval.questions.question_filter import word_checks
from eval.questions.unanswerable import EntitySwapper
from index.core.articles import Article, Passage
from index.core.errors import UsageError, UserError
from index.text.chunking import sentences
from tests.fakes import ScriptedModel, app_with

TRAM = (
    "The tram line 4 in Tavrin was opened by Mayor Ilse Dorran on 6 May 2024. It cost the citizens "
    "of Tavrin in the end 90 million crowns. The old depot in Ossel was sold to Mr Bram Illich."
)
QUESTIONS = {
    "Ilse Dorran": "Who opened the new tram line of the city of Tavrin?",
    "6 May 2024": "When did Ilse Dorran open the tram line 4 in Tavrin?",
    "90 million": "How much money was paid by Tavrin for it?",
    "Bram Illich": "Who was the old depot in Ossel sold to?",
}
ANSWERS = {
    "Who opened the new tram line": "Mayor Ilse Dorran opened it.",
    "When did Ilse Dorran": "It opened on 6 May 2024.",
    "Who was the old depot": "It was sold to Ilse Dorran.",
}


class QuizModel(ScriptedModel):
    """Words a question for the answer it is given, and answers a question it is asked."""

    def stream(self, messages, limits, cancel=None):
        prompt = messages[-1].content
        if prompt.endswith("\nQuestion:"):
            answer = re.findall(r"^Answer: (.*)$", prompt, re.M)[-1]
            said = " " + QUESTIONS.get(answer, "Nothing comes to mind")
        else:
            asked = prompt.rpartition("Question: ")[2]
            said = next((a for q, a in ANSWERS.items() if asked.startswith(q)), "Nobody knows.")
        self._answers = [said]
        return super().stream(messages, limits, cancel)


def passage_of(text, title="Tram line opens"):
    return Passage(Article("/a/tram.txt", title, text), tuple(sentences(text)))


def proposed(text):
    found = candidates([passage_of(text, "News")], EntityTypes([text]), 0)
    return {(one.type, one.answer) for one in found}


# ── what can be asked ─────────────────────────────────────────────────────────────────────────


def test_a_particular_of_one_sentence_alone_is_asked_for_without_its_office():
    assert proposed(TRAM) == {
        ("person", "Ilse Dorran"),
        ("day", "6 May 2024"),
        ("number", "90 million"),
        ("person", "Bram Illich"),
    }  # and not Tavrin, which is in two sentences


@pytest.mark.parametrize(
    ("sentence", "answers"),
    [
        ("The envoys of the states met in the old town hall on Tuesday.", set()),
        ("I told the reporters that we would leave Tavrin at the end of 2023.", set()),
        ("The team won its last match in the league by 12-10 on the road.", set()),
        ("The team won two of its last matches in the league this summer.", set()),
        ("The team won the match by about 30 points in the end.", set()),
        ("The budget of the town for the year to come is US$ 26 million.", {"US$ 26 million"}),
        ("The capsule flew past the comet 81P/Wild on its long way home.", set()),
        ("The share of the vote fell to 12.5 per cent in the last count.", {"12.5 per cent"}),
        ("The old harbour was built by the queen of the island in 1874.", {"1874"}),
        ("Mayor Lindqvist in the old harbour of the island in May 1874.", set()),
        ("Thursday, May 7, 2015 The council of the town opened the old harbour again.", set()),
        ("May 7, 2015 was the day on which the old harbour was opened.", {"May 7, 2015"}),
    ],
)
def test_what_is_worth_asking_for(sentence, answers):
    assert {answer for _, answer in proposed(sentence)} == answers


# ── which question is sound ───────────────────────────────────────────────────────────────────

REFERS = "needs the article to be understood"
OTHER_TYPE = "asks for another type of answer"


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Tavrin has a new tram line", "no question"),
        ("Did Tavrin open its new tram line?", "no question"),
        ("Who?", "no question"),
        ("Who is Ilse of the city of Tavrin?", "gives its answer away"),
        ("Who opened it in the city of Tavrin?", REFERS),
        ("Who opened the tram line in the article on Tavrin?", REFERS),
        ("Who opened the tram line in Tavrin on Monday?", REFERS),
        ("Who opened the tram line in Tavrin last year?", REFERS),
        ("Who opened the tram line in Tavrin four days later?", REFERS),
        ("Who opened the new line of the city?", "names nothing"),
        ("Who opened the new tram line of Velmara?", "names what the passage does not"),
        ("Who opened tram line 7 in the city of Tavrin?", "names what the passage does not"),
        ("When did the new tram line of Tavrin open?", OTHER_TYPE),
        ("Which tram line opened in the city of Tavrin?", OTHER_TYPE),
        ("Who was the tram line 4 in Tavrin was opened by?", "copies its sentence"),
    ],
)
def test_each_check_finds_its_fault(question, reason):
    asked = Proposal(passage_of(TRAM), 0, "Ilse Dorran", "person", question)
    assert reason in [name for name, failed in word_checks(asked) if failed]


OTHER_PART = "asks for another part of the sentence"
SPEAKER = "confuses the speaker with the person spoken of"
FAULTS = "In Tavrin the engineers found 277 faults in all; 39 are rated as grave."
SALT = "Iodine is added to only 10 per cent of the salt in Brask."
LEFT = "Bram Illich stated that Ilse Dorran left the tram works of Ossel on 24 May."


@pytest.mark.parametrize(
    ("sentence", "answer", "question", "reason"),
    [
        (FAULTS, "277", "How many faults were found in Tavrin by the engineers?", ""),
        (FAULTS, "277", "How many of the faults in Tavrin are rated as grave?", OTHER_PART),
        (FAULTS, "277", "How many engineers came to Tavrin in May?", OTHER_PART),
        (SALT, "10 per cent", "How much iodine is added to the salt in Brask?", OTHER_TYPE),
        (SALT, "10 per cent", "How many per cent of the salt in Brask has iodine?", ""),
        (LEFT, "24 May", "When did Bram Illich leave the tram works of Ossel?", SPEAKER),
        (LEFT, "24 May", "When did Ilse Dorran leave the tram works of Ossel?", ""),
        (LEFT, "24 May", "When did Bram Illich say that Ilse Dorran left the tram works?", ""),
    ],
)
def test_a_question_asks_for_its_answer_and_no_other(sentence, answer, question, reason):
    kind = "day" if sentence == LEFT else "number"
    asked = Proposal(passage_of(sentence), 0, answer, kind, question)
    wrong = {name for name, failed in word_checks(asked) if failed}
    assert reason in wrong if reason else not wrong & {OTHER_PART, OTHER_TYPE, SPEAKER}


# ── near misses ───────────────────────────────────────────────────────────────────────────────

TEXTS = [
    TRAM,
    "Mayor Ilse Dorran said so in Tavrin. In Tavrin, 1,200 people came. In 2023 none did.",
]


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("What did Ilse Dorran open?", "tram line", "person"),
        ("Who opened the line in Tavrin?", "Ilse Dorran", "place"),
        ("Who opened the line on 6 May 2024?", "Ilse Dorran", "day"),
        ("Who received 1,200 people?", "Ilse Dorran", "number"),
        ("Who paid 90 million crowns?", "Ilse Dorran", "number"),
    ],
)
def test_a_particular_is_swapped_for_one_of_its_kind_that_no_article_holds(question, answer, kind):
    swapper = EntitySwapper(TEXTS, seed=3)
    missed = swapper.swap(question, answer)
    assert (missed.kind, missed.question) == (kind, question.replace(missed.was, missed.now))
    assert swapper.holds(missed.was) and not swapper.holds(missed.now)
    assert not any(missed.now in text for text in TEXTS)
    assert missed == EntitySwapper(TEXTS, seed=3).swap(question, answer)


# ── the whole ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def settings(news):
    flags = {"cache": str(news.data / "cache"), "data": str(news.data)}
    return load_settings(flags, environ={})


@pytest.fixture
def app(news):
    news.write("tram.txt", f"Title: Tram line opens\n\n{TRAM}\n")
    other = "In Tavrin the rain fell. Mayor Ilse Dorran said in Tavrin that she was glad."
    news.write("rain.txt", f"Title: Rain\n\n{other}\n")
    news.ingest()
    return app_with(QuizModel())


def test_sound_pairs_and_near_misses_are_written_as_a_set_s_questions(
    settings, app, tmp_path, capsys
):
    out = tmp_path / "questions.jsonl"
    assert generate(Request(9, 1, out), settings, app) == 0
    cases = {case.question: case for case in read(out)}
    kept = cases[QUESTIONS["6 May 2024"]]
    assert (kept.answers, kept.type) == (("6 May 2024",), "when")
    assert kept.evidence[0].article == "tram"
    assert kept.evidence[0].quote in TRAM
    assert QUESTIONS["Bram Illich"] not in cases  # the model answers otherwise
    assert QUESTIONS["90 million"] not in cases  # "it"
    missed = [case for case in cases.values() if not case.answerable]
    assert [case.type for case in missed] == ["unanswerable"]
    printed = capsys.readouterr().out
    assert re.search(r"proposed, \d accepted, \d+ %", printed)
    assert "the model answers otherwise" in printed and REFERS in printed


def test_a_question_whose_sentence_hardly_states_the_answer_is_left_out(
    settings, app, tmp_path, capsys
):
    class Doubting(QuizModel):
        @property
        def look(self):
            doubted = "When did" in self.last
            return (("Yes", -3.0), ("No", -0.1)) if doubted else (("Yes", -0.1), ("No", -3.0))

        def stream(self, messages, limits, cancel=None):
            self.last = messages[-1].content
            return super().stream(messages, limits, cancel)

    app.speaker = Doubting()
    out = tmp_path / "questions.jsonl"
    generate(Request(9, 0, out), settings, app)
    assert "its sentence does not state the answer" in capsys.readouterr().out
    assert QUESTIONS["6 May 2024"] not in {case.question for case in read(out)}


def test_each_line_tells_where_it_comes_from(settings, app, tmp_path):
    out = tmp_path / "questions.jsonl"
    generate(Request(9, 1, out, seed=4), settings, app)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    first, last = rows[0]["provenance"], rows[-1]["provenance"]
    assert first["sentence"] == rows[0]["evidence"][0]["quote"]
    assert first["rank"] >= 1 and first["passage"]
    assert (first["model"], first["seed"]) == ("scripted", 4)
    assert last["of"] in {row["id"] for row in rows[:-1]}
    assert last["now"] in rows[-1]["question"] and last["was"] not in rows[-1]["question"]


def test_the_same_seed_makes_the_same_file(settings, app, tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    generate(Request(9, 2, one), settings, app)
    generate(Request(9, 2, two, cached=False), settings, app)
    assert one.read_bytes() == two.read_bytes()


def test_an_edited_file_is_not_overwritten(settings, app, tmp_path):
    out = tmp_path / "questions.jsonl"
    out.write_text("mine")
    with pytest.raises(UsageError, match="may have been edited"):
        generate(Request(1, 0, out), settings, app)
    assert out.read_text() == "mine"


def test_without_an_index_the_way_out_is_told(settings, tmp_path):
    with pytest.raises(UserError, match="assistant ingest"):
        generate(Request(1, 0, tmp_path / "q.jsonl"), settings, app_with(QuizModel()))
