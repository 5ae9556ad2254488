"""SPATEMs of all lights that are announced in a tick, at once: the lights' states are encoded when they change, and
only the time of saying is renewed in between.

A signal group shows what its links do. Should they come to differ, by a program that nobody knew of, it shows what is
the most restrictive. Its state ends not before the light's next switch; that is also said to be the likely end, though
a group may show the same again after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import DecodeError
from wayside.edge.messages import shapes
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.csae import spat
from wayside.edge.messages.etsi import spatem
from wayside.sim.wire.junctions import Junction
from wayside.sim.world import Ints, Signals

Octets = NDArray[np.uint8]
Longs = NDArray[np.int64]

LATER: Final = 36000  # TimeMark: more than an hour away
UNKNOWN: Final = 36001
_HOUR: Final = 3600.0  # s
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
    its number, state and when that began and ends.
    """
    one = "spatFrame.intersections[]"
    state = f"{one}.phases[].phaseStates[]"
    utc = f"{state}.timing.utcTiming"
    return Columns(
        message("MESSAGE_FRAME"),
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
            f"{utc}.likelyEndUTCTime": "likely",
        },
    )


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
    one |= {"start": [1], "count": [0]}
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
        self._state = np.empty(0, np.int8)  # of all links, when it was looked at last
        self._switch = np.empty(0)
        self._shown = np.full(len(self._light), _NOTHING, np.uint8)
        self._since = np.full(len(self._light), UNKNOWN, np.int64)  # TimeMark
        self._version = np.zeros(len(junctions), np.int64)
        self._review = np.inf  # s, when the end of a state comes within the hour that can be told
        self._time = 0.0
        self._sets: dict[bytes, _Set] = {}

    def groups(self, light: int) -> int:
        """How many signal groups a light has."""
        return int(self._first[light + 1] - self._first[light])

    def length(self, light: int) -> int:
        """Octets of a light's message."""
        none, ends = np.zeros(len(self._light), np.int64), np.zeros(len(self.junctions), np.int64)
        return len(self._encoded(np.zeros(1, np.int64), np.array([light]), none, none, ends)[0])

    def octets(self, stations: Longs, lights: Ints, time: float) -> tuple[Octets, Longs]:
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
        rank = _RANK[signals.state.view(np.uint8)[self._links]]
        shown = np.minimum.reduceat(rank, self._starts) if len(rank) else rank
        turned = shown != self._shown
        changed = np.zeros(len(self._version), np.bool_)
        changed[self._light[turned]] = True
        if not first:
            self._since[turned] = self._mark(np.array([time]))[0]
            changed |= signals.next_switch != self._switch
            changed |= self._is_later(signals.next_switch, self._time) != self._is_later(signals.next_switch, time)
        self._version[changed | first] += 1
        self._shown, self._time = shown, time
        self._state, self._switch = signals.state.copy(), signals.next_switch.copy()
        later = self._switch[self._is_later(self._switch, time)]
        self._review = float(later.min(initial=np.inf)) - _HOUR + 0.1

    @staticmethod
    def _is_later(switch: NDArray[np.float64], time: float) -> NDArray[np.bool_]:
        """Which of these times are an hour away, as good as: the time mark would be read as one of this hour."""
        return np.isfinite(switch) & (switch - time > _HOUR - 0.1)

    def _mark(self, times: NDArray[np.float64]) -> Longs:
        """Times of the simulation as TimeMark: tenths of a second in the hour of UTC."""
        known = np.isfinite(times)
        marks = np.rint(((self.epoch + np.where(known, times, 0.0)) % _HOUR) * 10.0).astype(np.int64) % LATER
        return np.where(known, marks, UNKNOWN)

    def _renew(self, found: _Set, rows: NDArray[np.intp], version: Longs) -> None:
        """Encode the messages of some rows anew; their length never changes."""
        whole = not len(found.buffer)
        ends = self._mark(self._switch)
        ends[self._is_later(self._switch, self._time)] = LATER
        buffer, offsets = self._encoded(found.stations[rows], found.lights[rows], self._shown, self._since, ends)
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
        self, stations: Longs, lights: Ints | Longs, shown: NDArray[Any], since: Longs, ends: NDArray[Any]
    ) -> tuple[Octets, Longs]:
        """Messages of stations about lights; shown, since: by group of all lights, ends: by light; without the time."""
        counts = self._first[lights + 1] - self._first[lights]
        groups = np.repeat(self._first[lights] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        end = np.repeat(ends[lights], counts)
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
                "earliest": end,
                "likely": end,
            }
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
            "earliest": end,
            "likely": end,
        }
        return _spat().encode_batch(columns)


def announced(octets: bytes, family: str) -> int:
    """The light that a SPATEM or SPAT is of. DecodeError where the octets are none."""
    if family == "etsi":
        of = message("SPATEM").decode(octets)["spat"]["intersections"][0]["id"]
    else:
        kind, content = message("MESSAGE_FRAME").decode(octets)
        if kind != "spatFrame":
            raise DecodeError(f"MESSAGE_FRAME: is a {kind}: must be a spatFrame")
        of = content["intersections"][0]["intersectionId"]
    light: int = of.get("region", 0) * _REGION + of["id"]
    return light
