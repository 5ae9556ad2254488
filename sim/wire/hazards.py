"""Hazards as DENM, or as an event in a Chinese RSI."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import CAUSES, Denm, Line, build, build_csae, shapes
from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Form, Id, Kind, Utterance
from wayside.edge.messages.si import steps, timestamp_its
from wayside.edge.net import btp, dsmp
from wayside.sim.wire import lines

_KEPT: Final = 4096  # heights of events
_ALTITUDE: Final = {"altitudeConfidence": "unavailable"}
_CENTIMETRE: Final = 0.01  # m, of AltitudeValue
_PER_DEGREE: Final = 10_000_000  # steps of Latitude and Longitude
_MINUTES: Final = 527040  # MinuteOfTheYear

_TRACE_TOLERANCE: Final = 1.0  # m between a way and what is told of it
_TRACE_POINTS: Final = 16  # of a way, before long legs are divided; 32 are the most that RSI has
_TRACE_LENGTH: Final = 9_000.0  # m of a way that are told: so that it has at most 15 legs more
_LEG: Final = 600.0  # m between two points: DeltaLatitude and DeltaLongitude have 1.4 km at the equator
_DISTANCES: Final = (
    (50.0, "lessThan50m"),
    (100.0, "lessThan100m"),
    (200.0, "lessThan200m"),
    (500.0, "lessThan500m"),
    (1000.0, "lessThan1000m"),
    (5000.0, "lessThan5km"),
    (10_000.0, "lessThan10km"),
)
_NO_HEIGHT: Final = 12800  # DeltaAltitude
_LANES: Final = "; lanes closed, from the outermost: "  # behind a cause, in an RSI's description
_BESIDE: Final = 10.0  # m to either side of a path that an RSI's event matters

# GB/T 29100-2012, as far as its codes could be found; 0 for others. The description names the cause in any case.
EVENTS: Final = {"accident": 100, "adverse-weather-adhesion": 408, "traffic-jam": 707}
_CAUSE_NAMES: Final = {code: name for name, code in CAUSES.items()}


class Event(NamedTuple):
    """An event's number at its station (actionID), when its last version was told first [s], and which that is."""

    sequence: int
    time: float
    version: int = 0


class HazardCodec(BroadcastCodec):
    """Events are numbered by each unit, from 0 on, as they are told first.

    An update keeps the number and has newer times (EN 302 637-3 V1.3.1, 6.1 and annex B); the end of a
    DENM is a cancellation (6.1), without situation. An RSI has no word for an end: it is no longer sent.
    """

    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._etsi = context.family == "etsi"
        self._ground = None if context.ground is None else lru_cache(_KEPT)(context.ground)
        self._next: dict[int, int] = {}

    def say(self, unit: int, message: Denm, time: float, before: Utterance | None = None) -> Utterance:
        """A new event of a unit, or a newer version of one."""
        if before is None:
            sequence = self._next.get(unit, 0)
            self._next[unit] = (sequence + 1) % 65536
            event = Event(sequence, time)
        else:
            event = Event(before.thread.sequence, time, before.thread.version + 1)
        return self._utterance(unit, message, event)

    def end(self, unit: int, said: Utterance, time: float) -> Utterance | None:
        """The cancellation of an event that still holds."""
        last, event = said.message, said.thread
        assert isinstance(last, Denm)
        if not self._etsi or time >= event.time + last.validity:
            return None
        over = Denm(last.cause, last.position, last.validity, over=True)
        return self._utterance(unit, over, Event(event.sequence, time, event.version + 1))

    def _utterance(self, unit: int, said: Denm, event: Event) -> Utterance:
        octets = (self._denm if self._etsi else self._rsi)(unit, said, event)
        return Utterance(said, octets, len(octets), event)

    def _degrees(self, said: Denm) -> tuple[float, float]:
        latitude, longitude = self._context.place.degrees(np.array([said.position[0]]), np.array([said.position[1]]))
        return float(latitude[0]), float(longitude[0])

    def _denm(self, unit: int, said: Denm, event: Event) -> bytes:
        """As `build.denm` has it, in the standard's own units: an application may say one in every tick."""
        height = None if self._ground is None else self._ground(*said.position)
        station, time = self._context.station(unit), timestamp_its(self._context.epoch + event.time)
        where = shapes.position(*(round(Fraction(of) * _PER_DEGREE) for of in self._degrees(said)))
        if height is not None:
            where["altitude"] = _ALTITUDE | {"altitudeValue": int(steps(cdd.AltitudeValue, height, _CENTIMETRE))}
        management = {
            "actionID": {"originatingStationID": station, "sequenceNumber": event.sequence},
            "detectionTime": time,
            "referenceTime": time,
            "eventPosition": where,
            "validityDuration": _validity(said),
            "stationType": build.RSU,
        }
        told: dict[str, Any] = {"management": management}
        if said.over:
            management["termination"] = "isCancellation"
        else:
            what = {"causeCode": int(said.cause), "subCauseCode": int(said.subcause)}
            told["situation"] = {"informationQuality": 0, "eventType": what}
        if said.traces and not said.over:
            management["relevanceDistance"] = _distance_class(_reach(said))
            management["relevanceTrafficDirection"] = "upstreamTraffic"
            told["location"] = {"traces": [self._steps(trace, where) for trace in self._thinned(said)]}
        if said.closed and not said.over:
            bits = int("".join("01"[one] for one in said.closed), 2), len(said.closed)
            told["alacarte"] = {"roadWorks": {"closedLanes": {"drivingLaneStatus": bits}}}
        return schema("DENM").encode({"header": build.header(1, station), "denm": told})

    def _thinned(self, said: Denm) -> list[list[tuple[int, int]]]:
        """The ways that lead to an event, from it on, but not with it, in the standard's steps of degrees."""
        found = []
        for trace in said.traces:
            line = lines.beginning(np.array([said.position, *trace], np.float64), _TRACE_LENGTH)
            line = lines.simplified(line, _TRACE_TOLERANCE, _TRACE_POINTS)
            line = lines.divided(line, _LEG)[1:]
            latitude, longitude = self._context.place.degrees(line[:, 0], line[:, 1])
            degrees = zip(latitude.tolist(), longitude.tolist(), strict=True)
            found.append([(round(a * _PER_DEGREE), round(b * _PER_DEGREE)) for a, b in degrees])
        return found

    @staticmethod
    def _steps(trace: list[tuple[int, int]], where: dict[str, Any]) -> list[dict[str, Any]]:
        """A PathHistory: each point from the one before, the event's first."""
        before = where["latitude"], where["longitude"]
        found = []
        for latitude, longitude in trace:
            step = {"deltaLatitude": latitude - before[0], "deltaLongitude": longitude - before[1]}
            found.append({"pathPosition": step | {"deltaAltitude": _NO_HEIGHT}})
            before = latitude, longitude
        return found

    def _rsi(self, unit: int, said: Denm, event: Event) -> bytes:
        """An RSI with one event. Its times are whole minutes of UTC."""
        name, time = cause(said.cause), self._context.epoch + event.time
        here = self._degrees(said)
        ways = [[here, *((a / _PER_DEGREE, b / _PER_DEGREE) for a, b in trace)] for trace in self._thinned(said)]
        told = build_csae.TrafficEvent(
            event.sequence % 256,
            EVENTS.get(name, 0),
            here,
            description=name + (_LANES + "".join("01"[one] for one in said.closed) if said.closed else ""),
            until=time + _validity(said),
            absolute=True,
            paths=[(way[::-1], _BESIDE) for way in ways],
        )
        count = (event.sequence + event.version) % 128
        return build_csae.rsi(
            self._context.station(unit), self._context.positions[unit], time, events=[told], count=count
        ).encode()

    def decode(self, octets: bytes) -> Denm:
        """What is said; of an RSI the validity in whole minutes; of a cancellation no cause (0)."""
        if self._etsi:
            message = build.decode("DENM", octets).si
            value = message["denm"]
            management = value["management"]
            where, over = management["eventPosition"], "termination" in management
            what = value["situation"]["eventType"] if "situation" in value else {"causeCode": 0, "subCauseCode": 0}
            at, which = (where["latitude"], where["longitude"]), management["actionID"]
            traces = [_points(trace, at) for trace in value.get("location", {}).get("traces", ())]
            works = value.get("alacarte", {}).get("roadWorks", {})
            lanes = works.get("closedLanes", {}).get("drivingLaneStatus", (0, 0))
            event = which["originatingStationID"], which["sequenceNumber"]
            ways, sub = _closed(lanes), what["subCauseCode"]
            return self._found(what["causeCode"], at, management["validityDuration"], over, traces, ways, event, sub)
        kind, content = build.decode("MESSAGE_FRAME", octets).si
        if kind != "rsiFrame" or not content.get("rtes"):
            raise DecodeError(f"MESSAGE_FRAME: is a {kind} without an event: must be an RSI with one")
        told = content["rtes"][0]
        text = told.get("description", ("", ""))[1]
        name, _, bits = (text if isinstance(text, str) else "").partition(_LANES)
        code = CAUSES.get(name, 0)
        if not code and name.startswith("cause ") and name[6:].isdigit():
            code = int(name[6:])
        reference = content["refPos"]["lat"], content["refPos"]["long"]
        at = build_csae.absolute(told["eventPos"]["offsetLL"], reference)
        minutes = (told["timeDetails"]["endTime"] - told["timeDetails"]["startTime"]) % _MINUTES
        paths = [path["activePath"] for path in told.get("referencePaths", ())]
        traces = [[build_csae.absolute(point["offsetLL"], reference) for point in path[-2::-1]] for path in paths]
        closed = _closed((int(bits, 2), len(bits))) if bits and not set(bits) - {"0", "1"} else ()
        event = int.from_bytes(content["id"], "big"), told["rteId"]
        return self._found(code, at, 60.0 * minutes, False, traces, closed, event)

    def _found(
        self,
        code: int,
        at: tuple[float, float],
        validity: float,
        over: bool,
        traces: Sequence[Sequence[tuple[float, float]]],
        closed: tuple[bool, ...],
        event: tuple[int, int],
        subcause: int = 0,
    ) -> Denm:
        (position,) = self._metres([at])
        ways = tuple(self._metres(trace) for trace in traces if trace)
        return Denm(code, position, validity, over, ways, closed, event, subcause)

    def _metres(self, points: Sequence[tuple[float, float]]) -> Line:
        latitude, longitude = np.array(points, np.float64).T
        x, y = self._context.place.metres(latitude, longitude)
        return tuple(zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))

    def describe(self, message: Denm) -> dict[str, Any]:
        """For people."""
        validity = round(message.validity, 1) if math.isfinite(message.validity) else None
        found: dict[str, Any] = {
            "cause": _CAUSE_NAMES.get(message.cause, str(message.cause)),
            "cause_code": message.cause,
            **({"subcause_code": message.subcause} if message.subcause else {}),
            "x_m": round(float(message.position[0]), 2),
            "y_m": round(float(message.position[1]), 2),
            "validity_s": validity,
        }
        if message.over:
            found["over"] = True
        if message.closed:
            found["lanes_closed"] = list(message.closed)
        if message.traces:
            found["matters_for_m"] = round(_reach(message))
            found["ways_m"] = [[[round(x, 1), round(y, 1)] for x, y in trace] for trace in message.traces]
        return found


def cause(code: int) -> str:
    """The name of a cause code; `cause 5` of one that has none."""
    return _CAUSE_NAMES.get(code, f"cause {code}")


def _points(trace: Sequence[Any], event: tuple[float, float]) -> list[tuple[float, float]]:
    """Where the points of a PathHistory are, degrees."""
    found, (latitude, longitude) = [], event
    for point in trace:
        latitude += point["pathPosition"]["deltaLatitude"]
        longitude += point["pathPosition"]["deltaLongitude"]
        found.append((latitude, longitude))
    return found


def _closed(lanes: tuple[int, int]) -> tuple[bool, ...]:
    bits, count = lanes
    return tuple(bool(bits >> k & 1) for k in reversed(range(count)))


def _reach(said: Denm) -> float:
    """How far before an event it matters, m: the length of the longest way to it."""
    ways = ((said.position, *trace) for trace in said.traces)
    return max(sum(math.dist(*leg) for leg in pairwise(way)) for way in ways)


def _distance_class(metres: float) -> str:
    """The RelevanceDistance that holds a distance."""
    return next((name for most, name in _DISTANCES if metres < most), "over10km")


def _validity(said: Denm) -> int:
    return round(max(said.validity, 1.0))


DENM: Final = Kind(
    Denm,
    HazardCodec,
    Form("denm", "DENM", Id(1), btp.PORTS["DENM"]),
    Form("rsi", "MESSAGE_FRAME", Id(4, framed=True, body=0b0110), dsmp.AIDS["RSI"]),
    category=0,
    regional=True,
)
