"""How limits of power are shared among the vehicles plugged in: the policies, by name.

Those in an order serve one vehicle after the other with all that it can take and the limits leave. All but
`uncontrolled` give out whatever somebody can take and all limits allow.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions, conserving, steady, unlimited
from wayside.edge.plugin import Option
from wayside.ext import power
from wayside.ext.arrays import Doubles


@steady
@unlimited
def uncontrolled(sessions: Sessions, limits: Limits) -> Doubles:
    """All that each can take, whatever the limits say: a baseline, which shows by how much they would be exceeded."""
    return sessions.wanted_w.copy()


@conserving
@steady
def equal(sessions: Sessions, limits: Limits) -> Doubles:
    """Equal shares of each limit; what one does not want goes to the others (max-min fair, as water fills a tank)."""
    return power.fill(limits.tree, sessions.wanted_w, sessions.site, limits.limit_w)


@conserving
@steady
def round_robin(
    sessions: Sessions,
    limits: Limits,
    *,
    step: Annotated[float, Option("what each takes in its turn", "W", gt=0, le=1e6)] = 23.0,
) -> Doubles:
    """A step to each in turn, those who came first before the others, until a limit has no room for one more step.

    What is less than a step then goes to whoever comes first. The default is 0.1 A at 230 V.
    """
    order = power.ascending(sessions.arrival_s)
    given = power.in_rounds(limits.tree, order, sessions.wanted_w, sessions.site, limits.limit_w, step)
    return power.in_order(limits.tree, order, sessions.wanted_w, sessions.site, limits.limit_w, given)


@conserving
@steady
def first_come(sessions: Sessions, limits: Limits) -> Doubles:
    """Who was plugged in first is served first."""
    return _in_order(sessions, limits, sessions.arrival_s)


@conserving
@steady
def last_come(sessions: Sessions, limits: Limits) -> Doubles:
    """Who was plugged in last is served first."""
    return _in_order(sessions, limits, -sessions.arrival_s)


@conserving
@steady
def earliest_deadline(sessions: Sessions, limits: Limits) -> Doubles:
    """Who leaves first is served first (Liu and Layland 1973)."""
    return _in_order(sessions, limits, deadline_s(sessions))


@conserving
def least_laxity(sessions: Sessions, limits: Limits) -> Doubles:
    """Who can wait least is served first: the time left until it leaves, less the time that its charge still takes at
    full power (Mok 1983).
    """
    return _in_order(sessions, limits, laxity_s(sessions))


@conserving
def smoothed_laxity(sessions: Sessions, limits: Limits) -> Doubles:
    """So much to each that at the end of the period all who are served are left with the same laxity, as far as they
    can be; who has more gets nothing. So who has least is served first without all or nothing (Nakahira, Chen, Chen and
    Low 2017, Smoothed least-laxity-first algorithm for EV charging).

    At a power r the laxity changes by period * (r / most - 1), so that r = most * (level - laxity) / period + most.
    """
    most = np.maximum(sessions.most_w, 1e-9)  # of whom nothing can be given nothing is wanted
    weight = most / sessions.period_s
    offset = laxity_s(sessions) - sessions.period_s
    return power.fill(limits.tree, sessions.wanted_w, sessions.site, limits.limit_w, weight, offset)


@conserving
def longest_remaining(sessions: Sessions, limits: Limits) -> Doubles:
    """Whose charge still takes longest at full power is served first."""
    return _in_order(sessions, limits, -remaining_s(sessions))


def remaining_s(sessions: Sessions) -> Doubles:
    """How long each charge still takes at full power, s."""
    into_battery = np.maximum(sessions.most_w * sessions.efficiency, 1e-9)
    found: Doubles = 3600.0 * sessions.energy_wh / into_battery
    return found


def deadline_s(sessions: Sessions) -> Doubles:
    """When each leaves, s. Who leaves when it has what it wants is taken to do so as soon as it could have it, at full
    power from its arrival on: so whoever has been kept waiting longest has the least time left.
    """
    into_battery = np.maximum(sessions.most_w * sessions.efficiency, 1e-9)
    steady = sessions.arrival_s + 3600.0 * sessions.requested_wh / into_battery
    soonest = np.where(np.isnan(sessions.soonest_s), steady, sessions.soonest_s)
    return np.where(np.isnan(sessions.departure_s), soonest, sessions.departure_s)


def laxity_s(sessions: Sessions) -> Doubles:
    """How long each could wait before it must be charged at full power until it leaves, s; below 0 it is too late."""
    return deadline_s(sessions) - sessions.now_s - remaining_s(sessions)


def _in_order(sessions: Sessions, limits: Limits, key: Doubles) -> Doubles:
    order = power.ascending(key)
    return power.in_order(limits.tree, order, sessions.wanted_w, sessions.site, limits.limit_w)
