"""Who is within the discs around senders, against all distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.grid import Discs

REACH = 300.0
Pairs = list[tuple[int, int]]


class City:
    """Units and vehicles at random, some of them off, and packets of all sorts."""

    def __init__(self, seed: int, units: int, vehicles: int, packets: int) -> None:
        random = np.random.default_rng(seed)
        self.units, self.n = units, packets
        # Whole tens of metres: many distances are exactly the reach.
        self.x, self.y = 10.0 * np.round(random.uniform(-60.0, 60.0, (2, units + vehicles)))
        self.on = (random.random(units + vehicles) < 0.8).astype(np.uint8)
        self.sender = np.sort(random.integers(0, units + vehicles, packets)).astype(np.int32)
        everyone = random.random(packets) < 0.7
        self.to = np.where(everyone, -1, random.integers(0, units + vehicles, packets)).astype(np.int32)
        self.radius = random.choice([100.0, 300.0, np.inf], packets)
        self.named = (random.random(packets) < 0.5).astype(np.uint8)

    def discs(self) -> Discs:
        u = self.units
        discs = Discs(REACH)
        discs.place_units(self.x[:u].copy(), self.y[:u].copy(), self.on[:u].copy())
        discs.place_vehicles(self.x[u:].copy(), self.y[u:].copy(), self.on[u:].copy())
        return discs

    def carry(self, discs: Discs) -> tuple[list[int], list[int], Pairs, Pairs]:
        at_vehicles, at_units = np.full(self.n, -1, np.int32), np.full(self.n, -1, np.int32)
        units, vehicles = discs.carry(self.sender, self.to, self.radius, self.named, at_vehicles, at_units)
        for packet, receiver in (units, vehicles):
            order = np.lexsort((packet, receiver))
            kept = np.argsort(receiver, kind="stable")
            np.testing.assert_array_equal(packet[order], packet[kept], "a receiver's packets ascend")
        pairs = [list(zip(found[0].tolist(), found[1].tolist(), strict=True)) for found in (units, vehicles)]
        return at_vehicles.tolist(), at_units.tolist(), sorted(pairs[0]), sorted(pairs[1])

    def expected(self) -> tuple[list[int], list[int], Pairs, Pairs]:
        u = self.units
        counts: tuple[list[int], list[int]] = ([], [])
        pairs: tuple[Pairs, Pairs] = ([], [])
        for k in range(self.n):
            s = self.sender[k]
            d2 = (self.x - self.x[s]) ** 2 + (self.y - self.y[s]) ** 2
            got = (self.on == 1) & (d2 <= min(self.radius[k], REACH) ** 2) & (self.on[s] == 1)
            if self.to[k] >= 0:
                got = (self.on == 1) & (d2 <= REACH**2) & (np.arange(len(d2)) == self.to[k]) & (self.on[s] == 1)
                got[s] = False
            else:
                got[s] = False
                pairs[0].extend((k, int(unit)) for unit in np.flatnonzero(got[:u]))
                pairs[1].extend((k, int(slot)) for slot in np.flatnonzero(got[u:]) if self.named[k])
            counts[0].append(int(got[u:].sum()))
            counts[1].append(int(got[:u].sum()))
        return *counts, sorted(pairs[0]), sorted(pairs[1])


@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(0, 40), st.integers(0, 30))
def test_as_all_distances(seed: int, units: int, vehicles: int, packets: int) -> None:
    city = City(seed, units, vehicles, packets if units + vehicles else 0)
    assert city.carry(city.discs()) == city.expected()


def test_a_crowd() -> None:
    city = City(3, 40, 2000, 500)
    discs = city.discs()
    assert city.carry(discs) == city.expected()
    assert city.carry(discs) == city.expected(), "nothing is left over from the last call"


@pytest.mark.parametrize(("sender", "to"), [(5, -1), (-1, -1), (0, 5)])
def test_stations_that_are_none(sender: int, to: int) -> None:
    discs = City(1, 2, 3, 0).discs()
    column = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="there are 5 stations"):
        discs.carry(column + sender, column + to, np.ones(1), np.ones(1, np.uint8), column, column.copy())
    with pytest.raises(ValueError, match="different lengths"):
        discs.carry(column, column, np.ones(2), np.ones(1, np.uint8), column, column)
