"""Radio models: who receives what. `Radio` is what the engine asks of one."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


class Deliveries(NamedTuple):
    """Pair k: packet[k] reached receiver[k] (a vehicle's slot or a unit's number). A receiver's packets ascend."""

    packet: Ints
    receiver: Ints


class Awareness(NamedTuple):
    """What became of one tick's CAMs, packet by packet in the order of their senders."""

    at_vehicles: Ints  # how many other vehicles received it
    received: int  # the sum of these
    at_units: Deliveries


class Radio(Protocol):
    """The air of one simulation. Positions are in m; `on` tells which vehicles listen in this tick."""

    def place_units(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        """Where the units stand and which of them listen: at the begin and when one is switched."""

    def place_vehicles(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        """Where the vehicles are in this tick, by slot. The arrays stay as they are until the next tick."""

    def awareness(self, senders: Ints) -> Awareness:
        """Carry the CAMs of a tick, all that are on the air together: one of each of these vehicles, ascending."""

    def count_vehicles(self, x: Doubles, y: Doubles, radius: float) -> tuple[Ints, int]:
        """How many vehicles receive each packet that units send at x, y for `radius` m around, and all together."""

    def reach_vehicles(self, x: Doubles, y: Doubles, radius: float) -> Deliveries:
        """Which vehicles receive each packet."""

    def reach_units(self, x: Doubles, y: Doubles) -> Deliveries:
        """Which units receive each packet that vehicles send at x, y."""

    def carries(self, x: Doubles, y: Doubles, to_x: Doubles, to_y: Doubles) -> NDArray[np.bool_]:
        """Whether packets sent from x, y to one receiver each arrive there."""
