"""Charging stations without SUMO: a task as JSON, the last line is what it took."""

from __future__ import annotations

import json
import sys
import time
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from wayside.edge.charging.state import Chargers
from wayside.sim.ocpp.evses import Evses
from wayside.sim.ocpp.link import CsmsLink
from wayside.sim.onboard.charging import CONTENT, PLUGGED, ElectricVehicles

EVERY_S, WATTS = 60, 7000.0
_LONGEST_S = 600.0  # until all stand, however slow the machine is


def vehicles(piles: int, site: int) -> Any:
    """The on-board service as far as it is looked at: a vehicle for each pile, none plugged in."""
    sites = -(-piles // site)
    each = np.full(sites, site, np.int32)
    each[-1] = piles - site * (sites - 1)
    ones, none = np.ones(sites), np.zeros(sites, np.int32)
    names = tuple(f"site-{k}" for k in range(sites))
    power, number = WATTS * ones, np.arange(sites, dtype=np.int32)
    drives: Any = None  # nobody asks for a pile
    chargers = Chargers(
        names, names, ones, ones, none, number, each, power, ones, ones, np.inf * ones, drives, none, none
    )
    table = SimpleNamespace(
        ids=np.array([f"ev-{k}" for k in range(piles)]), charge=np.full(piles, 3e4), capacity_wh=np.full(piles, 6e4)
    )
    return SimpleNamespace(
        platform=SimpleNamespace(chargers=chargers),
        fleet=SimpleNamespace(vehicles=table),
        state=np.full(piles, CONTENT, np.int8),
        session=np.arange(piles, dtype=np.int32),
        charger=np.repeat(number, each),
        limit_w=np.full(piles, WATTS),
        energy_wh=np.zeros(piles),
    )


def main(task: dict[str, Any]) -> dict[str, float]:
    """All plug in within a minute, and are then followed in real time."""
    service = vehicles(task["piles"], task["site"])
    evses = Evses(cast(ElectricVehicles, service), float(EVERY_S))
    link = CsmsLink(task["url"], evses.layout, 0.0, evses.meter_s, _LONGEST_S)
    began = time.perf_counter()
    link.open()
    second, order = 0, np.random.default_rng(1).permutation(task["piles"])

    def tick() -> int:
        """How many events are told."""
        evses.follow(float(second))
        link.ceilings.look(evses, float(second))
        link.moment(float(second))
        if (news := evses.second(float(second))) is not None:
            link.tell(news)
        return 0 if news is None else len(news.evse)

    for coming in np.array_split(order, EVERY_S):
        service.state[coming] = PLUGGED
        tick()
        second += 1
    _settled(link, began)
    boot_s = time.perf_counter() - began
    before, cpu, started = link.tally.messages, time.process_time(), time.perf_counter()
    ticks, delays = list[float](), list[float]()
    late, told = 0.0, before
    for k in range(task["seconds"]):
        service.energy_wh += WATTS / 3600.0
        at = time.perf_counter()
        told += tick()
        ticks.append(time.perf_counter() - at)
        second += 1
        while (left := started + k + 1.0 - time.perf_counter()) > 0.0:
            if len(delays) <= k and link.tally.messages >= told:
                delays.append(time.perf_counter() - at)
            time.sleep(min(0.005, left))
        late = max(late, -left)
        if len(delays) <= k:
            delays.append(time.perf_counter() - at)
    wall, used = time.perf_counter() - started, time.process_time() - cpu
    messages, waiting = link.tally.messages - before, sum(len(station.outbox) for station in link.stations)
    link.close()
    return {
        "piles": task["piles"],
        "stations": len(link.stations),
        "seconds": wall,
        "messages_per_s": messages / wall,
        "core_share": used / wall,
        "tick_ms": 1e3 * float(np.median(ticks)),
        "delay_s": float(np.median(delays)),
        "longest_delay_s": max(delays),
        "late_s": late,
        "waiting": max(waiting - task["piles"] // EVERY_S, 0),
        "boot_s": boot_s,
    }


def _settled(link: CsmsLink, began: float) -> None:
    time.sleep(1.0)  # until the other thread has taken what is told
    while not all(station.idle for station in link.stations):
        if time.perf_counter() - began > _LONGEST_S:
            raise SystemExit("the central system does not keep up with the begin")
        time.sleep(0.05)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
