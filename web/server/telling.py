"""What is told of a simulation, to whomever: frames and JSON as docs/live.md has them.

It only reads, and only the arrays that are there anyway: a run that is told of gives the same results as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wayside.ext.arrays import States
from wayside.sim.engine import Simulation, Tick
from wayside.sim.observers import Observer
from wayside.web.server import frames, world
from wayside.web.server.air import AirObserver
from wayside.web.server.events import EventFeed
from wayside.web.server.frames import Stamp, VehicleColumns
from wayside.web.server.marks import Marks
from wayside.web.server.people import People
from wayside.web.server.places import ChangedPlaces
from wayside.web.server.view import Views


class RunTeller(Observer):
    """Knows what of one simulation is new since it was last told. To whom and when is for those derived from it.

    views: of that simulation; air: what listens to its packets; wall: the clock that frames say they were packed at.
    """

    def __init__(self, views: Views, air: AirObserver, wall: Callable[[], float]) -> None:
        self.simulation: Simulation = views.simulation
        self.views = views
        self.air = air
        self.events = EventFeed(views)
        self.places = ChangedPlaces(views)
        self.people = People(self.simulation)
        self.marks = Marks(views, air.hops)
        self.paused = False
        self._wall = wall
        self._sequence = 0
        self._packer = frames.packer(*(view.flags for view in views if view.flags))
        self._come: list[int] = []  # stations that departed since they were last told
        self._walkers: list[int] = []  # slots of persons likewise
        self._types_told = 0, 0  # of vehicles and persons

    def took(self, tick: Tick, names: bool) -> None:
        """A step is done; names: whether those who have come in it are to be told of by `_names`."""
        self.events.took(tick.events, tick.time)
        if names and len(tick.events.departed):
            self._come += self.simulation.vehicles.station[tick.events.departed].tolist()
        self.people.took(tick.events.persons)
        if names and len(tick.events.persons.came):
            self._walkers += tick.events.persons.came.tolist()

    def _names(self) -> dict[str, Any] | None:
        """Who has come, and of which types, since the last call: a message; None: nobody."""
        walkers = self.people.rows(np.unique(np.array(self._walkers, np.intp)))
        self._walkers.clear()
        types = self._new_types()
        if not (self._come or walkers or types):
            return None
        vehicles = self.simulation.vehicles
        slots = vehicles.slots()
        come = slots[np.isin(vehicles.station[slots], self._come)] if self._come else slots[:0]
        self._come.clear()
        return {"type": "names", "vehicles": self._rows(come.tolist()) + walkers, "types": types}

    def _new_types(self) -> list[list[object]]:
        """The types that have not been told of."""
        types, theirs = self.simulation.vehicles.types, self.people.types
        told = len(types), len(theirs)
        if told == self._types_told:
            return []
        new = world.types(types)[self._types_told[0] :] + theirs[self._types_told[1] :]
        self._types_told = told
        return new

    def _rows(self, slots: Sequence[int]) -> list[list[object]]:
        vehicles, equipped = self.simulation.vehicles, self.simulation.fleet.equipped
        station, type, capacity = vehicles.station, vehicles.type, vehicles.capacity_wh
        return [
            [int(station[s]), vehicles.ids[s], int(type[s]), int(equipped[s]), int(capacity[s] > 0.0)] for s in slots
        ]

    def _stamp(self) -> Stamp:
        self._sequence += 1
        return Stamp(self._sequence, self.simulation.time, self._wall(), self.paused)

    def _state(self, whole: bool) -> bytes:
        """All vehicles: a delta to the last keyframe, or one where `whole`, or where that is no larger."""
        stamp, seen = self._stamp(), self._seen()
        frame = None if whole else self._packer.delta(stamp.header(frames.DELTA), *seen)
        return frame or self._packer.keyframe(stamp.header(frames.KEYFRAME), *seen)

    def _charge(self) -> bytes:
        table = self.simulation.vehicles
        return frames.pack_charge(table.charge, table.capacity_wh, self._packer, self._stamp())

    def _packets(self) -> bytes:
        packets, arcs, sent = self.air.sample()
        return frames.pack_packets(packets, arcs, sent, self._stamp())

    def _seen(self) -> VehicleColumns:
        table = self.simulation.vehicles
        n = table.extent
        vehicles = VehicleColumns(
            table.alive[:n],
            table.station[:n],
            table.x[:n],
            table.y[:n],
            table.heading[:n],
            table.speed[:n],
            table.lane[:n],
            table.signals[:n],
            *self._states(n),
        )
        return self.people.beside(vehicles)

    def _states(self, n: int) -> tuple[States, States]:
        nothing = np.zeros(n, np.int8)
        first, second, *_ = [*self.views.states(n), nothing, nothing]
        return first, second
