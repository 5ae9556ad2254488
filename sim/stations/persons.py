"""Persons who carry a device: each has a slot among the vehicles' stations, and is there where the person is."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Ints
from wayside.sim.chance import draw
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.persons import PersonEvents
from wayside.sim.world.persons import PersonTable

_NONE = np.empty(0, np.int32)


class Devices:
    """Who of the persons carries one, by (seed, person): a device is an ITS station of its own, that sends and hears.

    Its row in the table of vehicles is lent (`VehicleTable.lend`) and written here; its acceleration is how the speed
    has changed in SUMO's last step. Who sits in a vehicle is silent.
    """

    def __init__(self, persons: PersonTable, fleet: Fleet, step: float) -> None:
        """step: of SUMO's [s]."""
        self._persons, self._fleet, self._step = persons, fleet, step
        self._slot_of: dict[int, int] = {}  # by the person's
        self._rows = self._slots = _NONE
        self.carried = 0  # so far

    def update(self, events: PersonEvents) -> Ints:
        """SUMO has stepped: the slots of those who have come with a device; all are where their persons are."""
        came = _NONE
        if len(events.came) or len(events.went):
            came = self._exchange(events)
        if len(self._rows):
            self._follow(came)
        return came

    def _exchange(self, events: PersonEvents) -> Ints:
        fleet, persons = self._fleet, self._persons
        table, share = fleet.vehicles, fleet.v2x.vru_penetration or 0.0
        for person in events.went.tolist():
            if (slot := self._slot_of.pop(person, None)) is not None:
                fleet.equipped[slot] = 0
                table.take_back(slot)
        new = []
        for person in events.came.tolist():
            id = str(persons.ids[person])
            if draw(fleet.seed, "vru", id) < share:
                new.append(table.lend(id))
                self._slot_of[person] = persons.device[person] = new[-1]
        came = np.array(new, np.int32) if new else _NONE
        if new:
            self.carried += len(new)
            fleet.admit_persons(came)
        self._rows = np.array(list(self._slot_of), np.int32)
        self._slots = np.array(list(self._slot_of.values()), np.int32)
        return came

    def _follow(self, came: Ints) -> None:
        persons, table, rows, slots = self._persons, self._fleet.vehicles, self._rows, self._slots
        table.acceleration[slots] = (persons.speed[rows] - table.speed[slots]) / self._step
        table.acceleration[came] = 0.0
        for name in ("x", "y", "z", "speed", "heading", "length", "width"):
            getattr(table, name)[slots] = getattr(persons, name)[rows]
        table.on_net[slots] = persons.afoot[rows]
