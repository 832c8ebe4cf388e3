"""The picture of a report for the README.

python -m tests.browser.shot RUN docs/report.png
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eval.data.run_folder import load_run
from eval.reporting import html_page as pages
from eval.reporting.report import html
from tests.browser.browsing import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTH, HEIGHT = 1100, 1500
MOST = 300_000  # bytes of a picture that is kept in the repository


def shoot(browser: Browser, report: Path, target: Path) -> None:
    """Write the upper part of a report as PNG, as wide as a README shows it."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
    )
    page.goto(report.as_uri())
    page.wait_for_load_state("load")
    page.screenshot(path=target)
    page.close()
    size = target.stat().st_size
    assert size < MOST, f"{target} has {size:,} bytes; {MOST:,} are the most"


if __name__ == "__main__":
    run, target = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        report = Path(folder) / "report.html"
        pages.write(report, html(load_run(run)))
        shoot(browser, report, target)
