"""The day of an article, what it rests on, and the day of its last change, in every format."""

import datetime as dt
import json
from typing import get_args

import pytest

from index.core.articles import DatedBy
from index.core.records import Fields, Limits
from index.ingest.extraction import extract
from index.text.relative_dates import days_of
from tests.files import docx, pdf

DAY = dt.date(2024, 5, 6)
LATER = dt.date(2024, 5, 9)
BODY = "The bridge was closed at noon. Two engineers went down to look at it, the mayor said."
PAGE = "<html><head>{head}</head><body><article><h1>A bridge is closed</h1>{top}<p>{text}</p>"
PAGE += "<p>Nobody was hurt, and the river went on as if it did not know.</p></article></body>"
DATA = '<script type="application/ld+json">{"@type": "NewsArticle", %s}</script>'
MODIFIED = '"datePublished": "2024-05-06", "dateModified": "2024-05-09T23:00:00-05:00"'
META = '<meta property="article:published_time" content="2024-05-06">'
PHOTO = "The gate on Monday, May 6, 2024. (Bo Lund/Pool Photo via AP)"
SENT = "<pubDate>Mon, 06 May 2024 08:00:00 GMT</pubDate>"
MAIL = "From: Ann <a@b.example>\nTo: c@d.example\nSubject: Bridge\nMessage-ID: <1@b>\n"
FEED = "<rss version='2.0'><channel><title>The Lane</title><item><title>Bridge</title>{day}"
FEED += "<description>{text}</description></item></channel></rss>"
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'><title>The Lane</title><entry><id>1</id>{day}"
ATOM += "<title>Bridge</title><summary>{text}</summary></entry></feed>"


def page(head="", top="", text=BODY):
    return PAGE.format(head=head, top=top, text=text)


def one(data, name):
    data = data.encode() if isinstance(data, str) else data
    (article,) = extract(data, f"/{name}", Limits(), Fields()).articles
    return article


@pytest.mark.parametrize(
    ("data", "name", "rests_on"),
    [
        (page(DATA % '"datePublished": "2024-05-06T08:00:00Z"'), "a.html", "metadata"),
        (page(META), "a.html", "metadata"),
        (page(top='<time datetime="2024-05-06">Monday</time>'), "a.html", "guess"),
        (page('<link rel="canonical" href="https://a.example/2024/05/06/x">'), "a.html", "url"),
        (page(top="<div>Published May 6, 2024</div>"), "a.html", "line"),
        (page(text=f"BRASK, May 6, 2024 (Agency) -- {BODY}"), "a.html", "dateline"),
        (f"A bridge is closed\n\nPublished Monday, May 6, 2024\n\n{BODY}", "a.txt", "line"),
        (f"BRASK, May 6, 2024 (Agency) -- {BODY}", "a.txt", "dateline"),
        (f"{BODY}\n\n{PHOTO}", "a.txt", "caption"),
        (f"Title: Bridge\nDate: 2024-05-06\n\n{BODY}", "a.txt", "header"),
        (f"---\ntitle: Bridge\ndate: 2024-05-06\n---\n{BODY}", "a.md", "header"),
        (json.dumps({"text": BODY, "date": "2024-05-06"}), "a.json", "field"),
        (f"id,date,text\n1,2024-05-06,{BODY.replace(',', '')}\n", "a.csv", "field"),
        (FEED.format(day=SENT, text=BODY), "a.rss", "field"),
        (ATOM.format(day="<published>2024-05-06T23:30-05:00</published>", text=BODY), "a", "field"),
        (f"{MAIL}Date: Mon, 06 May 2024 08:00:00 +0200\n\n{BODY}", "a.eml", "mail"),
        (pdf([f"BRASK, May 6, 2024 (Agency) -- {BODY}"]), "a.pdf", "dateline"),
        (docx(f"BRASK, May 6, 2024 (Agency) -- {BODY}"), "a.docx", "dateline"),
    ],
)
def test_an_article_tells_what_its_day_rests_on(data, name, rests_on):
    article = one(data, name)
    assert (article.published, article.dated_by) == (DAY, rests_on)
    assert article.dated_by in get_args(DatedBy)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (page(), "a.html"),
        (page('<meta property="article:modified_time" content="2024-05-09">'), "a.html"),
        (BODY, "a.txt"),
        (f"Title: Bridge\nDate: when the snow fell\n\n{BODY}", "a.txt"),
        (json.dumps({"text": BODY, "date": "2999-01-01"}), "a.json"),
        (ATOM.format(day="<updated>2024-05-09T08:00:00Z</updated>", text=BODY), "a.xml"),
        (f"{MAIL}\n{BODY}", "a.eml"),
        (pdf([BODY]), "a.pdf"),
        (docx(BODY), "a.docx"),
    ],
)
def test_an_unknown_day_rests_on_nothing(data, name):
    article = one(data, name)
    assert (article.published, article.dated_by) == (None, "")


def test_a_day_that_cannot_be_meant_leaves_it_to_the_next_evidence():
    told = page('<meta name="date" content="2999-01-01">', "<p>Published May 6, 2024</p>")
    article = one(told, "a.html")
    assert (article.published, article.dated_by) == (DAY, "line")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (page(DATA % MODIFIED), "a.html"),
        (page('<meta property="og:updated_time" content="2024-05-09T08:00:00Z">'), "a.html"),
        (page(top='<meta itemprop="dateModified" content="2024-05-09">'), "a.html"),
        (page(top="<div>Published May 6, 2024 | Updated May 9, 2024</div>"), "a.html"),
        (f"A bridge is closed\n\nUpdated May 9, 2024\nPublished May 6, 2024\n\n{BODY}", "a.txt"),
        (f"{BODY}\n\nLast modified on 9 May 2024 11.00 BST", "a.txt"),
        (f"Title: Bridge\nUpdated: 9 May 2024\n\n{BODY}", "a.txt"),
        (f"---\ndate: 2024-05-06\nmodified: 2024-05-09\n---\n{BODY}", "a.md"),
        (json.dumps({"text": BODY, "dateModified": "2024-05-09"}), "a.json"),
        (f"id,updated_at,text\n1,2024-05-09,{BODY.replace(',', '')}\n", "a.csv"),
        (ATOM.format(day="<updated>2024-05-09T08:00:00Z</updated>", text=BODY), "a.xml"),
    ],
)
def test_the_day_of_the_last_change_is_told_where_it_is_declared(data, name):
    assert one(data, name).modified == LATER


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (page(DATA % '"datePublished": "2024-05-06"'), "a.html"),
        (page(DATA % '"datePublished": "2024-05-06", "dateModified": "1970-01-01"'), "a.html"),
        (FEED.format(day=SENT, text=BODY), "a.rss"),
        (f"Title: Bridge\nDate: 2024-05-06\n\n{BODY}", "a.txt"),
    ],
)
def test_a_change_that_is_not_told_or_before_the_publication_is_unknown(data, name):
    assert (one(data, name).published, one(data, name).modified) == (DAY, None)


def test_a_guessed_day_is_noted_and_never_stated():
    top = '<time datetime="2024-05-06">Monday</time>'
    data = page(top=top, text=f"{BODY} It had snowed on Sunday.").encode()
    found = extract(data, "/a.html", Limits(), Fields())
    (article,) = found.articles
    assert (article.published, article.stated_day) == (DAY, None)
    assert [note.code for note in found.notes] == ["guessed"]
    assert days_of(article, 0, len(article.text)) == []
