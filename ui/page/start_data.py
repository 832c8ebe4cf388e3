"""Data for a page that opens: index size, sources, example questions, settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from index.core.errors import UserError
from ui.page.library import LIMITS
from ui.page.render import problem, render
from ui.service.example_questions import questions
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

NEWEST = 24  # articles that example questions are made from
MAX_SOURCES = 60  # in the filter form


def welcome(service: AnswerService) -> dict[str, Any]:
    """`about`, `examples`, `sources` as HTML; `strict`, `ahead`, `upload` as the settings say."""
    known: dict[str, Any] = {
        "strict": service.app.settings.answer.strict,
        "ahead": service.app.prefill_enabled,
        "upload": service.articles.upload_allowed,
        "limits": LIMITS,
    }
    try:
        newest = service.articles.page(size=NEWEST)
        texts = [service.articles.get(row.article.id) for row in newest.rows]
        examples = questions(article for article in texts if article)
    except UserError as error:
        return known | {"about": problem(public_message(error)), "examples": "", "sources": ""}
    return known | {
        "about": render(
            "about",
            total=newest.total,
            newest=newest.rows[0].article.stated_day if newest.rows else None,
        ),
        "examples": render("examples", questions=examples),
        "sources": _sources(service),
    }


def _sources(service: AnswerService) -> Markup:
    """A checkbox for each source, the most frequent first."""
    rows = service.articles.page(size=1_000_000).rows
    counts = Counter(row.article.source for row in rows if row.article.source)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_SOURCES]
    return render("sources", names=names)
