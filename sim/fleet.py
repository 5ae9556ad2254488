"""On-board units: which vehicles have one, when they send a CAM, which roadside unit they hear best."""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.ext.awareness import CamGenerator
from wayside.sim.air import Deliveries
from wayside.sim.columns import Columns
from wayside.sim.sumo.backend import Events
from wayside.sim.world import PARKING, Bytes, Doubles, Ints, VehicleTable

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
        "_home_tick": (np.int64, -(10**9)),
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
        self._generator = CamGenerator(vehicles.capacity)
        self.tick = 0
        self.grow(vehicles.capacity)

    def grow(self, capacity: int) -> None:
        """See `Columns.grow`."""
        super().grow(capacity)
        self._generator.grow(capacity)

    def sense(self, events: Events) -> None:
        """Take in a SUMO step: who came, and how everyone moves from here on."""
        table = self.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        for slot in events.departed.tolist():
            self.equipped[slot] = draw(self.seed, "equipped", str(table.ids[slot])) < self.penetration
            self._home[:, slot] = -1
        if len(events.departed):
            self._generator.reset(events.departed)
        n = table.extent
        self.active[:n] = self.equipped[:n] & table.on_net[:n] & ((table.stop_state[:n] & PARKING) == 0)
        heading = np.radians(table.heading[:n])
        np.multiply(np.sin(heading), table.speed[:n], out=self.vx[:n])
        np.multiply(np.cos(heading), table.speed[:n], out=self.vy[:n])

    def move(self, seconds: float) -> None:
        """Dead-reckon everyone to so many seconds after the last SUMO step."""
        table = self.vehicles
        n = table.extent
        np.multiply(self.vx[:n], seconds, out=self.x[:n])
        np.multiply(self.vy[:n], seconds, out=self.y[:n])
        self.x[:n] += table.x[:n]
        self.y[:n] += table.y[:n]

    def awareness(self, tick: int) -> Ints:
        """The vehicles that send a CAM in this V2X tick, ascending."""
        self.tick = tick
        n = self.vehicles.extent
        count = self._generator.select(
            tick,
            self.active[:n],
            self.x[:n],
            self.y[:n],
            self.vehicles.speed[:n],
            self.vehicles.heading[:n],
            self._senders,
        )
        return self._senders[:count]

    def content(self, senders: Ints) -> Doubles:
        """What these vehicles' CAMs say: packets x `edge.ldm.CONTENT`."""
        table = self.vehicles
        content = np.empty((len(senders), 6))
        content[:, 0] = self.x[senders]
        content[:, 1] = self.y[senders]
        content[:, 2] = table.speed[senders]
        content[:, 3] = table.heading[senders]
        content[:, 4] = table.lengths[table.type[senders]]
        content[:, 5] = table.station[senders]
        return content

    def hear_announcements(
        self, heard: Deliveries, unit: Ints, x: Doubles, y: Doubles, offered: NDArray[np.bool_]
    ) -> None:
        """Service announcements: packet p comes from unit[p] at x[p], y[p] [m] and offers offered[p, service].

        The nearest unit wins over one heard in the last seconds.
        """
        if not len(heard.packet):
            return
        distance = np.hypot(x[heard.packet] - self.x[heard.receiver], y[heard.packet] - self.y[heard.receiver])
        order = np.argsort(-distance, kind="stable")  # the nearest is written last, and stays
        packet, receiver, distance = heard.packet[order], heard.receiver[order], distance[order]
        for service in range(len(self.services)):
            stale = self._home_tick[service, receiver] < self.tick - HEARD_FOR
            same = self._home[service, receiver] == unit[packet]
            better = offered[packet, service] & (stale | same | (distance < self._home_distance[service, receiver]))
            who = receiver[better]
            self._home[service, who] = unit[packet[better]]
            self._home_distance[service, who] = distance[better]
            self._home_tick[service, who] = self.tick

    def home(self, service: str, slots: NDArray[np.intp]) -> Ints:
        """The unit that each of these vehicles would ask for a service, or -1."""
        s = self.services.index(service)
        fresh = self._home_tick[s, slots] >= self.tick - HEARD_FOR
        return np.where(fresh, self._home[s, slots], -1).astype(np.int32)
