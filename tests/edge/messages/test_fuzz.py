"""Whatever comes in, only our error comes out: through Python, and in C++ under AddressSanitizer (fuzz.py)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.edge.messages import fuzz
from tests.edge.messages.batches import SHAPES
from tests.edge.messages.values import random_value
from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages.catalogue import MODULES, message


def mutated(octets: bytes, random: Random) -> bytes:
    """Cut off, lengthened, with bits flipped or octets replaced; or noise."""
    packet = bytearray(octets)
    kind = random.randrange(6)
    if kind == 0:
        return random.randbytes(random.randrange(120))
    if kind == 1:
        return bytes(packet[: random.randrange(len(packet) + 1)])
    if kind == 2:
        packet += random.randbytes(random.randrange(20))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(packet))
        packet[at] = random.choice((0xFF, 0xC4, 0x80)) if kind == 3 else packet[at] ^ 1 << random.randrange(8)
    return bytes(packet)


@pytest.mark.parametrize("name", MODULES)
def test_mutated_packets(name: str) -> None:
    """What is decoded is a value: it can be encoded, and comes back."""
    ours, random = message(name), Random(1)
    valid = [ours.encode(random_value(ours.type, random)) for _ in range(40)]
    refused: list[str] = []
    decoded = 0
    for _ in range(1500):
        packet = mutated(random.choice(valid), random)
        try:
            value = ours.decode(packet)
        except DecodeError as error:
            refused.append(str(error))
            continue
        decoded += 1
        try:
            octets = ours.encode(value)
        except EncodeError as error:
            # Sizes beyond what this edition's extensions allow are let in, and not sent.
            refused.append(str(error))
            continue
        assert ours.encode(ours.decode(octets)) == octets
    assert all(said.startswith(f"{name}: ") and "\n" not in said for said in refused)
    assert len(refused) > 100
    assert decoded > 30


def test_under_the_address_sanitizer() -> None:
    said = fuzz.run(4000)
    *rows, total = said.split("\n")[:-1]
    assert [row.split()[0] for row in rows] == [*MODULES, *SHAPES]
    for row in rows:
        _, decoded, refused, _ = row.split()
        assert int(decoded) > 50
        assert int(refused) > 500
    assert total.split()[1] == str(4000 * (len(MODULES) + len(SHAPES)))
    assert int(total.split()[2]) < 500_000  # kB at most, with the sanitizer's own


def test_a_read_beyond_the_end_is_found(tmp_path: Path) -> None:
    """A planted error: a reader that does not look where its data ends."""
    for header in (fuzz.ROOT / "ext").glob("uper*.hpp"):
        shutil.copy(header, tmp_path)
    planted = (tmp_path / "uper_bits.hpp").read_text("utf-8")
    checked = "if (byte + 8 <= octets) {"
    assert checked in planted
    (tmp_path / "uper_bits.hpp").write_text(planted.replace(checked, "if (true) {"), "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        fuzz.run(2000, names=["CAM"], header=tmp_path)
