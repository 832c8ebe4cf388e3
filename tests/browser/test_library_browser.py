"""The Library in a real browser: found, read, added, removed, brought back, gone back.

python -m pytest -m browser tests/browser/test_library_browser.py
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack

import pytest

from tests.browser.desk import DESK, PHONE, at_desk, cells, findings, small_targets, words
from tests.browser.visiting import ARTICLES, served
from tests.hostile import OWN, PAYLOADS
from ui.service import upload_limits
from ui.web.app_factory import STATIC

pytestmark = pytest.mark.browser

TITLE, CHOOSE = 1, 0
STORY = "Title: New bridge opens\nDate: 2024-07-01\nSource: Test Post\n\nThe mayor opened it.\n"


@pytest.fixture
def file(tmp_path):
    """Writes a file as somebody has it who adds it; of `size` bytes at least."""
    folder = tmp_path / "mine"
    folder.mkdir()

    def write(name, text=STORY, size=0):
        path = folder / name
        path.write_text(text, "utf-8")
        if size:
            os.truncate(path, size)
        return path

    return write


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the Library of a server of its own."""
    with ExitStack() as stack:

        def open_library(articles=ARTICLES, **options):
            server = stack.enter_context(served(tmp_path, articles))
            page = stack.enter_context(at_desk(browser, server, "library", **options))
            about(page, f"{len(articles)} article")
            return page

        yield open_library


def about(page, told):
    page.locator("#about", has_text=told).wait_for()


def news(page, told):
    page.locator("#news", has_text=told).wait_for()


def find(page, text):
    page.get_by_label("Find in titles, sources and texts").fill(text)


def tick(page, row):
    cells(page, CHOOSE).nth(row).get_by_role("checkbox").click()


def add(page, *files):
    page.locator("#files input[type=file]").first.set_input_files(files)


def test_articles_are_listed_found_in_their_text_sorted_and_read_beside(opened):
    page = opened()
    about(page, "the newest of 3 May 2024")
    assert words(cells(page, TITLE).first) == "Flood reaches Ossel"
    find(page, "broke ITS dike")
    about(page, "1 found")
    assert cells(page, TITLE).count() == 1
    cells(page, TITLE).first.click()
    page.locator("#reader", has_text="The river Ossel broke its dike on Friday.").wait_for()
    find(page, "nothing like it")
    about(page, "0 found")
    assert page.locator("#articles").is_hidden()
    find(page, "")
    page.get_by_label("Order").click()
    page.get_by_role("option", name="By title").click()
    page.locator("#articles [data-row='0']", has_text="Envoys meet again in Karuizawa").wait_for()


def test_ticked_articles_are_removed_at_once_and_come_back(opened):
    page = opened()
    assert page.get_by_role("button", name="Tick articles to remove them").is_disabled()
    tick(page, 0)
    page.get_by_role("button", name="Remove 1 article", exact=True).wait_for()
    find(page, "karuizawa")  # what is ticked stays so while other rows are shown
    about(page, "1 found")
    tick(page, 0)
    page.get_by_role("button", name="Remove 2 articles").click()
    news(page, "Removed “Flood reaches Ossel”, “Envoys meet again in Karuizawa”.")
    about(page, "1 article, the newest of 8 September 2022 · 0 found")
    page.get_by_role("button", name="Undo the removal").click()
    about(page, "3 articles, the newest of 3 May 2024 · 1 found")
    assert page.get_by_role("button", name="Undo the removal").is_hidden()


def test_an_earlier_generation_has_its_own_list_and_header_at_once(opened):
    """Header and sources were those of the generation before."""
    page = opened()
    tick(page, 0)
    page.get_by_role("button", name="Remove 1 article").click()
    about(page, "2 articles, the newest of 20 July 2023")
    page.get_by_text("Earlier states of the index").click()
    page.get_by_label(re.compile("g000001")).check()
    page.get_by_role("button", name="Use the chosen one").click()
    news(page, "g000001 is in use now.")
    about(page, "3 articles, the newest of 3 May 2024")
    page.get_by_label(re.compile("g000001.*in use")).wait_for()
    page.get_by_role("button", name="Make the index anew").click()
    news(page, "3 articles in 3 passages.")
    page.get_by_label(re.compile("g000003.*in use")).wait_for()


def test_files_over_the_limits_are_named_before_they_are_sent_and_the_others_go_in_batches(
    opened, file
):
    """Sixty files, or one of 25 MB, were refused without a name and with all the others."""
    page = opened()
    sent = []
    page.on("request", lambda r: sent.append(r) if "gradio_api/upload?" in r.url else None)
    rain = [file(f"rain {n}.txt", f"Title: Rain {n}\n\nRain {n} fell.\n") for n in range(53)]
    large = [file(name, size=upload_limits.MAX_FILE_BYTES + 1) for name in ("a <b>.txt", "b.txt")]
    add(page, *rain, *large, file("broken.pdf", "%PDF-1.4 no"))
    alert = page.locator("#not-sent[role=alert]")
    told = "2 files are over 20 MB and not sent: a <b>.txt (21 MB), b.txt (21 MB)."
    assert words(alert) == told
    news(page, "53 new, 0 changed; 56 articles in all.")
    news(page, "broken.pdf: not taken (bad_pdf)")
    about(page, "56 articles")
    assert len(sent) == 2
    page.get_by_text("53 files taken").click()
    news(page, "rain 7.txt: 1 article: Rain 7")
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Page 2 of 2").wait_for()
    add(page, file("bridge.txt"))
    news(page, "54 new, 0 changed; 57 articles in all.")
    assert words(alert) == ""


def test_the_script_knows_the_limits_of_the_server():
    script = (STATIC / "uploads.js").read_text("utf-8")
    limits = dict(re.findall(r"(\w+) = ([\d.e]+)", script))
    assert int(limits["MAX_FILES"]) <= upload_limits.MAX_FILES
    assert float(limits["MAX_FILE_BYTES"]) == upload_limits.MAX_FILE_BYTES
    assert float(limits["MAX_BATCH_BYTES"]) + 1e6 < upload_limits.MAX_REQUEST_BYTES


def test_files_are_dropped_anywhere_on_the_page(opened):
    page = opened()
    page.locator("#articles").evaluate(
        """(place) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["{not json"], "dropped.json"));
            for (const name of ["dragover", "drop"])
                place.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true }));
        }"""
    )
    news(page, "dropped.json: not taken (bad_json)")


def test_the_keyboard_is_enough_to_read_and_to_remove(opened):
    page = opened()
    cells(page, CHOOSE).first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Remove 1 article").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#reader h2", has_text="Flood reaches Ossel").wait_for()
    page.get_by_role("button", name="Remove 1 article").focus()
    page.keyboard.press("Enter")
    news(page, "Removed “Flood reaches Ossel”.")


def test_hostile_titles_sources_and_file_names_are_only_text(opened, file):
    hostile = {
        f"hostile-{number}.txt": f"Title: {line}\nSource: {line}\nDate: 2024-05-03\n"
        f"URL: https://a.example/{line}\n\nHe said {line} on Friday.\n"
        for number, line in enumerate(" ".join(said.split()) for said in PAYLOADS)
    }
    page = opened(hostile)
    for row in range(0, cells(page, TITLE).count(), 3):
        cells(page, TITLE).nth(row).click()
        page.locator("#reader h2").wait_for()
        is_harmless(page)
    names = [f"{said.replace('/', '')[:100]}.json" for said in PAYLOADS[:30]]
    add(page, *(file(name, f"{{{name}") for name in names))
    news(page, "not taken (bad_json)")
    is_harmless(page)
    tick(page, 0)
    page.get_by_role("button", name="Remove 1 article").click()
    news(page, "Removed")
    find(page, OWN[0])
    about(page, "found")
    is_harmless(page)


def is_harmless(page):
    """Nothing ran, and nothing is in the page's texts but text."""
    inside = ":is(#reader, #news, #about, #articles)"
    what = "img, iframe, object, form, base, link, meta, style, script, svg[onload], [onerror]"
    assert page.locator(f"{inside} :is({what})").count() == 0
    assert page.locator(f"{inside} a:not([href^='https://a.example/'])").count() == 0
    assert page.evaluate("window.__x") is None


def test_where_uploading_is_off_the_page_only_shows(browser, tmp_path):
    with (
        served(tmp_path, ARTICLES, upload=False) as server,
        at_desk(browser, server, "library") as page,
    ):
        about(page, "3 articles")
        cells(page, 0).first.click()
        page.locator("#reader h2", has_text="Flood reaches Ossel").wait_for()
        assert page.locator("#files").count() == page.get_by_role("checkbox").count() == 0
        for name in ("Remove", "Use the chosen one", "Make the index anew"):
            assert page.get_by_role("button", name=name).count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_sticks_out_is_too_small_or_is_found_by_axe(opened, scheme, size):
    page = opened(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_text("Earlier states of the index").click()
    page.get_by_label(re.compile("g000001")).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert small_targets(page) == []
    assert findings(page) == []
    cells(page, TITLE).first.click()
    page.locator("#reader h2").wait_for()
    assert findings(page) == []
