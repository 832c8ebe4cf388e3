"""The Library tab: list of articles, uploads, index generations."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from index.core.articles import Skip
from index.core.errors import UsageError, UserError
from index.ingest.report import Report
from index.ingest.scanner import ProgressCallback
from index.storage.article_store import Listed
from index.storage.manifest import State
from ui.page.answer_html import written_day
from ui.page.render import Html, join, tag
from ui.service.article_service import UPLOAD_BYTES, UPLOADS, Page, Sort, file_name
from ui.service.progress import Progress, watched
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

PAGE_SIZE = 25  # articles
ALL = 1_000_000  # articles searched for those of an upload
_COLUMNS: tuple[tuple[str, Sort | None], ...] = (
    ("Title", "title"),
    ("Date", "published"),
    ("Source", "source"),
    ("Passages", "passages"),
    ("Origin", None),
    ("Warnings", None),
    ("", None),
)


class LibraryTab:
    """The Library of all open pages; `received` is the folder of Gradio's uploads."""

    def __init__(self, service: AnswerService, received: Path) -> None:
        self._service = service
        self._received = received

    def listed(self, view: dict[str, Any]) -> str:
        """One page of the table; `view` has `page`, `sort`, `descending` and `text`."""
        try:
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
            return _table(found, [self._row(row) for row in found.rows], order, descending)
        except UserError as wrong:
            return tag("p", public_message(wrong), class_="problem")

    def take(self, sent: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Ingest uploaded files, each {"name", "path"}; yields `html` of progress, then of the result."""
        yield from _progress(
            lambda progress: self._service.articles.upload(self._files(sent), progress),
            lambda report: self._uploaded([str(one["name"]) for one in sent], report),
        )

    def rebuild(self) -> Iterator[dict[str, Any]]:
        """Rebuild the index."""
        yield from _progress(self._service.articles.rebuild, _built)

    def remove(self, article: str) -> dict[str, Any]:
        """Take one article out of the index."""
        try:
            gone = self._service.articles.remove(article)
            return {"said": f"Removed “{gone.title or 'Untitled'}”.", "done": True}
        except UserError as wrong:
            return {"said": public_message(wrong), "done": False}

    def generations(self) -> str:
        """The generations of the index, newest first."""
        states = sorted(
            self._service.articles.generations(), key=lambda one: one.name, reverse=True
        )
        return tag("ol", *map(_generation, states)) if states else tag("p", "None yet.")

    def use(self, name: str) -> dict[str, Any]:
        """Publish an earlier generation."""
        try:
            self._service.articles.use(name)
            return {"said": f"{name} is in use now.", "done": True}
        except UserError as wrong:
            return {"said": public_message(wrong), "done": False}

    def _files(self, sent: Sequence[Any]) -> dict[str, Path]:
        """Paths of the uploads by their original names.

        Raises:
            UsageError: for a path outside the upload folder.
        """
        found: dict[str, Path] = {}
        for one in sent:
            path = Path(str(one["path"])).resolve()
            if not path.is_relative_to(self._received.resolve()) or not path.is_file():
                raise UsageError("This file was not uploaded here.")
            found[str(one["name"])[-200:] or path.name] = path
        return found

    def _uploaded(self, names: Sequence[str], report: Report) -> Html:
        """The result of each uploaded file."""
        skips = {_file_of(skip.path): skip for skip in report.skips}
        rows = self._service.articles.page(size=ALL).rows
        uploads = str(self._service.articles.uploads.resolve())
        held = Counter(_file_of(r.article.path) for r in rows if r.article.path.startswith(uploads))
        files = (
            tag("li", tag("b", name), " ", *_result(skips.get(kept), held[kept]))
            for name, kept in ((name, file_name(name)) for name in names)
        )
        summary = f"{report.new} new, {report.changed} changed; {report.articles} articles in all."
        return join([tag("p", summary), tag("ul", *files, class_="files")])

    def _row(self, row: Listed) -> Html:
        article = row.article
        title = article.title or "Untitled"
        duplicates = self._service.articles.duplicates(article.id)
        warnings = [
            "Replaced by a newer version" if row.superseded_by else "",
            row.note,
            "" if article.published else "No date",
        ]
        others = dict.fromkeys(one.source or one.title for one in duplicates.carried_by)
        origin = [
            f"Copy of {row.copy_of[:8]}" if row.copy_of else "",
            f"Also in {', '.join(others)}" if others else "",
        ]
        open_it = tag("button", title, type="button", class_="open", data_article=article.id)
        remove = tag(
            "button",
            "Remove",
            type="button",
            class_="remove quiet",
            data_article=article.id,
            aria_label=f"Remove {title}",
        )
        return tag(
            "tr",
            tag("th", open_it, scope="row", class_="near"),
            tag("td", written_day(article.published.isoformat()) if article.published else "—"),
            tag("td", article.source or "—"),
            tag("td", row.passages, class_="figure"),
            tag("td", " · ".join(filter(None, origin)) or "—"),
            tag("td", " · ".join(filter(None, warnings))),
            tag("td", remove),
        )


def _table(page: Page, rows: Sequence[Html], sort: Sort, descending: bool) -> Html:
    heads = (_head(name, key, sort, descending) for name, key in _COLUMNS)
    if not rows:
        return tag("p", "No article is found.", class_="empty")
    count = f"{page.total:,} {'article' if page.total == 1 else 'articles'}"
    return join(
        [
            tag(
                "div",
                tag(
                    "table",
                    tag("caption", count),
                    tag("thead", tag("tr", *heads)),
                    tag("tbody", *rows),
                ),
                class_="wide-table",
                tabindex="0",
                role="region",
                aria_label="Articles",
            ),
            _pages(page),
        ]
    )


def _head(name: str, key: Sort | None, sort: Sort, descending: bool) -> Html:
    if key is None:
        return tag("th", name or tag("span", "Actions", class_="unseen"), scope="col")
    order = ("descending" if descending else "ascending") if key == sort else "none"
    button = tag("button", name, type="button", data_sort=key, class_="sort")
    return tag("th", button, scope="col", aria_sort=order)


def _pages(page: Page) -> Html:
    if page.pages == 1:
        return Html()
    return tag(
        "nav",
        _page_button("Previous", page.number - 1, possible=page.number > 1),
        tag("span", f"Page {page.number} of {page.pages}"),
        _page_button("Next", page.number + 1, possible=page.number < page.pages),
        class_="pages",
        aria_label="Pages of the list",
    )


def _page_button(label: str, page: int, *, possible: bool) -> Html:
    return tag("button", label, type="button", data_page=page, disabled=not possible)


def _progress(
    work: Callable[[ProgressCallback], Report], end: Callable[[Report], Html]
) -> Iterator[dict[str, Any]]:
    """Yields the progress of some work as HTML, finally its result."""
    doing = watched(work)
    try:
        while True:
            yield {"html": _bar(next(doing))}
    except StopIteration as over:
        yield {"html": end(over.value), "done": True}
    except UserError as wrong:
        yield {
            "html": tag("p", public_message(wrong), class_="problem", role="alert"),
            "done": True,
        }


def _bar(now: Progress) -> Html:
    count = f": {now.done} of {now.total}" if now.total else ""
    bar = tag(
        "progress", max=now.total or None, value=now.done if now.total else None, aria_label="Done"
    )
    return tag("div", tag("p", f"{now.what.capitalize()}{count} …"), bar, class_="status")


def _result(skip: Skip | None, articles: int) -> Iterator[object]:
    if articles:
        yield f"{articles} {'article' if articles == 1 else 'articles'}"
    if skip:
        yield tag("span", f" not taken ({skip.code}): {skip.reason}", class_="bad")


def _file_of(path: str) -> str:
    return Path(path.partition("#")[0]).name


def _built(report: Report) -> Html:
    return tag("p", f"{report.articles} articles in {report.passages} passages.")


def _generation(state: State) -> Html:
    made = state.manifest
    facts = f"{made.articles} articles, made {_when(made.created)}" if made else "cannot be read"
    use = tag("button", "Use this one", type="button", data_use=state.name)
    return tag(
        "li",
        tag("b", state.name),
        f" {facts}",
        tag("span", f" {state.problem}", class_="bad") if state.problem else "",
        tag("span", " in use", class_="now") if state.current else ("" if state.problem else use),
    )


def _when(created: str) -> str:
    """A timestamp in local time."""
    try:
        moment = dt.datetime.fromisoformat(created).astimezone()
    except ValueError:  # a damaged manifest
        return created
    return f"{written_day(moment.date().isoformat())}, {moment:%H:%M}"


def _page_number(value: Any) -> int:
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        return 1


LIMITS = (
    f"Up to {UPLOADS} files of {UPLOAD_BYTES // 1_000_000} MB each: text, Markdown, HTML, PDF,"
    " Word, JSON, CSV, feeds or mail."
)
