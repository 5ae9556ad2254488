"""Messages by what they say, in SI units: `cam(...)`, `denm(cause="accident", ...)`; and what a received one says.

Each returns a `Said`: `encode()` gives its octets, `value` is as the standard has it (all of it can be changed before
it is sent), `si` the same in SI units. What is left out is said to be unavailable, where the standard can say so.
Positions are (latitude, longitude) in degrees, times seconds since 1970 (UTC), headings degrees clockwise from north.
ValueError for a name that there is not; EncodeError, when encoded, for a quantity that the standard cannot express.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wayside.edge.messages import CAUSES
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.program import Message
from wayside.edge.messages.si import direction as direction_of
from wayside.edge.messages.si import timestamp_its
from wayside.edge.messages.units import from_si, lines, to_si

Position = tuple[float, float]

RSU = 15  # StationType of a roadside unit; TS 102 894-2, StationType


@dataclass(frozen=True)
class Said:
    """A message and what it says."""

    message: Message
    value: Any  # by the standard

    def encode(self) -> bytes:
        """The octets."""
        return self.message.encode(self.value)

    @property
    def si(self) -> Any:
        """The value in SI units (`units.to_si`)."""
        return to_si(self.message.type, self.value)

    def __str__(self) -> str:
        text = [f"{'  ' * depth}{name}: {said}".rstrip(" :") for depth, name, said in self.lines()]
        return "\n".join([self.message.name, *text])

    def lines(self) -> list[tuple[int, str, str]]:
        """For people to read, top down: how deep, name, text (`units.lines`)."""
        return [(depth, name, text) for depth, name, text in lines(self.message.type, self.value) if name]


def said(name: str, si: Any) -> Said:
    """A message by its name, of a value in SI units."""
    of = message(name)
    return Said(of, from_si(of.type, si))


def decode(name: str, data: bytes) -> Said:
    """A received message of a kind (`catalogue.MODULES`). DecodeError where the octets are none of these."""
    of = message(name)
    return Said(of, of.decode(data))


def header(message_id: int, station: int, version: int = 2) -> dict[str, int]:
    """An ItsPduHeader; version: of the message, which most are at the second of."""
    return {"protocolVersion": version, "messageID": message_id, "stationID": station}


def reference_position(position: Position | None, altitude: float | None = None) -> dict[str, Any]:
    """A ReferencePosition in SI units, of unknown confidence."""
    latitude, longitude = position or (None, None)
    ellipse = dict.fromkeys(("semiMajorConfidence", "semiMinorConfidence", "semiMajorOrientation"))
    return {
        "latitude": latitude,
        "longitude": longitude,
        "positionConfidenceEllipse": ellipse,
        "altitude": {"altitudeValue": altitude, "altitudeConfidence": "unavailable"},
    }


def cam(
    station: int,
    position: Position,
    time: float,
    *,
    kind: int = 5,
    heading: float | None = None,
    speed: float | None = None,
    length: float | None = None,
    width: float | None = None,
    acceleration: float | None = None,
    yaw_rate: float | None = None,
    direction: str = "unavailable",
    lights: Iterable[str] | None = None,
    role: str = "default",
    path: Sequence[tuple[float, float, float | None]] | None = None,
) -> Said:
    """A vehicle's CAM (EN 302 637-2); with lights or a path, also the low frequency container.

    kind: StationType, 5 a car; heading, speed [m/s], length, width [m], acceleration [m/s^2], yaw rate to the
    left [degrees/s];
    direction: "forward" or "backward"; lights: those that are on (ExteriorLights); path: points behind the vehicle,
    the newest first, each (north, east) of the one before [degrees of latitude and longitude] and s since it.
    """
    motion = {
        "heading": {"headingValue": direction_of(heading, 0.1), "headingConfidence": None},
        "speed": {"speedValue": speed, "speedConfidence": None},
        "driveDirection": direction,
        "vehicleLength": {"vehicleLengthValue": length, "vehicleLengthConfidenceIndication": "unavailable"},
        "vehicleWidth": width,
        "longitudinalAcceleration": {
            "longitudinalAccelerationValue": acceleration,
            "longitudinalAccelerationConfidence": None,
        },
        "curvature": {"curvatureValue": None, "curvatureConfidence": "unavailable"},
        "curvatureCalculationMode": "unavailable",
        "yawRate": {"yawRateValue": yaw_rate, "yawRateConfidence": "unavailable"},
    }
    parameters: dict[str, Any] = {
        "basicContainer": {"stationType": kind, "referencePosition": reference_position(position)},
        "highFrequencyContainer": ("basicVehicleContainerHighFrequency", motion),
    }
    if lights is not None or path is not None:
        low = {"vehicleRole": role, "exteriorLights": tuple(lights or ()), "pathHistory": _points(path or ())}
        parameters["lowFrequencyContainer"] = ("basicVehicleContainerLowFrequency", low)
    generated = timestamp_its(time) % 65536 / 1000
    return said(
        "CAM", {"header": header(2, station), "cam": {"generationDeltaTime": generated, "camParameters": parameters}}
    )


def _points(path: Sequence[tuple[float, float, float | None]]) -> list[dict[str, Any]]:
    return [
        {"pathPosition": {"deltaLatitude": north, "deltaLongitude": east, "deltaAltitude": None}}
        | ({} if since is None else {"pathDeltaTime": since})
        for north, east, since in path
    ]


def denm(
    station: int,
    cause: str | int,
    position: Position,
    time: float,
    *,
    sequence: int = 0,
    detected: float | None = None,
    subcause: int = 0,
    quality: int = 0,
    validity: float = 600.0,
    interval: float | None = None,
    relevance: str | None = None,
    direction: str | None = None,
    speed: float | None = None,
    heading: float | None = None,
    traces: Sequence[Sequence[tuple[float, float, float | None]]] = (),
    kind: int = RSU,
    termination: str | None = None,
    altitude: float | None = None,
) -> Said:
    """A hazard (EN 302 637-3); with traces, a speed or a heading, also where it lies on the road.

    cause: by name (`CAUSES`) or code of table 10; sequence: of the station's events; time, detected: of this message
    and of the event; validity, interval of repetition [s]; relevance: "lessThan50m" and so on, direction:
    "upstreamTraffic" and so on (RelevanceDistance, RelevanceTrafficDirection); traces: ways to it, as `cam`'s path;
    termination: "isCancellation" or "isNegation"; altitude: of the event [m].
    """
    if isinstance(cause, str) and cause not in CAUSES:
        raise ValueError(f"DENM cause {cause!r}: must be one of {', '.join(CAUSES)}")
    management: dict[str, Any] = {
        "actionID": {"originatingStationID": station, "sequenceNumber": sequence},
        "detectionTime": timestamp_its(time if detected is None else detected) / 1000,
        "referenceTime": timestamp_its(time) / 1000,
        "eventPosition": reference_position(position, altitude),
        "validityDuration": validity,
        "stationType": kind,
    }
    more = {
        "termination": termination,
        "relevanceDistance": relevance,
        "relevanceTrafficDirection": direction,
        "transmissionInterval": interval,
    }
    management |= {name: given for name, given in more.items() if given is not None}
    body: dict[str, Any] = {"management": management}
    if termination is None:
        code = CAUSES[cause] if isinstance(cause, str) else cause
        event = {"causeCode": code, "subCauseCode": subcause}
        body["situation"] = {"informationQuality": quality, "eventType": event}
        if traces or speed is not None or heading is not None:
            location: dict[str, Any] = {"traces": [_points(trace) for trace in traces or ((),)]}
            if speed is not None:
                location["eventSpeed"] = {"speedValue": speed, "speedConfidence": None}
            if heading is not None:
                location["eventPositionHeading"] = {
                    "headingValue": direction_of(heading, 0.1),
                    "headingConfidence": None,
                }
            body["location"] = location
    return said("DENM", {"header": header(1, station), "denm": body})
