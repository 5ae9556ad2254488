"""On-board units: which vehicles have one, when they send a CAM, which roadside unit they hear best."""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.ldm import CONTENT
from wayside.ext.awareness import CamGenerator, keep_nearest
from wayside.ext.motion import Motion
from wayside.sim.air import Deliveries
from wayside.sim.columns import Columns
from wayside.sim.world import PARKING, Bytes, Doubles, Ints, VehicleTable

NEVER = -(10**9)  # a V2X tick before all
HEARD_FOR = 25  # V2X ticks for which a service announcement counts: two of them may be lost


def draw(seed: int, purpose: str, id: str) -> float:
    """A number in [0, 1) that depends on the seed, the purpose and the vehicle's id only.

    So the same vehicles are equipped whatever an algorithm does to their order, and two algorithms are compared on
    the same fleet.
    """
    digest = blake2b(f"{seed}/{purpose}/{id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


class Fleet(Columns):
    """The vehicles' stations, by the vehicles' slots.

    Columns: equipped; active (equipped, on the road, not parked: what sends and hears); x, y [m], dead-reckoned to
    the V2X tick; vx, vy [m/s]; and for each service the nearest unit heard that offers it, its distance [m] and when.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "equipped": (np.uint8, 0),
        "active": (np.uint8, 0),
        "x": (np.float64, 0.0),
        "y": (np.float64, 0.0),
        "vx": (np.float64, 0.0),
        "vy": (np.float64, 0.0),
        "_senders": (np.int32, 0),
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
    _senders: Ints
    _home: Ints
    _home_distance: Doubles
    _home_tick: NDArray[np.int64]

    def __init__(self, vehicles: VehicleTable, penetration: float, seed: int, services: tuple[str, ...]) -> None:
        self.vehicles = vehicles
        self.penetration = penetration
        self.seed = seed
        self.services = services
        self._services = len(services)
        self._motion = Motion()
        self._generator = CamGenerator(vehicles.capacity)
        self.tick = 0
        self.grow(vehicles.capacity)

    def grow(self, capacity: int) -> None:
        """See `Columns.grow`."""
        super().grow(capacity)
        table = self.vehicles
        moves = table.x, table.y, table.speed, table.heading, table.stop_state, table.on_net
        self._motion.bind(*moves, self.equipped, self.active, self.vx, self.vy, self.x, self.y)
        self._content = np.zeros((capacity, len(CONTENT)))
        says = self.x, self.y, table.speed, table.heading, table.length, table.station
        self._generator.grow(capacity)
        self._generator.bind(self.active, *says, self._senders, self._content)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come: some are equipped."""
        table = self.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        if not len(departed):
            return
        for slot in departed.tolist():
            self.equipped[slot] = draw(self.seed, "equipped", str(table.ids[slot])) < self.penetration
            self._home[:, slot] = -1
            self._home_tick[:, slot] = NEVER
        self._generator.reset(departed)

    def sense(self) -> None:
        """SUMO has stepped: who is active, and how everyone moves from here on."""
        self._motion.sense(self.vehicles.extent, PARKING)

    def move(self, seconds: float) -> None:
        """Dead-reckon everyone to so many seconds after the last SUMO step."""
        self._motion.advance(self.vehicles.extent, seconds)

    def awareness(self, tick: int) -> tuple[Ints, Doubles]:
        """The vehicles that send a CAM in this V2X tick, ascending, and what each says: packets x `edge.ldm.CONTENT`.

        Both are overwritten in the next tick.
        """
        self.tick = tick
        count = self._generator.select(tick, self.vehicles.extent)
        return self._senders[:count], self._content[:count]

    def hear_announcements(self, heard: Deliveries, units: Ints, x: Doubles, y: Doubles, offered: Bytes) -> None:
        """Service announcements: packet p comes from units[p] at x[p], y[p] [m]; unit u offers offered[u, service].

        The nearest unit heard in the last seconds is the one to ask.
        """
        keep_nearest(
            heard.packet,
            heard.receiver,
            units,
            x,
            y,
            offered,
            self.x,
            self.y,
            self.tick,
            HEARD_FOR,
            self._home,
            self._home_distance,
            self._home_tick,
        )

    def home(self, service: str, slots: NDArray[np.intp]) -> Ints:
        """The unit that each of these vehicles would ask for a service, or -1."""
        s = self.services.index(service)
        fresh = self._home_tick[s, slots] >= self.tick - HEARD_FOR
        return np.where(fresh, self._home[s, slots], -1).astype(np.int32)

    def ask(self, service: str, slots: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
        """Those of these vehicles that hear a unit with this service, by the unit they ask, ascending."""
        homes = self.home(service, slots)
        return [(unit, slots[homes == unit]) for unit in np.unique(homes[homes >= 0]).tolist()]
