"""The page for people: a Gradio app of components, with an address for each of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr
from gradio.components import Navbar

from ui.page.article_page import article_page
from ui.page.ask.ask_page import AskPage
from ui.page.desk.check_page import CheckPage
from ui.page.desk.contradictions_page import contradictions_page
from ui.page.desk.following_page import FollowingPage
from ui.page.library_page import library_page
from ui.page.quality_page import quality_page
from ui.service.quality import Quality

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

_GREEN = gr.themes.Color(
    "#eef7f6",
    "#d3eae8",
    "#a9d6d3",
    "#63bdb9",
    "#3a9c99",
    "#1f7f7f",
    "#0f6466",
    "#0c5254",
    "#0a4244",
    "#083436",
    "#052224",
    name="green",
)
_PAPER = gr.themes.Color(
    "#fcfbf9",
    "#f4f2ed",
    "#e2dfd8",
    "#c9c5bc",
    "#8a877f",
    "#62605b",
    "#4a4843",
    "#343532",
    "#252624",
    "#1e1f1e",
    "#161716",
    name="paper",
)
THEME = gr.themes.Base(
    primary_hue=_GREEN,
    secondary_hue=_GREEN,
    neutral_hue=_PAPER,
    text_size="lg",
    font=["Source Sans 3", "Segoe UI", "sans-serif"],
    font_mono=["monospace"],
).set(
    body_background_fill="*neutral_50",
    body_background_fill_dark="*neutral_950",
    body_text_color="#1d1d1b",
    body_text_color_dark="#ecebe6",
    body_text_color_subdued="#62605b",
    body_text_color_subdued_dark="#aaa9a1",
    block_background_fill="white",
    block_background_fill_dark="*neutral_900",
    link_text_color="*primary_600",
    link_text_color_dark="*primary_300",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_300",
    button_primary_background_fill_hover_dark="*primary_200",
    button_primary_text_color="white",
    button_primary_text_color_dark="#10201f",
    button_secondary_background_fill="white",
    button_secondary_background_fill_dark="*neutral_900",
    button_border_width="1px",
    button_border_width_dark="1px",
    button_secondary_border_color="*neutral_400",
    button_secondary_border_color_dark="*neutral_600",
    input_border_width="1px",
    input_border_width_dark="1px",
    input_border_color="*neutral_400",
    input_border_color_dark="*neutral_600",
    input_background_fill="white",
    input_background_fill_dark="*neutral_900",
    input_placeholder_color="*body_text_color_subdued",
    input_placeholder_color_dark="*body_text_color_subdued",
    chatbot_text_size="*text_md",
)


def build(service: AnswerService, quality: Quality | None = None) -> gr.Blocks:
    """The page of an answer service; without `quality`, evaluations are those of this process."""
    blocks: gr.Blocks = gr.Blocks(title="Assistant", analytics_enabled=False, fill_width=True)
    with blocks:
        Navbar(main_page_name="Ask")
        AskPage(service, blocks)
    with blocks.route("Check a draft", "/check"):
        Navbar(main_page_name="Ask")
        CheckPage(service)
    with blocks.route("Contradictions", "/contradictions"):
        Navbar(main_page_name="Ask")
        contradictions_page(service)
    with blocks.route("Following", "/following"):
        Navbar(main_page_name="Ask")
        FollowingPage(service)
    with blocks.route("Library", "/library"):
        Navbar(main_page_name="Ask")
        library_page(service)
    with blocks.route("Quality", "/quality"):
        Navbar(main_page_name="Ask")
        quality_page(quality or Quality(service))
    with blocks.route("Article", "/article", show_in_navbar=False):
        Navbar(main_page_name="Ask")
        article_page(service)
    return blocks
