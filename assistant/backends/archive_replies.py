"""What the archive says of itself, as JSON objects: source cards and contradictions."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from assistant.archive.differences import Comparison, Difference, differences
from assistant.archive.source_card import Match, SourceCard, checked_excerpt, find_source
from assistant.backends.serialization import to_json
from index.core.articles import Article
from index.core.errors import NothingIndexedError, UsageError
from index.core.filters import Filters
from index.text.visible_text import one_line

if TYPE_CHECKING:
    from assistant.container import App

MAX_TOPIC = 2_000  # characters


def source_card(app: App, excerpt: str, filters: Filters, *, paths: bool = True) -> dict[str, Any]:
    """Where an excerpt is from; needs no model. Without `paths` those of this machine are left out.

    Raises:
        UsageError: if it is too short or too long.
        NothingIndexedError: before the first ingest.
        DamagedError: if the index cannot be read.
    """
    from index.storage.article_store import ArticleStore

    excerpt = checked_excerpt(excerpt)
    name = app.store.current_name()
    if not name:
        raise NothingIndexedError
    with closing(ArticleStore(app.store.root / name / "library.sqlite")) as library:
        return _card(find_source(library, excerpt, filters), paths=paths)


def _card(card: SourceCard, *, paths: bool) -> dict[str, Any]:
    """`match`: "verbatim", "edited" or "none"; the fields of the source, and its copies."""
    first = card.first_printed
    found = card.found
    match = "none" if found is None else "verbatim" if found.verbatim else "edited"
    return {
        "excerpt": card.excerpt,
        "match": match,
        "source": _match(found, paths=paths) if found else None,
        "others": [_match(one, paths=paths) for one in card.matches[1:]],
        "first_printed": _article(first, paths=paths) if first else None,
    }


def _article(article: Article, *, paths: bool) -> dict[str, Any]:
    path = {"path": article.path} if paths else {}
    return {**to_json(article), "url": article.url, **path}


def _match(match: Match, *, paths: bool) -> dict[str, Any]:
    return {
        **_article(match.article, paths=paths),
        "relation": match.relation,
        "verbatim": match.verbatim,
        "share": match.share,
        "passages": to_json(match.passages),
        "changes": [change._asdict() for change in match.changes],
    }


def contradictions(app: App, topic: str, filters: Filters) -> dict[str, Any]:
    """What the articles say differently about a topic, or at all; newest first.

    Raises:
        UsageError: if the topic is too long.
        NothingIndexedError: before the first ingest.
    """
    topic = one_line(topic)
    if len(topic) > MAX_TOPIC:
        raise UsageError(f"The topic has {len(topic):,} characters; the limit is {MAX_TOPIC:,}.")
    if not app.search.generation:
        raise NothingIndexedError
    return _comparison(differences(app.search, lambda: app.parser, topic, filters))


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "topic": found.topic,
        "differences": [_difference(one) for one in found.differences],
        "sentences": found.sentences,
        "articles": found.articles,
        "articles_in_all": found.articles_in_all,
    }


def _difference(one: Difference) -> dict[str, Any]:
    newer, older = one.citations
    return {
        "verdict": one.verdict,
        "about": one.about,
        "newer": {"value": one.values[0], **to_json(newer)},
        "older": {"value": one.values[1], **to_json(older)},
    }
