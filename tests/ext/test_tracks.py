"""Tracks: assignment against SciPy's, Kalman filters against a plain one, road users that go straight and cross."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from wayside.edge.perception.sensor import Following, Perceiving, Sensor, Telling
from wayside.edge.perception.tracks import AT, LOST, VALUES, Detections, PerceivedTracks
from wayside.ext import tracks as kernel

SENSOR = Sensor(100.0, 6.0, 1, 0, (1.0, 1.0), (0.3, 0.3), 0.5, 2.0, 0.0, True, 0.5)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 7), st.integers(0, 7), st.randoms(use_true_random=False))
def test_assignment_costs_least(n: int, m: int, random: object) -> None:
    draw = random.random  # type: ignore[attr-defined]
    gate = 9.0
    cost = np.array([[draw() * 2 * gate if draw() < 0.6 else 99.0 for _ in range(m)] for _ in range(n)]).reshape(n, m)
    a, b = np.nonzero(cost < gate)
    to = kernel.assign(n, m, a.astype(np.int32), b.astype(np.int32), cost[a, b], gate)
    whole = np.full((n, m + n), 1e6)
    whole[:, :m] = np.where(cost < gate, cost, 1e6)
    whole[np.arange(n), m + np.arange(n)] = gate
    rows, columns = linear_sum_assignment(whole)
    ours = sum(gate if to[k] < 0 else cost[k, to[k]] for k in range(n))
    assert ours == pytest.approx(whole[rows, columns].sum())
    taken = to[to >= 0]
    assert len(set(taken.tolist())) == len(taken)


def test_the_number_of_values_is_the_kernels() -> None:
    assert len(VALUES) == kernel.VALUES


def tracks(**following: float) -> PerceivedTracks:
    return PerceivedTracks(1, {0: Perceiving(SENSOR, Telling(1), Following(**following))})  # type: ignore[arg-type]


def confirmed(of: PerceivedTracks) -> Any:
    """The tracks of the unit that are believed and not lost."""
    rows = of.rows[0, : of.count[0]]
    return rows[(rows[:, AT["id"]] >= 0.0) & (rows[:, AT["misses"]] <= LOST)]


def look(of: PerceivedTracks, time: float, seen: np.ndarray, size: tuple[float, float] = (4.5, 1.8)) -> np.ndarray:
    """seen: N x (x, y, vx, vy)."""
    seen = np.asarray(seen, np.float64).reshape(-1, 4)
    n = len(seen)
    heading = np.arctan2(seen[:, 2], seen[:, 3])
    same = [np.full(n, value) for value in (size[0], size[1], 0.3, 5.0)]
    first = np.array([0, n], np.int32)
    columns = (np.ascontiguousarray(column) for column in seen.T)
    return of.look(Detections(time, np.zeros(1, np.int32), first, *columns, heading, *same))


def test_a_filter_is_a_plain_kalman_filter() -> None:
    of, random = tracks(confirm=1), np.random.default_rng(3)
    state = covariance = None
    f = np.eye(4)
    f[0, 2] = f[1, 3] = 0.1  # s
    q = np.zeros((4, 4))
    for axis in (0, 1):
        q[axis, axis], q[axis + 2, axis + 2] = 16.0 * 0.1**4 / 4, 16.0 * 0.1**2
        q[axis, axis + 2] = q[axis + 2, axis] = 16.0 * 0.1**3 / 2
    r = np.diag([0.09, 0.09, 0.25, 0.25])
    for k in range(30):
        seen = np.array([0.8 * k, 2.0, 8.0, 0.0]) + random.normal(size=4) * [0.3, 0.3, 0.5, 0.5]
        look(of, 0.1 * k, seen)
        if state is None:
            state, covariance = seen, r
        else:
            state, covariance = f @ state, f @ covariance @ f.T + q
            gain = covariance @ np.linalg.inv(covariance + r)
            state, covariance = state + gain @ (seen - state), (np.eye(4) - gain) @ covariance
        row = of.rows[0, 0]
        np.testing.assert_allclose(row[[AT[name] for name in ("x", "y", "vx", "vy")]], state)
        np.testing.assert_allclose(row[AT["pp"]], covariance[0, 0])
        np.testing.assert_allclose(row[AT["pv"]], covariance[0, 2])
        np.testing.assert_allclose(row[AT["vv"]], covariance[2, 2])
    assert of.count[0] == 1


def followed(
    paths: list[tuple[float, float, float, float]],
    looks: int,
    seed: int,
    found: float = 0.9,
    size: tuple[float, float] = (4.5, 1.8),
) -> tuple[int, int, int, float]:
    """Road users that keep their velocity: how often one was there, was not tracked, its number changed; mean error."""
    of, random = tracks(), np.random.default_rng(seed)
    last: dict[int, int] = {}
    there = missed = changed = 0
    errors = []
    truth = np.array(paths, np.float64)
    for k in range(looks):
        now = truth.copy()
        now[:, :2] += truth[:, 2:] * 0.1 * k
        seen = np.flatnonzero(random.random(len(now)) < found)
        look(of, 0.1 * k, now[seen] + random.normal(size=(len(seen), 4)) * [0.3, 0.3, 0.5, 0.5], size)
        if k < 10:
            continue
        shown = confirmed(of)
        for who, row in enumerate(now):
            there += 1
            away = np.hypot(shown[:, AT["x"]] - row[0], shown[:, AT["y"]] - row[1])
            if not len(away) or away.min() > 2.0:
                missed += 1
                continue
            number = int(shown[away.argmin(), AT["id"]])
            changed += last.get(who, number) != number
            last[who] = number
            errors.append(away.min())
    return there, missed, changed, float(np.mean(errors))


def test_who_goes_straight_keeps_his_number() -> None:
    there, missed, changed, error = followed([(0.0, 4.0 * lane, 10.0 + lane, 0.0) for lane in range(4)], 100, seed=1)
    assert missed <= 0.02 * there
    assert changed == 0
    assert error < 0.3  # better than one look


def test_who_crosses_mostly_keeps_his_number() -> None:
    cars = [(-30.0, 0.0, 8.0, 0.0), (0.3, -37.0, 0.0, 8.0)]
    totals = np.array([followed(cars, 80, seed) for seed in range(10)])
    assert totals[:, 1].sum() <= 0.03 * totals[:, 0].sum()
    assert totals[:, 2].sum() == 0
    people = [(-5.0, 0.0, 1.4, 0.0), (0.0, -5.0, 0.0, 1.4)]  # at one place at one time
    totals = np.array([followed(people, 80, seed, size=(0.5, 0.5)) for seed in range(10)])
    assert totals[:, 1].sum() <= 0.03 * totals[:, 0].sum()


def test_who_drives_abreast_too_near_for_the_sensor_swaps_numbers() -> None:
    """Swaps happen by themselves: two within the sensor's deviation of one another."""
    abreast = [(0.0, 0.0, 3.0, 0.0), (0.3, 0.3, 3.0, 0.0)]
    assert sum(followed(abreast, 150, seed, size=(0.5, 0.5))[2] for seed in range(10)) > 5


def test_one_look_is_not_believed_and_who_is_gone_is_forgotten() -> None:
    of = tracks()
    assert look(of, 0.0, [[0.0, 0.0, 5.0, 0.0]]).tolist() == [-1]
    assert not len(confirmed(of))
    assert look(of, 0.1, [[0.5, 0.0, 5.0, 0.0]]).tolist() == [-1]
    assert look(of, 0.2, [[1.0, 0.0, 5.0, 0.0]]).tolist() == [0]
    for k in range(3, 14):
        look(of, 0.1 * k, [])
        assert of.count[0] == (1 if k < 13 else 0), k
    assert look(of, 2.0, [[0.0, 0.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0]]).tolist() == [-1, -1]
    look(of, 2.1, [])
    look(of, 2.2, [])
    assert of.count[0] == 0  # never confirmed


def test_rooms_grow_and_are_checked() -> None:
    of = tracks(confirm=1)
    many = np.array([(20.0 * k, 0.0, 0.0, 0.0) for k in range(150)])
    numbers = look(of, 0.0, many)
    assert sorted(numbers.tolist()) == list(range(150))
    assert of.rows.shape[1] >= 150
    with pytest.raises(ValueError, match="room"):
        kernel.Tracker().look(
            np.zeros((1, 1, len(VALUES))),
            np.ones(1, np.int32),
            np.zeros(1, np.int32),
            np.ones((1, 5)),
            np.zeros(1, np.int32),
            np.array([0, 1], np.int32),
            0.0,
            *(np.zeros(1) for _ in range(9)),
        )


def test_headings_of_who_stands_are_the_sensors() -> None:
    of = tracks(confirm=1)
    for k in range(30):
        seen = Detections(
            0.1 * k, np.zeros(1, np.int32), np.array([0, 1], np.int32),
            *(np.array([value]) for value in (*[0.0] * 4, math.radians(350.0 if k % 2 else 10.0), 4.5, 1.8, 0.3, 5.0)),
        )  # fmt: skip
        of.look(seen)
    heading = math.degrees(of.rows[0, 0, AT["heading"]])
    assert min(heading, 360.0 - heading) < 10.0


def test_two_tracks_of_one_are_made_one_with_the_older_number() -> None:
    """An outlier begins a second track of the same car: without merging both would live on by turns."""
    of = tracks(confirm=1)
    assert [look(of, 0.1 * k, [[k, 0.0, 10.0, 0.0]]).tolist() for k in range(5)] == [[0]] * 5
    assert look(of, 0.5, [[6.9, 0.0, 16.0, 0.0]]).tolist() == [0]  # out of the gate, but where the car is
    assert of.count[0] == 1
    assert of.rows[0, 0, AT["x"]] == 6.9
    assert sorted(look(of, 0.6, [[7.9, 0.0, 10.0, 0.0], [7.9, 3.2, 10.0, 0.0]]).tolist())[1] > 0  # beside it: another
    assert of.count[0] == 2


def test_taking_the_nearest_first_would_be_found() -> None:
    """A case in which whoever takes the cheapest pair first pays more: the comparison with SciPy's can fail."""
    a, b = np.array([0, 0, 1], np.int32), np.array([0, 1, 0], np.int32)
    cost = np.array([1.0, 2.0, 1.5])
    assert kernel.assign(2, 2, a, b, cost, 9.0).tolist() == [1, 0]  # the cheapest pair is 0 with 0
