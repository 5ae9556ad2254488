"""Who came to stand at a parking area or a charging station in a step, and who left one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from wayside.ext.arrays import Bytes, Ints
from wayside.ext.columns import turned
from wayside.sim.onboard.service import OnboardService
from wayside.sim.sumo.backend import Backend
from wayside.sim.world import AT_PLACE
from wayside.sim.world.columns import SlotColumns


class StopChange(NamedTuple):
    """A vehicle's stop begins or ends at a place, by SUMO's id."""

    slot: int
    begins: bool
    place: str


class Stops(SlotColumns):
    """Where each vehicle stands, by slot, from the changes of SUMO's stop flags."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {"standing": (np.uint8, 0), "_changed": (np.int32, -1)}
    standing: Bytes
    _changed: Ints

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._place: dict[int, str] = {}  # by slot
        self.grow(backend.vehicles.capacity)

    def changes(self) -> list[StopChange]:
        """Since the last call, ascending by slot; a vehicle that went straight from one stop to the next is not seen
        to move.
        """
        table = self.backend.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        count = turned(table.stop_state, AT_PLACE, self.standing, self._changed, table.extent)
        found = []
        for slot in self._changed[:count].tolist():
            begins = bool(self.standing[slot])
            if begins:
                self._place[slot] = self.backend.current_stop(str(table.ids[slot]))
            found.append(StopChange(slot, begins, self._place[slot]))
        return found

    def pass_on(self, services: Sequence[OnboardService], now: float) -> None:
        """Tell the services of the changes since the last call; nobody looks where no service wants to know."""
        if not services:
            return
        for change in self.changes():
            for service in services:
                tell = service.stopped if change.begins else service.left
                with service.running():
                    tell(change.slot, change.place, now)
