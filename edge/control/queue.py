"""Queues where only a part of the vehicles is known, as from what a unit hears.

Of a queue one knows those who tell of themselves. Behind the last of them, who stands at place l since t, there are
only such who do not: they have come at a rate of (1 - p) lambda since then. So E(N) = l + (1 - p) lambda (now - t)
(Comert, Cetin 2009, European Journal of Operational Research 197; Comert 2013, Transportation Research Part B 55), with
the share p of those who tell and the rate of arrivals lambda estimated from them as well (Comert 2016, European Journal
of Operational Research 252: of the places before the last one, the share at which somebody tells).
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from wayside.edge.control.controller import WAITING, ControlledLight, Controller, SeenTraffic
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles

SPACE: Final = 7.5  # m of a lane that a standing vehicle takes
LEAST_SHARE: Final = 0.02  # of those who tell; below, one knows nothing


class ProbeQueues:
    """Estimates for one light, from look to look. memory_s: after which time what was seen counts for a third."""

    def __init__(self, light: ControlledLight, memory_s: float) -> None:
        self._light, self._memory_s = light, memory_s
        self._time = math.nan  # s, of the last look
        self._stood: dict[int, float] = {}  # since when, s
        self._known: set[int] = set()
        self._told, self._places = 1.0, 1.0  # of places in queues: with who tells, and all; at first all do
        self._arrived = np.zeros(len(light.lanes))
        self._watched_s = 0.0

    @property
    def share(self) -> float:
        """Of all vehicles, those who tell."""
        return min(max(self._told / self._places, LEAST_SHARE), 1.0)

    def look(self, seen: SeenTraffic) -> Doubles:
        """By lane, how many vehicles are in its queue, those who do not tell among them."""
        around, now, lanes = seen.around, seen.time, len(self._light.lanes)
        passed = 0.0 if math.isnan(self._time) else now - self._time
        kept = math.exp(-passed / self._memory_s)
        self._watched_s = self._watched_s * kept + passed
        who = around.who.tolist()
        new = np.array([one not in self._known for one in who], np.bool_)
        self._arrived = self._arrived * kept + (np.bincount(around.lane[new], minlength=lanes) if passed else 0.0)
        self._known, self._time = set(who), now
        waits = around.speed_m_s < WAITING
        self._stood = {one: self._stood.get(one, now) for one, still in zip(who, waits.tolist(), strict=True) if still}
        place = around.to_go_m // SPACE + 1.0
        last = np.zeros(lanes)
        np.maximum.at(last, around.lane[waits], place[waits])
        told = np.bincount(around.lane[waits], minlength=lanes)
        some = last > 1.0
        self._told = self._told * kept + float(np.minimum(told, last)[some].sum() - some.sum())
        self._places = self._places * kept + float(last[some].sum() - some.sum())
        return last + self._unseen_rate() * (now - self._since(seen, place, last))

    def _unseen_rate(self) -> Doubles:
        """By lane, how many come per s who do not tell: (1 - p) lambda, as those who do come at p lambda."""
        share = self.share
        found: Doubles = self._arrived / max(self._watched_s, 1.0) * (1.0 - share) / share
        return found

    def _since(self, seen: SeenTraffic, place: Doubles, last: Doubles) -> Doubles:
        """By lane, since when nobody who tells has come to stand behind the last who did, s: at most since its red
        began, and where nobody did, since then.
        """
        light, around = self._light, seen.around
        red = np.zeros(len(light.lanes))
        links = light.lane >= 0
        np.maximum.at(red, light.lane[links], seen.red_s[links])
        since = seen.time - red
        for row in np.flatnonzero(around.speed_m_s < WAITING).tolist():
            lane = int(around.lane[row])
            if place[row] == last[lane]:
                since[lane] = max(since[lane], self._stood[int(around.who[row])])
        return since


class LongestQueue(Controller):
    """The phase that lets most go of the queues, as they are estimated from those who are seen."""

    reach = 200.0
    memory: Annotated[float, Option("after which what was seen counts for a third", unit="s", ge=10, le=36000)] = 600.0

    def __init__(self, light: ControlledLight) -> None:
        super().__init__(light)
        self._queues = ProbeQueues(light, self.memory)

    def choose(self, seen: SeenTraffic) -> int:
        """See `Controller.choose`."""
        return self.best(seen, self.light.served @ self._queues.look(seen))
