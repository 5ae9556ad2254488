"""Hazards as DENM, or as an event in a Chinese RSI."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import CAUSES, Denm, build, build_csae
from wayside.sim.wire.places import Place

LONGEST: Final = 86400.0  # s, ValidityDuration; what is valid for longer is said to be valid so long
_DEFAULT: Final = 600  # s, of ValidityDuration, which is not sent
_MINUTES: Final = 527040  # MinuteOfTheYear
_KEPT: Final = 4096  # events whose numbers are kept

# GB/T 29100-2012, as far as its codes could be found; 0 for others. The description names the cause in any case.
EVENTS: Final = {"accident": 100, "adverse-weather-adhesion": 408, "traffic-jam": 707}
_CAUSE_NAMES: Final = {code: name for name, code in CAUSES.items()}


class Event(NamedTuple):
    """An event's number at its station (actionID), and when it was told first [s]."""

    sequence: int
    time: float


class Events:
    """What is being told, by whom. Deterministic: numbers go up from 0 at each unit."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, Denm], Event] = {}
        self._next: dict[int, int] = {}

    def begin(self, unit: int, said: Denm, time: float) -> Event:
        """A new event of a unit."""
        sequence = self._next.get(unit, 0)
        self._next[unit] = (sequence + 1) % 65536
        self._told.pop((unit, said), None)
        if len(self._told) == _KEPT:
            del self._told[next(iter(self._told))]
        found = self._told[unit, said] = Event(sequence, time)
        return found

    def of(self, unit: int, said: Denm, time: float) -> Event:
        """The event that is told; number 0, now, of one that has not begun."""
        return self._told.get((unit, said), Event(0, time))


def cause(code: int) -> str:
    """The name of a cause code; `cause 5` of one that has none."""
    return _CAUSE_NAMES.get(code, f"cause {code}")


def structure(said: Denm, family: str) -> object:
    """What the length depends on."""
    return _validity(said) == _DEFAULT if family == "etsi" else len(cause(said.cause))


def _validity(said: Denm) -> int:
    return round(min(max(said.validity, 1.0), LONGEST))


def _degrees(said: Denm, place: Place) -> tuple[float, float]:
    latitude, longitude = place.degrees(np.array([said.position[0]]), np.array([said.position[1]]))
    return float(latitude[0]), float(longitude[0])


def denm(said: Denm, unit: int, event: Event, position: tuple[float, float], place: Place, epoch: float) -> bytes:
    """The octets of a DENM; `position` of the unit is not used."""
    del position
    return build.denm(
        unit,
        said.cause,
        _degrees(said, place),
        epoch + event.time,
        sequence=event.sequence,
        validity=float(_validity(said)),
    ).encode()


def rsi(said: Denm, unit: int, event: Event, position: tuple[float, float], place: Place, epoch: float) -> bytes:
    """The octets of an RSI with one event; position: of the unit [degrees]. Its times are whole minutes of UTC."""
    name = cause(said.cause)
    return build_csae.rsi(
        unit,
        position,
        epoch + event.time,
        events=[
            build_csae.Event(
                event.sequence % 256,
                EVENTS.get(name, 0),
                _degrees(said, place),
                description=name,
                until=epoch + event.time + _validity(said),
                absolute=True,
            )
        ],
        count=event.sequence % 128,
    ).encode()


def understood(octets: bytes, family: str, place: Place) -> Denm:
    """What is said; of an RSI the validity in whole minutes. DecodeError where the octets are none of a hazard."""
    if family == "etsi":
        value = build.decode("DENM", octets).si["denm"]
        where = value["management"]["eventPosition"]
        return _denm(value["situation"]["eventType"]["causeCode"], where["latitude"], where["longitude"],
                     value["management"]["validityDuration"], place)  # fmt: skip
    kind, content = build.decode("MESSAGE_FRAME", octets).si
    if kind != "rsiFrame" or not content.get("rtes"):
        raise DecodeError(f"MESSAGE_FRAME: is a {kind} without an event: must be an RSI with one")
    event = content["rtes"][0]
    name = event.get("description", ("", ""))[1]
    code = CAUSES.get(name, 0) if isinstance(name, str) else 0
    if not code and isinstance(name, str) and name.startswith("cause ") and name[6:].isdigit():
        code = int(name[6:])
    where = event["eventPos"]["offsetLL"][1]
    minutes = (event["timeDetails"]["endTime"] - event["timeDetails"]["startTime"]) % _MINUTES
    return _denm(code, where["lat"], where["lon"], 60.0 * minutes, place)


def _denm(code: int, latitude: float, longitude: float, validity: float, place: Place) -> Denm:
    x, y = place.metres(np.array([latitude]), np.array([longitude]))
    return Denm(code, (float(x[0]), float(y[0])), validity)
