"""The awareness messages of one tick: from the fleet's columns to octets, and back to what local dynamic maps take.

Beside it the plain way, by NumPy and PROJ on the same columns. CPU time of one tick, the median counts.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import measure
from benchmarks.measure import Result
from wayside.edge.messages import shapes
from wayside.edge.messages.stations import StationType, VehicleRole
from wayside.sim.wire.awareness import Awareness
from wayside.sim.world.geo import Projection

_MESSAGES, _VEHICLES = 200, 1000
_DRIVEN = 150  # ticks before, so that there are paths to tell
_TIME = 700_000_123_456
# Of Bologna; what it costs depends on the net's size alone.
_NET = Projection("+proj=utm +zone=32 +datum=WGS84 +units=m", (-683542.41, -4928877.56), (0.0, 0.0, 1817.58, 1350.19))


def measured(rate: Callable[[Callable[[], object]], float], repeats: int) -> list[Result]:
    """Rows of microseconds a tick; `rate` tells how often a second something can be done."""
    random = np.random.default_rng(1)
    columns: dict[str, Any] = {
        "x": random.uniform(0.0, 1800.0, _VEHICLES),
        "y": random.uniform(0.0, 1300.0, _VEHICLES),
        "z": np.zeros(_VEHICLES),
        "speed": random.uniform(0.0, 20.0, _VEHICLES),
        "heading": random.uniform(0.0, 360.0, _VEHICLES),
        "acceleration": random.uniform(-3.0, 3.0, _VEHICLES),
        "yaw_rate": random.normal(0.0, 3.0, _VEHICLES),
        "curvature": random.normal(0.0, 0.005, _VEHICLES),
        "length": random.uniform(3.0, 15.0, _VEHICLES),
        "width": random.uniform(1.6, 2.5, _VEHICLES),
        "station": random.integers(1, 2**32, _VEHICLES),
        "kind": random.choice(
            [StationType.PASSENGER] * 30 + [StationType.BUS, StationType.HEAVY_TRUCK], _VEHICLES
        ).astype(np.uint8),
    }
    senders = np.sort(random.choice(_VEHICLES, _MESSAGES, replace=False)).astype(np.int32)
    low = (random.random(_MESSAGES) < 0.4).astype(np.uint8)
    which = np.arange(_MESSAGES, dtype=np.int32)
    rows: list[Result] = []
    for label, family, paths in (("CAM", "etsi", False), ("CAM, 10 path points", "etsi", True), ("BSM", "csae", False)):
        ours = Awareness(family, _NET, paths)
        ours.bind(**columns)
        x = columns["x"].copy()
        for tick in range(-_DRIVEN, 1):
            columns["x"][:] = x + 2.0 * tick
            buffer, offsets = ours.encode(senders, low, _TIME + 100 * tick)
        buffer, offsets = buffer.copy(), offsets.copy()
        ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "wayside": (lambda: ours.encode(senders, low, _TIME), lambda: ours.decode(buffer, offsets, which))  # noqa: B023
        }
        if label == "CAM":
            ways["plain"] = (lambda: _plain(columns, senders, low), lambda: _heard(buffer, offsets))  # noqa: B023
        times: Result = {"message": label, "messages": _MESSAGES, "octets": len(buffer) / _MESSAGES}
        for name, way in ways.items():
            found = [[1e6 / rate(work) for work in way] for _ in range(repeats)]
            times[name] = dict(zip(("encode", "decode"), map(statistics.median, zip(*found, strict=True)), strict=True))
        rows.append(times)
    return rows


def show(rows: list[Result]) -> None:
    """One table."""
    measure.show(
        "\none tick: columns to octets and back, µs of CPU time",
        ("", "messages", "octets", "encode", "decode", "both, ns a message", "plain encode", "plain decode"),
        [
            (
                row["message"],
                str(row["messages"]),
                f"{row['octets']:.1f}",
                f"{row['wayside']['encode']:.1f}",
                f"{row['wayside']['decode']:.1f}",
                f"{sum(row['wayside'].values()) / row['messages'] * 1e3:.0f}",
                *(f"{row['plain'][what]:.1f}" if "plain" in row else "-" for what in ("encode", "decode")),
            )
            for row in rows
        ],
    )


def _plain(columns: dict[str, Any], senders: np.ndarray, low: np.ndarray) -> object:
    x, y = columns["x"][senders], columns["y"][senders]
    latitude, longitude = _NET.degrees(x, y)
    said = {name: columns[name][senders] for name in ("station", "kind", "speed", "length", "width", "acceleration")}
    heading = columns["heading"][senders] + _NET.convergence(x, y)
    role = np.where(said["kind"] == StationType.BUS, VehicleRole.PUBLIC_TRANSPORT, 0)
    return shapes.cam().encode_batch(
        shapes.cam_columns(
            time=_TIME, latitude=latitude, longitude=longitude, heading=heading, low=low, role=role, **said
        )
    )


def _heard(buffer: np.ndarray, offsets: np.ndarray) -> object:
    found, _ = shapes.cam().decode_batch(buffer, offsets)
    said = shapes.cam_quantities(found)
    x, y = _NET.metres(said["latitude"], said["longitude"])
    heading = (said["heading"] - _NET.convergence(x, y)) % 360.0
    return np.stack((x, y, said["speed"], heading, said["length"], found["station"]), axis=1)
