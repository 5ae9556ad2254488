"""Captures: Ethernet frames written to pcap files (libpcap's pcap-savefile, version 2.4), pcap and pcapng read.

Times are whole nanoseconds since 1970 (UTC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import numpy as np

from wayside.edge.errors import DecodeError, OutputError
from wayside.edge.net import pcapng
from wayside.edge.net.fields import Field, lengths, prefixed
from wayside.ext.arrays import Bytes, Longs

ETHERNET: Final = 1  # LINKTYPE_ETHERNET, of what is written
LONGEST: Final = 262_144  # octets of a frame, as in libpcap
MAGICS: Final = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}  # ns in a unit of the fraction
_HEAD, _RECORD = 24, 16  # octets
_SECOND: Final = 1_000_000_000  # ns

_TIME: Final = Field("time", 0, 2**32 * _SECOND - 1, unit="ns")
_LENGTH: Final = Field("length", 0, LONGEST, unit="octets")
_DTYPE: Final = np.dtype([(name, "<u4") for name in ("second", "fraction", "captured", "length")])


def head(nanoseconds: bool = True) -> bytes:
    """What a file begins with; its times count nanoseconds or microseconds."""
    return struct.pack("<IHHiIII", list(MAGICS)[nanoseconds], 2, 4, 0, 0, LONGEST, ETHERNET)


def records(buffer: Bytes, offsets: Longs, times: Longs, nanoseconds: bool = True) -> tuple[Bytes, Longs]:
    """Frames with their records' headers: what follows in a file, and where each record begins. As `Writer.write`."""
    sizes = lengths(buffer, offsets)
    rows = len(sizes)
    when = _TIME.many(times, rows)
    heads = np.zeros(rows, _DTYPE)
    unit = list(MAGICS.values())[nanoseconds]
    heads["second"], heads["fraction"] = when // _SECOND, when % _SECOND // unit
    heads["captured"] = heads["length"] = _LENGTH.many(sizes, rows)
    return prefixed(heads, buffer, offsets)


class Writer:
    """Writes a file as it comes; a context. OutputError where the file cannot be written."""

    def __init__(self, path: Path | str, nanoseconds: bool = True) -> None:
        self.path = Path(path)
        self._nanoseconds = nanoseconds
        self._file = self._open()
        self._put(head(nanoseconds))

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("wb")
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from None

    def _put(self, data: bytes | memoryview) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from None

    def write(self, buffer: Bytes, offsets: Longs, times: Longs) -> None:
        """Frames end to end, frame k being buffer[offsets[k]:offsets[k + 1]], and their times [ns].

        EncodeError where a time is not within 1970 to 2106 or a frame is longer than 262144 octets.
        """
        self._put(records(buffer, offsets, times, self._nanoseconds)[0].data)

    def close(self) -> None:
        """What was written is whole from here on."""
        try:
            self._file.close()
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from None

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def is_capture(start: bytes) -> bool:
    """Whether a file that starts like this is pcap or pcapng."""
    return start[:4] == pcapng.MAGIC or any(start[:4] == struct.pack(order + "I", m) for order in "<>" for m in MAGICS)


def packets(path: Path | str) -> Iterator[tuple[int | None, int, bytes]]:
    """The time [ns, None where the file has none], the link type (`links`) and the octets of each packet.

    One is in memory at a time. DecodeError, naming file and packet, where it is no capture, broken or cut short.
    """
    try:
        with Path(path).open("rb") as file:
            if file.read(len(pcapng.MAGIC)) == pcapng.MAGIC:
                file.seek(0)
                yield from pcapng.packets(file, str(path), LONGEST)
            else:
                file.seek(0)
                yield from _packets(file, str(path))
    except OSError as error:
        raise DecodeError(f"{path}: {error.strerror}") from None


def _packets(file: BinaryIO, name: str) -> Iterator[tuple[int | None, int, bytes]]:
    head = file.read(_HEAD)
    if not is_capture(head):
        raise DecodeError(f"{name}: starts with {head[:4].hex() or 'nothing'}: must be pcap's magic number")
    if len(head) < _HEAD:
        raise DecodeError(f"{name}: ends within the file header, after {len(head)} of {_HEAD} octets")
    order = next(order for order in "<>" if struct.unpack(order + "I", head[:4])[0] in MAGICS)
    magic, major, minor, _, _, snapped, link = struct.unpack(order + "IHHiIII", head)
    if (major, minor) != (2, 4):
        raise DecodeError(f"{name}: version = {major}.{minor}: must be 2.4")
    most = min(snapped or LONGEST, LONGEST)
    number = 0
    while record := file.read(_RECORD):
        number += 1
        if len(record) < _RECORD:
            raise DecodeError(f"{name}: packet {number}: the file ends within its header")
        second, fraction, captured, length = struct.unpack(order + "IIII", record)
        if fraction * MAGICS[magic] >= _SECOND:
            raise DecodeError(f"{name}: packet {number}: fraction of a second = {fraction}: must be less than one")
        if not captured <= min(most, length):
            raise DecodeError(f"{name}: packet {number}: captured length = {captured}: must be 0..{min(most, length)}")
        data = file.read(captured)
        if len(data) < captured:
            raise DecodeError(f"{name}: packet {number}: the file ends after {len(data)} of its {captured} octets")
        yield second * _SECOND + fraction * MAGICS[magic], link & 0xFFFF, data
