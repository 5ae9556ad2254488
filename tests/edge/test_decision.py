"""Why a facility was chosen: against sorting all of them, over random costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.decision import KEPT, UNSAID, Candidate, Decision, Measure, deliberate
from wayside.edge.errors import PluginError

COSTS = st.one_of(st.floats(0.0, 100.0), st.just(float("nan")), st.just(float("inf")), st.just(7.0))

HERE = np.zeros(1, np.int32)


def of(free: np.ndarray) -> tuple[int, Any]:
    """How many facilities there are, and how many places are free in some."""
    return len(free), free.__getitem__


@given(st.data())
def test_the_cheapest_are_kept_and_the_chosen_one(data: st.DataObject) -> None:
    requests, facilities = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 15))
    row = st.lists(COSTS, min_size=facilities, max_size=facilities)
    costs = np.array(data.draw(st.lists(row, min_size=requests, max_size=requests)))
    chosen = np.array(data.draw(st.lists(st.integers(-1, facilities - 1), min_size=requests, max_size=requests)))
    free = np.arange(facilities, dtype=np.int32)
    units = np.arange(requests, dtype=np.int32)
    found = deliberate(costs, chosen.astype(np.int32), *of(free), 5.0, units, Measure("walk", "m"), "parking.policy")
    assert found is not None
    assert [Decision(found, number).unit for number in range(requests)] == units.tolist()
    for number in range(requests):
        candidates = Decision(found, number).candidates
        possible = sorted((cost, n) for n, cost in enumerate(costs[number].tolist()) if np.isfinite(cost))
        choice = int(chosen[number])
        others = [(one.cost, one.facility) for one in candidates if one.facility != choice]
        # The cheapest, but one fewer where the chosen one is none of them.
        cheapest = [pair for pair in possible if pair[1] != choice]
        assert [cost for cost, _ in others] == [cost for cost, _ in cheapest[: len(others)]]
        assert len(candidates) <= KEPT
        assert len(others) >= min(len(cheapest), KEPT - 1)
        assert [one.facility for one in candidates if one.chosen] == ([choice] if choice >= 0 else [])
        assert all(one.free == one.facility for one in candidates)
        known = [one.cost for one in candidates if np.isfinite(one.cost)]
        assert known == sorted(known)


def test_one_by_hand() -> None:
    costs = np.array([[3.0, np.nan, 1.0, 2.0]])
    found = deliberate(
        costs,
        np.array([3], np.int32),
        *of(np.array([5, 0, 1, 2], np.int32)),
        9.0,
        np.array([3], np.int32),
        Measure("drive, wait and charge", "s"),
        "x",
    )
    assert found is not None
    assert (found.measure.name, found.measure.unit) == ("drive, wait and charge", "s")
    assert Decision(found, 0).candidates == [
        Candidate(2, 1.0, 1, False),
        Candidate(3, 2.0, 2, True),
        Candidate(0, 3.0, 5, False),
    ]


def test_who_does_not_say_is_not_asked() -> None:
    chosen, free = np.array([0], np.int32), np.array([1], np.int32)
    assert deliberate(None, chosen, *of(free), 0.0, HERE, UNSAID, "parking.policy") is None
    assert deliberate(np.empty((0, 1)), chosen[:0], *of(free), 0.0, HERE, UNSAID, "parking.policy") is None


def test_costs_of_another_shape() -> None:
    with pytest.raises(PluginError, match=r"^parking.policy: costs must have 1 rows of 2 numbers, or be left out$"):
        deliberate(
            np.zeros((2, 2)), np.array([0], np.int32), *of(np.ones(2, np.int32)), 0.0, HERE, UNSAID, "parking.policy"
        )


@pytest.mark.parametrize("measure", ["walk, m", ("walk",), ("walk", 3), None])
def test_a_measure_is_a_name_and_a_unit(measure: Any) -> None:
    chosen, free = np.array([0], np.int32), np.array([1], np.int32)
    with pytest.raises(PluginError, match=r"^parking.policy: measure is .*, must be a Measure: a name and its unit"):
        deliberate(np.zeros((1, 1)), chosen, *of(free), 0.0, HERE, measure, "parking.policy")


def test_few_candidates_of_many() -> None:
    """They are told by their numbers; one that is none has no cost; a choice that is none of them is not shown."""
    numbers = np.array([[40, 7, -1, 90]], np.int32)
    costs = np.array([[3.0, 1.0, np.inf, 2.0]])
    free = np.arange(100, dtype=np.int32)
    found = deliberate(costs, np.array([90], np.int32), *of(free), 5.0, HERE, Measure("walk", "m"), "it", numbers)
    assert found is not None
    assert Decision(found, 0).candidates == [
        Candidate(7, 1.0, 7, False),
        Candidate(90, 2.0, 90, True),
        Candidate(40, 3.0, 40, False),
    ]
    many = np.arange(50, 60, dtype=np.int32)[None]
    found = deliberate(many * 1.0, np.array([59], np.int32), *of(free), 5.0, HERE, UNSAID, "it", many)
    assert found is not None
    assert [one.facility for one in Decision(found, 0).candidates] == [50, 51, 52, 53, 54, 59]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (np.array([[1, 2]]), "must have 1 rows of as many numbers each"),
        (np.array([[1.0, 2.0, 3.0]]), "must have 1 rows"),
        ([[1, 2, 3]], "must have 1 rows"),
        (np.array([[1, 2, 9]]), r"candidates must be within -1\.\.8"),
        (np.array([[-2, 2, 3]]), "candidates must be within"),
    ],
)
def test_candidates_that_are_none(numbers: Any, said: str) -> None:
    costs, free = np.ones((1, 3)), np.ones(9, np.int32)
    with pytest.raises(PluginError, match=f"^it: .*{said}"):
        deliberate(costs, np.array([1], np.int32), *of(free), 5.0, HERE, UNSAID, "it", numbers)
