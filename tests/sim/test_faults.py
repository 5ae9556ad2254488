"""A faulty application costs the others nothing, in whichever of its hooks it goes wrong and however."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import hashes, wayside

MODULE = '''
import time
from typing import Annotated, Literal

from wayside import App, Cam, Option, every, on
from wayside.edge.messages import Denm, Ivim, Saem, denm
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses


def raises(app):
    app.send(denm("roadworks", app.position), repeat=0.5)
    raise KeyError("broken")


def exits(app):
    raise SystemExit(7)


def garbage(app):
    app.send(Denm(1, (float("nan"), None), -3.0), radius="far")


def nonsense(app):
    app.send({"message": "none"})


def flood(app):
    while True:
        app.send(Saem(("news",)))


def sleeps(app):
    if not hasattr(app, "slept"):
        app.slept = time.sleep(1.05)


def light(app):
    while app.signal is not None:
        app.signal.request(group="all", lasting=-1.0, why="")
    raise KeyError("no light")


def lights(app):
    while True:
        app.signal.request(phase=app.signal.phase if app.signal.phase >= 0 else 0, lasting=0.1, why="flood")


class Fault(App):
    """Goes wrong in one of its hooks, from 20 s on, or as it begins."""

    how: Annotated[str, Option("how")] = "raises"

    def fault(self):
        if self.time >= 20.0 or isinstance(self, (AtFirst, Starts)):
            globals()[self.how](self)


class AtFirst(Fault):
    def __init__(self, unit):
        super().__init__(unit)
        self.fault()


class Starts(Fault):
    def start(self):
        self.fault()


class Periodic(Fault):
    @every(0.5)
    def look(self):
        self.fault()


class Waits(Fault):
    @every(0.5, waiting=ParkingRequests)
    def look(self):
        self.take(ParkingRequests)
        self.fault()


class HearsCams(Fault):
    @on(Cam)
    def hear(self, vehicles):
        self.fault()


class HearsBroadcasts(Fault):
    @on(Denm)
    def hear(self, heard):
        self.fault()


class HearsRequests(Fault):
    @on(ParkingRequests)
    def hear(self, requests):
        self.fault()


class Says(App):
    """At a unit nearby, so that there is something to hear."""
    @every(1.0)
    def say(self):
        self.send(denm("accident", self.position, validity=5.0), radius=300.0)
'''
HOOKS = ("AtFirst", "Starts", "Periodic", "Waits", "HearsCams", "HearsBroadcasts", "HearsRequests")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("faults")
    (here / "mine.py").write_text(MODULE)
    return here


def run(here: Path, out: str, faults: list[str]) -> tuple[int, list[str], dict[str, Any]]:
    apps = ["signals", "parking", "charging", "hazards"]
    told = ", ".join([f'"{app}"' for app in apps] + faults)
    rows = f'rsu=[{{ apps = [{told}] }}, {{ at = [60.0, 20.0], apps = ["mine:Says"] }}]'
    change = ("--set", rows, "--set", "v2x.penetration=1", "--set", "scenario.seed=3")
    done = wayside("run", "crossing", "--until", 90, "--keep-going", "--out", out, *change, cwd=here)
    lines = [line for line in done.stderr.splitlines() if line.startswith(("warning:", "wayside:"))]
    return done.returncode, lines, json.loads((here / out / "summary.json").read_text())


@pytest.fixture(scope="module")
def healthy(folder: Path) -> dict[str, str]:
    status, lines, _ = run(folder, "healthy", [])
    assert (status, lines) == (0, [])
    return hashes(folder / "healthy")


def differing(folder: Path, out: str, healthy: dict[str, str]) -> set[str]:
    ours = hashes(folder / out)
    return {name for name in {*ours, *healthy} if ours.get(name) != healthy.get(name)} - {"scenario.toml"}


@pytest.mark.parametrize("how", ["raises", "exits", "garbage", "nonsense", "flood", "light"])
def test_every_hook_that_breaks_off(folder: Path, healthy: dict[str, str], how: str) -> None:
    """It is switched off, once and by name; all other bytes of the run are those without it."""
    faults = [f'{{ use = "mine:{hook}", how = "{how}" }}' for hook in HOOKS]
    status, lines, summary = run(folder, how, faults)
    assert status == 3
    assert sorted(one["application"] for one in summary["failed"]) == sorted(HOOKS)
    assert len(lines) == len(HOOKS)
    assert all("it is switched off at this unit" in line for line in lines)
    assert differing(folder, how, healthy) == {"summary.json"}


def test_every_hook_that_sleeps(folder: Path, healthy: dict[str, str]) -> None:
    faults = [f'{{ use = "mine:{hook}", how = "sleeps" }}' for hook in HOOKS if hook not in ("AtFirst", "Starts")]
    status, lines, _ = run(folder, "sleeps", faults)
    assert status == 0
    assert len(lines) == len(faults)
    assert all("more than 1 s" in line for line in lines)
    assert differing(folder, "sleeps", healthy) == set()


def test_a_flood_of_requests_for_green(folder: Path, healthy: dict[str, str]) -> None:
    """The light is led back to its program; every message of the others is sent, and nobody is at fault but it."""
    status, lines, summary = run(folder, "lights", ['{ use = "mine:Periodic", how = "lights" }'])
    assert status == 3
    assert "asks for more than 10 phases in one tick" in lines[0]
    assert [one["application"] for one in summary["failed"]] == ["Periodic"]
    well = json.loads((folder / "healthy" / "summary.json").read_text())["kpis"]
    assert summary["kpis"]["messages.spatem.sent"] == well["messages.spatem.sent"]
    assert summary["kpis"]["vehicles.departed"] == well["vehicles.departed"]


def test_the_fault_is_there(folder: Path, healthy: dict[str, str]) -> None:
    """What it says before it goes wrong would change the run: of an application that is not switched off it does."""
    (folder / "calm.py").write_text(MODULE.replace('raise KeyError("broken")', "return"))
    run(folder, "calm", ['{ use = "calm:Starts" }'])
    assert "messages.parquet" in differing(folder, "calm", healthy)
