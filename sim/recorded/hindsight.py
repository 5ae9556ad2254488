"""The best that recorded sessions could have come to, known only when all is over."""

from __future__ import annotations

import time

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.optimum import PlanSteps, Wants, optimum
from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.recorded.charging import Charged, costs_of, settled
from wayside.sim.recorded.sessions import RecordedSessions


def offline(sessions: RecordedSessions, limits: Limits, most_w: float, efficiency: float = 1.0) -> Charged:
    """The most energy that the limits of one site let be delivered, at the least cost where it has a meter, which is
    read off: a linear program over all sessions and periods, by HiGHS.

    Of all that deliver as much as cheaply it is one; which, says the solver. Piles can give as little as they like in
    it. WaysideError where the solver finds none.
    """
    began = time.process_time()
    n, period_s = len(sessions), sessions.period_s
    stay = sessions.departure - sessions.arrival
    total, horizon = int(stay.sum()), int(sessions.departure.max(initial=0))
    who = np.repeat(np.arange(n, dtype=np.int32), stay)
    since = np.arange(total) - np.repeat(np.cumsum(stay) - stay, stay)
    when = (since + np.repeat(sessions.arrival, stay)).astype(np.int32)
    begin_s: Doubles = np.arange(horizon, dtype=np.float64) * period_s
    hours = np.full(total, period_s / 3600.0)
    steps = PlanSteps(begin_s, begin_s + period_s, who, when, hours, np.full(total, most_w), np.zeros(total))
    wants = Wants(sessions.energy_wh, np.full(n, efficiency), np.zeros(n, np.int32))
    try:
        found, stored = optimum(steps, wants, limits)
    except RuntimeError as error:
        raise WaysideError(f"charge: offline: {error}") from None
    power = np.bincount(when, found, horizon).astype(np.float64)
    for period, drawn in enumerate(power.tolist()):
        settled(limits, period * period_s, period_s, drawn, stored[:, period])
    delivered = np.bincount(who, found * hours * efficiency, n).astype(np.float64)
    return Charged(delivered, power, time.process_time() - began, costs_of(limits.meters))
