"""Which unit a vehicle would ask, against plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.awareness import NearestUnits

VEHICLES, UNITS, SERVICES = 4, 3, 2
HEARD_FOR = 25


# One second's announcements: which units speak, and who hears each of them.
second = st.lists(st.tuples(st.integers(0, UNITS - 1), st.sets(st.integers(0, VEHICLES - 1))), max_size=4)
place = st.tuples(st.integers(0, 9), st.integers(0, 9))


def play(
    seconds: list[list[tuple[int, set[int]]]],
    units: list[tuple[int, int]],
    vehicles: list[tuple[int, int]],
    offered: list[list[bool]],
    heard_for: int = HEARD_FOR,
) -> list[list[int]]:
    """The unit to ask, by service and vehicle, as the kernel keeps it."""
    home = np.full((SERVICES, VEHICLES), -1, np.int32)
    distance = np.full((SERVICES, VEHICLES), np.inf)
    heard = np.full((SERVICES, VEHICLES), -(10**9), np.int64)
    at = np.array(vehicles, np.float64)
    first = len(vehicles)
    nearest = NearestUnits()
    nearest.bind(at[:, 0].copy(), at[:, 1].copy(), home, distance, heard)
    for number, packets in enumerate(seconds):
        senders = np.array([unit for unit, _ in packets], np.int32)
        pairs = [(p, v) for p, (_, hearers) in enumerate(packets) for v in sorted(hearers)]
        xy = np.array(units, np.float64).reshape(-1, 2)
        pairs = [(-1, 0), *pairs, (len(packets), VEHICLES - 1)]  # around them, other kinds of packets
        nearest.hear(
            np.array([first + p for p, _ in pairs], np.int32),
            np.array([v for _, v in pairs], np.int32),
            senders,
            xy[:, 0].copy(),
            xy[:, 1].copy(),
            np.array(offered, np.uint8),
            10 * number,
            heard_for,
            first,
        )
    found: list[list[int]] = home.tolist()
    return found


def reference(
    seconds: list[list[tuple[int, set[int]]]],
    units: list[tuple[int, int]],
    vehicles: list[tuple[int, int]],
    offered: list[list[bool]],
) -> list[list[int]]:
    """The same by the words of the docstring, one vehicle and service at a time."""
    found = []
    for service in range(SERVICES):
        row = []
        for vehicle in range(VEHICLES):
            home, near, when = -1, math.inf, -math.inf
            for number, packets in enumerate(seconds):
                for unit, hearers in packets:
                    if vehicle not in hearers or not offered[unit][service]:
                        continue
                    d = math.dist(units[unit], vehicles[vehicle])
                    if home == unit or d < near or 10 * number - when > HEARD_FOR:
                        home, near, when = unit, d, 10 * number
            row.append(home)
        found.append(row)
    return found


towns = (
    st.lists(second, max_size=8),
    st.lists(place, min_size=UNITS, max_size=UNITS),
    st.lists(place, min_size=VEHICLES, max_size=VEHICLES),
    st.lists(st.lists(st.booleans(), min_size=SERVICES, max_size=SERVICES), min_size=UNITS, max_size=UNITS),
)


@given(*towns)
def test_the_nearest_is_kept(
    seconds: list[list[tuple[int, set[int]]]],
    units: list[tuple[int, int]],
    vehicles: list[tuple[int, int]],
    offered: list[list[bool]],
) -> None:
    assert play(seconds, units, vehicles, offered) == reference(seconds, units, vehicles, offered)


def test_a_planted_error_is_found() -> None:
    units, vehicles = [(0, 0), (9, 9), (5, 5)], [(1, 1)] * VEHICLES
    both = [[True, True]] * UNITS
    seconds = [[(0, {0})], [], [], [], [(1, {0})]]  # the near unit falls silent
    assert play(seconds, units, vehicles, both) == reference(seconds, units, vehicles, both)
    assert play(seconds, units, vehicles, both, heard_for=10**6) != reference(seconds, units, vehicles, both)


def test_what_does_not_fit_is_refused() -> None:
    two, nobody = np.zeros(2), np.zeros(0, np.int32)
    home, distance, heard = np.zeros((2, 2), np.int32), np.zeros((2, 2)), np.zeros((2, 2), np.int64)
    with pytest.raises(ValueError, match="different lengths"):
        NearestUnits().bind(two, two, home, distance[:1], heard)
    with pytest.raises(ValueError, match="different lengths"):
        NearestUnits().bind(two, np.zeros(3), home, distance, heard)
    nearest = NearestUnits()
    announcements = nobody, nobody, nobody, two[:0], two[:0], np.ones((3, 2), np.uint8)
    with pytest.raises(ValueError, match="different lengths"):
        nearest.hear(*announcements, 0, 25)  # bound to nothing
    nearest.bind(two, two, home, distance, heard)
    nearest.hear(*announcements, 0, 25)
    with pytest.raises(ValueError, match="different lengths"):
        nearest.hear(*announcements[:5], np.ones((3, 1), np.uint8), 0, 25)
