"""What the exchange tells of packets, for the capture: who sent them, from where, how fast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wayside.edge.messages.build import RSU
from wayside.ext.arrays import Indices
from wayside.sim.disk.ballast import Ballast
from wayside.sim.observers import Observer
from wayside.sim.stations.packets import Journey, Packets
from wayside.sim.wire.capture import UNITS, VEHICLES, Capture

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick

_TURN = 360.0  # degrees
_ALL = slice(None)


def from_where(simulation: Simulation, packets: Packets, rows: Indices | slice = _ALL) -> dict[str, Any]:
    """What `capture.framed` must know of some packets that are being told of, but for what they are and when.

    The header's position is the one that the station knows.
    """
    projection, fleet = simulation.projection, simulation.fleet
    place, units = packets.place[rows], packets.from_unit
    if packets.journey is not None:
        return _journey(simulation, packets, packets.journey, rows)
    x, y = (packets.x[rows], packets.y[rows]) if units else (fleet.said_x[place], fleet.said_y[place])
    latitude, longitude = projection.degrees(x, y)
    table, still = fleet.vehicles, np.zeros(len(place))
    return {
        "from_unit": units,
        "sender": packets.sender[rows],
        "station_type": RSU if units else fleet.kind[place],
        "latitude": latitude,
        "longitude": longitude,
        "speed": still if units else table.speed[place],
        "heading": still if units else (table.heading[place] + projection.convergence(x, y)) % _TURN,
        "radius": packets.radius,
        "to": None if packets.to is None else packets.to[rows],
    }


def _journey(simulation: Simulation, packets: Packets, journey: Journey, rows: Indices | slice) -> dict[str, Any]:
    """The same of geo-broadcasts that are forwarded: all but who sends them now is as their sources have it."""
    projection, (from_unit, source, station_type, x, y, speed, heading, *_) = simulation.projection, journey
    latitude, longitude = projection.degrees(x[rows], y[rows])
    forwarding = simulation.exchange.forwarding
    assert forwarding is not None, "who has journeys has it"
    return {
        "from_unit": packets.from_unit,
        "sender": packets.sender[rows],
        "source": (np.where(from_unit, UNITS, VEHICLES) + source)[rows],
        "made": journey.made[rows],
        "station_type": station_type[rows],
        "latitude": latitude,
        "longitude": longitude,
        "speed": speed[rows],
        "heading": (heading[rows] + np.where(from_unit[rows], 0.0, projection.convergence(x[rows], y[rows]))) % _TURN,
        "radius": float(journey.radius[0]),
        "sequence": journey.sequence[rows],
        "hops": forwarding.rules.hops,
        "remaining": journey.remaining[rows],
    }


class CaptureListener(Observer):
    """Hands a simulation's packets to a `Capture`. OSError where the disk will not have its file."""

    def __init__(self, simulation: Simulation, path: Path, ballast: Ballast) -> None:
        messages = simulation.exchange.messages
        self.capture = Capture(path, ballast, messages.family, messages.epoch)
        self.kinds = messages.kinds
        self.simulation = simulation

    def packets(self, packets: Packets) -> None:
        """Packets have been sent."""
        kind, about = self.kinds[packets.kind], from_where(self.simulation, packets)
        self.capture.add(kind, packets.octets(), time=packets.time, delay=packets.delay, **about)

    def step(self, tick: Tick) -> None:
        """A step is done."""
        self.capture.tick()
