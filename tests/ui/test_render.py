"""What becomes HTML: whatever a text holds, the page shows it and does nothing else with it."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.core.articles import Article
from index.storage.article_store import DuplicateInfo
from index.text.visible_text import one_line
from tests.hostile import OWN, PAYLOADS
from ui.page.answer_html import failed, turn
from ui.page.article_html import panel
from ui.page.markdown import exchange
from ui.page.render import is_web_address, progress

TAGS = frozenset(
    "a article b button details div footer h1 h2 h3 h4 li mark p progress s section small span"
    " strong summary time ul".split()
)
PANEL = ("class", "data-article", "tabindex", "datetime")
RUNS = ("src", "srcset", "srcdoc", "style", "action", "formaction", "background", "data", "poster")


class Seen(HTMLParser):
    """The elements, attributes and text of some HTML, as a parser sees them."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl}")


def does_nothing(markup: str) -> Seen:
    seen = Seen(markup)
    assert seen.tags <= TAGS
    for name, value in seen.attributes:
        assert not name.startswith("on") and name not in RUNS, name
        if name == "href":
            assert (value or "").startswith(("http://", "https://"))
    return seen


def an_answer(said: str, *, refused: bool = False) -> dict[str, object]:
    """An answer that has one text wherever a text can stand."""
    about = {"article": said, "title": said, "published": "2024-05-03", "source": said}
    place = {"start": 0, "end": 9}
    return {
        "question": said,
        "searched": f"{said} (more)",
        "answer": said,
        "refused": refused,
        "reason": {"code": "unsupported", "reason": said} if refused else None,
        "claims": [
            {"text": said, "kept": True, "citations": [1], "unsupported": []},
            {"text": said, "kept": False, "citations": [], "unsupported": [said]},
        ],
        "citations": []
        if refused
        else [{"number": 1, **about, **place, "quote": said, "support": 0.9}],
        "evidence": [{**about, **place, "text": said, "relevance": 1.0}],
        "caveats": [said],
        "confidence": 0.5,
        "cut": None,
        "timings": {"total_s": 1.0},
        "model": said,
        "generation": said,
    }


anything = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "//evil.example"),
        *("data:text/html,x", "/local", "file:///etc/passwd", "ftp://a.example", "https://"),
        "http:x",
        *("https://user@a.example", "https://a.example/a b", "https://a.example\\@b", ""),
        *("\u0001javascript:alert(1)", "https://a.example/\u202etxt", "https://[bad", "x" * 3000),
    ],
)
def test_what_is_no_web_address_becomes_no_link(address):
    assert not is_web_address(address)
    article = Article("/x", title="T", text="Text.", url=address)
    assert "a" not in does_nothing(panel(article, DuplicateInfo(), [])).tags


@given(anything)
def test_whatever_follows_a_host_stays_inside_the_link(said):
    article = Article("/x", title="T", text="Text.", url=f"https://news.example/{said}")
    seen = does_nothing(panel(article, DuplicateInfo(), []))
    assert {name for name, _ in seen.attributes} <= {"href", "target", "rel", *PANEL}


@given(anything)
def test_no_text_makes_a_tag_or_an_attribute(said):
    plain = turn(an_answer("x"), "k")
    seen, expected = does_nothing(turn(an_answer(said), "k")), does_nothing(plain)
    assert seen.tags <= expected.tags
    assert {name for name, _ in seen.attributes} <= {name for name, _ in expected.attributes}


def test_a_cited_title_is_shown_as_the_title_and_opened_there():
    answer = an_answer("Envoys <talk>")
    place = {"part": "title", "start": -1, "end": -1, "number": 2}
    citations = [*answer["citations"], {**answer["citations"][0], **place}]
    claims = [{**answer["claims"][0], "citations": [1, 2]}]
    cited = {**answer, "citations": citations, "claims": claims}
    page = turn(cited, "k")
    seen = does_nothing(page)
    assert "2Title: Envoys <talk>" in seen.text
    assert 'data-start="-1"' in page and 'data-part="title"' in page
    assert "2Title" not in does_nothing(turn(answer, "k")).text
    assert "3 May 2024): Title: “Envoys \\<talk\\>”" in exchange(cited)


def test_a_cited_title_is_highlighted_above_the_article():
    article = Article("/x", title="Envoys <talk>", text="They met.")
    markup = panel(article, DuplicateInfo(), [(0, 4, "1"), (-1, -1, "2")])
    title = '<mark data-start="-1" tabindex="-1"><span class="number">2</span>Envoys &lt;talk&gt;'
    assert title in markup
    assert '<mark data-start="0"' in markup
    assert 'data-start="-1"' not in panel(article, DuplicateInfo(), [(0, 4, "1")])


@pytest.mark.parametrize("said", PAYLOADS)
@pytest.mark.parametrize("refused", [False, True])
def test_a_payload_does_nothing_anywhere_in_an_exchange(said, refused):
    answer = an_answer(said, refused=refused)
    for markup in (turn(answer, said), failed(said, said, said)):
        seen = does_nothing(markup)
        assert one_line(said) in " ".join(seen.text.split())


@pytest.mark.parametrize(
    ("cut", "code", "heading"),
    [
        (None, "unsupported", "Not in these articles"),
        (None, "unsure", "Not sure enough to answer"),
        ("cancelled", "unsupported", "Stopped"),
        ("deadline", "unsupported", "Out of time"),
    ],
)
def test_only_a_whole_answer_is_told_to_be_not_in_the_articles(cut, code, heading):
    answer = an_answer("x", refused=True) | {"cut": cut, "reason": {"code": code, "reason": "x"}}
    assert f"<h3>{heading}</h3>" in turn(answer, "x")


@pytest.mark.parametrize("said", OWN)
def test_half_a_payload_does_nothing_either(said):
    for cut in range(1, len(said), 7):
        does_nothing(turn(an_answer(said[:cut]), "k", pending=said[:cut], status=progress("…")))


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_payload_does_nothing_in_an_article(said):
    body = f"{said}\n{said} and more."
    article = Article("/x", title=said, text=body, source=said, byline=said, url=said)
    standing = DuplicateInfo(carried_by=(article,), superseded_by=article, note=said)
    marks = [(0, len(said), "1"), (3, 9, said), (-5, 10**9, "2")]
    does_nothing(panel(article, standing, marks))


@given(st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6))
def test_marks_of_any_kind_leave_the_article_whole(marks):
    body = "One sentence stands here.\nAnd <b>another</b> one there."
    article = Article("/x", title="", text=body)
    shown = Seen(panel(article, DuplicateInfo(), [(start, end, "") for start, end in marks]))
    assert shown.text.strip().endswith(body)


def test_the_sentence_that_proves_is_marked_with_its_number():
    article = Article("/x", title="T", text="First. Second one. Third.")
    markup = panel(article, DuplicateInfo(), [(7, 18, "1")])
    assert '<mark data-start="7" tabindex="-1"><span class="number">1</span>Second one.</mark>' in (
        html.unescape(markup)
    )


def test_a_very_long_article_is_shown_around_its_mark():
    article = Article("/x", title="T", text="word " * 60_000 + "Here. " + "word " * 60_000)
    start = article.text.index("Here.")
    markup = panel(article, DuplicateInfo(), [(start, start + 5, "1")])
    assert "Here." in markup and len(markup) < 200_000
    assert markup.count("left out here") == 2


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_copied_answer_makes_no_link_picture_or_tag_in_markdown(said):
    copied = exchange(an_answer(said))
    shown = Seen(MarkdownIt("commonmark", {"html": True}).render(copied))
    assert shown.tags <= {"p", "strong", "blockquote", "br", "ol", "ul", "li", "hr", "code", "pre"}
    assert shown.attributes == []


def test_markdown_names_each_citation_with_its_source_and_quote():
    copied = exchange(an_answer("It *is* so."))
    assert copied.splitlines()[0] == r"**It \*is\* so.**"
    assert r"It \*is\* so. [1]" in copied
    assert r"[1] It \*is\* so. (It \*is\* so., 3 May 2024): “It \*is\* so.”" in copied
