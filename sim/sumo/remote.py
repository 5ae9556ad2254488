"""SUMO in another process over TraCI: for sumo-gui, and wherever libsumo does not load."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import traci
from sumolib.miscutils import getFreeSocketPort
from traci import constants as tc

from wayside.edge.errors import SumoError
from wayside.sim.sumo.backend import Backend, sumo_home
from wayside.sim.sumo.persons import PersonReading, Row
from wayside.sim.sumo.reading import write_row

LONGEST_START = 600.0  # s that SUMO may take to load a scenario
_BETWEEN_TRIES = 0.05  # s
_CHARGE = "device.battery.chargeLevel"
_VALUES = {
    "position": tc.VAR_POSITION3D,
    "speed": tc.VAR_SPEED,
    "acceleration": tc.VAR_ACCELERATION,
    "heading": tc.VAR_ANGLE,
    "lane": tc.VAR_LANE_ID,
    "lane_position": tc.VAR_LANEPOSITION,
    "distance": tc.VAR_DISTANCE,
    "signals": tc.VAR_SIGNALS,
    "stop_state": tc.VAR_STOPSTATE,
}
_PERSON_VALUES = (tc.VAR_POSITION3D, tc.VAR_SPEED, tc.VAR_ANGLE, tc.VAR_ROAD_ID, tc.VAR_VEHICLE)


class TraciBackend(Backend):
    """Every vehicle subscribed at its departure; one answer per step holds them all."""

    name = "traci"
    program = "sumo"
    _unknown = traci.TraCIException
    more: tuple[str, ...] = ()  # further arguments

    def _start(self, arguments: Sequence[str]) -> None:
        port = getFreeSocketPort()
        command = [str(sumo_home() / "bin" / self.program), *arguments, *self.more, "--remote-port", str(port)]
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        except OSError as error:
            raise SumoError(f"{command[0]}: cannot be started: {error.strerror}") from None
        tries = round(LONGEST_START / _BETWEEN_TRIES)
        with redirect_stdout(StringIO()):  # traci tells of every try
            # A connection of our own has libsumo's functions too, without traci's one for all.
            self.api: Any = traci.connect(port, tries, proc=process, waitBetweenRetries=_BETWEEN_TRIES)
            self.api.getVersion()

    def _added(self, slot: int, id: str) -> None:
        self.api.vehicle.subscribe(id, list(_VALUES.values()))
        if self.vehicles.capacity_wh[slot] > 0.0:
            self.api.vehicle.subscribeParameterWithKey(id, _CHARGE)

    def _reads_persons(self) -> PersonReading:
        def added(id: str) -> None:
            self.api.person.subscribe(id, _PERSON_VALUES)

        def row(id: str) -> Row:
            said = self.api.person.getSubscriptionResults(id)
            place, speed, heading, edge, vehicle = (said[value] for value in _PERSON_VALUES)
            return place, speed, heading, edge, vehicle

        return PersonReading(self.api, self.network, row, added)

    def _read_vehicles(self) -> None:
        results = self.api.vehicle.getAllSubscriptionResults()
        for id, slot in self.vehicles.slot_of.items():
            values = results[id]
            x, y, z = values[_VALUES["position"]]
            write_row(
                self.vehicles,
                slot,
                self.network,
                x=x,
                y=y,
                z=z,
                **{name: values[number] for name, number in _VALUES.items() if name != "position"},
            )
            charge = values.get(tc.VAR_PARAMETER_WITH_KEY)
            if charge is not None:
                self.vehicles.charge[slot] = float(charge[1])


class GuiBackend(TraciBackend):
    """The same with SUMO's own window."""

    program = "sumo-gui"
    more = ("--start", "true", "--quit-on-end", "true")
