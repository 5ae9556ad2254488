"""GeoNetworking packets: EN 302 636-4-1 V1.4.1, clause 9, of version 1; secured ones are opened by `security` first.

Single-hop broadcasts, geo-broadcasts and beacons. Reserved bits are sent as 0 and not looked at.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages.si import timestamp_its
from wayside.edge.net.ethernet import mac_checked
from wayside.edge.net.fields import Field, taken

VERSION: Final = 1  # itsGnProtocolVersion, annex H
HOPS: Final = 10  # itsGnDefaultHopLimit
LIFETIME: Final = 60.0  # s, itsGnDefaultPacketLifetime
# A roadside unit in the address, clause 6.3: numbered as StationType of TS 102 894-2 is, so the same as in its CAMs.
RSU: Final = 15

NEXT: Final = ("any", "btp-a", "btp-b", "ipv6")  # clause 9.7.3
SHAPES: Final = ("circle", "rectangle", "ellipse")  # clause 9.7.4: subtypes of a geo-broadcast
COMMON_NEXT, SECURED = 1, 2  # clause 9.6.2: what follows the basic header
BEACON, GEO_BROADCAST, SINGLE_HOP = 0x10, 0x40, 0x50  # clause 9.7.4: header type and subtype
_OTHERS: Final = {0x2: "GeoUnicast", 0x3: "GeoAnycast", 0x5: "multi-hop TSB", 0x6: "location service"}
BASES: Final = (0.05, 1.0, 10.0, 100.0)  # s, clause 9.6.4
MOST: Final = 63  # of a base
BASIC, COMMON, POSITION, EXTENDED_SHB, EXTENDED_GBC = 4, 8, 24, 28, 44  # octets

STATION_TYPE: Final = Field("GN station type", 0, 31)
TIME: Final = Field("GN timestamp", 0, 2**32 - 1, unit="ms")
LATITUDE: Final = Field("GN latitude", -900_000_000, 900_000_000, 10_000_000, "degrees")
LONGITUDE: Final = Field("GN longitude", -1_800_000_000, 1_800_000_000, 10_000_000, "degrees")
SPEED: Final = Field("GN speed", -(2**14), 2**14 - 1, 100, "m/s")
HEADING: Final = Field("GN heading", 0, 3600, 10, "degrees")
SEQUENCE: Final = Field("GN sequence number", 0, 0xFFFF)
AREA_LATITUDE: Final = Field("GN area latitude", LATITUDE.low, LATITUDE.high, LATITUDE.scale, "degrees")
AREA_LONGITUDE: Final = Field("GN area longitude", LONGITUDE.low, LONGITUDE.high, LONGITUDE.scale, "degrees")
DISTANCE_A: Final = Field("GN area distance a", 0, 0xFFFF, unit="m")
DISTANCE_B: Final = Field("GN area distance b", 0, 0xFFFF, unit="m")
ANGLE: Final = Field("GN area angle", 0, 360, unit="degrees")
LIFETIMES: Final = Field("GN lifetime", 0, MOST * 100 * 20, 20, "s")
TRAFFIC_CLASS: Final = Field("GN traffic class", 0, 63)
HOP_LIMIT: Final = Field("GN maximum hop limit", 0, 255)
REMAINING: Final = Field("GN remaining hop limit", 0, 255)
LENGTH: Final = Field("GN payload length", 0, 0xFFFF, unit="octets")
TURN: Final = 3600  # of HEADING


def timestamp(utc: float) -> int:
    """The TST [ms] of a time [s since 1970, UTC]; clause 9.5.2.

    TAI since 2004-01-01T00:00:00 UTC modulo 2^32: leap seconds since then count, 5 from 2017 on (IERS Bulletin C).
    """
    return timestamp_its(utc) % 2**32


def lifetime_octet(seconds: float) -> int:
    """Multiplier and base of a lifetime [s], of the finest base that reaches it; clause 9.6.4. EncodeError > 6300 s."""
    LIFETIMES.one(seconds)
    base = next(k for k, unit in enumerate(BASES) if round(seconds / unit) <= MOST)
    return round(seconds / BASES[base]) << 2 | base


@dataclass(frozen=True)
class Address:
    """A GN address, clause 6.3: the MAC address (6 octets) and StationType; manual: not configured by itself."""

    mac: bytes
    station_type: int = 5
    manual: bool = False

    def encode(self) -> bytes:
        """The 8 octets."""
        first = self.manual << 7 | STATION_TYPE.one(self.station_type) << 2
        return bytes((first, 0)) + mac_checked("GN address", self.mac)

    @classmethod
    def decode(cls, data: bytes) -> Address:
        """From the first octets of some. DecodeError where there are too few."""
        octets = taken(data, 8, "GN address")
        return cls(octets[2:], octets[0] >> 2 & 31, bool(octets[0] >> 7))


@dataclass(frozen=True)
class Position:
    """A long position vector, clause 9.5.2: who was where, when, and how fast.

    time: `timestamp` [ms]; latitude, longitude [degrees]; speed, negative backwards [m/s]; heading [degrees clockwise
    from north]; accurate: the position accuracy indicator. A received one has None for what is out of range: stations
    without a fix say so, and their packet is as good as any.
    """

    address: Address
    time: int
    latitude: float | None
    longitude: float | None
    speed: float = 0.0
    heading: float | None = 0.0
    accurate: bool = True

    def encode(self) -> bytes:
        """The 24 octets. EncodeError names what is out of range, or not known."""
        where = LATITUDE.one(self.latitude), LONGITUDE.one(self.longitude)
        speed = self.accurate << 15 | SPEED.one(self.speed) & 0x7FFF
        return self.address.encode() + struct.pack(
            ">IiiHH", TIME.one(self.time), *where, speed, HEADING.one(self.heading) % TURN
        )

    @classmethod
    def decode(cls, data: bytes) -> Position:
        """From the first octets of some. DecodeError where there are too few."""
        octets = taken(data, POSITION, "GN long position vector")
        time, latitude, longitude, speed, heading = struct.unpack(">IiiHH", octets[8:])
        return cls(
            Address.decode(octets),
            time,
            LATITUDE.known(latitude),
            LONGITUDE.known(longitude),
            SPEED.read((speed & 0x7FFF ^ 0x4000) - 0x4000),
            HEADING.known(heading),
            bool(speed >> 15),
        )


@dataclass(frozen=True)
class Area:
    """Where a geo-broadcast goes, EN 302 931: around a place [degrees], `a` and `b` half its size [m].

    `angle` [degrees] is of the side `a`, clockwise from north. A circle has radius `a`; its `b` and angle must be 0.
    """

    shape: str
    latitude: float
    longitude: float
    a: float
    b: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True)
class Beacon:
    """Only where one is, clause 9.8.6."""

    position: Position


@dataclass(frozen=True)
class SingleHop:
    """To all in reach, clause 9.8.4; media: what the access layer adds (4 octets: TS 102 636-4-2)."""

    position: Position
    media: bytes = bytes(4)


@dataclass(frozen=True)
class GeoBroadcast:
    """To all in an area, clause 9.8.5."""

    position: Position
    sequence: int
    area: Area


@dataclass(frozen=True)
class Packet:
    """Basic, common and extended header, and what they carry.

    next: what the payload begins with (`NEXT`); lifetime [s]; hops, remaining: the hop limit at first and now;
    traffic_class: its number, 0 the most urgent; store: to be kept while nobody is there; offload: to another channel;
    mobile: whether the sender can move.
    """

    header: Beacon | SingleHop | GeoBroadcast
    payload: bytes = b""
    next: str = "btp-b"
    lifetime: float = LIFETIME
    hops: int = 1
    remaining: int = 1
    traffic_class: int = 0
    store: bool = False
    offload: bool = False
    mobile: bool = True

    def encode(self) -> bytes:
        """The octets. EncodeError names what its field cannot hold."""
        if self.next not in NEXT:
            raise EncodeError(f"GN next header = {self.next!r}: must be one of {', '.join(NEXT)}")
        if self.remaining > self.hops:
            raise EncodeError(f"GN remaining hop limit = {self.remaining}: must be at most {self.hops}, the maximum")
        kind, extended = _extended(self.header)
        basic = (VERSION << 4 | 1, 0, lifetime_octet(self.lifetime), REMAINING.one(self.remaining))
        traffic = self.store << 7 | self.offload << 6 | TRAFFIC_CLASS.one(self.traffic_class)
        common = struct.pack(
            ">BBBBHBB",
            NEXT.index(self.next) << 4,
            kind,
            traffic,
            self.mobile << 7,
            LENGTH.one(len(self.payload)),
            HOP_LIMIT.one(self.hops),
            0,
        )
        return bytes(basic) + common + extended + self.payload

    @classmethod
    def decode(cls, data: bytes) -> Packet:
        """A packet; what comes behind its payload is padding of the link. DecodeError says what is wrong with it."""
        version, _, lifetime, remaining = taken(data, BASIC, "GN basic header")
        if version >> 4 != VERSION:
            edition = ", of EN 302 636-4-1 V1.2.0 and before" if version >> 4 == 0 else ""
            raise DecodeError(f"GN version = {version >> 4}{edition}: must be {VERSION}")
        if version & 15 == SECURED:
            raise DecodeError("GN next header = 2 in the basic header: a secured packet, whose envelope comes first")
        if version & 15 != 1:
            raise DecodeError(f"GN next header = {version & 15} in the basic header: must be 1, the common header")
        first, kind, traffic, flags, length, hops, _ = struct.unpack(
            ">BBBBHBB", taken(data[BASIC:], COMMON, "GN common header")
        )
        if first >> 4 >= len(NEXT):
            raise DecodeError(f"GN next header = {first >> 4} in the common header: must be 0..{len(NEXT) - 1}")
        if remaining > hops:
            raise DecodeError(f"GN remaining hop limit = {remaining}: must be at most {hops}, the maximum")
        header, size = _read(kind, data[BASIC + COMMON :])
        start = BASIC + COMMON + size
        return cls(
            header,
            taken(data[start:], length, "GN payload"),
            NEXT[first >> 4],
            (lifetime >> 2) * BASES[lifetime & 3],
            hops,
            remaining,
            traffic & 63,
            bool(traffic >> 7),
            bool(traffic >> 6 & 1),
            bool(flags >> 7),
        )


def _extended(header: Beacon | SingleHop | GeoBroadcast) -> tuple[int, bytes]:
    """The header type with its subtype, and the extended header."""
    match header:
        case Beacon():
            return BEACON, header.position.encode()
        case SingleHop():
            if len(header.media) != 4:
                raise EncodeError(f"GN media-dependent data = {header.media!r}: must be 4 octets")
            return SINGLE_HOP, header.position.encode() + header.media
    area = header.area
    if area.shape not in SHAPES:
        raise EncodeError(f"GN area shape = {area.shape!r}: must be one of {', '.join(SHAPES)}")
    if area.shape == "circle" and (area.b or area.angle):
        raise EncodeError(f"GN area distance b = {area.b}, angle = {area.angle}: must be 0 for a circle")
    where = struct.pack(
        ">iiHHHH",
        AREA_LATITUDE.one(area.latitude),
        AREA_LONGITUDE.one(area.longitude),
        DISTANCE_A.one(area.a),
        DISTANCE_B.one(area.b),
        ANGLE.one(area.angle),
        0,
    )
    sequence = struct.pack(">HH", SEQUENCE.one(header.sequence), 0)
    return GEO_BROADCAST + SHAPES.index(area.shape), sequence + header.position.encode() + where


def _read(kind: int, data: bytes) -> tuple[Beacon | SingleHop | GeoBroadcast, int]:
    """The extended header, and its size."""
    if kind == BEACON:
        return Beacon(Position.decode(data)), POSITION
    if kind == SINGLE_HOP:
        octets = taken(data, EXTENDED_SHB, "GN single-hop broadcast header")
        return SingleHop(Position.decode(octets), octets[POSITION:]), EXTENDED_SHB
    if not GEO_BROADCAST <= kind < GEO_BROADCAST + len(SHAPES):
        name = _OTHERS.get(kind >> 4, "unknown")
        raise DecodeError(f"GN header type = 0x{kind:02x} ({name}): must be 0x10, 0x40..0x42 or 0x50")
    octets = taken(data, EXTENDED_GBC, "GN geo-broadcast header")
    latitude, longitude, a, b, angle, _ = struct.unpack(">iiHHHH", octets[4 + POSITION :])
    if kind == GEO_BROADCAST:
        b = angle = 0  # a circle's are not looked at
    area = Area(
        SHAPES[kind - GEO_BROADCAST],
        AREA_LATITUDE.read(latitude),
        AREA_LONGITUDE.read(longitude),
        float(a),
        float(b),
        float(ANGLE.read(angle)),
    )
    sequence = int.from_bytes(octets[:2], "big")
    return GeoBroadcast(Position.decode(octets[4:]), sequence, area), EXTENDED_GBC
