"""Persons as SUMO has them: who comes and goes, and where they are, into a table of their own.

Of a scenario without persons nothing is read but that nobody has come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wayside.ext.arrays import Ints
from wayside.ext.sumo import NativeSumo
from wayside.sim.world import RoadNetwork
from wayside.sim.world.persons import PersonTable

_NOBODY = np.empty(0, np.int32)
Row = tuple[tuple[float, float, float], float, float, str, str]  # x, y, z; speed; heading; edge, vehicle


class PersonEvents(NamedTuple):
    """Who came and went in one SUMO step: slots, in SUMO's order; the rows of those who went still stand."""

    came: Ints = _NOBODY
    went: Ints = _NOBODY


class PersonReading:
    """Reads persons through `api` (libsumo or traci). row: of one, by its id, where there is no native way.

    added: told of each who comes, as to subscribe to it.
    """

    def __init__(
        self,
        api: Any,
        network: RoadNetwork,
        row: Callable[[str], Row] | None = None,
        added: Callable[[str], None] | None = None,
        native: NativeSumo | None = None,
    ) -> None:
        self.table = PersonTable()
        self._api, self._network, self._native = api, network, native
        self._row, self._added = row or self._asked, added
        self._types: dict[str, tuple[float, float]] = {}

    def read(self) -> PersonEvents:
        """SUMO has stepped: who came, who went, and where everybody is."""
        simulation, table = self._api.simulation, self.table
        went, came = simulation.getArrivedPersonIDList(), simulation.getDepartedPersonIDList()
        if not (came or went or table.count):
            return _NO_EVENTS
        table.release()
        gone = [id for id in went if id in table.slot_of]
        fleeting = set(went).difference(gone)  # came and went within the step
        left = [self._remove(id) for id in gone]
        events = PersonEvents(_slots([self._add(id) for id in came if id not in fleeting]), _slots(left))
        if table.count:
            self._fill()
        return events

    def _add(self, id: str) -> int:
        slot = self.table.add(id)
        person = self._api.person
        type = person.getTypeID(id)
        if type not in self._types:
            self._types[type] = float(person.getLength(id)), float(person.getWidth(id))
        self.table.length[slot], self.table.width[slot] = self._types[type]
        if self._native is not None:
            if self.table.come == 1:
                self._native.add_edges(self._network.edge_ids)
            self._native.add_person(slot, id)
        elif self._added is not None:
            self._added(id)
        return slot

    def _remove(self, id: str) -> int:
        slot = self.table.remove(id)
        if self._native is not None:
            self._native.remove_person(slot)
        return slot

    def _fill(self) -> None:
        table = self.table
        if self._native is not None:
            columns = table.x, table.y, table.z, table.speed, table.heading, table.edge, table.afoot
            self._native.read_persons(*columns, table.extent)
            return
        numbers = self._network.edge_number
        for id, slot in table.slot_of.items():
            place, table.speed[slot], table.heading[slot], edge, vehicle = self._row(id)
            table.x[slot], table.y[slot], table.z[slot] = place
            table.edge[slot], table.afoot[slot] = numbers.get(edge, -1), not vehicle

    def _asked(self, id: str) -> Row:
        person = self._api.person
        return (
            person.getPosition3D(id),
            person.getSpeed(id),
            person.getAngle(id),
            person.getRoadID(id),
            person.getVehicle(id),
        )


_NO_EVENTS = PersonEvents()


def _slots(found: Sequence[int]) -> Ints:
    return np.array(found, np.int32) if found else _NOBODY
