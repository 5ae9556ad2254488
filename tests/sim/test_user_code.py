"""What users write: applications and policies of their own, and what they are told when these go wrong."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import wayside

MODULE = '''
import numpy as np
from wayside import App, every
from wayside.edge.charging.state import Assignment as Piles
from wayside.edge.messages import denm
from wayside.edge.parking.state import Assignment

class QueueWarning(App):
    """Warn approaching drivers of a queue at this junction."""

    @every(1.0)
    def look(self):
        queue = self.ldm.near(self.position, radius=120).slower_than(2.0)
        if len(queue) >= 2:
            self.send(denm(cause="traffic-jam", position=queue.centroid, validity=10.0), radius=400)

def last_resort(requests, car_parks):
    chosen = np.full(len(requests.x), -1, np.int32)
    free = car_parks.free
    for i in range(len(chosen)):
        if free[-1] > 0:
            chosen[i] = len(free) - 1
            free[-1] -= 1
    return Assignment(chosen, np.zeros(len(chosen)))

def overbooks(requests, car_parks):
    return Assignment(np.zeros(len(requests.x), np.int32), np.zeros(len(requests.x)))

def nowhere(requests, car_parks):
    return Assignment(np.full(len(requests.x), 99, np.int32), np.zeros(len(requests.x)))

def forgets(requests, car_parks):
    return Assignment(np.empty(0, np.int32), np.empty(0))

def nothing(requests, car_parks):
    pass

def breaks(requests, *others):
    raise ZeroDivisionError("the policy\\nis broken")

def no_such_pile(requests, chargers, ends):
    return Piles(np.full(len(requests.edge), 99, np.int32), np.zeros(len(requests.edge)))

def greedy(wanted_w, limit_w):
    return wanted_w * 1000.0

class Broken(App):
    @every(1.0)
    def look(self):
        raise KeyError("look")

class BrokenStart(App):
    def start(self):
        raise KeyError("start")

class OffTheClock(App):
    @every(1.0)
    def look(self):
        self.send(denm(cause="rain", position=(0.0, 0.0)))

NotAnApp = 7
'''


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    return tmp_path


def run(here: Path, *changes: str, until: int = 300, out: str = "run") -> tuple[int, str]:
    options = [part for change in changes for part in ("--set", change)]
    done = wayside(
        "run", "crossing", "--until", until, "--out", out, *options, cwd=here, environment={"PYTHONPATH": path(here)}
    )
    return done.returncode, done.stderr


def path(here: Path) -> str:
    """The module's folder, before whatever this process was told."""
    import os

    return os.pathsep.join(filter(None, (str(here), os.environ.get("PYTHONPATH", ""))))


def kpis(here: Path) -> dict[str, float]:
    figures: dict[str, float] = json.loads((here / "run" / "summary.json").read_text())["kpis"]
    return figures


def test_an_application_of_ones_own(here: Path) -> None:
    status, said = run(here, 'rsu.0.apps=["mine:QueueWarning"]', "v2x.penetration=1")
    assert status == 0, said
    figures = kpis(here)
    assert figures["messages.denm.sent"] > 0
    assert figures["messages.denm.received"] >= 2 * figures["messages.denm.sent"]  # those in the queue hear it
    assert figures["messages.spatem.sent"] == figures["messages.saem.sent"] == 0


def test_a_parking_policy_that_is_a_function(here: Path) -> None:
    status, said = run(here, "parking.policy=mine:last_resort", "v2x.penetration=1")
    assert status == 0, said
    assigned = {row["assigned"] for row in pq.read_table(here / "run" / "parking.parquet").to_pylist()} - {""}
    assert len(assigned) == 1
    assert kpis(here)["parking.reserved"] > 0


MISTAKES = [
    ("parking.policy=mine:overbooks", "overbooks"),
    ("parking.policy=mine:nowhere", "nowhere"),
    ("parking.policy=mine:forgets", "forgets"),
    ("parking.policy=mine:nothing", "nothing"),
    ("parking.policy=mine:breaks", "the policy is broken"),
    ("charging.policy=mine:breaks", "the policy is broken"),
    ("charging.policy=mine:no_such_pile", "no_such_pile"),
    ("charging.power=mine:breaks", "the policy is broken"),
    ("charging.power=mine:greedy", "greedy"),
    ('rsu.0.apps=["mine:BrokenStart"]', "start"),
    ('rsu.0.apps=["mine:NotAnApp"]', "must be a class derived from wayside.App"),
    ("parking.policy=mine:NotAnApp", "NotAnApp"),
]


@pytest.mark.parametrize(("change", "said"), MISTAKES, ids=[change for change, _ in MISTAKES])
def test_mistakes_are_told_in_one_line(here: Path, change: str, said: str) -> None:
    """Where the user's code, and not ours, is wrong: which, and what about it."""
    status, told = run(here, change, "v2x.penetration=1", "charging.request_below=0.6", until=400)
    lines = [line for line in told.splitlines() if not line.startswith("Warning:")]
    assert status == 2, told
    assert len(lines) == 1, told
    assert "mine" in lines[0]
    assert said in lines[0]


@pytest.mark.parametrize("app", ["Broken", "OffTheClock"])
def test_an_application_that_breaks(here: Path, app: str) -> None:
    """The traceback is what its author needs; the run so far is kept and marked."""
    status, said = run(here, f'rsu.0.apps=["mine:{app}"]')
    assert status != 0
    assert "mine" in said
    assert json.loads((here / "run" / "summary.json").read_text())["interrupted"] is True
