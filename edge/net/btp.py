"""The Basic Transport Protocol: EN 302 636-5-1 V2.2.1, clause 7; its ports: TS 103 248 V2.4.1, table 1."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from wayside.edge.net.fields import Field, taken

SIZE: Final = 4  # octets of either header

# Messages by their well-known port, where there is a schema here.
PORTS: Final = {
    "CAM": 2001,
    "DENM": 2002,
    "MAPEM": 2003,
    "SPATEM": 2004,
    "SAEM": 2005,
    "IVIM": 2006,
    "SREM": 2007,
    "SSEM": 2008,
    "CPM": 2009,
    "EVCSN": 2010,
    "EV_RSR": 2012,
    "RTCMEM": 2013,
    "VAM": 2018,
    "POIM": 2025,
    "PARKING_REQUEST": 5000,  # of stand-ins of our own, with ports that TS 103 248 gives to nobody
    "PARKING_RESPONSE": 5001,
}

DESTINATION: Final = Field("BTP destination port", 0, 0xFFFF)
SOURCE: Final = Field("BTP source port", 0, 0xFFFF)
INFO: Final = Field("BTP destination port info", 0, 0xFFFF)


@dataclass(frozen=True)
class BtpA:
    """BTP-A, for what expects an answer: where to, and where from."""

    port: int
    source: int

    def encode(self) -> bytes:
        """The 4 octets. EncodeError for a port out of range."""
        return struct.pack(">HH", DESTINATION.one(self.port), SOURCE.one(self.source))

    @classmethod
    def decode(cls, data: bytes) -> BtpA:
        """From the first octets of some. DecodeError where there are too few."""
        return cls(*struct.unpack(">HH", taken(data, SIZE, "BTP-A header")))


@dataclass(frozen=True)
class BtpB:
    """BTP-B, for what is broadcast: where to, and what is to be known of the port (0: nothing)."""

    port: int
    info: int = 0

    def encode(self) -> bytes:
        """The 4 octets. EncodeError for a port out of range."""
        return struct.pack(">HH", DESTINATION.one(self.port), INFO.one(self.info))

    @classmethod
    def decode(cls, data: bytes) -> BtpB:
        """From the first octets of some. DecodeError where there are too few."""
        return cls(*struct.unpack(">HH", taken(data, SIZE, "BTP-B header")))
