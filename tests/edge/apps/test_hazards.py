"""What a unit tells of: hazards in its map and known ones; their updates, their ends, and that neighbours do not."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.edge import doubles
from tests.sim.networks import netconvert
from wayside.edge.apps.hazards import Hazards
from wayside.edge.errors import ScenarioError
from wayside.edge.hazards import HazardBook, ends_of_queues, standing_alone
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages import CAUSES, Denm
from wayside.edge.messages.stations import StationType
from wayside.edge.unit import RoadsideUnit
from wayside.sim.sumo.network import read_network
from wayside.sim.world.roads import Roads

NODES = '<nodes><node id="a" x="0" y="0"/><node id="b" x="300" y="0"/><node id="c" x="700" y="0"/></nodes>'
EDGES = """<edges><edge id="first" from="a" to="b" numLanes="2" speed="25"/>
    <edge id="second" from="b" to="c" numLanes="2" speed="25"/></edges>"""


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Roads:
    return Roads(read_network(netconvert(tmp_path_factory.mktemp("road"), NODES, EDGES)))


class Scene:
    """A unit beside the road, what it hears, and what it says."""

    def __init__(self, roads: Roads, x: float = 400.0, **options: Any) -> None:
        self.unit = RoadsideUnit("here", 0, (x, 10.0), LocalDynamicMaps(1), doubles.city())
        self.book = HazardBook()
        self.unit.platform.enter("hazards", self.book)
        self.app = Hazards.__new__(Hazards)
        for name, value in options.items():
            setattr(self.app, name, value)
        self.app.context = cast(Any, SimpleNamespace(network=roads))
        self.app.__init__(self.unit)  # type: ignore[misc]
        self.unit.apps.append(self.app)
        self.app.start()

    def look(self, now: float, *cars: tuple[float, float, float, float]) -> list[Denm]:
        """Cars x, y, speed, heading, 5 m long; what the unit begins to say or says anew."""
        who = np.arange(len(cars), dtype=np.int32)
        rest = 5.0, 0.0, StationType.PASSENGER, np.nan
        content = np.array([(x, y, v, h, rest[0], 1000.0 + i, *rest[1:]) for i, (x, y, v, h) in enumerate(cars)])
        self.unit.time = now
        self.unit.maps.forget(math.inf)
        self.unit.maps.hear(who, np.zeros(len(cars), np.int32), who, content.reshape(-1, 9), now)
        self.unit.outbox.clear()
        self.unit.changes.clear()
        self.app.look()
        new = [change.message for change in self.unit.changes if change.message is not None]
        return [cast(Denm, message) for message in (*(sending.message for sending in self.unit.outbox), *new)]


def queue(tail: float, count: int, y: float = -1.6) -> list[tuple[float, float, float, float]]:
    """Cars that stand one behind the other; the last one's front is 5 m before `tail`."""
    return [(tail + 5.0 + 7.5 * k, y, 0.0, 90.0) for k in range(count)]


def test_the_end_of_a_queue_is_told_moves_and_is_over(roads: Roads) -> None:
    scene = Scene(roads)
    assert scene.look(0.0, *queue(400.0, 4)) == [], "four are no queue"
    (told,) = scene.look(1.0, *queue(400.0, 5))
    assert told.cause == CAUSES["dangerous-end-of-queue"]
    assert told.position[0] == pytest.approx(400.0, abs=0.1)
    (way,) = told.traces
    assert way[-1][0] == pytest.approx(100.0, abs=16.0), "300 m before it, and a junction"
    assert scene.look(2.0, *queue(397.0, 5)) == [], "it has not moved far"
    (told,) = scene.look(3.0, *queue(360.0, 9))
    assert told.position[0] == pytest.approx(360.0, abs=0.1)
    (told,) = scene.look(4.0, *queue(250.0, 25))
    assert told.position[0] == pytest.approx(250.0, abs=0.1), "it reaches back over the junction: the same event"
    assert len(scene.book.told) == 1
    assert scene.look(5.0) == [], "for some seconds nobody is heard"
    assert scene.app._told
    scene.look(9.0)
    assert not scene.app._told
    assert (scene.book.cancelled, scene.book.updated, scene.book.told[0].over_s) == (1, 2, 9.0)


def test_what_lasts_is_kept_alive(roads: Roads) -> None:
    scene = Scene(roads, validity=20.0)
    assert len(scene.look(0.0, *queue(400.0, 6))) == 1
    said = [now for now in range(1, 41) if scene.look(float(now), *queue(400.0, 6))]
    assert said == [10, 20, 30, 40]
    assert scene.book.updated == 0


def test_a_vehicle_that_stands_for_no_reason(roads: Roads) -> None:
    scene = Scene(roads, stopped_for=30.0)
    alone, at_the_end = (450.0, -4.8, 0.0, 90.0), (280.0, -1.6, 0.0, 90.0)
    for now in range(30):
        assert scene.look(float(now), alone, at_the_end, (500.0, -1.6, 20.0, 90.0)) == []
    (told,) = scene.look(30.0, alone, at_the_end)
    assert told.cause == CAUSES["stationary-vehicle"]
    assert told.position[0] == pytest.approx(450.0, abs=0.1)
    assert told.closed == (True, False), "the outermost lane"
    scene.look(31.0, (451.0, -4.8, 5.0, 90.0))
    scene.look(35.0, (471.0, -4.8, 5.0, 90.0))
    assert not scene.app._told


def test_one_who_drives_against_the_traffic(roads: Roads) -> None:
    scene = Scene(roads)
    said = [scene.look(float(now), (600.0 - 20.0 * now, -1.6, 20.0, 270.0)) for now in range(6)]
    assert [len(one) for one in said] == [0, 0, 0, 1, 1, 1], "each second anew, as it moves"
    assert {one[0].cause for one in said[3:]} == {CAUSES["wrong-way-driving"]}
    assert len(scene.book.told) == 1
    calm = Scene(roads, detect=("queue",))
    assert not any(calm.look(float(now), (600.0 - 20.0 * now, -1.6, 20.0, 270.0)) for now in range(6))


def test_known_sites_have_their_times(roads: Roads) -> None:
    works = {"cause": "roadworks", "edge": "second", "at": 50.0, "begin": 10.0, "end": 20.0, "closed": (True, True)}
    rain = {"cause": "adverse-weather-adhesion", "x": 100.0, "y": 0.0, "begin": 15.0}
    scene = Scene(roads, sites=(works, rain))
    assert scene.look(9.0) == []
    (told,) = scene.look(10.0)
    assert told.blocked
    assert told.traces
    (wet,) = scene.look(15.0)
    assert (wet.cause, wet.position, wet.traces) == (6, (100.0, 0.0), ())
    scene.look(20.0)
    assert [key[1] for key in scene.app._told] == [1]


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ({"edge": "third"}, 'sites[0].edge = "third": must be an edge of the net'),
        ({"edge": "first", "at": 400.0}, "sites[0].at = 400: must be at most "),
        ({"edge": "first", "closed": (True,)}, "sites[0].closed has 1 entries: must have 2"),
        ({"edge": "first", "x": 1.0, "y": 1.0}, "sites[0]: has cause, edge, x, y: must be on an edge, or at x and y"),
        ({"x": 1.0}, "sites[0]: has cause, x: must be on an edge, or at x and y"),
        ({}, "sites[0]: has cause: must be on an edge, or at x and y"),
        ({"edge": "first", "begin": 9.0, "end": 9.0}, "sites[0]: begin 9, end 9 s: must be ascending"),
        ({"x": 1.0, "y": 1.0, "closed": (True,)}, "sites[0].closed: is for a site on an edge"),
        ({"x": 1.0, "y": 1e9}, "sites[0]: x 1, y 1e+09 m: must be within 100 km of the unit"),
    ],
)
def test_a_site_that_is_none(roads: Roads, site: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        Scene(roads, sites=({"cause": "roadworks", **site},))
    assert said in str(error.value)


def test_a_site_is_told_by_the_nearest_who_lists_it(roads: Roads) -> None:
    works = {"cause": "roadworks", "edge": "second", "at": 50.0}
    other, knows, far = (
        Scene(roads, x=x, sites=sites) for x, sites in ((450.0, ()), (600.0, (works,)), (900.0, (works,)))
    )
    other.unit.city = knows.unit.city = far.unit.city = [other.unit, knows.unit, far.unit]
    assert [len(scene.look(1.0)) for scene in (other, knows, far)] == [0, 1, 0]


def test_of_neighbours_the_nearest_tells_it(roads: Roads) -> None:
    near, far = Scene(roads, x=350.0), Scene(roads, x=600.0)
    near.unit.city = far.unit.city = [near.unit, far.unit]
    assert len(near.look(1.0, *queue(400.0, 6))) == 1
    assert far.look(1.0, *queue(400.0, 6)) == []
    near.unit.on = False
    assert len(far.look(2.0, *queue(400.0, 6))) == 1, "a unit that is off tells nothing"
    near.unit.on = True
    far.look(3.0, *queue(400.0, 6))
    assert not far.app._told, "handed over at once"


def test_queues_that_divide_and_that_begin_at_once() -> None:
    """On edges 0 -> 2 and 1 -> 2, each 100 m long."""
    roads = cast(Any, SimpleNamespace(before=[(), (), (0, 1)], length=np.full(3, 100.0)))
    edge = np.array([2, 2, 0, 1, 1, 1, 0], np.int32)
    along = np.array([20.0, 10.0, 98.0, 95.0, 88.0, 80.0, 40.0])
    found = ends_of_queues(edge, along, np.full(7, 5.0), roads, 15.0, 5)
    assert {root: (spot.edge, spot.along) for root, spot in found.items()} == {2: (1, 75.0)}
    assert ends_of_queues(edge, along, np.full(7, 5.0), roads, 15.0, 6) == {}
    ring = cast(Any, SimpleNamespace(before=[(0,)], length=np.full(1, 20.0)))
    assert ends_of_queues(np.zeros(2, np.int32), np.array([8.0, 18.0]), np.full(2, 5.0), ring, 15.0, 2) == {}


def test_who_waits_behind_another_stands_for_a_reason() -> None:
    roads = cast(Any, SimpleNamespace(length=np.array([200.0])))
    none = np.zeros(3, np.int32)
    assert standing_alone(none, none, np.array([100.0, 90.0, 190.0]), roads, 30.0) == [0]
    assert standing_alone(none, np.array([0, 1, 0], np.int32), np.array([100.0, 90.0, 190.0]), roads, 30.0) == [0, 1]
