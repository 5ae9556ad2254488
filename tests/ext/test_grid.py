"""Neighbours by cells, and by looking all through, against all distances."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.arrays import Bytes, Doubles, Flags
from wayside.ext.grid import Grid, Posts

Points = list[tuple[float, float]]

# Near ones, equal ones, far-flung ones; and a grid of decimals on which many distances are exactly a radius.
decimal = st.integers(-40, 40).map(lambda i: i / 10.0)
anywhere = st.floats(-1e3, 1e3, allow_subnormal=False)
far = st.floats(-1e9, 1e9, allow_subnormal=False)
points = st.one_of(*(st.lists(st.tuples(axis, axis), max_size=40) for axis in (decimal, anywhere, decimal | far)))
radii = st.integers(0, 60).map(lambda i: i / 10.0) | st.floats(0.0, 3e3) | st.just(math.inf)
cells = st.sampled_from([0.1, 0.3, 1.0, 7.0, 150.0])


def columns(of: Points) -> tuple[Doubles, Doubles]:
    array = np.array(of, np.float64).reshape(-1, 2)
    return array[:, 0].copy(), array[:, 1].copy()


def near(centres: Points, of: Points, present: Bytes, radius: float) -> Flags:
    """Centres x points: at most `radius` apart, by the squares of the differences."""
    (cx, cy), (x, y) = columns(centres), columns(of)
    dx, dy = x[None, :] - cx[:, None], y[None, :] - cy[:, None]
    found: Flags = (dx * dx + dy * dy <= radius * radius) & (present[None, :] == 1)
    return found


def counts(grid: Grid, centres: Points, radius: float) -> list[int]:
    found = np.full(len(centres), -1, np.int32)
    grid.count_within(*columns(centres), radius, found)
    return found.tolist()


def pairs(grid: Grid | Posts, centres: Points, radius: float) -> list[tuple[int, int]]:
    who, whom = grid.pairs_within(*columns(centres), radius)
    assert who.dtype == whom.dtype == np.int32
    return list(zip(who.tolist(), whom.tolist(), strict=True))


def compare(of: Points, present: Bytes, centres: Points, radius: float, cell: float) -> None:
    grid = Grid(cell)
    grid.build(*columns(of), present)
    reference = near(centres, of, present, radius)
    assert grid.count == present.sum()
    assert counts(grid, centres, radius) == reference.sum(axis=1).tolist()
    found = pairs(grid, centres, radius)
    assert [pair[0] for pair in found] == sorted(pair[0] for pair in found)
    assert sorted(found) == [(int(i), int(j)) for i, j in np.argwhere(reference)]


@given(points, points, radii, cells, st.data())
def test_as_all_distances(of: Points, centres: Points, radius: float, cell: float, data: st.DataObject) -> None:
    present = np.array(data.draw(st.lists(st.booleans(), min_size=len(of), max_size=len(of))), np.uint8)
    compare(of, present, centres + of[:5], radius, cell)


@given(points, radii, cells, st.data())
def test_points_exactly_on_the_radius(of: Points, radius: float, cell: float, data: st.DataObject) -> None:
    if math.isinf(radius):
        radius = 1.0
    sides = [(1, 0), (-1, 0), (0, 1), (0, -1), (0.6, 0.8), (-0.8, -0.6)]
    centres = [(x + radius * dx, y + radius * dy) for x, y in of for dx, dy in sides]
    compare(of, np.ones(len(of), np.uint8), centres, radius, cell)


@pytest.mark.parametrize("of", [[], [(3.0, 4.0)], [(3.0, 4.0)] * 50, [(1e8, 0.0), (-1e8, 0.0), (0.0, 1e8), (3.0, 4.0)]])
@pytest.mark.parametrize("radius", [0.0, 5.0, 1e9])
def test_corners(of: Points, radius: float) -> None:
    compare(of, np.ones(len(of), np.uint8), [(0.0, 0.0), (3.0, 4.0), (-1e8, 0.0)], radius, 1.0)


def town(vehicles: int, extent: float) -> tuple[Doubles, Doubles]:
    """On streets 100 m apart, one vehicle every metre: enough of them for many cells, and many exactly on a radius."""
    random = np.random.default_rng(vehicles)
    x, y = np.round(random.uniform(0.0, extent, (2, vehicles)))
    along = random.random(vehicles) < 0.5
    return np.where(along, x, 100.0 * np.round(x / 100.0)), np.where(along, 100.0 * np.round(y / 100.0), y)


@pytest.mark.parametrize(("vehicles", "extent"), [(7, 300.0), (639, 1500.0), (641, 1500.0), (3000, 5000.0), (900, 1e7)])
@pytest.mark.parametrize("radius", [50.0, 299.9, 300.0, 1e5])
def test_a_town(vehicles: int, extent: float, radius: float) -> None:
    """As many as the kernels take in vectors, some of them senders, and some of them not there."""
    x, y = town(vehicles, extent)
    present = (np.arange(vehicles) % 5 != 0).astype(np.uint8)
    senders = np.flatnonzero(np.arange(vehicles) % 3 == 1).astype(np.int32)
    grid, posts = Grid(150.0), Posts()
    grid.build(x, y, present)
    posts.build(x[::9].copy(), y[::9].copy(), present[::9].copy())
    dx, dy = x[None, :] - x[senders, None], y[None, :] - y[senders, None]
    reference = (dx * dx + dy * dy <= radius * radius) & (present == 1)
    found = np.full(len(senders), -1, np.int32)
    assert grid.count_within(x, y, radius, found, senders) == reference.sum()
    np.testing.assert_array_equal(found, reference.sum(axis=1))
    who, whom = grid.pairs_within(x, y, radius, senders)
    assert (np.diff(who) >= 0).all()
    # One number for each pair: hundreds of thousands of tuples would take seconds.
    np.testing.assert_array_equal(np.sort(who.astype(np.int64) * vehicles + whom), np.flatnonzero(reference))
    assert ((whom >= 0) & (whom < vehicles)).all()
    whom_expected, who_expected = np.nonzero(reference[:, ::9].T)
    who, whom = posts.pairs_within(x, y, radius, senders)
    np.testing.assert_array_equal(who, who_expected)
    np.testing.assert_array_equal(whom, whom_expected)


@given(st.integers(1, 2**40), st.integers(-3, 3), st.integers(0, 63), st.floats(0.0, 360.0))
def test_a_hair_from_the_radius(seed: int, ulps: int, at: int, heading: float) -> None:
    """Where single precision cannot tell, the answer is that of the doubles."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0.0, 3000.0, (2, 64))
    radius = 300.0
    centre = (float(x[at] + radius * math.cos(heading)), float(y[at] + radius * math.sin(heading)))
    x[at] += ulps * np.spacing(x[at])
    compare(list(zip(x.tolist(), y.tolist(), strict=True)), np.ones(64, np.uint8), [centre] * 2, radius, 150.0)


@given(points, points, radii, st.data())
def test_posts_as_all_distances(of: Points, centres: Points, radius: float, data: st.DataObject) -> None:
    present = np.array(data.draw(st.lists(st.booleans(), min_size=len(of), max_size=len(of))), np.uint8)
    posts = Posts()
    posts.build(*columns(of), present)
    reference = near(centres, of, present, radius)
    expected = [(int(centre), int(post)) for post, centre in np.argwhere(reference.T)]
    assert pairs(posts, centres, radius) == expected


def test_the_bound_belongs_to_it() -> None:
    grid = Grid(1.0)
    grid.build(*columns([(3.0, 4.0)]), np.ones(1, np.uint8))
    assert counts(grid, [(0.0, 0.0)], 5.0) == [1]
    assert counts(grid, [(0.0, 0.0)], math.nextafter(5.0, 0.0)) == [0]


def test_building_anew_forgets() -> None:
    grid = Grid(1.0)
    grid.build(*columns([(0.0, 0.0), (100.0, 100.0)]), np.ones(2, np.uint8))
    grid.build(*columns([(0.0, 0.0), (5.0, 5.0)]), np.array([0, 1], np.uint8))
    assert pairs(grid, [(0.0, 0.0)], 1000.0) == [(0, 1)]
    grid.build(*columns([]), np.zeros(0, np.uint8))
    assert (grid.count, pairs(grid, [(0.0, 0.0)], 1000.0)) == (0, [])


def test_never_built() -> None:
    assert pairs(Grid(1.0), [(0.0, 0.0)], 1.0) == []
    assert counts(Grid(1.0), [(0.0, 0.0)], 1.0) == [0]


def test_the_order_is_the_same_for_the_same_points() -> None:
    random = np.random.default_rng(1)
    x, y = random.uniform(0, 100, 300), random.uniform(0, 100, 300)
    first, second = Grid(10.0), Grid(10.0)
    second.build(y, x, np.ones(300, np.uint8))
    for grid in (first, second):
        grid.build(x, y, np.ones(300, np.uint8))
    for one, other in zip(first.pairs_within(x, y, 20.0), second.pairs_within(x, y, 20.0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_is_refused() -> None:
    grid, two, three = Grid(1.0), np.zeros(2), np.zeros(3)
    with pytest.raises(ValueError, match="different lengths"):
        grid.build(two, three, np.ones(2, np.uint8))
    with pytest.raises(ValueError, match="different lengths"):
        grid.count_within(two, two, 1.0, np.zeros(1, np.int32))
    with pytest.raises(ValueError, match="different lengths"):
        grid.pairs_within(two, three, 1.0)
    posts = Posts()
    with pytest.raises(ValueError, match="different lengths"):
        posts.build(two, three, np.ones(2, np.uint8))
    with pytest.raises(ValueError, match="different lengths"):
        posts.pairs_within(two, three, 1.0)
    for cell in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="above 0"):
            Grid(cell)


def test_a_planted_error_is_found() -> None:
    of = [(float(i), 0.0) for i in range(10)]
    grid = Grid(1.0)
    grid.build(*columns(of), np.ones(10, np.uint8))
    reference = near([(0.0, 0.0)], of, np.ones(10, np.uint8), 5.0)
    for wrong in (4.999, 6.0):  # the bound left out; a cell too many
        assert counts(grid, [(0.0, 0.0)], wrong) != reference.sum(axis=1).tolist()
