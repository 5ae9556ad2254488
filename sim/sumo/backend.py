"""One SUMO simulation behind one interface, whichever way its state is read.

The three ways share everything but the step and the reading of vehicles and lights: `native` (C++, ext/sumo.pyx),
`libsumo` (a Python call per value) and `traci` (another process, also sumo-gui). All fill the same arrays with the
same bits. Only one simulation can live in a process with `native` and `libsumo`.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from wayside.edge.errors import SumoError, WaysideError
from wayside.ext.arrays import Ints
from wayside.sim.sumo.batteries import Flows
from wayside.sim.sumo.persons import PersonEvents, PersonReading
from wayside.sim.sumo.trips import EndedTrips, TripRecords
from wayside.sim.sumo.words import Words
from wayside.sim.world import RoadNetwork, Signals, VehicleTable, VehicleType

_NO_INTS = np.empty(0, np.int32)
NEVER = -(2.0**30)  # SUMO's word for no time
STOP_AT_PARKING_AREA = 64  # bit of TraCINextStopData.stopFlags, unlike that of getStopState


@dataclass
class StepEvents:
    """What happened to whom in one SUMO step: slots, in SUMO's order."""

    departed: Ints = field(default_factory=lambda: _NO_INTS)
    arrived: Ints = field(default_factory=lambda: _NO_INTS)  # their rows still stand
    teleport_started: Ints = field(default_factory=lambda: _NO_INTS)
    teleport_ended: Ints = field(default_factory=lambda: _NO_INTS)
    trips: EndedTrips | None = None  # of those who have arrived, where they are watched
    persons: PersonEvents = field(default_factory=PersonEvents)


@dataclass(frozen=True)
class PlannedStop:
    """A stop at a parking area that a vehicle's route still holds."""

    area: str
    duration: float  # s
    flags: int = 65  # as `insertStop` wants them: off the road, at a parking area
    until: float = NEVER  # s


class Backend:
    """A started SUMO. `step` advances it, `read` fills `vehicles` and `signals` and returns what happened.

    `step` may run in another thread than the one that made the backend, but never at the same time as another call.
    """

    name = ""
    in_process = False
    api: ModuleType  # libsumo or traci: the same functions
    _unknown: type[Exception]  # what they raise where SUMO does not know a vehicle

    def __init__(self, arguments: Sequence[str], network: RoadNetwork, plainly: Callable[[str], str] = str) -> None:
        """Start SUMO with these arguments (the program's name left out). SumoError with SUMO's own words.

        `plainly` makes of SUMO's words what the user is told.
        """
        self.network = network
        self.vehicles = VehicleTable()
        self.teleports = 0  # so far, as SUMO's statistics count them
        self._flows: Flows | None = None
        self._trips: TripRecords | None = None
        self._beside: Callable[[], None] | None = None  # waits for the step that was begun, if one was
        self._thread: ThreadPoolExecutor | None = None
        self.signals = Signals([], [])
        self._words = Words(plainly, self.in_process)
        try:
            with self._words:
                self._start(arguments)
        except WaysideError:
            self._words.end()
            raise
        except BaseException as error:
            told = self._words.errors(str(error))
            self._words.end()
            if not isinstance(error, Exception):
                raise
            raise SumoError(f"SUMO refused the scenario: {told}") from None
        self._words.pass_on()
        lights = sorted(self.api.trafficlight.getIDList())
        links = [len(self.api.trafficlight.getRedYellowGreenState(light)) for light in lights]
        self.signals = Signals(lights, links)
        self.step_length = float(self.api.simulation.getDeltaT())
        self.decimals = int(self.option("precision"))
        self._type_number: dict[str, int] = {}
        self._prepare()
        self._person_reading = self._reads_persons()
        self.persons = self._person_reading.table
        self._read_lights()

    @property
    def version(self) -> tuple[int, ...]:
        """SUMO's own, as (1, 28, 0); what is not whole numbers is left out."""
        said = self.api.getVersion()[1]
        return tuple(map(int, re.findall(r"\d+", said.partition("+")[0])))

    @property
    def time(self) -> float:
        """SUMO's clock, s."""
        return float(self.api.simulation.getTime())

    @property
    def expected(self) -> int:
        """Vehicles running or still to depart."""
        return int(self.api.simulation.getMinExpectedNumber())

    def option(self, name: str) -> str:
        """What SUMO runs with, as text."""
        return str(self.api.simulation.getOption(name))

    def step(self) -> None:
        """Advance SUMO by one step. SumoError with SUMO's own words."""
        try:
            self._step()
        except Exception as error:
            raise SumoError(f"SUMO broke off: {self._words.errors(str(error))}") from None
        self._words.pass_on()

    def begin_step(self) -> None:
        """Start a step beside what the caller does next; nothing else may be asked of SUMO until `finish_step`."""
        self._beside = self._begin_step()

    def finish_step(self) -> None:
        """Wait for the step that was begun. SumoError with SUMO's own words."""
        beside, self._beside = self._beside, None
        if beside is not None:
            try:
                beside()
            except Exception as error:
                raise SumoError(f"SUMO broke off: {self._words.errors(str(error))}") from None
            self._words.pass_on()

    def read(self) -> StepEvents:
        """Departures and arrivals since the last call, then every vehicle's and light's state."""
        simulation = self.api.simulation
        table = self.vehicles
        table.release()
        arrived_ids = simulation.getArrivedIDList()
        departed_ids = simulation.getDepartedIDList()
        gone = [id for id in arrived_ids if id in table.slot_of]
        fleeting = set(arrived_ids).difference(gone)  # came and went within the step
        arrived = [self._remove(id) for id in gone]
        departed = [self._add(id) for id in departed_ids if id not in fleeting]
        teleporting_ids = simulation.getStartingTeleportIDList()
        events = StepEvents(
            departed=np.array(departed, np.int32) if departed else _NO_INTS,
            arrived=np.array(arrived, np.int32) if arrived else _NO_INTS,
            teleport_started=self._slots(teleporting_ids),
            teleport_ended=self._slots(simulation.getEndingTeleportIDList()),
        )
        if teleporting_ids or arrived_ids:  # SUMO may take out who would be teleported
            self.teleports = int(simulation.getParameter("", "stats.teleports.total"))
        self._read_vehicles()
        for slot in departed:
            if table.lane[slot] < 0:  # departed into a parking area
                table.edge[slot] = self.network.edge_number[self.api.vehicle.getRoadID(table.ids[slot])]
        if self._flows is not None:
            self._read_flows(self._flows, events.arrived)
        if self._trips is not None:
            self._trips.departed(departed)
            self._read_emissions(self._trips)
            self._trips.step(self.step_length)
            events.trips = self._trips.ended(events.arrived)
        events.persons = self._person_reading.read()
        self._read_lights()
        return events

    def planned_parking(self, id: str) -> PlannedStop | None:
        """The next stop at a parking area in a vehicle's route."""
        for stop in self.api.vehicle.getStops(id, 0):
            if stop.stopFlags & STOP_AT_PARKING_AREA:
                return PlannedStop(stop.stoppingPlaceID, float(stop.duration), int(stop.stopFlags), float(stop.until))
        return None

    def edges_ahead(self, id: str) -> tuple[str, ...]:
        """The edges of a vehicle's route behind the one that it is on; on a junction, that it comes from."""
        vehicle = self.api.vehicle
        return tuple(vehicle.getRoute(id)[max(vehicle.getRouteIndex(id), 0) + 1 :])

    def current_stop(self, id: str) -> str:
        """The id of the parking area or charging station where a vehicle stands, or ""."""
        stops = self.api.vehicle.getStops(id, 1)
        return str(stops[0].stoppingPlaceID) if stops else ""

    def stop_end(self, id: str, now: float) -> float:
        """When a vehicle's present stop ends by its plan, s; NaN where the plan does not say."""
        stops = self.api.vehicle.getStops(id, 1)
        if not stops:
            return float("nan")
        ends = [float(stops[0].until), now + float(stops[0].duration)]
        known = [end for end, said in zip(ends, (stops[0].until, stops[0].duration), strict=True) if said >= 0.0]
        return max(known, default=float("nan"))

    def battery_number(self, id: str, key: str) -> float:
        """A number of a vehicle's battery device."""
        return float(self.api.vehicle.getParameter(id, f"device.battery.{key}"))

    def type_parameter(self, type_id: str, key: str) -> str:
        """A generic parameter of a vehicle type; "" where it has none."""
        return str(self.api.vehicletype.getParameter(type_id, key))

    def watch_chargers(self, ids: Sequence[str], on: Ints) -> None:
        """Fill `charger` (a number among these ids) and `charged` of the vehicle table from now on; `on`: the edges."""
        if not ids:
            return
        edges = np.zeros(len(self.network.edge_ids), bool)
        edges[on] = True
        self._flows = Flows(self.vehicles, edges, self.decimals)
        self._charger_number = {id: number for number, id in enumerate(ids)}

    @property
    def at_chargers(self) -> Ints:
        """The vehicles that are at a charging station that is watched, ascending."""
        return _NO_INTS if self._flows is None else self._flows.there

    def watch_trips(self) -> None:
        """Tell in `StepEvents.trips` of those who arrive from now on."""
        self._trips = TripRecords(self.vehicles)

    def _read_emissions(self, trips: TripRecords) -> None:
        vehicle, lane = self.api.vehicle, self.vehicles.lane
        for id, slot in self.vehicles.slot_of.items():
            if lane[slot] >= 0:
                trips.co2_rate[slot] = vehicle.getCO2Emission(id)
                trips.electricity_rate[slot] = vehicle.getElectricityConsumption(id)

    def close(self) -> None:
        """End SUMO; its outputs are complete afterwards."""
        if self._beside is not None:
            with contextlib.suppress(SumoError):
                self.finish_step()
        if self._thread is not None:
            self._thread.shutdown()
        self.vehicles.fetch_signals = self.signals.fetch = None  # there is nothing to ask any more
        try:
            self.api.close()
        except Exception as error:
            raise SumoError(f"SUMO did not end cleanly: {self._words.errors(str(error))}") from None
        finally:
            self._words.end()

    def _slots(self, ids: Sequence[str]) -> Ints:
        if not ids:
            return _NO_INTS
        known = self.vehicles.slot_of
        return np.array([known[id] for id in ids if id in known], np.int32)

    def _add(self, id: str) -> int:
        vehicle = self.api.vehicle
        table = self.vehicles
        slot = table.add(id)
        table.departed[slot] = vehicle.getDeparture(id)
        type_id = vehicle.getTypeID(id)
        if type_id not in self._type_number:
            types = self.api.vehicletype
            self._type_number[type_id] = len(table.types)
            table.types.append(
                VehicleType(
                    type_id,
                    types.getVehicleClass(type_id),
                    float(types.getLength(type_id)),
                    float(types.getWidth(type_id)),
                    float(types.getHeight(type_id)),
                )
            )
        table.type[slot] = self._type_number[type_id]
        table.length[slot] = table.types[table.type[slot]].length
        table.width[slot] = table.types[table.type[slot]].width
        if vehicle.getParameter(id, "has.battery.device") == "true":
            table.capacity_wh[slot] = float(vehicle.getParameter(id, "device.battery.capacity"))
        self._added(slot, id)
        return slot

    def _remove(self, id: str) -> int:
        """A vehicle arrived: its slot, with what it has driven and charged until then, where SUMO still knows it."""
        table = self.vehicles
        slot = table.remove(id)
        with contextlib.suppress(self._unknown):
            table.distance[slot] = self.api.vehicle.getDistance(id)
            if self._trips is not None and slot < self._trips.capacity:
                vehicle = self.api.vehicle
                self._trips.lost[slot] = vehicle.getTimeLoss(id) + vehicle.getDepartDelay(id)
            if table.capacity_wh[slot] > 0.0:
                table.charge[slot] = self.battery_number(id, "chargeLevel")
        self._removed(slot, id)
        return slot

    def _read_flows(self, flows: Flows, arrived: Ints) -> None:
        asked = flows.near()
        self._read_batteries(asked, flows)
        if len(arrived) and len(ended := arrived[self.vehicles.capacity_wh[arrived] > 0.0]):
            Backend._read_batteries(self, ended, flows)
            asked = np.concatenate((asked, ended))
        flows.enter(asked)

    def _read_batteries(self, slots: Ints, flows: Flows) -> None:
        """Of vehicles with a battery; those that SUMO does not know any more are at no station."""
        flows.at[slots] = -1
        for slot in slots.tolist():
            id = str(self.vehicles.ids[slot])
            with contextlib.suppress(self._unknown):
                station = self.api.vehicle.getParameter(id, "device.battery.chargingStationId")
                if station in self._charger_number:
                    flows.consumed[slot] = self.battery_number(id, "totalEnergyConsumed")
                    flows.regenerated[slot] = self.battery_number(id, "totalEnergyRegenerated")
                    flows.gift[slot] = self.battery_number(id, "energyCharged")
                    flows.at[slot] = self._charger_number[station]

    def _start(self, arguments: Sequence[str]) -> None:
        raise NotImplementedError

    def _prepare(self) -> None:
        """After the start: what a way of reading needs to know beforehand."""

    def _reads_persons(self) -> PersonReading:
        """What reads persons, by a Python call per value."""
        return PersonReading(self.api, self.network)

    def _added(self, slot: int, id: str) -> None:
        """A vehicle departed into a slot."""

    def _removed(self, slot: int, id: str) -> None:
        """A vehicle arrived."""

    def _step(self) -> None:
        self.api.simulationStep()

    def _begin_step(self) -> Callable[[], None]:
        """Start a step in another thread; what waits for it."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sumo")
        return self._thread.submit(self._step).result

    def _read_vehicles(self) -> None:
        raise NotImplementedError

    def _read_lights(self) -> None:
        lights = self.api.trafficlight
        signals = self.signals
        for number, light in enumerate(signals.ids):
            text = lights.getRedYellowGreenState(light).encode("ascii")
            signals.state[signals.offsets[number] : signals.offsets[number + 1]] = np.frombuffer(text, np.int8)
            signals.next_switch[number] = lights.getNextSwitch(light)


def import_libsumo() -> Any:
    """The libsumo module. SumoError where it cannot be imported."""
    os.environ.setdefault("LIBSUMO_AS_TRACI", "quiet")  # no remark on pyarrow: pyproject.toml pins the matching one
    try:
        import libsumo
    except ImportError as error:
        raise SumoError(f"libsumo cannot be imported: {error}; --backend traci does without it") from None
    return libsumo


def sumo_home() -> Path:
    """The folder of the eclipse-sumo wheel, which also holds SUMO's programs. SumoError where it is not installed."""
    try:
        import sumo
    except ImportError:
        raise SumoError("eclipse-sumo is not installed: pip install eclipse-sumo") from None
    return Path(sumo.SUMO_HOME)
