"""A judge of lights, which knows the program and what was shown, and nothing of how that came about; and programs to
judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from wayside.edge.control import guard as guards
from wayside.edge.control.guard import LightGuard
from wayside.edge.control.plan import Plan


def plan_of(states: Any, seconds: Any, **more: Any) -> Plan:
    usual = np.asarray(seconds, np.float64)
    least = more.pop("least", np.full(len(usual), np.nan))
    return Plan(states, usual, least, usual, **more)


@dataclass
class Program:
    """As drawn."""

    states: list[str]
    seconds: list[float]
    foes: np.ndarray
    crossing: np.ndarray
    step_ms: int
    least: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def plan(self) -> Plan:
        foes, crossing = self.foes, self.crossing
        return plan_of(self.states, self.seconds, least=self.least, foes=foes, crossing=crossing, step_ms=self.step_ms)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Two to five green phases, each followed by yellow and red for all, or yellow, or red, or nothing."""
    links = draw(st.integers(2, 6))
    count = draw(st.integers(2, 5))
    letters = st.lists(st.sampled_from("rrgG"), min_size=links, max_size=links)
    greens = ["".join(draw(letters)) for _ in range(count)]
    states, seconds = [], []
    for green, after in zip(greens, [*greens[1:], greens[0]], strict=True):
        states.append(green)
        seconds.append(draw(st.sampled_from([4.0, 6.5, 9.0, 30.0])))
        clearing = "".join("y" if a in "gG" and b == "r" else a for a, b in zip(green, after, strict=True))
        closed = "".join("r" if a == "y" else a for a in clearing)
        for state, length in ((clearing, draw(st.sampled_from([0, 0, 2, 3, 4.3]))), (closed, draw(st.integers(0, 2)))):
            if length:
                states.append(state)
                seconds.append(float(length))
    pairs = draw(st.lists(st.booleans(), min_size=links * links, max_size=links * links))
    foes = np.array(pairs).reshape(links, links)
    crossing = np.array(draw(st.lists(st.sampled_from([False, False, True]), min_size=links, max_size=links)))
    least = np.array([draw(st.sampled_from([np.nan, np.nan, 2.0, 7.0])) for _ in states])
    return Program(states, seconds, foes, crossing, draw(st.sampled_from([500, 1000])), least)


@dataclass
class Shown:
    """What a guard has shown, step by step, and what it has said of it."""

    guard: LightGuard
    ms: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stages: list[int] = field(default_factory=list)  # -1: on the way
    ends: list[guards.LinkEnds] = field(default_factory=list)

    def run(self, wishes: list[int], times: int, resting: bool = False) -> Shown:
        plan, due, before = self.guard.plan, 0, 0
        for k in range(times):
            now, wish = k * plan.step_ms, wishes[(k // 3) % len(wishes)]
            if not resting or now >= due or wish != before:
                self.guard.step(now, wish)
                due, before = self.guard.rest_ms(wish), wish
            self.texts.append(self.guard.text)
            self.ms.append(now)
            self.stages.append(self.guard.stage if self.guard.arrived else -1)
            self.ends.append(self.guard.ends(now))
        return self


def gaps(program: Program, i: int, j: int) -> list[int]:
    """By the program itself: ms from each end of i's green to the next begin of j's; 0 where they follow at once."""
    count, found = len(program.states), []
    for k in range(count):
        if program.states[k][i] in "gG" and program.states[(k + 1) % count][i] not in "gG":
            wait = 0.0
            for n in range(1, count + 1):
                state = program.states[(k + n) % count]
                if state[j] in "gG":
                    found.append(round(wait * 1000))
                    break
                wait += program.seconds[(k + n) % count]
    return found


def faults(program: Program, shown: Shown) -> list[str]:
    """Whatever is wrong with what was shown, and with what was told of it."""
    return unsafe(program, shown.texts, shown.stages, shown.guard.most_red_ms) + lies(shown)


def unsafe(program: Program, texts: list[str], stages: list[int], most_red_ms: int) -> list[str]:
    """Whatever is wrong with the states of a light, step by step; stages: which shows, -1 on the way to one."""
    found = []
    links, step = len(texts[0]), program.step_ms
    together = {
        (i, j)
        for state in program.states
        for i, j in product(range(links), repeat=2)
        if state[i] in "gG" and state[j] in "gG"
    }
    conflict = {
        (i, j)
        for i in range(links)
        for j in range(links)
        if i != j and (program.foes[i, j] or program.foes[j, i]) and (i, j) not in together
    }
    in_order = set(zip(program.states, [*program.states[1:], program.states[0]], strict=True))
    green = np.array([[letter in "gG" for letter in text] for text in texts])
    for i, j in conflict:
        if (green[:, i] & green[:, j]).any():
            found.append(f"conflicting greens {i} {j}")
    # Nothing but the program's phases, and less than the last one's green on the way.
    last, begun = stages[0], 0
    for k, stage in enumerate(stages):
        if stage >= 0 and texts[k] != program.states[stage]:
            found.append("no phase of the program")
        of_its_own = any(a in "gG" and b not in "gG" for a, b in zip(texts[k], program.states[last], strict=True))
        if stage < 0 and of_its_own and texts[k] not in program.states:
            found.append("a green of its own on the way")
        if stage >= 0 and stage != last:
            last, begun = stage, k
        if k + 1 < len(texts) and stage >= 0 and stages[k + 1] != stage:
            said = program.least[stage]
            least = said if np.isfinite(said) else min(5.0, program.seconds[stage])
            if begun and (k + 1 - begun) * step < least * 1000 - 1e-6:
                found.append(f"least green of {stage}")
    # s; ms from the end of a link's green to the begin of another's in conflict: as the program has it
    yellows, safe, known = {}, {}, {}
    for i in range(links):
        known[i] = [gap for j in range(links) if (i, j) in conflict for gap in gaps(program, i, j)]
        runs = [s for p, s in zip(program.states, program.seconds, strict=True) if p[i] == "y"]
        yellows[i] = min(runs, default=3.0)
    # Red for all that the program has after some link's yellow, where it has any clearance; else 2 s.
    roads = [i for i in range(links) if not program.crossing[i]]
    reds = [max(gap / 1000.0 - yellows[i], 0.0) for i in roads for gap in known[i] if gap]
    red = min([2.0, *reds])
    for i in range(links):
        derived = 5000 if program.crossing[i] else round((min(yellows[i], 3.0) + red) * 1000)
        safe[i] = min([derived, *(gap or derived for gap in known[i])])
        for before, after in pairwise(texts):
            at_once = (before[i], after[i]) == ("G", "g") and (before, after) not in in_order
            if at_once and not program.crossing[i]:
                found.append(f"right of way of {i}")
        ends = np.flatnonzero(green[:-1, i] & ~green[1:, i]) + 1
        for end in ends.tolist():
            direct = (texts[end - 1], texts[end]) in in_order
            if not program.crossing[i]:
                run = 0
                while end + run < len(texts) and texts[end + run][i] in "yY":
                    run += 1
                least = yellows[i] * 1000 - 1e-6
                if not direct and end + run < len(texts) and run * step < least:
                    found.append(f"yellow of {i}")
            for j in range(links):
                begins = np.flatnonzero(green[end:, j])
                if (i, j) in conflict and len(begins) and begins[0] * step < safe[i]:
                    found.append(f"clearance {i} {j}: {begins[0] * step} of {safe[i]}")
        if any(state[i] in "gG" for state in program.states):
            waits, since = 0, 0
            for k in range(len(texts)):
                since = k if green[k, i] else since
                waits = max(waits, (k - since) * step)
            if waits > most_red_ms:
                found.append(f"red of {i}: {waits} of {most_red_ms}")
    return found


def lies(shown: Shown) -> list[str]:
    """LinkEnds that were told and were not true."""
    letters = np.array([list(text.encode()) for text in shown.texts])
    over, true = shown.ms[-1] / 1000.0, np.full(letters.shape, np.inf)
    for k in range(len(letters) - 2, -1, -1):
        true[k] = np.where(letters[k] != letters[k + 1], shown.ms[k + 1] / 1000.0, true[k + 1])
    earliest, likely, latest = (np.array(column) for column in zip(*shown.ends, strict=True))
    wrong = (true < earliest - 1e-6) | (np.minimum(true, over) > latest + 1e-6)
    told = np.isfinite(likely) & (true < over)
    wrong[told] |= np.abs(true[told] - likely[told]) > 1e-6
    return [
        f"end of {i} at {shown.ms[k]}: {true[k, i]} in {earliest[k, i]}..{latest[k, i]}" for k, i in np.argwhere(wrong)
    ]


def shown_of(program: Program, wishes: list[int], times: int = 150, most_ms: int = 60_000) -> Shown | None:
    plan = program.plan
    if plan.why_not:
        return None
    return Shown(LightGuard(plan, int(plan.stages[0]), 0, 0, most_ms)).run(wishes, times)
