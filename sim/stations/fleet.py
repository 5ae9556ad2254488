"""On-board units and devices: who has one, when they send awareness messages, which roadside unit they hear best."""

from __future__ import annotations

from itertools import accumulate
from typing import ClassVar, NamedTuple

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.messages.stations import StationType
from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Indices, Ints, Longs
from wayside.ext.awareness import CamGenerator, NearestUnits, VamGenerator
from wayside.ext.motion import Drift, Motion
from wayside.sim.air import Deliveries
from wayside.sim.chance import draw, number
from wayside.sim.scenario.sections import V2X, Air
from wayside.sim.stations.types import PEDESTRIANS, STATION_TYPES, TALL, VULNERABLE
from wayside.sim.world import PARKING, VehicleTable
from wayside.sim.world.columns import SlotColumns

NEVER = -(10**9)  # a V2X tick before all
TOLERANCE = np.float32(1e-4)  # ticks: 0.1 s is no whole number of bits
HEARD_FOR = 25  # V2X ticks for which a service announcement counts: two of them may be lost


def whole_ticks(waits: Floats) -> Ints:
    """Congestion control's T_off [s] in whole V2X ticks, 1 to 10."""
    ticks = np.ceil(waits * np.float32(1000.0 / TICK_MS) - TOLERANCE)
    np.maximum(ticks, 1.0, out=ticks)
    np.minimum(ticks, 10.0, out=ticks)
    return ticks.astype(np.int32)


class _Class(NamedTuple):
    """What one of SUMO's vehicle classes makes of its vehicles' stations."""

    share: float  # of those with a unit
    kind: int
    vru: bool  # says VAMs, not CAMs
    tall: bool
    power: float  # dBm
    radios: tuple[tuple[float, int], ...]  # below which draw, and above the one before: which radio


class Fleet(SlotColumns):
    """The vehicles' stations, by the vehicles' slots.

    SlotColumns: equipped; active (equipped, on the road, not parked: what sends and hears); x, y [m], dead-reckoned to
    the V2X tick; z [m], as at the last SUMO step; yaw_rate [degrees/s] and curvature [1/m], both to the left and NaN
    where not known; identity (a hash of its name in SUMO, to which its chance belongs); kind (StationType of
    TS 102 894-2); vru (a vulnerable road user, who says VAMs instead of CAMs); tall (a truck, bus or tram); radio
    (number in `V2X.radios`); power [dBm]; wait (V2X ticks from one awareness message to the next at least:
    T_GenCam_Dcc, T_GenVam_DCC); and for each service the nearest unit heard that offers it,
    its distance [m] and when.

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
        "yaw_rate": (np.float64, np.nan),
        "curvature": (np.float64, np.nan),
        "identity": (np.uint64, 0),
        "kind": (np.uint8, StationType.UNKNOWN),
        "vru": (np.uint8, 0),
        "tall": (np.uint8, 0),
        "radio": (np.uint8, 0),
        "power": (np.float32, 0.0),
        "wait": (np.int32, 1),
        "_senders": (np.int32, 0),
        "_low": (np.uint8, 0),
        "_vru_senders": (np.int32, 0),
        "_vru_low": (np.uint8, 0),
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
    yaw_rate: Doubles
    curvature: Doubles
    identity: Hashes
    kind: Bytes
    vru: Bytes
    tall: Bytes
    radio: Bytes
    power: Floats
    wait: Ints
    _senders: Ints
    _low: Bytes
    _vru_senders: Ints
    _vru_low: Bytes
    _home: Ints
    _home_distance: Doubles
    _home_tick: Longs

    def __init__(
        self,
        vehicles: VehicleTable,
        v2x: V2X,
        seed: int,
        services: tuple[str, ...],
        air: Air | None = None,
        step: float = TICK_MS / 1000.0,
        ballistic: bool = False,
    ) -> None:
        """step: of SUMO's [s]; ballistic: whether it integrates so."""
        self.vehicles = vehicles
        self.v2x = v2x
        self.air = air or Air()
        self.penetration = v2x.penetration
        self.seed = seed
        self.services = services
        self._services = len(services)
        self.by_cellular = [-1] * len(services)  # the station that is asked for each where no unit is heard
        self._motion = Motion(step, ballistic)
        self._drift: Drift | None = None
        if v2x.gnss_error > 0.0:
            correlation = v2x.gnss_correlation * 1000.0 / TICK_MS
            self._drift = Drift(number(seed, "gnss", ""), v2x.gnss_error, correlation)
        self._generator = CamGenerator(vehicles.capacity, v2x.family == "csae")
        # Of vulnerable road users, where the scenario gives them devices.
        self._vams = None if v2x.vru_penetration is None else VamGenerator(vehicles.capacity)
        self._nearest = NearestUnits()
        self._classes: list[_Class] = []  # by SUMO's vehicle type, see `_class`
        self.tick = 0
        self.grow(vehicles.capacity)
        # Of the senders of the last `awareness`: whose message has the low frequency container, and with it the special
        # vehicle container of those who have one (EN 302 637-2, 6.1.3). BSMs have neither.
        self.low = self._low[:0]
        self.vru_low = self._vru_low[:0]  # likewise of `vams`

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        super().grow(capacity)
        table = self.vehicles
        moves = table.x, table.y, table.speed, table.acceleration, table.heading, table.station, table.stop_state
        turns = self.active, self.yaw_rate, self.curvature
        self._motion.bind(*moves, table.on_net, self.equipped, *turns, self.x, self.y)
        self.z = table.z
        self.said_x, self.said_y = self.x, self.y
        if self._drift is not None:
            self.said_x, self.said_y = self.x.copy(), self.y.copy()
            who = self.identity.view(np.int64)
            self._drift.bind(self.active, self.x, self.y, who, self.said_x, self.said_y)
        self._nearest.bind(self.x, self.y, self._home, self._home_distance, self._home_tick)
        says = self.said_x, self.said_y, table.speed, table.heading
        self._generator.grow(capacity)
        self._generator.bind(self.active, *says, self.wait, self.vru, self._senders, self._low)
        if self._vams is not None:
            self._vams.grow(capacity)
            self._vams.bind(self.active, *says, self.wait, self.vru, self._vru_senders, self._vru_low)

    def share(self, vehicle_class: str) -> float:
        """The share of the vehicles of one of SUMO's classes that have an on-board unit, or carry a device, 0..1."""
        others = self.v2x.penetration
        if self.v2x.vru_penetration is not None and STATION_TYPES.get(vehicle_class) in VULNERABLE:
            others = self.v2x.vru_penetration
        return self.v2x.penetration_of.get(vehicle_class, others)

    def _class(self, name: str) -> _Class:
        """Of one of SUMO's vehicle classes."""
        shares = self.v2x.radios_of(name)
        bounds = accumulate(share for share, _ in shares)
        radios = tuple((bound, radio) for bound, (_, radio) in zip(bounds, shares, strict=True))
        power = self.air.power_of.get(name, self.air.power)
        kind = STATION_TYPES.get(name, StationType.UNKNOWN)
        vru = self._vams is not None and kind in VULNERABLE
        return _Class(self.share(name), kind, vru, name in TALL, power, radios)

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
            share, radios = self._enter(slot, classes[type_number])
            self.identity[slot] = number(0, "identity", str(ids[slot]))
            self.radio[slot] = self._radio(radios, str(ids[slot]))
            # The draw is below 1: where all are equipped, as usual, there is none.
            self.equipped[slot] = share >= 1.0 or draw(seed, "equipped", str(ids[slot])) < share
        self._begin(departed)

    def admit_persons(self, slots: Ints) -> None:
        """Persons who carry a device have come, into slots that the table of vehicles has lent them."""
        table = self.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        pedestrians = self._class(PEDESTRIANS)
        for slot in slots.tolist():
            _, radios = self._enter(slot, pedestrians)
            self.identity[slot] = number(0, "person", str(table.ids[slot]))
            self.radio[slot] = self._radio(radios, str(table.ids[slot]))
            self.equipped[slot] = 1
        self._begin(slots)

    def _enter(self, slot: int, of: _Class) -> tuple[float, tuple[tuple[float, int], ...]]:
        """A station is of a class: the share of its like that are equipped, and which have which radio."""
        share, self.kind[slot], self.vru[slot], self.tall[slot], self.power[slot], radios = of
        self.wait[slot] = 1
        self._home_tick[:, slot] = NEVER
        return share, radios

    def _begin(self, slots: Ints) -> None:
        self._generator.reset(slots)
        if self._vams is not None:
            self._vams.reset(slots)

    def sense(self) -> None:
        """SUMO has stepped: who is active, and how everyone moves from here on."""
        self._motion.sense(self.vehicles.extent, PARKING)

    def move(self, seconds: float) -> None:
        """Dead-reckon everyone to so many seconds after the last SUMO step."""
        self._motion.advance(self.vehicles.extent, seconds)

    def obey(self, waits: Floats) -> None:
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

    def vams(self, tick: int) -> Ints:
        """The vulnerable road users that send a VAM in this V2X tick, after `awareness`; `vru_low` as `low`."""
        if self._vams is None:
            return self._vru_senders[:0]
        count = self._vams.select(tick, self.vehicles.extent)
        self.vru_low = self._vru_low[:count]
        return self._vru_senders[:count]

    def hear_announcements(
        self, heard: Deliveries, units: Ints, x: Doubles, y: Doubles, offered: Bytes, first: int = 0
    ) -> None:
        """Service announcements: packet p comes from u = units[p] at x[u], y[u] [m], which offers offered[u, service].

        Row `first` of what was sent is packet 0; of other kinds' rows none is looked at.

        The nearest unit heard in the last seconds is the one to ask.
        """
        self._nearest.hear(heard.packet, heard.receiver, units, x, y, offered, self.tick, HEARD_FOR, first)

    def home(self, service: str, slots: Indices) -> Ints:
        """The unit that each of these vehicles would ask for a service: the nearest heard, else by cellular, or -1."""
        s = self.services.index(service)
        fresh = self._home_tick[s, slots] >= self.tick - HEARD_FOR
        return np.where(fresh, self._home[s, slots], self.by_cellular[s]).astype(np.int32)

    def ask(self, service: str, slots: Indices) -> list[tuple[int, Indices]]:
        """Those of these vehicles that hear a unit with this service, by the unit they ask, ascending."""
        homes = self.home(service, slots)
        return [(unit, slots[homes == unit]) for unit in np.unique(homes[homes >= 0]).tolist()]
