"""Who came to stand at a parking area or a charging station in a step, and who left one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.sim.charging import ElectricVehicles
from wayside.sim.columns import Columns
from wayside.sim.parking import Drivers
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.facilities import Facilities
from wayside.sim.world import AT_CHARGING_STATION, AT_PARKING_AREA

NOWHERE, CAR_PARK, CHARGER = range(3)


@dataclass(frozen=True)
class Change:
    """A vehicle's stop begins or ends at a facility (its number among the car parks or the chargers)."""

    slot: int
    begins: bool
    kind: int
    facility: int


class Stops(Columns):
    """Where each vehicle stands, by slot, from the changes of SUMO's stop flags."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "standing": (np.uint8, 0),
        "kind": (np.int8, NOWHERE),
        "facility": (np.int32, -1),
    }
    standing: NDArray[np.uint8]
    kind: NDArray[np.int8]
    facility: NDArray[np.int32]

    def __init__(self, backend: Backend, facilities: Facilities) -> None:
        self.backend = backend
        self.facilities = facilities
        self.grow(backend.vehicles.capacity)

    def changes(self) -> list[Change]:
        """Since the last call, ascending by slot; a vehicle that went straight from one stop to the next is not seen
        to move.
        """
        if not (self.facilities.car_park_of or self.facilities.charger_of):
            return []
        table = self.backend.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        n = table.extent
        standing = ((table.stop_state[:n] & (AT_PARKING_AREA | AT_CHARGING_STATION)) != 0).astype(np.uint8)
        changed = np.flatnonzero(standing != self.standing[:n])
        self.standing[:n] = standing
        found = []
        for slot in changed.tolist():
            if standing[slot]:
                self._find(slot)
            found.append(Change(slot, bool(standing[slot]), int(self.kind[slot]), int(self.facility[slot])))
        return found

    def pass_on(self, drivers: Drivers, electric: ElectricVehicles, now: float) -> None:
        """Tell those whom the changes since the last call concern; who drives on looks up its next wish."""
        for change in self.changes():
            if change.kind == CAR_PARK:
                if change.begins:
                    drivers.parked(change.slot, change.facility, now)
                else:
                    drivers.left(change.slot, change.facility, now)
            elif change.kind == CHARGER:
                if change.begins:
                    electric.plugged(change.slot, change.facility, now)
                else:
                    electric.unplugged(change.slot, change.facility, now)
            if not change.begins and self.backend.vehicles.alive[change.slot]:
                drivers.plan(change.slot)

    def _find(self, slot: int) -> None:
        place = self.backend.current_stop(str(self.backend.vehicles.ids[slot]))
        if place in self.facilities.car_park_of:
            self.kind[slot], self.facility[slot] = CAR_PARK, self.facilities.car_park_of[place]
        elif place in self.facilities.charger_of:
            self.kind[slot], self.facility[slot] = CHARGER, self.facilities.charger_of[place]
        else:
            self.kind[slot], self.facility[slot] = NOWHERE, -1
