"""The guard against a judge (`judge.py`): whatever programs, foes and wishes; and planted errors, which it finds."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.control.judge import Program, Shown, faults, lies, plan_of, programs, shown_of
from wayside.edge.control.guard import LightGuard, LinkEnds
from wayside.edge.control.plan import Plan, Step

CROSSING = ("GGrrr", "yyrrr", "rrrrr", "rrGGr", "rryyr", "rrrrr", "rrrrG", "rrrrr")


def crossing(**more: Any) -> Program:
    """Two roads and a crossing for pedestrians over both."""
    foes, walk = np.ones((5, 5), np.bool_), np.array([False] * 4 + [True])
    seconds = [30.0, 3.0, 2.0, 20.0, 3.0, 2.0, 10.0, 8.0]
    return Program([*CROSSING], seconds, foes, walk, 500, np.full(8, np.nan), **more)


WISHES = st.lists(st.integers(-2, 16), min_size=1, max_size=60)


@given(programs(), WISHES)
@settings(max_examples=80, deadline=None)
def test_whatever_is_wanted(program: Program, wishes: list[int]) -> None:
    shown = shown_of(program, wishes)
    assert shown is None or faults(program, shown) == []


@given(programs(), WISHES)
@settings(max_examples=40, deadline=None)
def test_who_rests_misses_nothing(program: Program, wishes: list[int]) -> None:
    """A guard that is asked only when it says so shows the same, and what it tells is as true."""
    if program.plan.why_not:
        return
    guards = [LightGuard(program.plan, int(program.plan.stages[0]), 0, 0, 60_000) for _ in range(2)]
    asked, rested = (
        Shown(guard).run(wishes, 150, resting) for guard, resting in zip(guards, (False, True), strict=True)
    )
    assert rested.texts == asked.texts
    assert lies(rested) == []


@given(programs(), st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_who_always_wants_the_same_starves_nobody(program: Program, rank: int) -> None:
    plan = program.plan
    if plan.why_not:
        return
    wanted = int(plan.stages[rank % len(plan.stages)])
    shown = shown_of(program, [wanted], 250)
    assert shown is not None
    assert faults(program, shown) == []
    green = np.array([[letter in "gG" for letter in text] for text in shown.texts])
    lasting = 250 * program.step_ms > shown.guard.most_red_ms
    assert not lasting or green[:, plan.served].any(axis=0).all()


def test_as_the_program_has_it() -> None:
    """Yellow, red for all and the pedestrians' time to clear are the program's own, in whatever order phases come."""
    plan = crossing().plan
    assert plan.stages.tolist() == [0, 3, 6]
    assert plan.yellow_ms.tolist() == [3000] * 4 + [0]
    assert plan.clear_ms.tolist() == [5000] * 4 + [8000]
    assert plan.script(0, 3) == (Step("yyrrr", 3000), Step("rrrrr", 2000))
    assert plan.script(3, 0) == (Step("rryyr", 3000), Step("rrrrr", 2000))
    assert plan.script(6, 3) == (Step("rrrrr", 8000),)


@pytest.mark.parametrize(
    ("states", "seconds", "why"),
    [
        (("GGr", "yyr"), (30.0, 3.0), "fewer than two green phases"),
        (("rr", "rr"), (30.0, 3.0), "fewer than two green phases"),
        (("Grr", "yGr", "rrG", "rry"), (30.0, 9.0, 30.0, 3.0), "green beside another's yellow alone"),
    ],
)
def test_programs_that_nobody_else_can_run(states: Any, seconds: Any, why: str) -> None:
    assert why in plan_of(states, seconds).why_not


def test_red_for_all_is_what_the_program_has_for_other_links() -> None:
    """A left turn's phase comes between the through lanes' and the crossing road's: nobody says what lies between."""
    states = ("GGgrr", "yygrr", "rrGrr", "rryrr", "rrrGG", "rrryy")
    foes = np.ones((5, 5), np.bool_)
    plan = plan_of(states, (30.0, 3.0, 6.0, 3.0, 30.0, 3.0), foes=foes)
    assert plan.stages.tolist() == [0, 2, 4]
    assert plan.script(0, 4) == (Step("yyyrr", 3000),), "this program has no red for all"
    states = ("GGgrr", "yygrr", "rrGrr", "rryrr", "rrrrr", "rrrGG", "rrryy")
    plan = plan_of(states, (30.0, 3.0, 6.0, 3.0, 1.0, 30.0, 3.0), foes=foes)
    assert plan.script(0, 5) == (Step("yyyrr", 3000), Step("rrrrr", 1000))


def test_from_green_to_green_at_once() -> None:
    """Where the program leaves no time between links in conflict there is yellow by the speed allowed, then red."""
    plan = plan_of(("Gr", "rG"), (20.0, 20.0), speed=np.array([13.9, 19.5]))
    assert plan.script(0, 1) == (Step("yr", 3000), Step("rr", 2000))
    assert plan.script(1, 0) == (Step("ry", 5000), Step("rr", 2000))
    apart = plan_of(("Gr", "rG"), (20.0, 20.0), foes=np.zeros((2, 2), np.bool_))
    assert apart.script(0, 1) == (), "the two are no foes"


def test_who_loses_the_right_of_way_is_stopped_first() -> None:
    """From G to g at once, who comes fast would have to brake hard: SUMO told of emergency brakings in lingang."""
    plan = plan_of(("GGr", "yyr", "rrG", "rry", "grG", "yry"), (20.0, 3.0, 20.0, 3.0, 20.0, 3.0))
    assert plan.stages.tolist() == [0, 2, 4]
    assert plan.script(0, 4)[0].text == "yyr"
    assert plan.script(4, 2) == (Step("yrG", 3000),)


def hasty(self: LightGuard, now_ms: int) -> bool:
    return now_ms >= self.since_ms


def early(self: LightGuard, now_ms: int) -> LinkEnds:
    told = guard_ends(self, now_ms)
    return told._replace(earliest=told.earliest + 0.5)


def late(self: LightGuard, now_ms: int) -> LinkEnds:
    told = guard_ends(self, now_ms)
    return told._replace(latest=told.latest - 40.0)


def short(self: Plan, stage: int, to: int) -> tuple[Step, ...]:
    return tuple(step._replace(ms=step.ms - self.step_ms) for step in Plan_script(self, stage, to))


guard_ends, Plan_script = LightGuard.ends, Plan.script


@pytest.mark.parametrize(
    ("of", "name", "planted", "found"),
    [
        (LightGuard, "free_at", hasty, "least green"),
        (LightGuard, "allows", lambda self, stage, now_ms: True, "red of"),
        (LightGuard, "ends", early, "end of"),
        (LightGuard, "ends", late, "end of"),
        (Plan, "script", lambda self, stage, to: (), "clearance"),
        (Plan, "script", short, "clearance"),
        (Plan, "script", lambda self, stage, to: (Step("GGGGr", 8000),), "conflicting greens"),
        (Plan, "script", lambda self, stage, to: (Step("rrrrr", 8000),), "yellow"),
    ],
)
def test_the_planted_error_is_found(of: type, name: str, planted: Any, found: str) -> None:
    program = crossing()
    wishes = [0] * 60 if found == "red of" else [0, 3, 6, 0, 6, 3]
    right = shown_of(program, wishes)
    assert right is not None
    assert faults(program, right) == []
    with patch.object(of, name, planted):
        wrong = Shown(LightGuard(program.plan, 0, 0, 0, 60_000)).run(wishes, 400)
    assert any(one.startswith(found) for one in faults(program, wrong))


def test_who_wants_what_is_none() -> None:
    plan = crossing().plan
    guard = LightGuard(plan, 0, 0, 0, 60_000)
    for now in range(0, 60_000, 500):
        assert guard.step(now, (1, 2, 99, -7)[now % 4]) in CROSSING
    with pytest.raises(ValueError, match="phase 1 is no stage"):
        LightGuard(plan, 1, 0, 0, 60_000)


def test_a_light_taken_over_late() -> None:
    """Who has waited under the program has its turn in time."""
    program = crossing()
    guard = LightGuard(program.plan, 0, 0, 29_500, 60_000)
    assert guard.red_ms(29_500).tolist() == [0, 0, 52_500, 52_500, 37_500]
    for most_ms in (60_000, 90_000):
        guard = LightGuard(program.plan, 0, 0, 29_500, most_ms)
        assert guard.most_red_ms == most_ms
        shown = [guard.step(now, 0) for now in range(29_500, 120_000, 500)]
        first, last = (shown.index(text) * 0.5 for text in ("rrGGr", "rrrrG"))
        assert first + 52.5 <= most_ms / 1000
        assert last + 37.5 <= most_ms / 1000
        assert first > most_ms / 1000 - 52.5 - 10.0, "nobody is hurried before it is time"
    assert LightGuard(program.plan, 0, 0, 29_500, 20_000).most_red_ms > 52_500
