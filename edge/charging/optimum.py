"""The best that can be done with charges that are known: a linear program over sessions and steps of time, by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.program import LinearProgram
from wayside.edge.charging.storage import Storages
from wayside.ext.arrays import Doubles, Ints

_IDLE = 1e-5  # currency per kWh: a storage that could as well do nothing does nothing


@dataclass(frozen=True)
class PlanSteps:
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


def optimum(
    steps: PlanSteps, wants: Wants, limits: Limits, held_worth: Doubles | None = None
) -> tuple[Doubles, Doubles]:
    """The power of each entry [W] by which as much energy as can be reaches the cars, and of all ways to do so the one
    that costs least: prices and demand charges of the meters, less what is fed in, and what is disliked; and what each
    storage gives meanwhile [storages x steps, W; below 0: takes]. No limit is exceeded in any step, but for the
    solver's rounding, 1e-7 kW; what a storage gives counts for its own site's limit, not for those above.

    A kWh into a car is worth more than any that is drawn can cost, so nothing is left undelivered for its price. What a
    storage holds at the end is worth nothing, or `held_worth` [currency per kWh, by storage]. Demand periods that have
    begun count with what is booked in them; peaks so far are paid already. RuntimeError with HiGHS's own words where it
    finds no solution.
    """
    n, storages = len(steps.who), limits.storages
    if not n and storages is None:
        return np.empty(0), np.empty((0, len(steps.begin_s)))
    program, columns = LinearProgram(), np.arange(n)
    kwh = steps.hours * wants.efficiency[steps.who]  # into the battery, of 1 kW
    paid, worth = steps.dislike.copy(), float(steps.dislike.max(initial=0.0))
    for k in range(len(limits.meters or ())):
        assert limits.meters is not None
        tariff, node = limits.meters.tariff[k], int(limits.meters.node[k])
        mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
        price = tariff.price.mean(steps.begin_s, steps.end_s)
        paid[mine] += price[steps.when[mine]]
        worth += float(price.max()) + tariff.demand_charge * 3600.0 / tariff.demand_period_s
    if held_worth is not None:
        worth += float(held_worth.max(initial=0.0))
    worth = 1.0 + 2.0 * worth / float(wants.efficiency.min(initial=1.0))
    program.columns(paid * steps.hours - worth * kwh, 0.0, steps.most_w / 1000.0)
    program.rows(steps.who, columns, kwh, wants.energy_wh / 1000.0)
    worth_held = np.zeros(len(storages or ())) if held_worth is None else held_worth
    gives, takes = _store(program, steps, storages, worth_held)
    _keep(program, steps, wants, limits, gives, takes)
    for k in range(len(limits.meters or ())):
        _pay(program, steps, wants, limits, k, gives, takes)
    solved = program.solve() * 1000.0
    return np.clip(solved[:n], 0.0, steps.most_w), solved[gives] - solved[takes]


def _store(program: LinearProgram, steps: PlanSteps, storages: Storages | None, worth: Doubles) -> tuple[Ints, Ints]:
    """What storages give and take [storages x steps, kW], as variables, and rows by which they hold what they can."""
    count, hours = len(steps.begin_s), steps.all_hours
    gives, takes = np.empty((2, len(storages or ()), count), np.int32)
    for k in range(len(storages or ())):
        assert storages is not None
        most = np.full(count, storages.power_w[k] / 1000.0)
        # Whatever costs nothing is not done for nothing.
        gives[k] = program.columns(np.full(count, _IDLE) * hours, 0.0, most)
        takes[k] = program.columns(np.full(count, _IDLE) * hours, 0.0, most)
        left = np.zeros(count)
        left[-1] = -worth[k]
        holds = program.columns(left, 0.0, np.full(count, storages.capacity_wh[k] / 1000.0))
        # held - held before - efficiency * taken + given = 0; what is held before the first step is known.
        row = np.arange(count)
        rows = np.concatenate((row, row[1:], row, row))
        columns = np.concatenate((holds, holds[:-1], takes[k], gives[k]))
        values = np.concatenate((np.ones(count), -np.ones(count - 1), -storages.efficiency[k] * hours, hours))
        at_first = np.zeros(count)
        at_first[0] = storages.stored_wh[k] / 1000.0
        program.rows(rows, columns, values, at_first)
        program.rows(rows, columns, -values, -at_first)
    return gives, takes


def _keep(program: LinearProgram, steps: PlanSteps, wants: Wants, limits: Limits, gives: Ints, takes: Ints) -> None:
    """Rows that keep the limits, where what could be drawn is more."""
    within, count = limits.least_w(steps.begin_s, steps.end_s), len(steps.begin_s)
    storages = limits.storages or Storages.of({})
    for node in np.flatnonzero(np.isfinite(within).any(axis=1)).tolist():
        mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
        could = np.bincount(steps.when[mine], steps.most_w[mine], count).astype(np.float64)  # of none: whole numbers
        column, value, when = [mine], [np.ones(len(mine))], [steps.when[mine]]
        for k in _below(limits, node):
            could += storages.power_w[k]
            column.append(takes[k])
            value.append(np.ones(count))
            when.append(np.arange(count, dtype=np.int32))
            if storages.site[k] == node:
                column.append(gives[k])
                value.append(-np.ones(count))
                when.append(np.arange(count, dtype=np.int32))
        tight = could > within[node]
        at, of, by = np.concatenate(when), np.concatenate(column), np.concatenate(value)
        here = tight[at]
        program.rows((np.cumsum(tight) - 1)[at[here]], of[here], by[here], within[node, tight] / 1000.0)


def _pay(
    program: LinearProgram, steps: PlanSteps, wants: Wants, limits: Limits, k: int, gives: Ints, takes: Ints
) -> None:
    """What is fed in at a meter, where sun and storage may give more than is drawn, and the peak to be paid for."""
    assert limits.meters is not None
    meters, count = limits.meters, len(steps.begin_s)
    tariff, node = meters.tariff[k], int(meters.node[k])
    mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
    step, there = steps.when[mine], steps.hours[mine] / steps.all_hours[steps.when[mine]]
    sun = limits.sun_w(steps.begin_s, steps.end_s)[node] / 1000.0
    price, ones, each = tariff.price.mean(steps.begin_s, steps.end_s), np.ones(count), np.arange(count, dtype=np.int32)
    below = _below(limits, node)
    for stored in below:
        program.charge(takes[stored], price * steps.all_hours)
        program.charge(gives[stored], -price * steps.all_hours)
        step, mine = np.concatenate((step, each, each)), np.concatenate((mine, takes[stored], gives[stored]))
        there = np.concatenate((there, ones, -ones))
    if sun.any() or below:  # drawn + fed in >= the sun; what is drawn from the grid is the difference
        fed = program.columns((price - tariff.feed_in) * steps.all_hours, 0.0, np.full(count, np.inf))
        step, mine, there = np.append(step, each), np.append(mine, fed), np.append(there, ones)
        program.rows(step, mine, -there, -sun)
    if not tariff.demand_charge or not len(mine):
        return
    period, clock = tariff.demand_period_s, tariff.price.clock_s
    first = int(np.floor((steps.begin_s[0] + clock) / period + 1e-9))
    of, by, share = _periods(steps.begin_s + clock, steps.end_s + clock, period)
    least = np.bincount(of - first, share * sun[by]).astype(np.float64)  # kW, as all below
    if meters.period[k] == first:
        least[0] -= meters.booked_wh[k] * 3.6 / period
    (peak,) = program.columns(np.array([tariff.demand_charge]), float(meters.peak_w[k]) / 1000.0, np.array([np.inf]))
    # Each entry of a step in each period that the step has a part in.
    order = np.argsort(step, kind="stable")
    begin, end = np.searchsorted(step[order], by), np.searchsorted(step[order], by, "right")
    many = end - begin
    entry = order[np.repeat(begin - np.cumsum(many) + many, many) + np.arange(many.sum())]
    row, value = np.repeat(of - first, many), np.repeat(share, many) * there[entry]
    periods = np.arange(len(least), dtype=np.int32)
    program.rows(
        np.concatenate((row, periods)),
        np.append(mine[entry], np.full(len(periods), peak)),
        np.append(value, -np.ones(len(periods))),
        least,
    )


def _below(limits: Limits, node: int) -> list[int]:
    """The storages at a node or below it."""
    found: list[int] = [] if limits.storages is None else np.flatnonzero(limits.at(node, limits.storages.site)).tolist()
    return found


def _periods(begin: Doubles, end: Doubles, period: float) -> tuple[Ints, Ints, Doubles]:
    """By overlap of steps and demand periods: the period's number, the step's, and what share of the period it is."""
    first = np.floor(begin / period + 1e-9).astype(np.int32)
    many = np.ceil(end / period - 1e-9).astype(np.int32) - first
    step = np.repeat(np.arange(len(begin), dtype=np.int32), many)
    number = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + first[step]
    share = (np.minimum(end[step], (number + 1) * period) - np.maximum(begin[step], number * period)) / period
    return number.astype(np.int32), step, share
