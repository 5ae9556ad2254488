"""Simulation time against a wall clock that is moved by hand."""

from __future__ import annotations

import pytest

from wayside.sim.pacing import Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("factor", [0.1, 1.0, 8.0, 1000.0])
def test_steps_come_at_the_factor_of_real_time(factor: float) -> None:
    clock, time, step = Clock(), 50.0, 0.5
    pacer = Pacer(clock, factor)
    begin = clock.now
    for _ in range(100):
        clock.now += pacer.wait(time, step)
        time += step
        clock.now += min(0.05, 0.4 * step / factor)  # what a step takes
    assert (time - 50.0) / (clock.now - begin) == pytest.approx(factor, rel=0.02)


def test_as_fast_as_possible_never_waits() -> None:
    pacer = Pacer(Clock(), None)
    assert [pacer.wait(time, 1.0) for time in range(5)] == [0.0] * 5


def test_what_was_too_slow_is_not_made_up_for() -> None:
    clock = Clock()
    pacer = Pacer(clock, 1.0)
    assert pacer.wait(0.0, 0.1) == 0.0
    clock.now += 5.0  # one step took long
    assert pacer.wait(0.1, 0.1) == 0.0
    clock.now += 0.01
    assert pacer.wait(0.2, 0.1) == pytest.approx(0.09)  # and then the pace is the old one


def test_a_small_delay_is_made_up_for() -> None:
    clock = Clock()
    pacer = Pacer(clock, 1.0)
    pacer.wait(0.0, 0.1)
    clock.now += 0.25
    assert pacer.wait(0.1, 0.1) == 0.0
    assert pacer.wait(0.2, 0.1) == 0.0
    assert pacer.wait(0.3, 0.1) == pytest.approx(0.05)


def test_a_restart_forgets_the_time_that_stood_still() -> None:
    clock = Clock()
    pacer = Pacer(clock, 1.0)
    pacer.wait(0.0, 0.1)
    clock.now += 60.0
    pacer.restart(2.0)
    assert pacer.wait(0.1, 0.1) == 0.0
    assert pacer.wait(0.2, 0.1) == pytest.approx(0.05)
