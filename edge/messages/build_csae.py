"""The Chinese messages, as `build` has them: BSM, SPAT, RSM, RSI; each in its MessageFrame (YD/T 3709-2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayside.edge.messages.build import Position, Said, said
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.si import direction

_OFFSETS = (2**11, 2**13, 2**15, 2**17, 2**21, 2**23)  # 0.1 microdegree, exclusive
_STEP, _HEADING = 1e-7, 0.0125  # degrees


def _frame(kind: str, content: dict[str, Any]) -> Said:
    return said("MESSAGE_FRAME", (kind, content))


def _octets(station: int) -> bytes:
    """The 8 octets that a station's number makes."""
    return station.to_bytes(8, "big")


def offset(position: Position, reference: Position) -> tuple[str, dict[str, float]]:
    """A position relative to another in the shortest form that holds it (PositionOffsetLL)."""
    latitude, longitude = position[0] - reference[0], position[1] - reference[1]
    reach = max(abs(latitude), abs(longitude)) / _STEP + 1
    for k, most in enumerate(_OFFSETS):
        if reach < most:
            return (f"position-LL{k + 1}", {"lon": longitude, "lat": latitude})
    return ("position-LatLon", {"lon": position[1], "lat": position[0]})


def bsm(
    station: int,
    position: Position,
    time: float,
    *,
    count: int = 0,
    kind: int = 10,
    heading: float = 0.0,
    speed: float | None = None,
    length: float = 0.0,
    width: float = 0.0,
    acceleration: float | None = None,
    yaw_rate: float = 0.0,
    elevation: float | None = None,
    transmission: str = "unavailable",
) -> Said:
    """A vehicle's BSM. count: of the station's messages; kind: BasicVehicleClass; else as `build.cam`."""
    where: dict[str, Any] = {"lat": position[0], "long": position[1]}
    if elevation is not None:
        where["elevation"] = elevation
    return _frame(
        "bsmFrame",
        {
            "msgCnt": count % 128,
            "id": _octets(station),
            "secMark": minute_and_millisecond(time)[1] / 1000,
            "pos": where,
            "transmission": transmission,
            "speed": speed,
            "heading": direction(heading, _HEADING),
            "accelSet": {"long": acceleration, "lat": None, "vert": None, "yaw": yaw_rate},
            "brakes": {},
            "size": {"width": width, "length": length},
            "vehicleClass": {"classification": kind},
        },
    )


def spat(
    intersection: int,
    phases: Mapping[int, tuple[str, float | None, float | None]],
    time: float,
    *,
    region: int | None = None,
    count: int = 0,
) -> Said:
    """Phase -> (LightState, s from now until it ends at the earliest, and likely; None where not known)."""
    minute, millisecond = minute_and_millisecond(time)
    states = []
    for phase, (light, earliest, likely) in phases.items():
        timing: dict[str, Any] = {"startTime": 0.0, "likelyEndTime": likely}
        if earliest is not None:
            timing["minEndTime"] = earliest
        states.append({"id": phase, "phaseStates": [{"light": light, "timing": ("counting", timing)}]})
    node = {"id": intersection} if region is None else {"region": region, "id": intersection}
    content = {
        "intersectionId": node,
        "status": (),
        "moy": minute,
        "timeStamp": millisecond / 1000,
        "phases": states,
    }
    return _frame("spatFrame", {"msgCnt": count % 128, "intersections": [content]})


@dataclass(frozen=True)
class Participant:
    """A road user that a roadside unit sees. type: ParticipantType; source: SourceType; size: width, length [m]."""

    id: int
    position: Position
    heading: float = 0.0
    speed: float | None = None
    size: tuple[float, float] = (0.0, 0.0)
    type: str = "motor"
    source: str = "video"


def rsm(unit: int, reference: Position, seen: Sequence[Participant], time: float, *, count: int = 0) -> Said:
    """The road users that a roadside unit sees, positions relative to a reference."""
    millisecond = minute_and_millisecond(time)[1]
    participants = [
        {
            "ptcType": one.type,
            "ptcId": one.id,
            "source": one.source,
            "secMark": millisecond / 1000,
            "pos": {"offsetLL": offset(one.position, reference)},
            "posConfidence": {"pos": "unavailable"},
            "speed": one.speed,
            "heading": direction(one.heading, _HEADING),
            "size": {"width": one.size[0], "length": one.size[1]},
        }
        for one in seen
    ]
    where = {"lat": reference[0], "long": reference[1]}
    return _frame(
        "rsmFrame", {"msgCnt": count % 128, "id": _octets(unit), "refPos": where, "participants": participants}
    )


def rsi(
    unit: int,
    reference: Position,
    time: float,
    *,
    events: Sequence[tuple[int, int, Position, float]] = (),
    signs: Sequence[tuple[int, int, Position]] = (),
    source: str = "detection",
    count: int = 0,
) -> Said:
    """Events (number, type of GB/T 29100, position, radius [m]) and signs (number, type of GB 5768.2, position)."""
    content: dict[str, Any] = {
        "msgCnt": count % 128,
        "moy": minute_and_millisecond(time)[0],
        "id": _octets(unit),
        "refPos": {"lat": reference[0], "long": reference[1]},
    }
    if events:
        content["rtes"] = [
            {
                "rteId": number,
                "eventType": type,
                "eventSource": source,
                "eventPos": {"offsetLL": offset(where, reference)},
                "eventRadius": radius,
            }
            for number, type, where, radius in events
        ]
    if signs:
        content["rtss"] = [
            {"rtsId": number, "signType": type, "signPos": {"offsetLL": offset(where, reference)}}
            for number, type, where in signs
        ]
    return _frame("rsiFrame", content)
