"""Captures in pcapng files (draft-ietf-opsawg-pcapng), read one packet at a time.

Sections of either byte order, interfaces of any kind and resolution; blocks that hold no packets are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from wayside.edge.errors import DecodeError

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION, _OFFSET = 9, 14  # options of an interface
_LONGEST: Final = 1 << 24  # octets of a block
_SECOND: Final = 1_000_000_000  # ns


@dataclass
class _Interface:
    link: int
    snapped: int
    per_second: int = 1_000_000
    offset: int = 0  # s

    def time(self, high: int, low: int) -> int:
        ticks = high << 32 | low
        return self.offset * _SECOND + ticks * _SECOND // self.per_second


def packets(file: BinaryIO, name: str, most: int) -> Iterator[tuple[int | None, int, bytes]]:
    """The time [ns since 1970, None where the file has none], the link type and the octets of each packet.

    most: octets that a packet may have. DecodeError, naming the file and the packet, where it is broken or cut short.
    """
    order = "<"
    interfaces: list[_Interface] = []
    number = 0
    while head := file.read(8):
        where = f"{name}: after packet {number}"
        if len(head) < 8:
            raise DecodeError(f"{where}: the file ends within a block's header")
        if head[:4] == MAGIC:
            magic = file.read(4)
            if magic not in _ORDERS:
                raise DecodeError(f"{where}: byte-order magic = {magic.hex() or 'nothing'}: must be 1a2b3c4d")
            order, interfaces = _ORDERS[magic], []
            body = magic + _rest(file, order, head, where, 4)
            major, minor = struct.unpack(order + "HH", body[4:8]) if len(body) >= 8 else (0, 0)
            if major != 1:
                raise DecodeError(f"{where}: pcapng version = {major}.{minor}: must be 1.0")
            continue
        body = _rest(file, order, head, where)
        (kind,) = struct.unpack(order + "I", head[:4])
        if kind == _INTERFACE:
            interfaces.append(_interface(body, order, where))
        if kind not in (_PACKET, _OLD_PACKET, _SIMPLE_PACKET):
            continue
        number += 1
        where = f"{name}: packet {number}"
        start = 4 if kind == _SIMPLE_PACKET else 20
        if len(body) < start:
            raise DecodeError(f"{where}: its block ends after {len(body)} octets: must have {start}")
        which, high, low, captured = 0, 0, 0, 0
        if kind == _PACKET:
            which, high, low, captured = struct.unpack(order + "IIII", body[:16])
        elif kind == _OLD_PACKET:
            which, _, high, low, captured = struct.unpack(order + "HHIII", body[:16])
        if which >= len(interfaces):
            raise DecodeError(f"{where}: interface = {which}: must be 0..{len(interfaces) - 1}, as described before")
        interface = interfaces[which]
        if kind == _SIMPLE_PACKET:
            (captured,) = struct.unpack(order + "I", body[:4])
            captured = min(captured, interface.snapped or captured)
        if captured > min(most, len(body) - start):
            allowed = min(most, len(body) - start)
            raise DecodeError(f"{where}: captured length = {captured}: must be 0..{allowed}")
        time = None if kind == _SIMPLE_PACKET else interface.time(high, low)
        yield time, interface.link, body[start : start + captured]


def _rest(file: BinaryIO, order: str, head: bytes, where: str, read: int = 0) -> bytes:
    """A block behind its header and the octets that have been read of it, without the length at its end."""
    (length,) = struct.unpack(order + "I", head[4:])
    if length % 4 or not 12 + read <= length <= _LONGEST:
        raise DecodeError(f"{where}: length of a block = {length}: must be 12..{_LONGEST}, and a multiple of 4")
    size = length - 8 - read
    body = file.read(size)
    if len(body) < size:
        raise DecodeError(f"{where}: the file ends after {len(body)} of the {size} octets of a block")
    if body[-4:] != head[4:]:
        raise DecodeError(f"{where}: a block's two lengths differ")
    return body[:-4]


def _interface(body: bytes, order: str, where: str) -> _Interface:
    if len(body) < 8:
        raise DecodeError(f"{where}: an interface's block ends after {len(body)} octets: must have 8")
    link, _, snapped = struct.unpack(order + "HHI", body[:8])
    found, at = _Interface(link, snapped), 8
    while at + 4 <= len(body):
        code, size = struct.unpack(order + "HH", body[at : at + 4])
        value = body[at + 4 : at + 4 + size]
        if code == 0:
            break
        if code == _RESOLUTION and size == 1:
            exponent = value[0] & 0x7F
            if exponent > 63:
                raise DecodeError(f"{where}: an interface's resolution = {exponent}: must be 0..63")
            found.per_second = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == _OFFSET and size == 8 and len(value) == 8:
            (found.offset,) = struct.unpack(order + "q", value)
        at += 4 + size + -size % 4
    return found
