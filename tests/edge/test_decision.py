"""Why a facility was chosen: against sorting all of them, over random costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.decision import KEPT, Candidate, Decision, deliberate
from wayside.edge.errors import PluginError

COSTS = st.one_of(st.floats(0.0, 100.0), st.just(float("nan")), st.just(float("inf")), st.just(7.0))


@given(st.data())
def test_the_cheapest_are_kept_and_the_chosen_one(data: st.DataObject) -> None:
    requests, facilities = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 15))
    row = st.lists(COSTS, min_size=facilities, max_size=facilities)
    costs = np.array(data.draw(st.lists(row, min_size=requests, max_size=requests)))
    chosen = np.array(data.draw(st.lists(st.integers(-1, facilities - 1), min_size=requests, max_size=requests)))
    free = np.arange(facilities, dtype=np.int32)
    found = deliberate(costs, chosen.astype(np.int32), free, 5.0, 2, "m", "parking.policy")
    assert found is not None
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
    found = deliberate(costs, np.array([3], np.int32), np.array([5, 0, 1, 2], np.int32), 9.0, -1, "s", "x")
    assert found is not None
    assert Decision(found, 0).candidates == [
        Candidate(2, 1.0, 1, False),
        Candidate(3, 2.0, 2, True),
        Candidate(0, 3.0, 5, False),
    ]


def test_who_does_not_say_is_not_asked() -> None:
    chosen, free = np.array([0], np.int32), np.array([1], np.int32)
    assert deliberate(None, chosen, free, 0.0, 0, "", "parking.policy") is None
    assert deliberate(np.empty((0, 1)), chosen[:0], free, 0.0, 0, "", "parking.policy") is None


def test_costs_of_another_shape() -> None:
    with pytest.raises(PluginError, match=r"^parking.policy: costs must have 1 rows of 2 numbers, or be left out$"):
        deliberate(np.zeros((2, 2)), np.array([0], np.int32), np.array([1, 1], np.int32), 0.0, 0, "", "parking.policy")
