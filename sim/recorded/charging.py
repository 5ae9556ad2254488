"""Recorded charging sessions through a power policy: what it delivers, whom it meets, and the peak."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.metering import settle
from wayside.edge.charging.power import PowerPolicy, Sessions, is_marked, planned_by, share
from wayside.edge.charging.tariffs import Meters
from wayside.ext.arrays import Doubles
from wayside.sim.recorded.sessions import RecordedSessions

MET_WH = 100.0  # whose charge lacks less counts as met (acnportal's measure, and that of most who publish)
_REACHED = 1e-6  # Wh, of rounding


@dataclass(frozen=True)
class Charged:
    """What has come of the sessions under one policy."""

    delivered_wh: Doubles  # by session
    power_w: Doubles  # of all together, by period
    seconds: float  # of the processor
    costs: tuple[float, float] | None = None  # energy, demand, in the tariff's currency; without a tariff none

    def figures(self, sessions: RecordedSessions) -> dict[str, float]:
        """Shares in %, kWh, kW; NaN where nothing was wanted."""
        wanted, given = float(sessions.energy_wh.sum()), float(self.delivered_wh.sum())
        lacking = sessions.energy_wh - self.delivered_wh
        share_of = np.divide(
            self.delivered_wh, sessions.energy_wh, where=sessions.energy_wh > 0.0, out=np.ones(len(sessions))
        )
        squares = len(sessions) * float((share_of**2).sum())
        return {
            "delivered_pct": 100.0 * given / wanted if wanted else float("nan"),
            "met_pct": 100.0 * float((lacking < MET_WH).mean()),
            "peak_kw": float(self.power_w.max(initial=0.0)) / 1000.0,
            "delivered_kwh": given / 1000.0,
            "unmet_kwh": float(np.maximum(lacking, 0.0).sum()) / 1000.0,
            "jain": float(share_of.sum()) ** 2 / squares if squares else float("nan"),
            "cpu_s": self.seconds,
            **dict(zip(("energy_cost", "demand_cost"), self.costs or (), strict=False)),
        }


def settled(limits: Limits, begin_s: float, seconds: float, power_w: float, planned_w: Doubles | None = None) -> None:
    """Storage and meter of one site, where it has any: so much was drawn at the piles together. See `settle`."""
    if seconds > 0.0 and (limits.meters is not None or limits.storages is not None):
        settle(limits, begin_s, seconds, np.full(len(limits.names), power_w), planned_w)


def costs_of(meters: Meters | None) -> tuple[float, float] | None:
    """What has gone through meters costs: energy, demand."""
    return None if meters is None else (float(meters.energy_cost.sum()), float(meters.demand_cost.sum()))


def deliver(
    sessions: RecordedSessions,
    make: Callable[[Callable[[], float]], PowerPolicy],
    limits: Limits,
    most_w: float,
    least_w: float = 0.0,
    efficiency: float = 1.0,
) -> Charged:
    """Charge them all, period by period: in each the policy is asked once, and what it grants flows until the period is
    over.

    make: makes the policy, of a clock that tells the time [s]; limits: of one site, where all stations are, and its
    meter, which is read off; most_w: what pile and car let through, W at the pile; least_w: below it a pile pauses;
    efficiency: the share of a pile's power that reaches the battery. A car takes no more than it still wants, and is
    gone with its departure. PluginError for a policy that breaks off, or a limit.
    """
    began = time.process_time()
    period_s, n = sessions.period_s, len(sessions)
    hours = period_s / 3600.0
    horizon = int(sessions.departure.max(initial=0))
    left, power = sessions.energy_wh.copy(), np.zeros(horizon)
    arrival_s, departure_s = sessions.arrival * period_s, sessions.expected * period_s
    stations, zeros = sessions.station.astype(np.int64), np.zeros(n, np.int32)
    # Efficiency, arrival, departure, the most that flows, the energy wanted, the least that flows.
    ones, wanted_wh = np.ones(n), sessions.energy_wh
    columns = np.array([efficiency * ones, arrival_s, departure_s, most_w * ones, wanted_wh, least_w * ones])
    arrivals = sessions.arrival.tolist()
    ends = sessions.departure
    here = np.empty(0, np.intp)
    known = t = 0
    policy = make(lambda: t * period_s)
    constant = is_marked(policy, "steady") and not limits.varies
    who = stations[here], zeros[here], zeros[here]
    reaching, arrival, departure, most, requested, least = columns.take(here, axis=1)
    while t < horizon:
        new = known
        while new < n and arrivals[new] <= t:
            new += 1
        going = (ends[here] > t) & (left[here] > _REACHED)
        if new > known or not going.all():
            here = np.concatenate((here[going], np.arange(known, new)))
            here = here[left[here] > _REACHED]
            known = new
            who = stations[here], zeros[here], zeros[here]
            reaching, arrival, departure, most, requested, least = columns.take(here, axis=1)
        if not len(here) and limits.storages is None:
            if known == n:
                break
            settled(limits, t * period_s, (arrivals[known] - t) * period_s, 0.0)
            t = arrivals[known]
            continue
        energy = left[here]
        into_battery = efficiency * hours  # of 1 W in a period
        wanted = np.minimum(most, energy / into_battery)
        now = t * period_s
        asked = Sessions(
            *who, wanted, energy, reaching, arrival, departure, most, requested, now, period_s, least_w=least
        )
        granted = share(policy, asked, limits.during(now, now + period_s))
        flown = np.minimum(granted * into_battery, energy)
        times = 1
        if constant:  # it would answer the same until somebody comes, goes, or wants less
            until = min(int(ends[here].min()), arrivals[known] if known < n else horizon)
            flowing = flown > 0.0
            whole = np.floor((energy - most * into_battery)[flowing] / flown[flowing]).min(initial=np.inf)
            times = max(int(min(until - t, whole + 1.0)), 1)
        left[here] = energy - times * flown
        power[t : t + times] = total = flown.sum() / into_battery
        settled(limits, now, times * period_s, float(total), planned_by(policy))
        t += times
    settled(limits, t * period_s, max(horizon - t, 0) * period_s, 0.0)
    return Charged(sessions.energy_wh - left, power, time.process_time() - began, costs_of(limits.meters))
