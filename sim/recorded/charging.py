"""Recorded charging sessions through a power policy: what it delivers, whom it meets, and the peak."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import PowerPolicy, Sessions, is_marked, share
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
        }


def deliver(
    sessions: RecordedSessions, make: Callable[[Callable[[], float]], PowerPolicy], limits: Limits, most_w: float
) -> Charged:
    """Charge them all, period by period: in each the policy is asked once, and what it grants flows until the period is
    over.

    make: makes the policy, of a clock that tells the time [s]; limits: of one site, where all stations are; most_w:
    what pile and car let through, W, without losses. A car takes no more than it still wants, and is gone with its
    departure. PluginError for a policy that breaks off, or a limit.
    """
    began = time.process_time()
    period_s, n = sessions.period_s, len(sessions)
    hours = period_s / 3600.0
    horizon = int(sessions.departure.max(initial=0))
    left, power = sessions.energy_wh.copy(), np.zeros(horizon)
    arrival_s, departure_s = sessions.arrival * period_s, sessions.expected * period_s
    stations, zeros = sessions.station.astype(np.int64), np.zeros(n, np.int32)
    # Efficiency, arrival, departure, the most that flows, the energy wanted.
    columns = np.array([np.ones(n), arrival_s, departure_s, np.full(n, most_w), sessions.energy_wh])
    arrivals = sessions.arrival.tolist()
    ends = sessions.departure
    here = np.empty(0, np.intp)
    known = t = 0
    policy = make(lambda: t * period_s)
    constant = is_marked(policy, "steady")
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
            efficiency, arrival, departure, most, requested = columns.take(here, axis=1)
        if not len(here):
            if known == n:
                break
            t = arrivals[known]
            continue
        energy = left[here]
        wanted = np.minimum(most, energy / hours)
        asked = Sessions(*who, wanted, energy, efficiency, arrival, departure, most, requested, t * period_s, period_s)
        granted = share(policy, asked, limits)
        flown = np.minimum(granted * hours, energy)
        times = 1
        if constant:  # it would answer the same until somebody comes, goes, or wants less
            until = min(int(ends[here].min()), arrivals[known] if known < n else horizon)
            flowing = flown > 0.0
            least = np.floor((energy - most * hours)[flowing] / flown[flowing]).min(initial=np.inf)
            times = max(int(min(until - t, least + 1.0)), 1)
        left[here] = energy - times * flown
        power[t : t + times] = flown.sum() / hours
        t += times
    return Charged(sessions.energy_wh - left, power, time.process_time() - began)
