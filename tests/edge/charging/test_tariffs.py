"""Prices, limits and peaks over the day: against the same looked up minute by minute."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.day import DAY, Daily

SITES = ("a", "b", "c")
TREE = Limits.of(SITES, np.array([np.inf, 5e3, np.inf]), {"north": (9e3, ["a", "b"]), "city": (1e6, ["north", "c"])})
ALWAYS = Tariff(Daily.steady(0.5))

minutes = st.lists(st.integers(0, 1439), min_size=1, max_size=5, unique=True).map(sorted)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[tuple[float, float, float]], float]:
    """Rows that tell of the whole day, in any order, and the time of day at second 0."""
    starts = draw(minutes)
    values = draw(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0]), min_size=len(starts), max_size=len(starts)))
    ends = [*starts[1:], starts[0]]
    rows = [(60.0 * b, 60.0 * e, v) for b, e, v in zip(starts, ends, values, strict=True)]
    if len(rows) == 1:
        rows = [(0.0, DAY, values[0])]
    return draw(st.permutations(rows)), 60.0 * draw(st.integers(0, 1439))


def looked_up(rows: list[tuple[float, float, float]], clock_s: float, minute: int) -> float:
    """What is in force in a minute of the simulation."""
    of_day = (60.0 * minute + clock_s) % DAY
    for begin, end, value in rows:
        if begin <= of_day < end or (end <= begin and (of_day >= begin or of_day < end)):
            return value
    raise AssertionError


@given(days(), st.integers(0, 3000), st.integers(1, 2000))
def test_a_day(day: tuple[list[tuple[float, float, float]], float], first: int, many: int) -> None:
    rows, clock_s = day
    ours = Daily.of(rows, clock_s)
    theirs = [looked_up(rows, clock_s, first + k) for k in range(many)]
    begin, end = 60.0 * first, 60.0 * (first + many)
    assert ours.at(begin) == theirs[0]
    assert ours.at(begin + 59.9) == theirs[0]
    assert ours.least(begin, end) == min(theirs)
    assert ours.mean(np.array([begin]), np.array([end]))[0] == pytest.approx(np.mean(theirs))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(7, 22, 1.0)], "nothing is said of 00:00 to 07:00"),
        ([(0, 7, 1.0), (8, 24, 1.0)], "nothing is said of 07:00 to 08:00"),
        ([(0, 23.5, 1.0)], "nothing is said of 23:30 to 24:00"),
        ([(0, 24, 1.0), (7, 9, 2.0)], "07:00 to 09:00 is said twice"),
        ([(6, 22, 1.0), (21, 6, 2.0)], "21:00 to 22:00 is said twice"),
        ([], "nothing is said of 00:00 to 24:00"),
    ],
)
def test_what_is_no_day(rows: list[tuple[float, float, float]], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        Daily.of([(3600.0 * b, 3600.0 * e, v) for b, e, v in rows])


flows = st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0.0, 1e3, 3e3, 8e3])), min_size=1, max_size=8)


@given(days(), flows, st.sampled_from([5, 15, 60]), st.integers(0, 1000))
def test_a_bill(
    day: tuple[list[tuple[float, float, float]], float], flow: list[tuple[int, float]], period: int, first: int
) -> None:
    """Against sums over minutes."""
    rows, clock_s = day
    tariff = Tariff(Daily.of(rows, clock_s), 40.0, 60.0 * period)
    meters = Meters.of(TREE.names, TREE.parent, {"t": (tariff, ["north"])})
    at, cost, wh = first, 0.0, {}
    for many, watts in flow:
        meters.add(60.0 * at, 60.0 * many, np.array([watts, 0.0, 9e9, watts, 9e9]))
        for minute in range(at, at + many):
            cost += watts / 60e3 * looked_up(rows, clock_s, minute)
            number = int((minute + clock_s / 60.0) // period)
            wh[number] = wh.get(number, 0.0) + watts / 60.0
        at += many
    peak = max(wh.values()) * 60.0 / period
    assert meters.energy_wh[0] == pytest.approx(sum(wh.values()))
    assert meters.energy_cost[0] == pytest.approx(cost)
    assert meters.peak_w[0] == pytest.approx(peak)
    assert meters.demand_cost[0] == pytest.approx(40.0 * peak / 1e3)
    if peak:
        begun = wh[int((meters.peak_s[0] + clock_s) / 60.0 // period)] * 60.0 / period
        assert begun == pytest.approx(peak)


def test_where_the_meters_are() -> None:
    assert Meters.of(TREE.names, TREE.parent, {"t": (ALWAYS, [])}).names == ("city",)
    two = Meters.of(TREE.names, TREE.parent, {"t": (ALWAYS, ["c"]), "u": (Tariff(Daily.steady(9.0)), ["a", "b"])})
    assert (two.names, [tariff.price.at(0.0) for tariff in two.tariff]) == (("a", "b", "c"), [9.0, 9.0, 0.5])


@pytest.mark.parametrize(
    ("tariffs", "said"),
    [
        ({"t": ["d"]}, "t.of: 'd': must be one of a, b, c, north, city"),
        ({"t": ["a"], "u": ["a"]}, "u.of: 'a': is billed by t already"),
        ({"t": ["a", "city"]}, "t.of: 'a': is fed by city, which t bills already"),
        ({"t": [], "u": ["c"]}, "u.of: 'c': is fed by city, which t bills already"),
    ],
)
def test_what_meters_cannot_be(tariffs: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Meters.of(TREE.names, TREE.parent, {name: (ALWAYS, of) for name, of in tariffs.items()})


def test_limits_over_the_day() -> None:
    night = Daily.of([(22 * 3600.0, 6 * 3600.0, 8e3), (6 * 3600.0, 22 * 3600.0, 2e3)])
    limits = Limits.of(SITES, np.full(3, np.inf), {"north": (1.0, ["a", "b"])}, {"north": night})
    assert limits.limit_w.tolist() == [np.inf] * 3 + [8e3]
    morning = 6 * 3600.0
    assert limits.during(morning - 2.0, morning).limit_w[3] == 8e3
    assert limits.during(morning - 2.0, morning + 0.1).limit_w[3] == 2e3
    assert limits.during(morning, morning + 1.0).tree is limits.tree
    assert TREE.during(0.0, 1.0) is TREE


def test_what_is_fed_in() -> None:
    """Half an hour of 4 kW drawn, then of 2 kW fed in: nothing is offset, and the peak is of what was drawn."""
    meters = Meters.of(("a",), np.array([-1], np.int32), {"t": (Tariff(Daily.steady(0.5), 10.0, 3600.0, 0.1), ())})
    meters.add(0.0, 1800.0, np.array([4e3]))
    meters.add(1800.0, 1800.0, np.array([-2e3]))
    meters.add(3600.0, 0.0, np.array([9e9]))
    assert (meters.energy_wh[0], meters.fed_wh[0]) == (2e3, 1e3)
    assert meters.energy_cost[0] == pytest.approx(2 * 0.5 - 0.1)
    assert meters.peak_w[0] == 2e3


def test_what_the_sun_gives_can_be_drawn_beside() -> None:
    noon = Daily.of([(0.0, 12 * 3600.0, 0.0), (12 * 3600.0, DAY, 3e3)])
    feeders = {"north": (9e3, ["a", "b"]), "city": (1e6, ["north", "c"])}
    limits = Limits.of(SITES, np.array([np.inf, 5e3, np.inf]), feeders, None, {"b": noon, "a": Daily.steady(1e3)})
    assert limits.limit_w.tolist() == [np.inf, 5e3, np.inf, 10e3, 1e6 + 1e3]
    later = limits.during(12 * 3600.0, 13 * 3600.0)
    assert later.limit_w.tolist() == [np.inf, 8e3, np.inf, 13e3, 1e6 + 4e3]
    assert later.during(0.0, 1.0).limit_w.tolist() == limits.limit_w.tolist()
    half = limits.sun_w(np.array([11.5 * 3600.0]), np.array([12.5 * 3600.0]))[:, 0]
    assert half.tolist() == [1e3, 1.5e3, 0.0, 2.5e3, 2.5e3]
