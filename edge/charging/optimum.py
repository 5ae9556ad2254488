"""The best that can be done with charges that are known: a linear program over sessions and steps of time, by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.program import Program
from wayside.ext.arrays import Doubles, Ints


@dataclass(frozen=True)
class Steps:
    """When each session can be charged: an entry for each of its steps. Power is steady while a step lasts."""

    begin_s: Doubles  # of the steps
    end_s: Doubles
    who: Ints  # the session of an entry
    when: Ints  # its step
    hours: Doubles  # for which it is there in the step, above 0
    most_w: Doubles  # what it can take, at the pile
    dislike: Doubles  # currency per kWh at the pile, over and above what is paid

    @property
    def all_hours(self) -> Doubles:
        """How long each step lasts."""
        found: Doubles = (self.end_s - self.begin_s) / 3600.0
        return found


@dataclass(frozen=True)
class Wants:
    """What each session wants."""

    energy_wh: Doubles  # into the battery
    efficiency: Doubles
    site: Ints  # node of the limits


def optimum(steps: Steps, wants: Wants, limits: Limits) -> Doubles:
    """The power of each entry [W] by which as much energy as can be reaches the batteries, and of all ways to do so the
    one that costs least: prices and demand charges of the meters, less what is fed in, and what is disliked. No limit
    is exceeded in any step, but for the solver's rounding, 1e-7 kW.

    A kWh into a battery is worth more than any that is drawn can cost, so nothing is left undelivered for its price.
    Demand periods that have begun count with what is booked in them; peaks so far are paid already. RuntimeError with
    HiGHS's own words where it finds no solution.
    """
    n = len(steps.who)
    if not n:
        return np.empty(0)
    program, columns = Program(), np.arange(n)
    kwh = steps.hours * wants.efficiency[steps.who]  # into the battery, of 1 kW
    paid, worth = steps.dislike.copy(), float(steps.dislike.max())
    for k in range(len(limits.meters or ())):
        assert limits.meters is not None
        tariff, node = limits.meters.tariff[k], int(limits.meters.node[k])
        mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
        price = tariff.price.mean(steps.begin_s, steps.end_s)
        paid[mine] += price[steps.when[mine]]
        worth += float(price.max()) + tariff.demand_charge * 3600.0 / tariff.demand_period_s
    worth = 1.0 + 2.0 * worth / float(wants.efficiency.min())
    program.columns(paid * steps.hours - worth * kwh, 0.0, steps.most_w / 1000.0)
    program.rows(steps.who, columns, kwh, wants.energy_wh / 1000.0)
    _keep(program, steps, wants, limits)
    for k in range(len(limits.meters or ())):
        _pay(program, steps, wants, limits, k)
    found: Doubles = np.clip(program.solve()[:n], 0.0, steps.most_w / 1000.0) * 1000.0
    return found


def _keep(program: Program, steps: Steps, wants: Wants, limits: Limits) -> None:
    """Rows that keep the limits, where what could be drawn is more."""
    within = limits.least_w(steps.begin_s, steps.end_s)
    for node in np.flatnonzero(np.isfinite(within).any(axis=1)).tolist():
        mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
        tight = np.bincount(steps.when[mine], steps.most_w[mine], len(steps.begin_s)) > within[node]
        mine = mine[tight[steps.when[mine]]]
        row = np.cumsum(tight) - 1
        program.rows(row[steps.when[mine]], mine, np.ones(len(mine)), within[node, tight] / 1000.0)


def _pay(program: Program, steps: Steps, wants: Wants, limits: Limits, k: int) -> None:
    """What is fed in at a meter, where the sun may give more than is drawn, and the peak that it has to pay."""
    assert limits.meters is not None
    meters, count = limits.meters, len(steps.begin_s)
    tariff, node = meters.tariff[k], int(meters.node[k])
    mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
    step, there = steps.when[mine], steps.hours[mine] / steps.all_hours[steps.when[mine]]
    sun = limits.sun_w(steps.begin_s, steps.end_s)[node] / 1000.0
    if sun.any():  # drawn + fed in >= the sun; where it is more, what is drawn from the grid is the difference
        gain = tariff.price.mean(steps.begin_s, steps.end_s) - tariff.feed_in
        fed = program.columns(gain * steps.all_hours, 0.0, np.full(count, np.inf))
        program.rows(np.append(step, np.arange(count)), np.append(mine, fed), -np.append(there, np.ones(count)), -sun)
        step, there = np.append(step, np.arange(count)), np.append(there, np.ones(count))
        mine = np.append(mine, fed)
    if not tariff.demand_charge or not len(mine):
        return
    period, clock = tariff.demand_period_s, tariff.price.clock_s
    first = int(np.floor((steps.begin_s[0] + clock) / period + 1e-9))
    of, by, share = _periods(steps.begin_s + clock, steps.end_s + clock, period)
    least = np.bincount(of - first, share * sun[by])  # kW, as all below
    if meters.period[k] == first:
        least[0] -= meters.booked_wh[k] * 3.6 / period
    (peak,) = program.columns(np.array([tariff.demand_charge]), float(meters.peak_w[k]) / 1000.0, np.array([np.inf]))
    # Each entry of a step in each period that the step has a part in.
    order = np.argsort(step, kind="stable")
    begin, end = np.searchsorted(step[order], by), np.searchsorted(step[order], by, "right")
    many = end - begin
    entry = order[np.repeat(begin - np.cumsum(many) + many, many) + np.arange(many.sum())]
    row, value = np.repeat(of - first, many), np.repeat(share, many) * there[entry]
    periods = np.arange(len(least))
    program.rows(
        np.append(row, periods),
        np.append(mine[entry], np.full(len(periods), peak)),
        np.append(value, -np.ones(len(periods))),
        least,
    )


def _periods(begin: Doubles, end: Doubles, period: float) -> tuple[Ints, Ints, Doubles]:
    """By overlap of steps and demand periods: the period's number, the step's, and what share of the period it is."""
    first = np.floor(begin / period + 1e-9).astype(np.int32)
    many = np.ceil(end / period - 1e-9).astype(np.int32) - first
    step = np.repeat(np.arange(len(begin), dtype=np.int32), many)
    number = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + first[step]
    share = (np.minimum(end[step], (number + 1) * period) - np.maximum(begin[step], number * period)) / period
    return number.astype(np.int32), step, share
