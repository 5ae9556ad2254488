"""What the units' sensors have shown them: tracks of road users, fused with who is heard, and which are told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from wayside.edge.messages.perceived import PerceivedObjects
from wayside.edge.perception.sensor import RULES, Perceiving
from wayside.ext import tracks as kernel
from wayside.ext.arrays import Doubles, Indices, Ints

if TYPE_CHECKING:
    from wayside.edge.ldm import LocalDynamicMaps

# What a track holds, in this order (ext/tracks.hpp). Places [m] are of the middle of a road user, times in s,
# `heading` in radians clockwise from north; pp, pv, vv: covariance of place and speed along each axis; heard: the
# place in the unit's map of the vehicle that it is, -1: of none; said_: as it was told last; others: in which V2X
# ticks others told of it.
VALUES: Final = [
    "id",
    "x",
    "y",
    "vx",
    "vy",
    "pp",
    "pv",
    "vv",
    "time",
    "seen",
    "born",
    "hits",
    "misses",
    "heading",
    "length",
    "width",
    "kind",
    "heard",
    "said_time",
    "said_x",
    "said_y",
    "said_speed",
    "said_heading",
    "others",
    "others_tick",
    "other_x",
    "other_y",
    "other_speed",
    "other_sigma",
    "other_away",
]
AT: Final = {name: place for place, name in enumerate(VALUES)}
MOST_SAID: Final = 200  # objects of one unit in a tick: CPMs have at most 255 in all
LOST: Final = 2  # looks in a row without it after which a track is shown and told no more
ACCELERATION: Final = 2.0  # m/s^2 by which who is heard may have changed since


class Detections(NamedTuple):
    """What sensors have found in one look: by unit, ascending; unit units[k] has rows first[k]..first[k + 1] - 1.

    x, y [m] of the middle, vx, vy [m/s], heading [radians], sizes [m], deviation of the place [m], StationType.
    """

    time: float  # s, of the look
    units: Ints
    first: Ints
    x: Doubles
    y: Doubles
    vx: Doubles
    vy: Doubles
    heading: Doubles
    length: Doubles
    width: Doubles
    sigma: Doubles
    kind: Doubles


class PerceivedTracks:
    """The tracks of all units, struct of arrays: units x places, doubled where a unit sees more.

    by_unit: how each unit senses that does.
    """

    def __init__(self, units: int, by_unit: Mapping[int, Perceiving], places: int = 64) -> None:
        self.by_unit = dict(by_unit)
        self.sensing = np.array(sorted(by_unit), np.int32)  # units, ascending
        self.rows = np.zeros((units, places, len(VALUES)))
        self.count = np.zeros(units, np.int32)
        self.omitted = np.zeros((units, len(RULES)), np.int64)  # objects left out, by rule
        self.said = np.zeros(units, np.int64)  # objects told of
        self._next = np.zeros(units, np.int32)
        self._how = np.zeros((units, 5))
        self._heard_m = np.full(units, np.nan)
        self._rules = np.zeros(units, np.int32)
        self._limits = np.ones((units, 5))
        self.track = np.empty((units, 0), np.int32)  # which track each place in the units' maps is, or -1
        self._kernel = kernel.Tracker()
        for unit, one in by_unit.items():
            how, by = one.following, one.telling
            self._how[unit] = how.acceleration_m_s2, how.gate, how.confirm, how.keep_s, one.sensor.speed_m_s
            self._heard_m[unit] = how.heard_m
            self._rules[unit] = by.rules
            self._limits[unit] = by.window, by.most, by.moved_m, by.faster_m_s, by.distance_m

    def look(self, found: Detections) -> Ints:
        """Take in what sensors have found. Returns the number of each one's track at its unit, -1: not confirmed."""
        if len(found.units):
            most = int((self.count[found.units] + np.diff(found.first)).max())
            while most > self.rows.shape[1]:
                self.rows = np.concatenate((self.rows, np.zeros_like(self.rows)), axis=1)
        return self._kernel.look(
            self.rows, self.count, self._next, self._how, found.units, found.first, found.time, *found[3:]
        )

    def match(self, maps: LocalDynamicMaps, now: float) -> None:
        """Find out which tracks are vehicles that are heard."""
        if self.track.shape != maps.heard.shape:
            self.track = np.full(maps.heard.shape, -1, np.int32)
        self._kernel.match(
            self.rows,
            self.count,
            self.sensing,
            maps.count,
            maps.heard,
            maps.state,
            now,
            self._heard_m,
            ACCELERATION,
            self.track,
        )

    def forget(self, units: Ints) -> None:
        """These units know nothing any more: they have been switched off."""
        self.count[units] = 0
        self.track[units] = -1

    def choose(self, units: Ints, now: float, tick: int, maps: LocalDynamicMaps) -> tuple[Ints, PerceivedObjects]:
        """What these units are to tell of now: the unit of each object, ascending, and the objects; they count as
        told.
        """
        of, at = kernel.choose(
            self.rows, self.count, units, now, tick, self._rules, self._limits, maps.heard, MOST_SAID, self.omitted
        )
        self.said += np.bincount(of, minlength=len(self.said))
        return of, self.objects(of, at)

    def objects(self, unit: Ints | Indices, place: Ints | Indices) -> PerceivedObjects:
        """Tracks as road users."""
        mine = self.rows[unit, place].T

        def value(name: str) -> Doubles:
            return mine[AT[name]]

        return PerceivedObjects(
            id=value("id").astype(np.int32),
            x=value("x"),
            y=value("y"),
            vx=value("vx"),
            vy=value("vy"),
            heading=np.degrees(value("heading")),
            length=value("length"),
            width=value("width"),
            sigma=np.sqrt(value("pp")),
            speed_sigma=np.sqrt(value("vv")),
            age=value("time") - value("born"),
            kind=value("kind").astype(np.int32),
            time=value("time"),
        )

    def overhear(
        self,
        unit: Ints,
        row: Ints,
        objects: PerceivedObjects,
        away: Doubles,
        now: float,
        tick: int,
    ) -> None:
        """Units hear of objects from others: pair k brings objects[row[k]] to unit[k], from away[k] m off."""
        if not len(unit):
            return
        x, y = objects.at(now)
        self._kernel.overhear(
            self.rows,
            self.count,
            unit,
            row,
            x,
            y,
            np.hypot(objects.vx, objects.vy),
            np.where(np.isnan(objects.sigma), 1.0, objects.sigma),
            away,
            now,
            tick,
        )
