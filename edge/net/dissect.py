"""What a packet says, layer by layer: for people to read, and as JSON. It may start with any of its layers.

In a capture the link type tells what a packet starts with, and ethertypes what follows. Octets of which nobody says
more are a frame where an ethertype of ours stands in its place, a packet where they start as GeoNetworking does, else a
bare message. In GeoNetworking's place the Chinese set has the adaptation layer and DSMP, the American one WSMP.

Secured packets are read like others, but nothing is verified: it says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from wayside.edge.errors import DecodeError
from wayside.edge.messages import build, catalogue
from wayside.edge.messages import schema as s
from wayside.edge.messages.kinds import VERSIONS
from wayside.edge.messages.program import Message
from wayside.edge.net import btp, dsmp, links, security, wsmp
from wayside.edge.net import geonetworking as gn
from wayside.edge.net.ethernet import GEONETWORKING, mac_text

Line = tuple[int, str, str]  # how deep, name, text

# By DSMP's AID; what is not here has an ITS header.
_BY_AID: Final = dict.fromkeys(dsmp.SET, "MESSAGE_FRAME")
_BY_PORT: Final = {port: name for name, port in btp.PORTS.items()}
_GN_FIRST: Final = gn.VERSION << 4  # no protocolVersion of a message is so high
_GN_SECURED: Final = bytes((gn.VERSION << 4 | gn.SECURED,))
_STATION_TYPES: Final = (
    "unknown", "pedestrian", "cyclist", "moped", "motorcycle", "passengerCar", "bus", "lightTruck", "heavyTruck",
    "trailer", "specialVehicles", "tram", "12", "13", "14", "roadSideUnit",
)  # fmt: skip


@dataclass
class Dissection:
    """The layers that could be read, and what was wrong with the next (empty: nothing)."""

    lines: list[Line] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    passed_over: str = ""  # what it is instead of a message that can be read: ARP, encrypted ...
    signed: bool = False  # by somebody, which nobody has verified


def dissect(data: bytes, kind: str | Message | None = None, link: int | None = None) -> Dissection:
    """Reads as far as it can.

    kind: the message or its name (`catalogue.names`), else told by its port or its header; link: the link type of the
    capture that it comes from (`links`), None for octets that come from nowhere.
    """
    found = Dissection()
    try:
        _read(found, data, kind, link)
    except DecodeError as error:
        found.problem = found.json["problem"] = str(error)
    return found


def _read(found: Dissection, data: bytes, kind: str | Message | None, link: int | None) -> None:
    if not data:
        raise DecodeError("no octets")
    if link is None and int.from_bytes(data[12:14], "big") in links.OURS:
        link = links.ETHERNET
    if link is not None:
        return _frame(found, links.unwrapped(link, data), kind)
    if data[0] & 0xF0 == _GN_FIRST:
        return _packet(found, data, kind)
    return _message(found, _opened(found, data), kind, None)


def _frame(found: Dissection, frame: links.Unwrapped, kind: str | Message | None) -> None:
    for name, values in frame.headers:
        _show(found, name, values)
    if frame.passed_over:
        found.passed_over = frame.passed_over
    elif frame.ethertype == GEONETWORKING:
        _packet(found, frame.payload, kind)
    elif frame.ethertype == links.WSMP:
        _wave(found, frame.payload, kind)
    else:
        _short_message(found, frame.payload, kind)


def _packet(found: Dissection, data: bytes, kind: str | Message | None) -> None:
    """GeoNetworking, from the basic header on."""
    envelope = None
    if data[:1] == _GN_SECURED:
        envelope = security.read(data[gn.BASIC :])
        # What is secured begins with the common header; with the basic one before it, it is a packet like others.
        data = bytes((data[0] & 0xF0 | gn.COMMON_NEXT,)) + data[1 : gn.BASIC] + envelope.payload
        if envelope.content == "encrypted":
            return _encrypted(found)
    packet = gn.Packet.decode(data)
    _show(found, "GeoNetworking", _geonetworking(packet))
    if envelope is not None:
        _show_envelope(found, envelope)
    if packet.next == "btp-b":
        to = btp.BtpB.decode(packet.payload)
        _show(found, "BTP-B", {"port": to.port, "info": to.info})
    elif packet.next == "btp-a":
        to_and_from = btp.BtpA.decode(packet.payload)
        _show(found, "BTP-A", {"port": to_and_from.port, "source": to_and_from.source})
    else:
        if packet.payload:
            _show(found, "payload", {"octets": packet.payload.hex()})
        return None
    port = int.from_bytes(packet.payload[:2], "big")
    if kind is None:
        kind = _told_by_port(port)
    return _message(found, packet.payload[btp.SIZE :], kind, port)


def _opened(found: Dissection, data: bytes) -> bytes:
    """What an IEEE 1609.2 envelope holds, or the octets themselves where there is none around them."""
    if data[:2] not in security.FIRST:
        return data
    envelope = security.read(data)
    if envelope.content == "encrypted":
        _encrypted(found)
        return b""
    _show_envelope(found, envelope)
    return envelope.payload


def _show_envelope(found: Dissection, envelope: security.Envelope) -> None:
    found.signed = envelope.content == "signed"
    _show(found, "Security", {"content": envelope.content, "verified": False} | envelope.values)


def _encrypted(found: Dissection) -> None:
    found.passed_over = "encrypted"
    _show(found, "Security", {"content": "encrypted"})


def _short_message(found: Dissection, data: bytes, kind: str | Message | None) -> None:
    short = dsmp.Dsm.decode(data)
    values: dict[str, Any] = {"aid": short.aid, "payload_in_octets": len(short.payload)}
    if short.extension:
        values["extension"] = ", ".join(f"{number}: {octets.hex()}" for number, octets in short.extension)
    _show(found, "DSMP", values)
    _message(found, _opened(found, short.payload), kind or _BY_AID.get(short.aid), None)


def _wave(found: Dissection, data: bytes, kind: str | Message | None) -> None:
    short = wsmp.Wsm.decode(data)
    _show(found, "WSMP", {"psid": short.psid, "payload_in_octets": len(short.payload)})
    _message(found, _opened(found, short.payload), kind or "J2735_FRAME", None)


def _told_by_port(port: int) -> str | None:
    """The message that goes to a BTP port, None where several do; those of installed packages after our own."""
    if port == btp.PORTS["CPM"]:
        return None
    return _BY_PORT.get(port) or next((k.etsi.message for k in catalogue.installed() if k.etsi.port == port), None)


def _told_by_id(number: int) -> str | None:
    """The message that has a messageID; those of installed packages after our own."""
    if number in catalogue.IDS:
        return catalogue.IDS[number]
    return next((k.etsi.message for k in catalogue.installed() if k.etsi.id.number == number), None)


def _told_by_header(data: bytes, port: int | None) -> str:
    """The message that an ITS header announces; CPM's version 1 is TR 103 562's."""
    version, number = (*data[:2], -1, -1)[:2]
    kind = _told_by_id(number) if version in VERSIONS else None
    if kind is None:
        where = "" if port is None else f" at port {port}"
        raise DecodeError(f"message{where} starts with {data[:2].hex() or 'nothing'}: not known; --as says what it is")
    return "CPM_TR" if kind == "CPM" and version == 1 else kind


def _message(found: Dissection, data: bytes, kind: str | Message | None, port: int | None) -> None:
    """The message itself; kind: None where its header tells."""
    if found.passed_over:
        return
    kind = kind or _told_by_header(data, port)
    if kind == "VAM" and data[1:2] == bytes((catalogue.LATER_VAM,)):
        later = f"VAM: messageID = {catalogue.LATER_VAM}: of TS 103 300-3 V2.2.1 or later"
        raise DecodeError(f"{later}, which is not supported")
    of = catalogue.message(kind) if isinstance(kind, str) else kind
    said = build.Said(of, of.decode(data))
    source = said.message.source + (", signed, not verified" if found.signed else "")
    found.lines += [(0, said.message.name, source), *said.lines()]
    found.json |= {"message": kind if isinstance(kind, str) else of.name, "value": plain(said.message.type, said.si)}
    if found.signed:
        found.json["verified"] = False


def _show(found: Dissection, name: str, values: dict[str, Any]) -> None:
    found.json[name.lower()] = values
    found.lines.append((0, name, ""))
    found.lines += _tree(values, 1)


def _tree(values: dict[str, Any], depth: int) -> list[Line]:
    lines: list[Line] = []
    for name, value in values.items():
        if isinstance(value, dict):
            lines += [(depth, name, ""), *_tree(value, depth + 1)]
        else:
            label, _, unit = name.partition("_in_")
            text = f"{value:.10g}" if isinstance(value, float) else str(value)
            known = "unavailable" if value is None else f"{text} {unit.replace('_per_', '/')}".strip()
            lines.append((depth, label, known))
    return lines


def _geonetworking(packet: gn.Packet) -> dict[str, Any]:
    header = packet.header
    at = header.position
    kind = at.address.station_type
    values: dict[str, Any] = {
        "type": {gn.Beacon: "beacon", gn.SingleHop: "single-hop broadcast"}.get(type(header), "geo-broadcast"),
        "lifetime_in_s": packet.lifetime,
        "hops": packet.hops,
        "remaining": packet.remaining,
        "traffic_class": packet.traffic_class,
        "store": packet.store,
        "offload": packet.offload,
        "mobile": packet.mobile,
        "next": packet.next,
        "payload_in_octets": len(packet.payload),
        "position": {
            "mac": mac_text(at.address.mac),
            "station_type": _STATION_TYPES[kind] if kind < len(_STATION_TYPES) else str(kind),
            "time_in_ms": at.time,
            "latitude_in_degrees": at.latitude,
            "longitude_in_degrees": at.longitude,
            "speed_in_m_per_s": at.speed,
            "heading_in_degrees": at.heading,
            "accurate": at.accurate,
        },
    }
    if isinstance(header, gn.SingleHop):
        values["media"] = header.media.hex()
    elif isinstance(header, gn.GeoBroadcast):
        area = header.area
        values["sequence"] = header.sequence
        values["area"] = {
            "shape": area.shape,
            "latitude_in_degrees": area.latitude,
            "longitude_in_degrees": area.longitude,
            "a_in_m": area.a,
            "b_in_m": area.b,
            "angle_in_degrees": area.angle,
        }
    return values


def plain(member: s.Member, value: Any) -> Any:
    """A message's value in SI units as JSON can hold it.

    A choice is an object with its one alternative; octets are hexadecimal; bits are the names of those that are set,
    else a text of 0s and 1s.
    """
    type = s.resolved(member)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(type, s.BitString):
        if len(value) == 2 and isinstance(value[0], int):
            return format(value[0], f"0{value[1]}b") if value[1] else ""
        return list(value)
    if isinstance(type, s.Choice) and value[0] in type.alternatives:
        return {value[0]: plain(type.alternatives[value[0]], value[1])}
    if isinstance(type, s.SequenceOf):
        return [plain(type.element, element) for element in value]
    if isinstance(type, s.Sequence):
        return {str(name): plain(of, inner) for name, of, inner in s.held(type, value)}
    if isinstance(value, tuple):  # an alternative that is not known: its number, and its octets
        return [plain(s.OctetString(), part) for part in value]
    return value
