"""Which pile is whose, and what its meter says, with sessions made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from wayside.edge.charging.state import Chargers
from wayside.sim.ocpp.evses import EvseLayout, Evses
from wayside.sim.ocpp.news import ENDED, SAMPLE, STARTED, STATE, News
from wayside.sim.onboard.charging import CONTENT, PLUGGED, ElectricVehicles

EFFICIENCY = np.array([0.9, 0.8, 0.5])


def chargers() -> Chargers:
    """Two sites: a has groups 0 (1 pile) and 2 (2 piles), b has group 1 (2 piles)."""
    n = 3
    ones, none = np.ones(n), np.zeros(n, np.int32)
    site, piles = np.array([0, 1, 0], np.int32), np.array([1, 2, 2], np.int32)
    drives = np.zeros((n, 1), np.float32)
    return Chargers(
        ("a fast", "b", "a slow"), ("a", "b"), ones, ones, none, site, piles, 7e3 * ones, EFFICIENCY, ones,
        np.full(2, np.inf), drives, none, none,
    )  # fmt: skip


class Sessions:
    """As many vehicles as slots, and what the on-board service says of them."""

    def __init__(self, slots: int, meter_s: float = 60.0) -> None:
        table = SimpleNamespace(
            ids=np.array([f"v{k}" for k in range(slots)]), charge=np.full(slots, 3e4), capacity_wh=np.full(slots, 6e4)
        )
        self.service: Any = SimpleNamespace(
            platform=SimpleNamespace(chargers=chargers()),
            fleet=SimpleNamespace(vehicles=table),
            state=np.full(slots, CONTENT, np.int8),
            session=np.full(slots, -1, np.int32),
            charger=np.full(slots, -1, np.int32),
            limit_w=np.full(slots, 7000.0),
            energy_wh=np.zeros(slots),
            sessions=[],
        )
        self.evses = Evses(cast(ElectricVehicles, self.service), meter_s)

    def plug(self, slot: int, group: int) -> None:
        of = self.service
        of.state[slot], of.charger[slot], of.session[slot] = PLUGGED, group, len(of.sessions)
        of.energy_wh[slot] = 0.0
        of.sessions.append(SimpleNamespace(energy_wh=0.0, soc_end=0.6, outcome="charging"))

    def unplug(self, slot: int, energy_wh: float, outcome: str = "left") -> None:
        of = self.service
        of.sessions[of.session[slot]] = SimpleNamespace(energy_wh=energy_wh, soc_end=0.6, outcome=outcome)
        of.state[slot], of.charger[slot], of.session[slot] = CONTENT, -1, -1

    def second(self, now: float) -> list[tuple[int, int, float]]:
        """What is told: what, of which EVSE, and its meter."""
        self.evses.follow(now)
        self.news = self.evses.second(now)
        return rows(self.news)


def rows(news: News | None) -> list[tuple[int, int, float]]:
    if news is None:
        return []
    columns = news.what.tolist(), news.evse.tolist(), news.register_wh.round(6).tolist()
    return list(zip(*columns, strict=True))


def test_piles_are_counted_within_their_site() -> None:
    layout = EvseLayout.of(chargers())
    assert layout.stations == ("a", "b")
    assert layout.group.tolist() == [0, 2, 2, 1, 1]
    assert layout.station.tolist() == [0, 0, 0, 1, 1]
    assert layout.number.tolist() == [1, 2, 3, 1, 2]
    assert layout.first.tolist() == [0, 3, 1]


def test_a_meter_counts_what_is_drawn_and_goes_on_counting() -> None:
    here = Sessions(2, meter_s=3.0)
    here.plug(0, 1)
    assert here.second(0.0) == [(STARTED, 3, 0.0)]
    here.service.energy_wh[0] = 8.0
    assert here.second(1.0) == [(STATE, 3, 10.0)]  # of 0.8
    here.service.energy_wh[0] = 12.0
    assert here.second(2.0) == []
    assert here.second(3.0) == [(SAMPLE, 3, 15.0)]
    assert here.news is not None
    assert here.news.power_w.tolist() == [(15.0 - 10.0) * 3600.0 / 2.0]
    here.unplug(0, 16.0, "charged")
    here.plug(1, 1)
    assert here.second(4.0) == [(ENDED, 3, 20.0), (STARTED, 3, 20.0)]  # the same pile, at once
    assert here.news is not None
    assert here.news.names == ("SOCLimitReached", "v1")
    assert here.news.transactions[0] != here.news.transactions[1]
    here.service.energy_wh[1] = 4.0
    assert rows(here.evses.end(5.0, "PowerLoss")) == [(ENDED, 3, 25.0)]
    assert (here.evses.slot < 0).all()


def test_a_state_is_told_when_it_changes() -> None:
    here = Sessions(1)
    here.plug(0, 0)
    here.service.limit_w[0] = 0.0
    here.second(0.0)
    told = []
    for now, limit, charge in ((1.0, 0.0, 3e4), (2.0, 0.0, 3e4), (3.0, 500.0, 3e4), (4.0, 500.0, 6e4)):
        here.service.limit_w[0] = limit
        here.service.fleet.vehicles.charge[0] = charge
        here.second(now)
        told.append(None if here.news is None else here.news.state.tolist())
    assert told == [[3], None, [1], [2]]  # by the station, charging, by the vehicle


def test_where_stations_overlap_a_pile_of_the_site_is_taken() -> None:
    """SUMO lets vehicles at three piles charge from the one of group 0."""
    here = Sessions(5)
    for slot in range(3):
        here.plug(slot, 0)
    assert [(what, evse) for what, evse, _ in here.second(0.0)] == [(STARTED, 0), (STARTED, 1), (STARTED, 2)]
    here.service.energy_wh[:3] = 9.0
    assert [register for _, _, register in here.second(1.0)] == [10.0, 10.0, 10.0]  # of 0.9, group 0's
    here.plug(3, 2)
    here.plug(4, 1)
    assert [(what, evse) for what, evse, _ in here.second(1.5)] == [(STARTED, 3)]
    assert here.evses.homeless == ["v3"]
    here.unplug(3, 5.0)
    here.unplug(1, 9.0)
    assert [(what, evse) for what, evse, _ in here.second(1.7)] == [(ENDED, 1)]
