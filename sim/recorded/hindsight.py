"""The best that recorded sessions could have come to, known only when all is over."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.sim.recorded.charging import Charged
from wayside.sim.recorded.sessions import RecordedSessions


def offline(sessions: RecordedSessions, limit_w: float, most_w: float) -> Charged:
    """The most energy that one limit [W] lets be delivered: a linear program over all sessions and periods, by HiGHS.

    Of all that deliver as much it is one; which, says the solver. WaysideError where the solver finds none.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    began = time.process_time()
    n, hours = len(sessions), sessions.period_s / 3600.0
    stay = sessions.departure - sessions.arrival
    total, horizon = int(stay.sum()), int(sessions.departure.max(initial=0))
    who = np.repeat(np.arange(n), stay)
    when = np.arange(total) - np.repeat(np.cumsum(stay) - stay, stay) + np.repeat(sessions.arrival, stay)
    ones, columns = np.ones(total), np.arange(total)
    wanted = csr_array((ones, (who, columns)), shape=(n, total))
    within = csr_array((ones, (when, columns)), shape=(horizon, total))
    rows, bounds = [wanted], [sessions.energy_wh]
    if np.isfinite(limit_w):
        rows.append(within)
        bounds.append(np.full(horizon, limit_w * hours))
    # Wh by session and period.
    within_all: Any = vstack(rows)
    solved = linprog(-ones, within_all, np.concatenate(bounds), bounds=(0.0, most_w * hours), method="highs")
    if solved.x is None:
        raise WaysideError(f"charge: offline: {solved.message}")
    flown = np.maximum(solved.x, 0.0)
    return Charged(wanted @ flown, within @ flown / hours, time.process_time() - began)
