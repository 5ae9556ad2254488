"""Whole frames before tshark: it takes them without complaint, and reads in them what we put there."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.edge.messages.values import random_value
from tests.edge.net import tshark
from tests.edge.net.packets import HERE, MAC, TIME, messages
from wayside.edge.messages.build import Said
from wayside.edge.messages.catalogue import message
from wayside.edge.net import frames
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import PORTS, BtpA, BtpB
from wayside.edge.net.ethernet import Frame

SPEED, HEADING = -13.89, 271.3
AREA = {"area_latitude": -33.8567844, "area_longitude": -70.6, "a": 500}


def sent(kind: str, said: Said, shape: int | None) -> bytes:
    """A frame of a tick with one message: single-hop, or to an area."""
    octets = np.frombuffer(said.encode(), np.uint8)
    columns = {
        "station_type": 5 if kind == "CAM" else gn.RSU,
        "mac": int.from_bytes(MAC, "big"),
        "time": gn.timestamp(TIME),
        "latitude": HERE[0],
        "longitude": HERE[1],
        "speed": SPEED,
        "heading": HEADING,
        "port": PORTS[kind],
        "traffic_class": 2,
    }
    offsets = np.array([0, len(octets)])
    if shape is None:
        return frames.shb(columns, octets, offsets)[0].tobytes()
    side = {"b": 40, "angle": 77} if shape else {}
    return frames.gbc(columns | AREA | {"sequence": 4711, "shape": shape} | side, octets, offsets)[0].tobytes()


@pytest.fixture(scope="module")
def all_sent() -> list[tuple[str, int | None, bytes]]:
    """Each message single-hop and to each shape of area."""
    return [(kind, shape, sent(kind, said, shape)) for kind, said in messages().items() for shape in (None, 0, 1, 2)]


def test_nothing_to_complain_of(tmp_path: Path, all_sent: list[tuple[str, int | None, bytes]]) -> None:
    path = tshark.captured(tmp_path / "a.pcap", [frame for _, _, frame in all_sent])
    assert tshark.complaints(path) == []
    protocols = tshark.fields(path, "frame.protocols")
    assert all(protocol.startswith("eth:ethertype:gnw:btpb:its") for (protocol,) in protocols)


def test_it_reads_what_we_wrote(tmp_path: Path, all_sent: list[tuple[str, int | None, bytes]]) -> None:
    path = tshark.captured(tmp_path / "a.pcap", [frame for _, _, frame in all_sent])
    seen = tshark.fields(
        path, "eth.src", "geonw.ch.htype", "geonw.src_pos.addr.type", "geonw.src_pos.tst", "geonw.src_pos.lat",
        "geonw.src_pos.long", "geonw.src_pos.speed", "geonw.src_pos.hdg", "geonw.ch.tc.id", "btpb.dstport",
        "its.stationID", "geonw.bh.rhl", "geonw.bh.lt.mult",
    )  # fmt: skip
    latitude, longitude = round(HERE[0] * 1e7), round(HERE[1] * 1e7)
    for (kind, shape, _), row in zip(all_sent, seen, strict=True):
        mac, type_, station_type, *numbers, hops, lifetime = row
        assert mac == MAC.hex(":")
        assert int(type_, 0) == (0x50 if shape is None else 0x40 + shape)
        assert station_type == ("5" if kind == "CAM" else "15")
        station = 7 if kind == "CAM" else 9
        assert [int(number) for number in numbers] == [
            gn.timestamp(TIME), latitude, longitude, -1389, 2713, 2, PORTS[kind], station,
        ]  # fmt: skip
        assert (hops, lifetime) == ("1" if shape is None else "10", "60")


def test_it_reads_the_areas(tmp_path: Path, all_sent: list[tuple[str, int | None, bytes]]) -> None:
    path = tshark.captured(tmp_path / "a.pcap", [frame for _, shape, frame in all_sent if shape is not None])
    names = ("seq_num", "gxc.latitude", "gxc.longitude", "gxc.radius", "gxc.distancea", "gxc.distanceb", "gxc.angle")
    seen = tshark.fields(path, *(f"geonw.{name}" for name in names))
    shapes = [shape for _, shape, _ in all_sent if shape is not None]
    for shape, (sequence, latitude, longitude, radius, a, b, angle) in zip(shapes, seen, strict=True):
        assert (int(sequence, 0), latitude, longitude) == (4711, "-338567844", "-706000000")
        assert (radius if shape == 0 else a) == "500"
        if shape:
            assert (b, angle) == ("40", "77")


def test_it_reads_the_messages(tmp_path: Path) -> None:
    """Position and speed of a CAM, event of a DENM, as far below the headers as can be."""
    said = messages()
    path = tshark.captured(tmp_path / "a.pcap", [sent("CAM", said["CAM"], None), sent("DENM", said["DENM"], 0)])
    (cam, denm) = tshark.fields(
        path, "its.latitude", "its.longitude", "its.speedValue", "its.headingValue", "its.messageID", "its.causeCode"
    )
    assert cam[:5] == ["310000001", "1218512345", "1389", "0", "2"]
    assert denm[:2] == ["310000001", "1218512345"]
    assert denm[4] == "1"


@pytest.mark.parametrize(("kind", "number"), [("CAM", 2), ("DENM", 1)])
def test_any_message_within(tmp_path: Path, kind: str, number: int) -> None:
    """Whatever is in them; the others' regional extensions it leaves as data."""
    random, of, sent = Random(1), message(kind), []
    for sequence in range(40):
        value = random_value(of.type, random)
        value["header"] |= {"protocolVersion": 2, "messageID": number}
        at = gn.Position(gn.Address(MAC), sequence, *HERE)
        packet = gn.Packet(gn.SingleHop(at), BtpB(PORTS[kind]).encode() + of.encode(value))
        sent.append(Frame(MAC, packet.encode()).encode())
    assert tshark.complaints(tshark.captured(tmp_path / "a.pcap", sent)) == []


def _beyond_32_bits(value: Any) -> bool:
    """Whether a Node's id, an INTEGER without bounds, takes more than 4 octets."""
    if isinstance(value, dict):
        return any((name == "id" and isinstance(it, int) and it.bit_length() > 31) or _beyond_32_bits(it)
                   for name, it in value.items())  # fmt: skip
    return isinstance(value, (list, tuple)) and any(map(_beyond_32_bits, value))


@pytest.mark.parametrize(("kind", "number"), [("SPATEM", 4), ("MAPEM", 5), ("IVIM", 6)])
def test_what_it_takes_amiss(tmp_path: Path, kind: str, number: int) -> None:
    """It reads integers without bounds up to 4 octets only (X.691, 13.2.6, has no such limit), and warns of lists that
    are longer than their extensible size says, as they may be (20.4). Nothing else is wrong with 40 random messages.
    """
    random, of, sent, wide = Random(3), message(kind), [], []
    while len(sent) < 40:
        value = random_value(of.type, random)
        value["header"] |= {"protocolVersion": 2, "messageID": number}
        octets = of.encode(value)
        if len(octets) <= 1300:
            packet = gn.Packet(
                gn.SingleHop(gn.Position(gn.Address(MAC), 0, *HERE)), BtpB(PORTS[kind]).encode() + octets
            )
            sent.append(Frame(MAC, packet.encode()).encode())
            wide += [len(sent)] if _beyond_32_bits(value) else []
    path = tshark.captured(tmp_path / "a.pcap", sent)
    malformed = tshark.run(path, "-Y", "_ws.malformed || _ws.short", "-T", "fields", "-e", "frame.number")
    assert [int(frame) for frame in malformed] == wide
    assert bool(wide) == (kind == "MAPEM")
    warned = tshark.run(path, "-Y", "_ws.expert && !_ws.malformed", "-T", "fields", "-e", "_ws.expert.message")
    assert all(text.startswith("Size constraint: too many items") for line in warned for text in line.split(","))


def test_beacons_and_btp_a(tmp_path: Path) -> None:
    at = gn.Position(gn.Address(MAC, gn.RSU, manual=True), 1, *HERE)
    beacon = gn.Packet(gn.Beacon(at), next="any", mobile=False)
    payload = BtpA(PORTS["CAM"], 4000).encode() + messages()["CAM"].encode()
    asked = gn.Packet(gn.SingleHop(at), payload, next="btp-a")
    path = tshark.captured(tmp_path / "a.pcap", [Frame(MAC, packet.encode()).encode() for packet in (beacon, asked)])
    assert tshark.complaints(path) == []
    rows = tshark.fields(path, "geonw.ch.htype", "geonw.ch.flags.mob", "geonw.src_pos.addr.manual", "btpa.srcport")
    assert [[int(value, 0) if value else None for value in row] for row in rows] == [
        [0x10, 0, 1, None],
        [0x50, 1, 1, 4000],
    ]


@pytest.mark.parametrize("place", ["length", "port", "message"])
def test_a_planted_error_is_seen(tmp_path: Path, place: str) -> None:
    """A payload shorter than it says, a port where nobody is, a message cut short."""
    octets = bytearray(sent("CAM", messages()["CAM"], None))
    if place == "length":
        octets[14 + 9] += 9
    elif place == "port":
        octets[14 + 40 : 14 + 42] = (9999).to_bytes(2, "big")
    else:
        at = gn.Position(gn.Address(MAC), 1, *HERE)
        cut = gn.Packet(gn.SingleHop(at), BtpB(PORTS["CAM"]).encode() + bytes(octets[58:70]))
        octets = bytearray(Frame(MAC, cut.encode()).encode())
    path = tshark.captured(tmp_path / "a.pcap", [bytes(octets)])
    assert len(tshark.complaints(path)) == 1
