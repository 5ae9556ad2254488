"""SUMO in another process over TraCI: for sumo-gui, and wherever libsumo does not load."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from wayside.edge.errors import SumoError
from wayside.sim.sumo.backend import Backend, sumo_home
from wayside.sim.sumo.reading import write_row

_CHARGE = "device.battery.chargeLevel"


class TraciBackend(Backend):
    """Every vehicle subscribed at its departure; one answer per step holds them all."""

    name = "traci"
    program = "sumo"

    def _start(self, arguments: Sequence[str]) -> None:
        import traci
        from traci import constants as tc

        self.api: Any = traci
        self._values = {
            "position": tc.VAR_POSITION,
            "speed": tc.VAR_SPEED,
            "acceleration": tc.VAR_ACCELERATION,
            "heading": tc.VAR_ANGLE,
            "lane": tc.VAR_LANE_ID,
            "lane_position": tc.VAR_LANEPOSITION,
            "signals": tc.VAR_SIGNALS,
            "stop_state": tc.VAR_STOPSTATE,
        }
        self._parameter = tc.VAR_PARAMETER_WITH_KEY
        command = [str(sumo_home() / "bin" / self.program), *arguments]
        try:
            traci.start(command, numRetries=60, stdout=subprocess.DEVNULL)
        except Exception as error:
            raise SumoError(f"SUMO refused the scenario: {error}") from None

    def _added(self, slot: int, id: str) -> None:
        self.api.vehicle.subscribe(id, list(self._values.values()))
        if self.vehicles.capacity_wh[slot] > 0.0:
            self.api.vehicle.subscribeParameterWithKey(id, _CHARGE)

    def _read_vehicles(self) -> None:
        results = self.api.vehicle.getAllSubscriptionResults()
        of = self._values
        for id, slot in self.vehicles.slot_of.items():
            values = results[id]
            x, y = values[of["position"]]
            write_row(
                self.vehicles,
                slot,
                self.network,
                self.step_length,
                x=x,
                y=y,
                **{name: values[of[name]] for name in of if name != "position"},
            )
            charge = values.get(self._parameter)
            if charge is not None:
                self.vehicles.charge[slot] = float(charge[1])


class GuiBackend(TraciBackend):
    """The same with SUMO's own window."""

    program = "sumo-gui"
