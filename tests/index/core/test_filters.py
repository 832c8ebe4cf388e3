"""Which articles may answer: by day, by source, and as it was known on a day."""

import datetime as dt

import pytest

from index.core.filters import NO_FILTERS, Filters

MAY = "Title: Ferry sinks\nDate: 2024-05-03\nSource: Harbour Post\n\nThe ferry sank off Busan."
JUNE = "Title: Ferry raised\nDate: 2024-06-09\nSource: Bay Times\n\nThe ferry was raised at Busan."
UNDATED = "Title: Ferries\n\nA ferry of Busan carries cars."


def titles(news, scope):
    found = news.search().search("ferry Busan", 5, filters=scope)
    return {hit.passage.article.title for hit in found}


@pytest.fixture
def harbour(news):
    news.write("may.txt", MAY)
    news.write("june.txt", JUNE)
    news.write("undated.txt", UNDATED)
    news.ingest()
    return news


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (NO_FILTERS, {"Ferry sinks", "Ferry raised", "Ferries"}),
        (Filters(as_of=dt.date(2024, 5, 3)), {"Ferry sinks", "Ferries"}),
        (Filters(since=dt.date(2024, 5, 4)), {"Ferry raised"}),
        (Filters(until=dt.date(2024, 5, 4)), {"Ferry sinks"}),
        (Filters(sources=("bay times",)), {"Ferry raised"}),
        (Filters(since=dt.date(2030, 1, 1)), set()),
    ],
)
def test_only_articles_of_the_scope_are_found(harbour, scope, expected):
    assert titles(harbour, scope) == expected


def test_a_scope_finds_its_article_among_many_others(news):
    for number in range(60):
        news.write(f"{number}.txt", f"Title: Ferry {number}\nDate: 2024-05-03\n\nFerry of Busan.")
    news.write("old.txt", "Title: Old ferry\nDate: 1999-01-01\n\nLong ago a ship went to Busan.")
    news.ingest()
    assert titles(news, Filters(until=dt.date(2000, 1, 1))) == {"Old ferry"}


def test_a_correction_that_came_later_was_not_known_then(news):
    text = "The ferry sank off Busan on Friday with {} people on board, the coast guard said. "
    text += "Divers searched the hull through the night. The owner has been questioned by police."
    first = f"Title: Ferry sinks\nDate: 2024-05-03\nSource: Harbour Post\n\n{text.format(12)}"
    second = (
        f"Title: Ferry sinks\nDate: 2024-05-09\nSource: Harbour Post\n\n{text.format(15)}"
        " Correction: an earlier version gave a wrong number of people."
    )
    news.write("first.txt", first)
    news.write("second.txt", second)
    news.ingest()

    def read(scope):
        found = news.search().search("How many people were on board?", 1, filters=scope)
        return found[0].passage.text

    assert "15 people" in read(NO_FILTERS)
    assert "12 people" in read(Filters(as_of=dt.date(2024, 5, 4)))
