"""What a packet says, layer by layer: for people to read, and as JSON. It may start with any of its layers.

A frame starts with Ethernet's header, a packet with GeoNetworking's; all else is taken as a bare message. In frames of
the Chinese set the adaptation layer and DSMP stand in GeoNetworking's place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from wayside.edge.errors import DecodeError
from wayside.edge.messages import build, own
from wayside.edge.messages import schema as s
from wayside.edge.net import btp, dsmp, ethernet
from wayside.edge.net import geonetworking as gn

Line = tuple[int, str, str]  # how deep, name, text

_LATER_VAM: Final = 16  # from TS 103 300-3 V2.2.1 on, of other types: what reads it as the first edition reads nonsense
# By the messageID of the ITS header; TS 102 894-2, MessageId. 14 was CPM's first, and VAM's first edition has it too.
_KINDS: Final = {
    1: "DENM",
    2: "CAM",
    3: "POIM",
    4: "SPATEM",
    5: "MAPEM",
    6: "IVIM",
    7: "EV_RSR",
    9: "SREM",
    10: "SSEM",
    11: "EVCSN",
    12: "SAEM",
    13: "RTCMEM",
    14: "CPM",
    _LATER_VAM: "VAM",
    own.PARKING_REQUEST_ID: "PARKING_REQUEST",
    own.PARKING_RESPONSE_ID: "PARKING_RESPONSE",
}
# By DSMP's AID; what is not here has an ITS header.
_BY_AID: Final = dict.fromkeys(dsmp.SET, "MESSAGE_FRAME")
_BY_PORT: Final = {port: name for name, port in btp.PORTS.items()}
_GN_FIRST: Final = gn.VERSION << 4  # no protocolVersion of a message is so high
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


def dissect(data: bytes, kind: str | None = None) -> Dissection:
    """Reads as far as it can. kind: the message's name (`catalogue.MODULES`), else told by its port or its header."""
    found = Dissection()
    try:
        _read(found, data, kind)
    except DecodeError as error:
        found.problem = found.json["problem"] = str(error)
    return found


def _read(found: Dissection, data: bytes, kind: str | None) -> None:
    if not data:
        raise DecodeError("no octets")
    if data[12:14] == dsmp.ETHERTYPE.to_bytes(2, "big"):
        return _short_message(found, _frame(found, data), kind)
    is_frame = data[12:14] == ethernet.GEONETWORKING.to_bytes(2, "big")
    if not is_frame and data[0] & 0xF0 != _GN_FIRST:
        return _message(found, data, kind or _told_by_header(data, None))
    if is_frame:
        data = _frame(found, data)
    packet = gn.Packet.decode(data)
    _show(found, "GeoNetworking", _geonetworking(packet))
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
    data = packet.payload[btp.SIZE :]
    if kind is None:
        kind = _BY_PORT.get(port) if port != btp.PORTS["CPM"] else None
        kind = kind or _told_by_header(data, port)
    return _message(found, data, kind)


def _frame(found: Dissection, data: bytes) -> bytes:
    """What a frame carries."""
    frame = ethernet.Frame.decode(data)
    source, destination = ethernet.mac_text(frame.source), ethernet.mac_text(frame.destination)
    values = {"source": source, "destination": destination, "ethertype": f"0x{frame.ethertype:04x}"}
    _show(found, "Ethernet", values)
    return frame.payload


def _short_message(found: Dissection, data: bytes, kind: str | None) -> None:
    short = dsmp.Message.decode(data)
    values: dict[str, Any] = {"aid": short.aid, "payload_in_octets": len(short.payload)}
    if short.extension:
        values["extension"] = ", ".join(f"{number}: {octets.hex()}" for number, octets in short.extension)
    _show(found, "DSMP", values)
    _message(found, short.payload, kind or _BY_AID.get(short.aid) or _told_by_header(short.payload, None))


def _told_by_header(data: bytes, port: int | None) -> str:
    """The message that an ITS header announces; CPM's version 1 is TR 103 562's."""
    version, number = (*data[:2], -1, -1)[:2]
    kind = _KINDS.get(number) if version in (1, 2, 3) else None
    if kind is None:
        where = "" if port is None else f" at port {port}"
        raise DecodeError(f"message{where} starts with {data[:2].hex() or 'nothing'}: not known; --as says what it is")
    return "CPM_TR" if kind == "CPM" and version == 1 else kind


def _message(found: Dissection, data: bytes, kind: str) -> None:
    if kind == "VAM" and data[1:2] == bytes((_LATER_VAM,)):
        raise DecodeError(f"VAM: messageID = {_LATER_VAM}: of TS 103 300-3 V2.2.1 or later, which is not supported")
    said = build.decode(kind, data)
    found.lines += [(0, said.message.name, said.message.source), *said.lines()]
    found.json |= {"message": kind, "value": plain(said.message.type, said.si)}


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
            lines.append((depth, label, f"{text} {unit.replace('_per_', '/')}".strip()))
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
            "mac": ethernet.mac_text(at.address.mac),
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
