"""Answers as files of other tools: every mark has its source, and no text is more than text."""

import io
import itertools
import json
import re
import subprocess
import sys

import docx
import pytest

from assistant.backends.serialization import to_json
from assistant.core.answer import Answer, Citation, Claim, Refusal
from assistant.exports.document import document
from assistant.exports.formats import FORMATS, exported, format_of
from index.core.articles import Article
from index.core.errors import UsageError
from tests.fakes import evidence_of
from tests.hostile import PAYLOADS
from tests.stories import FLOOD, GOOD, TALKS, WHO

NOTE = Article("/n.txt", "Note", "A special representative is a diplomat.")
SIGNED = Article(
    "/s.txt",
    "Dikes & 100 % of it: {half} _gone_",
    "The dike broke.",
    FLOOD.published,
    "Tavrin Gazette",
    "https://tavrin.example/dike?a=1",
    "Ann Lee and Bo Ek",
)


def answer_of(question, *articles, kind="fact", label=""):
    """An answer that says the first sentence of each article, as its JSON object."""
    firsts = [evidence_of(article)[0] for article in articles]
    cited = [Citation(number, one, 0.9) for number, one in enumerate(firsts, 1)]
    claims = tuple(Claim(one.quote, (one,), label=label) for one in cited)
    return to_json(Answer(question, claims=claims, kind=kind, caveats=("Of 2023.",), final=True))


def text_of(name, *answers, title=""):
    return exported(name, title, answers).decode()


def test_a_conversation_has_one_footnote_for_each_sentence_and_every_mark_has_one():
    made = text_of("markdown", answer_of(WHO, TALKS, NOTE), answer_of("Who?", NOTE), title="Envoys")
    assert made.splitlines()[:5] == [
        "# Envoys",
        "",
        f"## {WHO}",
        "",
        f"{GOOD}[^1] A special representative is a diplomat.[^2]",
    ]
    assert "A special representative is a diplomat.[^2]\n\n> Of 2023.\n" in made
    notes = re.findall(r"^\[\^(\d+)\]: (.*)$", made, re.M)
    assert notes == [
        ("1", f"*Envoys talk in Karuizawa*, Harbour Courier, 20 July 2023. “{GOOD}”"),
        ("2", "*Note*, undated. “A special representative is a diplomat.”"),
    ]
    assert set(re.findall(r"\[\^(\d+)\](?!:)", made)) == {"1", "2"}


def test_rows_are_a_list_and_a_refusal_says_why():
    rows = text_of("markdown", answer_of("Who said what?", TALKS, FLOOD, kind="quotes", label="A"))
    assert f"- A: {GOOD}[^1]\n- A: Nadia Korvin heads the rescue service.[^2]\n" in rows
    reason = "Not in these articles."
    refused = Answer("Why?", refusal=Refusal("unsupported", reason), final=True)
    assert text_of("markdown", to_json(refused)) == f"# Why?\n\n{reason}\n"


def test_a_bibliography_names_each_article_once_with_what_is_known_of_it():
    answers = (answer_of("?", SIGNED, NOTE), answer_of("?", TALKS, SIGNED))
    items = json.loads(text_of("csl-json", *answers))
    assert items == [
        {
            "id": "tavringazette2024dikes",
            "type": "article-newspaper",
            "title": SIGNED.title,
            "author": [{"literal": "Ann Lee and Bo Ek"}],
            "container-title": "Tavrin Gazette",
            "issued": {"date-parts": [[2024, 5, 3]]},
            "URL": "https://tavrin.example/dike?a=1",
        },
        {"id": "note", "type": "article-newspaper", "title": "Note"},
        {
            "id": "harbourcourier2023envoys",
            "type": "article-newspaper",
            "title": TALKS.title,
            "container-title": "Harbour Courier",
            "issued": {"date-parts": [[2023, 7, 20]]},
        },
    ]
    first, second, _ = text_of("bibtex", *answers).split("\n\n")
    assert first == (
        "@article{tavringazette2024dikes,\n"
        "  author = {{Ann Lee and Bo Ek}},\n"
        "  title = {{Dikes \\& 100 \\% of it: \\{half\\} \\_gone\\_}},\n"
        "  journal = {Tavrin Gazette},\n"
        "  year = {2024},\n"
        "  day = {3},\n"
        "  url = {https://tavrin.example/dike?a=1},\n"
        "  month = may,\n"
        "}"
    )
    assert second == "@misc{note,\n  title = {{Note}},\n}"


def test_articles_with_the_same_key_stay_apart():
    other = Article("/m.txt", "Note", "A pilot is no diplomat.")
    keys = [item["id"] for item in json.loads(text_of("csl-json", answer_of("?", NOTE, other)))]
    assert keys == ["note", "note-2"]


def test_a_word_file_has_headings_superscript_marks_and_the_sources():
    made = exported(
        "docx", "Envoys", [answer_of(WHO, TALKS), answer_of("List", FLOOD, kind="list")]
    )
    file = docx.Document(io.BytesIO(made))
    shown = [(one.style.name, one.text) for one in file.paragraphs]
    assert shown == [
        ("Title", "Envoys"),
        ("Heading 1", WHO),
        ("Normal", f"{GOOD}1"),
        ("Quote", "Of 2023."),
        ("Heading 1", "List"),
        ("List Bullet", "Nadia Korvin heads the rescue service.2"),
        ("Quote", "Of 2023."),
        ("Heading 1", "Sources"),
        ("Normal", f"1. Envoys talk in Karuizawa, Harbour Courier, 20 July 2023. “{GOOD}”"),
        (
            "Normal",
            "2. Dike gives way, Tavrin Gazette, 3 May 2024."
            " “Nadia Korvin heads the rescue service.”",
        ),
    ]
    assert [run.text for run in file.paragraphs[2].runs if run.font.superscript] == ["1"]


@pytest.mark.parametrize(
    "said", [*PAYLOADS, "\x00\x0b\ud800\ufffe\uffff }\\end{x} $1$", "{ a", "a }", ""]
)
@pytest.mark.parametrize("name", FORMATS)
def test_whatever_a_text_holds_a_file_is_made_that_can_be_read(name, said):
    answer = answer_of(said, Article("/h.txt", said, "A text.", None, said, said, said), label=said)
    answer["claims"][0]["text"] = answer["citations"][0]["quote"] = said
    made = exported(name, said, [answer])
    if name == "docx":
        assert docx.Document(io.BytesIO(made)).paragraphs[-1].text.startswith("1. ")
    elif name == "csl-json":
        [item] = json.loads(made)
        assert not item.get("URL", "http").lower().startswith("javascript")
    elif name == "bibtex":
        # as BibTeX counts them, which knows no backslash
        depths = list(itertools.accumulate((c == b"{"[0]) - (c == b"}"[0]) for c in made))
        assert min(depths) == depths[-1] == 0
        assert depths.index(0, made.index(b"{")) == len(made.rstrip()) - 1
    else:
        assert made.startswith(b"# ")


def test_answers_that_a_browser_kept_before_there_were_addresses_are_exported():
    old = answer_of("?", SIGNED)
    for name in ("url", "byline"):
        del old["citations"][0][name]
    [source] = document("", [old]).sources
    assert (source.url, source.byline) == ("", "")


def test_an_ending_that_says_no_format_is_wrong_usage(tmp_path):
    assert format_of(tmp_path / "A.Csl.JSON") == "csl-json"
    with pytest.raises(UsageError, match=r"has to end in one of \.md, \.csl\.json, \.bib, \.docx"):
        format_of(tmp_path / "answer.json")


def test_markdown_needs_no_word_library():
    code = "import sys, assistant.exports.formats; sys.exit('docx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
