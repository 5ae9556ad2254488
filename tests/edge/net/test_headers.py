"""Ethernet, GeoNetworking and BTP headers: what is encoded comes back, and nothing else is let in."""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.net.packets import HERE, MAC, packets
from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import BtpA, BtpB
from wayside.edge.net.ethernet import Frame

POSITION = gn.Position(gn.Address(MAC), 1, *HERE)
SHB = gn.Packet(gn.SingleHop(POSITION), b"abcd")
AREA = gn.Area("circle", *HERE, 200.0)
ELLIPSE = gn.Area("ellipse", *HERE, 200.0, 100.0, 45.0)
GBC = gn.Packet(gn.GeoBroadcast(POSITION, 7, ELLIPSE), b"abcd", hops=10, remaining=10)


@given(packets(), st.binary(max_size=20))
def test_packets_come_back(packet: gn.Packet, padding: bytes) -> None:
    octets = packet.encode()
    size = {gn.Beacon: 24, gn.SingleHop: 28, gn.GeoBroadcast: 44}[type(packet.header)]
    assert len(octets) == 12 + size + len(packet.payload)
    assert gn.Packet.decode(octets + padding) == packet


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=9))
def test_btp_comes_back(port: int, other: int, rest: bytes) -> None:
    assert BtpB.decode(BtpB(port, other).encode() + rest) == BtpB(port, other)
    assert BtpA.decode(BtpA(port, other).encode() + rest) == BtpA(port, other)


def test_a_frame_comes_back() -> None:
    frame = Frame(MAC, b"xyz", b"\1" * 6, 0x88B5)
    assert Frame.decode(frame.encode()) == frame
    with pytest.raises(DecodeError, match="ethertype = 0x0003: must be 0x0600 or above"):
        Frame.decode(bytes(12) + b"\0\3abc")
    with pytest.raises(EncodeError, match=r"Ethernet source = b'\\x01': must be 6 octets"):
        Frame(b"\1", b"").encode()


def test_the_octets_of_a_packet() -> None:
    """By hand from the figures of EN 302 636-4-1."""
    position = gn.Position(gn.Address(MAC, gn.RSU), 0x01020304, 1e-7, -1e-7, -0.01, 90.0, accurate=False)
    packet = gn.Packet(gn.GeoBroadcast(position, 0x0506, gn.Area("ellipse", 0.0, 0.0, 1.0, 2.0, 3.0)), b"\xff")
    packet = dataclasses.replace(packet, hops=10, remaining=9, traffic_class=2, store=True, mobile=False)
    assert packet.encode().hex(" ", -4) == (
        "1100f109 20428200 00010a00 05060000 3c000200 00000007 01020304 00000001 ffffffff 7fff0384 "
        "00000000 00000000 00010002 00030000 ff"
    )


def test_timestamps() -> None:
    """TAI: at the beginning of 2026 five leap seconds had been added since 2004."""
    assert gn.timestamp(1_072_915_200.0) == 0
    assert gn.timestamp(1_136_073_599.0) == 63_158_399_000 % 2**32
    assert gn.timestamp(1_136_073_600.0) == (63_158_400_000 + 1000) % 2**32
    assert gn.timestamp(1_767_225_600.0) == (694_310_400_000 + 5000) % 2**32


@pytest.mark.parametrize(
    ("seconds", "octet"),
    [(0.05, 1 << 2), (3.15, 63 << 2), (3.2, 3 << 2 | 1), (60.0, 60 << 2 | 1), (630.0, 63 << 2 | 2), (6300.0, 255)],
)
def test_lifetimes(seconds: float, octet: int) -> None:
    assert gn.lifetime_octet(seconds) == octet


WRONG: dict[str, tuple[Any, str]] = {
    "latitude": (dataclasses.replace(POSITION, latitude=95.0), r"GN latitude = 95.0: must be -90..90 degrees"),
    "longitude": (dataclasses.replace(POSITION, longitude=float("nan")), r"GN longitude = nan: must be -180..180"),
    "speed": (dataclasses.replace(POSITION, speed=170.0), r"GN speed = 170.0: must be -163.84..163.83 m/s"),
    "heading": (dataclasses.replace(POSITION, heading=-1.0), r"GN heading = -1.0: must be 0..360 degrees"),
    "time": (dataclasses.replace(POSITION, time=2**32), r"GN timestamp = 4294967296: must be 0..4294967295 ms"),
    "station": (dataclasses.replace(POSITION, address=gn.Address(MAC, 32)), r"GN station type = 32: must be 0..31"),
    "mac": (dataclasses.replace(POSITION, address=gn.Address(b"")), r"GN address = b'': must be 6 octets"),
    "shape": (gn.Packet(gn.GeoBroadcast(POSITION, 1, gn.Area("hexagon", *HERE, 1.0))), r"must be one of circle"),
    "radius": (
        gn.Packet(gn.GeoBroadcast(POSITION, 1, gn.Area("circle", *HERE, 7e4))),
        r"a = 70000.0: must be 0..65535",
    ),
    "circle": (gn.Packet(gn.GeoBroadcast(POSITION, 1, gn.Area("circle", *HERE, 9.0, 8.0))), r"must be 0 for a circle"),
    "sequence": (gn.Packet(gn.GeoBroadcast(POSITION, -1, AREA)), r"GN sequence number = -1: must be 0..65535"),
    "media": (gn.Packet(gn.SingleHop(POSITION, b"")), r"media-dependent data = b'': must be 4 octets"),
    "next": (dataclasses.replace(SHB, next="udp"), r"GN next header = 'udp': must be one of any, btp-a"),
    "hops": (dataclasses.replace(SHB, hops=256), r"GN maximum hop limit = 256: must be 0..255"),
    "remaining": (dataclasses.replace(SHB, remaining=2), r"GN remaining hop limit = 2: must be at most 1"),
    "lifetime": (dataclasses.replace(SHB, lifetime=6400.0), r"GN lifetime = 6400.0: must be 0..6300 s"),
    "class": (dataclasses.replace(SHB, traffic_class=64), r"GN traffic class = 64: must be 0..63"),
    "length": (dataclasses.replace(SHB, payload=bytes(65536)), r"GN payload length = 65536: must be 0..65535 octets"),
    "port": (BtpB(65536), r"BTP destination port = 65536: must be 0..65535"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sent(name: str) -> None:
    thing, told = WRONG[name]
    with pytest.raises(EncodeError, match=told):
        thing.encode()


@pytest.mark.parametrize(
    ("place", "octet", "told"),
    [
        (0, 0x21, "GN version = 2: must be 1"),
        (0, 0x12, "secured packet"),
        (0, 0x13, "GN next header = 3 in the basic header: must be 1"),
        (3, 11, "GN remaining hop limit = 11: must be at most 10"),
        (4, 0x40, "GN next header = 4 in the common header: must be 0..3"),
        (5, 0x20, r"GN header type = 0x20 \(GeoUnicast\): must be"),
        (5, 0x43, r"GN header type = 0x43 \(unknown\): must be"),
        (9, 0x55, "GN payload: ends after 4 octets: must have 85"),
        (52, 0xFF, "GN area angle = 65325: must be 0..360 degrees"),
    ],
)
def test_what_is_not_let_in(place: int, octet: int, told: str) -> None:
    octets = bytearray(GBC.encode())
    octets[place] = octet
    with pytest.raises(DecodeError, match=told):
        gn.Packet.decode(bytes(octets))


@pytest.mark.parametrize(
    ("place", "octets", "name"),
    [
        (28, b"\x80\0\0\0", "latitude"),  # as stations without a fix say it
        (28, b"\x35\xa4\xe9\x01", "latitude"),  # 900000001: unavailable by TS 102 894-2
        (32, b"\x80\0\0\0", "longitude"),
        (38, b"\xff\xff", "heading"),
    ],
)
def test_a_position_that_is_not_known(place: int, octets: bytes, name: str) -> None:
    packet = GBC.encode()
    read = gn.Packet.decode(packet[:place] + octets + packet[place + len(octets) :])
    assert getattr(read.header.position, name) is None
    assert read.payload == GBC.payload
    with pytest.raises(EncodeError, match=f"GN {name} = None: must be"):
        read.encode()


@pytest.mark.parametrize("packet", [SHB, GBC])
def test_cut_short(packet: gn.Packet) -> None:
    octets = packet.encode()
    for size in range(len(octets)):
        with pytest.raises(DecodeError, match=r"ends after \d+ octets: must have \d+"):
            gn.Packet.decode(octets[:size])


def test_mutations_only_ever_raise_our_error() -> None:
    random = Random(1)
    refused: list[str] = []
    valid = [SHB.encode(), GBC.encode(), gn.Packet(gn.Beacon(POSITION), next="any").encode()]
    for _ in range(5000):
        octets = bytearray(random.choice(valid))
        for _ in range(random.randint(1, 3)):
            octets[random.randrange(len(octets))] = random.randrange(256)
        try:
            packet = gn.Packet.decode(bytes(octets[: random.randint(0, 3 * len(octets))]))
        except DecodeError as error:
            refused.append(str(error))
        else:
            at = packet.header.position
            if None not in (at.latitude, at.longitude, at.heading):
                again = gn.Packet.decode(packet.encode())
                assert dataclasses.replace(again, header=packet.header) == packet
    assert 500 < len(refused) < 4900
    assert all("\n" not in told for told in refused)
