"""Persons and what applications do, as the live view tells of them; against the simulation's own arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.ldm import BOTH, HEARD, SENSED
from wayside.edge.messages import CAUSES, Denm
from wayside.sim.stations.packets import Journey
from wayside.web.server.channels import StreamChannel
from wayside.web.server.hops import HopWatch
from wayside.web.server.observer import Publisher
from wayside.web.server.people import NUMBERS
from wayside.web.server.services.hazards import hazard_rows, warnings

KEYFRAME, ROW = 1, 16


def watched(
    name: str, changes: dict[str, Any], steps: int, until: Callable[[Simulation], bool] = lambda _: False
) -> tuple[Simulation, Publisher, list[Any], list[bytes]]:
    """A simulation that somebody has watched for so many steps or until something holds; JSON and frames as told."""
    texts: list[Any] = []
    frames: list[bytes] = []

    def send(channel: StreamChannel, payload: bytes) -> None:
        if channel is StreamChannel.FRAME:
            frames.append(payload)
        elif channel in (StreamChannel.TEXT, StreamChannel.SNAPSHOT):
            texts.append(json.loads(payload))

    simulation = Simulation(Scenario.load(name).replace(changes)).__enter__()
    publisher = Publisher(simulation, send)
    simulation.observers.add(publisher)
    publisher.attend(1)
    publisher.paused = True  # then all is told at once
    for _ in range(steps):
        publisher.expect(True)
        next(simulation)
        publisher.publish()
        if until(simulation):
            break
    return simulation, publisher, texts, frames


def walking(tmp: str) -> dict[str, Any]:
    """Some seconds of the school: persons as told, and as they are."""
    changes = {"sumo.step_length": 0.5, "v2x.vru_penetration": 0.5, "rsu.0.apps": ["signals"]}
    simulation, publisher, texts, frames = watched("school", changes, 40)
    publisher.snapshot()  # ends with a keyframe
    persons, table = simulation.persons, simulation.vehicles
    afoot = np.flatnonzero(persons.alive[: persons.extent] & persons.afoot[: persons.extent])
    last = [frame for frame in frames if frame[4] == KEYFRAME][-1]
    (count,) = struct.unpack_from("<I", last, 12)
    id = np.frombuffer(last, np.uint32, count, 32)
    x, y = (np.frombuffer(last, np.int32, count, 32 + 4 * count * k) / 100.0 for k in (1, 2))
    flags = np.frombuffer(last, np.uint8, count, 32 + 15 * count)
    names = {row[0]: row for said in texts if said["type"] == "names" for row in said["vehicles"]}
    snapshot = [said for said in texts if said["type"] == "snapshot"][-1]
    types = {row[0]: row[2] for row in snapshot["types"]}
    theirs = {}
    for slot in afoot.tolist():
        device = int(persons.device[slot])
        number = (
            int(table.station[device]) if device >= 0 else publisher.people.find(int(publisher.people._number[slot]))
        )
        theirs[str(persons.ids[slot])] = (device >= 0, float(persons.x[slot]), float(persons.y[slot]), number)
    told = {}
    for k, number in enumerate(id.tolist()):
        row = names[number]
        if types[row[2]] == "pedestrian":
            told[row[1]] = (number, float(x[k]), float(y[k]), int(flags[k]), row[3])
    one = next(iter(told.values()))[0]
    found = {
        "theirs": theirs,
        "told": told,
        "vehicles": count - len(told) == table.count,
        "snapshot": {row[1] for row in snapshot["vehicles"]} >= set(told),
        "details": publisher.details.of(f"vehicle/{one}"),
        "nobody": publisher.details.of(f"vehicle/{NUMBERS + 4_000_000}"),
    }
    simulation.close()
    return found


def test_persons_on_foot_are_told_of_like_vehicles(tmp_path: Path) -> None:
    found = in_child(walking, str(tmp_path))
    theirs, told = found["theirs"], found["told"]
    assert len(theirs) >= 5
    assert set(told) == set(theirs)
    for name, (number, x, y, flags, equipped) in told.items():
        device, own_x, own_y, station = theirs[name]
        assert (x, y) == pytest.approx((own_x, own_y), abs=0.006)
        assert flags == 0
        assert equipped == device
        assert number == station if device else number >= NUMBERS
    assert {equipped for *_, equipped in told.values()} == {0, 1}
    assert found["vehicles"]
    assert found["snapshot"]
    assert found["details"]["kind"] == "pedestrian"
    assert found["nobody"] is None


def both(simulation: Simulation) -> bool:
    """Whether the unit senses somebody who is heard and somebody who is not."""
    return set(simulation.units[0].ldm.origin.tolist()) >= {SENSED, BOTH}


def sensing(tmp: str) -> dict[str, Any]:
    """Some seconds of the crossing with a sensor, works and advice: the marks, and the tracks of the unit's own map."""
    changes = {
        "v2x.services": ["parking", "charging", "signal_advice", "hazards"],
        "v2x.penetration": 0.5,
        "charging.feeders": {"quarter": {"limit_w": 90e3, "of": ["mill"]}, "city": {"limit_w": 1e6, "of": ["quarter"]}},
        "rsu.0.apps": [
            "signals",
            "parking",
            "charging",
            {"use": "perception", "false_alarms": 0.0, "sectors": [{"heading": 0.0, "width": 180.0}]},
            {"use": "hazards", "sites": [{"cause": "roadworks", "x": 40.0, "y": 0.0}]},
        ],
    }
    simulation, publisher, texts, _ = watched("crossing", changes, 600, lambda it: it.time > 20.0 and both(it))
    marks: dict[str, Any] = {}
    times = []
    for said in texts:
        if said["type"] == "marks":
            marks.update(said)
            times.append(said["time"])
    publisher.marks.forget()
    again = publisher.marks.changed(0.0)
    assert again is not None
    view = simulation.units[0].ldm
    table = simulation.vehicles
    found = {
        "marks": marks,
        "again": set(again),
        "idle": publisher.marks.changed(1e9),
        "sensed": int(np.count_nonzero(view.origin != HEARD)),
        "alone": int(np.count_nonzero(view.origin == SENSED)),
        "where": np.stack((table.x, table.y), axis=1)[table.slots()].tolist(),
        "active": table.station[: table.extent][simulation.fleet.active[: table.extent] == 1].tolist(),
        "time": simulation.time,
        "site": publisher.details.of("site/0"),
        "park": publisher.details.of("park/0"),
    }
    simulation.close()
    return found


def test_marks_are_what_the_simulation_has(tmp_path: Path) -> None:
    found = in_child(sensing, str(tmp_path))
    marks = found["marks"]
    assert marks["time"] == found["time"]
    tracks = np.array(marks["tracks"])
    assert len(tracks) == found["sensed"] > 0
    assert np.count_nonzero(tracks[:, 5] == 0) == found["alone"]
    far = np.hypot(*(tracks[:, None, :2] - np.array(found["where"])).transpose(2, 0, 1))
    assert far.min(axis=1).max() < 12.0, "each is near a road user: places there are of the front"
    (works,) = [one for one in marks["hazards"] if one["cause"] == "roadworks"]
    assert (works["x"], works["y"]) == (40.0, 0.0)
    assert works["count"] == len(works["warned"]) > 0
    assert set(works["warned"]) <= set(found["active"])
    assert set(works["acting"]) <= set(works["warned"])
    assert {"hazards", "tracks"} <= found["again"]
    assert found["idle"] is None, "nothing has changed"
    site, park = found["site"], found["park"]
    assert [(node["name"], node["limit_w"]) for node in site["chain"][1:]] == [("quarter", 90e3), ("city", 1e6)]
    assert {node["power_w"] for node in site["chain"]} == {site["power_w"]}, "the only site there is"
    assert all(one["wanted_wh"] > 0.0 for one in site["vehicles"])
    assert len(park["held"]) == park["reserved"]


def test_of_a_hazard_who_knows_and_who_slows_down() -> None:
    table: Any = SimpleNamespace(extent=4, alive=np.array([1, 1, 1, 0], np.uint8), station=np.array([7, 8, 9, 10]))
    until = np.array([5.0, 20.0, 20.0, 20.0])
    works = Denm(CAUSES["roadworks"], (10.0, 20.0), 60.0, traces=(((30.0, 20.0), (50.0, 20.0)),))
    (row,) = hazard_rows([(works, until)], np.array([1, 0, 1, 1], np.uint8), table, 10.0, 150.0)
    assert row == {
        "cause": "roadworks",
        "x": 10.0,
        "y": 20.0,
        "radius": None,
        "ways": [[30.0, 20.0, 50.0, 20.0]],
        "count": 2,
        "warned": [8, 9],
        "acting": [9],
    }
    bare = Denm(3, (1.0, 2.0), 60.0)
    assert hazard_rows([(bare, until)], np.zeros(4, np.uint8), table, 10.0, 150.0)[0]["radius"] == 150.0
    assert hazard_rows([(bare, until)], np.zeros(4, np.uint8), table, 30.0, 150.0) == []
    assert warnings([(works, until)], 0, 10.0, False) is None
    assert warnings([(works, until)], 1, 10.0, True) == {
        "known": [{"cause": "roadworks", "x": 10.0, "y": 20.0}],
        "acting": True,
    }


def copies(time: float, hop: int, senders: dict[int, float], source: int = 0, unit: bool = False, seq: int = 1) -> Any:
    """Copies of one packet on a hop, by stations at these x."""
    n = len(senders)
    columns = {name: np.zeros(n) for name in Journey._fields}
    journey = Journey(**columns)._replace(  # type: ignore[arg-type]
        from_unit=np.ones(n, bool),
        source=np.full(n, source),
        sequence=np.full(n, seq, np.int32),
        hop=np.full(n, hop, np.int32),
    )
    x = np.array(list(senders.values()))
    return SimpleNamespace(
        journey=journey, time=time, sender=np.array(list(senders)), from_unit=unit, x=x, y=np.zeros(n)
    )


def test_a_hop_leads_from_the_nearest_that_had_it_on_the_hop_before() -> None:
    watch = HopWatch()
    watch.packets(copies(0.0, 1, {0: 0.0}, unit=True))
    watch.packets(copies(0.1, 1, {5: 900.0}, source=5, seq=1))  # another packet, nearer
    assert watch.steps() == []
    watch.packets(copies(0.1, 2, {5: 250.0, 6: -250.0}))
    watch.packets(copies(0.2, 3, {7: 490.0, 8: -480.0}))
    assert watch.steps() == [[2, 1, 0, 0, 5], [2, 1, 0, 0, 6], [3, 0, 5, 0, 7], [3, 0, 6, 0, 8]]
    assert watch.steps() == []
    watch.packets(copies(9.0, 4, {9: 700.0}))
    assert watch.steps() == [], "nobody remembers so long"
    watch.clear()
    watch.packets(copies(9.1, 5, {10: 900.0}))
    assert watch.steps() == []
