"""Signs as IVIM, or as signs in a Chinese RSI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import Ivim, Line, build, build_csae, build_signs
from wayside.edge.messages.build import Position
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Form, Id, Kind, Utterance
from wayside.edge.net import btp, dsmp
from wayside.sim.wire import lines

_POINTS: Final = 8  # of a line: AbsolutePositions of ISO TS 19321 before its extension
_TOLERANCE: Final = 1.0  # m between a road and what is told of it
_BESIDE: Final = 10.0  # m to either side of a path on which an RSI's sign holds
_NUMBERS: Final = 32767  # IviIdentificationNumber, from 1 on
_MINUTES: Final = 527040  # MinuteOfTheYear
_STRETCH, _APPROACH = 1, 2  # zones
_SPEED: Final = 14  # of class C (2) of the Vienna convention: no faster than
_CLOSED: Final = 1  # LaneStatus
_CANCELLED: Final = 2  # IviStatus
# GB 5768.2's signs are numbered through in T/CSAE 53 (its text could not be seen): prohibition 38 behind 47 warnings.
_CHINESE_LIMIT: Final = 85
_TEXT: Final = re.compile(r"(?:speed limit (\d+) km/h)?(?:; )?(?:lanes closed, from the innermost: ([\d ]+))?")


class _Thread(NamedTuple):
    """A sign's number at its unit, and which version of it this is."""

    number: int
    version: int = 0


class SignCodec(BroadcastCodec):
    """Signs are numbered by each unit, as they are told first; news keep the number, with iviStatus update."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._etsi = context.family == "etsi"
        self._next: dict[int, int] = {}

    def say(self, unit: int, message: Ivim, time: float, before: Utterance | None = None) -> Utterance:
        """A new sign of a unit, or a newer version of one."""
        if before is None:
            number = self._next.get(unit, 1)
            self._next[unit] = number % _NUMBERS + 1
            return self._utterance(unit, message, time, _Thread(number))
        return self._utterance(unit, message, time, _Thread(before.thread.number, before.thread.version + 1))

    def end(self, unit: int, said: Utterance, time: float) -> Utterance | None:
        """An IVIM's cancellation; an RSI has no word for it."""
        last, thread = said.message, said.thread
        assert isinstance(last, Ivim)
        if not self._etsi:
            return None
        over = Ivim(last.line, last.speed, last.closed, (), last.validity, over=True)
        return self._utterance(unit, over, time, _Thread(thread.number, thread.version + 1))

    def _utterance(self, unit: int, said: Ivim, time: float, thread: _Thread) -> Utterance:
        octets = (self._ivim if self._etsi else self._rsi)(unit, said, self._context.epoch + time, thread)
        return Utterance(said, octets, len(octets), thread)

    def _degrees(self, line: Line) -> list[Position]:
        points = lines.simplified(np.array(line, np.float64), _TOLERANCE, _POINTS)
        latitude, longitude = self._context.place.degrees(points[:, 0], points[:, 1])
        return list(zip(np.asarray(latitude).tolist(), np.asarray(longitude).tolist(), strict=True))

    def _ivim(self, unit: int, said: Ivim, utc: float, thread: _Thread) -> bytes:
        zones, signs = {_STRETCH: self._degrees(said.line)}, []
        if said.approach:
            zones[_APPROACH] = self._degrees(said.approach)
        ahead = (_APPROACH,) if said.approach else ()
        if said.speed is not None:
            code = build_signs.vienna(2, _SPEED, value=_kmh(said.speed), unit=0)
            signs.append(build_signs.Sign(code, (_STRETCH,), ahead))
        if said.closed:
            # ISO 14823's pictogram of a closed lane by C-ROADS' profile; the lane's status says it in any case.
            code = build_signs.pictogram("informative", 6, 59)
            signs.append(build_signs.Sign(code, (_STRETCH,), ahead, lanes=said.closed, status=_CLOSED))
        status = "cancellation" if said.over else "update" if thread.version else "new"
        where = zones[_STRETCH][0]
        return build_signs.ivim(
            self._context.station(unit),
            thread.number,
            where,
            utc,
            {} if said.over else zones,
            [] if said.over else signs,
            end=utc + round(max(said.validity, 1.0)),
            status=status,
        ).encode()

    def _rsi(self, unit: int, said: Ivim, utc: float, thread: _Thread) -> bytes:
        ways = [self._degrees(line) for line in (said.line, said.approach) if line]
        texts = [] if said.speed is None else [f"speed limit {_kmh(said.speed)} km/h"]
        texts += [f"lanes closed, from the innermost: {' '.join(map(str, said.closed))}"] if said.closed else []
        sign = build_csae.TrafficSign(
            thread.number % 256,
            0 if said.speed is None else _CHINESE_LIMIT,
            ways[0][0],
            "; ".join(texts),
            utc + round(max(said.validity, 1.0)),
            [(way, _BESIDE) for way in ways],
        )
        count = (thread.number + thread.version) % 128
        here = self._context.positions[unit]
        return build_csae.rsi(self._context.station(unit), here, utc, signs=[sign], count=count).encode()

    def decode(self, octets: bytes) -> Ivim:
        """What is said; of a cancellation neither line nor sign, of an RSI the validity in whole minutes."""
        return self._from_ivim(octets) if self._etsi else self._from_rsi(octets)

    def _from_ivim(self, octets: bytes) -> Ivim:
        content = build.decode("IVIM", octets).si
        management = content["ivi"]["mandatory"]
        event = content["header"]["stationID"], management["iviIdentificationNumber"]
        validity = management["validTo"] - management["timeStamp"] if "validTo" in management else 60.0
        if management["iviStatus"] >= _CANCELLED:
            return Ivim((), validity=validity, over=True, event=event)
        containers = dict(content["ivi"].get("optional", ()))
        if not {"glc", "giv"} <= containers.keys():
            raise DecodeError("IVIM: has no zones or no signs: must have both")
        zones = {part["zoneId"]: part["zone"] for part in containers["glc"]["parts"] if "zone" in part}
        speed, closed, ahead, here = None, (), None, None
        for part in containers["giv"]:
            code = part["roadSignCodes"][0]["code"]
            if code[0] == "viennaConvention" and (code[1]["roadSignClass"], code[1]["roadSignCode"]) == (2, _SPEED):
                speed = code[1]["value"] / 3.6
            if part.get("laneStatus") == _CLOSED:
                closed = tuple(part["applicableLanes"])
            here = part["relevanceZoneIds"][0]
            ahead = part.get("detectionZoneIds", (None,))[0]
        approach = self._zone(zones[ahead]) if ahead in zones else ()
        if here not in zones:
            raise DecodeError(f"IVIM: zone {here}, where a sign holds, is not in it")
        return Ivim(self._zone(zones[here]), speed, closed, approach, validity, event=event)

    def _zone(self, zone: tuple[str, Any]) -> Line:
        form, line = zone[1]["line"] if zone[0] == "segment" else (zone[0], ())
        if form != "absolutePositions":
            raise DecodeError(f"IVIM: a zone is a {form}: must be a segment of absolutePositions")
        return self._metres([(point["latitude"], point["longitude"]) for point in line])

    def _from_rsi(self, octets: bytes) -> Ivim:
        kind, content = build.decode("MESSAGE_FRAME", octets).si
        if kind != "rsiFrame" or not content.get("rtss"):
            raise DecodeError(f"MESSAGE_FRAME: is a {kind} without a sign: must be an RSI with one")
        sign, reference = content["rtss"][0], (content["refPos"]["lat"], content["refPos"]["long"])
        text = sign.get("description", ("", ""))[1]
        found = _TEXT.fullmatch(text if isinstance(text, str) else "")
        limit, lanes = found.groups() if found else (None, None)
        ways = [
            self._metres([build_csae.absolute(point["offsetLL"], reference) for point in path["activePath"]])
            for path in sign.get("referencePaths", ())
        ]
        minutes = (sign["timeDetails"]["endTime"] - sign["timeDetails"]["startTime"]) % _MINUTES
        return Ivim(
            ways[0] if ways else (),
            None if limit is None else int(limit) / 3.6,
            tuple(map(int, (lanes or "").split())),
            ways[1] if len(ways) > 1 else (),
            60.0 * minutes,
            event=(int.from_bytes(content["id"], "big"), sign["rtsId"]),
        )

    def _metres(self, points: Sequence[Position]) -> Line:
        latitude, longitude = np.array(points, np.float64).T
        x, y = self._context.place.metres(latitude, longitude)
        return tuple(zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))

    def describe(self, message: Ivim) -> dict[str, Any]:
        """For people."""
        found: dict[str, Any] = {"validity_s": round(message.validity, 1)}
        if message.over:
            found["over"] = True
        if message.speed is not None:
            found["speed_limit_kmh"] = _kmh(message.speed)
        if message.closed:
            found["closed_lanes_from_innermost"] = list(message.closed)
        for name, line in (("holds_on_m", message.line), ("approach_m", message.approach)):
            if line:
                found[name] = [[round(x, 1), round(y, 1)] for x, y in line]
        return found


def _kmh(speed: float) -> int:
    return round(speed * 3.6)


IVIM: Final = Kind(
    Ivim,
    SignCodec,
    Form("ivim", "IVIM", Id(6), btp.PORTS["IVIM"]),
    Form("rsi-sign", "MESSAGE_FRAME", Id(4, framed=True, body=0b0101), dsmp.AIDS["RSI"]),
    category=1,
)
