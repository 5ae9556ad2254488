"""What applications do, and people on foot, in a running school: drawn, told in the legend, opened by search."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.web.browser.serving import Served
from tests.web.browser.watching import Watcher

WALKING = "wayside.stations().find(n => wayside.vehicle(n)?.kind === 'pedestrian' && wayside.vehicle(n).speed > 0.5)"


@pytest.fixture
def school(browser: Browser, serving: Callable[..., Served]) -> Iterator[Watcher]:
    """A page of the school, small, in which one second lasts a tenth."""
    served = serving("school", "--port", 0, "--speed", 10)
    watcher = Watcher.of(browser, viewport={"width": 1000, "height": 640})
    watcher.open(served.links[0])
    yield watcher
    watcher.close()


def test_people_and_warnings_are_seen(school: Watcher) -> None:
    school.until(f"{WALKING} !== undefined")
    station = school.read(WALKING)
    name = school.read("wayside.label(a)", f"vehicle/{station}")
    assert name.startswith("walker_")
    ref = school.search(name)
    at = school.read("wayside.locate(a)", ref)
    school.until("Math.hypot(wayside.locate(a[0]).x - a[1].x, wayside.locate(a[0]).y - a[1].y) > 2", [ref, at])
    assert school.inspected() == name
    school.until("wayside.details(a)?.kind === 'pedestrian'", ref)
    school.press("Escape")
    legend = school.page.locator(".legend")
    legend.get_by_text("On foot").wait_for()
    # Drivers who err are there to be warned.
    school.until("wayside.marks().hazards.some(one => one.cause === 'collision-risk' && one.warned.length > 0)")
    legend.get_by_text("Warned of it").wait_for()
    school.press("v")
    school.page.locator(".viewmenu").get_by_label("Hazards and who is warned").uncheck()
    legend.get_by_text("Warned of it").wait_for(state="detached")
    assert school.complaints == []
