"""The Chinese set's network and adaptation layer: GB/T 31024.3-2019 and YD/T 3707-2020, as far as they are public.

The short message protocol's header (DSMP): version 0 (3 bits), whether an extension follows (1), reserved (4); the
extension; the application's identifier (AID); the length of the data in two octets. Before it stands the adaptation
layer's type of protocol in one octet, 4 for DSMP. What could not be found, and is filled in here:

- how an AID is written in one or two octets: as the variable-length number of IEEE 1609.12 (a first bit 0, or 10), in
  which identifiers of IEEE and ISO are written;
- what else the adaptation layer's header has: nothing of it is sent, for the link has addresses of its own;
- an ethertype for captures: 0x88B5, IEEE 802's for local experiments;
- AIDs of what is not in the set: 120 to 122, stand-ins.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.net.fields import Field, Ints, Octets, lengths, prefixed, taken

ETHERTYPE: Final = 0x88B5
PROTOCOL: Final = 4  # of the adaptation layer: DSMP
VERSION: Final = 0

# By message. 3620 to 3622 are RSI that is static, changes slowly, or moves with the traffic.
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
}
_ONE, _TWO = 0x80, 0x4080  # AIDs below take one octet, two

AID: Final = Field("DSMP AID", 0, _TWO - 1)
LENGTH: Final = Field("DSMP data length", 0, 0xFFFF, unit="octets")


def size(aid: int) -> int:
    """Octets of the headers before a message."""
    return 2 + (1 if aid < _ONE else 2) + 2


def _aid(aid: int) -> bytes:
    AID.one(aid)
    return bytes((aid,)) if aid < _ONE else struct.pack(">H", 0x8000 | aid - _ONE)


@dataclass(frozen=True)
class Message:
    """A short message: the application it is for, and its octets."""

    aid: int
    payload: bytes
    extension: bytes = b""

    def encode(self) -> bytes:
        """The octets, from the adaptation layer on. EncodeError for an AID or a length that cannot be."""
        if self.extension:
            raise EncodeError("DSMP extension: its layout is not public, none can be sent")
        head = bytes((PROTOCOL, VERSION << 5)) + _aid(self.aid)
        return head + struct.pack(">H", LENGTH.one(len(self.payload))) + self.payload

    @classmethod
    def decode(cls, data: bytes) -> Message:
        """A message; what comes behind it is padding of the link. DecodeError says what is wrong with it."""
        protocol, first, aid = taken(data, 3, "DSMP header")
        if protocol != PROTOCOL:
            raise DecodeError(f"adaptation layer protocol type = {protocol}: must be {PROTOCOL}, DSMP")
        if first >> 5 != VERSION:
            raise DecodeError(f"DSMP version = {first >> 5}: must be {VERSION}")
        if first >> 4 & 1:
            raise DecodeError("DSMP extension: is there, but its layout is not public")
        at = 3
        if aid >> 6 == 2:
            aid = int.from_bytes(taken(data[2:], 2, "DSMP AID"), "big") - 0x8000 + _ONE
            at = 4
        elif aid >> 7:
            raise DecodeError(f"DSMP AID: starts with 0x{aid:02x}: must be of one or two octets")
        length = int.from_bytes(taken(data[at:], 2, "DSMP data length"), "big")
        return cls(aid, taken(data[at + 2 :], length, "DSMP data"))


def frames(aid: int, mac: Ints, buffer: Octets, offsets: Ints, destination: Ints | None = None) -> tuple[Octets, Ints]:
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
