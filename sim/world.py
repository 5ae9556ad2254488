"""The state of the traffic as arrays: road network, vehicles, signals. Strings stay at the border.

Positions in metres in the net's own coordinates, headings in degrees clockwise from north, speeds in m/s.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.sim.columns import Columns

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]

# Bits of VehicleTable.stop_state, as SUMO's getStopState gives them (libsumo/TraCIConstants.h).
STOPPED = 1
PARKING = 2
AT_CHARGING_STATION = 64
AT_PARKING_AREA = 128


@dataclass(frozen=True)
class RoadNetwork:
    """Edges, lanes and junctions by number; the lanes of one edge follow each other.

    Internal edges (across junctions) come after all normal ones.
    """

    edge_ids: tuple[str, ...]
    edge_length: Doubles  # m
    edge_speed: Doubles  # m/s
    edge_first_lane: Ints
    edge_from: Ints  # junction, -1 for internal edges
    edge_to: Ints
    edge_after: Ints  # the normal edge that an internal one leads to; a normal edge itself
    normal_edges: int
    successors: tuple[Ints, Ints]  # pairs (edge, next edge), normal edges only
    lane_ids: tuple[str, ...]
    lane_edge: Ints
    lane_shapes: tuple[Doubles, ...]  # each N x 2, m
    lane_width: Doubles  # m
    junction_ids: tuple[str, ...]
    junction_xy: Doubles  # J x 2, m
    signal_xy: dict[str, tuple[float, float]]  # traffic light id -> centre of the junctions it controls
    bounds: tuple[float, float, float, float]  # xmin, ymin, xmax, ymax, m
    edge_number: dict[str, int] = field(repr=False)
    lane_number: dict[str, int] = field(repr=False)


def point_along(shape: Doubles, fraction: float) -> tuple[float, float]:
    """The point at a fraction of a polyline's length; shape N x 2, m."""
    steps = np.hypot(*np.diff(shape, axis=0).T)
    total = steps.cumsum()
    at = fraction * total[-1] if len(total) else 0.0
    return (
        float(np.interp(at, np.concatenate(([0.0], total)), shape[:, 0])),
        float(np.interp(at, np.concatenate(([0.0], total)), shape[:, 1])),
    )


@dataclass(frozen=True)
class VehicleType:
    """What SUMO says of a vehicle type; lengths in m."""

    id: str
    kind: str  # SUMO's vClass
    length: float
    width: float
    height: float


class VehicleTable(Columns):
    """One slot per vehicle, stable while it lives and then reused (the lowest free one first).

    Columns (one entry per slot; only those with `alive` mean anything):
    x, y [m]; speed [m/s]; acceleration [m/s2]; heading [degrees clockwise from north]; lane_position [m from the
    lane's begin]; charge, capacity_wh [Wh, NaN without a battery]; distance [m driven]; length, width [m];
    departed [s]; edge, lane (numbers in the RoadNetwork; lane -1 while off the road: parked or teleporting, and the
    edge stays the last one); stop_state (bits, see above); type (index in `types`);
    on_net (0 during a teleport); station (a number never used twice).
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "x": (np.float64, 0.0),
        "y": (np.float64, 0.0),
        "speed": (np.float64, 0.0),
        "acceleration": (np.float64, 0.0),
        "heading": (np.float64, 0.0),
        "lane_position": (np.float64, 0.0),
        "charge": (np.float64, np.nan),
        "capacity_wh": (np.float64, np.nan),
        "distance": (np.float64, 0.0),
        "length": (np.float64, 0.0),
        "width": (np.float64, 0.0),
        "departed": (np.float64, 0.0),
        "edge": (np.int32, 0),
        "lane": (np.int32, -1),
        "_signals": (np.int32, 0),
        "stop_state": (np.int32, 0),
        "type": (np.int32, 0),
        "alive": (np.uint8, 0),
        "on_net": (np.uint8, 0),
        "station": (np.int64, -1),
    }

    x: Doubles
    y: Doubles
    speed: Doubles
    acceleration: Doubles
    heading: Doubles
    lane_position: Doubles
    charge: Doubles
    capacity_wh: Doubles
    distance: Doubles
    length: Doubles
    width: Doubles
    departed: Doubles
    edge: Ints
    lane: Ints
    _signals: Ints
    stop_state: Ints
    type: Ints
    alive: Bytes
    on_net: Bytes
    station: NDArray[np.int64]

    def __init__(self, capacity: int = 1024) -> None:
        self.count = 0  # vehicles alive
        self.extent = 0  # slots from 0 that have ever been used: what loops run over
        self.stations = 0
        self.ids: list[str | None] = []
        self.types: list[VehicleType] = []
        self.slot_of: dict[str, int] = {}
        self._free: list[int] = []
        self._left: list[int] = []
        self.fetch_signals: Callable[[], None] | None = None  # set by the backend while its signals are not read yet
        self.grow(capacity)

    @property
    def signals(self) -> Ints:
        """SUMO's signal bits (blinkers, brake lights), 0 off the road; read when first looked at in a step."""
        if self.fetch_signals is not None:
            fetch, self.fetch_signals = self.fetch_signals, None
            fetch()
        return self._signals

    def grow(self, capacity: int) -> None:
        """See `Columns.grow`."""
        self.ids.extend([None] * (capacity - self.capacity))
        super().grow(capacity)

    def add(self, id: str) -> int:
        """The slot of a vehicle that departs; its columns are reset. Doubles the capacity where none is free."""
        if self._free:
            slot = heapq.heappop(self._free)
        else:
            if self.extent == self.capacity:
                self.grow(2 * self.capacity)
            slot = self.extent
            self.extent += 1
        self.reset(slot)
        self.alive[slot] = 1
        self.station[slot] = self.stations
        self.stations += 1
        self.ids[slot] = id
        self.slot_of[id] = slot
        self.count += 1
        return slot

    def remove(self, id: str) -> int:
        """The slot that a vehicle leaves, off the road and at rest; its row stands until `release`."""
        slot = self.slot_of.pop(id)
        self.alive[slot] = self.on_net[slot] = self.stop_state[slot] = 0
        self.lane[slot] = -1
        self.speed[slot] = 0.0
        self.count -= 1
        self._left.append(slot)
        return slot

    def release(self) -> None:
        """Let the slots of those removed so far be reused."""
        for slot in self._left:
            self.ids[slot] = None
            heapq.heappush(self._free, slot)
        self._left.clear()

    def slots(self) -> NDArray[np.intp]:
        """The slots in use, ascending."""
        return np.flatnonzero(self.alive[: self.extent])


class Signals:
    """All traffic lights: light i has the states offsets[i]:offsets[i + 1], one character per controlled link."""

    def __init__(self, ids: Sequence[str], links: Iterable[int]) -> None:
        """Room for lights with so many links each."""
        self.ids = tuple(ids)
        self.offsets: Ints = np.concatenate(([0], np.cumsum(list(links)))).astype(np.int32)
        self.fetch: Callable[[], None] | None = None  # set by the backend while the lights are not read yet
        self._state = np.zeros(int(self.offsets[-1]), np.int8)
        self._next_switch = np.zeros(len(self.ids))

    @property
    def state(self) -> NDArray[np.int8]:
        """ASCII of SUMO's r, y, g, G ...; read when first looked at in a step."""
        self._read()
        return self._state

    @property
    def next_switch(self) -> Doubles:
        """When each switches next, s of SUMO's clock; read when first looked at in a step."""
        self._read()
        return self._next_switch

    def text(self, light: int) -> str:
        """A light's state as SUMO writes it."""
        return self.state[self.offsets[light] : self.offsets[light + 1]].tobytes().decode("ascii")

    def _read(self) -> None:
        if self.fetch is not None:
            fetch, self.fetch = self.fetch, None
            fetch()
