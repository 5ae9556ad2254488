"""Views of a local dynamic map against the plain words of their names."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.doubles import hears, unit
from wayside.edge.ldm import LIFETIME
from wayside.edge.messages.stations import StationType, VehicleRole

whole = st.integers(-20, 20)
cars = st.lists(st.tuples(whole, whole, st.integers(0, 10)), max_size=8)


@given(cars, st.tuples(whole, whole), st.integers(0, 30), st.integers(0, 10))
def test_narrowing(of: list[tuple[int, int, int]], where: tuple[int, int], radius: int, speed: int) -> None:
    here = unit()
    hears(here, *of)
    view = here.ldm
    near = {i for i, (x, y, _) in enumerate(of) if math.dist((x, y), where) <= radius}
    slow = {i for i, (_, _, v) in enumerate(of) if v < speed}
    fast = {i for i, (_, _, v) in enumerate(of) if v > speed}
    assert set(view.near(where, radius).vehicle.tolist()) == near
    assert set(view.slower_than(speed).vehicle.tolist()) == slow
    assert set(view.faster_than(speed).vehicle.tolist()) == fast
    assert set(view.near(where, radius).slower_than(speed).vehicle.tolist()) == near & slow
    assert set(view.slower_than(speed).near(where, radius).vehicle.tolist()) == near & slow
    assert len(view) == len(of)  # narrowing leaves the view as it was
    if near:
        centre = [sum(of[i][axis] for i in near) / len(near) for axis in (0, 1)]
        np.testing.assert_allclose(view.near(where, radius).centroid, centre, atol=1e-9)


def test_the_columns() -> None:
    here = unit()
    hears(here, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), now=7.0)
    view = here.ldm
    assert view.x.tolist() == [1.0, 4.0]
    assert view.y.tolist() == [2.0, 5.0]
    assert view.speed.tolist() == [3.0, 6.0]
    assert view.heading.tolist() == [0.0, 0.0]
    assert view.length.tolist() == [5.0, 5.0]
    assert view.station.tolist() == [1000, 1001]
    assert view.heard.tolist() == [7.0, 7.0]
    assert view.acceleration.tolist() == [-1.5, -1.5]
    assert view.type.tolist() == [StationType.PASSENGER] * 2
    assert view.role.tolist() == [VehicleRole.NOT_SAID] * 2
    here.time = 8.5
    assert here.ldm.age.tolist() == [1.5, 1.5]
    assert here.ldm.near((1.0, 2.0), 1.0).age.tolist() == [1.5]


def test_nobody_has_no_middle() -> None:
    assert all(math.isnan(value) for value in unit().ldm.centroid)


def test_who_is_silent_for_long_is_forgotten() -> None:
    here = unit()
    hears(here, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), now=0.0)
    hears(here, (1.5, 2.0, 3.0), now=1.0)
    here.maps.forget(0.0 + LIFETIME - LIFETIME)
    assert len(here.ldm) == 2  # two seconds are still known
    here.maps.forget(0.1 + LIFETIME - LIFETIME)
    assert here.ldm.vehicle.tolist() == [0]
    assert here.ldm.x.tolist() == [1.5]
