"""`assistant mcp`: search, questions, drafts and articles for an MCP client, over stdin and stdout.

Asks a running server if there is one, else answers in this process. The SDK keeps stdout for the
protocol: what a library prints goes to stderr.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from assistant.core.query import Query
from index.core.errors import NothingIndexedError, UserError
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.backends.answer_backend import AnswerBackend
    from assistant.container import App
    from index.core.articles import Article

PART = 20_000  # characters of an article in one reply
MOST_FOUND = 50

Day = Annotated[dt.date | None, Field(description="a day such as 2023-07-20")]
Papers = Annotated[list[str] | None, Field(description="only articles of these papers")]
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)


def serve(app: App, answerer: Callable[[], AnswerBackend]) -> int:
    """Serve until the client closes stdin; `answerer` is asked for before each call."""
    anyio.run(server(app, answerer).run_stdio_async)
    return 0


def server(app: App, answerer: Callable[[], AnswerBackend]) -> MCPServer[Any]:
    """The server with its four tools."""
    mcp: MCPServer[Any] = MCPServer(
        "assistant",
        instructions="Answers from this person's own news articles, with the sentences that prove"
        " it. An answer that is refused stands in no article: say so, and add nothing.",
        log_level="WARNING",
    )

    @mcp.tool(annotations=_READS)
    async def search_articles(
        question: str,
        passages: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 6,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Papers = None,
    ) -> list[dict[str, Any]]:
        """Find passages of the news articles for a question, best first, without an answer."""
        query = Query(question, filters=Filters(as_of, since, until, tuple(sources or ())))
        with _errors_for_client():
            return await run_sync(lambda: answerer().found(query, passages))

    @mcp.tool(annotations=_READS)
    async def ask_articles(
        question: str,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Papers = None,
    ) -> dict[str, Any]:
        """Answer a question from the news articles; every sentence with the one that proves it."""
        query = Query(question, filters=Filters(as_of, since, until, tuple(sources or ())))
        cancel = threading.Event()

        def answer() -> dict[str, Any]:
            *_, last = answerer().events(query, cancel)
            return {key: value for key, value in last.items() if key != "event"}

        try:
            with _errors_for_client():
                return await run_sync(answer, abandon_on_cancel=True)
        finally:
            cancel.set()

    @mcp.tool(annotations=_READS)
    async def read_article(
        article: Annotated[str, Field(description="its id, or how it begins")],
        start: Annotated[int, Field(ge=0, description="first character to read")] = 0,
    ) -> dict[str, Any]:
        """Read one article; a long one in parts, `next` is where the next part starts."""
        with _errors_for_client():
            return await run_sync(lambda: _part(_article(app, article), start))

    _add_check(mcp, answerer)
    _add_find_source(mcp, answerer)
    return mcp


def _add_check(mcp: MCPServer[Any], answerer: Callable[[], AnswerBackend]) -> None:
    @mcp.tool(annotations=_READS)
    async def check_text(
        text: Annotated[str, Field(description="a draft, at most 200,000 bytes")],
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Papers = None,
    ) -> dict[str, Any]:
        """Check each sentence of a text against the news articles: a verdict and its proof."""
        filters = Filters(as_of, since, until, tuple(sources or ()))
        cancel = threading.Event()

        def check() -> dict[str, Any]:
            *_, last = answerer().checked(text, filters, cancel)
            return {key: value for key, value in last.items() if key not in ("event", "text")}

        try:
            with _errors_for_client():
                return await run_sync(check, abandon_on_cancel=True)
        finally:
            cancel.set()


def _add_find_source(mcp: MCPServer[Any], answerer: Callable[[], AnswerBackend]) -> None:
    @mcp.tool(annotations=_READS)
    async def find_source(
        excerpt: Annotated[str, Field(description="text of an article, perhaps lightly edited")],
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        sources: Papers = None,
    ) -> dict[str, Any]:
        """Find the article that an excerpt is from; `match` is verbatim, edited or none."""
        filters = Filters(as_of, since, until, tuple(sources or ()))
        with _errors_for_client():
            return await run_sync(lambda: answerer().source_card(excerpt, filters))


def _article(app: App, article_id: str) -> Article:
    from index.storage.article_store import ArticleStore

    name = app.store.current_name()
    if not name:
        raise NothingIndexedError
    with closing(ArticleStore(app.store.root / name / "library.sqlite")) as library:
        return library.required(article_id)


def _part(article: Article, start: int) -> dict[str, Any]:
    end = start + PART
    return {
        "article": article.id,
        "title": article.title,
        "published": article.stated_day.isoformat() if article.stated_day else None,
        "source": article.source,
        "url": article.url,
        "text": article.text[start:end],
        "start": start,
        "next": end if end < len(article.text) else None,
    }


@contextmanager
def _errors_for_client() -> Iterator[None]:
    """Report a `UserError` as the tool's error: one line with the way out."""
    try:
        yield
    except UserError as problem:
        raise ToolError(str(problem)) from None
