"""A hazard that is forwarded, as the live view tells of it: its hop, whose it is, and the frame of each hop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.sim.children import in_child
from tests.sim.exchange.test_forwarding import road, scenario
from wayside import Simulation
from wayside.sim.stations.packets import Packets
from wayside.web.server.hops import HopWatch
from wayside.web.server.messages import describe
from wayside.web.server.octets import Shelf

__all__ = ["road"]  # a fixture


def seen(road: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The messages, and what is read in their frames."""
    told: list[dict[str, Any]] = []
    frames: list[str] = []
    with Simulation(scenario(road)) as simulation:
        shelf = Shelf(simulation)
        views: Any = SimpleNamespace(simulation=simulation)

        def look(packets: Packets) -> None:
            shelf.count(packets)
            if simulation.exchange.kinds[packets.kind] == "denm":
                message = {**describe(views, packets, 0, packets.time), "number": len(told)}
                shelf.keep(packets, 0, message)
                told.append(message)
                opened = shelf.open(message["number"])
                assert opened is not None
                frames.append(str(opened["headers"]["decoded"]))

        simulation.exchange.listeners.append(look)
        simulation.run()
    return told, frames


def test_each_hop_is_told(road: str) -> None:
    told, frames = in_child(seen, road)
    assert [(one["content"]["hop"], one["content"]["hops_left"]) for one in told] == [(k + 1, 10 - k) for k in range(8)]
    assert {one["content"]["source"] for one in told} == {"unit/0"}
    assert [one["from"].partition("/")[0] for one in told] == ["unit"] + ["vehicle"] * 7
    assert len(set(frames)) == len(frames)
    assert all("02:01:00:00:00:00" in frame for frame in frames), "the source's address"


def led(road: str) -> tuple[list[list[int]], list[int]]:
    """The steps that are drawn, and the stations of the vehicles from the unit on, by x."""
    watch = HopWatch()
    with Simulation(scenario(road)) as simulation:
        simulation.exchange.listeners.append(watch.packets)
        simulation.run()
        table = simulation.vehicles
        slots = table.slots()
        return watch.steps(), table.station[slots[table.x[slots].argsort()]].tolist()


def test_hops_lead_from_vehicle_to_vehicle(road: str) -> None:
    steps, vehicles = in_child(led, road)
    assert [step[0] for step in steps] == list(range(2, 9))
    assert steps[0][1:3] == [1, 0], "the unit has sent it first"
    chain = [step[4] for step in steps]
    assert [step[2] for step in steps[1:]] == chain[:-1]
    assert all(step[3] == 0 for step in steps)
    assert [one for one in vehicles if one in chain] in (chain, chain[::-1]), "one after the other along the road"
