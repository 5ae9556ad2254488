"""SUMO in this process: read in C++, or by libsumo's Python calls where that cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from wayside.edge.errors import SumoError
from wayside.ext.arrays import Ints
from wayside.ext.sumo import NativeSumo
from wayside.sim.sumo.backend import Backend, import_libsumo, sumo_home
from wayside.sim.sumo.batteries import Flows
from wayside.sim.sumo.persons import PersonReading
from wayside.sim.sumo.reading import write_row
from wayside.sim.sumo.trips import TripRecords


class LibsumoBackend(Backend):
    """Every value by a Python call of libsumo's."""

    name = "libsumo"
    in_process = True

    def _start(self, arguments: Sequence[str]) -> None:
        sumo_home()
        self.api: Any = import_libsumo()
        self._unknown = self.api.TraCIException
        if self.api.simulation.isLoaded():
            raise SumoError("a SUMO simulation is already running in this process; libsumo allows one: close it first")
        self.api.start(["sumo", *arguments])

    def _read_vehicles(self) -> None:
        vehicle = self.api.vehicle
        for id, slot in self.vehicles.slot_of.items():
            x, y, z = vehicle.getPosition3D(id)
            write_row(
                self.vehicles,
                slot,
                self.network,
                x=x,
                y=y,
                z=z,
                speed=vehicle.getSpeed(id),
                acceleration=vehicle.getAcceleration(id),
                heading=vehicle.getAngle(id),
                lane=vehicle.getLaneID(id),
                lane_position=vehicle.getLanePosition(id),
                distance=vehicle.getDistance(id),
                signals=vehicle.getSignals(id),
                stop_state=vehicle.getStopState(id),
            )
            if self.vehicles.capacity_wh[slot] > 0.0:
                self.vehicles.charge[slot] = float(vehicle.getParameter(id, "device.battery.chargeLevel"))


class NativeBackend(LibsumoBackend):
    """The same values, read through SUMO's own functions in one C++ loop.

    Where this libsumo does not export them it warns and calls libsumo from Python.
    """

    name = "native"

    def _prepare(self) -> None:
        self._native: NativeSumo | None = None
        try:
            native = NativeSumo(self.api._libsumo.__file__)
        except RuntimeError as error:
            warnings.warn(f"SUMO is read by Python calls, which is slower: {error}", stacklevel=2)
            self.name = "libsumo"
            return
        native.add_lanes(self.network.lane_ids, self.network.lane_edge)
        for light, offset in zip(self.signals.ids, self.signals.offsets.tolist(), strict=False):
            native.add_light(light, offset)
        self._native = native
        self._bind()

    def _reads_persons(self) -> PersonReading:
        return PersonReading(self.api, self.network, native=self._native)

    def _bind(self) -> None:
        assert self._native is not None
        table = self.vehicles
        self._native.bind(
            table.x,
            table.y,
            table.z,
            table.speed,
            table.acceleration,
            table.heading,
            table.lane_position,
            table.charge,
            table.distance,
            table.lane,
            table.edge,
            table.stop_state,
            table.on_net,
        )
        self._bound = table.capacity

    def _added(self, slot: int, id: str) -> None:
        if self._native is not None:
            if self.vehicles.capacity != self._bound:
                self._bind()
            self._native.add_vehicle(slot, id, bool(self.vehicles.capacity_wh[slot] > 0.0))

    def _removed(self, slot: int, id: str) -> None:
        if self._native is not None:
            self._native.remove_vehicle(slot)

    def _step(self) -> None:
        if self._native is not None:
            self._native.step()
        else:
            super()._step()

    def _begin_step(self) -> Callable[[], None]:
        if self._native is None:
            return super()._begin_step()
        self._native.begin_step()
        return self._native.finish_step

    def _read_vehicles(self) -> None:
        if self._native is not None:
            slot_of = self.vehicles.slot_of
            for id in self.api.simulation.getParkingEndingVehiclesIDList():
                if id in slot_of:
                    self._native.wake(slot_of[id])
            if self.vehicles.capacity != self._bound:  # slots have been lent
                self._bind()
            self._native.read(10.0**self.decimals)
            self.vehicles.fetch_signals = self._fetch_signals
        else:
            super()._read_vehicles()

    def watch_chargers(self, ids: Sequence[str], on: Ints) -> None:
        super().watch_chargers(ids, on)
        if self._native is not None:
            for number, id in enumerate(ids):
                self._native.add_charger(id, number)

    def _read_batteries(self, slots: Ints, flows: Flows) -> None:
        if self._native is None:
            super()._read_batteries(slots, flows)
        else:
            found = flows.at, flows.consumed, flows.regenerated, flows.gift
            self._native.read_batteries(slots, 10.0**self.decimals, *found)

    def _read_emissions(self, trips: TripRecords) -> None:
        if self._native is None:
            super()._read_emissions(trips)
        else:
            self._native.read_emissions(trips.co2_rate, trips.electricity_rate, self.vehicles.lane)

    def _fetch_signals(self) -> None:
        assert self._native is not None
        assert self._beside is None, "too late: SUMO is computing the next step"
        self._native.read_signals(self.vehicles._signals, self.vehicles.lane)

    def _read_lights(self) -> None:
        if self._native is not None:
            self.signals.fetch = self._fetch_lights
        else:
            super()._read_lights()

    def _fetch_lights(self) -> None:
        assert self._native is not None
        assert self._beside is None, "too late: SUMO is computing the next step"
        self._native.read_lights(self.signals.state, self.signals.next_switch)
