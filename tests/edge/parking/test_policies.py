"""Who gets which bay, against a plain reference."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import BayRequests, CarParks

Point = tuple[int, int]
Park = tuple[Point, int, int, int]  # where, capacity, occupied, reserved

point = st.tuples(st.integers(-9, 9), st.integers(-9, 9))
parks = st.lists(st.tuples(point, st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)), max_size=6)
wishes = st.lists(point, max_size=12)


def city(of: list[Park]) -> CarParks:
    ids = tuple(f"p{i}" for i in range(len(of)))
    numbers = np.array([(*xy, *rest) for xy, *rest in of], np.float64).reshape(-1, 5)
    whole = numbers.astype(np.int32)
    return CarParks(
        ids=ids,
        names=ids,
        kinds=("",) * len(of),
        x=numbers[:, 0].copy(),
        y=numbers[:, 1].copy(),
        edge=np.zeros(len(of), np.int32),
        capacity=whole[:, 2].copy(),
        price_per_hour=np.zeros(len(of)),
        occupied=whole[:, 3].copy(),
        reserved=whole[:, 4].copy(),
    )


def requests(of: list[Point]) -> BayRequests:
    xy = np.array(of, np.float64).reshape(-1, 2)
    return BayRequests(xy[:, 0].copy(), xy[:, 1].copy(), np.zeros(len(of), np.int32), np.full(len(of), 60.0))


def by_hand(wanted: list[Point], of: list[Park]) -> list[tuple[int, float]]:
    """One after the other to the nearest with a bay left; the first of several as near."""
    left = [max(capacity - occupied - reserved, 0) for _, capacity, occupied, reserved in of]
    answers = []
    for xy in wanted:
        open_ones = [(math.hypot(xy[0] - of[i][0][0], xy[1] - of[i][0][1]), i) for i in range(len(of)) if left[i]]
        walk, chosen = min(open_ones, default=(math.nan, -1))
        if chosen >= 0:
            left[chosen] -= 1
        answers.append((chosen, walk))
    return answers


@given(wishes, parks)
def test_nearest(wanted: list[Point], of: list[Park]) -> None:
    car_parks = city(of)
    free = car_parks.free.copy()
    before = {name: np.copy(value) for name, value in vars(car_parks).items()}
    assignment = nearest(requests(wanted), car_parks)
    expected = by_hand(wanted, of)
    assert assignment.car_park.tolist() == [chosen for chosen, _ in expected]
    np.testing.assert_allclose(assignment.cost, [walk for _, walk in expected])
    taken = np.bincount(assignment.car_park[assignment.car_park >= 0], minlength=len(of))
    assert (taken <= free).all()  # never overbooks
    assert taken.sum() == min(len(wanted), int(free.sum()))  # and turns nobody away while there is a bay
    for name, value in vars(car_parks).items():  # a policy only looks
        np.testing.assert_array_equal(value, before[name])


def test_first_come_first_served() -> None:
    near, far = ((0, 0), 1, 0, 0), ((5, 0), 1, 0, 0)
    assert nearest(requests([(1, 0), (0, 0), (0, 0)]), city([near, far])).car_park.tolist() == [0, 1, -1]


def test_no_car_park_no_request() -> None:
    assert nearest(requests([(0, 0)]), city([])).car_park.tolist() == [-1]
    assert nearest(requests([]), city([((0, 0), 1, 0, 0)])).car_park.tolist() == []


def test_a_planted_error_is_found() -> None:
    of: list[Park] = [((0, 0), 1, 0, 0), ((5, 0), 9, 0, 0)]
    overfull: list[Park] = [((0, 0), 2, 0, 0), ((5, 0), 9, 0, 0)]
    wanted = [(1, 0), (0, 0)]
    assert nearest(requests(wanted), city(overfull)).car_park.tolist() != [chosen for chosen, _ in by_hand(wanted, of)]
