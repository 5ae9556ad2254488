"""Servers that go, runs that die, tokens that are wrong, names that are none."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.browser.serving import Served, free_port, gone
from tests.web.browser.watching import DRIVING, Watcher
from wayside import scenarios

# What the browser itself writes down when a server is gone or says no.
EXPECTED = ("WebSocket connection", "Failed to load resource")

EVIL = "<img src=x onerror=alert(1)>"


Serve = Callable[..., Served]
# Ten times real time: vehicles come soon.
FAST = ("--port", 0, "--speed", 10)


@pytest.fixture
def watcher(browser: Browser, serving: Serve) -> Iterator[Watcher]:
    """A page of its own, closed before its server."""
    watcher = Watcher.of(browser)
    yield watcher
    watcher.complaints[:] = [said for said in watcher.complaints if not any(word in said for word in EXPECTED)]
    watcher.close()


def test_a_server_that_comes_back_is_found(watcher: Watcher, serving: Serve, tmp_path: Path) -> None:
    scenario = tmp_path / "evil.toml"
    config = Path(scenarios.__path__[0]).resolve() / "crossing" / "crossing.sumocfg"
    scenario.write_text(f'[scenario]\nname = "crossing"\ntitle = "{EVIL}"\n[sumo]\nconfig = "{config}"\n')
    port = free_port()
    served = serving(scenario, "--port", port, "--speed", 10)
    watcher.open(served.links[0])
    watcher.search("tl_")
    run = watcher.read("wayside.state().run.run")
    served.stop()
    gone(port)
    watcher.page.wait_for_selector("text=The server is gone, trying again")
    serving(scenario, "--port", port, "--speed", 10)
    watcher.until("wayside.state().city !== null && wayside.state().city !== a", run)
    watcher.until(DRIVING)
    time = watcher.time()
    watcher.until("wayside.stats().time > a && !wayside.stats().stalled", time + 0.5)
    assert watcher.page.locator("text=The server is gone").count() == 0
    # A title from a scenario is text, and nothing else.
    watcher.press("s")
    watcher.page.wait_for_selector(".scenarios label")
    assert EVIL in watcher.page.locator("dialog").inner_text()
    assert watcher.page.locator("#app img").count() == 0


def test_a_run_that_dies_can_be_started_again(watcher: Watcher, serving: Serve) -> None:
    served = serving("crossing", *FAST)
    watcher.open(served.links[0])
    os.kill(simulating(served), signal.SIGKILL)
    watcher.page.wait_for_selector("text=The simulation died")
    assert len(watcher.page.locator(".card pre").inner_text()) > 5
    watcher.page.get_by_role("button", name="Start again").click()
    watcher.until("wayside.state().run.state === 'running'")
    watcher.until(DRIVING)
    assert watcher.page.locator("text=The simulation died").count() == 0


def simulating(served: Served) -> int:
    """The child that has SUMO's library loaded."""
    (found,) = [pid for pid in served.children() if "libsumo" in Path(f"/proc/{pid}/maps").read_text()]
    return found


def test_rights_are_in_the_link(watcher: Watcher, serving: Serve) -> None:
    served = serving("crossing", "--host", "0.0.0.0", *FAST, links=2)
    _control, looking = (f"http://127.0.0.1:{served.port}/#{link.partition('#')[2]}" for link in served.links)
    watcher.open(looking)
    assert watcher.page.locator(".topbar .tag").inner_text() == "view only"
    watcher.press("p")
    assert "This link is for viewing" in watcher.page.locator(".dock.left .hindered").first.inner_text()
    watcher.press("Space")
    watcher.page.wait_for_selector(".toast:has-text('This link is for viewing')")
    assert watcher.read("wayside.state().run.state") == "running"
    watcher.page.goto("about:blank")
    watcher.open(f"http://127.0.0.1:{served.port}/#token=wrong", moving=False)
    watcher.page.wait_for_selector("text=The server does not let this page in")
    assert "token" in watcher.page.locator(".card").inner_text()


def test_a_link_ahead_of_the_run_leads_there_or_offers_to(watcher: Watcher, serving: Serve, browser: Browser) -> None:
    served = serving("crossing", "--port", 0)
    watcher.open(served.links[0] + "#run=crossing.1&t=90", moving=False)
    watcher.until("wayside.stats()?.time > 88")
    assert watcher.read("wayside.state().run.speed") == 1
    # Who comes second does not take the first along without a word.
    second = Watcher.of(browser)
    second.open(served.links[0] + "#run=crossing.1&t=300")
    second.page.wait_for_selector(".toast:has-text('another viewer is watching')")
    assert second.time() < 250.0
    second.page.get_by_role("button", name="Go to 0:05:00").click()
    second.until("wayside.stats()?.time > 298")
    second.close()
