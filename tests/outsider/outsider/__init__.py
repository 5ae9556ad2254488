"""Plug-ins of somebody who has read docs/extending.md and nothing else of wayside's."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np

from wayside import App, Context, Observer, OnboardService, Option, Table, every
from wayside.edge.charging.state import PileAssignment as Piles
from wayside.edge.messages import denm
from wayside.edge.parking.state import BayAssignment
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.sumo.commands import SpeedAdvice


class QueueWarning(App):
    """Warn approaching drivers of a queue at this junction."""

    vehicles: Annotated[int, Option("vehicles that make a queue", ge=1)] = 5
    cause: Annotated[Literal["traffic-jam", "dangerous-end-of-queue"], Option("what is said")] = "traffic-jam"

    @every(1.0)
    def look(self):
        """Look whether there is one."""
        queue = self.ldm.near(self.position, radius=120).slower_than(2.0)
        if len(queue) >= self.vehicles:
            self.send(denm(cause=self.cause, position=queue.centroid, validity=10.0), radius=400)


class Thrifty:
    """The cheapest bay within a walk; of equal ones any, drawn."""

    walk: Annotated[float, Option("longest walk to the destination", unit="m", gt=0)] = 400.0
    patience: Annotated[tuple[float, ...], Option("further walks to try then", unit="m")] = ()
    context: Context

    def __init__(self):
        self.walks = (self.walk, *self.patience)

    def __call__(self, requests, car_parks):
        free = car_parks.free
        chosen = np.full(len(requests.x), -1)
        walks = self.context.network.walk_m(requests.x, requests.y, car_parks.x, car_parks.y)
        random = self.context.random("equal", when=self.context.time)
        for row, walk in enumerate(walks):
            for most in self.walks:
                price = np.where((free > 0) & (walk <= most), car_parks.price_per_hour, np.inf)
                if len(price) and np.isfinite(price.min()):
                    chosen[row] = random.choice(np.flatnonzero(price == price.min()))
                    free[chosen[row]] -= 1
                    break
        return BayAssignment(chosen, walks[np.arange(len(chosen)), chosen] if walks.size else np.zeros(len(chosen)))


def shortest_drive(requests, chargers, ends, *, context: Context):
    """The group of piles that is reached soonest, free or not."""
    drive = context.network.drive_s(requests.edge, chargers.edge)
    if not drive.size:
        return Piles(np.full(len(requests.edge), -1), np.zeros(len(requests.edge)))
    return Piles(np.where(np.isfinite(drive.min(axis=1)), drive.argmin(axis=1), -1), drive.min(axis=1))


def held_back(sessions, limits, *, held_back: Annotated[float, Option("kept free", unit="W", ge=0)] = 0.0):
    """Whoever leaves first, or else plugged in first, has what it wants, as far as every limit above it goes."""
    left, granted = np.maximum(limits.limit_w - held_back, 0.0), np.zeros(len(sessions))
    for row in np.lexsort((sessions.arrival_s, np.nan_to_num(sessions.departure_s, nan=np.inf))):
        node, path = int(sessions.site[row]), []
        while node >= 0:
            path.append(node)
            node = int(limits.parent[node])
        granted[row] = min(sessions.wanted_w[row], left[path].min())
        left[path] -= granted[row]
    return granted


class Disc(IdealRadio):
    """Everything arrives within a distance of its own."""

    reach: Annotated[float, Option("greatest distance of reception", unit="m", gt=0, le=5000)] = 150.0

    def __init__(self, site):
        super().__init__(replace(site, range=self.reach))


class Calm(OnboardService):
    """Drivers of equipped cars who keep below a speed on a road that they know to be one to be calm on."""

    name = "calm"
    most: Annotated[float, Option("highest speed there", unit="m/s", gt=0)] = 5.0
    road: Annotated[str, Option("edge to be calm on, by name; empty: the longest")] = ""
    fields: ClassVar = {"calm": (np.uint8, 0)}

    def __init__(self, around):
        super().__init__(around)
        network, name = self.context.network, self.road
        self.edge = network.edges.index(name) if name else int(np.argmax(network.length_m))
        self.rows = []

    def every_second(self, seconds, now):
        table, n = self.fleet.vehicles, self.fleet.vehicles.extent
        here = (table.edge[:n] == self.edge) & (self.fleet.active[:n] == 1)
        for slot in np.flatnonzero(here != (self.calm[:n] == 1)).tolist():
            vehicle = str(table.ids[slot])
            self.orders.append(SpeedAdvice(vehicle, self.most if here[slot] else -1.0))
            if here[slot]:
                self.rows.append(Calmed(vehicle, now))
        self.calm[:n] = here

    def kpis(self, now):
        return {"calm.vehicles": len(self.rows)}

    def tables(self, now):
        return {"calm": Table(Calmed, self.rows)}


@dataclass
class Calmed:
    """A row of calm.parquet."""

    vehicle: str
    since_s: float


class Loud(Observer):
    """Who speaks most: octets sent by each kind, in bins of some seconds."""

    name = "loud"
    bin: Annotated[float, Option("length of a bin", unit="s", gt=0)] = 60.0

    def begin(self, simulation):
        self.kinds, self.octets, self.steps = simulation.exchange.kinds, {}, 0

    def step(self, tick):
        self.steps += 1

    def packets(self, packets):
        key = (int(packets.time // self.bin), self.kinds[packets.kind])
        self.octets[key] = self.octets.get(key, 0) + int(packets.size.sum())

    def kpis(self):
        return {"loud.steps": self.steps, "loud.octets": sum(self.octets.values())}

    def tables(self):
        return {"loud": Table(Said, [Said(b * self.bin, kind, n) for (b, kind), n in sorted(self.octets.items())])}


@dataclass
class Said:
    """A row of loud.parquet."""

    from_s: float
    kind: str
    octets: int
