"""The components of the page to ask."""

from __future__ import annotations

import gradio as gr

from ui.page.article_page import PLAIN
from ui.page.ask.conversations import MAX_TITLE

NEW, DELETE = "New conversation", "Delete"
FILTERS = "Which articles may answer"
OPENING = (
    "## What do the articles say?\n\nEvery sentence of an answer carries the sentence that proves"
    " it. What no article says is not answered."
)
EXPORTS = (
    *("As Markdown", "Cited articles: CSL-JSON", "Cited articles: BibTeX", "As Word"),
    *("As JSON", "Receipt of the answer shown", "Feedback as eval cases"),
)


class AskComponents:
    """Conversations at the left, the chat, and the proof or an article at the right.

    Made inside the `gr.Blocks` that they belong to. `kept` and `opened` live in the browser: all
    conversations, and the id of the one that is shown. `shown` is the place of the exchange whose
    proof stands beside; `place` and `context` are what the script writes and reads.
    """

    def __init__(self, strict: float) -> None:
        # not a secret: it only has to be the same after a restart
        self.kept = gr.BrowserState([], storage_key="assistant.kept", secret="assistant")
        self.opened = gr.BrowserState("", storage_key="assistant.opened", secret="assistant")
        self.asked, self.shown = gr.State(("", None)), gr.State(-1)
        self.place = gr.Textbox(visible="hidden", elem_id="place", label="Place")
        self.context = gr.Textbox(visible="hidden", elem_id="context", label="Context")
        self._sidebar()
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=320):
                self._chat()
                self._filters(strict)
            with gr.Column(scale=2, min_width=320, elem_id="beside"):
                self._beside()

    def _sidebar(self) -> None:
        with gr.Sidebar(label="Conversations", open=False, width=280):
            self.new = gr.Button(NEW, size="sm", elem_id="new")
            self.search = gr.Textbox(
                label="Find a conversation",
                max_lines=1,
                container=False,
                placeholder="Find a conversation",
            )
            self.talks = gr.Radio([], label="Conversations", elem_id="talks")
            self.name = gr.Textbox(
                label="Name of this conversation",
                max_lines=1,
                max_length=MAX_TITLE,
                submit_btn="Rename",
            )
            self.delete = gr.Button(DELETE, size="sm", variant="stop")
            self.export = gr.Accordion("Export", open=False)
            with self.export:
                self.files = [
                    gr.DownloadButton(label, size="sm", interactive=False) for label in EXPORTS
                ]
            self.theme = gr.Button("Dark or light", size="sm", elem_id="theme")

    def _chat(self) -> None:
        self.about = gr.Markdown(elem_id="about", **PLAIN)
        self.chat = gr.Chatbot(
            label="Conversation",
            show_label=False,
            layout="panel",
            editable="user",
            buttons=["copy"],
            sanitize_html=True,
            allow_tags=False,
            latex_delimiters=[],
            feedback_options=("Like", "Dislike"),
            placeholder=OPENING,
            elem_id="chat",
            height="calc(100dvh - 17.5rem)",
            min_height="16rem",
        )
        self.note = gr.Textbox(
            visible=False,
            label="What would have been right?",
            max_length=1000,
            submit_btn="Keep the note",
            elem_id="note",
        )
        self.box = gr.Textbox(
            show_label=False,
            label="Your question",
            placeholder="Ask your articles",
            lines=1,
            max_lines=6,
            submit_btn="Ask",
            elem_id="question",
        )
        self.halt = gr.Button("Stop", size="sm", visible=False, elem_id="stop")

    def _filters(self, strict: float) -> None:
        self.which = gr.Accordion(FILTERS, open=False, elem_id="filters")
        with self.which:
            with gr.Row():
                self.days = [
                    gr.DateTime(label=label, include_time=False, type="string", min_width=150)
                    for label in ("Known as of", "Published from", "Published until")
                ]
            self.sources = gr.CheckboxGroup([], label="Sources")
            self.articles = gr.CheckboxGroup([], label="Articles", visible=False)
            self.strict = gr.Slider(
                0,
                1,
                strict,
                step=0.1,
                label="Minimum confidence of an answer",
                info="0 refuses least, 1 most",
            )
            self.everything = gr.Button("Use all articles", size="sm")

    def _beside(self) -> None:
        self.tabs = gr.Tabs(selected="proof")
        with self.tabs:
            with gr.Tab("Proof", id="proof"):
                self.proof = gr.Markdown(elem_id="proof", **PLAIN)
            with gr.Tab("Article", id="article"):
                self.only = gr.Button("Ask only this article", size="sm", visible=False)
                self.reader = gr.Markdown(
                    "Choose a number of an answer to read its source.", elem_id="reader", **PLAIN
                )
