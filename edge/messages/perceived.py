"""What is told of road users that a station perceives (CPM, in the Chinese set RSM)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from wayside.edge.messages import Broadcast
from wayside.ext.arrays import Doubles, Indices, Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit

MOST_OBJECTS: Final = 255  # of a CPM (PerceivedObjects of TS 103 324)
MOST_SEGMENTS: Final = 8  # MessageSegmentationInfo, likewise
OBJECT_IDS: Final = 65536  # Identifier2B, ptcId


class PerceivedObjects(NamedTuple):
    """Road users as a unit knows them, an entry each.

    x, y [m] of the middle; vx, vy [m/s]; heading [degrees clockwise from north]; length, width [m]; standard
    deviations of place [m] and speed [m/s] along each axis; age: since when it has been known [s]; these six NaN where
    not known; kind: StationType; time: of the measurement [s].
    """

    id: Ints
    x: Doubles
    y: Doubles
    vx: Doubles
    vy: Doubles
    heading: Doubles
    length: Doubles
    width: Doubles
    sigma: Doubles
    speed_sigma: Doubles
    age: Doubles
    kind: Ints
    time: Doubles

    def take(self, rows: Indices | Ints | slice) -> PerceivedObjects:
        """Some of them."""
        return PerceivedObjects._make(column[rows] for column in self)

    def at(self, time: float) -> tuple[Doubles, Doubles]:
        """Where they are at a time [s], if they go on as they were: x and y [m]."""
        since = time - self.time
        return self.x + self.vx * since, self.y + self.vy * since


@dataclass(frozen=True, eq=False)
class Cpm(Broadcast):
    """Road users that a unit perceives: some of them at a time, all together `segments` messages, this one of which is
    `segment`, from 1. sensor: whether it says too what the sensor covers.
    """

    objects: PerceivedObjects
    segment: int = 1
    segments: int = 1
    sensor: bool = False

    def check(self, unit: RoadsideUnit) -> None:
        objects: Any = self.objects
        if not isinstance(objects, PerceivedObjects) or not all(isinstance(part, np.ndarray) for part in objects):
            raise ValueError("Cpm objects: must be PerceivedObjects, of arrays")
        n = len(objects.id)
        if any(part.shape != (n,) for part in objects) or n > MOST_OBJECTS:
            raise ValueError(f"Cpm objects: must be columns with an entry each, of at most {MOST_OBJECTS}")
        if n and not (objects.id.min() >= 0 and objects.id.max() < OBJECT_IDS):
            raise ValueError(f"Cpm objects: id must be within 0..{OBJECT_IDS - 1}")
        if not all(np.isfinite(part).all() for part in (objects.x, objects.y, objects.vx, objects.vy, objects.time)):
            raise ValueError("Cpm objects: x, y, vx, vy and time must be finite")
        if not 1 <= self.segment <= self.segments <= MOST_SEGMENTS:
            raise ValueError(f"Cpm segment {self.segment} of {self.segments}: must be of at most {MOST_SEGMENTS}")


class ReadCpms(NamedTuple):
    """What several messages say: their senders' stations, which segment each is, and the objects of all, with the
    number of the message that has each.
    """

    station: Longs
    segment: Ints
    message: Ints
    objects: PerceivedObjects
