"""How many messages a second one core encodes and decodes, beside pycrate and asn1tools.

Single messages go from and to Python values; batches from and to arrays, by the shapes of a tick. asn1tools is given
the types as text that is printed from our tables; pycrate has CPM and the Chinese messages not. Both are in the extra
`test`. All is CPU time, the libraries in turn; the median counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks import measure, wire_tick
from benchmarks.measure import Result
from benchmarks.wire_messages import all_messages
from wayside.edge.messages import asn1, shapes
from wayside.edge.messages import schema as s
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns

OURS, PYCRATE, ASN1TOOLS = "wayside", "pycrate", "asn1tools"
# Message -> pycrate's module, class and type.
_PYCRATES = {
    "CAM": ("ITS_CAM_2", "CAM_PDU_Descriptions", "CAM"),
    "DENM": ("ITS_DENM_3", "DENM_PDU_Descriptions", "DENM"),
    "SPATEM": ("ITS_IS", "SPATEM_PDU_Descriptions", "SPATEM"),
    "MAPEM": ("ITS_IS", "MAPEM_PDU_Descriptions", "MAPEM"),
}
_BATCH, _SMALL_BATCH = 100_000, 5_000  # messages


@dataclass(frozen=True)
class Task:
    """How long to measure."""

    seconds: float  # of each measurement
    repeats: int
    batch: int


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--repeats", type=int, help="rounds; the median counts (default 5, small 1)")


def run(options: argparse.Namespace) -> Result:
    """In a child of its own, on one core."""
    task = Task(0.02 if options.small else 0.3, options.repeats or (1 if options.small else 5), _BATCH)
    if options.small:
        task = Task(task.seconds, task.repeats, _SMALL_BATCH)
    measure.say("wire: single messages and batches, on one core")
    result, _ = measure.run_module("benchmarks.wire", asdict(task), measure.cores(1))
    return {"repeats": task.repeats, **result}


def show(result: Result) -> None:
    """One table for single messages, one for batches, one for the awareness messages of a tick."""
    libraries = (OURS, PYCRATE, ASN1TOOLS)
    for what in ("encode", "decode"):
        rows = []
        for row in result["messages"]:
            ours = row[OURS][what]
            rates = ["-" if row[name] is None else f"{row[name][what] / 1e3:,.1f}" for name in libraries]
            others = [row[name][what] for name in libraries[1:] if row[name]]
            times = f"{ours / max(others):.0f}" if others else "-"
            rows.append((row["message"], str(row["octets"]), *rates, times))
        columns = ("", "octets", *(f"{name}, k/s" for name in libraries), "times the faster")
        notes = [f"not installed, so not measured: {name} (extra `test`)" for name in result["missing"]]
        measure.show(f"\n{what}: single messages", columns, rows, notes)
    measure.show(
        "\nbatches, to and from arrays",
        ("", "octets", "encode, M/s", "decode, M/s"),
        [
            (b["message"], f"{b['octets']:.1f}", f"{b['encode'] / 1e6:.1f}", f"{b['decode'] / 1e6:.1f}")
            for b in result["batches"]
        ],
    )
    wire_tick.show(result["ticks"])


def rate(work: Callable[[], object], seconds: float, count: int = 1) -> float:
    """How many a second of CPU time: `count` are done by each call."""
    calls = 1
    while True:
        began = time.process_time()
        for _ in range(calls):
            work()
        spent = time.process_time() - began
        if spent >= seconds:
            return count * calls / spent
        calls = max(2 * calls, int(calls * 1.2 * seconds / max(spent, 1e-6)) if spent > seconds / 50 else 0)


def _measured(task: Task) -> Result:
    missing = [
        name for name, module in ((PYCRATE, "pycrate_asn1rt"), (ASN1TOOLS, "asn1tools")) if not find_spec(module)
    ]
    rows = []
    for label, (name, value) in all_messages().items():
        ours = message(name)
        octets = ours.encode(value)
        ways: dict[str, tuple[Callable[[], object], Callable[[], object]] | None] = {
            OURS: (partial(ours.encode, value), partial(ours.decode, octets)),
            PYCRATE: None if PYCRATE in missing or name not in _PYCRATES else _pycrate(name, value, octets),
            ASN1TOOLS: None if ASN1TOOLS in missing else _asn1tools(name, value, octets),
        }
        rows.append({"message": label, "octets": len(octets), **_in_turn(ways, task)})
    batches = [_batch(task, *of) for of in _batches(task.batch)]
    ticks = wire_tick.measured(partial(rate, seconds=task.seconds), task.repeats)
    return {"messages": rows, "missing": missing, "batches": batches, "ticks": ticks}


def _in_turn(
    ways: dict[str, tuple[Callable[[], object], Callable[[], object]] | None], task: Task
) -> dict[str, dict[str, float] | None]:
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(task.repeats):
        for name, way in ways.items():
            if way:
                runs[name].append((rate(way[0], task.seconds), rate(way[1], task.seconds)))
    return {
        name: {
            "encode": statistics.median(encode for encode, _ in found),
            "decode": statistics.median(decode for _, decode in found),
        }
        if found
        else None
        for name, found in runs.items()
    }


def _pycrate(name: str, value: Any, octets: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    module, descriptions, type = _PYCRATES[name]
    theirs = getattr(getattr(importlib.import_module(f"pycrate_asn1dir.{module}"), descriptions), type)

    def encode() -> bytes:
        theirs.set_val(value)
        made: bytes = theirs.to_uper()
        return made

    def decode() -> Any:
        theirs.from_uper(octets)
        return theirs.get_val()

    assert encode() == octets
    return encode, decode


def _asn1tools(name: str, value: Any, octets: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    ours = message(name)
    theirs = importlib.import_module("asn1tools").compile_string(asn1.module(ours), "uper")
    type = name.replace("_", "-")
    opened: list[tuple[str, Any, bytes]] = []  # open types it knows as octets: what is in them counts as well
    plain = _plain(theirs, ours.type, value, opened)
    assert theirs.encode(type, plain) == octets

    def encode() -> object:
        for inside, inner, _ in opened:
            theirs.encode(inside, inner)
        return theirs.encode(type, plain)

    def decode() -> object:
        for inside, _, inner in opened:
            theirs.decode(inside, inner)
        return theirs.decode(type, octets)

    return encode, decode


def _plain(theirs: Any, member: s.Member, value: Any, opened: list[tuple[str, Any, bytes]]) -> Any:
    """A value in asn1tools' form: bits as octets, an open type encoded already, and told in `opened`."""
    type = s.resolved(member)
    if isinstance(type, s.Sequence):
        members, found, last = dict(type.all()), {}, None
        for name, inner in value.items():
            of = s.resolved(members[name])
            if isinstance(of, s.OpenType):
                inside = s.resolved(of.types[last])  # type: ignore[index]
                type_name, plain = asn1.names()[id(inside)], _plain(theirs, inside, inner, opened)
                found[name] = theirs.encode(type_name, plain)
                opened.append((type_name, plain, found[name]))
            else:
                found[name] = last = _plain(theirs, of, inner, opened)
        return found
    if isinstance(type, s.SequenceOf):
        return [_plain(theirs, type.element, element, opened) for element in value]
    if isinstance(type, s.Choice):
        return (value[0], _plain(theirs, type.alternatives[value[0]], value[1], opened))
    if isinstance(type, s.BitString):
        return ((value[0] << (-value[1] % 8)).to_bytes((value[1] + 7) // 8, "big"), value[1])
    return value


def _batches(n: int) -> list[tuple[str, Columns, dict[str, Any]]]:
    random = np.random.default_rng(1)
    station = random.integers(0, 2**32, n)
    latitude, longitude = random.uniform(31.0, 31.1, n), random.uniform(121.8, 121.9, n)
    heading, speed = random.uniform(0, 360, n), random.uniform(0, 30, n)
    cams = shapes.cam_columns(station, 54321, 5, latitude, longitude, heading, speed, 4.5, 1.8, 0.1)
    low = shapes.cam_columns(
        station, 54321, 5, latitude, longitude, heading, speed, 4.5, 1.8, 0.1, np.arange(n) % 5 == 0
    )
    bsms = shapes.bsm_columns(station, np.arange(n), 31_500, 10, latitude, longitude, heading, speed, 4.5, 1.8, 0.1)
    ones = np.ones(n, np.int64)
    denms = dict.fromkeys(shapes.denm().names, ones) | {"validity": 60 * ones, "kind": 15 * ones}
    groups = np.ones(8 * n, np.int64)
    spatems = dict.fromkeys(shapes.spatem().names, ones) | {"groups": 8 * ones}
    spatems |= dict.fromkeys(("group", "events", "state", "earliest", "likely", "bounded", "latest"), groups)
    return [
        ("CAM", shapes.cam(), cams),
        ("CAM, every fifth with low frequency container", shapes.cam(), low),
        ("BSM", shapes.bsm(), bsms),
        ("DENM", shapes.denm(), denms),
        ("SPATEM, 8 groups", shapes.spatem(), spatems),
    ]


def _batch(task: Task, name: str, shape: Columns, columns: dict[str, Any]) -> Result:
    buffer, offsets = shape.encode_batch(columns)
    n = len(offsets) - 1
    assert shape.decode_batch(buffer, offsets)[1].all()
    pairs = [
        (
            rate(lambda: shape.encode_batch(columns), task.seconds, n),
            rate(lambda: shape.decode_batch(buffer, offsets), task.seconds, n),
        )
        for _ in range(task.repeats)
    ]
    return {
        "message": name,
        "octets": len(buffer) / n,
        "encode": statistics.median(encode for encode, _ in pairs),
        "decode": statistics.median(decode for _, decode in pairs),
    }


if __name__ == "__main__":
    print(json.dumps(_measured(Task(**json.loads(sys.argv[1])))))
