"""Time slots at piles: against looking at every moment, and lived through from promise to promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.charging.test_policies import EFFICIENCY, Group, Wish, city, groups, requests, running, wishes
from tests.edge.pooled import assign
from wayside.edge.charging.forecast import ExpectedEnds, Slot
from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.reserve import SlotReservation, first_gap
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import Chargers, ChargingPlatform, PileAssignment, PileRequests
from wayside.edge.errors import WaysideError

SLOTS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)).map(lambda one: Slot(one[0], one[0] + one[1])))


def overlap(slots: list[Slot], at: float) -> int:
    return sum(slot.begin <= at < slot.end for slot in slots)


@given(SLOTS, st.integers(1, 3), st.integers(0, 20), st.integers(1, 20), st.integers(0, 3))
def test_the_first_gap(slots: list[Slot], piles: int, earliest: int, length: int, gap: int) -> None:
    """Of whole seconds: the first from which on at every moment a pile is free."""
    longer = [Slot(slot.begin, slot.end + gap) for slot in slots]
    begin = next(
        t for t in range(earliest, 999) if all(overlap(longer, at) < piles for at in range(t, t + length + gap))
    )
    assert first_gap(slots, piles, earliest, length, gap) == begin


def test_without_a_pile() -> None:
    assert first_gap([], 0, 5.0, 10.0, 0.0) == float("inf")


@given(wishes, groups, st.sampled_from([0.0, 600.0, 1e9]))
def test_no_more_slots_than_piles(wanted: list[Wish], of: list[Group], max_wait: float) -> None:
    """And each request has the least of what was possible when its turn came."""
    ends = running(of)
    policy = SlotReservation()
    policy.gap = 0.0
    found = policy(requests(wanted, max_wait), city(of), ends)
    kept: list[list[Slot]] = [[Slot(0.0, end) for end in sorted(group[3])] for group in of]
    assert found.begin_s is not None
    for row, (edge, energy, most) in enumerate(wanted):
        costs = []
        for number, (piles, kw, drive, _) in enumerate(of):
            charge = 3600.0 * energy / min(EFFICIENCY * 1000.0 * kw, 1000.0 * most)
            begin = first_gap(kept[number], piles, drive[edge], charge, 0.0) if drive[edge] >= 0 else np.inf
            costs.append((begin + charge if begin - drive[edge] <= max_wait else np.inf, number))
        best, number = min(costs, default=(np.inf, -1))
        assert found.charger[row] == (number if np.isfinite(best) else -1)
        if np.isfinite(best):
            assert found.cost[row] == pytest.approx(best)
            kept[number].append(Slot(float(found.begin_s[row]), float(found.cost[row])))
    for (piles, _, _, now), slots in zip(of, kept, strict=True):
        promised = slots[len(now) :]
        for slot in promised:  # where more run than there are piles, nothing is promised until they have ended
            assert overlap(slots, slot.begin) <= piles


def test_a_short_charge_fills_the_gap_before_a_slot() -> None:
    """Far away is the first, and near the others, of whom one is done before it comes; a queue has no room for it."""
    here: Group = (1, 60, [2000, 10, 10], [])
    elsewhere: Group = (1, 60, [9000, 2500, 2500], [])
    wanted: list[Wish] = [(0, 20_000, 150), (1, 20_000, 150), (1, 40_000, 150)]
    found = SlotReservation()(requests(wanted), city([here, elsewhere]), running([here, elsewhere]))
    assert found.charger.tolist() == [0, 0, 1]
    assert found.begin_s is not None
    assert found.begin_s.tolist() == [2000.0, 10.0, 2500.0]
    queue = least_completion(requests(wanted), city([here, elsewhere]), running([here, elsewhere]))
    assert queue.charger.tolist()[:2] == [0, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40_000), st.integers(0, 900)), max_size=12))
def test_a_promise_is_kept_until_its_vehicle_is_charged(asked: list[tuple[int, int, int]]) -> None:
    """The ledger lived through: whoever comes when its slot begins finds a pile, and leaves it when expected."""
    of: list[Group] = [(2, 60, [10, 200, 300], []), (1, 7, [5, 50, -1], [])]
    policy = SlotReservation()
    ledger = ChargingPlatform(city(of), policy, equal, 1e9, 600.0)
    now, slots = 0.0, dict[int, tuple[int, float, float]]()

    def live(until: float) -> None:
        events = [(begin, 1, station) for station, (_, begin, _) in slots.items() if now <= begin < until]
        events += [(end, 0, station) for station, (_, _, end) in slots.items() if now <= end < until]
        for time, comes, station in sorted(events):
            group = slots[station][0]
            if comes:
                session = ledger.sessions[station]
                assert (session.charger, session.plugged) == (group, False)
                ledger.plug_in(station, group, *wants[station], time)
                assert ledger.chargers.occupied[group] <= of[group][0]
            else:
                ledger.release(station)

    wants: dict[int, tuple[float, float]] = {}
    for station, (edge, energy, pause) in enumerate(asked):
        live(now + pause)
        now += pause
        (group,) = assign(ledger, [station], requests([(edge, energy, 50)]), now)
        if group is not None and group >= 0:
            wants[station] = float(energy), min(50_000.0, 1000.0 * EFFICIENCY * of[group][1])
            end = ledger.expected_end(station, now)
            slots[station] = group, end - 3600.0 * wants[station][0] / wants[station][1], end
    live(1e9)
    assert ledger.sessions == {}


@pytest.mark.parametrize("begin", [np.zeros(2), np.array(["x"]), np.array([np.inf])])
def test_a_begin_that_is_none(begin: Any) -> None:
    def policy(wanted: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        return PileAssignment(np.zeros(1, np.int32), np.zeros(1), begin_s=begin)

    ledger = ChargingPlatform(city([(1, 60, [10, 20, 30], [])]), policy, equal, 20.0, 1e9)
    with pytest.raises(WaysideError, match=r"^charging\.policy .*begin_s must have a number of seconds for each of 1"):
        assign(ledger, [1], requests([(0, 9500, 50)]), 0.0)


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots of others that are overlooked."""
    monkeypatch.setattr(ExpectedEnds, "slots", lambda self, group: [])
    with pytest.raises(AssertionError):
        test_a_short_charge_fills_the_gap_before_a_slot()
