"""What a light will show: its programs, followed from what SUMO tells of it, to the end of each signal group's state.

SUMO tells what a light shows and when its phase may end. Which phase of which program that is follows from both, and
from the phase before. Of a fixed-time program (`static`) all that comes is known. One that is `actuated` or
`delay_based` ends a phase between its least and its longest duration. Of all others (NEMA, rail signals, phases that
choose their next one), and of lights without a known program, no more is known than SUMO's next switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Doubles, Flags, Indices

FIXED: Final = "static"
_BOUNDED: Final = ("actuated", "delay_based")
NEAR: Final = 1e-3  # s: SUMO counts milliseconds


@dataclass(frozen=True)
class Program:
    """A program of a light: SUMO's type, and of each phase its state and its shortest, usual and longest duration [s].

    chain: whether each phase is followed by the next one; id: SUMO's; least: the shortest durations as far as the
    program says them [s], NaN where it does not.
    """

    type: str
    states: tuple[str, ...]
    durations: Doubles  # phases x 3
    chain: bool = True
    id: str = ""
    least: Doubles | None = None

    @cached_property
    def fixed(self) -> bool:
        """Whether all that comes is known."""
        return self.type == FIXED and self.chain and bool(self.durations[:, 1].sum() > 0.0)

    @property
    def bounded(self) -> bool:
        """Whether each phase has a longest duration that is not its only one."""
        return self.type in _BOUNDED and self.chain


class Ends(NamedTuple):
    """When each group's state ends, at the earliest, likely, at the latest: [s], infinite where it is not known, or as
    TimeMarks.
    """

    earliest: NDArray[Any]
    likely: NDArray[Any]
    latest: NDArray[Any]


class _At(NamedTuple):
    """A phase of a program: when it began, at the earliest and at the latest, and when it may end, by SUMO [s]."""

    program: int
    phase: int
    since: float
    begun: float
    end: float


def _same(one: Doubles, other: Doubles) -> Flags:
    return np.isclose(one, other, rtol=0.0, atol=NEAR)


class Course:
    """One light followed through its programs; `first`: a link of each of its groups."""

    def __init__(self, programs: Sequence[Program], first: Indices) -> None:
        self.programs = programs
        self._first = first
        self._shown = [
            np.array([list(state.encode()) for state in program.states], np.uint8)[:, first] for program in programs
        ]
        self._at: list[_At] = []
        self.looked = np.inf  # s, when SUMO was last heard
        # If SUMO goes on telling the same, nothing new comes before `rests` [s] while it is heard within `silence` [s].
        self.rests, self.silence = -np.inf, 0.0
        self.places: set[tuple[int, int]] = set()  # what may show, by what was told last: programs and their phases
        self.bounded = any(program.bounded for program in programs)

    def follow(self, text: str, switch: float, time: float) -> tuple[str, float, Ends]:
        """SUMO told this state and this next switch [s] at or before `time` [s]: what is shown now, until when nothing
        new is known [s], and when the groups' states end.
        """
        before, self._at = self._at, self._next(text, switch, time)
        self.looked = time
        # Within a phase nothing changes, as ends are points in time, but for the first look at it.
        settled = self._at and self._at == before
        self.rests = min(switch, *(at.end for at in self._at)) - 2.0 * NEAR if settled else -np.inf
        self.silence = min(map(self._round, self._at), default=0.0)
        now = [self._on(at, time) for at in self._at]
        self.places = {(at.program, at.phase) for at in now}
        states = {self.programs[at.program].states[at.phase] for at in now}
        if len(states) != 1:
            known = np.full(len(self._first), switch if switch > time + NEAR else np.inf)
            return text, float(known.min(initial=np.inf)), Ends(known, known, np.full_like(known, np.inf))
        ends = [self._ends(at, time) for at in now]
        likely = ends[0].likely
        for other in ends[1:]:
            likely = np.where(_same(other.likely, likely), likely, np.inf)
        return (
            states.pop(),
            min((at.end for at in now if at.end > time + NEAR), default=np.inf),
            Ends(np.min([one.earliest for one in ends], axis=0), likely, np.max([one.latest for one in ends], axis=0)),
        )

    def _next(self, text: str, switch: float, time: float) -> list[_At]:
        """The phases that this can be: those that follow from what was known, else all that look so."""
        silent = time - self.looked
        found = [at for before in self._at if silent < self._round(before) for at in self._after(before, text, switch)]
        if found:
            return found
        return [
            _At(p, k, -np.inf, time, switch)
            for p, program in enumerate(self.programs)
            for k, state in enumerate(program.states)
            if state == text and (not program.fixed or switch - time <= program.durations[k, 1] + NEAR)
        ]

    def _round(self, at: _At) -> float:
        """How soon it can have come round to a phase once more, unseen [s]; never, where all that comes is known."""
        program = self.programs[at.program]
        return np.inf if program.fixed else float(program.durations[:, 0].sum() - program.durations[at.phase, 0])

    def _after(self, at: _At, text: str, switch: float) -> list[_At]:
        """The same phase, or the one after it that this is."""
        program = self.programs[at.program]
        if program.states[at.phase] == text and (abs(switch - at.end) < NEAR or not program.fixed):
            return [at._replace(end=switch)]
        if not program.fixed:
            phase = (at.phase + 1) % len(program.states)
            follows = program.chain and program.states[phase] == text
            return [_At(at.program, phase, at.end, at.end, switch)] if follows else []
        for _ in program.states:
            at = self._step(at)
            if abs(at.end - switch) < NEAR and program.states[at.phase] == text:
                return [at]
        return []

    def _step(self, at: _At) -> _At:
        """The phase after one of a fixed program."""
        program = self.programs[at.program]
        phase = (at.phase + 1) % len(program.states)
        return _At(at.program, phase, at.end, at.end, at.end + float(program.durations[phase, 1]))

    def _on(self, at: _At, time: float) -> _At:
        """The phase of a fixed program that has come since."""
        while self.programs[at.program].fixed and at.end <= time + NEAR:
            at = self._step(at)
        return at

    def _ends(self, at: _At, time: float) -> Ends:
        program, shown = self.programs[at.program], self._shown[at.program]
        order = (at.phase + np.arange(len(shown))) % len(shown)
        differs = shown[order] != shown[at.phase]
        change = np.argmax(differs, axis=0)  # in how many phases; 0: never
        nothing = np.full(len(change), np.inf)

        def until(first: float, each: Doubles) -> Doubles:
            ends = first + np.concatenate(([0.0], np.cumsum(each[order[1:]])))
            found = np.where(change > 0, ends[change - 1], np.inf)
            return np.where(found > time + NEAR, found, np.inf)

        least, usual, most = program.durations.T
        if program.fixed:
            found = until(at.end, usual)
            return Ends(found, found, found)
        if not program.bounded:
            earliest = np.full(len(change), at.end if at.end > time + NEAR else np.inf)
            return Ends(earliest, nothing, nothing)
        # SUMO's next switch is when it looks next whether the phase shall end.
        earliest = until(max(at.end, at.since + float(least[at.phase])), least)
        latest = until(max(at.begun + float(most[at.phase]), at.end), most)
        return Ends(earliest, np.where(_same(earliest, latest), earliest, np.inf), latest)
