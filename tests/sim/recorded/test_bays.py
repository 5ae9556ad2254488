"""The optimum in hindsight, against all that could have been done; a run is never better."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.children import run, wayside
from wayside.sim.recorded.bays import Wanted, best, worth

NONE = 10.0


def fits(wanted: Wanted, places: tuple[int, ...]) -> bool:
    """Whether nowhere at no time more stand than have room: looked at between all changes."""
    times = np.unique(np.concatenate((wanted.begin, wanted.end, wanted.since[1:])))
    for time in (times[1:] + times[:-1]) / 2.0:
        room = wanted.room[np.searchsorted(wanted.since, time, side="right") - 1]
        there = [p for p, b, e in zip(places, wanted.begin, wanted.end, strict=True) if p >= 0 and b <= time < e]
        if (np.bincount(there, minlength=wanted.room.shape[1]) > room).any():
            return False
    return True


@st.composite
def instances(draw: st.DrawFn) -> Wanted:
    drivers, places, steps = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    number = st.integers(0, 8)
    begin = np.array([draw(number) for _ in range(drivers)], np.float64)
    end = begin + [draw(st.integers(0, 4)) for _ in range(drivers)]
    walk = np.array([[draw(st.integers(0, 12)) for _ in range(places)] for _ in range(drivers)], np.float64)
    since = np.array([-np.inf, *sorted(draw(st.sets(number, min_size=steps - 1, max_size=steps - 1)))])
    room = np.array([[draw(st.integers(0, 2)) for _ in range(places)] for _ in since], np.int32)
    return Wanted(begin, end, walk, np.full(drivers, -1, np.int32), since, room)


@settings(max_examples=60, deadline=None)
@given(instances())
def test_nothing_is_better(wanted: Wanted) -> None:
    found = best(wanted, NONE, 60.0)
    drivers, places = wanted.walk.shape
    tried = [np.array(p) for p in itertools.product(range(-1, places), repeat=drivers) if fits(wanted, p)]
    assert found.exact
    assert fits(wanted, tuple(found.place.tolist()))
    assert found.total_m == worth(wanted, found.place, NONE) == min(worth(wanted, p, NONE) for p in tried)
    assert found.bound_m == pytest.approx(found.total_m)


def test_a_run_is_no_better(tmp_path: Path) -> None:
    folder = run("crossing", tmp_path / "run", "--set", "scenario.end=600", "--set", "parking.policy=nearest")
    told = wayside("hindsight", folder, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    theirs, ours = found["rows"]
    assert found["exact"]
    assert ours["sum_m"] <= theirs["sum_m"]
    assert 0 < theirs["parked"] <= ours["parked"] <= found["drivers"]


def test_what_is_no_run(tmp_path: Path) -> None:
    told = wayside("hindsight", tmp_path)
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    told = wayside("hindsight", tmp_path, "--none", "0")
    assert told.stderr == "wayside: hindsight: --none 0: must be above 0, and 1000000 at most\n"
