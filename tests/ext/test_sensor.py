"""The sensors' kernel: shadow against rays walked in small steps, what is found against what its options say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.ext.arrays import Doubles
from wayside.ext.sensor import COLUMNS, OUTCOMES, SensorField

ROUND = 2.0 * math.pi
HIDDEN_BY_BUILDING, HIDDEN_BY_OTHERS, FREE, NOT_IN_VIEW = 1, 2, 3, 4  # places in OUTCOMES
PLAIN = dict(zip(COLUMNS, (0.0, 0.0, 6.0, 100.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.0, 0.0, 0.5, 1.0), strict=True))
Box = tuple[float, float, float, float, float, float]  # x, y, heading, length, width, height


def field(outlines: list[list[tuple[float, float]]] | None = None, sectors: object = (), **more: float) -> SensorField:
    """One sensor at (0, 0), 6 m over the ground."""
    corners = np.array([corner for outline in outlines or [] for corner in outline], np.float64).reshape(-1, 2)
    first = np.cumsum([0, *(len(outline) for outline in outlines or [])]).astype(np.int64)
    where = np.array(sectors, np.float64).reshape(-1, 3)
    post = np.array([list((PLAIN | more).values())])
    x, y = corners.T.copy()
    return SensorField(post, np.array([7], np.uint64), where, x, y, first)


def sights(boxes: list[Box], speed: float = 0.0) -> tuple[np.ndarray, ...]:
    columns = np.array(boxes, np.float64).reshape(-1, 6).T.copy()
    n = columns.shape[1]
    x, y, heading, length, width, height = columns
    ones = np.ones(n, np.uint8)
    return x, y, np.zeros(n), heading, np.full(n, speed), length, width, height, np.arange(n, dtype=np.uint64), ones


def inside(box: Box, x: Doubles, y: Doubles) -> np.ndarray:
    cx, cy, heading, length, width, _ = box
    along = (x - cx) * math.sin(heading) + (y - cy) * math.cos(heading)
    across = (x - cx) * math.cos(heading) - (y - cy) * math.sin(heading)
    return (abs(along) < length / 2) & (abs(across) < width / 2)


def in_polygon(outline: list[tuple[float, float]], x: Doubles, y: Doubles) -> np.ndarray:
    found = np.zeros(len(x), bool)
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
        if ay != by:
            found ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return found


def walked(boxes: list[Box], squares: list[tuple[float, float, float]], more: float) -> list[tuple[int, int]]:
    """How many of five lines of sight to each are cut by buildings, and by others alone, by walking along them in
    steps of a few cm; all that cuts is larger by `more` m on each side.
    """
    outlines = [square(x - more, y - more, a + 2 * more) for x, y, a in squares]
    larger = [
        (x, y, turn, length + 2 * more, width + 2 * more, height + more) for x, y, turn, length, width, height in boxes
    ]
    found = []
    t = (np.arange(3000) + 0.5) / 3000
    for k, (cx, cy, heading, length, width, height) in enumerate(boxes):
        walls = others = 0
        for a, c in ((0, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            px = cx + 0.4 * length * a * math.sin(heading) + 0.4 * width * c * math.cos(heading)
            py = cy + 0.4 * length * a * math.cos(heading) - 0.4 * width * c * math.sin(heading)
            x, y, z = px * t, py * t, 6.0 + (height / 2 - 6.0) * t
            wall = any(in_polygon(outline, x, y).any() for outline in outlines)
            other = any((inside(box, x, y) & (z < box[5])).any() for j, box in enumerate(larger) if j != k)
            walls += wall
            others += other and not wall
        found.append((walls, others))
    return found


def square(x: float, y: float, a: float) -> list[tuple[float, float]]:
    return [(x, y), (x + a, y), (x + a, y + a), (x, y + a)]


numbers = st.floats(-70.0, 70.0)
box = st.tuples(numbers, numbers, st.floats(0.0, ROUND), st.floats(1.0, 14.0), st.floats(0.5, 2.5), st.floats(1.0, 4.0))


@settings(max_examples=40, deadline=None)
@given(st.lists(box, min_size=1, max_size=6), st.lists(st.tuples(numbers, numbers, st.floats(2.0, 15.0)), max_size=2))
def test_shadow_is_what_rays_find(boxes: list[Box], squares: list[tuple[float, float, float]]) -> None:
    squares = [
        one
        for one in squares
        if not in_polygon(square(one[0] - 1, one[1] - 1, one[2] + 2), np.zeros(1), np.zeros(1))[0]
    ]
    told = field([square(*one) for one in squares], range=200.0).outcomes(0, sights(boxes))
    # Steps miss corners that are cut by less than a step: so between what they find and what they find of larger
    # things.
    least, most = walked(boxes, squares, 0.0), walked(boxes, squares, 0.1)
    for outcome, (walls, others), (more_walls, more_others) in zip(told, least, most, strict=True):
        if walls >= 3:
            assert outcome == HIDDEN_BY_BUILDING
        if walls + others >= 3:
            assert outcome != FREE
        if more_walls < 3:
            assert outcome != HIDDEN_BY_BUILDING
        if more_walls + more_others < 3:
            assert outcome == FREE


def test_a_truck_hides_the_car_behind_it_and_a_car_only_one_that_is_near() -> None:
    truck, car, hidden = (
        (0.0, 30.0, 0.0, 10.0, 2.5, 4.0),
        (0.0, 30.0, 0.0, 4.5, 1.8, 1.5),
        (0.0, 45.0, 0.0, 4.5, 1.8, 1.5),
    )
    assert field().outcomes(0, sights([truck, hidden]))[1] == HIDDEN_BY_OTHERS
    assert field().outcomes(0, sights([car, hidden]))[1] == FREE
    assert field(z=30.0).outcomes(0, sights([truck, hidden]))[1] == FREE  # from high above
    assert field(shadow=0.0).outcomes(0, sights([truck, hidden]))[1] == FREE
    assert field().outcomes(0, sights([(0.0, 60.0, 0.0, 10.0, 2.5, 4.0), hidden]))[1] == FREE  # behind it


def test_the_building_that_a_sensor_hangs_at_hides_nothing() -> None:
    around = [(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)]
    before = [(-5.0, 10.0), (5.0, 10.0), (5.0, 15.0), (-5.0, 15.0)]
    car = [(0.0, 45.0, 0.0, 4.5, 1.8, 1.5)]
    assert field([around]).outcomes(0, sights(car))[0] == FREE
    assert field([around, before]).outcomes(0, sights(car))[0] == HIDDEN_BY_BUILDING


def test_sectors_are_where_a_sensor_looks() -> None:
    circle = [(50.0 * math.sin(a), 50.0 * math.cos(a), 0.0, 1.0, 1.0, 1.5) for a in np.radians(np.arange(5, 360, 10))]
    sectors = [(0, math.radians(-20.0), math.radians(40.0)), (0, math.radians(180.0), math.radians(30.0))]
    seen = field(sectors=sectors, shadow=0.0).outcomes(0, sights(circle)) == FREE
    degrees = np.arange(5, 360, 10)
    assert seen.tolist() == ((degrees <= 20) | (degrees >= 340) | ((degrees >= 180) & (degrees <= 210))).tolist()


def looks(sensor: SensorField, columns: tuple[np.ndarray, ...], moments: int) -> list[np.ndarray]:
    """The columns of all detections of many looks."""
    due = np.zeros(1, np.int32)
    found = [sensor.look(due, 5, moment, columns) for moment in range(moments)]
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def test_what_is_found_is_as_often_and_as_exact_as_said() -> None:
    said = {"found": 0.9, "found_far": 0.5, "sigma": 0.2, "sigma_far": 1.0, "speed_sigma": 0.4, "shadow": 0.0}
    near, far = (0.0, 10.0, 0.0, 4.5, 1.8, 1.5), (90.0, 0.0, 0.0, 4.5, 1.8, 1.5)
    sensor = field(**said)
    n = 4000
    _, who, x, y, vx, vy, *_, sigma = looks(sensor, sights([near, far], speed=10.0), n)
    for k, (chance, spread, at) in enumerate([(0.86, 0.28, (0.0, 10.0)), (0.54, 0.92, (90.0, 0.0))]):
        mine = who == k
        assert mine.sum() / n == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / n))
        assert sigma[mine] == pytest.approx(spread)
        for error in (x[mine] - at[0], y[mine] - at[1]):
            assert error.std() == pytest.approx(spread, rel=0.06)
            assert error.mean() == pytest.approx(0.0, abs=4 * spread / math.sqrt(mine.sum()))
        assert vy[mine].mean() == pytest.approx(10.0, abs=0.05)
        assert vx[mine].std() == pytest.approx(0.4, rel=0.06)
    counts = sensor.counts()[0]
    assert counts[0] == 2 * n
    assert counts[0] == counts[1:4].sum() + len(who)


def test_false_alarms_come_as_often_as_said_and_where_one_looks() -> None:
    sensor = field(sectors=[(0, 0.0, math.pi / 2)], false_alarms=0.3)
    _, who, x, y, *_ = looks(sensor, sights([]), 4000)
    assert (who == -1).all()
    assert len(who) / 4000 == pytest.approx(0.3, abs=4 * math.sqrt(0.3 / 4000))
    assert (x >= 0).all()
    assert (y >= 0).all()
    assert (np.hypot(x, y) <= 100.0).all()
    assert np.mean(np.hypot(x, y) < 50.0) == pytest.approx(0.25, abs=0.06)  # evenly over the area
    assert sensor.counts()[0][OUTCOMES.index("false-alarm")] == len(who)


def test_what_is_found_of_one_depends_on_nobody_else() -> None:
    one = (0.0, 30.0, 0.0, 4.5, 1.8, 1.5)
    crowd = [one, *((10.0 * k, -20.0, 0.0, 4.5, 1.8, 1.5) for k in range(5))]
    alone, among = (looks(field(found_far=0.5, shadow=0.0), sights(who), 50) for who in ([one], crowd))
    mine = among[1] == 0
    for a, b in zip(alone, among, strict=True):
        np.testing.assert_array_equal(a, b[mine])
    # Another seed, another time: other chance.
    other = field(found_far=0.5, shadow=0.0).look(np.zeros(1, np.int32), 6, 0, sights([one]))
    assert len(other[0]) == 0 or other[2][0] != alone[2][0]


def test_who_is_not_there_is_not_seen_and_shadows_nobody() -> None:
    columns = sights([(0.0, 30.0, 0.0, 10.0, 2.5, 4.0), (0.0, 45.0, 0.0, 4.5, 1.8, 1.5)])
    columns[-1][0] = 0
    assert field().outcomes(0, columns).tolist() == [NOT_IN_VIEW, FREE]
    assert (looks(field(), columns, 5)[1] == 1).all()


def test_columns_must_fit() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        field().look(np.zeros(1, np.int32), 1, 0, (np.zeros(3), *sights([])[1:]))
    with pytest.raises(ValueError, match="there is none"):
        field().outcomes(3, sights([]))


def test_a_sensor_without_shadow_would_be_found() -> None:
    """What rays find differs from what a kernel that forgot shadow would say: the comparison above can fail."""
    scene: list[Box] = [(0.0, 30.0, 0.0, 10.0, 2.5, 4.0), (0.0, 45.0, 0.0, 4.5, 1.8, 1.5)]
    assert sum(walked(scene, [], 0.0)[1]) >= 3
    assert field(shadow=0.0).outcomes(0, sights(scene))[1] == FREE
