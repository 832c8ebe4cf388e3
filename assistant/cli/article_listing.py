"""The articles of an index, as `assistant articles` prints them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assistant.core import console as screen
from assistant.core.sanitize import for_terminal
from index.core.errors import UsageError

if TYPE_CHECKING:
    from index.core.articles import Article
    from index.storage.article_store import ArticleStore, DuplicateInfo


def show_article(library: ArticleStore, article_id: str) -> int:
    """Print all that is known of one article, and its text; returns the exit code.

    Raises:
        UsageError: if no article, or more than one, has an id that begins so.
    """
    from index.text.relative_dates import days_of

    article = library.article(article_id)
    if article is None:
        raise UsageError(
            f"No article, or more than one, has an id that begins with {article_id!r}. "
            "'assistant articles list' shows the ids."
        )
    for name in ("id", "title", "published", "dated_by", "modified", "source", "byline", "place"):
        screen.show_field(name.replace("_", " "), getattr(article, name))
    for name in ("language", "url", "path"):
        screen.show_field(name, getattr(article, name))
    _show_standing(library.standing(article.id))
    days = list(dict.fromkeys(map(str, days_of(article))))
    screen.show_field("days", "; ".join(days))
    screen.say("\n" + for_terminal(article.text))
    return 0


def _show_standing(standing: DuplicateInfo) -> None:
    """Print the versions and copies of an article, each by its id and what it is."""
    if standing.superseded_by:
        screen.show_field("superseded by", _named(standing.superseded_by))
    for older in standing.corrects:
        screen.show_field("corrects", _named(older))
    if standing.unsettled:
        other = f"{_named(standing.unsettled)} (the dates do not tell which one is newer)"
        screen.show_field("other version", other)
    for copy in standing.carried_by:
        screen.show_field("also carried by", _named(copy))
    screen.show_field("warning", standing.note)


def _named(article: Article) -> str:
    return f"{article.id[:8]} {screen.about(article)}"


def show_all(library: ArticleStore, *, as_json: bool) -> int:
    """Print a line an article, or one JSON array; returns the exit code."""
    rows = list(library.listed())
    if as_json:
        found = [
            {
                "id": row.article.id,
                "title": row.article.title,
                "published": str(row.article.published) if row.article.published else None,
                "source": row.article.source,
                "path": row.article.path,
                "passages": row.passages,
                "copy_of": row.copy_of,
                "superseded_by": row.superseded_by,
                "warning": row.note or None,
            }
            for row in rows
        ]
        screen.say(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        day = row.article.published.isoformat() if row.article.published else "undated"
        size = f"copy of {row.copy_of[:8]}" if row.copy_of else f"{row.passages} passages"
        size += f", superseded by {row.superseded_by[:8]}" if row.superseded_by else ""
        title, source = screen.fit(row.article.title, 60), screen.fit(row.article.source, 24)
        screen.say(f"{row.article.id[:8]}  {day:10}  {title}  {source}  {size}")
    return 0
