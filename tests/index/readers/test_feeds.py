"""Feeds: every entry an article, the day of publication only, and nothing fetched."""

import pytest

from index.core.records import Unreadable
from tests.files import STORY
from tests.index.readers.conftest import only, records, skipped

RSS = """<?xml version="1.0" encoding="utf-8"?>{before}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Lane</title>
<item><title>Café &amp;amp; bakery</title><link>https://lane.example/1</link><guid>g1</guid>
<pubDate>Mon, 06 May 2024 23:30:00 -0500</pubDate><dc:creator>Ann Roe</dc:creator>
<description>Short.</description>
<content:encoded><![CDATA[<p>{story}</p><p style="display:none">SECRET</p>]]></content:encoded>
</item>{items}</channel></rss>"""


def rss(*, before="", items="", story=STORY):
    return RSS.format(before=before, items=items, story=story).encode()


@pytest.mark.parametrize("path", ["a.xml", "a.rss", "a.txt", "feed"])
def test_an_entry_is_an_article_with_its_fullest_text(path):
    raw = only(rss(), path)
    assert (raw.text, raw.title, raw.record) == (STORY, "Café & bakery", "g1")
    assert (raw.source, raw.url, raw.byline) == ("The Lane", "https://lane.example/1", "Ann Roe")
    assert raw.published == "2024-05-06"


def test_an_entry_without_text_is_skipped():
    found = records(rss(items="<item><guid>g2</guid><title>Empty</title></item>"), "/a.xml")
    assert skipped(found) == [("/a.xml#g2", "missing_field")]


@pytest.mark.parametrize(
    "entity", ['SYSTEM "file:///etc/passwd"', 'SYSTEM "http://tracker.example/x"', '"SECRET"']
)
def test_entities_are_neither_fetched_nor_unfolded(entity):
    before = f"<!DOCTYPE rss [<!ENTITY e {entity}>]>"
    try:
        text = only(rss(before=before, story=f"{STORY}]]>&e;<![CDATA[")).text
    except Unreadable:
        return
    assert "SECRET" not in text
    assert "root:" not in text


def test_a_truncated_feed_gives_its_complete_entries():
    assert records(rss(items="<item><guid>g2</guid><description>Rain"))[0].text == STORY
