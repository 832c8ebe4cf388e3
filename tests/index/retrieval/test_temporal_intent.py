"""What a real index finds for a question that speaks of a time."""

import datetime as dt

from index.core.filters import NO_FILTERS, Filters


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


def test_the_latest_is_the_newest_article_on_the_subject(news):
    search = dated(news, "2022-05-03", "2023-07-20", "2024-02-01")
    latest = "Which is the latest ferry of Busan that sank?"
    assert days_found(search, latest)[0] == "2024-02-01"
    assert days_found(search, latest, as_of=dt.date(2023, 12, 31))[0] == "2023-07-20"


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


def test_without_a_time_in_the_question_no_day_counts(news):
    search = dated(news, "2022-05-03", "2023-07-20")
    assert [hit.boost for hit in search.search("Which ferry of Busan sank?", 3)] == [0, 0]
