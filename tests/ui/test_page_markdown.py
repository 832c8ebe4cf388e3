"""What becomes Markdown: whatever a text holds, the page shows it and does nothing else with it."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.core.sanitize import for_markdown, is_web_address
from assistant.exports.formats import exported
from index.core.articles import Article
from index.storage.article_store import DuplicateInfo
from index.text.visible_text import one_line
from tests.hostile import OWN, PAYLOADS
from ui.page.answer_markdown import answer_markdown, quoted_markdown, status
from ui.page.article_page import Place, article_markdown
from ui.page.escaping import escaped
from ui.page.proof_markdown import proof_markdown
from ui.service.answer_stream import Step

TAGS = frozenset(
    "a b blockquote br details em h1 h2 h3 hr li mark p s small strong summary table tbody td th"
    " thead tr ul".split()
)
ATTRIBUTES = {"href", "title"}
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable(["table"])


class Seen(HTMLParser):
    """The elements, attributes and text of some Markdown, as a browser sees them."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(MARKDOWN.render(markdown))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl}")


def does_nothing(markdown: str) -> Seen:
    seen = Seen(markdown)
    assert seen.tags <= TAGS
    assert seen.attributes <= ATTRIBUTES
    assert [one for one in seen.links if not one.startswith(("article?id=", "https://"))] == []
    return seen


def an_answer(said: str, *, refused: bool = False, **more: object) -> dict[str, object]:
    """An answer that has one text wherever a text can stand in it."""
    about = {"article": said, "title": said, "published": "2024-05-03", "source": said}
    place = {"start": 0, "end": 9}
    citation = {"number": 1, **about, **place, "quote": said, "support": 0.9}
    row = {**about, **place, "text": said, "relevance": 1.0, "carried_by": [about]}
    return {
        "question": said,
        "searched": f"{said} (more)",
        "answer": said,
        "refused": refused,
        "reason": {"code": "unsupported", "reason": said} if refused else None,
        "claims": [
            {"text": said, "kept": True, "citations": [1], "unsupported": [], "label": said},
            {"text": said, "kept": False, "citations": [], "unsupported": [said]},
        ],
        "citations": [] if refused else [citation],
        "evidence": [{**row, "days": {said: said}}],
        "caveats": [said],
        "confidence": 0.5,
        "cut": None,
        "timings": {"total_s": 1.0},
        "model": said,
        "generation": said,
        **more,
    }


anything = st.text(st.characters(), max_size=60)


@settings(deadline=None)
@given(anything)
def test_an_escaped_text_is_that_text_wherever_it_stands(said):
    for markdown in (escaped(said), f"> {escaped(said)}", f"<p>{escaped(said)}</p>"):
        seen = Seen(markdown)
        assert seen.tags <= {"p", "blockquote"}
        assert one_line(seen.text) == one_line(said)


@pytest.mark.parametrize("said", PAYLOADS)
@pytest.mark.parametrize("kind", ["fact", "list", "comparison"])
def test_a_payload_does_nothing_anywhere_in_an_answer(said, kind):
    for refused in (False, True):
        answer = an_answer(said, refused=refused, kind=kind, in_rows=kind != "fact")
        seen = does_nothing(answer_markdown(answer))
        assert one_line(said) in " ".join(seen.text.split())
        does_nothing(proof_markdown(answer, final=True))


@pytest.mark.parametrize("said", OWN)
def test_half_a_payload_does_nothing_either(said):
    for cut in range(1, len(said), 7):
        does_nothing(answer_markdown(an_answer(said[:cut]), pending=said[:cut]))


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_payload_does_nothing_in_an_article(said):
    body = f"{said}\n{said} and more."
    article = Article("/x", title=said, text=body, source=said, byline=said, url=said)
    standing = DuplicateInfo(carried_by=(article,), superseded_by=article, note=said)
    marks = [(0, len(said), "1"), (3, 9, said), (-5, 10**9, "2")]
    does_nothing(article_markdown(article, standing, marks[:1], marks[1:]))


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_copied_answer_makes_no_link_picture_or_tag_in_markdown(said):
    seen = Seen(exported("markdown", "", [an_answer(said)]).decode())
    assert seen.tags <= {"h1", "p", "em", "blockquote"}
    assert seen.attributes == set()


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "//evil.example"),
        *("data:text/html,x", "/local", "file:///etc/passwd", "ftp://a.example", "https://"),
        *("http:x", "https://user@a.example", "https://a.example/a b", "https://a.example\\@b"),
        *("\u0001javascript:alert(1)", "https://a.example/\u202etxt", "https://[bad", "x" * 3000),
    ],
)
def test_what_is_no_web_address_becomes_no_link(address):
    assert not is_web_address(address)
    article = Article("/x", title="T", text="Text.", url=address)
    assert does_nothing(article_markdown(article, DuplicateInfo(), [])).links == []


@settings(deadline=None)
@given(anything)
def test_whatever_follows_a_host_stays_inside_the_link(said):
    article = Article("/x", title="T", text="Text.", url=f"https://news.example/{said}")
    assert does_nothing(article_markdown(article, DuplicateInfo(), [])).tags <= {
        *("a", "small", "h2", "p"),
    }


# ── kinds of answers ──────────────────────────────────────────────────────────────────────────


def plain_answer(*rows: tuple[str, str], **more: object) -> dict[str, object]:
    """An answer of claims (label, text), each proved by one sentence."""
    answer = an_answer("x", **more)
    cited = answer["citations"][0]
    numbers = range(1, len(rows) + 1)
    return answer | {
        "searched": "x",
        "caveats": [],
        "claims": [
            {"text": text, "label": label, "kept": True, "citations": [n], "unsupported": []}
            for n, (label, text) in zip(numbers, rows, strict=True)
        ],
        "citations": [{**cited, "number": n, "start": n} for n in numbers],
    }


def test_sentences_run_on_and_each_number_opens_its_sentence():
    markdown = answer_markdown(plain_answer(("", "It rained."), ("", "Then it snowed.")))
    assert markdown == (
        'It rained. [1](article?id=x&s=1&e=9 "“x” — x, x · 3 May 2024")'
        ' Then it snowed. [2](article?id=x&s=2&e=9 "“x” — x, x · 3 May 2024")'
    )


def test_each_value_that_articles_differ_in_carries_its_own_number():
    markdown = answer_markdown(plain_answer(("", "The articles differ: 12,"), ("", "15 (9 May).")))
    assert markdown.index("12,") < markdown.index("[1]") < markdown.index("15 (")


def test_rows_are_a_list_with_their_labels():
    rows = (("3 May 2024", "The dike broke."), ("9 May 2024", "It was mended."))
    markdown = answer_markdown(plain_answer(*rows, kind="timeline", in_rows=True))
    assert markdown.splitlines()[0].startswith("* **3 May 2024** — The dike broke. [1]")
    assert Seen(markdown).tags >= {"ul", "li"}


def test_a_comparison_is_a_table_of_labels_by_sides():
    rows = (
        ("Toll", "Harbour Courier: 12"),
        ("Toll", "Tavrin Gazette: 15"),
        ("Day", "Both: Friday"),
    )
    markdown = answer_markdown(plain_answer(*rows, kind="comparison", in_rows=True))
    head, _, toll, day = markdown.splitlines()
    assert head == "| | Harbour Courier | Tavrin Gazette |"
    assert toll.startswith("| **Toll** | 12 [1](") and " | 15 [2](" in toll
    assert day.count("Friday [3](") == 2


def test_a_comparison_of_one_side_is_a_list():
    rows = (("Toll", "Harbour Courier: 12"), ("Day", "Harbour Courier: Friday"))
    markdown = answer_markdown(plain_answer(*rows, kind="comparison", in_rows=True))
    assert markdown.startswith("* **Toll** — Harbour Courier: 12")


def test_a_remark_is_a_line_of_its_own():
    answer = an_answer("x") | {"claims": [], "citations": [], "caveats": [], "searched": "x"}
    assert answer_markdown(answer | {"answer": "Good morning."}) == "Good morning."


@pytest.mark.parametrize(
    ("cut", "code", "heading"),
    [
        (None, "unsupported", "## Not in these articles"),
        (None, "unsure", "## Not sure enough to answer"),
        ("cancelled", "unsupported", "*You stopped this answer"),
        ("deadline", "unsupported", "*The time was over"),
    ],
)
def test_only_a_whole_answer_is_told_to_be_not_in_the_articles(cut, code, heading):
    answer = an_answer("x", refused=True, searched="x")
    answer |= {"cut": cut, "reason": {"code": code, "reason": "x"}, "caveats": [], "claims": []}
    assert answer_markdown(answer).startswith(heading)
    assert answer_markdown(answer).startswith("##") == (cut is None)


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_quoted_sentence_is_only_text(said):
    answer = an_answer(said)
    does_nothing(quoted_markdown({**answer, "quoted": answer["citations"][0]}))


def test_a_quoted_sentence_stands_above_its_article_until_there_is_a_wording():
    answer = plain_answer(("Envoys met.", ""))
    assert quoted_markdown(answer) == quoted_markdown({**answer, "quoted": None}) == ""
    quoted = {
        **{"quote": "Envoys met in Tokyo.", "title": "", "source": "Harbour Courier"},
        "published": "2022-09-08",
    }
    seen = does_nothing(quoted_markdown({**answer, "quoted": quoted}))
    assert "“Envoys met in Tokyo.”" in seen.text
    assert "Untitled — Harbour Courier · 8 September 2022" in seen.text


def test_a_place_in_the_queue_is_told_with_its_seconds():
    from assistant.core.answer import Answer

    assert status(Step(Answer("x"), ahead=2, left_s=19.6)) == "2 questions before yours, about 20 s"


# ── proof and article ─────────────────────────────────────────────────────────────────────────


def test_a_cited_title_is_shown_as_the_title():
    answer = an_answer("Envoys <talk>")
    place = {"part": "title", "start": -1, "end": -1, "number": 2}
    citations = [*answer["citations"], {**answer["citations"][0], **place}]
    seen = does_nothing(proof_markdown({**answer, "citations": citations}, final=True))
    assert "2 Title: Envoys <talk>" in seen.text


def test_articles_that_prove_nothing_are_folded_behind_those_that_do():
    answer = an_answer("x")
    other = {**answer["evidence"][0], "article": "other", "title": "Another", "text": "Far."}
    markdown = proof_markdown({**answer, "evidence": [other, *answer["evidence"]]}, final=True)
    assert markdown.startswith("## Proof")
    assert (
        markdown.index("<b>1</b>") < markdown.index("1 more article read") < markdown.index("Far.")
    )


def test_the_sentence_that_proves_is_marked_strongly_among_the_others():
    article = Article(
        "/x", title="T", text="First. Second one. Third.", published=dt.date(2024, 5, 3)
    )
    markdown = article_markdown(article, DuplicateInfo(), [(7, 18, "1")], [(0, 6, "2")])
    assert "<mark><b>2</b> First.</mark> <mark><strong><b>1</b> Second one.</strong></mark> Th" in (
        markdown
    )


def test_a_cited_title_is_marked_above_the_article():
    article = Article("/x", title="Envoys <talk>", text="They met.")
    markdown = article_markdown(article, DuplicateInfo(), [(-1, -1, "2")])
    assert "## <mark><b>2</b> Envoys &#60;talk&#62;</mark>" in markdown


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6))
def test_marks_of_any_kind_leave_the_article_whole(marks):
    body = "One sentence stands here.\nAnd <b>another</b> one there."
    article = Article("/x", title="", text=body)
    spans = [(start, end, "") for start, end in marks]
    seen = Seen(article_markdown(article, DuplicateInfo(), spans[:1], spans[1:]))
    assert one_line(seen.text).endswith(one_line(body))


def test_a_very_long_article_is_shown_around_its_mark():
    article = Article("/x", title="T", text="word " * 60_000 + "Here. " + "word " * 60_000)
    start = article.text.index("Here.")
    markdown = article_markdown(article, DuplicateInfo(), [(start, start + 5, "1")])
    assert "Here." in markdown and len(markdown) < 200_000
    assert markdown.count("left out here") == 2


@pytest.mark.parametrize("address", ["article?id=../x", "article?id=" + "0" * 32 + "&s=x", "", "?"])
def test_an_address_that_names_no_place_is_none(address):
    assert Place.from_address(address) is None


@given(st.text(max_size=60))
@settings(deadline=None)
def test_text_escaped_for_a_markdown_file_is_shown_as_it_is(said):
    seen = Seen(for_markdown(said))
    assert one_line(seen.text) == one_line(said)
    assert seen.tags <= {"p"}
