"""The persons in the traffic as arrays, beside its vehicles."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Ints
from wayside.sim.world.columns import SlotTable

FEW = 64  # slots at first


class PersonTable(SlotTable):
    """One slot per person, see `SlotTable`.

    Columns (one entry per slot; only those with `alive` mean anything): x, y, z [m]; speed [m/s]; heading [degrees
    clockwise from north]; edge (number in the RoadNetwork; also of a crossing or a walking area); afoot (0 while in a
    vehicle); length, width [m] of its type; device (the slot of its own in the VehicleTable, -1 for none).
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "x": (np.float64, 0.0),
        "y": (np.float64, 0.0),
        "z": (np.float64, 0.0),
        "speed": (np.float64, 0.0),
        "heading": (np.float64, 0.0),
        "length": (np.float64, 0.0),
        "width": (np.float64, 0.0),
        "edge": (np.int32, -1),
        "afoot": (np.uint8, 0),
        "device": (np.int32, -1),
        "alive": (np.uint8, 0),
    }

    x: Doubles
    y: Doubles
    z: Doubles
    speed: Doubles
    heading: Doubles
    length: Doubles
    width: Doubles
    edge: Ints
    afoot: Bytes
    device: Ints

    def __init__(self, capacity: int = FEW) -> None:
        super().__init__()
        self.come = 0  # so far
        self.grow(capacity)

    def add(self, id: str) -> int:
        """The slot of a person who comes."""
        self.come += 1
        return super().add(id)
