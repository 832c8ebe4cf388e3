"""What a page is told when it is opened: what is indexed, which sources, what one might ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from index.core.errors import UserError
from ui.page.answer_html import written_day
from ui.page.library import LIMITS
from ui.page.render import Html, join, tag
from ui.service.example_questions import questions
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

READ = 24  # newest articles that examples are made from
MAX_SOURCES = 60  # that the form lists


def welcome(desk: AnswerService) -> dict[str, Any]:
    """`about`, `examples`, `sources` as HTML; `strict`, `ahead`, `upload` as the settings say."""
    known: dict[str, Any] = {
        "strict": desk.app.settings.answer.strict,
        "ahead": desk.prefill_enabled,
        "upload": desk.shelf.upload_allowed,
        "limits": LIMITS,
    }
    try:
        newest = desk.shelf.articles(size=READ)
        texts = [desk.shelf.article(row.article.id) for row in newest.rows]
        asked = questions(article for article in texts if article)
    except UserError as wrong:
        return known | {"about": tag("p", public_message(wrong)), "examples": "", "sources": ""}
    return known | {
        "about": _about(newest.total, newest.rows[0].article.published if newest.rows else None),
        "examples": join(tag("li", tag("button", one, type="button")) for one in asked),
        "sources": _sources(desk),
    }


def _about(total: int, newest: Any) -> Html:
    if not total:
        return tag(
            "p", "Nothing is indexed yet. Add articles in the Library, or run ‘assistant ingest’."
        )
    last = f", the newest of {written_day(newest.isoformat())}" if newest else ""
    return tag("p", f"{total:,} {'article' if total == 1 else 'articles'}{last}")


def _sources(desk: AnswerService) -> Html:
    """A box for each source, the most frequent first."""
    return join(_box(name) for name in _names(row.article.source for row in _everything(desk)))


def _box(name: str) -> Html:
    return tag("label", tag("input", type="checkbox", name="sources", value=name), " ", name)


def _names(sources: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for name in sources:
        if name:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:MAX_SOURCES]


def _everything(desk: AnswerService) -> Any:
    return desk.shelf.articles(size=1_000_000).rows
