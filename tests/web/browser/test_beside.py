"""Two runs side by side in one page: live, and of two recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.sim.children import wayside
from tests.web.browser.serving import Served
from tests.web.browser.watching import Watcher
from tests.web.server.test_pair import gain

END = 95
SETTINGS = ("--seed", 4, "--set", "parking.request_distance=400")


@pytest.fixture
def watcher(browser: Browser, serving: Callable[..., Served]) -> Iterator[Watcher]:
    """A page that leaves before its server."""
    watcher = Watcher.of(browser)
    yield watcher
    watcher.close()


def test_two_runs_in_one_page(watcher: Watcher, serving: Callable[..., Served]) -> None:
    served = serving("crossing", "--port", 0, *SETTINGS, "--against", "v2x.penetration=0")
    served.call("run/goto", {"time": 60})
    watcher.open(served.links[0])
    page = watcher.page
    watcher.until("wayside.beside().stats?.vehicles > 0 && wayside.stats().time > 60")
    arms = watcher.read("wayside.beside().arms")
    assert [arm.split()[0] for arm in arms] == ["penetration", "penetration"]
    assert page.locator(".arms .second").inner_text() == arms[1]
    # Both clocks are within a frame of each other: at real time the drawn times, and at rest to the very moment.
    apart = [
        watcher.read("Math.abs(wayside.stats().time - wayside.beside().stats.time)")
        for _ in range(20)
        if page.wait_for_timeout(50) is None
    ]
    assert sorted(apart)[len(apart) // 2] < 0.1
    watcher.pause()
    watcher.until("wayside.beside().run.state === 'paused' && wayside.beside().stats.time === wayside.stats().time")
    # The cameras are locked, by whatever means they move.
    watcher.press("+")
    watcher.press("ArrowLeft")
    watcher.settled()
    assert watcher.read("wayside.beside().view") == pytest.approx(watcher.read("wayside.view()"))
    map = page.locator("#map").bounding_box()
    assert map is not None
    before = watcher.read("wayside.view()")
    page.mouse.move(map["x"] + map["width"] / 4, map["y"] + map["height"] / 2)
    page.mouse.wheel(0, -300)
    watcher.settled()
    assert watcher.read("wayside.view().span") < before["span"]
    assert watcher.read("wayside.beside().view") == pytest.approx(watcher.read("wayside.view()"))
    # The seam is dragged, and moved by keys.
    box = page.locator(".seam").bounding_box()
    assert box is not None
    height = box["y"] + 0.7 * box["height"]  # its upper end lies under the headline
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(box["x"] - 150, height, steps=4)
    page.mouse.up()
    assert watcher.read("wayside.beside().seam") < 0.45
    before = watcher.read("wayside.beside().seam")
    page.locator(".seam").focus()
    page.keyboard.press("ArrowRight")
    assert watcher.read("wayside.beside().seam") == pytest.approx(before + 0.05)
    # A picture of the other run lies right of it.
    assert "inset" in page.locator(".canvas.other").evaluate("element => getComputedStyle(element).clipPath")
    # Every figure has both lines and their difference.
    assert page.locator(".figure.paired").count() >= 4
    watcher.until("wayside.beside().figures > 0")
    page.wait_for_selector(".figure.paired .difference")
    # Looking back shows both at the same moment.
    watcher.until("wayside.state().recorded?.[1] > 50")
    moved = "(input, time) => { input.value = String(time); input.dispatchEvent(new Event('input', {bubbles: true})) }"
    page.locator(".scrubber input").evaluate(moved, 40.25)
    watcher.until("wayside.stats().time === 40.25 && wayside.beside().stats.time === 40.25")
    watcher.press("r")
    watcher.until("!wayside.state().replaying && wayside.beside().stats.time >= 60")
    # One run alone again, and two from the page.
    page.locator(".gains summary").click()
    page.get_by_role("button", name="Go on with one run").click()
    watcher.until("wayside.beside().against === null && wayside.beside().stats === null")
    assert page.locator(".seam").count() == 0
    watcher.press("|")
    page.locator("dialog textarea").fill("scenario.seed = 3")
    page.get_by_role("button", name="Start both").click()
    page.wait_for_selector(".toast.warning")
    assert "one replication" in page.locator(".toast.warning").inner_text()
    page.locator("dialog textarea").fill("v2x.penetration = 0.1")
    page.get_by_role("button", name="Start both").click()
    watcher.until("wayside.beside().against === 'penetration 0.1' && wayside.beside().stats?.vehicles > 0")
    # A refusal is one that the browser notes down, too.
    watcher.complaints[:] = [said for said in watcher.complaints if "status of 400" not in said]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs' directories with recordings, with and without help."""
    folder = tmp_path_factory.mktemp("runs")
    otherwise = ("--set", "v2x.penetration=0.0", "--set", "sumo.options.default.action-step-length=1.0")
    for name, more in (("with", ()), ("without", otherwise)):
        said = (*SETTINGS, "--until", END, "--set", "record.view=true", *more, "--out", folder / name)
        done = wayside("run", "crossing", *said)
        assert done.returncode == 0, done.stderr
    return [folder / "with", folder / "without"]


def test_two_recordings_in_one_page(watcher: Watcher, serving: Callable[..., Served], runs: list[Path]) -> None:
    served = serving("--runs", *runs, "--port", 0)
    watcher.page.goto(served.links[0])
    watcher.until("wayside.state().playing && wayside.beside().stats?.time > 1")
    watcher.press(" ")
    watcher.until("!wayside.state().playing")
    assert watcher.read("wayside.beside().stats.time") == watcher.read("wayside.stats().time")
    moved = "(input, time) => { input.value = String(time); input.dispatchEvent(new Event('input', {bubbles: true})) }"
    watcher.page.locator(".scrubber input").evaluate(moved, END)
    watcher.until("wayside.stats().time === a && wayside.beside().stats.time === a", END)
    assert "penetration 0.0" in watcher.read("wayside.beside().arms[1]")
    # The headline is what the two tables say.
    gains = {one["errand"]["table"]: one for one in watcher.read("wayside.beside().gains")}
    pairs, sooner, later, seconds, metres = gain(runs, "vehicles", "departed_s", "arrived_s", "distance_m")
    trips = gains["vehicles"]
    assert pairs >= 1
    assert (trips["pairs"], trips["sooner"], trips["later"]) == (pairs, sooner, later)
    assert (trips["seconds"], trips["metres"]) == pytest.approx((seconds, metres))
    told = watcher.page.locator(".gains .foremost").inner_text()
    assert f"{gains['parking']['sooner']} of {gains['parking']['pairs']} drivers found a bay sooner" in told
    watcher.page.locator(".gains summary").click()
    assert "one pair of runs" in watcher.page.locator(".gains").inner_text()
