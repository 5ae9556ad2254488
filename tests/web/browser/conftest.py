"""One browser and one server of the crossing for all; the viewer as it was built into web/dist."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ROOT
from tests.web.browser.serving import Served, serve
from tests.web.browser.watching import Watcher


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window. Not for longer than this package: playwright keeps an event loop running."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        pytest.skip("the viewer is not built: make viewer")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., Served]]:
    """`serve`, for servers that end with the test, after its pages."""
    started: list[Served] = []

    def start(*arguments: object, links: int = 1, command: str = "serve") -> Served:
        started.append(serve(*arguments, links=links, command=command))
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture(scope="package")
def crossing() -> Iterator[Served]:
    """The crossing, with traffic on it."""
    served = serve("crossing", "--port", 0)
    served.call("run/goto", {"time": 60})
    yield served
    served.stop()


@pytest.fixture(scope="module")
def shared(browser: Browser, crossing: Served) -> Iterator[Watcher]:
    """One page that a module's tests share."""
    watcher = Watcher.of(browser)
    watcher.open(crossing.links[0])
    yield watcher
    watcher.close()


@pytest.fixture
def view(shared: Watcher) -> Iterator[Watcher]:
    """The shared page: running, nothing selected, the whole city in view. It must not complain."""
    shared.page.mouse.move(640, 20)
    for _ in range(3):
        shared.press("Escape")
    shared.pause(False)
    shared.press("h")
    yield shared
    assert shared.complaints == []
