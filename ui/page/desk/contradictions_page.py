"""The page of what the articles say differently, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.backends.archive_replies import contradictions
from index.core.errors import UserError
from ui.page.article_page import PLAIN
from ui.page.desk.components import ArticleBeside, ArticleChoice, filters_of
from ui.page.desk.verdict_markdown import Json, difference_markdown
from ui.page.escaping import count, escaped
from ui.page.events import on
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

ABOUT = (
    "<h1>Contradictions</h1> <small>Sentences of different sources that give different values of"
    " one thing, name another holder of an office, or deny one another.</small>"
)
COMPARING = "Comparing the articles…"
MOST_SHOWN = 50  # pairs


def contradictions_page(service: AnswerService) -> None:
    """Make the page."""
    gr.Markdown(ABOUT, elem_id="about", **PLAIN)
    topic = gr.Textbox(
        label="Topic; without one all articles are compared",
        placeholder="A name, a place, an event",
        max_lines=1,
        submit_btn="Compare",
        elem_id="topic",
    )
    choice = ArticleChoice(service)
    news = gr.Markdown(COMPARING, elem_id="news", **PLAIN)
    pairs = gr.Markdown(elem_id="verdicts", **PLAIN)
    ArticleBeside(service)

    def compare(about: str, *chosen: Any) -> Iterator[tuple[Any, str]]:
        yield COMPARING, ""
        try:
            work = partial(contradictions, service.app, about, filters_of(*chosen))
            found = service.read_archive(work)
        except UserError as error:
            yield escaped(public_message(error)), ""
            return
        rows = found["differences"][:MOST_SHOWN]
        yield compared(found), "\n\n".join(map(difference_markdown, rows))

    for event in (None, topic.submit):
        on(event, compare, [topic, *choice.parts], [news, pairs])


def compared(found: Json) -> str:
    """How many pairs there are, and how much was compared."""
    pairs = len(found["differences"])
    told = f"**{count(pairs, 'pair')}**" if pairs else "**No contradiction found**"
    told += f", the newest {MOST_SHOWN} are shown" if pairs > MOST_SHOWN else ""
    left = found["articles_in_all"] - found["articles"]
    read = f"{count(found['sentences'], 'sentence')} of {count(found['articles'], 'article')}"
    rest = f"; {left:,} older ones were not: name a topic or a period" if left > 0 else ""
    return f"{told} <small>· {read} compared{rest}.</small>"
