"""The WAVE short message protocol, IEEE 1609.3-2016, clause 8.3: version 3, as read; nothing here sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wayside.edge.errors import DecodeError
from wayside.edge.net.fields import taken

VERSION: Final = 3


@dataclass(frozen=True)
class Wsm:
    """A short message: the application it is for (PSID, None where a port stands in its place), and its octets."""

    psid: int | None
    payload: bytes

    @classmethod
    def decode(cls, data: bytes) -> Wsm:
        """A message; what comes behind it is padding of the link. DecodeError says what is wrong with it."""
        first, at = taken(data, 1, "WSMP header")[0], 1
        if first & 7 != VERSION:
            raise DecodeError(f"WSMP version = {first & 7}: must be {VERSION}")
        if first >> 3 & 1:
            at = _elements(data, at)
        transport = taken(data, at + 1, "WSMP header")[at]
        at += 1
        psid = None
        if transport >> 1 == 0:
            size = _psid_size(taken(data, at + 1, "WSMP header")[at])
            psid = _psid(taken(data, at + size, "WSMP PSID")[at:])
            at += size
        elif transport >> 1 == 1:  # ports of source and destination
            at += 4
        else:
            raise DecodeError(f"WSMP transport = {transport >> 1}: must be 0 (PSID) or 1 (ports)")
        if transport & 1:
            at = _elements(data, at)
        length = taken(data, at + 1, "WSMP header")[at]
        at += 1
        if length & 0x80:
            length = (length & 0x7F) << 8 | taken(data, at + 1, "WSMP header")[at]
            at += 1
        return cls(psid, taken(data[at:], length, "WSMP data"))


def _elements(data: bytes, at: int) -> int:
    """Where a list of extension elements ends: how many, then the id, length and octets of each."""
    count = taken(data, at + 1, "WSMP extension")[at]
    at += 1
    for _ in range(count):
        at += 2 + taken(data, at + 2, "WSMP extension")[at + 1]
    return at


def _psid_size(first: int) -> int:
    """Octets of a p-encoded PSID, IEEE 1609.12, clause 4.1.3, by its first."""
    for size, (mask, bits) in enumerate(((0x80, 0), (0xC0, 0x80), (0xE0, 0xC0), (0xF0, 0xE0)), 1):
        if first & mask == bits:
            return size
    raise DecodeError(f"WSMP PSID: first octet = 0x{first:02x}: must be below 0xf0")


def _psid(octets: bytes) -> int:
    """A PSID, of which all shorter forms' numbers are left out."""
    size = _psid_size(octets[0])
    number = int.from_bytes(octets[:size], "big")
    return number - (0, 0, 0x8000 - 0x80, 0xC00000 - 0x4080, 0xE0000000 - 0x204080)[size]
