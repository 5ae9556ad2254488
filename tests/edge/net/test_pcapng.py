"""pcapng files: those that Wireshark's own tools write, and what they cannot be made to write."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.edge.net.test_pcap import BUFFER, FRAMES, OFFSETS, TIMES
from wayside.edge.errors import DecodeError
from wayside.edge.net import pcap


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<", major: int = 1) -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1), order)


def interface(link: int = 1, options: bytes = b"", order: str = "<", snapped: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snapped) + options, order)


def packet(data: bytes, ticks: int, which: int = 0, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", which, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def read(path: Path, *blocks: bytes) -> list[tuple[int | None, int, bytes]]:
    path.write_bytes(b"".join(blocks))
    return list(pcap.packets(path))


def test_what_editcap_makes_of_a_pcap(tmp_path: Path) -> None:
    with pcap.Writer(tmp_path / "a.pcap") as writer:
        writer.write(BUFFER, OFFSETS, TIMES)
    subprocess.run(["editcap", "-F", "pcapng", tmp_path / "a.pcap", tmp_path / "a.pcapng"], check=True)
    assert (tmp_path / "a.pcapng").read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    expected = [(time, 1, frame) for time, frame in zip(TIMES.tolist(), FRAMES, strict=True)]
    assert list(pcap.packets(tmp_path / "a.pcapng")) == expected


@pytest.mark.parametrize("order", "<>")
def test_resolutions_interfaces_and_sections(order: str, tmp_path: Path) -> None:
    milli = struct.pack(order + "HHB3x", 9, 1, 3)
    halves = struct.pack(order + "HHB3x", 9, 1, 0x81) + struct.pack(order + "HHq", 14, 8, 100) + bytes(4)
    found = read(
        tmp_path / "x",
        section(order),
        interface(1, milli, order),
        interface(105, halves, order),
        block(5, b"statistics", order),
        packet(b"abc", 1500, 0, order),
        packet(b"d", 3, 1, order),
        block(2, struct.pack(order + "HHIIII", 0, 0, 0, 2000, 2, 2) + b"ef", order),
        block(3, struct.pack(order + "I", 1) + b"g", order),
        section(order),
        interface(127, b"", order),
        packet(b"h", 7, 0, order),
    )
    second = 1_000_000_000
    assert found == [
        (1_500_000_000, 1, b"abc"),
        (101 * second + second // 2, 105, b"d"),
        (2 * second, 1, b"ef"),
        (None, 1, b"g"),
        (7000, 127, b"h"),
    ]


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ([section()[:6]], "after packet 0: the file ends within a block's header"),
        ([section(major=2)], "after packet 0: pcapng version = 2.0: must be 1.0"),
        ([section(), interface()[:-2]], "after packet 0: the file ends after 10 of the 12 octets of a block"),
        ([section(), interface()[:-1] + b"\1"], "after packet 0: a block's two lengths differ"),
        ([section(), b"\1\0\0\0\7\0\0\0"], "after packet 0: length of a block = 7: must be 12..16777216"),
        ([section(), packet(b"abc", 1)], "packet 1: interface = 0: must be 0..-1, as described before"),
        ([section(), interface(), packet(b"a", 1), packet(b"a", 1, 1)], "packet 2: interface = 1: must be 0..0"),
        ([section(), interface(), block(6, bytes(8))], "packet 1: its block ends after 8 octets: must have 20"),
        (
            [section(), interface(), block(6, struct.pack("<IIIII", 0, 0, 0, 9, 9) + b"abcd")],
            "packet 1: captured length = 9: must be 0..4",
        ),
    ],
)
def test_broken_files(blocks: list[bytes], told: str, tmp_path: Path) -> None:
    with pytest.raises(DecodeError) as refused:
        read(tmp_path / "a.pcapng", *blocks)
    assert str(refused.value).startswith(f"{tmp_path / 'a.pcapng'}: {told}")


def test_mutations_are_told_and_never_raised(tmp_path: Path) -> None:
    random, told = Random(1), 0
    packets = [packet(frame, ticks) for ticks, frame in enumerate(FRAMES)]
    whole = b"".join((section(), interface(options=struct.pack("<HHB3x", 9, 1, 9)), *packets))
    for _ in range(500):
        octets = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            octets[random.randrange(4, len(octets))] = random.randrange(256)
        (tmp_path / "x").write_bytes(octets[: random.randint(4, 2 * len(octets))])
        try:
            list(pcap.packets(tmp_path / "x"))
        except DecodeError:
            told += 1
    assert 100 < told < 500
