"""The Chinese set's network and adaptation layer: GB/T 31024.3-2019 and YD/T 3707-2020.

The adaptation layer's header is one octet, the type of protocol: 0 IPv6, 4 DSMP, 5 IPv4. The short message protocol's
(DSMP) has version 0 (3 bits), whether an extension follows (1), reserved (4); the extension; the application's
identifier (AID) of one octet or two; the length of the data in two octets; the data. Neither standard is public: the
fields are as people who have them quote their tables, AIDs from 128 on and the extension's elements (how many, then
the number, length and octets of each) as open stacks of vendors write them. Ours are:

- an ethertype for captures: 0x88B5, IEEE 802's for local experiments;
- AIDs of what is not in the set: 120 to 124, stand-ins.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.net.fields import Field, lengths, prefixed, taken
from wayside.ext.arrays import Bytes, Longs

ETHERTYPE: Final = 0x88B5
PROTOCOL: Final = 4  # of the adaptation layer: DSMP
VERSION: Final = 0

# Applications whose messages are in a MessageFrame. 111 to 114 are BSMs: of ordinary vehicles and of special ones, each
# as a rule and on an event; 3620 to 3622 RSI that is static, changes slowly, or moves with the traffic.
SET: Final = (111, 112, 113, 114, 3618, 3619, 3620, 3621, 3622, 3623)
AIDS: Final = {
    "BSM": 111,
    "MAP": 3618,
    "SPAT": 3619,
    "RSI": 3621,
    "RSM": 3623,
    "SAEM": 120,
    "PARKING_REQUEST": 121,
    "PARKING_RESPONSE": 121,
    "EV_RSR": 122,
    "SREM": 123,
    "SSEM": 123,
    "POIM": 124,
}
_ONE, MOST_AIDS = 0x80, 0x4080  # AIDs below take one octet, two

AID: Final = Field("DSMP AID", 0, MOST_AIDS - 1)
LENGTH: Final = Field("DSMP data length", 0, 0xFFFF, unit="octets")
_COUNT: Final = Field("DSMP extension elements", 0, 0xFF)
_NUMBER: Final = Field("DSMP extension element", 0, 0xFF)
_OCTETS: Final = Field("DSMP extension element's length", 0, 0xFF, unit="octets")

Elements = tuple[tuple[int, bytes], ...]  # number, octets


def size(aid: int) -> int:
    """Bytes of the headers before a message."""
    return 2 + (1 if aid < _ONE else 2) + 2


def _aid(aid: int) -> bytes:
    AID.one(aid)
    return bytes((aid,)) if aid < _ONE else struct.pack(">H", 0x8000 | aid - _ONE)


@dataclass(frozen=True)
class Dsm:
    """A short message: the application it is for, its octets, and the elements of the header's extension."""

    aid: int
    payload: bytes
    extension: Elements = ()

    def encode(self) -> bytes:
        """The octets, from the adaptation layer on. EncodeError names what its field cannot hold."""
        head = bytes((PROTOCOL, VERSION << 5 | bool(self.extension) << 4)) + _extension(self.extension)
        return head + _aid(self.aid) + struct.pack(">H", LENGTH.one(len(self.payload))) + self.payload

    @classmethod
    def decode(cls, data: bytes) -> Dsm:
        """A message; what comes behind it is padding of the link. DecodeError says what is wrong with it."""
        protocol, first, _ = taken(data, 3, "DSMP header")
        if protocol != PROTOCOL:
            raise DecodeError(f"adaptation layer protocol type = {protocol}: must be {PROTOCOL}, DSMP")
        if first >> 5 != VERSION:
            raise DecodeError(f"DSMP version = {first >> 5}: must be {VERSION}")
        extension, data = _extended(data[2:]) if first >> 4 & 1 else ((), data[2:])
        aid, at = taken(data, 1, "DSMP AID")[0], 1
        if aid >> 6 == 2:
            aid, at = int.from_bytes(taken(data, 2, "DSMP AID"), "big") - 0x8000 + _ONE, 2
        elif aid >> 7:
            raise DecodeError(f"DSMP AID: starts with 0x{aid:02x}: must be of one or two octets")
        length = int.from_bytes(taken(data[at:], 2, "DSMP data length"), "big")
        return cls(aid, taken(data[at + 2 :], length, "DSMP data"), extension)


def _extension(elements: Elements) -> bytes:
    if not elements:
        return b""
    parts = [bytes((_NUMBER.one(number), _OCTETS.one(len(octets)))) + octets for number, octets in elements]
    return bytes((_COUNT.one(len(elements)),)) + b"".join(parts)


def _extended(data: bytes) -> tuple[Elements, bytes]:
    """The elements of an extension, and what follows it."""
    elements, at = [], 1
    for _ in range(taken(data, 1, "DSMP extension")[0]):
        number, length = taken(data[at:], 2, "DSMP extension element")
        elements.append((number, taken(data[at + 2 :], length, "DSMP extension element")))
        at += 2 + length
    return tuple(elements), data[at:]


def frames(
    aid: int, mac: Longs, buffer: Bytes, offsets: Longs, destination: Longs | None = None
) -> tuple[Bytes, Longs]:
    """Ethernet frames of messages to one application; message k is buffer[offsets[k]:offsets[k + 1]], mac[k] its
    sender's address, and destination[k] the receiver's, else all. EncodeError for an AID or a length that cannot be.
    """
    sizes = lengths(buffer, offsets)
    text = _aid(aid)
    heads = np.zeros(
        len(sizes),
        [
            ("destination_high", ">u2"),
            ("destination_low", ">u4"),
            ("source_high", ">u2"),
            ("source_low", ">u4"),
            ("ethertype", ">u2"),
            ("protocol", "u1"),
            ("version", "u1"),
            ("aid", "u1", (len(text),)),
            ("length", ">u2"),
        ],
    )
    to = np.full(len(sizes), 2**48 - 1, np.int64) if destination is None else destination
    heads["destination_high"], heads["destination_low"] = to >> 32, to & 0xFFFFFFFF
    heads["source_high"], heads["source_low"] = mac >> 32, mac & 0xFFFFFFFF
    heads["ethertype"], heads["protocol"], heads["version"] = ETHERTYPE, PROTOCOL, VERSION << 5
    heads["aid"] = np.frombuffer(text, np.uint8)
    heads["length"] = LENGTH.many(sizes, len(sizes))
    return prefixed(heads, buffer, offsets)
