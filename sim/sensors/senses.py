"""The sensors of all units: what they see goes to the units like what these hear, and units tell of it.

Ground truth ends here. A look's detections come to a unit's tracks when their processing is over; whose they truly are
is kept for the key figures alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.app import TICK, App
from wayside.edge.errors import ScenarioError
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages.kinds import FIRST_UNIT
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import Cpm, PerceivedObjects, ReadCpms
from wayside.edge.messages.stations import StationType
from wayside.edge.perception.sensor import Perceiving
from wayside.edge.perception.tracks import Detections, PerceivedTracks
from wayside.edge.unit import RoadsideUnit
from wayside.ext import sensor as kernel
from wayside.ext.arrays import Doubles, Flags, Indices, Ints, Longs
from wayside.sim.air import Deliveries
from wayside.sim.chance import number
from wayside.sim.sensors.sights import Sights
from wayside.sim.wire.perceived import PerceivedCodec

SENSOR_EVERY: Final = 10  # V2X ticks after which a unit tells again what its sensor covers (TS 103 324: 1 s)


class UnitsTold(NamedTuple):
    """Messages of units, one each."""

    units: Ints
    messages: Sequence[Cpm]
    octets: Octets


class CpmRows(Sequence[Cpm]):
    """Messages whose objects stand in common columns: mostly nobody looks at them."""

    def __init__(
        self, objects: PerceivedObjects, end: Longs, count: Longs, segment: Ints, segments: Longs, sensor: Flags
    ) -> None:
        self._columns = objects, end, count, segment, segments, sensor

    def __len__(self) -> int:
        return len(self._columns[1])

    def __getitem__(self, row: Any) -> Any:
        objects, end, count, segment, segments, sensor = self._columns
        if isinstance(row, slice):
            return [self[k] for k in range(*row.indices(len(self)))]
        mine = slice(int(end[row] - count[row]), int(end[row]))
        return Cpm(objects.take(mine), int(segment[row]), int(segments[row]), bool(sensor[row]))


class _Look(NamedTuple):
    """Detections on their way through their processing, and whose they truly are (rows of the sights, -1: nobody's)."""

    found: Detections
    truth: Ints
    station: Longs  # of those


def perceiving(units: Sequence[RoadsideUnit]) -> dict[int, tuple[Perceiving, App]]:
    """How each unit senses, by number, and by which application. ScenarioError where two bring a sensor to one unit."""
    found: dict[int, tuple[Perceiving, App]] = {}
    for unit in units:
        for app in unit.apps:
            if (how := app.perceives()) is None:
                continue
            if unit.number in found or unit.cellular:
                why = "is no unit at the roadside" if unit.cellular else "two applications bring a sensor"
                raise ScenarioError(f"rsu.apps: unit {unit.id}: {why}: must be one at each")
            found[unit.number] = how, app
    return found


class Senses:
    """Of all units that have a sensor. heights: of the ground at each unit [m]; off: which applications do not run."""

    def __init__(
        self,
        units: Sequence[RoadsideUnit],
        by_unit: Mapping[int, tuple[Perceiving, App]],
        maps: LocalDynamicMaps,
        sights: Callable[[], Sights],
        stations: Callable[[], Longs],
        outlines: Sequence[Doubles],
        ground: Callable[[float, float], float],
        seed: int,
        off: Callable[[App], bool],
    ) -> None:
        self.tracks = maps.perceived = PerceivedTracks(len(units), {unit: how for unit, (how, _) in by_unit.items()})
        self._units, self._maps = units, maps
        self._owners = [(units[unit], by_unit[unit][1]) for unit in sorted(by_unit)]
        self._ran: tuple[int, Flags] = -1, np.zeros(0, bool)
        self._sights, self._stations, self._off = sights, stations, off
        self._salt = number(seed, "sensor", "")
        self._sensing = self.tracks.sensing
        self._row = {unit: row for row, unit in enumerate(self._sensing.tolist())}
        self._hows = [self.tracks.by_unit[unit] for unit in self._sensing.tolist()]
        self._every = np.array([how.sensor.every for how in self._hows], np.int64)
        self._tells = np.array([how.telling.every for how in self._hows], np.int64)
        self._latency = np.array([how.sensor.latency for how in self._hows], np.int64)
        self._field = self._built(outlines, ground)
        self._coming: dict[int, list[_Look]] = {}
        self._said_sensor = np.full(len(units), -(10**9), np.int64)  # the tick of the last time
        self._last_id = np.empty((len(self._sensing), 0), np.int32)  # by sensor and slot: the number of its track
        self._last_station = np.empty(0, np.int64)
        self.swaps = np.zeros(len(units), np.int64)
        self._codec: PerceivedCodec | None = None

    def speak(self, codec: object) -> None:
        """What units tell goes out by this codec."""
        assert isinstance(codec, PerceivedCodec)
        self._codec = codec
        for unit, how in zip(self._sensing.tolist(), self._hows, strict=True):
            codec.cover(unit, how.sensor.range_m, how.sensor.sectors, how.sensor.shadow)

    def _built(self, outlines: Sequence[Doubles], ground: Callable[[float, float], float]) -> kernel.SensorField:
        posts, sectors = np.zeros((len(self._hows), len(kernel.COLUMNS))), []
        for row, (unit, how) in enumerate(zip(self._sensing.tolist(), self._hows, strict=True)):
            of = how.sensor
            x, y = self._units[unit].position
            values = (
                x,
                y,
                ground(x, y) + of.height_m,
                of.range_m,
                *of.detection,
                *of.position_m,
                of.speed_m_s,
                np.radians(of.heading_deg),
                of.false_alarms * of.every * TICK,
                of.visible,
                float(of.shadow),
            )
            posts[row] = values
            sectors += [(row, *np.radians(sector).tolist()) for sector in of.sectors]
        corners = np.concatenate([np.empty((0, 2)), *outlines])
        first = np.concatenate(([0], np.cumsum([len(outline) for outline in outlines]))).astype(np.int64)
        identity = np.array([number(0, "unit", self._units[unit].id) for unit in self._sensing.tolist()], np.uint64)
        shape = np.array(sectors, np.float64).reshape(-1, 3)
        x, y = corners.T.copy() if len(corners) else (np.empty(0), np.empty(0))
        return kernel.SensorField(posts, identity, shape, x, y, first)

    def _running(self, tick: int) -> Flags:
        """Which sensors work in a V2X tick: their unit is on, and the application runs."""
        if tick != self._ran[0]:
            working = [unit.on and not self._off(app) for unit, app in self._owners]
            self._ran = tick, np.array(working, bool)
        return self._ran[1]

    def sense(self, tick: int, now: float) -> None:
        """V2X tick `tick`: sensors look, and what they have seen before comes to their units."""
        running = self._running(tick)
        if not running.all():
            self.tracks.forget(self._sensing[~running])
        due = np.flatnonzero(running & ((tick + self._sensing) % self._every == 0))
        if len(due):
            sights = self._sights()
            for latency in np.unique(self._latency[due]).tolist():
                mine = due[self._latency[due] == latency].astype(np.int32)
                self._coming.setdefault(tick + latency, []).append(self._look(mine, tick, now, sights))
        for look in self._coming.pop(tick, ()):
            self._take(look, running)
        self.tracks.match(self._maps, now)

    def _look(self, due: Ints, tick: int, now: float, sights: Sights) -> _Look:
        columns = (*sights[:10],)
        sensor, truth, x, y, vx, vy, heading, length, width, sigma = self._field.look(due, self._salt, tick, columns)
        first = np.searchsorted(sensor, due).astype(np.int32)
        first = np.append(first, np.int32(len(sensor)))
        kind = np.where(truth >= 0, sights.kind[truth], StationType.PASSENGER).astype(np.float64)
        station = self._stations()[truth] if len(truth) else np.zeros(0, np.int64)
        found = Detections(now, self._sensing[due], first, x, y, vx, vy, heading, length, width, sigma, kind)
        return _Look(found, truth, station)

    def _take(self, look: _Look, running: Flags) -> None:
        """Detections come to their units; a road user whose number there is another than before has swapped it."""
        found = look.found
        row = np.array([self._row[unit] for unit in found.units.tolist()], np.int32)
        if not running[row].all():
            found, look = self._without(look, running[row])
            row = row[running[row]]
        given = self.tracks.look(found)
        sensor = np.repeat(row, np.diff(found.first))
        true = (look.truth >= 0) & (given >= 0)
        who, at, got = look.truth[true], sensor[true], given[true]
        self._room(int(who.max(initial=-1)) + 1)
        new = self._last_station[who] != look.station[true]
        self._last_id[:, who[new]] = -1
        self._last_station[who] = look.station[true]
        before = self._last_id[at, who]
        swapped = (before >= 0) & (before != got)
        self.swaps += np.bincount(self._sensing[at[swapped]], minlength=len(self.swaps))
        self._last_id[at, who] = got

    def _without(self, look: _Look, stays: Flags) -> tuple[Detections, _Look]:
        """A look without the units that have been switched off meanwhile."""
        found = look.found
        each = np.diff(found.first)
        keep = np.repeat(stays, each)
        first = np.concatenate(([0], np.cumsum(each[stays]))).astype(np.int32)
        rest = Detections(found.time, found.units[stays], first, *(column[keep] for column in found[3:]))
        return rest, _Look(rest, look.truth[keep], look.station[keep])

    def _room(self, slots: int) -> None:
        if slots > len(self._last_station):
            more = max(slots, 2 * len(self._last_station)) - len(self._last_station)
            self._last_station = np.concatenate((self._last_station, np.full(more, -1, np.int64)))
            self._last_id = np.concatenate((self._last_id, np.full((len(self._row), more), -1, np.int32)), axis=1)

    def tell(self, tick: int, now: float, may: Flags | None = None) -> UnitsTold | None:
        """What units tell in V2X tick `tick`, those of them that may speak; None: nothing."""
        codec = self._codec
        assert codec is not None
        due = (self._tells > 0) & self._running(tick)
        due[due] = (tick + self._sensing[due]) % self._tells[due] == 0
        if may is not None:
            due &= may[self._sensing]
        units = self._sensing[due]
        of, objects = self.tracks.choose(units, now, tick, self._maps)
        sensor = np.zeros(len(self._units), bool)
        sensor[units] = tick - self._said_sensor[units] >= SENSOR_EVERY
        speaking = np.unique(of)
        if codec.says_cover:
            speaking = np.union1d(speaking, np.flatnonzero(sensor)).astype(np.int32)
        if not len(speaking):
            return None
        self._said_sensor[speaking[sensor[speaking]]] = tick
        each = np.bincount(of, minlength=len(self._units))[speaking]
        return self._divided(speaking, each, objects, sensor, now, codec)

    def _divided(
        self, units: Ints, each: Longs, objects: PerceivedObjects, sensor: Flags, now: float, codec: PerceivedCodec
    ) -> UnitsTold:
        """Messages of units, several where one would be too long."""
        parts = np.clip(-(-each // codec.most), 1, codec.most_parts)
        of = np.repeat(np.arange(len(units)), parts)
        segment = (np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts) + 1).astype(np.int32)
        count = np.clip(each[of] - (segment - 1) * codec.most, 0, codec.most)
        begin = (np.cumsum(each) - each)[of] + (segment - 1) * codec.most
        rows = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
        told = objects.take(rows)
        says = sensor[units[of]] & (segment == 1)
        octets = codec.encode_all(units[of], count, told, segment, parts[of].astype(np.int32), says, now)
        return UnitsTold(units[of], CpmRows(told, np.cumsum(count), count, segment, parts[of], says), octets)

    def overhear(self, said: ReadCpms, heard: Deliveries, x: Doubles, y: Doubles, now: float, tick: int) -> None:
        """Units receive what others tell: message packet[k] comes to unit receiver[k]; x, y: where units are [m]."""
        mine = np.isin(heard.receiver, self._sensing)
        packet, unit = heard.packet[mine], heard.receiver[mine]
        if not len(packet):
            return
        order = np.lexsort((packet, unit))
        packet, unit = packet[order], unit[order]
        sender = said.station[packet] - FIRST_UNIT
        known = (sender >= 0) & (sender < len(x))
        packet, unit, sender = packet[known], unit[known], sender[known]
        away = np.hypot(x[unit] - x[sender], y[unit] - y[sender])
        first = np.searchsorted(said.message, np.arange(len(said.station) + 1))
        n = (first[1:] - first[:-1])[packet]
        rows = np.repeat(first[packet] - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))
        pairs: Indices = np.repeat(np.arange(len(packet)), n)
        self.tracks.overhear(unit[pairs].astype(np.int32), rows.astype(np.int32), said.objects, away[pairs], now, tick)

    def counts(self) -> dict[str, Longs]:
        """Since the begin, by sensor: looks at somebody in view, and what became of them; false alarms."""
        return dict(zip(kernel.OUTCOMES, self._field.counts().T, strict=True))

    def kpis(self) -> dict[str, float]:
        """Key figures (docs/kpis.md)."""
        total = {name: int(values.sum()) for name, values in self.counts().items()}
        looks = total["in-view"]

        def share(name: str) -> float:
            return total[name] / looks if looks else float("nan")

        return {
            "sensors.units": len(self._sensing),
            "sensors.looks": looks,
            "sensors.behind_buildings_share": share("behind-building"),
            "sensors.behind_others_share": share("behind-others"),
            "sensors.missed_share": share("missed"),
            "sensors.false_alarms": total["false-alarm"],
            "sensors.swaps": int(self.swaps.sum()),
            "sensors.said": int(self.tracks.said.sum()),
            "sensors.left_out": int(self.tracks.omitted.sum()),
        }
