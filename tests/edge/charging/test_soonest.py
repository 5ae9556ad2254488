"""The best groups out of many, against looking at all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.charging.test_policies import EFFICIENCY, Group, city, requests, running, wait_until_free
from wayside.edge.charging import soonest as module
from wayside.edge.charging.soonest import PileOffers, closest, soonest
from wayside.edge.charging.state import Chargers

GROUPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([7, 60, 120]),
        st.integers(-1, 40).map(lambda far: [20 * far if far >= 0 else -1] * 3),
        st.lists(st.integers(0, 900), max_size=3).map(sorted),
    ),
    max_size=14,
)


def by_hand(
    of: list[Group], energy: float, most: float, max_wait: float, opened: list[bool]
) -> list[tuple[float, ...]]:
    """When it is done at each, its drive and its number, of those that are possible."""
    found = []
    for number, ((piles, kw, drive, ends), open_) in enumerate(zip(of, opened, strict=True)):
        if drive[0] < 0 or piles == 0 or not open_:
            continue
        free = wait_until_free([float(end) for end in ends], piles)
        if free - drive[0] <= max_wait:
            charge = 3600.0 * energy / min(EFFICIENCY * 1000.0 * kw, 1000.0 * most)
            found.append((max(drive[0], free) + charge, drive[0], number))
    return found


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first the nearest alone, so that it must look farther."""
    monkeypatch.setattr(module, "LOOKED_AT", 1)


def shown(offers: PileOffers) -> list[int]:
    return offers.group.tolist()


@pytest.mark.usefixtures("few")
def test_the_best_of_all_are_found() -> None:
    @given(GROUPS, st.integers(1, 3), st.integers(1, 30), st.sampled_from([7, 50, 150]), st.booleans(), st.data())
    def of(of: list[Group], count: int, kwh: int, most: int, patient: bool, data: st.DataObject) -> None:
        opened = data.draw(st.lists(st.booleans(), min_size=len(of), max_size=len(of)))
        chargers: Chargers = city(of)
        chargers.open[:] = opened
        wait = 1e9 if patient else 120.0
        wish, ends = requests([(0, 1000 * kwh, most)], wait), running(of)
        possible = by_hand(of, 1000.0 * kwh, most, wait, opened)
        found = soonest(wish, 0, chargers, ends, count)
        assert shown(found) == [number for _, _, number in sorted(possible, key=lambda one: (one[0], one[2]))[:count]]
        near = closest(wish, 0, chargers, ends, count)
        assert shown(near) == [number for _, _, number in sorted(possible, key=lambda one: one[1:])[:count]]
        for offers in (found, near):
            np.testing.assert_allclose(
                offers.done_s, [done for n in shown(offers) for done, _, at in possible if at == n]
            )

    of()


@pytest.mark.usefixtures("few")
def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast group lies behind slow ones: who takes the city's fastest pile to be a slow one stops before it."""
    of: list[Group] = [(1, 7, [20 * k] * 3, []) for k in range(9)] + [(1, 120, [400] * 3, [])]
    chargers, wish = city(of), requests([(0, 20_000, 150)])
    assert shown(soonest(wish, 0, chargers, running(of), 1)) == [9]
    chargers.most_w = 7000.0 * EFFICIENCY
    assert shown(soonest(wish, 0, chargers, running(of), 1)) == [0]


def test_piles_without_power_are_no_choice() -> None:
    of: list[Group] = [(1, 0, [10] * 3, []), (1, 60, [20] * 3, [])]
    assert shown(soonest(requests([(0, 5000, 50)]), 0, city(of), running(of), 2)) == [1]
    assert shown(soonest(requests([(0, 5000, 50)]), 0, city(of[:1]), running(of[:1]), 2)) == []
