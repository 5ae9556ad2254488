"""What the exchange tells of packets, for the capture: who sent them, from where, how fast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.messages import Kind
from wayside.edge.messages.build import RSU
from wayside.sim.ballast import Ballast
from wayside.sim.packets import Packets, category
from wayside.sim.wire.capture import Capture

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation

_TURN = 360.0  # degrees


class CaptureListener:
    """Hands a simulation's packets to a `Capture`. OSError where the disk will not have its file."""

    def __init__(self, simulation: Simulation, path: Path, ballast: Ballast) -> None:
        messages = simulation.exchange.messages
        self.capture = Capture(path, ballast, messages.family, messages.epoch)
        self.names = [messages.name(kind) for kind in Kind]
        self.projection = simulation.projection
        self.fleet = simulation.fleet

    def __call__(self, packets: Packets) -> None:
        """Packets have been sent. The header's position is the one that the station knows."""
        fleet, place, units = self.fleet, packets.place, packets.from_unit
        x, y = (packets.x, packets.y) if units else (fleet.said_x[place], fleet.said_y[place])
        latitude, longitude = self.projection.degrees(x, y)
        table, still = fleet.vehicles, np.zeros(len(place))
        heading = still if units else (table.heading[place] + self.projection.convergence(x, y)) % _TURN
        self.capture.add(
            self.names[packets.kind],
            packets.octets(),
            time=packets.time,
            delay=packets.delay,
            from_unit=units,
            sender=packets.sender,
            station_type=RSU if units else fleet.kind[place],
            latitude=latitude,
            longitude=longitude,
            speed=still if units else table.speed[place],
            heading=heading,
            category=category(packets.kind),
            radius=packets.radius,
            to=packets.to,
        )
