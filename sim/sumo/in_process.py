"""SUMO in this process: read in C++, or by libsumo's Python calls where that cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from wayside.edge.errors import SumoError
from wayside.ext.sumo import NativeSumo
from wayside.sim.sumo.backend import Backend, import_libsumo, sumo_home
from wayside.sim.sumo.reading import write_row


class LibsumoBackend(Backend):
    """Every value by a Python call of libsumo's."""

    name = "libsumo"

    def _start(self, arguments: Sequence[str]) -> None:
        sumo_home()
        self.api: Any = import_libsumo()
        if self.api.simulation.isLoaded():
            raise SumoError("a SUMO simulation is already running in this process; libsumo allows one: close it first")
        self.api.start(["sumo", *arguments])

    def _read_vehicles(self) -> None:
        vehicle = self.api.vehicle
        for id, slot in self.vehicles.slot_of.items():
            x, y = vehicle.getPosition(id)
            write_row(
                self.vehicles,
                slot,
                self.network,
                self.step_length,
                x=x,
                y=y,
                speed=vehicle.getSpeed(id),
                acceleration=vehicle.getAcceleration(id),
                heading=vehicle.getAngle(id),
                lane=vehicle.getLaneID(id),
                lane_position=vehicle.getLanePosition(id),
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
        for number, (lane, edge) in enumerate(zip(self.network.lane_ids, self.network.lane_edge.tolist(), strict=True)):
            native.add_lane(lane, number, edge)
        for light, offset in zip(self.signals.ids, self.signals.offsets.tolist(), strict=False):
            native.add_light(light, offset)
        self._native = native
        self._bind()

    def _bind(self) -> None:
        assert self._native is not None
        table = self.vehicles
        self._native.bind(
            table.x,
            table.y,
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
            self._native.read(10.0**self.decimals, self.step_length)
            self.vehicles.fetch_signals = self._fetch_signals
        else:
            super()._read_vehicles()

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
