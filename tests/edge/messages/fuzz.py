"""Mutated and random packets into the decoder under AddressSanitizer: `python -m tests.edge.messages.fuzz [PACKETS]`.

PACKETS (default 1,000,000) go to each message. The decoder is the one of the package, in C++ and with columns bound to
many fields; `test_fuzz.py` does the same through Python, with fewer.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.edge.messages import golden
from tests.edge.messages.batches import SHAPES, random_columns
from tests.edge.messages.values import random_value
from wayside.edge.messages import schema as s
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.program import Message

ROOT = Path(__file__).parents[3]
FLAGS = ["-std=c++17", "-O1", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"]
COLUMNS, LISTS = 60, 16


def compiler() -> str:
    """The C++ compiler that the extensions are built with too."""
    found = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    assert found, "no C++ compiler"
    return found


def build(folder: Path, header: Path = ROOT / "ext") -> Path:
    """The fuzzer, compiled."""
    target = folder / "fuzz"
    source = Path(__file__).with_name("fuzz.cpp")
    command = [compiler(), *FLAGS, "-fsanitize=address,undefined", f"-I{header}", str(source), "-o", str(target)]
    subprocess.run(command, check=True)
    return target


def paths(member: s.Member, depth: int = 0) -> Iterator[str]:
    """Fields that columns can be bound to, not too far down."""
    type = s.resolved(member)
    if depth > 7:
        return
    match type:
        case s.Sequence():
            for name, inner in type.all():
                yield from (f".{name}{path}" for path in paths(inner, depth + 1))
        case s.Choice():
            for name, inner in type.alternatives.items():
                yield from (f".{name}{path}" for path in paths(inner, depth + 1))
        case s.SequenceOf():
            yield "#"
            yield from (f"[]{path}" for path in paths(type.element, depth + 1))
        case s.OpenType():
            return
        case _:
            yield ""


def corpus(names: list[str], target: Path) -> None:
    """Programs, plans, the lists and the fills of their columns, and valid packets."""
    random = Random(1)
    with target.open("wb") as out:
        for name in names:
            ours = message(name)
            shape = shape_of(ours, random)
            words, fills = shape._reader
            packets = [ours.encode(value) for value in golden.drawn(ours, 200, seed=3)]
            packets += [ours.encode(random_value(ours.type, random)) for _ in range(100)]
            _write(out, name.encode(), 1)
            _write(out, words.tobytes(), 8)
            _write(out, b"", 8)
            _write(out, shape._list_of.tobytes(), 8)
            _write(out, fills.tobytes(), 8)
            _write(out, bytes(8 * len(packets)), 8)
            for packet in packets:
                _write(out, packet, 1)
        for name, shape in SHAPES.items():
            words, fills = shape()._reader
            buffer, offsets = shape().encode_batch(random_columns(shape(), 200, random))
            _write(out, name.encode(), 1)
            _write(out, words.tobytes(), 8)
            _write(out, shape()._form.tobytes(), 8)
            _write(out, shape()._list_of.tobytes(), 8)
            _write(out, fills.tobytes(), 8)
            _write(out, bytes(8 * 200), 8)
            for k in range(200):
                _write(out, buffer[offsets[k] : offsets[k + 1]].tobytes(), 1)


def shape_of(ours: Message, random: Random) -> Columns:
    """Columns of many fields, of not more lists than there may be."""
    found = list(paths(ours.type))
    random.shuffle(found)
    chosen: list[str] = []
    lists: set[str] = set()
    for path in found:
        of = {path[:at] for at in range(len(path)) if path.startswith("[]", at)} | (
            {path[:-1]} if path[-1:] == "#" else set()
        )
        if len(chosen) < COLUMNS and len(lists | of) <= LISTS:
            chosen.append(path.lstrip("."))
            lists |= of
    return Columns(ours, None, {path: str(k) for k, path in enumerate(chosen)})


def _write(out: object, data: bytes, size: int) -> None:
    out.write(struct.pack("q", len(data) // size) + data)  # type: ignore[attr-defined]


def run(packets: int, seed: int = 1, names: list[str] | None = None, header: Path = ROOT / "ext") -> str:
    """What the fuzzer printed. Raises CalledProcessError with the sanitizer's report on the terminal where it fails."""
    with TemporaryDirectory(prefix="wayside-fuzz-") as temporary:
        folder = Path(temporary)
        corpus(names or list(MODULES), folder / "corpus")
        command = [str(build(folder, header)), str(folder / "corpus"), str(packets), str(seed)]
        options = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=8"}  # what is freed is soon forgotten
        return subprocess.run(command, check=True, env=options, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
