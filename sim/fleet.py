"""On-board units: which vehicles have one, when they send awareness messages, which roadside unit they hear best."""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.ext.awareness import CamGenerator, NearestUnits
from wayside.ext.motion import Drift, Motion
from wayside.sim.air import Deliveries
from wayside.sim.columns import Columns
from wayside.sim.kinds import STATION_TYPES, TALL, UNKNOWN
from wayside.sim.sections import TICK_MS, V2X, Air
from wayside.sim.world import PARKING, Bytes, Doubles, Ints, VehicleTable

NEVER = -(10**9)  # a V2X tick before all
TOLERANCE = np.float32(1e-4)  # ticks: 0.1 s is no whole number of bits
HEARD_FOR = 25  # V2X ticks for which a service announcement counts: two of them may be lost


def number(seed: int, purpose: str, id: str) -> int:
    """A number of 64 bits that depends on the seed, the purpose and an id only."""
    return int.from_bytes(blake2b(f"{seed}/{purpose}/{id}".encode(), digest_size=8).digest(), "big")


def draw(seed: int, purpose: str, id: str) -> float:
    """A number in [0, 1) that depends on the seed, the purpose and the vehicle's id only.

    So the same vehicles are equipped whatever an algorithm does to their order, two algorithms are compared on the
    same fleet, and a higher share adds vehicles to those of a lower one.
    """
    return (number(seed, purpose, id) >> 11) * 2.0**-53


def whole_ticks(waits: NDArray[np.float32]) -> Ints:
    """Congestion control's T_off [s] in whole V2X ticks, 1 to 10."""
    ticks = np.ceil(waits * np.float32(1000.0 / TICK_MS) - TOLERANCE)
    np.maximum(ticks, 1.0, out=ticks)
    np.minimum(ticks, 10.0, out=ticks)
    return ticks.astype(np.int32)


class _Class(NamedTuple):
    """What one of SUMO's vehicle classes makes of its vehicles' stations."""

    share: float  # of those with a unit
    kind: int
    tall: bool
    power: float  # dBm
    radios: tuple[tuple[float, int], ...]  # below which draw, and above the one before: which radio


class Fleet(Columns):
    """The vehicles' stations, by the vehicles' slots.

    Columns: equipped; active (equipped, on the road, not parked: what sends and hears); x, y [m], dead-reckoned to
    the V2X tick; vx, vy [m/s]; kind (StationType of TS 102 894-2); tall (a truck, bus or tram); radio (number in
    `V2X.radios`); power [dBm]; wait (V2X ticks from one awareness message to the next at least: T_GenCam_Dcc); and
    for each service the nearest unit heard that offers it, its distance [m] and when.

    said_x, said_y [m] are where vehicles believe to be. Without a GNSS error these are x and y themselves; with one,
    they are set by `awareness`. The error drifts as a first-order Gauss-Markov process along each axis: what standing
    GPS receivers show is fitted far better by it (an Ornstein-Uhlenbeck process) than by white noise (Sensors 2020,
    20(21), 6050). Speed and heading stay true: receivers measure them by Doppler and know them much better.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "equipped": (np.uint8, 0),
        "active": (np.uint8, 0),
        "x": (np.float64, 0.0),
        "y": (np.float64, 0.0),
        "vx": (np.float64, 0.0),
        "vy": (np.float64, 0.0),
        "kind": (np.uint8, UNKNOWN),
        "tall": (np.uint8, 0),
        "radio": (np.uint8, 0),
        "power": (np.float32, 0.0),
        "wait": (np.int32, 1),
        "_senders": (np.int32, 0),
        "_low": (np.uint8, 0),
        "_home": (np.int32, -1),
        "_home_distance": (np.float64, np.inf),
        "_home_tick": (np.int64, NEVER),
    }
    rows: ClassVar[dict[str, str]] = {
        "_home": "_services",
        "_home_distance": "_services",
        "_home_tick": "_services",
    }

    equipped: Bytes
    active: Bytes
    x: Doubles
    y: Doubles
    vx: Doubles
    vy: Doubles
    kind: Bytes
    tall: Bytes
    radio: Bytes
    power: NDArray[np.float32]
    wait: Ints
    _senders: Ints
    _low: Bytes
    _home: Ints
    _home_distance: Doubles
    _home_tick: NDArray[np.int64]

    def __init__(
        self, vehicles: VehicleTable, v2x: V2X, seed: int, services: tuple[str, ...], air: Air | None = None
    ) -> None:
        self.vehicles = vehicles
        self.v2x = v2x
        self.air = air or Air()
        self.penetration = v2x.penetration
        self.seed = seed
        self.services = services
        self._services = len(services)
        self._motion = Motion()
        self._drift: Drift | None = None
        if v2x.gnss_error > 0.0:
            correlation = v2x.gnss_correlation * 1000.0 / TICK_MS
            self._drift = Drift(number(seed, "gnss", ""), v2x.gnss_error, correlation)
        self._generator = CamGenerator(vehicles.capacity, v2x.family == "csae")
        self._nearest = NearestUnits()
        self._classes: list[_Class] = []  # by SUMO's vehicle type, see `_class`
        self.tick = 0
        self.grow(vehicles.capacity)
        # Of the senders of the last `awareness`: whose message has the low frequency container, and with it the special
        # vehicle container of those who have one (EN 302 637-2, 6.1.3). BSMs have neither.
        self.low = self._low[:0]

    def grow(self, capacity: int) -> None:
        """See `Columns.grow`."""
        super().grow(capacity)
        table = self.vehicles
        moves = table.x, table.y, table.speed, table.heading, table.stop_state, table.on_net
        self._motion.bind(*moves, self.equipped, self.active, self.vx, self.vy, self.x, self.y)
        self.said_x, self.said_y = self.x, self.y
        if self._drift is not None:
            self.said_x, self.said_y = self.x.copy(), self.y.copy()
            self._drift.bind(self.active, self.x, self.y, table.station, self.said_x, self.said_y)
        self._nearest.bind(self.x, self.y, self._home, self._home_distance, self._home_tick)
        says = self.said_x, self.said_y, table.speed, table.heading
        self._generator.grow(capacity)
        self._generator.bind(self.active, *says, self.wait, self._senders, self._low)

    def share(self, vehicle_class: str) -> float:
        """The share of the vehicles of one of SUMO's classes that have an on-board unit, 0..1."""
        return self.v2x.penetration_of.get(vehicle_class, self.v2x.penetration)

    def _class(self, name: str) -> _Class:
        """Of one of SUMO's vehicle classes."""
        shares = sorted(self.v2x.radio_of.get(name, {}).items())  # in whatever order they were written
        bounds = accumulate(share for _, share in shares)
        radios = tuple((bound, self.v2x.radios.index(radio)) for bound, (radio, _) in zip(bounds, shares, strict=True))
        power = self.air.power_of.get(name, self.air.power)
        return _Class(self.share(name), STATION_TYPES.get(name, UNKNOWN), name in TALL, power, radios)

    def _radio(self, radios: tuple[tuple[float, int], ...], id: str) -> int:
        """The radio of one vehicle: like the unit it depends on seed and id only."""
        if not radios:
            return 0
        drawn = draw(self.seed, "radio", id)
        return next((radio for bound, radio in radios if drawn < bound), 0)

    def complies(self, purpose: str, slot: int, share: float) -> bool:
        """Whether a driver follows advice ("parking" or "charging"), where this share of drivers (0..1) do."""
        return share >= 1.0 or draw(self.seed, f"{purpose} advice", str(self.vehicles.ids[slot])) < share

    def admit(self, departed: Ints) -> None:
        """Vehicles have come: some are equipped."""
        table = self.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        if not len(departed):
            return
        for type in table.types[len(self._classes) :]:
            self._classes.append(self._class(type.kind))
        classes, ids, seed = self._classes or [self._class("passenger")], table.ids, self.seed
        for slot, type_number in zip(departed.tolist(), table.type[departed].tolist(), strict=True):
            share, self.kind[slot], self.tall[slot], self.power[slot], radios = classes[type_number]
            self.radio[slot] = self._radio(radios, str(ids[slot]))
            # The draw is below 1: where all are equipped, as usual, there is none.
            self.equipped[slot] = share >= 1.0 or draw(seed, "equipped", str(ids[slot])) < share
            self.wait[slot] = 1
            self._home_tick[:, slot] = NEVER
        self._generator.reset(departed)

    def sense(self) -> None:
        """SUMO has stepped: who is active, and how everyone moves from here on."""
        self._motion.sense(self.vehicles.extent, PARKING)

    def move(self, seconds: float) -> None:
        """Dead-reckon everyone to so many seconds after the last SUMO step."""
        self._motion.advance(self.vehicles.extent, seconds)

    def obey(self, waits: NDArray[np.float32]) -> None:
        """Congestion control's T_off [s], by slot: what awareness messages wait in whole V2X ticks, 1 to 10.

        T_GenCam_Dcc = T_off, as the profile of the CAR 2 CAR Communication Consortium has it (RS_BSP_293).
        """
        self.wait[: len(waits)] = whole_ticks(waits)

    def awareness(self, tick: int) -> Ints:
        """The vehicles that send a CAM (or BSM) in this V2X tick, ascending; `low` tells whose message has the low
        frequency container.

        Both are overwritten in the next tick.
        """
        self.tick = tick
        n = self.vehicles.extent
        if self._drift is not None:
            self._drift.advance(tick, n)
        count = self._generator.select(tick, n)
        self.low = self._low[:count]
        return self._senders[:count]

    def hear_announcements(
        self, heard: Deliveries, units: Ints, x: Doubles, y: Doubles, offered: Bytes, first: int = 0
    ) -> None:
        """Service announcements: packet p comes from u = units[p] at x[u], y[u] [m], which offers offered[u, service].

        Row `first` of what was sent is packet 0; of other kinds' rows none is looked at.

        The nearest unit heard in the last seconds is the one to ask.
        """
        self._nearest.hear(heard.packet, heard.receiver, units, x, y, offered, self.tick, HEARD_FOR, first)

    def home(self, service: str, slots: NDArray[np.intp]) -> Ints:
        """The unit that each of these vehicles would ask for a service, or -1."""
        s = self.services.index(service)
        fresh = self._home_tick[s, slots] >= self.tick - HEARD_FOR
        return np.where(fresh, self._home[s, slots], -1).astype(np.int32)

    def ask(self, service: str, slots: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
        """Those of these vehicles that hear a unit with this service, by the unit they ask, ascending."""
        homes = self.home(service, slots)
        return [(unit, slots[homes == unit]) for unit in np.unique(homes[homes >= 0]).tolist()]
