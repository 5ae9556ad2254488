"""Links: who is listed against all distances, powers against the formula, shadowing's statistics, walls."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ext.radio_doubles import links, matrix, place
from wayside.ext.arrays import Doubles
from wayside.ext.links import Links

coordinate = st.floats(-2000.0, 2000.0, allow_subnormal=False)
points = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30)
Points = list[tuple[float, float]]


def split(of: Points) -> tuple[list[float], list[float]]:
    return [x for x, _ in of], [y for _, y in of]


def expected(of: Points, range_m: float) -> Doubles:
    x, y = (np.array(axis) for axis in split(of))
    d = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    power = 200.0 * 10.0 ** (-(40.0 + 20.0 * np.log10(np.maximum(d, 3.0))) / 10.0)
    return np.where((d <= range_m) & ~np.eye(len(x), dtype=bool), power, 0.0)


@given(points)
def test_who_hears_whom_and_how_loud(of: Points) -> None:
    air = links(range_m=600.0)
    place(air, *split(of))
    found = matrix(air, len(of))
    assert np.array_equal(found, found.T)
    sure = np.abs(expected(of, 599.9) - expected(of, 600.1)) == 0.0
    assert np.allclose(found[sure], expected(of, 600.0)[sure], rtol=0.03)


@given(points, st.lists(st.tuples(st.floats(-80.0, 80.0), st.floats(-80.0, 80.0)), min_size=3, max_size=3))
def test_lists_last_while_stations_move(of: Points, moves: Points) -> None:
    air = links(range_m=600.0, skin=100.0)
    moved = of
    for dx, dy in [(0.0, 0.0), *moves]:
        # Each in a direction of its own.
        moved = [(x + dx * math.cos(k), y + dy * math.sin(k)) for k, (x, y) in enumerate(moved)]
        place(air, *split(moved))
        sure = np.abs(expected(moved, 599.9) - expected(moved, 600.1)) == 0.0
        assert np.allclose(matrix(air, len(of))[sure], expected(moved, 600.0)[sure], rtol=0.03)


@given(points, st.randoms(use_true_random=False), st.integers(0, 2**40))
def test_shadowing_depends_on_ids_alone(of: Points, random, seed: int) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(of)))
    random.shuffle(order)
    one, other = links(deviation=4.0, seed=seed), links(deviation=4.0, seed=seed)
    for shift in (0.0, 7.0, 30.0):
        x, y = split([(x + shift, y) for x, y in of])
        place(one, x, y)
        place(other, [x[k] for k in order], [y[k] for k in order], ids=[k + 1 for k in order])
        full = matrix(one, len(of))
        assert np.array_equal(full, full.T)
        assert np.array_equal(full[np.ix_(order, order)], matrix(other, len(of), threads=2))


def test_two_threads_give_the_same_bits() -> None:
    random = np.random.default_rng(3)
    x, y = random.uniform(0, 3000, 600), random.uniform(0, 3000, 600)
    tables = []
    for threads in (1, 2):
        air = links(deviation=3.0)
        for step in range(3):
            place(air, x + 3.0 * step, y)
            tables += [air.table(threads)] if step == 2 else []
            air.renew(threads)
    assert all(np.array_equal(one, two) for one, two in zip(*tables, strict=True))


def test_shadowing_is_normal_and_decorrelates_with_the_way() -> None:
    n = 400
    random = np.random.default_rng(4)
    x, y = random.uniform(0, 400, n), random.uniform(0, 400, n)
    plain, air = links(), links(deviation=3.0, decorrelation=25.0)
    shadows = []
    for step in range(3):
        # All move alike, so that distances stay: each link's ends move 10 m together per step.
        place(plain, x + 5.0 * step, y)
        place(air, x + 5.0 * step, y)
        upper = np.triu_indices(n, 1)
        shadows.append(10.0 * np.log10(matrix(air, n)[upper] / matrix(plain, n)[upper]) / 3.0)
    for one in shadows:
        assert abs(one.mean()) < 0.02
        assert one.std() == pytest.approx(1.0, abs=0.02)
        assert np.mean(one > 2.0) == pytest.approx(0.0228, abs=0.003)
    assert np.corrcoef(shadows[0], shadows[1])[0, 1] == pytest.approx(math.exp(-10 / 25), abs=0.02)
    assert np.corrcoef(shadows[0], shadows[2])[0, 1] == pytest.approx(math.exp(-20 / 25), abs=0.02)


def test_those_who_leave_fall_silent_and_slots_get_new_owners() -> None:
    air = links(deviation=5.0)
    x, y = [0.0, 50.0, 100.0], [0.0, 0.0, 0.0]
    place(air, x, y)
    before, searched = matrix(air, 3), air.searches
    place(air, x, y, on=[1, 0, 1])
    after = matrix(air, 3)
    assert air.searches == searched
    assert not after[1].any()
    assert not after[:, 1].any()
    assert after[0, 2] == before[0, 2]
    place(air, x, y, ids=[1, 9, 3])
    new = matrix(air, 3)
    assert new[0, 2] == before[0, 2]
    assert new[0, 1] > 0.0
    assert new[0, 1] != before[0, 1]


def test_who_stands_still_keeps_its_links_when_others_come() -> None:
    air = links(deviation=5.0)
    x, y = [300.0, 0.0, 50.0, 100.0], [0.0] * 4
    place(air, x, y, on=[0, 1, 1, 1])
    before, searched = matrix(air, 4), air.searches
    place(air, x, y, on=[1, 1, 1, 1])
    after = matrix(air, 4)
    assert air.searches == searched + 1
    assert np.array_equal(after[1:, 1:], before[1:, 1:])
    assert (after[0, 1:] > 0).all()
    assert np.array_equal(after, after.T)


def test_vehicles_in_between_only_take_away() -> None:
    n = 300
    random = np.random.default_rng(5)
    x, y = random.uniform(0, 500, n), random.uniform(0, 500, n)
    d = np.arange(0.0, 802.0)
    loss = (40.0 + 20.0 * np.log10(np.maximum(d, 3.0)))[None, None]
    flat = np.ones_like(loss)
    air = Links(
        range_m=800.0, loss=loss, deviation=0.0 * flat, sight=0.5 * flat, blocked=[9.0 * flat, 99.0 * flat],
        spread=[4.5 * flat, flat], blocked_deviation=0.0 * flat,
    )  # fmt: skip
    plain = links(range_m=800.0)
    place(air, x, y)
    place(plain, x, y)
    upper = np.triu_indices(n, 1)
    lost = -10.0 * np.log10(matrix(air, n)[upper] / matrix(plain, n)[upper])
    assert lost.min() > -1e-3
    assert np.mean(lost < 1e-3) == pytest.approx(0.5 + 0.5 * 0.0228, abs=0.01)
    assert lost[lost > 1e-3].mean() == pytest.approx(9.0, abs=0.35)


def walls() -> Links:
    """A house of 20 m x 10 m at the origin and a yard with two wings east of it."""
    air = links()
    house = [(0, 0), (20, 0), (20, 10), (0, 10)]
    yard = [(100, 0), (130, 0), (130, 30), (120, 30), (120, 10), (110, 10), (110, 30), (100, 30)]
    x, y = (np.array(axis, np.float64) for axis in zip(*house, *yard, strict=True))
    air.build_walls(x, y, np.array([0, 4, 12], np.int64), cell=7.0)
    return air


@pytest.mark.parametrize(
    ("line", "cuts", "inside"),
    [
        ((-10, 5, 30, 5), 2, 20.0),
        ((-10, 50, 30, 50), 0, 0.0),
        ((90, 20, 140, 20), 4, 20.0),  # both wings, not the yard between them
        ((90, 5, 140, 5), 2, 30.0),
        ((-10, 5, 140, 5), 4, 50.0),
        ((10, 5, 10, 30), 1, 5.0),  # from within
        ((10, 20, 10, -20), 2, 10.0),
    ],
)
def test_walls_cut_and_metres_inside(line: tuple[float, ...], cuts: int, inside: float) -> None:
    x, y, to_x, to_y = (np.array([v], np.float64) for v in line)
    air = walls()
    assert air.wall_loss(x, y, to_x, to_y)[0] == pytest.approx(9.0 * cuts + 0.4 * inside, abs=1e-3)
    assert air.wall_loss(to_x, to_y, x, y)[0] == pytest.approx(9.0 * cuts + 0.4 * inside, abs=1e-3)


def naive_cuts(line: tuple[float, float, float, float], corners: list[list[tuple[float, float]]]) -> int:
    """Proper crossings of a segment with all walls."""

    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    p, q = line[:2], line[2:]
    found = 0
    for polygon in corners:
        for a, b in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            found += side(p, q, a) * side(p, q, b) < 0 and side(a, b, p) * side(a, b, q) < 0
    return found


@given(st.integers(0, 10**6))
def test_the_grid_finds_every_wall(seed: int) -> None:
    random = np.random.default_rng(seed)
    corners = []
    for _ in range(12):
        cx, cy = random.uniform(-200, 200, 2)
        angle = np.sort(random.uniform(0, 2 * np.pi, 5))
        corners.append([(cx + 25 * np.cos(a), cy + 25 * np.sin(a)) for a in angle])
    air = links()
    x, y = (np.array(axis) for axis in zip(*(corner for polygon in corners for corner in polygon), strict=True))
    air.build_walls(x, y, np.arange(0, 61, 5, dtype=np.int64), cell=float(random.uniform(3.0, 80.0)))
    ends = random.uniform(-300, 300, (20, 4))
    lost = air.wall_loss(*(np.ascontiguousarray(column) for column in ends.T))
    for line, loss in zip(ends.tolist(), lost.tolist(), strict=True):
        cuts = naive_cuts(tuple(line), corners)  # type: ignore[arg-type]
        assert 9.0 * cuts - 1e-3 <= loss < 9.0 * cuts + 0.4 * 50.0 * 12 + 1e-3
        assert (loss == 0.0) == (cuts == 0)


def test_walls_darken_links() -> None:
    air = walls()
    place(air, [-10.0, 30.0], [5.0, 5.0])
    free = links()
    place(free, [-10.0, 30.0], [5.0, 5.0])
    ratio = matrix(free, 2)[0, 1] / matrix(air, 2)[0, 1]
    assert 10.0 * math.log10(ratio) == pytest.approx(2 * 9.0 + 0.4 * 20.0, abs=0.01)


def test_refusals() -> None:
    good = np.zeros((1, 1, 1002))
    with pytest.raises(ValueError, match="before the range"):
        Links(range_m=2000.0, loss=good, deviation=good)
    with pytest.raises(ValueError, match="classes x classes"):
        Links(range_m=10.0, loss=good[0], deviation=good[0])
    with pytest.raises(ValueError, match="deviation of shape"):
        Links(range_m=10.0, loss=good, deviation=good[:, :, :5])
    with pytest.raises(ValueError, match="no stations"):
        place(links(), [], [])
