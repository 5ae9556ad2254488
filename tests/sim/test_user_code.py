"""What users write: applications and policies of their own, and what they are told when these go wrong."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import wayside, words

MODULE = '''
import numpy as np
from wayside import App, every
from wayside.edge.charging.state import PileAssignment as Piles
from wayside.edge.messages import denm
from wayside.edge.parking.state import BayAssignment

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
    return BayAssignment(chosen, np.zeros(len(chosen)))

def overbooks(requests, car_parks):
    return BayAssignment(np.zeros(len(requests.x), np.int32), np.zeros(len(requests.x)))

def nowhere(requests, car_parks):
    return BayAssignment(np.full(len(requests.x), 99, np.int32), np.zeros(len(requests.x)))

def forgets(requests, car_parks):
    return BayAssignment(np.empty(0, np.int32), np.empty(0))

def nothing(requests, car_parks):
    pass

def breaks(requests, *others):
    raise ZeroDivisionError("the policy\\nis broken")

def miscosts(requests, car_parks):
    return BayAssignment(np.full(len(requests.x), -1), np.zeros(len(requests.x)), np.zeros((1, 99)))

class Asks:
    def __call__(self, requests, car_parks):
        return 7

def no_such_pile(requests, chargers, ends):
    return Piles(np.full(len(requests.edge), 99, np.int32), np.zeros(len(requests.edge)))

def greedy(wanted_w, limit_w):
    return wanted_w * 1000.0

class Deaf:
    def __init__(self, site):
        raise LookupError("no map of the air")

class Dumb:
    busy_ratio = tally = None
    place_units = place_vehicles = trace = recall = lambda self, *_: None

    def __init__(self, site):
        pass

    def carry(self, out):
        return 1 // 0

def seven(site):
    return 7

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

class Commits(App):
    @every(0.5)
    def look(self):
        self.platform.parking.pool.commit([99], [0])

NotAnApp = 7
'''


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    return tmp_path


def run(here: Path, *changes: str, until: int = 300, out: str = "run") -> tuple[int, str]:
    options = [part for change in changes for part in ("--set", change)]
    done = wayside("run", "crossing", "--until", until, "--out", out, *options, cwd=here)
    return done.returncode, done.stderr


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
    ("parking.policy=mine:breaks", "the policy is broken"),
    ("charging.policy=mine:breaks", "the policy is broken"),
    ("charging.policy=mine:no_such_pile", "no_such_pile"),
    ("charging.power=mine:breaks", "the policy is broken"),
    ("charging.power=mine:greedy", "greedy"),
    ("parking.policy=mine:miscosts", "costs must have "),
    ("parking.policy=mine:Asks", "must answer an assignment with "),
    (
        'rsu.0.apps=["mine:Commits"]',
        "unit tl_crossing: Commits.look at 0.5 s: CommitError: parking.policy from outside: ",
    ),
    ('rsu.0.apps=["mine:BrokenStart"]', "start"),
    ('rsu.0.apps=["mine:NotAnApp"]', "must be a class derived from wayside.App"),
    ("parking.policy=mine:NotAnApp", "NotAnApp"),
    (
        "v2x.radio=mine:Deaf",
        '--set: v2x.radio = "mine:Deaf": LookupError: no map of the air (HERE/mine.py:',
    ),
    (
        'v2x.radio_of={passenger={"ideal"=0.5,"mine:Deaf"=0.5}}',
        '"mine:Deaf": LookupError: no map of the air (HERE/mine.py:',
    ),
    ("v2x.radio=mine:nowhere", "nowhere(requests, car_parks): must take (site)"),
    ("v2x.radio=mine:seven", "must answer a wayside.sim.air.Radio, not 7 without busy_ratio, carry, place_units,"),
    (
        "v2x.radio=mine:Dumb",
        "v2x.radio mine:Dumb at 0.1 s: ZeroDivisionError: integer division or modulo by zero (HERE/mine.py:",
    ),
]


@pytest.mark.parametrize(("change", "said"), MISTAKES, ids=[change for change, _ in MISTAKES])
def test_mistakes_are_told_in_one_line(here: Path, change: str, said: str) -> None:
    """Where the user's code, and not ours, is wrong: which, and what about it."""
    status, told = run(here, change, "v2x.penetration=1", "charging.request_below=0.6", until=400)
    lines = [line for line in words(told) if not line.startswith("Warning:")]
    assert status == 2, told
    assert len(lines) == 1, told
    assert "mine" in lines[0]
    assert said.replace("HERE", str(here)) in lines[0]
    if "must be a " not in said and "NotAnApp" not in change:
        assert f"({here}/mine.py:" in lines[0]  # the place in its code
    if change.partition("=")[0] in ("parking.policy", "charging.policy", "charging.power") and "NotAnApp" not in change:
        assert re.search(r"(at unit tl_crossing )?at \d+(\.\d)? s( \(|: )", lines[0])
    if change.startswith("parking.policy=") and "NotAnApp" not in change:
        assert " at unit tl_crossing at " in lines[0]


def test_where_requests_of_several_units_are_decided_no_unit_is_named(here: Path) -> None:
    _, told = run(here, "parking.policy={use='mine:breaks', scope='city'}", "v2x.penetration=1", until=100)
    assert re.search(
        r"parking\.policy mine:breaks at \d+(\.\d)? s: ZeroDivisionError: the policy is broken \(.*/mine\.py:\d+\)",
        words(told)[-1],
    ), told


def test_a_policy_that_decides_nothing_is_warned_of(here: Path) -> None:
    """None leaves all requests open; who has forgotten to answer is told so at the end."""
    status, told = run(here, "parking.policy=mine:nothing", "v2x.penetration=1", until=60)
    assert status == 0, told
    assert re.fullmatch(
        r"warning: --set: parking.policy: \d+ requests, and none was decided",
        words(told)[0],
    ), told


@pytest.mark.parametrize("app", ["Broken", "OffTheClock"])
def test_an_application_that_breaks(here: Path, app: str) -> None:
    """The traceback is what its author needs; the run so far is kept and marked."""
    status, said = run(here, f'rsu.0.apps=["mine:{app}"]')
    assert status != 0
    assert "mine" in said
    assert words(said)[-1].endswith("; what there is, is in run")
    assert json.loads((here / "run" / "summary.json").read_text())["interrupted"] is True
