"""Captures: what is written is read, by us and by tshark; broken files are one clear line."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.edge.net import tshark
from wayside.edge.errors import DecodeError, EncodeError, OutputError
from wayside.edge.net import pcap

FRAMES = [bytes([k]) * (14 + k) for k in range(5)]
BUFFER, OFFSETS = np.frombuffer(b"".join(FRAMES), np.uint8), np.cumsum([0, *map(len, FRAMES)])
TIMES = 1_767_225_661_000_000_001 + 1_999_999_999 * np.arange(5)


@pytest.mark.parametrize("nanoseconds", [True, False])
def test_what_is_written_is_read(tmp_path: Path, nanoseconds: bool) -> None:
    path = tmp_path / "a.pcap"
    with pcap.Writer(path, nanoseconds) as writer:
        writer.write(BUFFER[: OFFSETS[2]], OFFSETS[:3], TIMES[:2])
        writer.write(BUFFER[:0], np.array([0]), TIMES[:0])
        writer.write(BUFFER[OFFSETS[2] :], OFFSETS[2:] - OFFSETS[2], TIMES[2:])
    times = TIMES if nanoseconds else TIMES // 1000 * 1000
    assert list(pcap.packets(path)) == [(time, 1, frame) for time, frame in zip(times.tolist(), FRAMES, strict=True)]
    seen = tshark.fields(path, "frame.time_epoch", "frame.len", "frame.cap_len")
    assert [(int(time.replace(".", "")), int(whole), int(cap)) for time, whole, cap in seen] == [
        (time, len(frame), len(frame)) for time, frame in zip(times.tolist(), FRAMES, strict=True)
    ]


def test_the_other_byte_order(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    head = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1)
    path.write_bytes(head + struct.pack(">IIII", 7, 8, 2, 99) + b"ab")
    assert list(pcap.packets(path)) == [(7_000_008_000, 1, b"ab")]


def whole() -> bytearray:
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 100, 1)
    return bytearray(head + struct.pack("<IIII", 7, 8, 3, 3) + b"abc" + struct.pack("<IIII", 7, 9, 1, 1) + b"d")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "starts with nothing: must be pcap's magic number"),
        (b"hello", "starts with 68656c6c: must be"),
        (b"\x0a\x0d\x0d\x0a" + bytes(30), "after packet 0: byte-order magic = 00000000: must be 1a2b3c4d"),
        (whole()[:20], "ends within the file header, after 20 of 24 octets"),
        (whole()[:4] + b"\3" + whole()[5:], "version = 3.4: must be 2.4"),
        (whole()[:30], "packet 1: the file ends within its header"),
        (whole()[:31] + b"\x7f" + whole()[32:], "packet 1: fraction of a second = 2130706440: must be less than one"),
        (whole()[:32] + b"\x04" + whole()[33:], r"packet 1: captured length = 4: must be 0\.\.3"),
        (whole()[:32] + b"\xff" * 8, r"packet 1: captured length = 4294967295: must be 0\.\.100"),
        (whole()[:-1], "packet 2: the file ends after 0 of its 1 octets"),
    ],
)
def test_broken_files(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=f"a.pcap: {told}"):
        list(pcap.packets(path))


def test_mutated_files_only_ever_raise_our_error(tmp_path: Path) -> None:
    random, path = Random(1), tmp_path / "a.pcap"
    refused = 0
    for _ in range(500):
        data = whole()
        data[random.randrange(len(data))] = random.randrange(256)
        path.write_bytes(data[: random.randint(0, 2 * len(data))])
        try:
            assert sum(len(octets) for _, _, octets in pcap.packets(path)) <= len(data)
        except DecodeError:
            refused += 1
    assert 100 < refused < 450


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        pcap.Writer(tmp_path / "no" / "a.pcap")
    with pytest.raises(DecodeError, match="No such file or directory"):
        list(pcap.packets(tmp_path / "no"))
    with pcap.Writer(tmp_path / "a.pcap") as writer:
        with pytest.raises(EncodeError, match=r"time\[1\] = -1: must be 0\.\.\d+ ns"):
            writer.write(BUFFER[:28], np.array([0, 14, 28]), np.array([0, -1]))
        with pytest.raises(EncodeError, match=r"length\[0\] = 300000: must be 0\.\.262144 octets"):
            writer.write(np.zeros(300_000, np.uint8), np.array([0, 300_000]), np.array([0]))
    assert list(pcap.packets(tmp_path / "a.pcap")) == []
