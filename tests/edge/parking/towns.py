"""Small random towns with car parks and drivers, and what each bay costs each driver, by plain arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.edge.finders import PlainFinder
from tests.edge.parking.test_policies import city, requests
from wayside.edge.parking.state import BayRequests, CarParks
from wayside.edge.plugin import Plugin
from wayside.sim.scenario.options import filled


class Town:
    """Of a seed: up to 5 car parks on 6 edges, and up to 6 drivers, of whom some have a bay kept."""

    def __init__(self, seed: int, holders: bool = False) -> None:
        random = self.random = np.random.default_rng(seed)
        parks = random.integers(1, 6)
        self.drives = random.integers(0, 60, (6, 6)).astype(np.float64)
        self.drives[random.random((6, 6)) < 0.1] = math.inf
        made = city(
            [
                (tuple(random.integers(-99, 99, 2).tolist()), *random.integers((0, 0, 0), (5, 3, 2)).tolist())
                for _ in range(parks)
            ]
        )
        self.parks = replace(
            made,
            edge=random.integers(0, 6, parks).astype(np.int32),
            price_per_hour=random.integers(0, 9, parks).astype(np.float64),
        )
        self.parks.open[:] = random.random(parks) < 0.9
        many = int(random.integers(0, 7))
        asked = requests(random.integers(-99, 99, (many, 2)).tolist())
        held = np.full(many, -1, np.int32)
        if holders:  # each has one of the bays that are free once it has given it back
            for row in range(many):
                left = self.parks.free - np.bincount(held[held >= 0], minlength=parks)
                some = np.flatnonzero((left > 0) & np.isfinite(self.drives[row % 6, self.parks.edge]))
                if len(some) and random.random() < 0.5:
                    held[row] = random.choice(some)
        self.requests = replace(
            asked,
            edge=(np.arange(many) % 6).astype(np.int32),
            duration=random.integers(1, 9, many) * 600.0,
            held=held,
            station=np.arange(many),
        )

    def make(self, code: Any, **options: object) -> Any:
        """A policy in this town."""
        finder = PlainFinder(self.parks.edge, self.parks.x, self.parks.y, self.drives)
        network = SimpleNamespace(
            finder=lambda edge, position, x, y: finder, travel_s=self.drives[0], length_m=self.drives[0]
        )
        random = lambda purpose, who="", when=0.0: np.random.default_rng(int(who or 0))  # noqa: E731
        self.context = SimpleNamespace(network=network, time=0.0, random=random)
        return Plugin(code, filled(code, options, "parking.policy", code.__name__), self.context).make()  # type: ignore[arg-type]

    def walk(self, row: int, park: int) -> float:
        """m, straight."""
        return math.hypot(self.requests.x[row] - self.parks.x[park], self.requests.y[row] - self.parks.y[park])

    def cost(self, row: int, park: int, worth: float = 30.0) -> float:
        """Drive, walk and price, s, by the defaults."""
        money = self.parks.price_per_hour[park] * self.requests.duration[row] / 3600.0
        drive = self.drives[self.requests.edge[row], self.parks.edge[park]]
        return float(drive + 2.0 * self.walk(row, park) / 1.4 + money / worth * 3600.0)


towns = st.builds(Town, st.integers(0, 2**32))
towns_with_holders = st.builds(Town, st.integers(0, 2**32), st.just(True))


def unchanged(parks: CarParks, wanted: BayRequests, ask: Any) -> Any:
    """What a policy answers, which must not have changed anything."""
    before = [np.copy(value) for table in (parks, wanted) for value in vars(table).values()]
    answer = ask(wanted, parks)
    for old, new in zip(before, [v for table in (parks, wanted) for v in vars(table).values()], strict=True):
        np.testing.assert_array_equal(old, new)
    return answer
