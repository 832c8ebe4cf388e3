"""A saved page: the begin and end of its article, its title and date, its captions."""

import datetime as dt
import json

import pytest

from index.core.articles import CAPTION
from index.text.cleaning import clean
from tests.index.readers.conftest import only

ONE = "The café on Ferry Lane opened again on Monday after the long repair of its roof and floor."
TWO = "Its owner, Zoë Lind, baked ninety loaves for the neighbours who had helped in the winter."
NOTICE = "An official site always has a lock in its address, so look for it before you write to us."
TITLE = "Café opens on Ferry Lane"


def page(body, *, title=TITLE, head=""):
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def article(body, **parts):
    return clean(only(page(body, **parts), "page.html"), "page.html")


def text(body, **parts):
    return article(body, **parts).text.split("\n\n")


STORY = f"<p>{ONE}</p><p>{TWO}</p>"


def test_a_heading_below_the_text_cuts_nothing_off():
    assert text(f"{STORY}<h1>{TITLE}</h1><p>{NOTICE}</p>")[:2] == [ONE, TWO]


def test_lines_about_the_author_are_not_part_of_the_article():
    about = "<p>Ann Roe has covered the lanes of Brask since 2011.</p>"
    other = "Ann Roe has covered the pond. It took her two summers and all her boards, she says."
    head = "<meta name='author' content='Ann Roe'>"
    assert text(f"<h1>{TITLE}</h1>{STORY}{about}", head=head) == [ONE, TWO]
    assert text(f"<h1>{TITLE}</h1>{STORY}<p>{other}</p>")[-1] == other  # not the author


@pytest.mark.parametrize("title", [TITLE, ONE])
def test_the_title_of_the_window_neither_adds_nor_removes_a_line(title):
    assert text(STORY, title=f"{title} | Lane") == [ONE, TWO]


SEEN = "Zoë Lind opens the door of the café in Brask."


@pytest.mark.parametrize(
    "box",
    [
        f"<figure><img src='a'><figcaption>{SEEN}</figcaption></figure>",
        f"<figure><img src='a'><p>{SEEN}</p></figure>",
        f"<div class='wp-caption'><img src='a'><p class='wp-caption-text'>{SEEN}</p></div>",
        f"<div class='article__legend'>{SEEN}</div>",
        f"<div class='field-caption'><div><div>{SEEN}</div></div></div>",
        f"<div class='img'><img src='a'><br><em>{SEEN}</em></div>",
    ],
)
def test_a_caption_is_marked_by_its_place_or_name(box):
    found = text(f"<h1>{TITLE}</h1><p>{ONE}</p>{box}<p>{TWO}</p>")
    assert found == [ONE, f"{CAPTION}{SEEN}", TWO]


@pytest.mark.parametrize(
    "box",
    [
        f"<figure><blockquote><p>{SEEN}</p></blockquote></figure>",
        f"<figure><table><tr><td>{SEEN}</td></tr></table></figure>",
        f"<p class='photos'>{SEEN}</p>",
        f"<p>{SEEN}<img src='a'></p>",
    ],
)
def test_other_text_is_not_a_caption(box):
    assert SEEN in text(f"<h1>{TITLE}</h1><p>{ONE}</p>{box}<p>{TWO}</p>")


def test_a_credit_in_another_element_is_separated_from_the_caption():
    box = f"<figure><figcaption><span>{SEEN}</span><span>Bo Lund for The Lane</span></figcaption>"
    assert f"{CAPTION}{SEEN} " in text(f"<h1>{TITLE}</h1><p>{ONE}</p>{box}</figure><p>{TWO}</p>")[1]


@pytest.mark.parametrize(
    ("line", "window", "title", "source"),
    [
        (f"<b>{TITLE}</b>", f"The Brask Lane | NEWS | {TITLE}", TITLE, "The Brask Lane"),
        ("<div>The Brask Lane</div>", f"{TITLE} | The Brask Lane", f"{TITLE} | The Brask Lane", ""),
        (f"<h1>{TITLE}</h1>", f"Print: {TITLE}", TITLE, ""),
    ],
)
def test_title_and_source_are_found_in_the_title_of_the_window(line, window, title, source):
    made = article(line + STORY, title=window)
    assert (made.title, made.source) == (title, source)


@pytest.mark.parametrize(
    "line",
    [
        "<div>Submitted by Ann Roe on Monday, May 6, 2024 - 14:05</div>",
        "<div>Par Ann Roe</div><div>Publié le 6 mai 2024 à 18h02, modifié le 7 mai 2024</div>",
        "<div>Monday, 6 May, 2024, 17:02 GMT 18:02 UK</div><b>By Ann Roe in Brask</b>",
    ],
)
def test_a_dateline_gives_day_and_author_and_is_not_text(line):
    made = article(f"<h1>{TITLE}</h1>{line}{STORY}")
    assert (made.published, made.byline) == (dt.date(2024, 5, 6), "Ann Roe")
    assert made.text == f"{ONE}\n\n{TWO}"


def test_the_name_of_the_source_beside_the_day_is_not_text():
    line = "<p>May 6, 2024 (Rail & Lane)</p>"
    made = article(f"<h1>{TITLE}</h1>{line}{STORY}", title=f"{TITLE} - Rail & Lane")
    assert (made.published, made.source) == (dt.date(2024, 5, 6), "Rail & Lane")
    assert made.text == f"{ONE}\n\n{TWO}"


def test_a_day_in_rdfa_is_used_unless_it_is_that_of_a_comment():
    day = '<span property="dc:date dc:created" content="{}T14:05:11+02:00">then</span>'
    talk = f'<div class="comments">{day.format("2024-05-09")}<p>I was there as well.</p></div>'
    own = f'<div class="meta">{day.format("2024-05-06")}</div>'
    assert article(f"<h1>{TITLE}</h1>{STORY}{talk}").stated_day is None
    made = article(f"<h1>{TITLE}</h1>{own}{STORY}{talk}")
    assert (made.published, made.dated_by) == (dt.date(2024, 5, 6), "metadata")


def test_an_article_drawn_by_a_script_is_read_from_its_metadata():
    declared = {"@type": "NewsArticle", "articleBody": f"{ONE}\n\n{TWO} " + "More. " * 40}
    head = f"<script type='application/ld+json'>{json.dumps(declared)}</script>"
    assert text("<div id='root'></div>", head=head)[0] == ONE
    assert text(f"<h1>{TITLE}</h1>" + STORY * 3, head=head).count("More.") == 0
