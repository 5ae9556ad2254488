"""What a captured packet is wrapped in, by the link type of its capture, down to its ethertype and what follows it.

Link types are those of the tcpdump group's list. Checksums at the end stay: every packet that is read tells its length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from wayside.edge.errors import DecodeError
from wayside.edge.net import dsmp
from wayside.edge.net.ethernet import GEONETWORKING, mac_text
from wayside.edge.net.fields import taken

ETHERNET: Final = 1
WSMP: Final = 0x88DC  # the ethertype of IEEE 1609.3
OURS: Final = (GEONETWORKING, dsmp.ETHERTYPE, WSMP)
_TAGS: Final = (0x8100, 0x88A8)  # IEEE 802.1Q
_SNAP: Final = bytes.fromhex("aaaa03")  # LLC of SNAP, IEEE 802
_LEAST_ETHERTYPE: Final = 0x0600
_FOREIGN: Final = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x86DD: "IPv6",
    0x8863: "PPPoE",
    0x8864: "PPPoE",
    0x888E: "EAPOL",
    0x88CC: "LLDP",
    0x88F7: "PTP",
    0x8035: "RARP",
}


@dataclass
class Unwrapped:
    """What was found: headers by name, and either an ethertype with what follows it, or what it is instead."""

    payload: bytes
    ethertype: int = 0
    passed_over: str = ""  # not V2X: what it is
    headers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def unwrapped(link: int, data: bytes) -> Unwrapped:
    """A packet of a capture. DecodeError for a link type that is not read, and where headers are cut short."""
    if link not in LINKS:
        raise DecodeError(unread(link))
    found = LINKS[link][1](data)
    while not found.passed_over and found.ethertype in _TAGS:
        tag, found.ethertype = struct.unpack(">HH", taken(found.payload, 4, "802.1Q tag"))
        found.headers.append(("VLAN", {"id": tag & 0xFFF, "priority": tag >> 13}))
        found.payload = found.payload[4:]
    if not found.passed_over and found.ethertype not in OURS:
        found.passed_over = _FOREIGN.get(found.ethertype, f"ethertype 0x{found.ethertype:04x}")
    return found


def unread(link: int) -> str:
    """What is to be said of a link type that is not read."""
    return f"link type = {link}: must be one of {', '.join(f'{n} ({name})' for n, (name, _) in sorted(LINKS.items()))}"


def _typed(ethertype: int, payload: bytes) -> Unwrapped:
    """By an ethertype, or, where that is a length, by what LLC says."""
    if ethertype >= _LEAST_ETHERTYPE:
        return Unwrapped(payload, ethertype)
    return _llc(payload)


def _llc(payload: bytes) -> Unwrapped:
    """LLC with SNAP; stations outside a network may say an ethertype in its place (IEEE 802.11, EPD)."""
    if payload[:3] == _SNAP and len(payload) >= 8:
        return Unwrapped(payload[8:], int.from_bytes(payload[6:8], "big"))
    if len(payload) >= 2 and int.from_bytes(payload[:2], "big") in OURS:
        return Unwrapped(payload[2:], int.from_bytes(payload[:2], "big"))
    return Unwrapped(payload, passed_over="LLC")


def _ethernet(data: bytes) -> Unwrapped:
    head = taken(data, 14, "Ethernet header")
    ethertype = int.from_bytes(head[12:], "big")
    found = _typed(ethertype, data[14:])
    values = {"source": mac_text(head[6:12]), "destination": mac_text(head[:6]), "ethertype": f"0x{ethertype:04x}"}
    found.headers.insert(0, ("Ethernet", values))
    return found


def _cooked(data: bytes) -> Unwrapped:
    """LINUX_SLL: type of packet, of hardware, length of the address, address (8), protocol."""
    kind, _, size, address, protocol = struct.unpack(">HHH8sH", taken(data, 16, "Linux cooked header"))
    return _cooked_as(kind, address[: min(size, 8)], protocol, data[16:])


def _cooked_2(data: bytes) -> Unwrapped:
    """LINUX_SLL2: protocol, reserved, interface, type of hardware, of packet, length of the address, address."""
    head = taken(data, 20, "Linux cooked header")
    protocol, _, _, _, kind, size, address = struct.unpack(">HHIHBB8s", head)
    return _cooked_as(kind, address[: min(size, 8)], protocol, data[20:])


def _cooked_as(kind: int, address: bytes, protocol: int, payload: bytes) -> Unwrapped:
    found = _llc(payload) if protocol == 4 else Unwrapped(payload, protocol)
    if protocol < _LEAST_ETHERTYPE and protocol != 4:
        found.passed_over = f"protocol {protocol}"
    kinds = ("to this host", "broadcast", "multicast", "to another host", "sent")
    values = {"source": mac_text(address), "packet": kinds[kind] if kind < len(kinds) else str(kind)}
    found.headers.insert(0, ("Linux cooked", values))
    return found


def _wifi(data: bytes) -> Unwrapped:
    """IEEE 802.11, clause 9.2: only data frames in the clear carry anything of ours."""
    if len(data) >= 2 and (data[0] >> 2 & 3) != 2:
        return Unwrapped(b"", passed_over="802.11 " + ("management", "control", "", "extension")[data[0] >> 2 & 3])
    head = taken(data, 24, "802.11 header")
    subtype, flags = head[0] >> 4, head[1]
    to_ds, from_ds = flags & 1, flags >> 1 & 1
    size = 24 + 6 * (to_ds and from_ds) + 2 * (subtype >> 3)
    size += 4 * (flags >> 7 & subtype >> 3)
    taken(data, size, "802.11 header")
    one, two, three = head[4:10], head[10:16], head[16:22]
    source = data[24:30] if to_ds and from_ds else (three if from_ds else two)
    values = {"source": mac_text(source), "destination": mac_text(three if to_ds else one)}
    if subtype & 8:
        values["priority"] = str(data[size - 2 - 4 * (flags >> 7 & 1)] & 7)
    if subtype & 4:
        found = Unwrapped(b"", passed_over="802.11 without data")
    elif flags & 0x40:
        found = Unwrapped(b"", passed_over="802.11 encrypted")
    else:
        found = _llc(data[size:])
    found.headers.insert(0, ("802.11", values))
    return found


def _radiotap(data: bytes) -> Unwrapped:
    version, _, size = struct.unpack("<BBH", taken(data, 4, "radiotap header"))
    if version != 0 or size < 8:
        raise DecodeError(f"radiotap version = {version}, length = {size}: must be 0, and 8 or more")
    taken(data, size, "radiotap header")
    return _wifi(data[size:])


def _per_packet(data: bytes) -> Unwrapped:
    """PPI: version, flags, length, the link type of what follows."""
    _, _, size, link = struct.unpack("<BBHI", taken(data, 8, "PPI header"))
    taken(data, size, "PPI header")
    if link not in LINKS or link == _PER_PACKET or size < 8:
        raise DecodeError(f"PPI: link type = {link}, length = {size}: must be one that is read, and 8 or more")
    return LINKS[link][1](data[size:])


_PER_PACKET: Final = 192
LINKS: Final[dict[int, tuple[str, Callable[[bytes], Unwrapped]]]] = {
    ETHERNET: ("Ethernet", _ethernet),
    105: ("802.11", _wifi),
    113: ("Linux cooked", _cooked),
    127: ("802.11 with radiotap", _radiotap),
    _PER_PACKET: ("per-packet information", _per_packet),
    276: ("Linux cooked 2", _cooked_2),
}
