"""Writes the test vectors of docs/live.md with nothing but `struct`: `python -m tests.web.vectors.make`.

It shares no code with web/server/frames.py nor with the viewer; both are tested against what it writes. Every file is
a JSON object:

- `about`; `hex`: the whole frame, hexadecimal;
- `header`: magic, type, flags, sequence, count, time [s], wall [s since 1970];
- `error`: instead of all that follows, where a reader must refuse the frame: "magic", "type" or "length";
- `rows`: the columns, decoded (m, degrees, m/s; `soc` is a fraction, null without a battery);
- of a delta also `keyframe` (the vector that it refers to), `reference`, `full`, `gone`, and `state`: all vehicles
  after it, by id; of a charge `keyframe`, `reference` and `ids`; of packets `sent` and `arcs`;
- `input`: what a server packs, in SI units before rounding.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MAGIC = 0x31595357
KEYFRAME, DELTA, CHARGE, PACKETS = 1, 2, 3, 4
PARKED, SEARCHING, GUIDED, BOUND, PLUGGED, BRAKE, LEFT, RIGHT = 1, 1 << 1, 2 << 1, 1 << 3, 2 << 3, 32, 64, 128

Row = tuple[int, int, int, int, int, int]  # id, x cm, y cm, angle/65536, speed in 1/4 m/s, flags

# What is seen, and the row of integers that it must become: worked out by hand.
#    id          x [m]       y [m]     deg      m/s   flags
VEHICLES: list[tuple[tuple[int, float, float, float, float, int], Row]] = [
    ((0, 0.0, 0.0, 0.0, 0.0, 0), (0, 0, 0, 0, 0, 0)),
    ((1, 12.344, -7.896, 90.0, 13.89, 0), (1, 1234, -790, 16384, 56, 0)),
    ((2, 1000.126, 2000.0, 359.9999, 63.75, BRAKE), (2, 100013, 200000, 0, 255, BRAKE)),  # the angle comes round
    ((5, -3.0, 5.0, 180.0, 90.0, LEFT), (5, -300, 500, 32768, 255, LEFT)),  # the speed does not fit
    ((6, 50.0, 50.0, 45.0, 0.12, GUIDED), (6, 5000, 5000, 8192, 0, GUIDED)),
    ((7, 60.0, 60.0, 270.0, 8.3, SEARCHING | RIGHT), (7, 6000, 6000, 49152, 33, SEARCHING | RIGHT)),
    ((70_000, 70.0, 71.0, 10.0, 5.0, BOUND), (70_000, 7000, 7100, 1820, 20, BOUND)),
    ((4_000_000_000, 123456.78, -98765.43, 1.0, 1.0, 0), (4_000_000_000, 12345678, -9876543, 182, 4, 0)),
    ((3, 30.0, 31.0, 90.0, 0.0, PARKED), (3, 3000, 3100, 16384, 0, PARKED)),
    ((4, 40.0, 41.0, 0.0, 0.0, PARKED | PLUGGED), (4, 4000, 4100, 0, 0, PARKED | PLUGGED)),
    ((8, 80.0, 81.0, 350.0, 0.0, PARKED), (8, 8000, 8100, 63716, 0, PARKED)),
]
ROWS = [row for _, row in VEHICLES]
ON_ROAD = 8  # of these

# A second later. id: what is seen, or None for who has left; and what a delta says of it.
LATER: dict[int, tuple[float, float, float, float, int] | None] = {
    0: (0.0, 0.0, 0.0, 0.0, 0),  # stands still: a row of zeros
    1: (12.344, 6.104, 88.0, 14.0, 0),  # dx 0, dy 14.00 m, turn -1.42: -1
    2: (1000.126, 2327.67, 1.0, 62.0, BRAKE),  # dy 327.67 m: the largest that fits
    5: (-3.0, 5.0 + 327.68, 180.0, 13.0, LEFT),  # does not fit: full
    6: (50.0, 50.0, 45.0, 0.0, PARKED),  # has parked, flags differ: full
    7: None,
    70_000: (70.0 - 327.68, 71.0 - 0.004, 190.0, 5.0, BOUND),  # dx -327.68 m: the smallest; half a turn: -128
    4_000_000_000: (123456.78, -98760.43, 359.0, 70.0, 0),  # turns left by 2 degrees; the speed does not fit
    3: (30.0, 31.0, 90.0, 0.0, PARKED),
    4: (40.5, 41.0, 0.0, 1.0, 0),  # sets out: full
    8: None,
    9: (90.0, 91.0, 123.0, 12.0, 0),  # new
}
#            dx     dy   turn speed
DELTA_ROWS = [
    (0, 0, 0, 0),
    (0, 1400, -1, 56),
    (0, 32767, 1, 248),
    (0, 0, 0, 0),
    (0, 0, 0, 0),
    (0, 0, 0, 0),
    (-32768, 0, -128, 20),
    (0, 500, -1, 255),
]
FULL: list[Row] = [
    (4, 4050, 4100, 0, 4, 0),
    (5, -300, 33268, 32768, 52, LEFT),
    (6, 5000, 5000, 8192, 0, PARKED),
    (9, 9000, 9100, 22391, 48, 0),
]
GONE = [7, 8]
STATE_AFTER: list[Row] = [
    (0, 0, 0, 0, 0, 0),
    (1, 1234, 610, 16384 - 256, 56, 0),
    (2, 100013, 232767, 256, 248, BRAKE),
    (3, 3000, 3100, 16384, 0, PARKED),
    *FULL[:3],
    FULL[3],
    (70_000, 7000 - 32768, 7100, (1820 - 32768) % 65536, 20, BOUND),
    (4_000_000_000, 12345678, -9876043, (182 - 256) % 65536, 255, 0),
]


def header(type: int, flags: int, sequence: int, count: int, time: float, wall: float) -> bytes:
    """The 32 bytes before every frame."""
    return struct.pack("<IBBHIIdd", MAGIC, type, flags, 0, sequence, count, time, wall)


def told(type: int, flags: int, sequence: int, count: int, time: float, wall: float) -> dict[str, Any]:
    """The same, named."""
    return {
        "magic": MAGIC,
        "type": type,
        "flags": flags,
        "sequence": sequence,
        "count": count,
        "time": time,
        "wall": wall,
    }


def columns(format: str, rows: list[Any]) -> bytes:
    """Rows, column by column: one letter of `format` each."""
    return b"".join(struct.pack(f"<{len(rows)}{code}", *(row[n] for row in rows)) for n, code in enumerate(format))


def decoded(rows: list[Row]) -> dict[str, list[Any]]:
    """Vehicle rows in m, degrees and m/s."""
    return {
        "id": [row[0] for row in rows],
        "x": [row[1] / 100 for row in rows],
        "y": [row[2] / 100 for row in rows],
        "angle": [row[3] * 360 / 65536 for row in rows],
        "speed": [row[4] / 4 for row in rows],
        "flags": [row[5] for row in rows],
    }


def seen(vehicles: list[tuple[int, float, float, float, float, int]]) -> dict[str, list[Any]]:
    """Vehicles before rounding."""
    return {
        name: [vehicle[n] for vehicle in vehicles] for n, name in enumerate(("id", "x", "y", "angle", "speed", "flags"))
    }


def keyframes() -> dict[str, dict[str, Any]]:
    """A keyframe with all that can stand in one, and one without vehicles."""
    head = (KEYFRAME, 0, 7, len(ROWS), 3600.5, 1_700_000_000.25)
    none = (KEYFRAME, 1, 0, 0, 0.0, 1_700_000_000.0)
    return {
        "keyframe": {
            "about": "eight vehicles on the road, three parked; angle and speed at their limits",
            "hex": (header(*head) + columns("IiiHBB", ROWS)).hex(),
            "header": told(*head),
            "rows": decoded(ROWS),
            "on_road": ON_ROAD,
            "input": seen([vehicle for vehicle, _ in VEHICLES]),
        },
        "keyframe-empty": {
            "about": "a paused run without vehicles",
            "hex": header(*none).hex(),
            "header": told(*none),
            "rows": decoded([]),
            "on_road": 0,
            "input": seen([]),
        },
    }


def deltas() -> dict[str, dict[str, Any]]:
    """A delta with all that can stand in one, and one in which nothing is said."""
    head = (DELTA, 0, 9, ON_ROAD, 3601.5, 1_700_000_001.25)
    none = (DELTA, 1, 1, 0, 0.0, 1_700_000_001.0)
    after = sorted((id, *what) for id, what in LATER.items() if what is not None)
    after.sort(key=lambda vehicle: vehicle[5] & PARKED)  # as a keyframe has them
    return {
        "delta": {
            "about": "rows of zeros, the largest and smallest change, half a turn, new, parked, set out and gone",
            "hex": (
                header(*head)
                + struct.pack("<IIII", 7, len(FULL), len(GONE), 0)
                + columns("hhbB", DELTA_ROWS)
                + columns("IiiHBB", FULL)
                + struct.pack(f"<{len(GONE)}I", *GONE)
            ).hex(),
            "header": told(*head),
            "keyframe": "keyframe",
            "reference": 7,
            "rows": {
                "dx": [row[0] / 100 for row in DELTA_ROWS],
                "dy": [row[1] / 100 for row in DELTA_ROWS],
                "turn": [row[2] * 360 / 256 for row in DELTA_ROWS],
                "speed": [row[3] / 4 for row in DELTA_ROWS],
            },
            "full": decoded(FULL),
            "gone": GONE,
            "state": decoded(STATE_AFTER),
            "input": seen(after),
        },
        "delta-empty": {
            "about": "no rows, nothing new, nothing gone",
            "hex": (header(*none) + struct.pack("<IIII", 0, 0, 0, 0)).hex(),
            "header": told(*none),
            "keyframe": "keyframe-empty",
            "reference": 0,
            "rows": {"dx": [], "dy": [], "turn": [], "speed": []},
            "full": decoded([]),
            "gone": [],
            "state": decoded([]),
            "input": seen([]),
        },
    }


def charges() -> dict[str, dict[str, Any]]:
    """States of charge: none, empty, full, above full, and between."""
    head = (CHARGE, 0, 8, len(ROWS), 3600.5, 1_700_000_000.75)
    soc = [None, 0.0, 1.0, 1.02, 0.5, 0.333, None, 0.001, 0.003, 0.9981, 0.249]
    wire = [255, 0, 250, 250, 125, 83, 255, 0, 1, 250, 62]
    return {
        "charge": {
            "about": "states of charge of all rows of the keyframe; null: no battery",
            "hex": (header(*head) + struct.pack("<II", 7, 0) + bytes(wire)).hex(),
            "header": told(*head),
            "keyframe": "keyframe",
            "reference": 7,
            "ids": [row[0] for row in ROWS],
            "rows": {"soc": [None if value == 255 else value / 250 for value in wire]},
            "input": {"soc": soc},
        }
    }


def packets() -> dict[str, dict[str, Any]]:
    """Packets with arcs, lost ones too, and a frame in which nothing was sent."""
    head = (PACKETS, 0, 10, 3, 3600.5, 1_700_000_000.8)
    none = (PACKETS, 1, 11, 0, 3600.6, 1_700_000_000.9)
    #         sender          x cm   y cm  vehicles units kind flags
    sent = [
        (12, 10000, -20050, 65535, 3, 2, 1),  # more than 65535 heard it
        (4_000_000_000, 123, 456, 0, 1, 4, 0),
        (1, -1234, 790, 17, 2, 0, 0),
    ]
    # Packet, receiver, flags: received; lost without a reason; lost by collision, propagation, a busy receiver.
    arcs = [
        (0, 1, 0),
        (0, 5, 2),
        (0, 6, 2 | 5 << 2),
        (1, 12, 1),
        (2, 12, 1),
        (2, 13, 3 | 4 << 2),
        (2, 70_000, 2 | 3 << 2),
    ]
    return {
        "packets": {
            "about": "a broadcast of a unit (two arcs lost), a unicast to a unit, a CAM (two arcs lost)",
            "hex": (
                header(*head) + struct.pack("<II", len(arcs), 4711) + columns("IiiHHBB", sent) + columns("HIB", arcs)
            ).hex(),
            "header": told(*head),
            "sent": 4711,
            "rows": {
                "sender": [row[0] for row in sent],
                "x": [row[1] / 100 for row in sent],
                "y": [row[2] / 100 for row in sent],
                "at_vehicles": [row[3] for row in sent],
                "at_units": [row[4] for row in sent],
                "kind": [row[5] for row in sent],
                "from_unit": [bool(row[6] & 1) for row in sent],
            },
            "arcs": {
                "packet": [arc[0] for arc in arcs],
                "receiver": [arc[1] for arc in arcs],
                "at_unit": [bool(arc[2] & 1) for arc in arcs],
                "lost": [bool(arc[2] & 2) for arc in arcs],
                "fate": [arc[2] >> 2 for arc in arcs],
            },
            "input": {"at_vehicles": [100_000, 0, 17]},
        },
        "packets-empty": {
            "about": "nothing was sent",
            "hex": (header(*none) + struct.pack("<II", 0, 0)).hex(),
            "header": told(*none),
            "sent": 0,
            "rows": {name: [] for name in ("sender", "x", "y", "at_vehicles", "at_units", "kind", "from_unit")},
            "arcs": {name: [] for name in ("packet", "receiver", "at_unit", "lost", "fate")},
            "input": {"at_vehicles": []},
        },
    }


def broken(whole: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Frames that a reader must refuse."""
    frames = {name: bytes.fromhex(vector["hex"]) for name, vector in whole.items()}
    keyframe = frames["keyframe"]
    huge = bytearray(keyframe)
    struct.pack_into("<I", huge, 12, 0xFFFFFFFF)
    cases = {
        "bad-magic": ("another magic number", b"WSY2" + keyframe[4:], "magic"),
        "bad-type": ("a type that there is not", keyframe[:4] + b"\x09" + keyframe[5:], "type"),
        "bad-empty": ("no bytes at all", b"", "length"),
        "bad-header": ("ends within the header", keyframe[:31], "length"),
        "bad-count": ("counts more rows than any frame could hold", bytes(huge), "length"),
        "bad-longer": ("a byte too many", keyframe + b"\0", "length"),
        **{
            f"bad-{name}-truncated": ("the last byte is missing", frames[name][:-1], "length")
            for name in ("keyframe", "delta", "charge", "packets")
        },
    }
    return {name: {"about": about, "hex": frame.hex(), "error": error} for name, (about, frame, error) in cases.items()}


def vectors() -> dict[str, dict[str, Any]]:
    """All of them, by name."""
    whole = keyframes() | deltas() | charges() | packets()
    return whole | broken(whole)


def text(vector: dict[str, Any]) -> str:
    """A vector's file."""
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in vector.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for name, vector in vectors().items():
        (HERE / f"{name}.json").write_text(text(vector), "utf-8")
