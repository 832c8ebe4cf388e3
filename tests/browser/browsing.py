"""Chromium without a window, and without a network of its own, for the tests marked `browser`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ui.page.ask.conversations import Conversation, written

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from tests.browser.visiting import Served

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PATIENCE_MS = 60_000  # a busy machine is no failure
# what Gradio itself says when a page with a running answer is left, and when a message is edited
OF_GRADIO = ("AbortError", "Connection errored out", "Autofocus processing")
WIDE = {"width": 1440, "height": 900}
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run"),
    *("--disable-domain-reliability", "--metrics-recording-only", "--disable-dev-shm-usage"),
    *("--disable-extensions", "--no-pings", "--disable-features=OptimizationHints,Translate"),
)


@dataclass
class Seen:
    """What a page did while it was open."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; a missing one is a failure."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM.is_file(), f"{CHROMIUM} is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def watch(page: Page) -> Seen:
    """Keep what the page says, asks for and pops up; nothing is popped up for long."""
    seen = Seen()
    page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda problem: seen.errors.append(str(problem)))
    page.on("request", lambda request: seen.requests.append(request.url))

    def dismiss(dialog: object) -> None:
        seen.dialogs.append(dialog.message)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    return seen


def opened(page: Page) -> None:
    """Wait until a page to ask says what is indexed, which comes last."""
    page.locator("#about small").wait_for()


def opened_with(page: Page, conversation: Conversation) -> None:
    """Open the page to ask as if the browser had kept this conversation, and nothing else."""
    kept = written([conversation])

    def plant(route: Route) -> None:
        sent = route.request.post_data_json
        if len(sent["data"]) == 2 and isinstance(sent["data"][0], list):  # when it opens
            sent["data"] = [kept, conversation.id]
        route.continue_(post_data=json.dumps(sent))

    page.route("**/gradio_api/queue/join*", plant)
    page.reload()
    opened(page)
    page.unroute("**/gradio_api/queue/join*")


@contextmanager
def visit(browser: Browser, server: Served, **options: object) -> Iterator[Page]:
    """The page of a server, in a browser of its own; in the end it must have been quiet."""
    context = browser.new_context(**{"viewport": WIDE, **options})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    seen = watch(page)
    page.goto(server.opened)
    opened(page)
    yield page
    context.close()
    told = [line for line in seen.console if not any(one in line for one in OF_GRADIO)]
    told += [*seen.errors, *seen.dialogs]
    assert not told, told
    assert [url for url in seen.requests if not url.startswith((server.address, "blob:"))] == []
