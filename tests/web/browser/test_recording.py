"""Looking back: in a run that goes on, in a recording without one, in a page without a server."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.sim.children import wayside
from tests.web.browser.serving import Served
from tests.web.browser.watching import Watcher
from wayside.web.film.pieces import FILE

END = 40


def drag(watcher: Watcher, time: float) -> None:
    """The slider, to a time; and wait until that is drawn."""
    moved = "(input, time) => { input.value = String(time); input.dispatchEvent(new Event('input', {bubbles: true})) }"
    watcher.page.locator(".scrubber input").evaluate(moved, time)
    watcher.until("wayside.state().replaying && wayside.stats().time === a", time)


def halt(watcher: Watcher) -> None:
    """A recording begins to play by itself: stop that."""
    watcher.press(" ")
    watcher.until("!wayside.state().playing")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's directory with a recording."""
    out = tmp_path_factory.mktemp("runs") / "crossing"
    said = ("--until", END, "--set", "record.view=true", "--set", "v2x.penetration=1.0", "--out", out)
    finished = wayside("run", "crossing", *said)
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture
def watcher(browser: Browser, serving: Callable[..., Served]) -> Iterator[Watcher]:
    """A page that leaves before its server."""
    watcher = Watcher.of(browser)
    yield watcher
    watcher.close()


def test_back_in_a_run_that_goes_on_and_live_again(view: Watcher) -> None:
    view.until("wayside.state().recorded?.[1] > 55")
    drag(view, 50.25)
    before = view.places()
    assert before
    live = view.read("wayside.state().run.time")
    # The run is the same one and goes on; what is shown stands still.
    view.until("wayside.state().health.time > a + 0.5", live)
    assert view.places() == before
    drag(view, 30.0)
    drag(view, 50.25)
    assert view.places() == before
    # It plays, without the run.
    view.press(" ")
    view.until("wayside.stats().time > 50.6")
    view.press(" ")
    view.until("!wayside.state().playing")
    assert view.read("wayside.state().run.state") == "running"
    view.press("r")
    view.until("!wayside.state().replaying && wayside.stats().time >= a", live)
    view.until("wayside.state().figures > 0 && wayside.stats().stalled === false")


def test_a_stretch_is_looped(view: Watcher) -> None:
    view.until("wayside.state().recorded?.[1] > 55")
    drag(view, 20.0)
    view.press("o")
    drag(view, 20.8)
    view.press("o")
    view.until("wayside.state().loop?.to === 20.8 && wayside.state().playing")
    seen = [view.read("wayside.state().time")]
    while len(seen) < 400 and not any(later < earlier for earlier, later in pairwise(seen)):
        view.page.wait_for_timeout(50)
        seen.append(view.read("wayside.state().time"))
    assert all(20.0 <= time <= 20.8 for time in seen[2:])
    assert any(later < earlier for earlier, later in pairwise(seen))
    view.press("o")
    view.until("wayside.state().loop === null")
    view.press("r")
    view.until("!wayside.state().replaying")


def test_a_recording_without_a_run(watcher: Watcher, serving: Callable[..., Served], recorded: Path) -> None:
    served = serving(recorded, "--port", 0, command="view")
    watcher.page.goto(served.links[0])
    watcher.until("wayside.state().run?.state === 'recorded' && wayside.state().playing && wayside.stats().time > 1")
    assert watcher.read("wayside.state().recorded") == [0.1, END]
    halt(watcher)
    drag(watcher, 30.25)
    places = watcher.places()
    assert len(places) > 3
    assert watcher.read("wayside.state().figures") == 7  # at 0.1, 5, 10 ... 30 s
    drag(watcher, 3.0)
    assert len(watcher.places()) < len(places)
    drag(watcher, 30.25)
    assert watcher.places() == places
    # One state on is half a second.
    watcher.press(".")
    watcher.until("wayside.stats().time === 30.5")
    ref = next(iter(watcher.places()))
    watcher.search(watcher.read("wayside.label(a)", ref))
    assert watcher.page.locator(".dock.right").get_by_text("A recording holds no more").count() == 1
    assert watcher.complaints == []


def test_a_killed_runs_recording_says_so(
    watcher: Watcher, serving: Callable[..., Served], recorded: Path, tmp_path: Path
) -> None:
    data = (recorded / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data[: len(data) // 2])
    served = serving(tmp_path, "--port", 0, command="view")
    watcher.page.goto(served.links[0])
    watcher.until("wayside.state().replaying && wayside.stats().time > 0.5")
    assert "it plays up to" in watcher.page.locator(".notices").inner_text()
    halt(watcher)
    last = watcher.read("wayside.state().recorded[1]")
    assert 10.0 < last < END
    drag(watcher, last)
    assert watcher.places()


def test_a_page_without_a_server(watcher: Watcher, recorded: Path, tmp_path: Path) -> None:
    page = tmp_path / "crossing.html"
    made = wayside("export", recorded, "--html", page, "--from", 12, "--to", 28)
    assert (made.returncode, made.stderr) == (0, "")
    again = wayside("export", recorded, "--html", page)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"wayside: export: {page} is there already: --force replaces it\n"
    asked: list[str] = []
    watcher.page.on("request", lambda request: asked.append(request.url))
    watcher.page.goto(page.as_uri())
    watcher.until("wayside.state().playing && wayside.stats().time > 11")
    assert watcher.read("wayside.state().recorded") == [10, 30]
    halt(watcher)
    drag(watcher, 27.75)
    assert watcher.places()
    assert watcher.complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
