"""The Library tab: list of articles, uploads, index generations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from markupsafe import Markup

from index.core.errors import UsageError, UserError
from index.ingest.scanner import ProgressCallback
from index.storage.article_store import Listed
from ui.page.render import problem, progress, render, written_day
from ui.service.article_service import Sort, Upload
from ui.service.progress import watched
from ui.service.public_errors import public_message
from ui.service.upload_limits import MAX_FILE_BYTES, MAX_FILES

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

PAGE_SIZE = 25  # articles
_COLUMNS: tuple[tuple[str, Sort | None], ...] = (
    ("Title", "title"),
    ("Date", "published"),
    ("Source", "source"),
    ("Passages", "passages"),
    ("Origin", None),
    ("Warnings", None),
)


T = TypeVar("T")


class LibraryTab:
    """The Library of all open pages; `received` is the folder of Gradio's uploads."""

    def __init__(self, service: AnswerService, received: Path) -> None:
        self._service = service
        self._received = received

    def listed(self, view: dict[str, Any]) -> str:
        """One page of the table; `view` has `page`, `sort`, `descending` and `text`."""
        sort = view.get("sort")
        order = cast(Sort, sort) if sort in get_args(Sort) else "published"
        descending = bool(view.get("descending", order == "published"))
        found = self._service.articles.page(
            _page_number(view.get("page")),
            size=PAGE_SIZE,
            sort=order,
            descending=descending,
            text=str(view.get("text", ""))[:200],
        )
        rows = [self._row(row) for row in found.rows]
        shown = {"sort": order, "descending": descending}
        return render("articles", page=found, rows=rows, columns=_COLUMNS, **shown)

    def take(self, sent: Sequence[dict[str, str]]) -> Iterator[dict[str, Any]]:
        """Ingest files, each {"name", "path"}; yields `html` of progress, then of the result."""

        def upload(progress: ProgressCallback) -> Upload:
            files = self._files(sent)
            try:
                return self._service.articles.upload(files, progress)
            finally:
                for _, path in files:
                    path.unlink(missing_ok=True)

        yield from _progress(upload, lambda done: render("uploaded", upload=done))

    def rebuild(self) -> Iterator[dict[str, Any]]:
        """Rebuild the index."""
        yield from _progress(
            self._service.articles.rebuild, lambda report: render("rebuilt", report=report)
        )

    def remove(self, article: str) -> dict[str, str]:
        """Take one article out of the index; says so, and what to give to `undo`."""
        gone = self._service.articles.remove(article)
        said = f"Removed “{gone.title or 'Untitled'}”."
        return {"said": said, "undo": self._service.articles.last_removal}

    def undo(self, removal: str) -> str:
        """Take the last removal back; says so."""
        self._service.articles.undo(str(removal))
        return "The article is back."

    def generations(self) -> str:
        """The generations of the index, newest first."""
        states = reversed(self._service.articles.generations())
        rows = [(s, _local_time(s.manifest.created) if s.manifest else "") for s in states]
        return render("generations", states=rows)

    def use(self, name: str) -> str:
        """Publish an earlier generation; says so."""
        self._service.articles.use(name)
        return f"{name} is in use now."

    def _files(self, sent: Sequence[Mapping[str, str]]) -> list[tuple[str, Path]]:
        """Name and path of each upload; UsageError for one outside the upload folder."""
        found = []
        for one in sent:
            path = Path(one.get("path", "").replace("\0", "")).resolve()
            if not path.is_relative_to(self._received.resolve()) or not path.is_file():
                raise UsageError("This file was not uploaded here, or too long ago. Send it again.")
            found.append((one.get("name", "")[-200:] or path.name, path))
        return found

    def _row(self, row: Listed) -> dict[str, object]:
        """The cells of one row of the table."""
        article = row.article
        carriers = self._service.articles.duplicates(article.id).carried_by
        others = dict.fromkeys(one.source or one.title for one in carriers)
        origin = (
            f"Copy of {row.copy_of[:8]}" if row.copy_of else "",
            f"Also in {', '.join(others)}" if others else "",
        )
        warnings = (
            "Replaced by a newer version" if row.superseded_by else "",
            row.note,
            "" if article.stated_day else "Date is a guess" if article.published else "No date",
        )
        return {
            "id": article.id,
            "title": article.title or "Untitled",
            "day": written_day(article.published),
            "source": article.source,
            "passages": row.passages,
            "origin": " · ".join(filter(None, origin)),
            "warnings": " · ".join(filter(None, warnings)),
        }


def _progress(
    work: Callable[[ProgressCallback], T], result: Callable[[T], Markup]
) -> Iterator[dict[str, Any]]:
    """Yields the progress of some work as HTML, finally its result."""
    running = watched(work)
    try:
        while True:
            now = next(running)
            of_total = f": {now.done} of {now.total}" if now.total else ""
            yield {"html": progress(f"{now.what.capitalize()}{of_total}", now.done, now.total)}
    except StopIteration as end:
        yield {"html": result(end.value), "done": True}
    except UserError as error:
        yield {"html": problem(public_message(error)), "done": True}


def _local_time(created: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(created).astimezone()
    except ValueError:  # a damaged manifest
        return created
    return f"{written_day(moment.date())}, {moment:%H:%M}"


def _page_number(value: Any) -> int:
    try:
        return max(1, int(value))
    except (TypeError, ValueError, OverflowError):
        return 1


LIMITS = (
    f"Up to {MAX_FILES} files of {MAX_FILE_BYTES // 1_000_000} MB each: text, Markdown, HTML, PDF,"
    " Word, JSON, CSV, feeds or mail."
)
