"""Ethernet II framing, IEEE 802.3, clause 3.2.6. GeoNetworking's ethertype is 0x8947 (IEEE registry)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.net.fields import Field, taken

SIZE: Final = 14  # octets of the header
GEONETWORKING: Final = 0x8947
BROADCAST: Final = b"\xff" * 6
_LEAST: Final = 0x0600  # below it the field is a length

ETHERTYPE: Final = Field("ethertype", _LEAST, 0xFFFF)


def mac_text(mac: bytes) -> str:
    """02:00:00:00:00:07"""
    return mac.hex(":")


def mac_checked(name: str, mac: bytes) -> bytes:
    """A MAC address. EncodeError where it is none."""
    if not isinstance(mac, bytes) or len(mac) != 6:
        raise EncodeError(f"{name} = {mac!r}: must be 6 octets")
    return mac


@dataclass(frozen=True)
class Frame:
    """What is sent on the link: source and destination (6 octets each) and a packet, with no checksum."""

    source: bytes
    payload: bytes
    destination: bytes = BROADCAST
    ethertype: int = GEONETWORKING

    def encode(self) -> bytes:
        """The octets. EncodeError for an address or ethertype that is none."""
        destination = mac_checked("Ethernet destination", self.destination)
        source = mac_checked("Ethernet source", self.source)
        return destination + source + struct.pack(">H", ETHERTYPE.one(self.ethertype)) + self.payload

    @classmethod
    def decode(cls, data: bytes) -> Frame:
        """A frame with all that follows the header, padding too. DecodeError where it is none, or an 802.3 length."""
        head = taken(data, SIZE, "Ethernet header")
        ethertype = int.from_bytes(head[12:], "big")
        if ethertype < _LEAST:
            raise DecodeError(f"ethertype = 0x{ethertype:04x}: must be 0x0600 or above; lengths are not supported")
        return cls(head[6:12], data[SIZE:], head[:6], ethertype)
