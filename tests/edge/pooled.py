"""Requests that are handed in to a ledger's pool, without messages and without a city."""

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.platform import CityPlatform
from wayside.edge.pool import LOOK, Desk
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Ints, Longs


class Teller(Desk):
    """Keeps what it is to answer."""

    def __init__(self, unit: RoadsideUnit) -> None:
        super().__init__(unit)
        self.told: dict[int, int] = {}

    def answer(self, vehicle: Ints, station: Longs, chosen: Ints) -> None:
        self.told |= dict(zip(station.tolist(), chosen.tolist(), strict=True))


def desk(number: int = 0, position: tuple[float, float] = (0.0, 0.0), cellular: bool = False) -> Teller:
    """At a unit of its own."""
    unit = RoadsideUnit(f"u{number}", number, position, LocalDynamicMaps(number + 1), CityPlatform(), cellular=cellular)
    made = Teller(unit)
    unit.apps.append(made)
    return made


def hand_in(ledger: Any, at: Desk, stations: ArrayLike, requests: Any, now: float, vehicles: ArrayLike = ()) -> None:
    """A unit is asked by these stations; `requests` has the columns of the service."""
    at.unit.time = now
    who = np.array(stations, np.int64)
    slots = np.array(vehicles if len(np.array(vehicles)) else who, np.int32)
    columns = {name: getattr(requests, name) for name in ledger.columns}
    ledger.pool.hand_in(at, SimpleNamespace(station=who, vehicle=slots, **columns))


def assign(
    ledger: Any, stations: ArrayLike, requests: Any, now: float, unit: int = 0, vehicles: ArrayLike = ()
) -> list[int | None]:
    """The stations ask a unit, and the policy decides at once: what each is told, None where it stays open."""
    at = desk(unit)
    hand_in(ledger, at, stations, requests, now, vehicles)
    ledger.pool.look(unit % LOOK, now)
    for answer in ledger.pool.answers:
        answer.send()
    ledger.pool.answers.clear()
    return [at.told.get(station) for station in np.array(stations).tolist()]
