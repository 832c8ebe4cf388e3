"""Which articles a search may find, by day and source, and which its question speaks of."""

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
    news.put(may=MAY, june=JUNE, undated=UNDATED)
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
    news.put(old="Title: Old ferry\nDate: 1999-01-01\n\nLong ago a ship went to Busan.")
    assert titles(news, Filters(until=dt.date(2000, 1, 1))) == {"Old ferry"}


def test_one_article_is_asked_for_by_its_id_though_others_are_nearer_and_alike(news):
    """Its words are not those of the question, and 60 others of its paper and day come before."""
    for number in range(60):
        news.write(f"{number}.txt", f"Title: Ferry {number}\nDate: 2024-05-03\n\nFerry of Busan.")
    news.put(crane="Title: Crane falls\nDate: 2024-05-03\n\nNobody was hurt in Ulsan.")
    search = news.search()
    [crane] = [row for row in search.listed() if row.article.title == "Crane falls"]
    only = Filters(articles=(crane.article.id,))
    assert titles(news, only) == {"Crane falls"}
    assert [row.article.title for row in search.articles_in(only)] == ["Crane falls"]
    assert titles(news, Filters(articles=("0" * 32,))) == set()


def test_an_old_version_answers_if_it_is_asked_for_by_its_id(news):
    text = "The ferry sank off Busan on Friday with {} people on board, the coast guard said. "
    text += "Divers searched the hull through the night. The owner has been questioned by police."
    for day, number, note in ((3, 12, ""), (9, 15, " Correction: we gave a wrong number.")):
        head = f"Title: Ferry sinks\nDate: 2024-05-0{day}\nSource: Harbour Post\n\n"
        news.write(f"{day}.txt", f"{head}{text.format(number)}{note}")
    news.ingest()
    search = news.search()
    old = min((row.article for row in search.listed()), key=lambda one: one.published)
    found = search.search("How many people?", 3, filters=Filters(articles=(old.id,)))
    assert [hit.passage.article.id for hit in found] == [old.id]


def test_a_correction_that_came_later_was_not_known_then(news):
    text = "The ferry sank off Busan on Friday with {} people on board, the coast guard said. "
    text += "Divers searched the hull through the night. The owner has been questioned by police."
    first = f"Title: Ferry sinks\nDate: 2024-05-03\nSource: Harbour Post\n\n{text.format(12)}"
    second = (
        f"Title: Ferry sinks\nDate: 2024-05-09\nSource: Harbour Post\n\n{text.format(15)}"
        " Correction: an earlier version gave a wrong number of people."
    )
    news.put(first=first, second=second)

    def read(scope):
        found = news.search().search("How many people were on board?", 1, filters=scope)
        return found[0].passage.text

    assert "15 people" in read(NO_FILTERS)
    assert "12 people" in read(Filters(as_of=dt.date(2024, 5, 4)))


def dated(news, *days, text="The ferry of Busan sank."):
    for day in days:
        news.write(f"{day}.txt", f"Title: Ferry of {day}\nDate: {day}\n\n{text} Report {day}.")
    news.ingest()
    return news.search()


def days_found(search, question, **scope):
    found = search.search(question, 3, filters=Filters(**scope))
    return [str(hit.passage.article.published) for hit in found]


def test_articles_of_the_time_in_the_question_come_first_and_others_still_come(news):
    search = dated(news, "2022-05-03", "2023-07-20", "2024-02-01")
    assert days_found(search, "Which ferry of Busan sank in July 2023?")[0] == "2023-07-20"
    assert days_found(search, "Which ferry of Busan sank in 2022?")[0] == "2022-05-03"
    assert len(days_found(search, "Which ferry of Busan sank in July 2023?")) == 3


def test_last_week_is_counted_from_the_newest_article_or_from_the_day_asked_for(news):
    search = dated(news, "2022-05-03", "2023-07-20", "2023-07-26", "9998-01-01")
    asked = "Which ferry of Busan sank last week?"
    assert days_found(search, asked)[0] == "2023-07-20"
    assert days_found(search, asked, as_of=dt.date(2022, 5, 12))[0] == "2022-05-03"
    assert search.periods(asked, NO_FILTERS)[0].first == dt.date(2023, 7, 17)


def test_an_article_of_the_time_is_found_among_many_that_are_not(news):
    others = [f"2024-0{month}-{day}" for month in range(1, 7) for day in range(10, 20)]
    search = dated(news, "2023-07-20", *others)
    assert days_found(search, "Which ferry of Busan sank on 20 July 2023?")[0] == "2023-07-20"
