"""The pages beside the one to ask, opened in a browser at their own addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.browsing import PATIENCE_MS, watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.visiting import Served

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
# of Gradio itself: it closes the stream of an upload's progress with a method that it lacks
GRADIOS_OWN = {"warning: Method not implemented."}
# rules of axe that Gradio's own components break, by what they break them with
GRADIOS_FINDINGS = {
    "nested-interactive": "the boxes of a Dataframe are within cells that have the focus",
    "label": "the boxes of a Dataframe have no name",
    "aria-command-name": "nor has the button around the one that ticks all",
    "aria-required-children": "the grid of a Dataframe has its rows within two more elements",
    "aria-required-parent": "the same",
    "scrollable-region-focusable": "the cells of a Dataframe have the focus, not the region",
}


@contextmanager
def at_desk(browser: Browser, server: Served, path: str, **options: object) -> Iterator[Page]:
    """The page at `path`, in a browser of its own; in the end it must have been quiet."""
    context = browser.new_context(**{"viewport": DESK, **options})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{server.address}login?{server.opened.partition('?')[2]}")
    page.wait_for_url(server.address)
    seen = watch(page)
    page.goto(f"{server.address}{path}")
    page.locator("#about, #run").first.wait_for()
    yield page
    context.close()
    assert set(seen.console) <= GRADIOS_OWN, seen.console
    assert seen.errors == seen.dialogs == []
    assert [url for url in seen.requests if not url.startswith((server.address, "blob:"))] == []


def cells(page: Page, column: int, table: str = "#articles") -> Locator:
    """The cells of a column of a table that are shown."""
    return page.locator(f"{table} [role=gridcell][data-col='{column}']")


def words(locator: Locator) -> str:
    """The text of an element on one line."""
    return " ".join(locator.inner_text().split())


def findings(page: Page) -> list[tuple[str, str]]:
    """What axe finds that is not Gradio's own, with the first place of each.

    The Navbar is on every page and is looked at with the page to ask.
    """
    from axe_playwright_python.sync_playwright import Axe

    return [
        (found["id"], found["nodes"][0]["html"][:200])
        for found in Axe().run(page, {"exclude": [["nav"]]}).response["violations"]
        if found["impact"] in ("serious", "critical") and found["id"] not in GRADIOS_FINDINGS
    ]


def small_targets(page: Page) -> list[str]:
    """What can be pressed and is smaller than 24 by 24 pixels, and nearer to another than that."""
    script = """() => {
        const all = [...document.querySelectorAll(
            'button, a[href], input:not([type=file]), select, textarea, summary')]
            .map((e) => [e, e.getBoundingClientRect()])
            .filter(([e, r]) => r.width > 1 && r.height > 1 && e.checkVisibility());
        const middle = (r) => [r.x + r.width / 2, r.y + r.height / 2];
        return all.filter(([e, r]) => (r.width < 24 || r.height < 24) && all.some(([other, s]) => {
            const [x, y] = middle(r), [u, v] = middle(s);
            return other !== e && !other.contains(e) && !e.contains(other)
                && Math.abs(x - u) < 24 && Math.abs(y - v) < 24;
        })).map(([e]) => e.outerHTML.slice(0, 160));
    }"""
    found: list[str] = page.evaluate(script)
    return found
