"""Charging by a plan that is made anew again and again: model predictive control with a receding horizon."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.optimum import PlanSteps, Wants, optimum
from wayside.edge.charging.power import Sessions
from wayside.edge.charging.sharing import deadline_s
from wayside.edge.errors import OptionError
from wayside.edge.plugin import Option
from wayside.ext import power
from wayside.ext.arrays import Doubles, Longs

# Times the highest price: how much its end is disliked more than its begin, up to twice that by those who leave first.
# So of equal plans that one is taken which charges early, and first who leaves first: whoever may come finds most room.
_EARLY = 1e-3
MOST_STEPS = 288  # of a plan: a day of 5 minutes; with 43,200 of 1 s the program for 39 sessions took over a minute


class PredictiveControl:
    """As much energy as can be delivered by the departures that are known, at the least cost: a linear program over the
    sessions that are there and the hours to come, with prices, demand charges and limits of each hour. What it says of
    the first step is done, then it is asked again. Nobody who may yet come is foreseen.

    Without a tariff it charges as early as limits allow. Who leaves when it has what it wants is charged by the time at
    which it could have had that, as far as can be, and what comes later costs `delay`.
    """

    horizon: Annotated[float, Option("how far ahead it looks", "s", ge=60, le=7 * 86400)] = 43_200.0
    step: Annotated[float, Option("of the plan, after the first", "s", ge=1, le=86400)] = 900.0
    every: Annotated[float, Option("how long a plan holds; who comes meanwhile gets what it leaves", "s", ge=0)] = 60.0
    delay: Annotated[
        float, Option("of who waits for its charge, in the scenario's currency", "per kWh and hour", ge=0)
    ] = 1.0

    def __init__(self) -> None:
        """OptionError for more steps than MOST_STEPS."""
        if self.horizon > MOST_STEPS * self.step:
            least = self.horizon / MOST_STEPS
            raise OptionError(
                f"step = {self.step:g}: must be at least {least:g} s, horizon / {MOST_STEPS}, with horizon = "
                f"{self.horizon:g}"
            )
        self.until = -np.inf  # s; when the plan is over
        self.station: Longs = np.empty(0, np.int64)  # ascending, those of the plan
        self.arrival_s: Doubles = np.empty(0)
        self.planned_w: Doubles = np.empty(0)
        self.storage_w: Doubles | None = None  # what storages give meanwhile, below 0: take; no plan: their own rule

    def __call__(self, sessions: Sessions, limits: Limits) -> Doubles:
        """W at the pile for each session."""
        if sessions.now_s >= self.until:
            self._plan(sessions, limits)
        at = np.minimum(np.searchsorted(self.station, sessions.station), max(len(self.station) - 1, 0))
        known = np.zeros(len(sessions), bool)
        if len(self.station):  # another vehicle may have come to a station meanwhile
            known = (self.station[at] == sessions.station) & (self.arrival_s[at] == sessions.arrival_s)
        planned = np.zeros(len(sessions))
        planned[known] = self.planned_w[at[known]]
        order = power.ascending(sessions.arrival_s)
        wanted = np.minimum(planned, sessions.wanted_w)
        # The solver's rounding, and a limit that has fallen since, must not exceed a limit.
        granted = power.in_order(limits.tree, order, wanted, sessions.site, limits.limit_w)
        wanted = np.where(known, granted, sessions.wanted_w)
        return power.in_order(limits.tree, order, wanted, sessions.site, limits.limit_w, granted)

    def _plan(self, sessions: Sessions, limits: Limits) -> None:
        now, holds = sessions.now_s, max(self.every, sessions.period_s)
        self.until = now + holds * (1.0 - 1e-9)
        order = np.argsort(sessions.station)
        self.station, self.arrival_s = sessions.station[order], sessions.arrival_s[order]
        able = sessions.wanted_w > 0.0
        leaves = np.fmin(np.fmax(sessions.departure_s, now + holds), now + self.horizon)
        looks = now + (self.horizon if limits.storages else holds)  # at a storage even where nobody is there
        last = float(leaves[able].max(initial=max(looks, now + holds)))
        begin = np.concatenate(([now], np.arange(now + holds, last - 1e-6, self.step)))
        end = np.append(begin[1:], max(last, now + holds))
        who, when = np.nonzero(able[:, None] & (begin[None, :] < leaves[:, None] - 1e-6))
        hours = (np.minimum(end[when], leaves[who]) - begin[when]) / 3600.0
        most = np.where(when == 0, sessions.wanted_w[who], sessions.most_w[who])
        middle = (begin + end)[when] / 2.0
        waits = np.where(np.isnan(sessions.departure_s), deadline_s(sessions), np.inf)[who]
        tariffs = () if limits.meters is None else limits.meters.tariff
        highest = max((float(tariff.price.value.max()) for tariff in tariffs), default=0.0) or 1.0
        hurry = 2.0 - (leaves[who] - now) / self.horizon
        dislike = _EARLY * highest * hurry * (middle - now) / self.horizon
        dislike += self.delay * np.maximum(middle - waits, 0.0) / 3600.0
        steps = PlanSteps(begin, end, who.astype(np.int32), when.astype(np.int32), hours, most, dislike)
        wants, worth = Wants(sessions.energy_wh, sessions.efficiency, sessions.site), None
        if limits.storages is not None:  # a little more than it costs to fill it when power is cheapest
            lowest = min((float(tariff.price.value.min()) for tariff in tariffs), default=0.0)
            worth = (lowest + 2.0 * _EARLY * highest) / limits.storages.efficiency
        found, stored = optimum(steps, wants, limits, worth)
        self.storage_w = stored[:, 0]
        first = np.zeros(len(sessions))
        first[who[when == 0]] = found[when == 0]
        self.planned_w = first[order]
