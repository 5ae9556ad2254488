"""The guard of a light: a machine that only shows what is safe, whatever stage anybody wants.

It stands in a stage, or is on the way to one (`plan.Plan.script`). A stage is left for the one that is wanted when it
has shown for its least time; a way is never left.

No link is without green for longer than `most_red_ms`. From wherever the light is, there is a round: the stage of
whoever has waited longest comes next, each for its least time. What is wanted is done as long as the round from there
would still come to everybody in time; else the round begins. Who has been served waits for one turn of all others at
most, for which `most_red_ms` is long enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wayside.edge.control.plan import NEVER, Plan
from wayside.ext.arrays import Doubles, Flags, Longs


class LinkEnds(NamedTuple):
    """When the state of each link ends, at the earliest, likely, at the latest: s; infinite where it is not known."""

    earliest: Doubles
    likely: Doubles
    latest: Doubles


class LightGuard:
    """Of a light that shows a stage of its plan, since `since_ms`; all times count from the begin of the simulation.

    now_ms: from when on it guards. most_red_ms: how long no link shall be without green; it takes longer where a round
    does, and where some link has waited for long already. `stage` is the one that shows, or comes next; `switches`
    counts ways begun, `forced` those among them that nobody wanted, as some link had waited for too long; `overruled`:
    whether that was so in the last step.
    """

    def __init__(self, plan: Plan, stage: int, since_ms: int, now_ms: int, most_red_ms: int) -> None:
        if stage not in plan.stages:
            raise ValueError(f"phase {stage} is no stage")
        self.plan = plan
        self.stage = stage
        self.since_ms = since_ms  # when the stage began, or begins
        self.now_ms = now_ms
        self.switches = self.forced = 0
        self.overruled = False
        self._way: list[tuple[str, int]] = []  # states on the way to the stage, and when each ends
        self._since_green = now_ms - plan.red_ms(stage, now_ms - since_ms)  # by link, ms; of one with green: now
        self.most_red_ms = max(most_red_ms, plan.round_ms)
        needs, _ = self._round(stage, max(now_ms + plan.step_ms, since_ms + int(plan.least_ms[stage])))
        self.most_red_ms = max(self.most_red_ms, needs)
        self.longest_red_ms = 0
        self._follow(now_ms)

    @property
    def text(self) -> str:
        """What shows now, in SUMO's letters."""
        return next((text for text, end in self._way if self.now_ms < end), self.plan.states[self.stage])

    @property
    def arrived(self) -> bool:
        """Whether its stage shows."""
        return self.now_ms >= self.since_ms

    def free_at(self, now_ms: int) -> bool:
        """Whether its stage will have shown for its least time by then."""
        return now_ms >= self.since_ms + int(self.plan.least_ms[self.stage])

    def red_ms(self, now_ms: int) -> Longs:
        """For how long each link will have had no green by then, if it gets none."""
        return np.where(self._lit(), 0, np.where(self.plan.served, now_ms - self._since_green, 0))

    @property
    def next_ms(self) -> int:
        """When it shows something else at the earliest."""
        on_the_way = (end for _, end in self._way if end > self.now_ms)
        return next(on_the_way, self.since_ms + int(self.plan.least_ms[self.stage]))

    def _round(self, stage: int, leave_ms: int) -> tuple[int, int]:
        """The round from a stage that is left at a time: the longest that anybody will have waited in it, ms, and the
        stage that it begins with, -1 where nobody waits.
        """
        plan, first, longest = self.plan, -1, 0
        waiting = plan.served & ~plan.green[stage]
        while waiting.any():
            since = np.where(waiting, self._since_green, NEVER)
            to = int(plan.serves[since.argmin()])
            leave_ms += plan.way_ms(stage, to)
            longest = max(longest, leave_ms - int(since[plan.green[to]].min()))
            waiting &= ~plan.green[to]
            stage, leave_ms = to, leave_ms + int(plan.least_ms[to])
            first = to if first < 0 else first
        return longest, first

    def allows(self, stage: int, now_ms: int) -> bool:
        """Whether nobody would wait too long if, from now on, a stage came next, or stayed for a step more."""
        plan = self.plan
        waits = now_ms - self._since_green[plan.served & ~self._lit()]
        if int(waits.max(initial=0)) + plan.slack_ms <= self.most_red_ms:
            return True
        leave = max(now_ms, self.since_ms + int(plan.least_ms[self.stage]))
        if stage == self.stage:
            return self._round(stage, max(leave, now_ms + plan.step_ms))[0] <= self.most_red_ms
        begin = leave + plan.way_ms(self.stage, stage)
        served = plan.green[stage] & plan.served & ~plan.green[self.stage]
        longest = begin - int(self._since_green[served].min(initial=begin))
        return max(longest, self._round(stage, begin + int(plan.least_ms[stage]))[0]) <= self.most_red_ms

    def step(self, now_ms: int, wanted: int = -1) -> str:
        """What shows from now on; wanted: a stage, -1 for whatever shows. A number that is no stage's is not heeded.

        To be called at each step, or when `rest_ms` says so and whenever something else is wanted.
        """
        self._follow(now_ms)
        self.overruled = False
        if not self.free_at(now_ms):
            return self.text
        aim = wanted if wanted in self.plan.stages else self.stage
        if not self.allows(aim, now_ms):
            _, first = self._round(self.stage, now_ms)
            aim = self.stage if first < 0 else first
            self.overruled = aim != wanted
        if aim != self.stage:
            self.switches += 1
            self.forced += self.overruled
            end, self._way = now_ms, []
            for step in self.plan.script(self.stage, aim):
                end += step.ms
                self._way.append((step.text, end))
            self.stage, self.since_ms = aim, end
            self._follow(now_ms)
        return self.text

    def rest_ms(self, wanted: int) -> int:
        """Until when nothing changes where the same is wanted as in the last step."""
        if not self.free_at(self.now_ms):
            return self.next_ms
        if wanted != self.stage and wanted in self.plan.stages:
            return self.now_ms
        step = self.plan.step_ms
        leave = self.now_ms + step
        return self.now_ms + max((self.most_red_ms - self._round(self.stage, leave)[0]) // step, 0) * step

    def _follow(self, now_ms: int) -> None:
        """Time has gone on: what each link has shown in it."""
        self._since_green[self._lit()] = now_ms
        self.now_ms = now_ms
        if self.arrived:
            self._way = []
        waits = np.where(self.plan.served, now_ms - self._since_green, 0)
        self.longest_red_ms = max(self.longest_red_ms, int(waits.max(initial=0)))
        self._since_green[self._lit()] = now_ms

    def _lit(self) -> Flags:
        """The links that have green."""
        shown = np.frombuffer(self.text.encode("ascii"), np.uint8)
        return (shown == ord("g")) | (shown == ord("G"))

    def ends(self, now_ms: int) -> LinkEnds:
        """When each link's state ends, as the guard knows, where it stays with what it wanted in its last step."""
        plan, begun = self.plan, np.frombuffer(self.text.encode("ascii"), np.uint8)
        exact = np.full(len(begun), NEVER, np.int64)
        ahead = [(text, end) for text, end in self._way if end > self.now_ms]
        for (_, end), text in zip(ahead, [*(text for text, _ in ahead[1:]), plan.states[self.stage]], strict=False):
            shown = np.frombuffer(text.encode("ascii"), np.uint8)
            exact[(exact == NEVER) & (shown != begun)] = end
        known = exact != NEVER
        soonest = self.now_ms + (max(now_ms - self.now_ms, 0) // plan.step_ms + 1) * plan.step_ms
        free = max(self.since_ms + int(plan.least_ms[self.stage]), soonest)
        others = plan.change_ms[self.stage]
        earliest = np.where(known, exact, np.where(others == NEVER, NEVER, free + others))
        latest = np.where(known, exact, self._latest())
        seconds = [np.where(ms >= NEVER, np.inf, np.maximum(ms, now_ms) / 1000.0) for ms in (earliest, latest)]
        return LinkEnds(seconds[0], np.where(known, seconds[0], np.inf), seconds[1])

    def _latest(self) -> Longs:
        """By when each link shows something else, if nothing is known but that nobody waits for too long: who has no
        green gets it by then; who has it loses it before those get it who never have it together.
        """
        plan = self.plan
        due = np.where(plan.served, self._since_green + self.most_red_ms, NEVER)
        green = plan.green[self.stage]
        apart = ~plan.together & ~green & (due < NEVER)
        return np.where(green, np.where(apart, due, NEVER).min(axis=1, initial=NEVER), due)
