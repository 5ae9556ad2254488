"""Radio models: who receives what. `Radio` is what the engine asks of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wayside.sim.sections import Air

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Site:
    """What a radio is made from: an entry point of `wayside.radio` is called with one and answers a `Radio`."""

    range: float  # v2x.range, m
    air: Air  # the scenario's [air]
    seed: int
    buildings: Callable[[], Sequence[Doubles]]  # their outlines, each N x 2 [m]; read when asked for


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
    """The air of one simulation: units by number, vehicles by slot, positions in m; `on` is who listens and sends."""

    def place_units(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        """Where the units stand and which of them are on: at the begin and when one is switched."""

    def place_vehicles(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        """Where the vehicles are in this tick, by slot. The arrays stay as they are until the next tick."""

    def awareness(self, senders: Ints) -> Awareness:
        """Carry the CAMs of a tick, all that are on the air together: one of each of these vehicles, ascending."""

    def count_vehicles(self, units: Ints, radius: float) -> tuple[Ints, int]:
        """Each of these units sends a packet for `radius` m around: how many vehicles receive it, and all together."""

    def reach_vehicles(self, units: Ints, radius: float) -> Deliveries:
        """The same, and which vehicles receive it."""

    def uplink(self, vehicles: Ints, unit: int) -> NDArray[np.bool_]:
        """Each of these vehicles sends a packet to a unit: whether it arrives."""

    def downlink(self, unit: int, vehicles: Ints) -> NDArray[np.bool_]:
        """A unit sends a packet to each of these vehicles: whether it arrives."""

    def recall(self, rows: NDArray[np.intp]) -> tuple[Deliveries, Deliveries]:
        """Which vehicles and which units received these packets of the last broadcast, the CAMs' or the units'.

        Packets are told by row of `rows`; a vehicle may be named for its own CAM. Nothing is drawn anew.
        """
