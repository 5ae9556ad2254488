"""What is told of packets: all layers, as lines and as JSON, of every message; and of what is broken."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from tests.edge.messages.values import random_value
from tests.edge.net.packets import HERE, MAC, messages
from wayside.edge.messages import build, build_roads, units
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.btp import PORTS, BtpA, BtpB
from wayside.edge.net.dissect import dissect, plain
from wayside.edge.net.ethernet import Frame

AT = gn.Position(gn.Address(MAC, gn.RSU), 1, *HERE, speed=1.5)


def frame(payload: bytes, **more: Any) -> bytes:
    return Frame(MAC, gn.Packet(gn.SingleHop(AT), payload, **more).encode()).encode()


@pytest.mark.parametrize("kind", messages())
def test_all_layers(kind: str) -> None:
    octets = messages()[kind].encode()
    found = dissect(frame(BtpB(PORTS[kind]).encode() + octets))
    assert not found.problem
    assert [name for depth, name, _ in found.lines if depth == 0] == ["Ethernet", "GeoNetworking", "BTP-B", kind]
    assert (1, "port", str(PORTS[kind])) in found.lines
    assert (2, "speed", "1.5 m/s") in found.lines
    assert (2, "station_type", "roadSideUnit") in found.lines
    assert found.json["ethernet"]["source"] == "02:00:00:00:00:07"
    assert found.json["geonetworking"]["position"]["latitude_in_degrees"] == HERE[0]
    # From the packet on, from the message on: the same.
    assert dissect(frame(BtpB(PORTS[kind]).encode() + octets)[14:]).lines == found.lines[4:]
    assert dissect(octets).json == {"message": kind, "value": found.json["value"]}


def test_areas_and_beacons() -> None:
    area = gn.Area("ellipse", *HERE, 300.0, 100.0, 45.0)
    found = dissect(gn.Packet(gn.GeoBroadcast(AT, 7, area), BtpA(2001, 5).encode(), next="btp-a").encode(), "CAM")
    assert found.json["geonetworking"]["area"]["b_in_m"] == 100.0
    assert found.json["btp-a"] == {"port": 2001, "source": 5}
    assert found.problem.startswith("CAM: header.protocolVersion: ends too early")
    found = dissect(gn.Packet(gn.Beacon(AT), next="any").encode())
    assert (found.problem, found.json["geonetworking"]["type"]) == ("", "beacon")
    assert dissect(gn.Packet(gn.Beacon(AT), b"\1\2", next="ipv6").encode()).json["payload"] == {"octets": "0102"}


def test_vams_of_later_editions() -> None:
    """They have another number, and other types."""
    vam = build_roads.vam(7, HERE, 1_767_225_661.0)
    assert not dissect(frame(BtpB(PORTS["VAM"]).encode() + vam.encode())).problem
    later = b"\3\x10" + vam.encode()[2:]
    for octets in (later, frame(BtpB(PORTS["VAM"]).encode() + later)):
        assert dissect(octets).problem == (
            "VAM: messageID = 16: of TS 103 300-3 V2.2.1 or later, which is not supported"
        )


def test_which_message() -> None:
    """By port, but CPM's edition by its header; by header where the port is nobody's; or as one is told."""
    first, second = message("CPM_TR"), message("CPM")
    random = Random(1)
    for of, version in ((first, 1), (second, 2)):
        value = random_value(of.type, random)
        value["header"] = dict(zip(value["header"], (version, 14, 7), strict=True))
        assert dissect(frame(BtpB(PORTS["CPM"]).encode() + of.encode(value))).json["message"] == of.name
    denm = messages()["DENM"].encode()
    assert dissect(frame(BtpB(9999).encode() + denm)).json["message"] == "DENM"
    assert "ends too" in dissect(frame(BtpB(9999).encode() + denm[:9])).problem
    assert dissect(frame(BtpB(9999).encode() + b"\7\7")).problem == (
        "message at port 9999 starts with 0707: not known; --as says what it is"
    )
    assert dissect(messages()["CAM"].encode(), "MESSAGE_FRAME").problem != ""
    assert dissect(b"").problem == "no octets"


@pytest.mark.parametrize("name", MODULES)
def test_json_of_every_message(name: str) -> None:
    ours, random = message(name), Random(1)
    for _ in range(15):
        value = random_value(ours.type, random)
        json.dumps(plain(ours.type, units.to_si(ours.type, value)), allow_nan=False)


def test_json_says_what_the_message_says() -> None:
    said = build.cam(7, HERE, 1_767_225_661.25, speed=13.89, lights=["fogLightOn"])
    value = plain(said.message.type, said.si)["cam"]["camParameters"]
    high = value["highFrequencyContainer"]["basicVehicleContainerHighFrequency"]
    assert high["speed"] == {"speedValue": 13.89, "speedConfidence": None}
    assert value["lowFrequencyContainer"]["basicVehicleContainerLowFrequency"]["exteriorLights"] == ["fogLightOn"]
    ivim = messages()["IVIM"]
    provider = plain(ivim.message.type, ivim.si)["ivi"]["mandatory"]["serviceProviderId"]
    assert provider == {"countryCode": "1010101010", "providerIdentifier": 7}


def test_mutations_are_told_and_never_raised() -> None:
    random = Random(1)
    valid = [frame(BtpB(PORTS[kind]).encode() + said.encode()) for kind, said in messages().items()]
    bad = 0
    for _ in range(3000):
        octets = bytearray(random.choice(valid))
        for _ in range(random.randint(1, 4)):
            octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
        found = dissect(bytes(octets[: random.randint(0, 2 * len(octets))]))
        bad += bool(found.problem)
        assert "\n" not in found.problem
        json.dumps(found.json, allow_nan=False)
    assert 1000 < bad < 3000
