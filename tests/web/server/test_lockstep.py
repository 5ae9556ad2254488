"""Two clocks that wait for one another: neither too far ahead, and none for ever."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.web.server.lockstep import AHEAD, FRAME, Lockstep, ahead

STEPS = st.sampled_from([0.1, 0.25, 0.5, 1.0])


@pytest.mark.parametrize(
    ("speed", "step", "expected"),
    [
        (1.0, 0.1, 0.1),
        (1.0, 0.01, FRAME),
        (5.0, 0.1, 5 * FRAME),
        (100.0, 0.1, AHEAD),
        (None, 0.1, AHEAD),
        (1.0, 1.0, 1.0),
    ],
)
def test_how_far_one_may_be_ahead(speed: float | None, step: float, expected: float) -> None:
    assert ahead(speed, step) == expected


@given(STEPS, STEPS, st.sampled_from([0.1, 1.0, 10.0, None]), st.lists(st.booleans(), min_size=20, max_size=200))
def test_two_runs_stay_together_and_both_come_to_the_end(
    first: float, second: float, speed: float | None, turns: list[bool]
) -> None:
    """Whoever's turn it is steps if it may. A second implementation of the rule: the distance itself."""
    steps = (first, second)
    lock = Lockstep(ahead(speed, max(steps)))
    times = [0.0, 0.0]
    assert lock.horizon(0) is None
    lock.times[0] = 0.0
    assert lock.horizon(0) is None  # the other has not begun
    lock.times[1] = 0.0
    for turn in turns:
        moved = False
        for which in (int(turn), 1 - int(turn)):
            horizon = lock.horizon(which)
            assert horizon is not None
            if times[which] + steps[which] <= horizon + 1e-9:
                times[which] += steps[which]
                lock.times[which] = times[which]
                moved = True
                break
        assert moved, "one of them may always step"
        assert abs(times[0] - times[1]) <= lock.ahead + 1e-9


def test_nobody_waits_for_a_run_that_is_over() -> None:
    lock = Lockstep(0.1, times=[5.0, 3.0])
    assert lock.horizon(0) == pytest.approx(3.1)
    lock.free[1] = True
    assert lock.horizon(0) == math.inf
    assert lock.horizon(1) == pytest.approx(5.1)


def test_at_a_level_both_stop() -> None:
    lock = Lockstep(0.5, times=[5.0, 5.3])
    lock.level = lock.latest
    assert lock.level == pytest.approx(5.8)
    assert lock.horizon(0) == pytest.approx(5.8)
    assert lock.horizon(1) == pytest.approx(5.5)  # until the first is there
    lock.times[0] = 5.8
    assert lock.horizon(1) == pytest.approx(5.8)
