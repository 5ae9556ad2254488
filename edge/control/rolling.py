"""The sequence of phases that costs the least delay until a horizon, worked out anew at each decision.

OPAC (Gartner 1983, Transportation Research Record 906: complete enumeration of the switching sequences of a stage,
rolled forward), over any phases instead of two, with queues as amounts, in steps of a second.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product
from typing import Annotated, Final

import numpy as np

from wayside.edge.control.controller import Controller, SeenTraffic
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Flags, Indices

SEQUENCES: Final = 600  # that are compared at most
SPACE: Final = 7.5  # m of a lane that a standing vehicle takes
SLOWEST: Final = 2.0  # m/s that who stands is taken to reach the stop line with, at least


class RollingHorizon(Controller):
    """Whoever is seen comes to the stop line when it can, at the limit, and leaves it one after the other, `headway` s
    apart, once its lane has had green for `startup` s. Of all sequences of phases until the horizon the first phase of
    the one is wanted in which the fewest vehicle seconds are spent waiting. A lane whose exit is full lets nobody go.
    """

    reach = 200.0
    horizon: Annotated[float, Option("how far ahead delay is counted", unit="s", ge=5, le=120)] = 30.0
    headway: Annotated[float, Option("time between two who leave a lane's queue", unit="s", ge=1, le=5)] = 2.0
    startup: Annotated[float, Option("time from green until the first leaves", unit="s", ge=0, le=10)] = 1.0
    yielding: Annotated[float, Option("share of a green's capacity where it must yield", ge=0, le=1)] = 0.5
    beyond: Annotated[float, Option("cost of who is left at the horizon", unit="s", ge=0, le=120)] = 10.0

    @cached_property
    def _step(self) -> int:
        """S between two changes of phase that are thought of."""
        return max(round(self.period), int(np.ceil(self.light.least_s[self.light.phases].max())), 1)

    @cached_property
    def _sequences(self) -> Indices:
        """Sequences x intervals, places in `light.phases`."""
        stages, deep = len(self.light.phases), 1
        while deep < max(round(self.horizon / self._step), 1) and stages ** (deep + 1) <= SEQUENCES:
            deep += 1
        return np.array(list(product(range(stages), repeat=deep)), np.intp)

    @cached_property
    def _rights(self) -> Doubles:
        """Phases x links: 1 with right of way, `yielding` where it must yield, 0 without green."""
        letters = np.array([list(state.encode("ascii")) for state in self.light.states], np.uint8)
        return np.where(letters == ord("G"), 1.0, np.where(letters == ord("g"), self.yielding, 0.0))

    def choose(self, seen: SeenTraffic) -> int:
        """See `Controller.choose`."""
        phases = self.light.phases
        if seen.phase not in phases:
            return int(phases[0])
        rates = self._rates(seen)
        return int(phases[self._best(rates, self._arrivals(seen), int(np.flatnonzero(phases == seen.phase)[0]))])

    def _rates(self, seen: SeenTraffic) -> Doubles:
        """Phases that may be wanted x lanes: vehicles per s that leave in green."""
        light = self.light
        room = np.minimum(light.exit_m, self.reach) / SPACE - seen.leaving
        free = np.ones(len(light.lane), np.bool_)
        free[light.exit >= 0] = ((room >= 1.0) | (seen.jammed == 0))[light.exit[light.exit >= 0]]
        rates = np.zeros((len(light.phases), len(light.lanes)))
        for lane in range(len(light.lanes)):
            mine = light.lane == lane
            rates[:, lane] = (self._rights[light.phases][:, mine] * free[mine]).mean(axis=1) / self.headway
        return rates

    def _arrivals(self, seen: SeenTraffic) -> Doubles:
        """Seconds x lanes: who comes to the stop line."""
        light, around = self.light, seen.around
        steps = self._sequences.shape[1] * self._step
        speed = np.maximum(light.speed_m_s[around.lane], SLOWEST)
        second = (around.to_go_m / speed).astype(np.int64)
        found = np.zeros((steps, len(light.lanes)))
        soon = second < steps
        np.add.at(found, (second[soon], around.lane[soon]), 1.0)
        return found

    def _best(self, rates: Doubles, arrivals: Doubles, shown: int) -> int:
        """The first phase of the best sequence, by its place; among equals the one that shows, else the first."""
        light, sequences = self.light, self._sequences
        count, deep = sequences.shape
        waits = np.zeros((count, len(light.lanes)))
        cost = np.zeros(count)
        before = np.full(count, shown)
        for interval in range(deep):
            now = sequences[:, interval]
            way = light.way_s[light.phases[before], light.phases[now]]
            rate, last = rates[now], rates[before]
            new = (rate > 0.0) & ((last == 0.0) | (way[:, None] > 0.0) & (last < rate))
            opens = np.where(new, way[:, None] + self.startup, 0.0)
            closing = np.where(new, np.minimum(last, rate), rate)
            for second in range(self._step):
                share = np.clip(second + 1.0 - opens, 0.0, 1.0)
                leave = closing + (rate - closing) * share
                waits = np.maximum(waits + arrivals[interval * self._step + second] - leave, 0.0)
                cost += waits.sum(axis=1)
            before = now
        cost += waits.sum(axis=1) * self.beyond
        least = cost.min()
        best: Flags = cost <= least + 1e-9
        firsts = sequences[best, 0]
        return shown if shown in firsts else int(firsts[0])
