"""What changes the index on the Library page: add, remove, undo, go back, make anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from index.core.errors import UsageError, UserError
from index.ingest.scanner import ProgressCallback
from index.storage.manifest import State
from ui.page.article_page import PLAIN
from ui.page.escaping import count, escaped, written_day
from ui.page.events import BUSY, on, told
from ui.service import upload_limits
from ui.service.article_service import ArticleService, TakenFile, Upload
from ui.service.public_errors import public_message

KINDS = (
    f"Any number of files of up to {upload_limits.MAX_FILE_BYTES // 1_000_000} MB each: text,"
    " Markdown, HTML, PDF, Word, JSON, CSV, feeds or mail."
)


class ArticleList(Protocol):
    """The list that stands between the components of this module.

    `view` are the components that say what is listed, the last of them the ids of the ticked
    articles; `shown` are those whose values `rows` gives for a view.
    """

    table: gr.Dataframe
    chosen: gr.State
    view: list[Any]
    shown: list[Any]

    def rows(self, find: str, order: str, number: int, chosen: Sequence[str]) -> tuple[Any, ...]:
        """The values of `shown`."""


class LibraryChanges:
    """The forms above and below the list, and what they do."""

    def __init__(self, articles: ArticleService) -> None:
        self._articles = articles
        self._files = gr.File(
            label="Add articles: drop files anywhere on this page",
            file_count="multiple",
            height=170,
            elem_id="files",
        )
        gr.Markdown(f"<small>{KINDS}</small>", **PLAIN)
        self._news = gr.Markdown(elem_id="news", max_height=260, **PLAIN)
        self._added, self._removal = gr.State(Added()), gr.State("")

    def below(self, library: ArticleList) -> None:
        """Make what stands below the list, and wire everything."""
        self._list = library
        with gr.Row():
            self._remove = gr.Button(size="sm", variant="stop")
            self._none = gr.Button("Untick all", size="sm")
            self._undo = gr.Button("Undo the removal", size="sm", visible=False)
        with gr.Accordion("Earlier states of the index", open=False) as earlier:
            states = [gr.Radio(label="Generations", elem_id="generations"), gr.Markdown(**PLAIN)]
            with gr.Row():
                use = gr.Button("Use the chosen one", size="sm")
                anew = gr.Button("Make the index anew", size="sm")
        ticks = [library.chosen, self._remove, self._none]
        listed = [self._news, *library.shown]
        after = [*listed, *ticks, self._removal, self._undo]
        barred = {"show_progress": "full", "show_progress_on": self._news}
        on(None, lambda: _ticks(()), None, ticks)
        boxes = [library.table, library.chosen]
        on(library.table.input, self._tick, boxes, ticks, trigger_mode="always_last")
        on(self._none.click, self._untick, library.view, [*library.shown, *ticks])
        on(self._remove.click, self._take_out, library.view, after)
        on(self._undo.click, self._bring_back, [self._removal, *library.view], after)
        taken = [self._files, self._added, *library.view]
        on(self._files.upload, self._add, taken, [self._files, self._added, *listed], **barred)
        on(earlier.expand, self._states, None, states)
        used = on(use.click, self._go_back, [states[0], *library.view], after)
        made = on(anew.click, self._make_anew, library.view, listed, **barred)
        for change in (used, made):
            on(change.then, self._states, None, states)

    def _tick(self, table: Sequence[Sequence[Any]], chosen: Sequence[str]) -> tuple[Any, ...]:
        return _ticks(ticked(table, chosen))

    def _untick(self, *view: Any) -> tuple[Any, ...]:
        """The list of a view, with nothing ticked."""
        find, order, number, _ = view
        return *self._list.rows(find, order, number, ()), *_ticks(())

    def _take_out(self, *view: Any) -> tuple[Any, ...]:
        gone = self._articles.remove(*view[-1])
        titles = ", ".join(f"“{escaped(one.title or 'Untitled')}”" for one in gone[:3])
        what = titles if len(gone) <= 3 else count(len(gone), "article")
        return self._after(f"Removed {what}.", view, self._articles.last_removal)

    def _bring_back(self, removal: str, *view: Any) -> tuple[Any, ...]:
        self._articles.undo(removal)
        return self._after("What was removed is back.", view)

    def _go_back(self, name: str | None, *view: Any) -> tuple[Any, ...]:
        if not name:
            raise UsageError("Choose a generation first.")
        self._articles.use(name)
        return self._after(f"{name} is in use now.", view)

    def _after(self, news: str, view: Sequence[Any], removal: str = "") -> tuple[Any, ...]:
        """What is shown after a change, which can be undone if it was a `removal`."""
        undo = gr.update(visible=bool(removal))
        return news, *self._untick(*view), removal, undo

    def _add(
        self,
        files: Sequence[str] | None,
        added: Added,
        *view: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for it
    ) -> Iterator[tuple[Any, ...]]:
        """Take files into the index. The script sends many in batches, and these add up."""
        skipped = (gr.skip() for _ in self._list.shown)
        yield gr.skip(), gr.skip(), BUSY, *skipped
        folder = upload_limits.received()
        sent: list[tuple[str, Path]] = []
        try:
            sent = received(files or (), folder)
            added = added.plus(self._articles.upload(sent, _shown_by(progress)))
            news = added.markdown()
        except UserError as error:  # shown like this, the field can take the next files
            news = escaped(public_message(error))
        finally:
            discard(sent, folder)
        yield None, added, told(news), *self._list.rows(*view)

    def _make_anew(
        self,
        *view: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for it
    ) -> Iterator[tuple[Any, ...]]:
        yield BUSY, *(gr.skip() for _ in self._list.shown)
        try:
            report = self._articles.rebuild(_shown_by(progress))
            news = f"{count(report.articles, 'article')} in {count(report.passages, 'passage')}."
        except UserError as error:
            news = escaped(public_message(error))
        yield told(news), *self._list.rows(*view)

    def _states(self) -> tuple[Any, str]:
        """The generations that can be used, newest first, and what is wrong with the others."""
        states = self._articles.generations()[::-1]
        whole = [(written_state(state), state.name) for state in states if not state.problem]
        bad = [f"- {state.name}: {escaped(state.problem)}" for state in states if state.problem]
        current = next((state.name for state in states if state.current), None)
        return gr.update(choices=whole, value=current), "\n".join(bad)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of files since the page was opened; `taken` and `refused` are lines of them."""

    new: int = 0
    changed: int = 0
    articles: int = 0  # in all
    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def plus(self, upload: Upload) -> Added:
        """This and another upload."""
        report, files = upload.report, upload.files
        return Added(
            self.new + report.new,
            self.changed + report.changed,
            report.articles,
            (*self.taken, *(_taken(file) for file in files if file.articles)),
            (*self.refused, *(_refused(file) for file in files if file.skips or not file.articles)),
        )

    def markdown(self) -> str:
        """It as Markdown, the files that were not taken first.

        >>> print(Added(1, 0, 3, ("a.txt: 1 article: Rain",)).markdown())
        **1 new, 0 changed; 3 articles in all.**
        <BLANKLINE>
        <details><summary>1 file taken</summary>a.txt: 1 article: Rain</details>
        """
        parts = [f"**{self.new} new, {self.changed} changed; {self.articles} articles in all.**"]
        parts += ["\n".join(f"- {line}" for line in self.refused)] if self.refused else []
        if self.taken:
            summary = f"<summary>{count(len(self.taken), 'file')} taken</summary>"
            parts += [f"<details>{summary}{'<br>'.join(self.taken)}</details>"]
        return "\n\n".join(parts)


def _taken(file: TakenFile) -> str:
    copies = sum(row.copy_of is not None for row in file.articles)
    title = f": {file.articles[0].article.title or 'Untitled'}" if len(file.articles) == 1 else ""
    there = f" ({copies} there already)" if copies else ""
    return escaped(f"{file.name}: {count(len(file.articles), 'article')}{title}{there}")


def _refused(file: TakenFile) -> str:
    skip = next(iter(file.skips), None)
    why = f"not taken ({skip.code}): {skip.reason}" if skip else "no article is in it"
    return escaped(f"{file.name}: {why}")


def ticked(table: Sequence[Sequence[Any]], chosen: Sequence[str]) -> tuple[str, ...]:
    """Ids of the chosen articles after a box of the `table` was ticked or unticked.

    >>> ticked([[True, "Rain", "a1"], [False, "Snow", "b2"]], ["b2", "c3"])
    ('c3', 'a1')
    """
    shown = {str(row[-1]): row[0] for row in table if row}
    others = [one for one in chosen if one not in shown]
    return *others, *(one for one, tick in shown.items() if tick in (True, "true"))


def _ticks(chosen: Sequence[str]) -> tuple[Any, ...]:
    """The chosen ids, and the buttons that act on them."""
    some = bool(chosen)
    label = f"Remove {count(len(chosen), 'article')}" if some else "Tick articles to remove them"
    remove = gr.update(value=label, interactive=some)
    return tuple(chosen), remove, gr.update(visible=some)


def received(files: Sequence[str], folder: Path) -> list[tuple[str, Path]]:
    """Name and path of each file that a browser has sent.

    Raises:
        UsageError: for a file that does not lie in the `folder` of received files.
    """
    paths = [Path(file).resolve() for file in files]
    if not all(path.is_relative_to(folder.resolve()) and path.is_file() for path in paths):
        raise UsageError("This file was not uploaded here, or too long ago. Send it again.")
    return [(path.name[-200:], path) for path in paths]


def discard(sent: Sequence[tuple[str, Path]], folder: Path) -> None:
    """Remove received files, and the empty ones that Gradio's field leaves for each."""
    for _, path in sent:
        path.unlink(missing_ok=True)
    for path in folder.glob("tmp*"):
        if path.is_file() and not path.stat().st_size:
            path.unlink(missing_ok=True)


def written_state(state: State) -> str:
    """A generation as a line to choose from."""
    made = state.manifest
    about = f" · {count(made.articles, 'article')} · {_local_time(made.created)}" if made else ""
    return f"{state.name}{about}{' · in use' if state.current else ''}"


def _shown_by(progress: gr.Progress) -> ProgressCallback:
    def show(what: str, done: int, total: int) -> None:
        progress((done, total or None), desc=what.capitalize())

    return show


def _local_time(created: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(created).astimezone()
    except ValueError:  # a damaged manifest
        return created
    return f"{written_day(moment.date())}, {moment:%H:%M}"
