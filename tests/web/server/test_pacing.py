"""Frames, by a wall clock that is moved by hand."""

from __future__ import annotations

from wayside.web.server.pacing import Turnstile


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_unsteady_ten_a_second_all_pass() -> None:
    clock = Clock()
    gate = Turnstile(clock)
    passed = 0
    for number in range(100):
        clock.now = 1000.0 + number * 0.1 + (0.03 if number % 3 == 0 else 0.0)
        if gate.open():
            gate.passed()
            passed += 1
    assert passed == 100


def test_a_thousand_a_second_do_not() -> None:
    clock = Clock()
    gate = Turnstile(clock)
    passed = 0
    for number in range(10_000):
        clock.now = 1000.0 + number / 1000.0
        if gate.open():
            gate.passed()
            passed += 1
    assert 105 <= passed <= 115
