"""What packets are wrapped in: by link type and ethertype, as tshark tells it; what is not V2X is passed over."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.edge.net import tshark
from tests.edge.net.packets import HERE, MAC, messages
from wayside.edge.errors import DecodeError
from wayside.edge.net import geonetworking as gn
from wayside.edge.net import pcap, wsmp
from wayside.edge.net.btp import PORTS, BtpB
from wayside.edge.net.dissect import dissect

CAM = gn.Packet(
    gn.SingleHop(gn.Position(gn.Address(MAC), 1, *HERE)), BtpB(PORTS["CAM"]).encode() + messages()["CAM"].encode()
).encode()
ALL, US = b"\xff" * 6, MAC
ETHERNET = ALL + US
TYPE = b"\x89\x47"
SNAP = bytes.fromhex("aaaa03000000") + TYPE
DATA = b"\x08\0\0\0" + ALL + US + ALL + b"\0\0"
QOS = b"\x88\0\0\0" + ALL + US + ALL + b"\0\0" + b"\x27\0"
RADIOTAP = struct.pack("<BBHIB", 0, 0, 9, 2, 0x10)

WRAPPED = {
    "Ethernet": (1, ETHERNET + TYPE + CAM),
    "a tag": (1, ETHERNET + b"\x81\0\xa0\x07" + TYPE + CAM),
    "two tags": (1, ETHERNET + b"\x88\xa8\0\1\x81\0\xa0\x07" + TYPE + CAM),
    "802.3 with SNAP": (1, ETHERNET + struct.pack(">H", len(SNAP + CAM)) + SNAP + CAM),
    "cooked": (113, struct.pack(">HHH", 1, 1, 6) + US + b"\0\0" + TYPE + CAM),
    "cooked 2": (276, TYPE + struct.pack(">HIHBB", 0, 3, 1, 1, 6) + US + b"\0\0" + CAM),
    "802.11": (105, DATA + SNAP + CAM),
    "802.11 QoS": (105, QOS + SNAP + CAM),
    "radiotap": (127, RADIOTAP + QOS + SNAP + CAM + bytes(4)),
    "PPI": (192, struct.pack("<BBHI", 0, 0, 8, 105) + QOS + SNAP + CAM),
}


def captured(path: Path, link: int, *packets: bytes) -> Path:
    head = bytearray(pcap.head())
    head[20:24] = struct.pack("<I", link)
    records = b"".join(struct.pack("<IIII", 1_767_225_661, 0, len(p), len(p)) + p for p in packets)
    path.write_bytes(head + records)
    return path


@pytest.mark.parametrize("name", WRAPPED)
def test_a_cam_in_every_wrapping(name: str, tmp_path: Path) -> None:
    link, octets = WRAPPED[name]
    found = dissect(octets, link=link)
    assert (found.problem, found.passed_over) == ("", "")
    assert found.json["message"] == "CAM"
    assert found.json["geonetworking"] == dissect(CAM).json["geonetworking"]
    ((station,),) = tshark.fields(captured(tmp_path / "a.pcap", link, octets), "its.stationID")
    assert int(station) == found.json["value"]["header"]["stationID"]
    assert [path_link for _, path_link, _ in pcap.packets(tmp_path / "a.pcap")] == [link]


def test_what_the_headers_say() -> None:
    assert dissect(WRAPPED["radiotap"][1], link=127).json["802.11"] == {
        "source": "02:00:00:00:00:07",
        "destination": "ff:ff:ff:ff:ff:ff",
        "priority": "7",
    }
    assert dissect(WRAPPED["a tag"][1], link=1).json["vlan"] == {"id": 7, "priority": 5}
    assert dissect(WRAPPED["cooked"][1], link=113).json["linux cooked"]["packet"] == "broadcast"


@pytest.mark.parametrize(
    ("link", "octets", "what"),
    [
        (1, b"\x02\x01" + bytes(10) + b"\x08\x06" + bytes(28), "ARP"),  # begins as a DENM does
        (1, b"\x02\x02" + bytes(10) + b"\x08\x00" + bytes(40), "IPv4"),
        (1, b"\x12\x34" + bytes(10) + b"\x86\xdd" + bytes(40), "IPv6"),  # begins as GeoNetworking does
        (1, ETHERNET + b"\x12\x34" + bytes(20), "ethertype 0x1234"),
        (1, ETHERNET + b"\0\x26\x42\x42\x03" + bytes(40), "LLC"),
        (1, ETHERNET + b"\x81\0\0\1\x08\0" + bytes(20), "IPv4"),
        (113, struct.pack(">HHH", 0, 1, 6) + US + b"\0\0\x08\x06" + bytes(28), "ARP"),
        (105, b"\x80\0" + bytes(40), "802.11 management"),
        (105, b"\xd4\0" + bytes(8), "802.11 control"),
        (105, b"\x08\x40\0\0" + ALL * 3 + b"\0\0" + bytes(20), "802.11 encrypted"),
        (105, b"\x48\0\0\0" + ALL * 3 + b"\0\0", "802.11 without data"),
    ],
)
def test_what_is_not_ours_is_passed_over(link: int, octets: bytes, what: str) -> None:
    found = dissect(octets, link=link)
    assert (found.problem, found.passed_over) == ("", what)
    assert "message" not in found.json


@pytest.mark.parametrize(
    ("link", "octets", "told"),
    [
        (1, bytes(13), "Ethernet header: ends after 13 octets: must have 14"),
        (1, ETHERNET + b"\x81\0\0", "802.1Q tag: ends after 1 octets: must have 4"),
        (105, b"\x88\0" + bytes(22), "802.11 header: ends after 24 octets: must have 26"),
        (127, b"\0\0\x40\0" + bytes(10), "radiotap header: ends after 14 octets: must have 64"),
        (127, b"\1\0\x08\0" + bytes(10), "radiotap version = 1"),
        (192, struct.pack("<BBHI", 0, 0, 8, 999) + bytes(10), "PPI: link type = 999"),
        (101, bytes(20), "link type = 101: must be one of 1 (Ethernet), 105 (802.11)"),
        (1, ETHERNET + TYPE + b"\x01" + CAM[1:], "GN version = 0, of EN 302 636-4-1 V1.2.0 and before: must be 1"),
    ],
)
def test_what_is_cut_short_is_told(link: int, octets: bytes, told: str) -> None:
    assert dissect(octets, link=link).problem.startswith(told)


@pytest.mark.parametrize(
    ("head", "psid"),
    [
        ("03002003", 0x20),  # a PSID of one octet
        ("0b010401ac00800303", 0x83),  # an extension, and a PSID of two octets
        ("0301c00003010f01558003", 0x4083),  # three octets, an extension behind, a long length
        ("03020001000203", None),  # ports
    ],
)
def test_wave_short_messages(head: str, psid: int | None) -> None:
    message = wsmp.Wsm.decode(bytes.fromhex(head) + b"abc")
    assert (message.psid, message.payload) == (psid, b"abc")


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        ("02", "WSMP version = 2: must be 3"),
        ("0308", "WSMP transport = 4: must be 0"),
        ("0300f0", "WSMP PSID: first octet = 0xf0"),
        ("03002005", "WSMP data: ends after 0 octets: must have 5"),
    ],
)
def test_what_is_no_wave_short_message(octets: str, told: str) -> None:
    with pytest.raises(DecodeError, match=told):
        wsmp.Wsm.decode(bytes.fromhex(octets))
