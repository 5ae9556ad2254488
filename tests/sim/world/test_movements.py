"""The ways across junctions against sumolib's reading of the net, and what a unit predicts on them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sumolib

from tests.sim import walkers
from wayside.edge.conflicts import Foresight, JunctionWatch, still_to_come, stopping, ways_to
from wayside.edge.ldm import CONTENT, VehicleView
from wayside.edge.movements import JunctionWays
from wayside.sim.sumo.network import read_network
from wayside.sim.world.movements import movements_of

RULES = Foresight(3.0, 0.3, 2.0, 2.0)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("net")
    walkers.town(folder, "priority")
    return folder / "net.net.xml"


@pytest.fixture(scope="module")
def ways(net: Path) -> JunctionWays:
    return movements_of(read_network(net))


def test_every_connection_is_there_once_with_its_shape(net: Path, ways: JunctionWays) -> None:
    theirs = sumolib.net.readNet(str(net), withInternal=True)
    wanted = {}
    for edge in theirs.getEdges(withInternal=False):
        for one in (c for some in edge.getOutgoing().values() for c in some):
            if not one.getViaLaneID() or one.getTo().getFunction():
                continue
            inner, lanes = theirs.getLane(one.getViaLaneID()), []
            while inner is not None:
                lanes.append(inner)
                onward = [c.getViaLaneID() for c in inner.getOutgoing() if c.getViaLaneID()]
                inner = theirs.getLane(onward[0]) if onward else None
            key = one.getFromLane().getID(), one.getToLane().getID()
            wanted[key] = one.getFromLane(), lanes, one.getToLane(), one.getState()
    assert sorted(zip(ways.start_names, ways.end_names, strict=True)) == sorted(wanted)
    for k, key in enumerate(zip(ways.start_names, ways.end_names, strict=True)):
        before, lanes, behind, state = wanted[key]
        assert math.dist(ways.point(k, float(ways.line[k])), before.getShape()[-1]) < 0.02
        assert math.dist(ways.point(k, float(ways.clear[k])), behind.getShape()[0]) < 0.02
        assert ways.clear[k] - ways.line[k] == pytest.approx(sum(lane.getLength() for lane in lanes), abs=0.02)
        assert chr(ways.state[k]) == state
        assert bool(ways.yields[k]) == (state != "M")


def view(*rows: dict[str, float]) -> VehicleView:
    """A map of some road users, heard just now."""
    usual = {"speed": 0.0, "length": 4.5, "acceleration": 0.0, "type": 5.0, "role": np.nan}
    state = np.array([[{**usual, "station": k, **row}[name] for k, row in enumerate(rows)] for name in CONTENT])
    return VehicleView(np.arange(len(rows), dtype=np.int32), np.zeros(len(rows)), state, 0.0)


def car(ways: JunctionWays, start: str, before: float, speed: float, **more: float) -> dict[str, float]:
    """One on a lane, so far before the line [m]."""
    way = next(k for k, name in enumerate(ways.start_names) if name.startswith(start))
    (x, y), (to_x, to_y) = (ways.point(way, float(ways.line[way]) - back) for back in (before, before - 1.0))
    heading = math.degrees(math.atan2(to_x - x, to_y - y)) % 360.0
    return {"x": x, "y": y, "heading": heading, "speed": speed, **more}


def conflicts(ways: JunctionWays, rules: Foresight = RULES, *rows: dict[str, float]) -> list[Any]:
    middle = (200.0, 200.0)
    watch = JunctionWatch(ways, middle, 60.0)
    return watch.conflicts(view(*rows), stopping(ways, {}, watch.near), rules)


def test_who_can_stop_is_trusted_and_who_cannot_is_not(ways: JunctionWays) -> None:
    goes_first = [name[:2] for name, yields in zip(ways.start_names, ways.yields, strict=True) if not yields]
    major = goes_first[0]
    minor = "sm" if major in ("wm", "em") else "wm"
    fast = conflicts(ways, RULES, car(ways, major, 20.0, 10.0), car(ways, minor, 16.0, 10.0))
    assert [one.rows for one in fast] == [(0, 1)]
    assert 0.0 < fast[0].time <= 3.0
    told = ways_to(fast[0], ways, stopping(ways, {}, np.arange(len(ways), dtype=np.int32)), 9.0, 10.0)
    assert len(told) == 1  # the one who has to wait
    assert math.dist(told[0][-1], (car(ways, minor, 16.0, 10.0)["x"], car(ways, minor, 16.0, 10.0)["y"])) < 15.0
    slow = conflicts(ways, RULES, car(ways, major, 20.0, 10.0), car(ways, minor, 16.0, 5.0))
    assert slow == []  # 0.8 m/s^2 are enough
    brakes = conflicts(ways, RULES, car(ways, major, 20.0, 10.0), car(ways, minor, 16.0, 10.0, acceleration=-4.0))
    assert brakes == []


def test_somebody_on_foot_before_a_car(ways: JunctionWays) -> None:
    before = car(ways, "wm", 12.0, 9.0)
    ahead = np.array([math.sin(math.radians(before["heading"])), math.cos(math.radians(before["heading"]))])
    place = np.array([before["x"], before["y"]]) + 9.0 * ahead + 1.4 * np.array([ahead[1], -ahead[0]])
    walker = {"x": place[0], "y": place[1], "heading": (before["heading"] - 90.0) % 360.0, "speed": 1.4,
              "length": 0.22, "type": 1.0}  # fmt: skip
    (found,) = conflicts(ways, RULES, before, walker)
    assert found.rows == (0, 1)
    assert found.ways[1] == -1
    assert found.needs[0] > 2.0
    assert conflicts(ways, RULES, before | {"speed": 5.0}, walker) == []
    assert conflicts(ways, RULES, walker, walker | {"x": place[0] + 0.1}) == []  # two on foot
    both = view(before, walker)
    assert still_to_come(both, (0, 1), found.place, 3.0)
    assert not still_to_come(both, (0, 7), found.place, 3.0)
