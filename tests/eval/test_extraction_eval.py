"""The extraction corpus is what it says, its metrics reach both ends, and ours reaches the bars."""

import datetime as dt

import pytest

from eval.extraction.evaluate import Extracted, figures, judge, ours, write
from eval.extraction.made_up_pages import SET, Page, Truth, pages

SHARES = ("sentence recall", "title right", "date right", "byline right", "source right")


@pytest.fixture(scope="module")
def corpus() -> list[Page]:
    return pages()


@pytest.fixture(scope="module")
def found(corpus) -> dict[str, float]:
    return figures([judge(page, ours(page)) for page in corpus])


# ── the corpus ────────────────────────────────────────────────────────────────────────────────


def test_the_corpus_has_60_pages_of_25_structures_and_in_three_formats(corpus):
    assert len({page.name for page in corpus}) == len(corpus) >= 60
    assert len(list((SET / "skeletons").glob("*.html"))) >= 25
    assert {page.name.rpartition(".")[2] for page in corpus} == {"html", "txt", "md"}


def test_no_mark_and_no_hole_is_left_in_a_page(corpus):
    for page in corpus:
        for mark in ("⟦", "⟧", "⟪", "⟫", "{{", "\n@ "):
            assert mark not in page.data.decode("utf-8", "replace"), page.name


def test_every_page_tells_sentences_and_every_skeleton_with_traps_hides_the_date(corpus):
    assert all(len(page.truth.sentences) >= 8 for page in corpus)
    assert sum(page.truth.published is None for page in corpus) >= 8
    assert sum(len(page.truth.hidden) for page in corpus) >= 30


def test_the_pages_are_written_with_their_truth(corpus, tmp_path):
    write(corpus[:3], tmp_path)
    assert (tmp_path / corpus[0].name).read_bytes() == corpus[0].data
    assert len((tmp_path / "truth.jsonl").read_text("utf-8").splitlines()) == 3


# ── the metrics ───────────────────────────────────────────────────────────────────────────────

TRUTH = Truth(
    title="Café opens",
    published=dt.date(2024, 5, 6),
    sentences=("It opened.", "Zoë baked."),
    furniture=("Menu", "Share this"),
    hidden=("SECRET",),
    byline="Ann Roe",
    source="The Lane",
    place="LANE",
)
PAGE = Page("a.txt", b"", TRUTH)


def test_all_right_is_one_and_nothing_kept_is_nought():
    said = Extracted(
        "It opened. Zoë baked.", "Café opens", TRUTH.published, "Ann Roe", "The Lane", "LANE"
    )
    got = figures([judge(PAGE, said)])
    assert all(got[name] == 1 for name in SHARES)
    assert got["furniture kept"] == got["hidden kept"] == got["wrong dates"] == 0


def test_all_wrong_is_nought_and_everything_kept_is_one():
    said = Extracted("Menu Share this SECRET", "Home", dt.date(2024, 5, 7), "Bo Lund", "Post", "X")
    got = figures([judge(PAGE, said)])
    assert all(got[name] == 0 for name in SHARES)
    assert got["furniture kept"] == got["hidden kept"] == got["wrong dates"] == 1


def test_a_date_that_is_not_stated_is_neither_right_nor_wrong():
    got = figures([judge(PAGE, Extracted())])
    assert (got["date right"], got["wrong dates"]) == (0, 0)


# ── the bars of the issue ─────────────────────────────────────────────────────────────────────


def test_the_articles_own_sentences_survive(found):
    assert found["sentence recall"] >= 0.97


def test_furniture_and_hidden_text_do_not(found):
    assert found["furniture kept"] <= 0.13
    assert found["hidden kept"] == 0


def test_titles_and_dates_are_right_and_no_wrong_date_is_stated(found):
    assert found["title right"] >= 0.95
    assert found["date right"] >= 0.95
    assert found["wrong dates"] == 0
