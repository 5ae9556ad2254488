"""Geo-broadcasts over several hops: along a road of standing cars that hear only their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.edge.net import tshark
from tests.sim.children import hashes, in_child, wayside
from tests.sim.networks import configure, netconvert
from wayside import App, OnboardService, Scenario, Simulation, Table, every
from wayside.edge.errors import WaysideError
from wayside.edge.messages import Denm, Ivim, denm
from wayside.ext.arrays import Ints
from wayside.sim.stations.packets import Packets
from wayside.sim.wire.capture import UNITS, VEHICLES

APART, CARS, REACH = 200.0, 12, 250.0  # m, and how far the ideal radio carries
NODES = '<nodes><node id="a" x="0" y="0"/><node id="b" x="4000" y="0"/></nodes>'
EDGES = '<edges><edge id="road" from="a" to="b" numLanes="1" speed="10"/></edges>'
STANDS = '<vehicle id="{}" type="t" depart="0" departPos="{}" departSpeed="0"><route edges="road"/></vehicle>'
HERE = "tests.sim.exchange.test_forwarding"


class Once(App):
    """Tells of one hazard, once."""

    @every(1.0)
    def look(self) -> None:
        if self.time == pytest.approx(5.0, abs=0.01):
            self.send(denm("accident", self.position, 30.0), radius=1500.0)


class Signs(App):
    """Shows three signs at once: packets that are not urgent."""

    @every(1.0)
    def look(self) -> None:
        if self.time == pytest.approx(5.0, abs=0.01):
            for speed in (5.0, 10.0, 15.0):
                self.send(Ivim(((0.0, 0.0), (100.0, 0.0)), speed), radius=1500.0)


@dataclass
class Heard:
    """A row of hears.parquet."""

    vehicle: str
    time_s: float


class Hears(OnboardService):
    """Notes who is told of a hazard, and when."""

    name = "hears"
    hears: ClassVar = (Denm, Ivim)

    def __init__(self, around: Any) -> None:
        super().__init__(around)
        self.rows: list[Heard] = []

    def told(self, said: Any, slots: Ints, now: float) -> None:
        self.rows += [Heard(str(self.fleet.vehicles.ids[slot]), now) for slot in slots.tolist()]

    def tables(self, now: float) -> dict[str, Table]:
        return {"hears": Table(Heard, self.rows)}


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("road")
    netconvert(folder, NODES, EDGES)
    cars = "".join(STANDS.format(k, APART * (k + 1)) for k in range(CARS))
    return str(configure(folder, '<vType id="t" maxSpeed="0.01"/>' + cars, end=10, step_length=0.1))


def scenario(road: str, **changes: object) -> Scenario:
    """A unit at the road's begin; 1500 m from there are cars 0 to 6."""
    said: dict[str, object] = {
        "v2x.range": REACH,
        "v2x.origin": (31.0, 121.0),
        "v2x.services": [f"{HERE}:Hears", {"use": "informed", "radius": 1500.0}],
        "v2x.forwarding": True,
        "rsu": [{"at": [0.0, 0.0], "apps": [f"{HERE}:Once"]}],
    }
    return Scenario.load(road).replace({**said, **changes})


def told(road: str, changes: dict[str, object]) -> tuple[dict[str, list[float]], dict[str, float], list[Any]]:
    """When each car was told, the key figures, and what an observer sees of DENMs: journeys of each batch."""
    seen: list[Any] = []

    def look(packets: Packets) -> None:
        if simulation.exchange.kinds[packets.kind] == "denm" and packets.journey is not None:
            journey = packets.journey
            seen.append((packets.time, packets.from_unit, journey.hop.tolist(), journey.remaining.tolist()))

    with Simulation(scenario(road, **changes)) as simulation:
        simulation.exchange.listeners.append(look)
        figures = simulation.run()
        heard: dict[str, list[float]] = {}
        for row in simulation.onboard.hears.rows:
            heard.setdefault(row.vehicle, []).append(round(row.time_s, 3))
    return heard, figures, seen


def test_a_chain_of_cars_passes_it_on(road: str) -> None:
    """A hop a tick; each car of the area is told once, and nobody beyond it."""
    heard, figures, seen = in_child(told, road, {})
    times = {vehicle: time for vehicle, (time,) in heard.items()}  # once each
    first = times["0"]
    assert times == {str(k): pytest.approx(first + 0.1 * k, abs=1e-6) for k in range(7)}
    assert [(hop, remaining) for _, _, (hop,), (remaining,) in seen] == [(k + 1, 10 - k) for k in range(8)]
    assert [by_unit for _, by_unit, _, _ in seen] == [True] + [False] * 7
    assert figures["forwarding.packets"] == 1
    assert figures["forwarding.forwarded"] == 7
    assert figures["forwarding.reached_share"] == 1.0
    assert (figures["forwarding.hops_mean"], figures["forwarding.hops_max"]) == (4.0, 7)
    assert figures["forwarding.beyond_one_hop_share"] == pytest.approx(6 / 7)
    assert figures["forwarding.silenced"] == 0
    assert figures["messages.denm.sent"] == 8
    assert {name: figures[f"informed.{name}"] for name in ("hazards", "concerned", "reached_share")} == {
        "hazards": 1,
        "concerned": 7,
        "reached_share": 1.0,
    }
    assert figures["informed.last_s"] == pytest.approx(0.6)
    assert figures["informed.wait_mean_s"] == pytest.approx(0.3)


def test_without_it_only_who_hears_the_unit_knows(road: str) -> None:
    heard, figures, seen = in_child(told, road, {"v2x.forwarding": False})
    assert list(heard) == ["0"]
    assert seen == []
    assert not [name for name in figures if name.startswith("forwarding.")]
    assert figures["informed.reached_share"] == pytest.approx(1 / 7)
    assert figures["informed.last_s"] == 0.0


def test_the_hop_limit_ends_it(road: str) -> None:
    heard, figures, _ = in_child(told, road, {"v2x.forwarding": {"hops": 3}})
    assert sorted(heard) == ["0", "1", "2"]
    assert figures["forwarding.hops_max"] == 3


def test_one_of_many_forwards_and_the_others_are_silent(road: str) -> None:
    """All within reach of the unit and of one another but for the last two: the farthest that hears it goes first."""
    heard, figures, seen = in_child(told, road, {"v2x.range": 1050.0})
    assert sorted(heard, key=int) == [str(k) for k in range(7)]
    assert figures["forwarding.hops_max"] == 2
    assert figures["forwarding.silenced"] >= 5
    assert len(seen[1][2]) == 1, "on the second hop one sends"
    quick, _, _ = in_child(told, road, {"v2x.range": 1050.0, "v2x.forwarding": {"reach": 1.0}})
    assert quick == heard, "with all timers alike nobody is left out"


@pytest.mark.parametrize("radio", ["itsg5", "lte-v2x", "nr-v2x"])
def test_over_modelled_radios(road: str, radio: str) -> None:
    power = 23.0 if radio == "nr-v2x" else 14.0
    changes: dict[str, object] = {"v2x.radio": radio, "air.power": power, "air.unit_power": power}
    heard, figures, seen = in_child(told, road, changes)
    assert all(len(times) == 1 for times in heard.values())
    assert figures["forwarding.hops_max"] > 1
    assert len(heard) > 3
    forwarded = [hop for _, _, hops, _ in seen for hop in hops]
    assert forwarded.count(1) == 1
    again, same, _ = in_child(told, road, changes)
    assert (again, same) == (heard, figures)


def test_congestion_control_lets_one_packet_go_at_a_time(road: str) -> None:
    """T_off is 100 ms at least, so that of three signs each car forwards one in a tick; hazards do not wait."""
    apps = [{"at": [0.0, 0.0], "apps": [f"{HERE}:Signs"]}]
    changes: dict[str, object] = {
        "v2x.radio": "itsg5",
        "air.propagation": "free-space",
        "air.reach": 250.0,
        "rsu": apps,
    }
    free, figures, _ = in_child(told, road, changes)
    held, waited, _ = in_child(told, road, {**changes, "air.dcc": "reactive"})
    assert [len(free[str(k)]) for k in range(7)] == [len(held[str(k)]) for k in range(7)] == [3] * 7
    assert figures["forwarding.forwarded"] == waited["forwarding.forwarded"] == 3 * 7
    assert {k: max(times) - min(times) for k, times in free.items()} == dict.fromkeys(
        free, pytest.approx(0.0, abs=0.01)
    )
    assert all(max(held[str(k)]) - min(held[str(k)]) == pytest.approx(0.2, abs=0.01) for k in range(1, 7))


def test_busses_with_another_radio(road: str) -> None:
    """With units on both; each vehicle overhears those of its own radio alone."""
    heard, figures, _ = in_child(told, road, {"v2x.radio_of": {"passenger": {"itsg5": 0.5}}, "v2x.uu": "ideal"})
    assert heard
    assert all(len(times) == 1 for times in heard.values())
    assert figures["forwarding.packets"] == 1


def test_tshark_reads_what_is_forwarded(road: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    in_child(run, road, out)
    path = out / "v2x.pcap"
    notes = tshark.run(path, "-Y", tshark.COMPLAINTS, "-T", "fields", "-e", "_ws.expert.message")
    assert notes == [f'"Remain Hop Limit" only {left}' for left in (4, 3)], "nothing else"
    names = ("eth.src", "geonw.bh.rhl", "geonw.ch.mhl", "geonw.seq_num", "geonw.src_pos.addr.mid", "geonw.src_pos.tst")
    names += ("geonw.src_pos.lat", "geonw.gxc.radius", "geonw.ch.flags.mob", "geonw.gxc.latitude")
    rows = tshark.run(path, "-Y", "geonw.ch.htype == 0x40", "-T", "fields", *(x for n in names for x in ("-e", n)))
    frames = [dict(zip(names, row.split("\t"), strict=True)) for row in rows]
    assert [int(frame["geonw.bh.rhl"]) for frame in frames] == list(range(10, 2, -1))
    first = frames[0]
    for name in names[2:]:  # the source's header stays as it is
        assert {frame[name] for frame in frames} == {first[name]}, name
    assert (first["geonw.ch.mhl"], first["geonw.gxc.radius"], first["geonw.ch.flags.mob"]) == ("10", "1500", "0")
    senders = [int(frame["eth.src"].replace(":", ""), 16) for frame in frames]
    assert senders[0] == UNITS
    assert len(set(senders)) == len(senders)
    assert all(VEHICLES <= sender < UNITS for sender in senders[1:])


def run(road: str, out: Path, **changes: object) -> None:
    with Simulation(scenario(road, **{"record.pcap": True, **changes}), out=out) as simulation:
        simulation.run()


def test_the_same_again_and_ahead_of_sumo(road: str, tmp_path: Path) -> None:
    told = ["--set", "v2x.forwarding=true", "--set", "rsu.0.apps=['signals', {use='hazards', detect=['queue'], "
            "queue_vehicles=2, fast=5.0}]", "--set", "v2x.radio=itsg5", "--until", 60]  # fmt: skip
    for name in ("one", "other"):
        done = wayside("run", "crossing", "--out", tmp_path / name, *told)
        assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("v2x.family=csae",), 'v2x.forwarding: is for v2x.family = "etsi"'),
        (("v2x.radio=uu",), 'v2x.forwarding: is for a sidelink: with the radio "uu"'),
        (("v2x.forwarding.hops=0",), "v2x.forwarding.hops = 0: must be between 1 and 255"),
        (("v2x.forwarding.least=0.2",), "v2x.forwarding.least = 0.2: must be above 0 and at most 0.1"),
        (("v2x.forwarding={least=0.09, most=0.01}",), "must have least (0.09 s) at most as long as most (0.01 s)"),
        (("v2x.forwarding=1",), "v2x.forwarding = 1: must be"),
    ],
)
def test_what_cannot_be_is_one_line(changes: tuple[str, ...], said: str) -> None:
    on = () if changes[0].startswith("v2x.forwarding") else ("v2x.forwarding=true",)
    told = [part for change in (*on, *changes) for part in ("--set", change)]
    done = wayside("run", "crossing", "--until", 1, *told)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert said in line


def refused(road: str) -> str:
    with pytest.raises(WaysideError) as told:
        Simulation(scenario(road, **{"v2x.radio": "analytic-itsg5"}))
    return str(told.value)


def test_a_radio_that_cannot_tell_who_hears_whom_is_refused(road: str) -> None:
    said = 'v2x.forwarding: the radio "analytic-itsg5" does not tell who would overhear whom'
    assert said in in_child(refused, road)


def test_packets_per_station_are_told_apart() -> None:
    """The planted error: numbers that are used again would make a new packet one that is known."""
    from wayside.sim.exchange.journeys import Journeys

    way, nobody = Journeys(4), np.zeros(4, bool)
    said = {"kind": 0, "category": 0, "size": 100, "name": 0, "from_unit": 1, "station_type": 15, "x": 0.0, "y": 0.0}
    said |= {"radius": 1.0, "speed": 0.0, "heading": 0.0, "made": 0.0, "key": 1}
    first = way.enter(denm("accident", (0.0, 0.0)), b"", nobody, source=0, sequence=0, **said)
    way.known[first, 3] = 1
    way.keep(())
    second = way.enter(denm("accident", (0.0, 0.0)), b"", nobody, source=1, sequence=0, **said)
    assert first == second
    assert way.known[second].tolist() == [0, 1, 0, 0]
