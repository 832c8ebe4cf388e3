"""What a page that opens says of the articles: how many, questions to begin with, sources."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from index.core.errors import UserError
from ui.page.escaping import count, escaped, written_day
from ui.service.example_questions import questions
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

EVERY = 1_000_000  # articles of a list
MAX_READ = 240  # newest articles that are read for example questions, until there are enough
MAX_SOURCES = 60  # in the filter form
NAMEPLATE = "<h1>Assistant</h1>"
EMPTY = "Nothing is indexed yet. Add articles in the Library."


def opening(service: AnswerService) -> tuple[str, list[dict[str, str]], list[str]]:
    """What is indexed, questions to begin with, and the sources, the most frequent first."""
    try:
        rows = service.articles.page(size=EVERY).rows
        texts = (service.articles.get(row.article.id) for row in rows[:MAX_READ])
        examples = questions(text for text in texts if text)
    except UserError as error:
        return f"{NAMEPLATE} <small>{escaped(public_message(error))}</small>", [], []
    if not rows:
        return f"{NAMEPLATE} <small>{EMPTY}</small>", [], []
    newest = written_day(rows[0].article.stated_day)
    about = count(len(rows), "article") + (f", the newest of {newest}" if newest else "")
    counts = Counter(row.article.source for row in rows if row.article.source)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_SOURCES]
    return f"{NAMEPLATE} <small>{about}</small>", [{"text": one} for one in examples], names
