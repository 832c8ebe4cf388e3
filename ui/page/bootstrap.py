"""Data for a page that opens: index size, sources, example questions, settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from index.core.errors import UserError
from ui.page.answer_html import written_day
from ui.page.library import LIMITS
from ui.page.render import Html, join, tag
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
        "ahead": service.prefill_enabled,
        "upload": service.articles.upload_allowed,
        "limits": LIMITS,
    }
    try:
        newest = service.articles.page(size=NEWEST)
        texts = [service.articles.get(row.article.id) for row in newest.rows]
        examples = questions(article for article in texts if article)
    except UserError as wrong:
        return known | {"about": tag("p", public_message(wrong)), "examples": "", "sources": ""}
    return known | {
        "about": _about(newest.total, newest.rows[0].article.published if newest.rows else None),
        "examples": join(tag("li", tag("button", one, type="button")) for one in examples),
        "sources": _sources(service),
    }


def _about(total: int, newest: Any) -> Html:
    if not total:
        return tag(
            "p", "Nothing is indexed yet. Add articles in the Library, or run ‘assistant ingest’."
        )
    last = f", the newest of {written_day(newest.isoformat())}" if newest else ""
    return tag("p", f"{total:,} {'article' if total == 1 else 'articles'}{last}")


def _sources(service: AnswerService) -> Html:
    """A checkbox for each source, the most frequent first."""
    rows = service.articles.page(size=1_000_000).rows
    counts = Counter(row.article.source for row in rows if row.article.source)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:MAX_SOURCES]
    return join(
        tag("label", tag("input", type="checkbox", name="sources", value=name), " ", name)
        for name in names
    )
