"""Requests for priority at a light and what has become of them: SREM and SSEM (TS 103 301; ISO TS 19091).

The Chinese set has them in its second phase (T/CSAE 157, VIR), of which no module text is public: in its family the
octets are the same, a stand-in. There a request names the way by its signal group (PhaseID) as a `connection`, as maps
tell of no lane that a way leads to.
"""

from __future__ import annotations

import math
from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import build
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.etsi import dsrc, srem
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Id, Kind, UnicastCodec, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.priority.messages import ROLES, STATUSES, PriorityRequests, PriorityStatus, Ssem
from wayside.ext.arrays import Ints
from wayside.sim.wire.forms import in_both

_SREM_ID, _SSEM_ID = 9, 10  # TS 102 894-2, MessageId
_KINDS: Final = srem.PriorityRequestType.names
_LEVELS: Final = dsrc.RequestImportanceLevel.names
_MINUTE: Final = 60.0  # s
_DAY, _YEAR, _HALF_A_YEAR = 1440, 525_600, 262_800  # minutes
_SPEED, _MOST_SPEED = 0.02, 8190  # m/s, Velocity
_HEADING, _TURN = 0.0125, 28800  # degrees, Angle
_SCHEDULE, _MOST_SCHEDULE = 10.0, 121  # s, DeltaTime: positive where one is early
_NO_SCHEDULE: Final = -122
_DEGREE: Final = 1e7


def _point(number: int, grouped: int) -> tuple[str, int]:
    return ("connection" if grouped else "lane"), number


class Moments:
    """Minutes of the year and milliseconds, and times of the simulation [s]."""

    def __init__(self, epoch: float) -> None:
        self.epoch = epoch

    def told(self, time: float, minute: str = "minute", second: str = "second") -> dict[str, int]:
        """As members of a message."""
        found = minute_and_millisecond(self.epoch + time)
        return {minute: found[0], second: found[1]}

    def read(self, said: Any) -> float:
        """Of the members `minute` and `second`, NaN where one is not there."""
        if "minute" not in said or "second" not in said:
            return math.nan
        minutes = said["minute"] - minute_and_millisecond(self.epoch)[0]
        if minutes < -_HALF_A_YEAR:  # of the next year
            minutes += _YEAR + _DAY * isleap(datetime.fromtimestamp(self.epoch, UTC).year)
        return float(minutes * _MINUTE + said["second"] / 1000.0 - self.epoch % _MINUTE)


def _region(place: int) -> dict[str, int]:
    return {"region": place >> 16, "id": place & 0xFFFF}


class PriorityRequestCodec(UnicastCodec):
    """An SREM with one request each; it has where the vehicle is, and how late, where it has a timetable."""

    def __init__(self, context: CodecContext) -> None:
        self._place = context.place
        self._moments = Moments(context.epoch)

    def encode(self, batch: PriorityRequests, unit: int, time: float) -> Octets:
        """The octets of each request."""
        latitude, longitude = self._place.degrees(batch.x, batch.y)
        degrees = zip(np.asarray(latitude).tolist(), np.asarray(longitude).tolist(), strict=True)
        return Octets.of([self._one(batch, k, where, time) for k, where in enumerate(degrees)])

    def _one(self, batch: PriorityRequests, k: int, where: tuple[float, float], time: float) -> bytes:
        station, grouped, outbound = int(batch.station[k]), int(batch.grouped[k]), int(batch.outbound[k])
        asked: dict[str, Any] = {
            "id": _region(int(batch.place[k])),
            "requestID": int(batch.request[k]),
            "requestType": _KINDS[int(batch.kind[k])],
            "inBoundLane": _point(int(batch.inbound[k]), grouped),
        }
        if outbound:
            asked["outBoundLane"] = _point(outbound, 0)
        package: dict[str, Any] = {"request": asked}
        if math.isfinite(eta := float(batch.eta[k])):
            package |= self._moments.told(eta)
        speed = min(round(float(batch.speed[k]) / _SPEED), _MOST_SPEED)
        requestor: dict[str, Any] = {
            "id": ("stationID", station),
            "type": {"role": ROLES[int(batch.role[k])], "request": _LEVELS[int(batch.importance[k])]},
            "position": {
                "position": {"lat": round(where[0] * _DEGREE), "long": round(where[1] * _DEGREE)},
                "heading": round(float(batch.heading[k]) / _HEADING) % _TURN,
                "speed": {"transmisson": "forwardGears", "speed": max(speed, 0)},
            },
        }
        if math.isfinite(delay := float(batch.delay[k])):
            steps = max(min(round(-delay / _SCHEDULE), _MOST_SCHEDULE), -_MOST_SCHEDULE)
            requestor["transitSchedule"] = steps
        said = {
            **self._moments.told(time, "timeStamp"),
            "sequenceNumber": int(batch.sequence[k]),
            "requests": [package],
            "requestor": requestor,
        }
        return message("SREM").encode({"header": build.header(_SREM_ID, station), "srm": said})

    def decode(self, octets: Octets, vehicle: Ints) -> PriorityRequests:
        """What requests say. DecodeError where one is none, or has not exactly one request and says whose it is."""
        rows = [self._read(octets.one(k), k) for k in range(len(octets.offsets) - 1)]
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        station, place = (column.astype(np.int64) for column in columns[:2])
        request, sequence, kind, inbound, outbound, grouped, role, importance = (
            column.astype(np.int32) for column in columns[2:10]
        )
        eta, delay, latitude, longitude, speed, heading = (column.astype(np.float64) for column in columns[10:])
        x, y = (np.asarray(column, np.float64) for column in self._place.metres(latitude, longitude))
        way = inbound, outbound, grouped
        numbers = request, sequence, kind
        return PriorityRequests(
            vehicle, station, place, *numbers, *way, role, importance, eta, delay, x, y, speed, heading
        )

    def _read(self, octets: bytes, number: int) -> tuple[Any, ...]:
        said = message("SREM").decode(octets)["srm"]
        packages, requestor = said.get("requests", ()), said["requestor"]
        if len(packages) != 1:
            raise DecodeError(f"SREM: message {number} has {len(packages)} requests: must have one")
        kind, station = requestor["id"]
        if kind != "stationID":
            raise DecodeError(f"SREM: message {number} names its requestor by {kind}: must be by its stationID")
        (package,) = packages
        asked = package["request"]
        (by, inbound), (onto, outbound) = asked["inBoundLane"], asked.get("outBoundLane", ("lane", 0))
        if by == "approach":
            raise DecodeError(f"SREM: message {number} has an approach inbound: must be a lane or a connection")
        type, where = requestor.get("type", {}), requestor.get("position", {})
        position, steps = where.get("position", {}), requestor.get("transitSchedule", _NO_SCHEDULE)
        return (
            station,
            asked["id"].get("region", 0) << 16 | asked["id"]["id"],
            asked["requestID"],
            said.get("sequenceNumber", 0),
            _KINDS.index(asked["requestType"]),
            inbound,
            outbound if onto == "lane" else 0,
            int(by == "connection"),
            ROLES.index(type.get("role", "none-unknown")),
            _LEVELS.index(type.get("request", _LEVELS[0])),
            self._moments.read(package),
            math.nan if steps == _NO_SCHEDULE else -steps * _SCHEDULE,
            position.get("lat", 0) / _DEGREE,
            position.get("long", 0) / _DEGREE,
            where.get("speed", {}).get("speed", 0) * _SPEED,
            where.get("heading", 0) * _HEADING,
        )

    def describe(self, batch: PriorityRequests, row: int) -> dict[str, Any]:
        """One of them for people."""
        eta, delay = float(batch.eta[row]), float(batch.delay[row])
        found: dict[str, Any] = {
            "station": int(batch.station[row]),
            "light": f"light/{int(batch.place[row])}",
            "request": int(batch.request[row]),
            "type": _KINDS[int(batch.kind[row])],
            **_way(int(batch.inbound[row]), int(batch.outbound[row]), int(batch.grouped[row])),
            "role": ROLES[int(batch.role[row])],
            "importance": int(batch.importance[row]),
            "arrives_s": round(eta, 1) if math.isfinite(eta) else None,
        }
        return found | ({"late_s": round(delay)} if math.isfinite(delay) else {})


def _way(inbound: int, outbound: int, grouped: int) -> dict[str, int]:
    if grouped:
        return {"group": inbound}
    return {"from_lane": inbound} | ({"to_lane": outbound} if outbound else {})


class PriorityStatusCodec(BroadcastCodec):
    """An SSEM of one light. Each repetition has the time when it is said, and is of the same length."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._moments = Moments(context.epoch)

    def encode(self, unit: int, said: Ssem, time: float) -> bytes:
        """The octets, said by a unit at a time [s]."""
        told = {
            "sequenceNumber": said.sequence,
            "id": _region(said.light),
            "sigStatus": [self._status(one) for one in said.statuses],
        }
        content = {**self._moments.told(time, "timeStamp"), "sequenceNumber": said.sequence, "status": [told]}
        return message("SSEM").encode({"header": build.header(_SSEM_ID, self._context.station(unit)), "ssm": content})

    def _status(self, one: PriorityStatus) -> dict[str, Any]:
        found: dict[str, Any] = {
            "requester": {
                "id": ("stationID", one.station),
                "request": one.request,
                "sequenceNumber": one.sequence,
                "role": ROLES[one.role],
            },
            "inboundOn": _point(one.inbound, one.grouped),
            "status": STATUSES[one.status],
        }
        if one.outbound:
            found["outboundOn"] = _point(one.outbound, 0)
        if math.isfinite(one.eta):
            found |= self._moments.told(one.eta)
        return found

    def say(self, unit: int, said: Ssem, time: float, before: Utterance | None = None) -> Utterance:
        """Without octets: they have the time."""
        return Utterance(said, None, len(self.encode(unit, said, time)))

    def repeat(self, units: Ints, messages: Sequence[Ssem], time: float) -> Octets:
        """What is said at a time [s]."""
        return Octets.of([self.encode(u, said, time) for u, said in zip(units.tolist(), messages, strict=True)])

    def decode(self, octets: bytes) -> Ssem:
        """What is said of the requests of vehicles. DecodeError where it is not of one light."""
        content = message("SSEM").decode(octets)["ssm"]
        if len(content["status"]) != 1:
            raise DecodeError(f"SSEM: of {len(content['status'])} intersections: must be of one")
        (told,) = content["status"]
        light = told["id"].get("region", 0) << 16 | told["id"]["id"]
        return Ssem(light, told["sequenceNumber"], tuple(self._read(one) for one in told["sigStatus"]))

    def _read(self, one: Any) -> PriorityStatus:
        who, (by, inbound) = one.get("requester", {}), one["inboundOn"]
        kind, station = who.get("id", ("", 0))
        onto, outbound = one.get("outboundOn", ("lane", 0))
        return PriorityStatus(
            station if kind == "stationID" else 0,
            who.get("request", 0),
            who.get("sequenceNumber", 0),
            ROLES.index(who.get("role", "none-unknown")),
            inbound,
            outbound if onto == "lane" else 0,
            int(by == "connection"),
            self._moments.read(one),
            STATUSES.index(one["status"]),
        )

    def describe(self, said: Ssem) -> dict[str, Any]:
        """For people."""
        return {
            "light": f"light/{said.light}",
            "requests": [
                {
                    "station": one.station,
                    "request": one.request,
                    "role": ROLES[one.role],
                    **_way(one.inbound, one.outbound, one.grouped),
                    "arrives_s": round(one.eta, 1) if math.isfinite(one.eta) else None,
                    "status": STATUSES[one.status],
                }
                for one in said.statuses
            ],
        }


SREM: Final = Kind(PriorityRequests, PriorityRequestCodec, *in_both("srem", "SREM", Id(_SREM_ID)))
SSEM: Final = Kind(Ssem, PriorityStatusCodec, *in_both("ssem", "SSEM", Id(_SSEM_ID)))
