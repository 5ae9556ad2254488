"""The best that can be done with charges that are known: a linear program over sessions and steps of time, by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
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


@dataclass(frozen=True)
class Wants:
    """What each session wants."""

    energy_wh: Doubles  # into the battery
    efficiency: Doubles
    site: Ints  # node of the limits


def optimum(steps: Steps, wants: Wants, limits: Limits) -> Doubles:
    """The power of each entry [W] by which as much energy as can be reaches the batteries, and of all ways to do so the
    one that costs least: prices and demand charges of the meters, and what is disliked. No limit is exceeded in any
    step, but for the solver's rounding, 1e-7 kW.

    A kWh into a battery is worth more than any that is drawn can cost, so nothing is left undelivered for its price.
    Demand periods that have begun count with what is booked in them; peaks so far are paid already. RuntimeError with
    HiGHS's own words where it finds no solution.
    """
    from scipy.optimize import linprog  # it takes long to import, and few runs need it
    from scipy.sparse import coo_array, csr_array, vstack

    n, sessions = len(steps.who), len(wants.energy_wh)
    if not n:
        return np.empty(0)
    columns = np.arange(n)
    kwh = steps.hours * wants.efficiency[steps.who]  # into the battery, of 1 kW
    rows = [coo_array((kwh, (steps.who, columns)), shape=(sessions, n))]
    bounds = [wants.energy_wh / 1000.0]
    for matrix, limit in _within(steps, wants, limits):
        rows.append(matrix)
        bounds.append(limit)
    drawn = steps.dislike.copy()
    worth = float(drawn.max())
    peaks = _Peaks([], [], [], [])
    if (meters := limits.meters) is not None:
        for k in range(len(meters)):
            tariff = meters.tariff[k]
            mine = np.flatnonzero(limits.at(int(meters.node[k]), wants.site)[steps.who])
            price = tariff.price.mean(steps.begin_s, steps.end_s)
            drawn[mine] += price[steps.when[mine]]
            worth += float(price.max()) + tariff.demand_charge * 3600.0 / tariff.demand_period_s
            if tariff.demand_charge and len(mine):
                _demand(steps, mine, limits, k, peaks)
    worth = 1.0 + 2.0 * worth / float(wants.efficiency.min())
    cost = np.concatenate((drawn * steps.hours - worth * kwh, peaks.charge))
    within = csr_array(vstack(rows))
    extra = len(peaks.charge)
    within.resize(within.shape[0], n + extra)
    if extra:
        within = csr_array(vstack([within, *peaks.rows(n)]))
    most = np.concatenate((steps.most_w / 1000.0, np.full(extra, np.inf)))
    least = np.concatenate((np.zeros(n), peaks.so_far))
    solved = linprog(
        cost, within, np.concatenate([*bounds, *peaks.limit]), bounds=np.stack((least, most), 1), method="highs"
    )
    if solved.x is None:
        raise RuntimeError(f"HiGHS: {solved.message}")
    found: Doubles = np.clip(solved.x[:n], 0.0, steps.most_w / 1000.0) * 1000.0
    return found


def _within(steps: Steps, wants: Wants, limits: Limits) -> list[tuple[object, Doubles]]:
    """Rows that keep the limits, where what could be drawn is more: a matrix for each node, and its limits [kW]."""
    from scipy.sparse import coo_array

    count, n = len(steps.begin_s), len(steps.who)
    limit = np.repeat(limits.limit_w[:, None], count, 1)
    for node, of_day in limits.daily:
        limit[node] = [of_day.least(b, e) for b, e in zip(steps.begin_s, steps.end_s, strict=True)]
    found: list[tuple[object, Doubles]] = []
    for node in range(len(limits.names)):
        if not np.isfinite(limit[node]).any():
            continue
        mine = np.flatnonzero(limits.at(node, wants.site)[steps.who])
        could = np.bincount(steps.when[mine], steps.most_w[mine], count)
        tight = could > limit[node]
        mine = mine[tight[steps.when[mine]]]
        if len(mine):
            row = np.cumsum(tight) - 1
            places = row[steps.when[mine]], mine
            matrix = coo_array((np.ones(len(mine)), places), shape=(int(tight.sum()), n))
            found.append((matrix, limit[node, tight] / 1000.0))
    return found


@dataclass
class _Peaks:
    """Of meters with a demand charge: one more column each, and rows by which it is not below any period's mean."""

    charge: list[float]
    so_far: list[float]  # kW
    matrices: list[object]
    limit: list[Doubles]

    def rows(self, n: int) -> list[object]:
        from scipy.sparse import coo_array, hstack

        found = []
        for k, matrix in enumerate(self.matrices):
            periods = matrix.shape[0]  # type: ignore[attr-defined]
            where = np.arange(periods), np.full(periods, k)
            found.append(hstack([matrix, coo_array((-np.ones(periods), where), shape=(periods, len(self.charge)))]))
        return found


def _demand(steps: Steps, mine: Ints, limits: Limits, k: int, peaks: _Peaks) -> None:
    from scipy.sparse import coo_array

    meters = limits.meters
    assert meters is not None
    tariff = meters.tariff[k]
    period, clock = tariff.demand_period_s, tariff.price.clock_s
    row, step, share = [], [], []  # the share of a step's power that is in the mean of a period
    first = int(np.floor((steps.begin_s[0] + clock) / period + 1e-9))
    for t, (begin, end) in enumerate(zip(steps.begin_s + clock, steps.end_s + clock, strict=True)):
        for w in range(int(np.floor(begin / period + 1e-9)), int(np.ceil(end / period - 1e-9))):
            row.append(w - first)
            step.append(t)
            share.append((min(end, (w + 1) * period) - max(begin, w * period)) / period)
    shares = coo_array((share, (row, step)), shape=(max(row) + 1, len(steps.begin_s))).tocsr()
    there = steps.hours[mine] * 3600.0 / (steps.end_s - steps.begin_s)[steps.when[mine]]
    power = coo_array((there, (steps.when[mine], mine)), shape=(len(steps.begin_s), len(steps.who))).tocsr()
    booked = np.zeros(max(row) + 1)
    if meters.period[k] == first:
        booked[0] = meters.booked_wh[k] * 3.6 / period  # kW
    peaks.charge.append(tariff.demand_charge)
    peaks.so_far.append(float(meters.peak_w[k]) / 1000.0)
    peaks.matrices.append(shares @ power)
    peaks.limit.append(-booked)
