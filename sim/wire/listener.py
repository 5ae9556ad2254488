"""What the exchange tells of packets, for the capture: who sent them, from where, how fast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wayside.edge.messages import Kind
from wayside.edge.messages.build import RSU
from wayside.sim.air import Rows
from wayside.sim.ballast import Ballast
from wayside.sim.packets import Packets, category
from wayside.sim.wire.capture import Capture

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation

_TURN = 360.0  # degrees
_ALL = slice(None)


def from_where(simulation: Simulation, packets: Packets, rows: Rows | slice = _ALL) -> dict[str, Any]:
    """What `capture.framed` must know of some packets that are being told of, but for what they are and when.

    The header's position is the one that the station knows.
    """
    projection, fleet = simulation.projection, simulation.fleet
    place, units = packets.place[rows], packets.from_unit
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
        "category": category(packets.kind),
        "radius": packets.radius,
        "to": None if packets.to is None else packets.to[rows],
    }


class CaptureListener:
    """Hands a simulation's packets to a `Capture`. OSError where the disk will not have its file."""

    def __init__(self, simulation: Simulation, path: Path, ballast: Ballast) -> None:
        messages = simulation.exchange.messages
        self.capture = Capture(path, ballast, messages.family, messages.epoch)
        self.names = [messages.name(kind) for kind in Kind]
        self.simulation = simulation

    def __call__(self, packets: Packets) -> None:
        """Packets have been sent."""
        name, about = self.names[packets.kind], from_where(self.simulation, packets)
        self.capture.add(name, packets.octets(), time=packets.time, delay=packets.delay, **about)
