"""The page below a path of another server, in a browser: it asks for nothing outside that path."""

from dataclasses import replace

import pytest

from tests.browser.browsing import visit
from tests.browser.visiting import ARTICLES, GOOD, WHO, served
from tests.reverse_proxy import nginx
from tests.serving import TOKEN

pytestmark = pytest.mark.browser


def test_a_question_is_asked_and_its_source_opened_below_the_path(browser, tmp_path):
    with (
        served(tmp_path / "here", ARTICLES, **{"ui.root_path": "/news"}) as server,
        nginx(tmp_path / "nginx", server.address[:-1]) as address,
    ):
        shown = replace(server, address=f"{address}/news/", opened=f"{address}/news/?token={TOKEN}")
        with visit(browser, shown) as page:
            page.locator("#question textarea").fill(WHO)
            page.keyboard.press("Enter")
            page.locator("#chat").get_by_text(GOOD).first.wait_for()
            page.get_by_role("link", name="Library").first.click()
            page.get_by_text("Envoys warn of a nuclear test").first.wait_for()
            assert page.url.startswith(f"{address}/news/library")
