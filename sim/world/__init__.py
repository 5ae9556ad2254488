"""The state of the traffic as arrays: road network, vehicles, signals. Strings stay at the border.

Positions and heights in metres in the net's own coordinates, headings in degrees clockwise from north, speeds in m/s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Ints, Longs, States
from wayside.sim.world.columns import SlotTable

# Bits of VehicleTable.stop_state, as SUMO's getStopState gives them (libsumo/TraCIConstants.h).
STOPPED = 1
PARKING = 2
AT_CHARGING_STATION = 64
AT_PARKING_AREA = 128
AT_PLACE = AT_CHARGING_STATION | AT_PARKING_AREA


@dataclass(frozen=True)
class Controls:
    """What traffic lights control, as the net file has it: one entry for each connection, in the file's order."""

    lights: tuple[str, ...] = ()
    programs: tuple[tuple[dict[str, str], list[dict[str, str]]], ...] = ()  # attributes of each, and of its phases
    light: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # its rank in `lights`
    number: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # the link's place in the light's state
    start: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # lane
    end: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # lane
    turn: tuple[str, ...] = ()  # SUMO's `dir`


@dataclass(frozen=True)
class LaneLinks:
    """LaneLinks between normal edges, in the file's order.

    start, end: lanes; across: N x 2, the lanes within the junction, -1 for none; state: SUMO's letter for the right of
    way in ASCII, 0 where none is written.
    """

    start: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    end: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    across: Ints = field(default_factory=lambda: np.empty((0, 2), np.int32))
    state: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))


@dataclass(frozen=True)
class RoadNetwork:
    """Edges, lanes and junctions by number; the lanes of one edge follow each other.

    Internal edges (across junctions) come after all normal ones.
    """

    edge_ids: tuple[str, ...]
    edge_length: Doubles  # m
    edge_speed: Doubles  # m/s
    edge_first_lane: Ints
    edge_from: Ints  # junction; an internal edge begins and ends at the one that it crosses
    edge_to: Ints
    edge_after: Ints  # the normal edge that an internal one leads to; a normal edge itself
    normal_edges: int
    successors: tuple[Ints, Ints]  # pairs (edge, next edge), normal edges only
    successor_m: Doubles  # m across the junction between the two of a pair
    lane_ids: tuple[str, ...]
    lane_edge: Ints
    lane_shapes: tuple[Doubles, ...]  # each N x 2, m
    lane_width: Doubles  # m
    lane_speed: Doubles  # m/s
    junction_ids: tuple[str, ...]
    junction_xy: Doubles  # J x 2, m
    signal_xy: dict[str, tuple[float, float]]  # traffic light id -> centre of the junctions it controls
    bounds: tuple[float, float, float, float]  # xmin, ymin, xmax, ymax, m
    edge_number: dict[str, int] = field(repr=False)
    lane_number: dict[str, int] = field(repr=False)
    lane_access: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # who may use a lane, of `accesses`
    accesses: tuple[tuple[str | None, str | None], ...] = ()  # SUMO's `allow` and `disallow`, None where not written
    controls: Controls = field(default_factory=Controls, repr=False)
    links: LaneLinks = field(default_factory=LaneLinks, repr=False)
    lane_heights: tuple[Doubles, ...] = ()  # m, of each point of `lane_shapes`; empty for a flat net

    @property
    def elevated(self) -> bool:
        """Whether the net has heights: one whose lanes all lie at 0 m says nothing of them."""
        return bool(self.lane_heights)

    def ground(self, x: float, y: float) -> float:
        """The height [m] of the point of any lane that is nearest to here; 0 in a flat net."""
        if not self.elevated:
            return 0.0
        start, way = self._pieces
        along = ((np.array([x, y]) - start[:, :2]) * way[:, :2]).sum(axis=1)
        along = np.clip(along / np.maximum((way[:, :2] ** 2).sum(axis=1), 1e-12), 0.0, 1.0)
        points = start + along[:, None] * way
        return float(points[np.argmin(np.hypot(points[:, 0] - x, points[:, 1] - y)), 2])

    @cached_property
    def _pieces(self) -> tuple[Doubles, Doubles]:
        """Where each straight piece of a lane begins, and how it leads to its end, x, y, z [m]."""
        shapes = [np.column_stack(shape) for shape in zip(self.lane_shapes, self.lane_heights, strict=True)]
        return np.vstack([shape[:-1] for shape in shapes]), np.vstack([np.diff(shape, axis=0) for shape in shapes])


def points_along(shape: Doubles, fraction: Doubles) -> Doubles:
    """The points at fractions of a polyline's length, fractions x 2; shape N x 2, m."""
    ends = np.concatenate(([0.0], np.hypot(*np.diff(shape, axis=0).T).cumsum()))
    at = fraction * ends[-1]
    return np.column_stack((np.interp(at, ends, shape[:, 0]), np.interp(at, ends, shape[:, 1])))


def point_along(shape: Doubles, fraction: float) -> tuple[float, float]:
    """The point at a fraction of a polyline's length; shape N x 2, m."""
    ((x, y),) = points_along(shape, np.array([fraction])).tolist()
    return x, y


@dataclass(frozen=True)
class VehicleType:
    """What SUMO says of a vehicle type; lengths in m."""

    id: str
    kind: str  # SUMO's vClass
    length: float
    width: float
    height: float


class VehicleTable(SlotTable):
    """One slot per vehicle, see `SlotTable`; some are lent to stations that are none (`lend`), and never alive.

    Columns (one entry per slot; only those with `alive` mean anything):
    x, y, z [m]; speed [m/s]; acceleration [m/s2]; heading [degrees clockwise from north]; lane_position [m from the
    lane's begin]; charge, capacity_wh [Wh, NaN without a battery]; charger (number of the charging station that the
    battery is at, be it in passing, or -1) and charged [Wh that it gave in the last step]; distance [m driven, SUMO's
    odometer]; length, width [m];
    departed [s]; edge, lane (numbers in the RoadNetwork; lane -1 while off the road: parked or teleporting, and the
    edge stays the last one); stop_state (bits, see above); type (index in `types`);
    on_net (0 during a teleport); station (a number never used twice).
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "x": (np.float64, 0.0),
        "y": (np.float64, 0.0),
        "z": (np.float64, 0.0),
        "speed": (np.float64, 0.0),
        "acceleration": (np.float64, 0.0),
        "heading": (np.float64, 0.0),
        "lane_position": (np.float64, 0.0),
        "charge": (np.float64, np.nan),
        "capacity_wh": (np.float64, np.nan),
        "charger": (np.int32, -1),
        "charged": (np.float64, 0.0),
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
    z: Doubles
    speed: Doubles
    acceleration: Doubles
    heading: Doubles
    lane_position: Doubles
    charge: Doubles
    capacity_wh: Doubles
    charger: Ints
    charged: Doubles
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
    station: Longs

    def __init__(self, capacity: int = 1024) -> None:
        super().__init__()
        self.stations = 0
        self.types: list[VehicleType] = []
        self.fetch_signals: Callable[[], None] | None = None  # set by the backend while its signals are not read yet
        self.grow(capacity)

    @property
    def signals(self) -> Ints:
        """SUMO's signal bits (blinkers, brake lights), 0 off the road; read when first looked at in a step."""
        if self.fetch_signals is not None:
            fetch, self.fetch_signals = self.fetch_signals, None
            fetch()
        return self._signals

    def _take(self, id: str) -> int:
        slot = super()._take(id)
        self.station[slot] = self.stations
        self.stations += 1
        return slot

    def remove(self, id: str) -> int:
        """The slot that a vehicle leaves, off the road and at rest; its row stands until `release`."""
        slot = super().remove(id)
        self._leave(slot)
        return slot

    def lend(self, id: str) -> int:
        """A slot, and a number of its own, for a station that is no vehicle: it is not alive, and on no lane."""
        return self._take(id)

    def take_back(self, slot: int) -> None:
        """A slot that was lent is no longer needed; its row stands until `release`."""
        self._leave(slot)
        self._left.append(slot)

    def _leave(self, slot: int) -> None:
        self.on_net[slot] = self.stop_state[slot] = 0
        self.lane[slot] = -1
        self.speed[slot] = 0.0


class Foreknown(Protocol):
    """What is known of a light that somebody else than SUMO's program runs."""

    def follow(self, time: float) -> tuple[str, tuple[Doubles, Doubles, Doubles]]:
        """What it shows at a time [s], in SUMO's letters; and when each link's state ends, at the earliest, likely, at
        the latest [s], infinite where it is not known.
        """
        ...


class Signals:
    """All traffic lights: light i has the states offsets[i]:offsets[i + 1], one character per controlled link."""

    def __init__(self, ids: Sequence[str], links: Iterable[int]) -> None:
        """Room for lights with so many links each."""
        self.ids = tuple(ids)
        self.offsets: Ints = np.concatenate(([0], np.cumsum(list(links)))).astype(np.int32)
        self.fetch: Callable[[], None] | None = None  # set by the backend while the lights are not read yet
        self.foreknown: dict[int, Foreknown] = {}  # by light
        self.bounded: set[int] = set()  # lights whose states' latest ends are known whatever their programs say
        self._state = np.zeros(int(self.offsets[-1]), np.int8)
        self._next_switch = np.zeros(len(self.ids))

    @property
    def state(self) -> States:
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
