"""Frames against vectors that share no code with them, and against a plain reader over random vehicles."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ext.plain_frames import Vehicles
from tests.web.vectors import make
from wayside.ext.frames import Packer
from wayside.sim.onboard import charging, parking
from wayside.web.server import frames
from wayside.web.server.frames import ArcRows, PacketRows, Stamp
from wayside.web.server.hub import EncodedFrame
from wayside.web.server.services import charging as charging_view
from wayside.web.server.services import parking as parking_view

VECTORS = Path(make.__file__).parent


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return found


def stamp(header: dict[str, Any]) -> Stamp:
    return Stamp(header["sequence"], header["time"], header["wall"], bool(header["flags"] & 1))


def vehicles(seen: dict[str, list[Any]], room: int = 0, shuffle: int = 0) -> Vehicles:
    """Vehicles in slots; `room` more stay empty, and their order in the slots is another one."""
    n = len(seen["id"]) + room
    place = np.random.default_rng(shuffle).permutation(n)[: len(seen["id"])]
    columns = [np.full(n, fill, kind) for kind, fill in (("u1", 0), ("i8", -1), *[("f8", 9e4)] * 4, ("u1", 255))]
    columns[0][place] = 1
    for column, name in zip(columns[1:], ("id", "x", "y", "angle", "speed", "flags"), strict=True):
        column[place] = seen[name]
    return Vehicles(*columns)


def columns(seen: Vehicles) -> frames.VehicleColumns:
    """With the simulation's own numbers of states."""
    return frames.VehicleColumns(
        *seen.columns(
            (parking.NONE, parking.SEARCHING, parking.GUIDED, parking.HEADING),
            (charging.CONTENT, charging.BOUND, charging.PLUGGED, charging.CONTENT),
        )
    )


def keyframe(seen: Vehicles, stamp: Stamp, packer: Packer | None = None) -> tuple[bytes, Packer]:
    """The frame, and what packs the deltas to it."""
    packer = packer or frames.packer(parking_view.View.flags, charging_view.View.flags)
    return packer.keyframe(stamp.header(frames.KEYFRAME), *columns(seen)), packer


def delta(packer: Packer, seen: Vehicles, stamp: Stamp) -> bytes | None:
    return packer.delta(stamp.header(frames.DELTA), *columns(seen))


def since(name: str) -> Packer:
    """What has packed a vector's keyframe."""
    said = vector(name)
    return keyframe(vehicles(said["input"]), stamp(said["header"]))[1]


def test_the_vectors_are_those_that_the_script_makes() -> None:
    made = {f"{name}.json": make.text(one) for name, one in make.vectors().items()}
    assert {path.name: path.read_text("utf-8") for path in VECTORS.glob("*.json")} == made


@pytest.mark.parametrize("name", ["keyframe", "keyframe-empty"])
@pytest.mark.parametrize("room", [0, 5])
def test_keyframe(name: str, room: int) -> None:
    said = vector(name)
    frame, packer = keyframe(vehicles(said["input"], room, shuffle=room), stamp(said["header"]))
    assert frame.hex() == said["hex"]
    assert packer.on_road == said["on_road"]
    seen = EncodedFrame.of(frame)
    sequence = said["header"]["sequence"]
    assert (seen.type, seen.sequence, seen.reference) == (frames.KEYFRAME, sequence, sequence)
    assert seen.message.endswith(frame)


def test_delta() -> None:
    said = vector("delta")
    base = vector(said["keyframe"])
    # The same vehicles in the same slots as in the keyframe; who is new has a slot of one that has left.
    before = vehicles(base["input"])
    packer = keyframe(before, stamp(base["header"]))[1]
    slot_of = {id: slot for slot, id in enumerate(base["input"]["id"])}
    order = vehicles(base["input"]).station
    now = Vehicles(np.zeros(len(order), np.uint8), *(np.array(column) for column in _columns(before)))
    free = [int(np.flatnonzero(order == id)[0]) for id in slot_of if id not in said["input"]["id"]]
    for row, id in enumerate(said["input"]["id"]):
        slot = int(np.flatnonzero(order == id)[0]) if id in slot_of else free.pop()
        now.alive[slot], now.station[slot] = 1, id
        for column, key in ((now.x, "x"), (now.y, "y"), (now.heading, "angle"), (now.speed, "speed")):
            column[slot] = said["input"][key][row]
        now.flags[slot] = said["input"]["flags"][row]
    frame = delta(packer, now, stamp(said["header"]))
    assert frame is not None
    assert frame.hex() == said["hex"]
    assert EncodedFrame.of(frame).reference == said["reference"]


def _columns(seen: Vehicles) -> list[Any]:
    return [seen.station, seen.x, seen.y, seen.heading, seen.speed, seen.flags]


def test_charge() -> None:
    said = vector("charge")
    packer = since(said["keyframe"])
    slots = packer.slots
    capacity = np.full(len(slots), 50_000.0)
    charge = np.empty(len(slots))
    charge[slots] = [np.nan if soc is None else soc * 50_000.0 for soc in said["input"]["soc"]]
    capacity[np.isnan(charge)] = np.nan
    assert frames.pack_charge(charge, capacity, packer, stamp(said["header"])).hex() == said["hex"]


@pytest.mark.parametrize("name", ["packets", "packets-empty"])
def test_packets(name: str) -> None:
    said = vector(name)
    rows, arcs = said["rows"], said["arcs"]
    packed = frames.pack_packets(
        PacketRows(
            np.array(rows["sender"], np.int64),
            np.array(rows["x"], np.float64),
            np.array(rows["y"], np.float64),
            np.array(said["input"]["at_vehicles"], np.int32),
            np.array(rows["at_units"], np.int32),
            np.array(rows["kind"], np.uint8),
            np.array([frames.FROM_UNIT * one for one in rows["from_unit"]], np.uint8),
        ),
        ArcRows(
            np.array(arcs["packet"], np.int32),
            np.array(arcs["receiver"], np.int64),
            np.array(
                [
                    unit * frames.AT_UNIT + lost * frames.LOST + (fate << frames.FATE_BIT)
                    for unit, lost, fate in zip(arcs["at_unit"], arcs["lost"], arcs["fate"], strict=True)
                ],
                np.uint8,
            ),
        ),
        said["sent"],
        stamp(said["header"]),
    )
    assert packed.hex() == said["hex"]


def read(
    frame: bytes, before: dict[int, tuple[int, ...]], rows: list[int]
) -> tuple[dict[int, tuple[int, ...]], list[int]]:
    """A plain reader: vehicles by id (x, y, angle, speed, flags) after a frame, and the ids of a keyframe's rows."""
    magic, type, _, _, _, count, _, _ = struct.unpack_from("<IBBHIIdd", frame)
    assert magic == 0x31595357

    def columns(at: int, letters: str, n: int) -> tuple[list[tuple[int, ...]], int]:
        found = []
        for letter in letters:
            found.append(struct.unpack_from(f"<{n}{letter}", frame, at))
            at += struct.calcsize(f"<{n}{letter}")
        return list(zip(*found, strict=True)), at

    if type == 1:
        whole, at = columns(32, "IiiHBB", count)
        assert at == len(frame)
        return {row[0]: row[1:] for row in whole}, [row[0] for row in whole]
    _, full, gone, _ = struct.unpack_from("<IIII", frame, 32)
    moved, at = columns(48, "hhbB", count)
    whole, at = columns(at, "IiiHBB", full)
    left, at = columns(at, "I", gone)
    assert at == len(frame)
    after = dict(before)
    for id, (dx, dy, turn, speed) in zip(rows, moved, strict=False):
        x, y, angle, _, flags = before[id]
        after[id] = (x + dx, y + dy, (angle + turn * 256) % 65536, speed, flags)
    after.update({row[0]: row[1:] for row in whole})
    for (id,) in left:
        del after[id]
    return after, rows


@given(st.data())
def test_a_reader_sees_what_was_packed(data: st.DataObject) -> None:
    """Keyframe, then deltas: every vehicle is where it is, to the last cm, and points there, to one degree."""
    slots = data.draw(st.integers(0, 12))
    seed = data.draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)

    def draw(previous: Vehicles | None) -> Vehicles:
        n = slots
        if previous is None:
            stations = random.permutation(50)[:n].astype(np.int64)
            x, y = random.uniform(-5e4, 5e4, (2, n))
        else:
            stations = np.where(random.random(n) < 0.2, 100 + random.permutation(50)[:n], previous.station)
            far = np.where(random.random(n) < 0.2, 1000.0, 30.0)
            x = previous.x + random.uniform(-1, 1, n) * far
            y = previous.y + random.uniform(-1, 1, n) * far
        flags = random.choice([0, 1, 2, 32, 33], n, p=[0.6, 0.2, 0.1, 0.05, 0.05]).astype(np.uint8)
        alive = (random.random(n) < 0.8).astype(np.uint8)
        return Vehicles(alive, stations, x, y, random.uniform(0, 360, n), random.uniform(0, 80, n), flags)

    first = draw(None)
    frame, packer = keyframe(first, Stamp(1, 0.0, 0.0, False))
    known, rows = read(frame, {}, [])
    check(known, first, half=0.003)
    keys = [(first.flags[s] & 1, first.station[s]) for s in packer.slots]
    assert keys == sorted(keys)
    second = draw(first)
    change = delta(packer, second, Stamp(2, 0.1, 0.1, False))
    if change is not None:
        assert len(change) <= 32 + 16 * int(second.alive.sum())
        check(read(change, known, rows)[0], second, half=0.72)


def check(known: dict[int, tuple[int, ...]], seen: Vehicles, half: float) -> None:
    slots = np.flatnonzero(seen.alive).tolist()
    assert sorted(known) == sorted(seen.station[slots].tolist())
    for slot in slots:
        x, y, angle, speed, flags = known[int(seen.station[slot])]
        assert abs(x / 100 - seen.x[slot]) <= 0.00501
        assert abs(y / 100 - seen.y[slot]) <= 0.00501
        if not flags & frames.OFF_ROAD:  # where a parked car points is told only when it comes to stand there
            assert abs((angle * 360 / 65536 - seen.heading[slot] + 180) % 360 - 180) <= half
            assert abs(speed / 4 - min(seen.speed[slot], 63.75)) <= 0.1251
        assert flags == seen.flags[slot]


def test_no_delta_where_a_keyframe_is_smaller() -> None:
    old = vehicles({"id": [1, 2], "x": [0, 0], "y": [0, 0], "angle": [0, 0], "speed": [0, 0], "flags": [0, 0]})
    packer = keyframe(old, Stamp(1, 0.0, 0.0, False))[1]
    new = vehicles({"id": [7, 8], "x": [0, 0], "y": [0, 0], "angle": [0, 0], "speed": [0, 0], "flags": [0, 0]})
    assert delta(packer, new, Stamp(2, 0.0, 0.0, False)) is None
    empty = vector("delta-empty")
    assert delta(since(empty["keyframe"]), vehicles(empty["input"]), stamp(empty["header"])) is None


def test_a_stale_state_is_noticed() -> None:
    """The check above can fail: a reader without the delta sees vehicles elsewhere."""
    said = vector("delta")
    known, _ = read(bytes.fromhex(vector("keyframe")["hex"]), {}, [])
    with pytest.raises(AssertionError):
        check(known, vehicles(said["input"]), half=0.72)
