"""SPATEMs of all lights that are announced in a tick, at once: the lights' states are encoded when they change, and
only the time of saying is renewed in between.

A signal group shows what its links do. Should they come to differ, by a program that nobody knew of, it shows what is
the most restrictive. Its state ends when the light's program has another one for it (`programs`), which may be some
phases later; where no program is known, with SUMO's next switch. What a fixed-time program shows from a switch on is
announced from then on, whether SUMO has stepped or not; an end is never in the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import DecodeError
from wayside.edge.messages import Spatem, shapes
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.csae import spat
from wayside.edge.messages.etsi import spatem
from wayside.edge.messages.kinds import FIRST_UNIT, BroadcastCodec, Form, Id, Kind, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.net import btp, dsmp
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints, Longs
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.lights import Lights
from wayside.sim.wire.places import place_of
from wayside.sim.wire.programs import NEAR, Course, Ends
from wayside.sim.world import Signals

LATER: Final = 36000  # TimeMark: more than an hour away
UNKNOWN: Final = 36001
_HOUR: Final = 3600.0  # s
_PAST: Final = 60.0  # s
_PHASES: Final = 16  # PhaseList of YD/T 3709: further ones come as the same intersection once more
_REGION: Final = 65536

# SUMO's states, the most restrictive first, as MovementPhaseState (ISO TS 19091) and LightState (YD/T 3709).
_STATES: Final = (
    ("r", "stop-And-Remain", "red"),
    ("u", "pre-Movement", "red"),  # red and yellow: YD/T 3709 has no word for it
    ("y", "permissive-clearance", "yellow"),  # SUMO writes y after g and after G
    ("Y", "protected-clearance", "yellow"),
    ("s", "stop-Then-Proceed", "flashing-red"),  # turn right on red, after a stop
    ("o", "caution-Conflicting-Traffic", "flashing-yellow"),  # switched off, must yield
    ("g", "permissive-Movement-Allowed", "permissive-green"),  # green, must yield
    ("G", "protected-Movement-Allowed", "protected-green"),  # green, has priority
    ("O", "dark", "dark"),  # switched off, has priority
    ("", "unavailable", "unavailable"),
)
_NOTHING: Final = len(_STATES) - 1
_RANK: Final = np.full(256, _NOTHING, np.uint8)
for _rank, (_letter, _, _) in enumerate(_STATES[:-1]):
    _RANK[ord(_letter)] = _rank
_ETSI: Final = np.array([spatem.MovementPhaseState.names.index(name) for _, name, _ in _STATES])
_CSAE: Final = np.array([spat.LightState.names.index(name) for _, _, name in _STATES])


@cache
def _spat() -> Columns:
    """SPATs: count, minute, millisecond; of each part of an intersection its region, number and phases; of each phase
    its number, state, when that began and ends, and whether the latest end is told.
    """
    one = "spatFrame.intersections[]"
    state = f"{one}.phases[].phaseStates[]"
    utc = f"{state}.timing.utcTiming"
    return Columns(
        schema("MESSAGE_FRAME"),
        ("spatFrame", {"intersections": [{"status": (0, 16)}]}),
        {
            "spatFrame.msgCnt": "count",
            "spatFrame.moy": "minute",
            "spatFrame.timeStamp": "millisecond",
            "spatFrame.intersections#": "parts",
            f"{one}.intersectionId.region": "region",
            f"{one}.intersectionId.id": "intersection",
            f"{one}.phases#": "phases",
            f"{one}.phases[].id": "phase",
            f"{one}.phases[].phaseStates#": "states",
            f"{state}.light": "state",
            f"{utc}.startUTCTime": "start",
            f"{utc}.minEndUTCTime": "earliest",
            f"{utc}.maxEndUTCTime?": "bounded",
            f"{utc}.maxEndUTCTime": "latest",
            f"{utc}.likelyEndUTCTime": "likely",
        },
    )


# What a vehicle makes of a state: may not go, or go on; must clear the junction or is told nothing.
NOTHING, STOP, CLEAR, GO = range(4)
_MEANS: Final = {"r": STOP, "u": STOP, "s": STOP, "y": CLEAR, "Y": CLEAR, "g": GO, "G": GO}
_ETSI_MEANS: Final = np.zeros(len(spatem.MovementPhaseState.names), np.uint8)
_CSAE_MEANS: Final = np.zeros(len(spat.LightState.names), np.uint8)
for _letter, _etsi, _csae in _STATES:
    _ETSI_MEANS[spatem.MovementPhaseState.names.index(_etsi)] = _MEANS.get(_letter, NOTHING)
    _CSAE_MEANS[spat.LightState.names.index(_csae)] = _MEANS.get(_letter, NOTHING)


class SignalTimes(NamedTuple):
    """What SPATEMs or SPATs say, an entry for each signal group.

    message: which of them says it; place: of the intersection (`places.place_of`); state: NOTHING, STOP, CLEAR or GO;
    when it ends at the earliest, likely, at the latest [s of the simulation], infinite where that is not told.
    """

    message: Indices
    place: Longs
    group: Longs
    state: Bytes
    earliest: Doubles
    likely: Doubles
    latest: Doubles


class _Clock(NamedTuple):
    """Where the time of saying stands in a message: in the 8 octets from `first` on, shifted by `shift` bits."""

    first: int
    shift: int
    mask: int


@cache
def _clock(etsi: bool) -> _Clock:
    """Found by encoding both extremes: what differs is the time."""
    one = {name: [1] for name in ("station", "region", "intersection", "revision", "group", "state", "phase", "parts")}
    one |= {name: [1] for name in ("intersections", "groups", "events", "phases", "states", "earliest", "likely")}
    one |= {"start": [1], "count": [0], "bounded": [0], "latest": [1]}
    shape = shapes.spatem() if etsi else _spat()
    low = shape.encode_batch(one | {"minute": [0], "millisecond": [0]})[0].tobytes()
    high = shape.encode_batch(
        one | {"count": [127], "minute": [527040], "millisecond": [65535]},
    )[0].tobytes()
    end = shape.encode_batch(one | {"minute": [0], "millisecond": [1]})[0].tobytes()
    first = next(k for k in range(len(low)) if low[k] != high[k])
    window = slice(first, first + 8)
    last = int.from_bytes(low[window], "big") ^ int.from_bytes(end[window], "big")  # the last bit of the time
    shift = last.bit_length() - 1
    return _Clock(first, shift, (1 << (36 if etsi else 43)) - 1 << shift)


class _Set:
    """Those that announce their lights together: their messages as they were said last."""

    def __init__(self, stations: Longs, lights: Ints) -> None:
        self.stations = stations
        self.lights = lights
        self.version = np.full(len(stations), -1, np.int64)
        self.buffer = np.empty(0, np.uint8)
        self.offsets = np.zeros(1, np.int64)
        self.windows = np.empty(0, np.uint64)  # of the clock, without the time
        self.places = np.empty((0, 8), np.int64)


class Announcements:
    """What all lights show, and its messages. `family` is "etsi" or "csae"; `epoch`: UTC of second 0 [s since 1970]."""

    _MOST_SETS = 16

    def __init__(self, family: str, epoch: float, signals: Signals, junctions: Sequence[Junction]) -> None:
        self.etsi = family == "etsi"
        self.epoch = epoch
        self.signals = signals
        self.junctions = junctions
        lights = np.repeat(np.arange(len(junctions)), np.diff(signals.offsets))
        group = np.concatenate([junction.group_of for junction in junctions] or [np.empty(0, np.int32)])
        told = np.flatnonzero(group > 0)
        order = told[np.lexsort((group[told], lights[told]))]
        first = np.ones(len(order), np.bool_)
        first[1:] = (np.diff(lights[order]) != 0) | (np.diff(group[order]) != 0)
        self._links, self._starts = order, np.flatnonzero(first)
        self._light = lights[order][first]  # of each group of all lights
        self._group = group[order][first].astype(np.int64)
        self._first = np.searchsorted(self._light, np.arange(len(junctions) + 1))
        shows = np.split(order[first], self._first[1:-1])  # a link of each group, by light
        self._links_of = [mine - offset for mine, offset in zip(shows, signals.offsets.tolist(), strict=False)]
        links = zip(junctions, self._links_of, strict=False)
        self._courses = [Course(junction.programs, mine) for junction, mine in links]
        bounded = [course.bounded or light in signals.bounded for light, course in enumerate(self._courses)]
        self._bounded = np.array(bounded, np.int64)
        self._state = np.empty(0, np.int8)  # of all links, by SUMO, when it was looked at last
        self._switch = np.empty(0)
        self._now = np.zeros(len(signals.state), np.int8)  # what is shown meanwhile
        self._until = np.full(len(junctions), np.inf)  # s, by light: when it must be looked at again
        self._ends = Ends(*(np.full(len(self._light), np.inf) for _ in range(3)))  # s, by group of all lights
        self._shown = np.full(len(self._light), _NOTHING, np.uint8)
        self._since = np.full(len(self._light), UNKNOWN, np.int64)  # TimeMark
        self._version = np.zeros(len(junctions), np.int64)
        self._review = np.inf  # s, when the end of a state comes within the hour that can be told
        self._time = 0.0
        self._sets: dict[bytes, _Set] = {}

    def groups(self, light: int) -> int:
        """How many signal groups a light has."""
        return int(self._first[light + 1] - self._first[light])

    def shape(self, light: int) -> tuple[int, bool]:
        """How many signal groups a light has, and whether it tells their latest ends: what its length depends on."""
        return self.groups(light), bool(self._bounded[light])

    def length(self, light: int) -> int:
        """Octets of a light's message."""
        none = np.zeros(len(self._light), np.int64)
        return len(self._encoded(np.zeros(1, np.int64), np.array([light]), none, none, Ends(none, none, none))[0])

    def octets(self, stations: Longs, lights: Ints, time: float) -> tuple[Bytes, Longs]:
        """Messages of units, by their stations, that announce lights, at a time [s]."""
        self._look(time)
        key = stations.tobytes() + lights.tobytes()
        found = self._sets.get(key)
        if found is None:
            if len(self._sets) == self._MOST_SETS:
                del self._sets[next(iter(self._sets))]
            found = self._sets[key] = _Set(stations, lights)
        version = self._version[lights]
        if not np.array_equal(version, found.version):
            self._renew(found, np.flatnonzero(version != found.version), version)
        clock = _clock(self.etsi)
        minute, millisecond = minute_and_millisecond(self.epoch + time)
        now = minute << 16 | millisecond
        if not self.etsi:
            now |= round(time * 10.0) % 128 << 36  # msgCnt, one more in each tick
        windows = found.windows | np.uint64(now << clock.shift)
        buffer = found.buffer.copy()
        buffer[found.places] = windows.astype(">u8").view(np.uint8).reshape(-1, 8)
        return buffer, found.offsets

    def _look(self, time: float) -> None:
        """Which lights show something else than when they were looked at last, or until another time."""
        signals = self.signals
        same = np.array_equal(signals.state, self._state) and np.array_equal(signals.next_switch, self._switch)
        if same and time < self._review:
            return
        first = not len(self._state)
        changed = np.ones(len(self._version), np.bool_)
        if not first:
            changed = (signals.next_switch != self._switch) | (self._until <= time)
            links = np.repeat(np.arange(len(changed)), np.diff(signals.offsets))
            changed[links[signals.state != self._state]] = True
        before = np.stack(self._ends)
        for light in np.flatnonzero(changed).tolist():
            self._follow(light, time)
        rank = _RANK[self._now.view(np.uint8)[self._links]]
        shown = np.minimum.reduceat(rank, self._starts) if len(rank) else rank
        turned = shown != self._shown
        if not first:
            self._since[turned] = self._mark(np.array([time]))[0]
        ends = np.stack(self._ends)
        turned |= (ends != before).any(axis=0)
        turned |= (self._is_later(ends, self._time) != self._is_later(ends, time)).any(axis=0)
        again = np.zeros(len(self._version), np.bool_)
        again[self._light[turned]] = True
        self._version[again | first] += 1
        self._shown, self._time = shown, time
        self._state, self._switch = signals.state.copy(), signals.next_switch.copy()
        later = ends[self._is_later(ends, time)]
        self._review = float(min(later.min(initial=np.inf) - _HOUR + 0.1, self._until.min(initial=np.inf)))

    def _follow(self, light: int, time: float) -> None:
        """What a light shows by its programs, and until when."""
        signals = self.signals
        ends: Sequence[Doubles]
        if (known := signals.foreknown.get(light)) is not None:
            text, all_ends = known.follow(time)
            until, ends = time, [end[self._links_of[light]] for end in all_ends]  # another request may come at any time
        else:
            switch = float(signals.next_switch[light])
            text, until, ends = self._courses[light].follow(signals.text(light), switch, time)
        links, groups = slice(*signals.offsets[light : light + 2]), slice(*self._first[light : light + 2])
        self._now[links] = np.frombuffer(text.encode("ascii"), np.int8)
        self._until[light] = until - NEAR
        for all_of, mine in zip(self._ends, ends, strict=True):
            all_of[groups] = mine

    @staticmethod
    def _is_later(switch: Doubles, time: float) -> Flags:
        """Which of these times are an hour away, as good as: the time mark would be read as one of this hour."""
        return np.isfinite(switch) & (switch - time > _HOUR - 0.1)

    def _mark(self, times: Doubles) -> Longs:
        """Times of the simulation as TimeMark: tenths of a second in the hour of UTC."""
        known = np.isfinite(times)
        marks = np.rint(((self.epoch + np.where(known, times, 0.0)) % _HOUR) * 10.0).astype(np.int64) % LATER
        return np.where(known, marks, UNKNOWN)

    def _renew(self, found: _Set, rows: Indices, version: Longs) -> None:
        """Encode the messages of some rows anew; their length never changes."""
        whole = not len(found.buffer)
        marks = Ends(*(np.where(self._is_later(ends, self._time), LATER, self._mark(ends)) for ends in self._ends))
        buffer, offsets = self._encoded(found.stations[rows], found.lights[rows], self._shown, self._since, marks)
        clock = _clock(self.etsi)
        if whole:
            found.buffer, found.offsets = buffer, offsets
            found.places = offsets[:-1, None] + clock.first + np.arange(8)
            found.windows = np.zeros(len(rows), np.uint64)
        else:
            for k, row in enumerate(rows.tolist()):
                found.buffer[found.offsets[row] : found.offsets[row + 1]] = buffer[offsets[k] : offsets[k + 1]]
        windows = found.buffer[found.places[rows]].view(">u8").reshape(-1).astype(np.uint64)
        found.windows[rows] = windows & ~np.uint64(clock.mask)
        found.version = version

    def _encoded(
        self, stations: Longs, lights: Ints | Longs, shown: NDArray[Any], since: Longs, ends: Ends
    ) -> tuple[Bytes, Longs]:
        """Messages of stations about lights; shown, since, ends: by group of all lights; without the time."""
        counts = self._first[lights + 1] - self._first[lights]
        groups = np.repeat(self._first[lights] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        bounded = np.repeat(self._bounded[lights], counts)
        when = {"earliest": ends.earliest[groups], "likely": ends.likely[groups], "latest": ends.latest[groups]}
        rows = len(lights)
        if self.etsi:
            one = np.ones(rows, np.int64)
            columns: dict[str, Any] = {
                "station": stations,
                "region": lights // _REGION,
                "intersection": lights % _REGION,
                "revision": np.zeros(rows, np.int64),
                "minute": np.zeros(rows, np.int64),
                "millisecond": np.zeros(rows, np.int64),
                "intersections": one,
                "groups": counts,
                "group": self._group[groups],
                "events": np.ones(len(groups), np.int64),
                "state": _ETSI[shown[groups]],
                "bounded": bounded,
            } | when
            return shapes.spatem().encode_batch(columns)
        parts = -(-counts // _PHASES)
        part = np.concatenate([np.full(n, k) for k, n in enumerate(parts.tolist())] or [np.empty(0, np.int64)])
        before = np.arange(len(part)) - np.repeat(np.cumsum(parts) - parts, parts)
        columns = {
            "count": np.zeros(rows, np.int64),
            "minute": np.zeros(rows, np.int64),
            "millisecond": np.zeros(rows, np.int64),
            "parts": parts,
            "region": lights[part] // _REGION,
            "intersection": lights[part] % _REGION,
            "phases": np.minimum(counts[part] - _PHASES * before, _PHASES),
            "phase": self._group[groups],
            "states": np.ones(len(groups), np.int64),
            "state": _CSAE[shown[groups]],
            "start": since[groups],
            "bounded": bounded,
        } | when
        return _spat().encode_batch(columns)


class Spats(BroadcastCodec):
    """Each repetition says what the light shows then, and is of the same length."""

    def __init__(self, city: Lights) -> None:
        self._city = city
        self._announcements = Announcements(city.family, city.epoch, city.signals, city.junctions)
        self._lengths: dict[tuple[int, bool], int] = {}  # by the light's shape

    def say(self, unit: int, message: Spatem, time: float, before: Utterance | None = None) -> Utterance:
        """Without octets: they are of the moment."""
        shape = self._announcements.shape(message.light)
        if shape not in self._lengths:
            self._lengths[shape] = self._announcements.length(message.light)
        return Utterance(message, None, self._lengths[shape])

    def repeat(self, units: Ints, messages: Sequence[Spatem], time: float) -> Octets:
        """What these lights show at a time [s]."""
        lights = np.array([message.light for message in messages], np.int32)
        return Octets(*self._announcements.octets(FIRST_UNIT + units.astype(np.int64), lights, time))

    def encode(self, unit: int, message: Spatem, time: float) -> bytes:
        """What one light shows."""
        return self.repeat(np.array([unit], np.int32), [message], time).one(0)

    def decode(self, octets: bytes) -> Spatem:
        """Which light they are of. DecodeError where the octets are no SPATEM or SPAT."""
        if self._city.family == "etsi":
            of = schema("SPATEM").decode(octets)["spat"]["intersections"][0]["id"]
        else:
            kind, content = schema("MESSAGE_FRAME").decode(octets)
            if kind != "spatFrame":
                raise DecodeError(f"MESSAGE_FRAME: is a {kind}: must be a spatFrame")
            of = content["intersections"][0]["intersectionId"]
        return Spatem(of.get("region", 0) * _REGION + of["id"])

    def read(self, octets: Octets, time: float) -> SignalTimes:
        """All that they say; of messages that are none, nothing."""
        etsi = self._city.family == "etsi"
        columns, _ = (shapes.spatem() if etsi else _spat()).decode_batch(octets.buffer, octets.offsets)
        # Both have lists in lists: an intersection's groups, or phases, of which the first state is the one of now.
        parts, groups, states = (
            columns[name] for name in (("intersections", "groups", "events") if etsi else ("parts", "phases", "states"))
        )
        part = np.repeat(np.arange(len(groups)), groups)
        message = np.repeat(np.arange(len(parts)), parts)
        now = np.cumsum(states) - states
        place = place_of(np.where(columns["region"] < 0, 0, columns["region"]), columns["intersection"])
        there = states > 0
        first = now[there]
        ends = (self._end(columns[name][first], time) for name in ("earliest", "likely", "latest"))
        return SignalTimes(
            message[part][there],
            place[part][there],
            columns["group" if etsi else "phase"][there],
            (_ETSI_MEANS if etsi else _CSAE_MEANS)[columns["state"][first]],
            *ends,
        )

    def _end(self, marks: Longs, time: float) -> Doubles:
        """When TimeMarks of the hour of UTC are [s of the simulation]; those of the last minute are past."""
        ahead = (marks / 10.0 - self._city.epoch % _HOUR - time + _PAST) % _HOUR - _PAST
        return np.where((marks >= 0) & (marks < LATER), time + ahead, np.inf)

    def describe(self, message: Spatem) -> dict[str, Any]:
        """For people: what the light shows now."""
        signals = self._city.signals
        return {
            "light": f"light/{message.light}",
            "state": signals.text(message.light),
            "next_switch_s": round(float(signals.next_switch[message.light]), 1),
        }


SPATEM: Final = Kind(
    Spatem,
    Spats,
    Form("spatem", "SPATEM", Id(4), btp.PORTS["SPATEM"]),
    Form("spat", "MESSAGE_FRAME", Id(3, framed=True), dsmp.AIDS["SPAT"]),
    routine=True,
)
