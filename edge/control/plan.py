"""What of a light's program a controller may choose among, and how its light gets from one choice to another.

A phase is a stage, and may be asked for, where it shows green and no yellow; one that shows part of another phase's
green for a few seconds is clearance. Where the program itself leads from a stage to the next one it is followed, phase
by phase. From any other stage, and where the program gives conflicting links green at once, the way is derived: links
that lose their green, or the right of way that it gave them, show yellow as long as the program has it, and no link in
conflict with them gets green before the program's own time between the two is over. Where another stage always comes
between the two, that is their yellow, and the longest red for all that the program has after other links' yellow.

Two links are in conflict where the net has them as foes and no phase gives green to both; without foes, where no phase
gives green to both. Times within are whole milliseconds, in whole steps of SUMO's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles, Flags, Ints, Longs

MIN_GREEN: Final = 5.0  # s, where the program does not say: netconvert's --tls.min-dur
CLEARANCE: Final = 5.0  # s: how long a phase with part of another's green lasts at most to be no stage
# s of yellow at a speed limit in m/s up to which it is enough (RiLSA 2015, 50, 60 and 70 km/h), of red for all
# thereafter, and between the end of pedestrians' green and the begin of another's (netconvert's
# --tls.crossing-clearance.time): where the program has none.
YELLOWS: Final = ((50 / 3.6, 3.0), (60 / 3.6, 4.0), (np.inf, 5.0))
ALL_RED: Final = 2.0
WALK: Final = 5.0
_GREEN: Final = np.frombuffer(b"gG", np.uint8)
_YELLOW: Final = np.frombuffer(b"yY", np.uint8)


class Step(NamedTuple):
    """A state on the way between two stages, and for how long it shows, ms."""

    text: str
    ms: int


class Plan:
    """A program of P phases for a light of L links.

    states: SUMO's letters by phase; usual_s, least_s: durations of the phases, and their least where the program says
    it, else NaN; most_s: their longest; foes: L x L, None where they are not known; crossing: links of pedestrians;
    speed: allowed on the way to each link, m/s; step_ms: SUMO's step; chain: whether each phase follows the one before.

    green: P x L; stages: phases that may be asked for; least_ms: by phase, how long it shows at least once it does;
    yellow_ms, clear_ms: by link, how long it shows yellow after green, and until a link in conflict may have green.
    why_not: why nobody may control the light; empty: one may.
    """

    def __init__(
        self,
        states: Sequence[str],
        usual_s: Doubles,
        least_s: Doubles,
        most_s: Doubles,
        foes: Flags | None = None,
        crossing: Flags | None = None,
        speed: Doubles | None = None,
        step_ms: int = 100,
        chain: bool = True,
    ) -> None:
        self.states = tuple(states)
        self.step_ms = step_ms
        self.chain = chain
        self.letters = np.array([list(state.encode("ascii")) for state in states], np.uint8).reshape(len(states), -1)
        self.green = np.isin(self.letters, _GREEN)
        links = self.green.shape[1]
        self.crossing = np.zeros(links, np.bool_) if crossing is None else crossing
        self._speed = np.full(links, 50 / 3.6) if speed is None else speed
        self._usual = np.rint(usual_s * 1000.0).astype(np.int64)
        self._most = np.maximum(np.rint(most_s * 1000.0).astype(np.int64), self._usual)
        yellow, lit = np.isin(self.letters, _YELLOW).any(axis=1), self.green.any(axis=1)
        part = np.array(
            [(~(row & ~self.green).any(axis=1) & (self.green.sum(1) > row.sum())).any() for row in self.green]
        )
        self._is_stage = lit & ~yellow & ~(part & (self._usual <= CLEARANCE * 1000))
        self.stages: Ints = np.flatnonzero(self._is_stage).astype(np.int32)
        least = np.where(np.isfinite(least_s), least_s, np.minimum(MIN_GREEN, usual_s))
        self.least_ms: Longs = self._whole(np.rint(least * 1000.0).astype(np.int64))
        self.together = (self.green[:, :, None] & self.green[:, None, :]).any(axis=0)
        known = np.ones((links, links), np.bool_) if foes is None else foes | foes.T
        self.conflict: Flags = known & ~self.together & ~np.eye(links, dtype=np.bool_)
        self.served = self.green[self.stages].any(axis=0)  # by link: whether any stage does
        self.yellow_ms, self.clear_ms = self._clearances()
        self.why_not = self._why_not()
        self._scripts: dict[tuple[int, int], tuple[Step, ...]] = {}

    def _whole(self, ms: Longs) -> Longs:
        """In whole steps, rounded up."""
        return -(-ms // self.step_ms) * self.step_ms

    def _why_not(self) -> str:
        if len({self.states[stage] for stage in self.stages}) < 2:
            return "its program has fewer than two green phases"
        if (self.green.any(axis=0) & ~self.served).any():
            return "its program gives a link green beside another's yellow alone"
        return ""

    def _clearances(self) -> tuple[Longs, Longs]:
        """yellow_ms and clear_ms: the longest that the program has anywhere, or else derived."""
        links = self.green.shape[1]
        yellow, clear = np.zeros(links, np.int64), np.zeros(links, np.int64)
        at_once = np.zeros(links, np.bool_)  # whether a link in conflict gets green as this one's ends
        for link in range(links):
            for phase in np.flatnonzero(self.green[:, link] & ~np.roll(self.green[:, link], -1)).tolist():
                shown, until = self._clearance(link, phase)
                yellow[link], clear[link] = max(yellow[link], shown), max(clear[link], until)
                at_once[link] |= until == 0
        for link in np.flatnonzero(~self.crossing & (yellow == 0)).tolist():
            yellow[link] = self._derived_yellow(link)
        none = at_once | (clear == 0)
        # Where another stage comes between, the program does not say it: then what it has for others of its links.
        red = int((clear - yellow)[~none & ~self.crossing].max(initial=-1))
        red = round(ALL_RED * 1000) if red < 0 else red
        derived = np.where(self.crossing, round(WALK * 1000), yellow + np.where(at_once, round(ALL_RED * 1000), red))
        clear[none] = np.maximum(clear, derived)[none]
        # Links that always show the same are one signal group, and stay so.
        _, group = np.unique(self.letters, axis=1, return_inverse=True)
        for times in (yellow, clear):
            longest = np.zeros(links, np.int64)
            np.maximum.at(longest, group.ravel(), times)
            times[:] = longest[group.ravel()]
        return self._whole(yellow), self._whole(np.maximum(yellow, clear))

    def _clearance(self, link: int, phase: int) -> tuple[int, int]:
        """How long a link shows yellow after its green in a phase, and how long it is until one in conflict with it has
        green, ms; -1: the program says nothing of that, as another stage comes between, or its own green.
        """
        shown = until = 0
        for after in (np.arange(1, len(self.states)) + phase) % len(self.states):
            if (self.green[after] & self.conflict[link]).any():
                return shown, until
            if self._is_stage[after] or self.green[after, link]:
                break
            until += int(self._usual[after])
            if self.letters[after, link] in _YELLOW:
                shown += int(self._usual[after])
        return shown, -1

    def _derived_yellow(self, link: int) -> int:
        return next(round(seconds * 1000) for limit, seconds in YELLOWS if self._speed[link] <= limit + 0.05)

    # From stage to stage

    def script(self, stage: int, to: int) -> tuple[Step, ...]:
        """What shows between two stages, which follow each other at once where it is empty."""
        key = (stage, to)
        if key not in self._scripts:
            own = self._own(stage, to)
            self._scripts[key] = self._derived(stage, to) if own is None else own
        return self._scripts[key]

    def _own(self, stage: int, to: int) -> tuple[Step, ...] | None:
        """The program's phases between two stages; None where they do not follow each other, or not safely."""
        if not self.chain:
            return None
        steps, phase = [], (stage + 1) % len(self.states)
        while not self._is_stage[phase]:
            steps.append(phase)
            phase = (phase + 1) % len(self.states)
        if phase != to:
            return None
        for before, after in pairwise([stage, *steps, to]):
            lost, gained = self.green[before] & ~self.green[after], self.green[after] & ~self.green[before]
            if self.conflict[np.ix_(lost, gained)].any():
                return None
        whole = self._whole(self._usual[steps]).tolist()
        return tuple(Step(self.states[phase], ms) for phase, ms in zip(steps, whole, strict=True) if ms)

    def _derived(self, stage: int, to: int) -> tuple[Step, ...]:
        before, after = self.letters[stage], self.letters[to]
        gained = self.green[to] & ~self.green[stage]
        # Who must yield all at once may be too fast for it.
        yields = (before == ord("G")) & (after == ord("g")) & ~self.crossing
        lost = self.green[stage] & ~self.green[to] | yields
        hinders = lost & (self.conflict & gained).any(axis=1)
        end = int(np.where(hinders, self.clear_ms, self.yellow_ms)[lost].max(initial=0))
        times = sorted({0, end, *self.yellow_ms[lost].tolist()})
        kept = np.where((self.green[stage] & ~lost) | (before == after), before, ord("r"))
        steps = []
        for begin, until in pairwise(times):
            shown = np.where(lost & (self.yellow_ms > begin), ord("y"), kept).astype(np.uint8)
            steps.append(Step(shown.tobytes().decode("ascii"), until - begin))
        return tuple(steps)

    def way_ms(self, stage: int, to: int) -> int:
        """How long it takes from a stage to another, ms."""
        return sum(step.ms for step in self.script(stage, to))

    @cached_property
    def ways_s(self) -> Doubles:
        """Phases x phases: how long it takes from one stage to another, s; 0 where one is none."""
        found = np.zeros((len(self.states), len(self.states)))
        for stage in self.stages.tolist():
            for to in self.stages.tolist():
                found[stage, to] = self.way_ms(stage, to) / 1000.0 if stage != to else 0.0
        return found

    @cached_property
    def change_ms(self) -> dict[int, Longs]:
        """By stage, for each link: how long after the stage may be left the link shows another letter, at the earliest,
        whatever stages come next; `NEVER`: it never does.
        """
        stages = self.stages.tolist()
        links = self.green.shape[1]
        change = {stage: np.full(links, NEVER, np.int64) for stage in stages}
        onward: dict[tuple[int, int], Longs] = {}  # where it does not change from one to the other: how long that takes
        for stage in stages:
            for to in stages:
                if to == stage:
                    continue
                at, unchanged = 0, np.ones(links, np.bool_)
                for step in (*self.script(stage, to), Step(self.states[to], 0)):
                    other = np.frombuffer(step.text.encode("ascii"), np.uint8) != self.letters[stage]
                    change[stage][unchanged & other] = np.minimum(change[stage][unchanged & other], at)
                    unchanged &= ~other
                    at += step.ms
                onward[stage, to] = np.where(unchanged, at + self.least_ms[to], NEVER)
        for _ in stages:
            for (stage, to), more in onward.items():
                change[stage] = np.minimum(change[stage], np.minimum(more + change[to], NEVER))
        return change

    # Rounds

    @cached_property
    def serves(self) -> Ints:
        """By link the stage that ends a red that has become too long; -1: none does."""
        chosen: list[int] = []
        serves = np.full(self.green.shape[1], -1, np.int32)
        for link in np.flatnonzero(self.served).tolist():
            known = [stage for stage in chosen if self.green[stage, link]]
            if not known:
                known = [int(self.stages[np.argmax(self.green[self.stages, link])])]
                chosen += known
            serves[link] = known[0]
        return serves

    @cached_property
    def _spans(self) -> dict[int, int]:
        """By stage the longest way to it and its least time, ms."""
        stages = self.stages.tolist()
        ways = {to: max((self.way_ms(stage, to) for stage in stages if stage != to), default=0) for to in stages}
        return {to: way + int(self.least_ms[to]) for to, way in ways.items()}

    @cached_property
    def round_ms(self) -> int:
        """How long it takes at most until each stage of `serves` has had its turn."""
        return sum(self._spans[stage] for stage in set(self.serves[self.serves >= 0].tolist()))

    @cached_property
    def slack_ms(self) -> int:
        """How long it takes at most until then where any stage comes first."""
        return self.round_ms + 2 * max(self._spans.values(), default=0) + self.step_ms

    def red_ms(self, phase: int, spent_ms: int) -> Longs:
        """How long each link has been without green, by the program, where it has shown a phase for so long: with the
        phases before at their longest; 0 for one that has green.
        """
        phases = len(self.states)
        red = np.where(self.green[phase], 0, spent_ms)
        waiting = ~self.green[phase]
        for before in (phase - np.arange(1, phases)) % phases:
            waiting &= ~self.green[before]
            red[waiting] += self._most[before]
        return np.where(self.served, red, 0)


NEVER: Final = 2**60  # ms
