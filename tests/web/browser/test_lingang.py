"""The demo: the city moves within a minute of the server's start."""

import time
from collections.abc import Callable

from playwright.sync_api import Browser

from tests.web.browser.serving import Served
from tests.web.browser.watching import Watcher


def test_the_city_moves(browser: Browser, serving: Callable[..., Served]) -> None:
    began = time.monotonic()
    served = serving("lingang", "--port", 0)
    watcher = Watcher.of(browser, color_scheme="light", reduced_motion="reduce")
    watcher.open(served.links[0])
    now = watcher.time()
    watcher.until("wayside.stats().time > a", now + 1.0)
    assert time.monotonic() - began < 60.0
    assert watcher.read("document.documentElement.dataset.theme") == "light"
    assert watcher.read("document.documentElement.dataset.motion") == "reduced"
    assert watcher.search(watcher.read("wayside.label('park/0')")).startswith("park/")
    assert watcher.inspected()
    watcher.close()
