"""Furniture removed, title, date and place found: on tiny texts and on two real articles."""

import datetime as dt
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.core.articles import CAPTION
from index.core.records import RawRecord, Unreadable
from index.readers.dispatch import read
from index.text.chunking import sentences
from index.text.cleaning import clean, is_furniture
from index.text.publication_dates import parse_date
from index.text.visible_text import visible

ROOT = Path(__file__).resolve().parents[3]
GIVEN = sorted((ROOT.parent / "shared" / "articles").glob("*.txt"))
# the lines of the given articles that are no part of their text
GIVEN_FURNITURE = [
    *("Skip to main content", "Clear icon", "55º", "1 / 10", "Recommended Videos", "Loading...")
]
GIVEN_CREDIT = "Pool Photo via AP)"  # ends the one photo caption of the given articles
BODY = "The bridge was closed at noon. Two engineers went down to look at it.\n\nNobody was hurt."


def article(text, path="story.txt", **fields):
    return clean(RawRecord(text=text, **fields), path)


def of_file(path):
    (raw,) = read(path.read_bytes(), str(path))
    return clean(raw, str(path))


@pytest.mark.parametrize(
    "line",
    [
        *GIVEN_FURNITURE,
        *("Advertisement", "Share this article", "Read more: the bridge in pictures", "Subscribe"),
        *("Sign up for our newsletter", "© 2024 The Lane. All rights reserved.", "12 / 40"),
        *("Copyright 2024 The Lane", "More from The Lane", "3 Comments", "* * *"),
        "We use cookies to make this site work.",
    ],
)
def test_a_line_of_the_page_is_furniture(line):
    assert is_furniture(line)
    text = article(f"{line}\n\n{BODY}\n\n{line}\n").text
    assert line not in text
    assert text == BODY


@pytest.mark.parametrize(
    "line",
    [
        *("Share prices fell by 3% on Friday.", "More in sorrow than in anger, she left."),
        "Copyright law was changed on Friday, members of the house said.",
        *("Read more books, the librarian tells everyone.", "Search teams found the boat."),
        *("Newsletter boom keeps small publishers afloat", "Kim Gunn spoke."),
        "Comments from the mayor were not to be had.",
        "Related to the mayor by marriage, he kept silent.",
    ],
)
def test_a_line_of_the_article_is_no_furniture(line):
    assert not is_furniture(line)
    assert line in article(f"{BODY}\n\n{line}\n\n{BODY}").text


@pytest.mark.skipif(not GIVEN, reason="../shared/articles is not beside this checkout")
@pytest.mark.parametrize("path", GIVEN, ids=lambda path: path.name)
def test_the_given_articles_lose_their_furniture_and_no_sentence(path):
    lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    wanted = [line for line in lines if line not in GIVEN_FURNITURE]
    wanted = [f"{CAPTION}{line}" if line.endswith(GIVEN_CREDIT) else line for line in wanted]
    cleaned = of_file(path)
    if cleaned.title in wanted:  # a title stands above the text, not in it
        wanted.remove(cleaned.title)
    assert cleaned.text.split("\n\n") == wanted
    assert not set(GIVEN_FURNITURE) & set(cleaned.text.splitlines())
    found = [cleaned.text[a:b] for a, b in sentences(cleaned.text)]
    assert found == [line[a:b] for line in wanted for a, b in sentences(line)]
    assert len(found) >= 10


@pytest.mark.skipif(not GIVEN, reason="../shared/articles is not beside this checkout")
def test_the_given_articles_say_title_day_and_place_where_the_page_does():
    without, scraped = (of_file(path) for path in GIVEN)
    assert without.title.startswith("Senior officials from Japan")
    assert (without.published, without.place) == (None, "")
    assert scraped.title.startswith("Japanese, US and South Korean officials condemn")
    assert (scraped.published, scraped.place) == (dt.date(2023, 7, 20), "TOKYO")


@pytest.mark.parametrize(
    ("line", "is_caption"),
    [
        ("Ann Roe opens the gate on Monday. (Bo Lund/Pool Photo via AP)", True),
        ("Ann Roe opens the gate in Brask. (AP Photo/Bo Lund, File)", True),
        ("Ann Roe opens the gate in Brask. (Pool photo)", True),
        ("Ann Roe opens the gate in Brask (Photo: Bo Lund)", True),
        ("Ann Roe opens the gate in Brask. Photo: Bo Lund", True),
        ("Ann Roe opens the gate in Brask. REUTERS/Bo Lund", True),
        ("FILE - Ann Roe opens the gate in Brask.", True),
        ("The council met on Monday, the agency said. (AP)", False),
        ("She keeps the photo in a drawer (it is torn).", False),
        ("Photo: that was all the note said.", False),
        ("He sold the picture (a painting by Bo Lund).", False),
        ("The file - a thick one - was closed.", False),
    ],
)
def test_a_caption_that_names_its_photographer_is_marked(line, is_caption):
    mark = CAPTION if is_caption else ""
    assert article(f"{BODY}\n\n{line}\n\n{BODY}").text == f"{BODY}\n\n{mark}{line}\n\n{BODY}"


def test_each_sentence_of_a_caption_is_marked_and_the_credit_is_not():
    made = article(f"{BODY}\n\nPeople watch a screen. It shows a launch. (AP Photo/Bo Lund)")
    assert made.text.endswith(
        "\n\n[Caption] People watch a screen. [Caption] It shows a launch. (AP Photo/Bo Lund)"
    )
    shown = [made.text[a:b] for a, b in sentences(made.text)]
    assert "[Caption] People watch a screen." in shown
    assert all(one.startswith(CAPTION) for one in shown if "launch" in one)


def test_what_stands_below_the_number_of_a_photo_is_its_caption():
    made = article(f"{BODY}\n\nPhoto 3 of 12\nAnn Roe opens the gate in Brask.\n\n{BODY}")
    assert f"\n\n{CAPTION}Ann Roe opens the gate in Brask.\n\n" in made.text
    assert made.text.count(CAPTION) == 1


def test_hard_wrapped_text_is_joined_into_paragraphs_and_other_lines_are_paragraphs():
    wrapped = (
        "The bridge was closed at noon, and two engineers\nwent down on ropes to look at what\n"
        "the water had done to it.\n\n"
        "Nobody was hurt, said the\nharbour master, who\nhad seen it.\n"
    )
    assert article(wrapped).text == (
        "The bridge was closed at noon, and two engineers went down on ropes to look at what the"
        " water had done to it.\n\nNobody was hurt, said the harbour master, who had seen it."
    )
    lines = ("One came.", "Two went.", "Three stayed.")
    assert article("\n".join(lines)).text == "\n\n".join(lines)


def test_what_no_reader_sees_is_removed():
    hidden = "Br\u200bidge\u202e \x1b[31mre\x00opens\ufeff\U000e0041 \ud800today"
    assert visible(hidden) == "Bridge [31mreopens today"
    assert visible("cafe\u0301") == "café"
    assert article(hidden + ".\n\n" + BODY).text.startswith("Bridge [31mreopens today.")


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(), max_size=400), title=st.text(st.characters(), max_size=40))
def test_any_text_gives_an_article_or_a_refusal(text, title):
    try:
        made = article(text, title=title, published=title)
    except Unreadable:
        return
    assert made.text.strip() and made.title.strip()
    (made.title + made.text).encode("utf-8")
    assert made.text == visible(made.text)


@pytest.mark.parametrize(
    "written",
    [
        *("2024-05-06", "2024-05-06T08:00:00+02:00", "2024/05/06", "6 May 2024"),
        *("May 6, 2024 at 8:05 a.m. EDT", "Mon, 06 May 2024 08:00:00 GMT"),
    ],
)
def test_a_whole_date_is_read(written):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an unknown time zone is no warning on the screen
        assert parse_date(written) == dt.date(2024, 5, 6)


@pytest.mark.parametrize(
    "written",
    [
        *("", "May 2024", "6 May", "08:15", "yesterday", "2 days ago", "2024-13-45", "0000-01-01"),
        *("2999-01-01", "6 May 2999", "05/06/2024", "1 " * 40, "\x00", "9" * 30),
    ],
)
def test_what_is_no_whole_sane_and_unambiguous_date_is_none(written):
    assert parse_date(written) is None


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("Published May 6, 2024", dt.date(2024, 5, 6)),
        ("Posted on 6 May 2024 10:30", dt.date(2024, 5, 6)),
        ("Mon 6 May 2024, 10.30 am", dt.date(2024, 5, 6)),
        ("First published on 2024-05-06", dt.date(2024, 5, 6)),
        ("Updated May 9, 2024\nPublished May 6, 2024", dt.date(2024, 5, 6)),
        ("Updated: Mon 6 May 2024, 10.30 am", None),
        ("Last modified 2024-05-06", None),
    ],
)
def test_a_line_that_states_the_date_gives_it_and_is_no_text(line, published):
    made = article(f"Bridge closed after flood\n\n{line}\n\n{BODY}")
    assert (made.published, made.text) == (published, BODY)


def test_a_sentence_that_begins_with_published_stays():
    text = f"{BODY}\n\nPublished in May, the report blames the rain.\n\nPublished last week"
    assert article(text).text == text


def test_a_sentence_of_the_text_is_no_title_but_lends_its_words():
    made = article(BODY)
    assert made.text == BODY
    assert made.title.startswith("The bridge was closed at noon.")


@pytest.mark.parametrize(
    "above",
    [
        *("", "Culture\n4 min read", "Culture 4 min read", "4 min read", "Politics\n"),
        *("Life & Style\n12 minute read", "Home\n\nSport\n"),
    ],
)
def test_the_section_and_the_reading_time_are_no_title(above):
    made = article(f"{above}\n\nA library comes up the river\n\n{BODY}")
    assert (made.title, made.text) == ("A library comes up the river", BODY)


def test_a_title_repeated_on_top_of_the_text_goes_and_a_long_one_is_cut():
    assert article(f"Bridge closed.\n\n{BODY}", title="Bridge closed").text == BODY
    assert len(article(BODY, title="long " * 1000).title) == 300


@pytest.mark.parametrize(
    ("start", "place"),
    [
        ("TOKYO – ", "TOKYO"),
        ("TOKYO (AP) — ", "TOKYO"),
        ("NEW YORK, N.Y. (Reuters) - ", "NEW YORK, N.Y."),
        ("LOWER BRASK, Velmara - ", "LOWER BRASK, Velmara"),
        ("The mayor – ", ""),
        ("", ""),
    ],
)
def test_the_dateline_gives_the_place(start, place):
    assert article(f"{start}{BODY}").place == place


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.b/\x1b c", "ftp://a.b", "a.b"])
def test_only_a_web_address_is_kept_as_address(url):
    assert article(BODY, url=url).url == ""
    assert article(BODY, url=" https://a.b/c?d=e#f ").url == "https://a.b/c?d=e#f"


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        (
            "''We lost it all,'' said Ann Lee, ''and more.''",
            '"We lost it all," said Ann Lee, "and more."',
        ),
        ("``We lost 'it' all,'' said Ann Lee.", "\"We lost 'it' all,\" said Ann Lee."),
        ("Kim is 6'2'' tall, Lee 5'11''.", "Kim is 6'2'' tall, Lee 5'11''."),
        (
            "The boys'' coats were '''red''', not ''blue.",
            "The boys'' coats were '''red''', not ''blue.",
        ),
    ],
)
def test_a_quotation_between_two_apostrophes_is_one_between_quotation_marks(written, cleaned):
    assert article(f"{written} Nobody was hurt, the mayor of the town said.").text.startswith(
        cleaned
    )
