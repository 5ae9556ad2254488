"""Which tracks a unit tells of: the rules of TS 103 324 and of TR 103 562; and its map of who is heard and sensed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from wayside.edge.ldm import BOTH, CONTENT, HEARD, SENSED, LocalDynamicMaps
from wayside.edge.messages.perceived import PerceivedObjects
from wayside.edge.messages.stations import StationType
from wayside.edge.perception.sensor import RULES, Following, Perceiving, Sensor, Telling
from wayside.edge.perception.tracks import AT, Detections, PerceivedTracks

SENSOR = Sensor(100.0, 6.0, 1, 0, (1.0, 1.0), (0.3, 0.3), 0.5, 2.0, 0.0, True, 0.5)
UNIT = np.zeros(1, np.int32)


def maps(**telling: Any) -> LocalDynamicMaps:
    """Of one unit, which believes each detection at once."""
    of = LocalDynamicMaps(1)
    of.perceived = PerceivedTracks(1, {0: Perceiving(SENSOR, Telling(1, **telling), Following(confirm=1))})
    return of


def tracks(of: LocalDynamicMaps) -> PerceivedTracks:
    assert of.perceived is not None
    return of.perceived


def place(of: LocalDynamicMaps, *users: tuple[float, float, float, float], kind: int = 5, now: float = 0.0) -> None:
    """Exact tracks at x, y, with a velocity."""
    n = len(users)
    columns = np.array(users, np.float64).reshape(-1, 4).T.copy()
    heading = np.arctan2(columns[2], columns[3])
    rest = [np.full(n, value) for value in (4.0, 1.8, 0.3, float(kind))]
    tracks(of).look(Detections(now, UNIT, np.array([0, n], np.int32), *columns, heading, *rest))


def set_(of: LocalDynamicMaps, row: int = 0, **values: float) -> None:
    for name, value in values.items():
        tracks(of).rows[0, row, AT[name]] = value


def told(of: LocalDynamicMaps, now: float) -> list[int]:
    """The numbers of those told of now."""
    return tracks(of).choose(UNIT, now, round(now * 10), of)[1].id.tolist()


def test_what_is_new_is_told_once_and_again_after_a_second() -> None:
    of = maps()
    place(of, (10.0, 0.0, 5.0, 0.0))
    assert told(of, 0.1) == [0]
    assert [told(of, 0.1 * k) for k in range(2, 11)] == [[]] * 9
    assert told(of, 1.1) == [0]


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"x": 14.1}, True),
        ({"x": 13.9}, False),
        ({"vx": 5.6}, True),
        ({"vx": 5.4}, False),
        ({"heading": math.radians(94.5)}, True),
        ({"heading": math.radians(93.5)}, False),
        ({"vx": 0.0, "heading": math.radians(120.0), "said_speed": 0.0}, False),  # who stands has no direction
    ],
)
def test_what_has_changed_is_told(changes: dict[str, float], due: bool) -> None:
    of = maps()
    place(of, (10.0, 0.0, 5.0, 0.0))
    assert told(of, 0.1) == [0]
    set_(of, **changes)
    assert told(of, 0.2) == ([0] if due else [])


def test_persons_are_told_of_together_each_half_second() -> None:
    of = maps()
    place(of, (10.0, 0.0, 1.0, 0.0), (20.0, 0.0, 1.0, 0.0), kind=StationType.PEDESTRIAN)
    assert told(of, 0.1) == [0, 1]
    assert told(of, 0.5) == []
    set_(of, 1, said_time=0.0)
    assert told(of, 0.5) == [0, 1]


def test_who_is_lost_or_not_confirmed_is_not_told_of() -> None:
    of = maps()
    place(of, (10.0, 0.0, 5.0, 0.0), (30.0, 0.0, 5.0, 0.0))
    set_(of, 0, id=-1.0)
    set_(of, 1, misses=3.0)
    assert told(of, 0.1) == []


def hear(
    of: LocalDynamicMaps, x: float, y: float, speed: float, heading: float, now: float, length: float = 4.0
) -> None:
    content = np.array([[x, y, speed, heading, length, 77.0, np.nan, 5.0, np.nan]])
    of.hear(UNIT, UNIT, np.array([3], np.int32), content, now)


def overhear(
    of: LocalDynamicMaps, x: float, now: float, sigma: float = 0.5, away: float = 100.0, vx: float = 5.0
) -> None:
    """Another unit tells of somebody."""
    one = [np.array([value]) for value in (x, 0.0, vx, 0.0, 90.0, 4.0, 1.8, sigma, 0.5, 1.0)]
    objects = PerceivedObjects(UNIT, *one, np.array([5], np.int32), np.array([now]))
    tracks(of).overhear(UNIT, UNIT, objects, np.array([away]), now, round(now * 10))


def test_who_announces_himself_is_left_out() -> None:
    of = maps(redundancy=("self-announcement",))
    place(of, (10.0, 0.0, 5.0, 0.0), (10.0, 20.0, 5.0, 0.0))
    hear(of, 12.0, 0.0, 5.0, 90.0, now=0.0)
    tracks(of).match(of, 0.1)
    assert told(of, 0.1) == [1]
    assert tracks(of).omitted[0].tolist() == [1, 0, 0, 0, 0]
    assert told(of, 1.2) == [0, 1]  # it was more than a second ago


@pytest.mark.parametrize(
    ("rule", "heard", "telling", "left_out"),
    [
        ("frequency", {}, {"most": 0}, True),
        ("frequency", {}, {"most": 1}, False),
        ("dynamics", {}, {}, True),
        ("dynamics", {"vx": 6.0}, {}, False),
        ("dynamics", {"vx": 6.0}, {"faster_m_s": 2.0}, True),
        ("confidence", {"sigma": 0.1}, {}, True),
        ("confidence", {"sigma": 0.9}, {}, False),
        ("distance", {"away": 40.0}, {}, True),
        ("distance", {"away": 60.0}, {}, False),
        ("distance", {"away": 60.0}, {"distance_m": 70.0}, True),
    ],
)
def test_what_others_tell_is_left_out(
    rule: str, heard: dict[str, float], telling: dict[str, Any], left_out: bool
) -> None:
    of = maps(redundancy=(rule,), **telling)
    place(of, (10.0, 0.0, 5.0, 0.0))
    overhear(of, 10.0, 0.0, **heard)
    assert told(of, 0.1) == ([] if left_out else [0])
    assert tracks(of).omitted[0, RULES.index(rule)] == left_out


def test_what_others_told_counts_for_the_window_alone() -> None:
    of = maps(redundancy=("frequency",), most=1, window=5)
    place(of, (10.0, 0.0, 0.0, 0.0))
    for now in (0.0, 0.1):
        overhear(of, 10.0, now, vx=0.0)
    assert told(of, 0.2) == []
    assert told(of, 0.5) == [0]  # one of them is 5 ticks ago
    plain = maps()
    place(plain, (10.0, 0.0, 0.0, 0.0))
    for now in (0.0, 0.1):
        overhear(plain, 10.0, now, vx=0.0)
    assert told(plain, 0.2) == [0]  # without the rule


def test_what_others_tell_of_somebody_else_counts_nothing() -> None:
    of = maps(redundancy=("frequency",), most=0)
    place(of, (10.0, 0.0, 5.0, 0.0))
    overhear(of, 25.0, 0.0)
    assert told(of, 0.1) == [0]


def test_a_map_has_who_is_heard_sensed_and_both() -> None:
    of = maps()
    place(of, (10.0, 0.0, 5.0, 0.0), (10.0, 20.0, 5.0, 0.0))
    hear(of, 12.6, 0.0, 5.0, 90.0, now=0.0)  # its front: the middle is at 10.6
    tracks(of).match(of, 0.0)
    view = of.of(0, 0.1)
    assert view.origin.tolist() == [BOTH, SENSED]
    ours, theirs = 0.3**2, 1.5**2
    assert view.x[0] == pytest.approx((12.6 * ours + 12.0 * theirs) / (ours + theirs))
    assert view.uncertainty.tolist() == pytest.approx([math.sqrt(ours * theirs / (ours + theirs)), 0.3])
    assert view.station.tolist() == [77, -2]
    assert view.vehicle.tolist() == [3, -1]
    assert view.heading.tolist() == pytest.approx([90.0, 90.0])
    assert view.x[1] == pytest.approx(12.0)  # the middle of its front, as CAMs have it
    assert view.age.tolist() == pytest.approx([0.1, 0.1])
    assert view.type.tolist() == [5, 5]
    near = view.near((12.0, 20.0), 1.0)
    assert near.origin.tolist() == [SENSED]
    hear(of, 60.0, 0.0, 5.0, 90.0, now=0.1)  # it is somewhere else
    tracks(of).match(of, 0.1)
    view = of.of(0, 0.1)
    assert view.origin.tolist() == [HEARD, SENSED, SENSED]
    assert view.uncertainty[0] == pytest.approx(1.5)


def test_a_map_without_a_sensor_is_as_it_was() -> None:
    of = LocalDynamicMaps(1)
    hear(of, 12.0, 0.0, 5.0, 90.0, now=0.0)
    view = of.of(0, 0.1)
    assert view.state.shape == (len(CONTENT), 1)
    assert view.origin.tolist() == [HEARD]
    assert np.isnan(view.uncertainty).all()


def test_a_unit_that_is_switched_off_knows_nothing() -> None:
    of = maps()
    place(of, (10.0, 0.0, 5.0, 0.0))
    tracks(of).match(of, 0.0)
    tracks(of).forget(UNIT)
    assert len(of.of(0, 0.1)) == 0
