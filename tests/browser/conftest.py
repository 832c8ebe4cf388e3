"""One Chromium for the tests of a module."""

import pytest

from tests.browser.browsing import chromium


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened
