"""The Quality page: run an evaluation, see the figures of the runs, compare two."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import gradio as gr

from index.core.errors import UserError
from index.text.visible_text import one_line
from ui.page.article_page import PLAIN
from ui.page.escaping import count, escaped
from ui.page.events import BUSY, cell_types, on, told
from ui.service.public_errors import public_message
from ui.service.quality import FIGURES, SIZES, Figure, Quality, Run

COLUMNS = (
    *("", "Started", "Set", "Questions", "Model"),
    *(f"{figure.label} {'↑' if figure.higher_is_better else '↓'}" for figure in FIGURES),
    "Run",
)
WIDTHS: list[str | int] = [
    "64px",
    "160px",
    "100px",
    "110px",
    "110px",
    *(["110px"] * len(FIGURES)),
    "240px",
]
WAYS = "↑ higher is better, ↓ lower is better. Choose a row to see it above."
NO_RUN = "No evaluation was run yet."


def quality_page(quality: Quality) -> None:
    """Make the page."""
    _QualityPage(quality)


class _QualityPage:
    """The components and what they do; `shown` are those that `_listed` fills."""

    def __init__(self, quality: Quality) -> None:
        self._quality = quality
        self._chosen = gr.State(())
        with gr.Row(equal_height=True):
            self._set = gr.Dropdown([], label="Set", elem_id="set")
            sizes = [(f"{size} questions" if size else "all questions", size) for size in SIZES]
            self._size = gr.Dropdown(
                sizes, value=SIZES[0], label="How many", min_width=200, elem_id="size"
            )
        with gr.Row():
            self._go = gr.Button("Run the evaluation", variant="primary")
            self._stop = gr.Button("Stop", visible=False)
        self._news = gr.Markdown(elem_id="news", **PLAIN)
        self._head = gr.Markdown(elem_id="run", **PLAIN)
        self._bars = gr.Label(
            label="Higher is better", show_heading=False, visible=False, elem_id="bars"
        )
        self._costs = gr.Markdown(elem_id="costs", **PLAIN)
        self._table = gr.Dataframe(
            headers=list(COLUMNS),
            datatype=cell_types(len(COLUMNS)),
            type="array",
            interactive=True,
            static_columns=list(range(1, len(COLUMNS))),
            column_widths=WIDTHS,
            wrap=True,
            buttons=[],
            label="Runs",
            visible=False,
            elem_id="runs",
        )
        self._ways = gr.Markdown(f"<small>{WAYS}</small>", visible=False, **PLAIN)
        self._compare = gr.Button("Tick two runs to compare them", size="sm", visible=False)
        self._compared = gr.Markdown(elem_id="compared", **PLAIN)
        self._shown = [self._head, self._bars, self._costs]
        self._wire()

    def _wire(self) -> None:
        listed = [*self._shown, self._table, self._ways, self._chosen, self._compare]
        on(None, self._opened, None, [self._set, self._stop, *listed])
        going = [self._news, self._go, self._stop]
        bar = {"show_progress": "full", "show_progress_on": self._news}
        run = on(self._go.click, self._run, [self._set, self._size], going, **bar)
        on(run.then, self._listed, None, listed)
        on(self._stop.click, self._end, None, self._news, queue=False)
        on(self._table.select, self._show, None, self._shown)
        boxes = [self._chosen, self._compare]
        on(self._table.input, self._tick, self._table, boxes, trigger_mode="always_last")
        on(self._compare.click, self._side_by_side, self._chosen, self._compared)

    def _opened(self) -> tuple[Any, ...]:
        names = self._quality.sets()
        sets = gr.update(choices=names, value=names[0])
        return sets, gr.update(visible=self._quality.running), *self._listed()

    def _listed(self) -> tuple[Any, ...]:
        runs = self._quality.runs()
        table = {"headers": list(COLUMNS), "data": [row_of(run) for run in runs]}
        return (
            *shown(runs[0] if runs else None),
            gr.update(value=table, visible=bool(runs)),
            gr.update(visible=bool(runs)),
            *_ticks((), visible=len(runs) > 1),
        )

    def _run(
        self,
        name: str,
        size: int,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio is asked for it
    ) -> Iterator[tuple[Any, ...]]:
        """Run an evaluation, and show how far it is."""
        yield BUSY, gr.update(interactive=False), gr.update(visible=True)
        try:
            with closing(self._quality.run(name, size)) as steps:
                while True:
                    progress((next(steps), size or None), desc="Asking", unit="questions")
                    yield gr.skip(), gr.skip(), gr.skip()  # where it ends if the page is closed
        except StopIteration as end:
            news = f"Done. [Open the report](runs/{end.value})"
        except UserError as error:
            news = escaped(public_message(error))
        yield told(news), gr.update(interactive=True), gr.update(visible=False)

    def _end(self) -> str:
        stops = self._quality.stop()
        return "Stopping. What is done is kept." if stops else "No evaluation is running."

    def _show(self, event: gr.SelectData) -> tuple[Any, ...]:
        name = str(event.row_value[-1])
        run = next((run for run in self._quality.runs() if run.name == name), None)
        return shown(run) if run and event.index[1] else (gr.skip(), gr.skip(), gr.skip())

    def _tick(self, table: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        return _ticks(tuple(str(row[-1]) for row in table if row and row[0] in (True, "true")))

    def _side_by_side(self, chosen: Sequence[str]) -> str:
        """The comparison of two runs, the earlier one first."""
        order = [run.name for run in self._quality.runs() if run.name in chosen]
        after, before = order
        name, table = self._quality.compare(before, after)
        link = f"[Open the comparison](runs/{name})"
        return f"{link}\n\n<pre>{html.escape(table)}</pre>"


def shown(run: Run | None) -> tuple[str, Any, str]:
    """A run: its heading, its bars where higher is better, and a list of what should be low."""
    if run is None:
        return NO_RUN, gr.update(visible=False), ""
    report = f" · [Open the report](runs/{run.name})" if run.has_report else ""
    about = (run.started, run.set, count(run.questions, "question"), run.model)
    bars = {
        figure.label: value
        for figure in FIGURES
        if figure.higher_is_better and (value := run.figures[figure.name]) is not None
    }
    costs = [
        f"- {figure.label}: **{written(figure, run.figures[figure.name])}** (lower is better)"
        for figure in FIGURES
        if not figure.higher_is_better
    ]
    head = f"### {' · '.join(escaped(part) for part in about if part)}{report}"
    return head, gr.update(value=bars, visible=bool(bars)), "\n".join(costs)


def row_of(run: Run) -> list[Any]:
    """The cells of a run in the table."""
    figures = (written(figure, run.figures[figure.name]) for figure in FIGURES)
    texts = (run.started, run.set, run.questions, run.model, *figures, run.name)
    return [False, *(one_line(str(text)) for text in texts)]


def written(figure: Figure, value: float | None) -> str:
    """The value of a figure as text.

    >>> [written(FIGURES[0], 0.825), written(FIGURES[-1], 12.34), written(FIGURES[0], None)]
    ['82 %', '12.3', '—']
    """
    if value is None:
        return "—"
    return f"{value:.1f}" if figure.seconds else f"{100 * value:.0f} %"


def _ticks(chosen: tuple[str, ...], **button: Any) -> tuple[tuple[str, ...], Any]:
    """The ticked runs, and the button that compares two."""
    two = len(chosen) == 2
    label = "Compare the two runs" if two else "Tick two runs to compare them"
    return chosen, gr.update(value=label, interactive=two, **button)
