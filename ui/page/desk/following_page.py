"""The page of standing questions: what is followed, and what newer articles say about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.core.errors import UsageError
from index.text.visible_text import one_line
from ui.page.article_page import PLAIN
from ui.page.desk.components import ArticleBeside, ArticleChoice, filters_of
from ui.page.desk.verdict_markdown import update_markdown
from ui.page.escaping import count, escaped
from ui.page.events import on

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService
    from ui.service.following import FollowedQuestion

ABOUT = (
    "<h1>Following</h1> <small>After each change of the articles: what is new, changed or corrected"
    " about your standing questions.</small>"
)
NOTHING = "Nothing is followed yet."
EVERYTHING = ("All questions", "")
MOST_SHOWN = 50  # updates


class FollowingPage:
    """The components and what they do; each event gives the list and the news of the chosen one."""

    def __init__(self, service: AnswerService) -> None:
        self._following = service.following
        gr.Markdown(ABOUT, elem_id="about", **PLAIN)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                question = gr.Textbox(
                    label="Question or topic to follow",
                    max_lines=2,
                    submit_btn="Follow",
                    elem_id="topic",
                )
                choice = ArticleChoice(service)
                chosen = gr.Radio([], label="Standing questions", elem_id="followed")
                with gr.Row():
                    look = gr.Button("Look now", variant="primary", min_width=120)
                    remove = gr.Button("Unfollow", variant="stop", min_width=120)
            with gr.Column(scale=3, min_width=320):
                news = gr.Markdown(elem_id="news", **PLAIN)
                updates = gr.Markdown(elem_id="verdicts", **PLAIN)
        ArticleBeside(service)
        shown = [chosen, news, updates]
        on(None, self._shown, None, shown)
        on(chosen.input, self._shown, chosen, shown)
        on(question.submit, self._add, [question, *choice.parts], [question, *shown])
        on(look.click, self._look, chosen, shown)
        on(remove.click, self._remove, chosen, shown)

    def _shown(
        self, chosen: str | None = None, told: str = "", fresh: Collection[str] = ()
    ) -> tuple[Any, str, str]:
        """The list, what to tell, and the updates of the chosen question or of all."""
        followed = self._following.list()
        names = [(_name(one), one.question.id) for one in followed]
        about = [one for one in followed if one.question.id == chosen]
        listed = gr.update(
            choices=[EVERYTHING, *names],
            value=chosen if about else EVERYTHING[1],
            visible=bool(followed),
        )
        about = about or followed
        return listed, told or _counted(about), _updates(about, fresh)

    def _add(self, question: str, *choice: Any) -> tuple[Any, ...]:
        added = self._following.add(question, filters_of(*choice)).question
        told = f"“{escaped(added.text)}” is followed. What comes from now on is news."
        return "", *self._shown(added.id, told)

    def _look(self, chosen: str | None) -> Iterator[tuple[Any, ...]]:
        """Look now; what was found is seen then, and shown as new once more."""
        yield gr.skip(), "Looking at new articles…", gr.skip()
        fresh = {one.id for one in self._following.run(chosen or "")}
        told = f"**{count(len(fresh), 'update')} found**" if fresh else "Nothing new."
        yield self._shown(chosen, told, fresh)

    def _remove(self, chosen: str | None) -> tuple[Any, ...]:
        if not chosen:
            raise UsageError("Choose a question first.")
        gone = self._following.remove(chosen)
        return self._shown(None, f"“{escaped(gone.text)}” is not followed any more.")


def _name(one: FollowedQuestion) -> str:
    return one_line(one.question.text) + (f" ({one.new} new)" if one.new else "")


def _counted(followed: Sequence[FollowedQuestion]) -> str:
    if not followed:
        return NOTHING
    new, every = sum(one.new for one in followed), sum(len(one.updates) for one in followed)
    return f"**{new} not seen yet** · {count(every, 'update')} kept"


def _updates(followed: Sequence[FollowedQuestion], fresh: Collection[str]) -> str:
    """The updates of some questions, newest first; those with a `fresh` id were just found."""
    rows = [update.to_json() for one in followed for update in one.updates]
    rows = [row | {"told": row["told"] and row["id"] not in fresh} for row in rows]
    rows.sort(key=lambda row: row["citation"]["published"] or "", reverse=True)
    return "\n\n".join(map(update_markdown, rows[:MOST_SHOWN]))
