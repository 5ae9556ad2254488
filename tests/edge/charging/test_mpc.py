"""Planned charging: against linear programs that are written down here, as plain as can be, and solved by GLOP."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp

from tests.edge.charging.test_power import FEEDERS, sessions
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.mpc import PredictiveControl
from wayside.edge.charging.optimum import PlanSteps, Wants, optimum
from wayside.edge.charging.power import share
from wayside.edge.charging.storage import Storage, Storages
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.day import Daily
from wayside.edge.errors import OptionError
from wayside.sim.recorded.charging import Charged, deliver
from wayside.sim.recorded.hindsight import offline
from wayside.sim.recorded.sessions import RecordedSessions

HOUR = 3600.0
PERIODS = 6
RICH = 1e3  # currency per kWh: more than any plan of these tests can cost

# By session: site, first hour, hours of stay, kWh, kW.
stays = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 4), st.integers(1, 6), st.integers(0, 20), st.sampled_from([3.0, 7.0, 11.0])
    ),
    min_size=1,
    max_size=5,
)
prices = st.lists(st.sampled_from([0.1, 0.25, 0.4, 1.0]), min_size=PERIODS, max_size=PERIODS)
charges = st.sampled_from([0.0, 0.5, 15.0])
caps = st.sampled_from([4.0, 9.0, np.inf])


def priced(by_hour: list[float]) -> Daily:
    rows = [(HOUR * k, HOUR * (k + 1), price) for k, price in enumerate(by_hour)]
    return Daily.of([*rows, (HOUR * PERIODS, 24 * HOUR, by_hour[-1])])


def by_glop(
    stays: list[tuple[int, int, int, int, float]], price: list[float], charge: float, limit: dict[tuple[int, ...], Any]
) -> tuple[float, float]:
    """The most energy [kWh], and the least cost of it. limit: by sites the kW at most, or those of each hour."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    power = {
        (k, t): solver.NumVar(0.0, kw, "")
        for k, (_, first, stay, _, kw) in enumerate(stays)
        for t in range(first, min(first + stay, PERIODS))
    }
    for k, (*_, kwh, _) in enumerate(stays):
        solver.Add(solver.Sum([v for (who, _), v in power.items() if who == k]) <= kwh)
    peak = solver.NumVar(0.0, solver.infinity(), "")
    for t in range(PERIODS):
        for sites, most in limit.items():
            kw = most[t] if isinstance(most, list) else most
            if np.isfinite(kw):
                solver.Add(solver.Sum([v for (k, at), v in power.items() if at == t and stays[k][0] in sites]) <= kw)
        solver.Add(solver.Sum([v for (_, at), v in power.items() if at == t]) <= peak)
    energy = solver.Sum(list(power.values()))
    solver.Maximize(energy)
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    most = solver.Objective().Value()
    solver.Add(energy >= most - 1e-7)
    solver.Minimize(solver.Sum([price[t] * v for (_, t), v in power.items()]) + charge * peak)
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return most, solver.Objective().Value()


def cost_of(kw: list[float], price: list[float], charge: float) -> float:
    return float(np.dot(kw, price)) + charge * max(kw)


@settings(max_examples=40)
@given(stays, prices, charges, caps, st.lists(caps, min_size=PERIODS, max_size=PERIODS))
def test_the_optimum_on_a_tree(
    stay: list[tuple[int, int, int, int, float]], price: list[float], charge: float, cap: float, of_day: list[float]
) -> None:
    """A site with a limit of each hour, one with none, one with a limit; feeders of 100 W and 150 W scaled to kW."""
    feeders = {name: (watts * 100.0, of) for name, (watts, of) in FEEDERS.items()}
    rows = [(HOUR * t, HOUR * (t + 1), 1e3 * min(kw, 99.0)) for t, kw in enumerate(of_day)]
    daily = {"a": Daily.of([*rows, (HOUR * PERIODS, 24 * HOUR, 0.0)])}
    limits = Limits.of(("a", "b", "c"), np.array([1.0, np.inf, cap * 1e3]), feeders, daily)
    tariff = Tariff(priced(price), charge, HOUR)
    limits = limits.billed(Meters.of(limits.names, limits.parent, {"t": (tariff, ())}))
    entries = [
        (k, t, kw) for k, (_, first, many, _, kw) in enumerate(stay) for t in range(first, min(first + many, PERIODS))
    ]
    who, when, most = (np.array(column) for column in zip(*entries, strict=True))
    begin = HOUR * np.arange(PERIODS)
    ones = np.ones(len(who))
    steps = PlanSteps(begin, begin + HOUR, who.astype(np.int32), when.astype(np.int32), ones, 1e3 * most, 0.0 * ones)
    site, energy = np.array([s[0] for s in stay], np.int32), np.array([1e3 * s[3] for s in stay])
    found, _ = optimum(steps, Wants(energy, np.ones(len(stay)), site), limits)
    assert (found >= 0.0).all()
    assert (found <= 1e3 * most).all()
    assert (np.bincount(who, found, len(stay)) <= energy + 1e-3).all()
    for t in range(PERIODS):
        through = limits.totals(site[who[when == t]], found[when == t])
        assert (through <= limits.during(HOUR * t, HOUR * (t + 1)).limit_w + 1e-3).all()
    kw = np.bincount(when, found, PERIODS) / 1e3
    within = {(0,): [min(kw, 99.0) for kw in of_day], (2,): cap, (0, 1): 10.0, (0, 1, 2): 15.0}
    energy_most, least = by_glop(stay, price, charge, within)
    assert kw.sum() == pytest.approx(energy_most, abs=1e-4)
    assert cost_of(kw.tolist(), price, charge) == pytest.approx(least, abs=2e-3)


def recorded(stay: list[tuple[int, int, int, int, float]]) -> RecordedSessions:
    """Those of one site whose stays begin at once: a plan that knows them all is the optimum in hindsight."""
    n = len(stay)
    names = tuple(map(str, range(n)))
    ends = np.array([min(first + many, PERIODS) for _, first, many, *_ in stay], np.int32)
    energy = np.array([1e3 * kwh for *_, kwh, _ in stay])
    begin = np.array([first for _, first, *_ in stay], np.int32)
    at = np.arange(n, dtype=np.int32)
    return RecordedSessions(datetime(2020, 1, 1), HOUR, names, at, names, begin, ends, ends, energy, 0)


suns = st.lists(st.sampled_from([0.0, 2.0, 6.0]), min_size=PERIODS, max_size=PERIODS)


batteries = st.none() | st.builds(
    Storage, st.sampled_from([4e3, 15e3]), st.sampled_from([2e3, 6e3]), st.sampled_from([0.8, 1.0]), st.floats(0.0, 1.0)
)


@settings(max_examples=40)
@given(stays, prices, charges, caps, suns, st.sampled_from([0.0, 0.1]), batteries)
def test_the_optimum_with_sun_and_storage(
    stay: list[tuple[int, int, int, int, float]],
    price: list[float],
    charge: float,
    cap: float,
    sun: list[float],
    feed_in: float,
    battery: Storage | None,
) -> None:
    """One site: what is drawn is what the grid gives, the sun and the battery; what is left is fed in."""
    stay = sorted((0, first, min(many, PERIODS - first), kwh, 7.0) for _, first, many, kwh, _ in stay)
    horizon = max(first + many for _, first, many, *_ in stay)
    solver = pywraplp.Solver.CreateSolver("GLOP")
    energy, drawn = [], list[list[Any]]([[] for _ in range(horizon)])
    for _, first, many, kwh, kw in stay:
        mine = [solver.NumVar(0.0, kw, "") for _ in range(many)]
        solver.Add(solver.Sum(mine) <= kwh)
        for t, variable in enumerate(mine, first):
            drawn[t].append(variable)
        energy += mine
    cost, peak = [], solver.NumVar(0.0, solver.infinity(), "")
    held = battery.charge * battery.capacity_wh / 1e3 if battery else 0.0
    for t in range(horizon):
        grid, fed = solver.NumVar(0.0, solver.infinity(), ""), solver.NumVar(0.0, solver.infinity(), "")
        most = battery.power_w / 1e3 if battery else 0.0
        gives, takes = solver.NumVar(0.0, most, ""), solver.NumVar(0.0, most, "")
        before = held
        held = solver.NumVar(0.0, battery.capacity_wh / 1e3 if battery else 0.0, "")
        solver.Add(held == before + (battery.efficiency if battery else 1.0) * takes - gives)
        solver.Add(solver.Sum(drawn[t]) + takes - gives == grid - fed + sun[t])
        solver.Add(grid - fed <= (cap if np.isfinite(cap) else 1e6))
        solver.Add(grid <= peak)
        cost.append(price[t] * grid - feed_in * fed)
    solver.Maximize(solver.Sum(energy))
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    most = solver.Objective().Value()
    solver.Add(solver.Sum(energy) >= most - 1e-7)
    solver.Minimize(solver.Sum(cost) + charge * peak)
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    shine = [(HOUR * t, HOUR * (t + 1), 1e3 * kw) for t, kw in enumerate(sun)]
    of_sun = Daily.of([*shine, (HOUR * PERIODS, 24 * HOUR, 0.0)])
    limits = Limits.of(("site",), np.array([cap * 1e3]), {}, None, {"site": of_sun})
    tariff = Tariff(priced(price), charge, HOUR, feed_in)
    limits = limits.billed(Meters.of(("site",), limits.parent, {"t": (tariff, ())}))
    if battery is not None:
        limits = limits.stored(Storages.of({0: battery}))
    found = offline(recorded(stay), limits, 7e3)
    assert found.delivered_wh.sum() / 1e3 == pytest.approx(most, abs=1e-3)
    assert found.costs is not None
    assert sum(found.costs) == pytest.approx(solver.Objective().Value(), rel=1e-3, abs=2e-3)


@settings(max_examples=20)
@given(stays, prices, charges, caps)
def test_month_and_hindsight(
    stay: list[tuple[int, int, int, int, float]], price: list[float], charge: float, cap: float
) -> None:
    """`offline` is the program's optimum, and so is what `mpc` comes to, period by period, where nobody comes later."""
    known = sorted((0, first, many, kwh, 7.0) for _, first, many, kwh, _ in stay)
    at_once = [(0, 0, many, kwh, 7.0) for _, _, many, kwh, _ in stay]

    def site() -> Limits:
        limits = Limits.of(("site",), np.array([cap * 1e3]), {})
        return limits.billed(Meters.of(("site",), limits.parent, {"t": (Tariff(priced(price), charge, HOUR), ())}))

    def check(result: Charged, of: list[tuple[int, int, int, int, float]]) -> None:
        most, least = by_glop(of, price, charge, {(0,): cap})
        assert result.delivered_wh.sum() / 1e3 == pytest.approx(most, abs=1e-3)
        assert result.costs is not None
        assert sum(result.costs) == pytest.approx(least, rel=1e-3, abs=2e-3)

    check(offline(recorded(known), site(), 7e3), known)
    planned = partial(PredictiveControl)
    check(deliver(recorded(at_once), lambda clock: stepping(planned()), site(), 7e3), at_once)


def stepping(policy: PredictiveControl) -> PredictiveControl:
    policy.step = HOUR
    return policy


def test_demand_booked_already_counts() -> None:
    """Half of a demand period is over with 5 kWh: the peak of 10 kW, paid for already, leaves 5 kWh more."""
    daily = Daily.steady(0.1)
    limits = Limits.of(("a",), np.array([np.inf]), {}).billed(
        Meters.of(("a",), np.array([-1], np.int32), {"t": (Tariff(daily, 10.0, HOUR), ())})
    )
    meters = limits.meters
    assert meters is not None
    meters.add(0.0, HOUR, np.array([10e3]))
    meters.add(HOUR, HOUR / 2, np.array([10e3]))
    begin = np.array([1.5, 2.0, 3.0]) * HOUR
    end = np.array([2.0, 3.0, 4.0]) * HOUR
    hours = np.array([0.5, 1.0, 1.0])
    steps = PlanSteps(
        begin, end, np.zeros(3, np.int32), np.arange(3, dtype=np.int32), hours, np.full(3, 99e3), np.zeros(3)
    )
    found, _ = optimum(steps, Wants(np.array([24e3]), np.ones(1), np.zeros(1, np.int32)), limits)
    kwh = found * hours / 1e3
    assert kwh.sum() == pytest.approx(24.0)
    assert kwh[0] <= 5.0 + 1e-6
    assert max(kwh[1:]) <= 10.0 + 1e-6


def test_without_a_tariff_it_charges_at_once_and_in_time() -> None:
    """The example of docs/charging.md: it meets all three, which no order of deadlines does."""
    leave = np.array([2.0, 2.0, 3.0]) * HOUR
    of = sessions([0] * 3, [1e3] * 3, departure_s=leave, energy_wh=np.array([1e3, 1e3, 3e3]), period_s=HOUR)
    limits = Limits.of(("a",), np.array([2e3]), {})
    granted = share(PredictiveControl(), of, limits)
    assert granted.sum() == pytest.approx(2e3)
    assert granted[2] == pytest.approx(1e3)


def test_who_comes_meanwhile_gets_what_the_plan_leaves() -> None:
    limits = Limits.of(("a",), np.array([10e3]), {})
    policy = PredictiveControl()
    first = sessions([0], [7e3], energy_wh=np.array([20e3]))
    assert share(policy, first, limits).tolist() == pytest.approx([7e3])
    both = sessions([0, 0], [7e3, 7e3], energy_wh=np.full(2, 20e3), arrival_s=np.array([0.0, 5.0]), now_s=10.0)
    assert share(policy, both, limits).tolist() == pytest.approx([7e3, 3e3])
    other = replace(first, arrival_s=np.array([20.0]), wanted_w=np.array([9e3]), now_s=30.0)
    assert share(policy, other, limits).tolist() == pytest.approx([9e3]), "in the place of the first"
    assert share(policy, replace(both, now_s=61.0), limits).sum() == pytest.approx(10e3)
    assert share(PredictiveControl(), sessions([], []), limits).tolist() == []


def test_it_waits_for_a_lower_price_but_not_for_somebody_who_waits() -> None:
    limits = Limits.of(("a",), np.array([50e3]), {})
    tariff = Tariff(Daily.of([(0.0, HOUR, 1.0), (HOUR, 24 * HOUR, 0.2)]))
    limits = limits.billed(Meters.of(("a",), limits.parent, {"t": (tariff, ())}))
    of = sessions([0, 0], [7e3, 7e3], energy_wh=np.full(2, 7e3), requested_wh=np.full(2, 7e3))
    of = replace(of, departure_s=np.array([5 * HOUR, np.nan]))
    slow = PredictiveControl()
    slow.delay = 5.0
    assert share(slow, of, limits).tolist() == pytest.approx([0.0, 7e3])


def test_a_plan_has_so_many_steps_at_most() -> None:
    class Day(PredictiveControl):
        horizon, step = 86_400.0, 300.0

    class Finer(Day):
        step = 299.0

    Day()
    with pytest.raises(OptionError, match=r"^step = 299: must be at least 300 s, horizon / 288, with horizon = 86400$"):
        Finer()
