"""A child of `sites`: one check of a scenario, or requests to a ledger; JSON on the last line."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.loading import KB
from wayside.edge.charging.messages import ChargingRequests
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.context import Context
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.parking.messages import ParkingRequests
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.plugin import Plugin
from wayside.edge.pool import Desk, Pooling
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Ints, Longs
from wayside.sim.scenario.options import filled
from wayside.sim.scenario.registry import resolve
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork
from wayside.sim.world.facilities import Facilities
from wayside.sim.world.roads import Roads

EVERY_S = 5.0  # between two requests
NEAR = 560.0  # m, either way


class Counter(Desk):
    """Hears what is decided."""

    def answer(self, vehicle: Ints, station: Longs, chosen: Ints) -> None:
        """See `Desk.answer`."""
        self.got = int((chosen >= 0).sum()) + getattr(self, "got", 0)


def check(scenario: str) -> dict[str, float]:
    """CPU time [s] and the peak of resident memory [MB] of `wayside check`, imports and children included."""
    from wayside.sim.cli.command import app

    app(["check", scenario], standalone_mode=False)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "cpu_s": sum(one.ru_utime + one.ru_stime for one in used),
        "peak_mb": max(one.ru_maxrss for one in used) * KB,
    }


def requests(folder: str, service: str, policies: list[str], requests: int, taken: int) -> list[dict[str, object]]:
    """For each policy what one request after the other takes to be handed in and decided, ms of CPU time."""
    network = read_network(Path(folder, "net.net.xml"))
    roads, found = Roads(network), []
    facilities = read_facilities([Path(folder, "sites.add.xml")], network)
    for name in policies:
        clock = [0.0]
        context = Context(1, (service, name), lambda clock=clock: clock[0], roads, SimpleNamespace())  # type: ignore
        code = resolve(f"wayside.{service}", name, f"{service}.policy")
        policy = Plugin(code, filled(code, {}, f"{service}.policy", name), context).make()
        ledger = _charging(facilities, policy, taken) if service == "charging" else _parking(facilities, policy, taken)
        desk = Counter(RoadsideUnit("u", 0, (0.0, 0.0), LocalDynamicMaps(1), CityPlatform()))
        desk.unit.apps.append(desk)
        draw, times = np.random.default_rng(2), []
        for k in range(requests + 1):
            asked = _asked(service, draw, network, taken + k)
            clock[0] += EVERY_S
            desk.unit.time = clock[0]
            began = time.process_time()
            ledger.pool.hand_in(desk, asked)
            ledger.pool.look(0, clock[0])
            for answer in ledger.pool.take():
                answer.send()
            times.append((time.process_time() - began) * 1000.0)
        first, rest = times[0], times[1:]
        figures = {"median_ms": float(np.median(rest)), "worst_ms": max(rest), "first_ms": first}
        found.append({"policy": name, "given": desk.got, **figures})
        # The next policy finds the city as this one did.
        for station in range(taken, taken + requests + 1):
            ledger.release(station)
        for column in ("occupied", "reserved"):
            getattr(facilities.chargers, column)[:] = 0
            getattr(facilities.car_parks, column)[:] = 0
    return found


def _charging(facilities: Facilities, policy: Any, taken: int) -> Any:
    ledger = ChargingPlatform(facilities.chargers, policy, _nothing, 900.0, 120.0, pooling=Pooling(window=0.0))
    draw = np.random.default_rng(3)
    for station, group in enumerate(draw.integers(0, len(facilities.chargers.ids), taken).tolist()):
        ledger.plug_in(station, group, float(draw.uniform(5e3, 3e4)), 50_000.0, 0.0)
    return ledger


def _parking(facilities: Facilities, policy: Any, taken: int) -> Any:
    ledger = ParkingPlatform(facilities.car_parks, policy, 900.0, Pooling(window=0.0))
    draw = np.random.default_rng(3)
    for station, park in enumerate(draw.integers(0, len(facilities.car_parks.ids), taken).tolist()):
        ledger.entered(park, station)
    return ledger


def _nothing(*seen: Any) -> Any:
    """Shares no power."""


def _asked(service: str, draw: np.random.Generator, network: RoadNetwork, station: int) -> Any:
    """From any edge; a bay is asked for near by, as drivers ask at 800 m from where they want to be."""
    edge = draw.integers(0, network.normal_edges, 1).astype(np.int32)
    who = {"station": np.array([station]), "vehicle": np.array([0], np.int32), "edge": edge}
    if service == "charging":
        return ChargingRequests(**who, energy_wh=draw.uniform(5e3, 4e4, 1), max_power_w=draw.choice([5e4, 1.5e5], 1))
    near = network.lane_shapes[network.edge_first_lane[edge[0]]][0] + draw.uniform(-NEAR, NEAR, 2)
    return ParkingRequests(**who, x=near[:1], y=near[1:2], duration=draw.uniform(600.0, 7200.0, 1))


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print(json.dumps(check(task["check"]) if "check" in task else requests(**task)))
