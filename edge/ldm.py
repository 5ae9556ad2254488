"""The local dynamic map: what each roadside unit knows of who is around it (EN 302 895): from CAMs and VAMs, and at
units with a sensor also from what that shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.messages.stations import StationType, VehicleRole
from wayside.edge.perception.tracks import LOST
from wayside.ext import ldm as kernel
from wayside.ext.arrays import Doubles, Flags, Ints, Longs
from wayside.ext.tracks import fuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wayside.edge.perception.tracks import PerceivedTracks


VRU_LIFETIME = 10.0  # s: likewise of those who say VAMs
LIFETIME = 2.0  # s without a CAM after which a vehicle is forgotten: two of the longest intervals between CAMs
# What an entry says, in this order (ext/ldm.pyx). The role is said now and then only, the last one counts.
CONTENT = ("x", "y", "speed", "heading", "length", "station", "acceleration", "type", "role")
HEARD, SENSED, BOTH = 1, 2, 3  # where what a map says of somebody comes from
ACCELERATION = 2.0  # m/s^2 by which a vehicle may have changed since it was heard


class LocalDynamicMaps:
    """The maps of all units, struct of arrays: units x places (a power of two), doubled where a unit hears more."""

    def __init__(self, units: int, places: int = 64) -> None:
        self.units = units
        self.index = np.full((units, 2 * places, 2), -1, np.int32)  # by vehicle: its place (ext/ldm.pyx)
        self.count = np.zeros(units, np.int32)
        self.vehicle = np.zeros((units, places), np.int32)
        self.heard = np.zeros((units, places))
        self.state = np.zeros((units, places, len(CONTENT)))  # an entry's values together: see ext/ldm.pyx
        self.received = np.zeros(units, np.int64)  # CAMs since the begin
        self.perceived: PerceivedTracks | None = None  # of the units' sensors, where any has one

    @property
    def station(self) -> Doubles:
        """Station numbers, units x places; what is beyond a unit's `count` means nothing."""
        return self.state[:, :, CONTENT.index("station")]

    def hear(
        self, packet: Ints, unit: Ints, sender: Ints, content: Doubles, now: float, first: int = 0, shift: int = 0
    ) -> None:
        """Enter CAMs: pair k brings p = packet[k] - first to unit[k], from vehicle sender[p] - shift.

        content: packets x `CONTENT`. Pairs of other packets are not looked at.
        """
        while len(packet):
            done = kernel.hear(
                packet,
                unit,
                sender,
                content,
                now,
                self.index,
                self.count,
                self.vehicle,
                self.heard,
                self.state,
                self.received,
                first,
                shift,
            )
            packet, unit = packet[done:], unit[done:]
            if len(packet):
                self._widen()

    def forget(self, before: float, vru_before: float | None = None) -> None:
        """Drop vehicles last heard before a time, s; pedestrians and cyclists before another, if one is given."""
        if vru_before is None:
            vru_before = before
        kernel.forget(before, self.index, self.count, self.vehicle, self.heard, self.state, vru_before)

    def of(self, unit: int, now: float = float("nan")) -> VehicleView:
        """One unit's map, as it stands `now` [s]."""
        n = self.count[unit]
        heard = VehicleView(self.vehicle[unit, :n], self.heard[unit, :n], self.state[unit, :n].T, now)
        if self.perceived is None or unit not in self.perceived.by_unit:
            return heard
        return fused(heard, self.perceived, unit)

    def _widen(self) -> None:
        self.vehicle = np.concatenate((self.vehicle, np.zeros_like(self.vehicle)), axis=1)
        self.heard = np.concatenate((self.heard, np.zeros_like(self.heard)), axis=1)
        self.state = np.concatenate((self.state, np.zeros_like(self.state)), axis=1)
        self.index = np.full((self.units, 2 * self.heard.shape[1], 2), -1, np.int32)
        kernel.enter(self.index, self.count, self.vehicle, self.heard)


@dataclass(frozen=True)
class VehicleView:
    """A selection of those in a map, vehicles and road users with a device; `near` and the like narrow it further.
    Arrays have one entry each.

    vehicle: by slot, -1 of who is only sensed. state: len(CONTENT) x N, with two rows more, `origin` and `uncertainty`,
    where the unit has a sensor.
    """

    vehicle: Ints
    heard: Doubles  # s of simulation time: of the last news
    state: Doubles
    now: float = float("nan")  # s

    def __len__(self) -> int:
        return len(self.vehicle)

    @property
    def x(self) -> Doubles:
        """East, m in the net's coordinates."""
        return self.state[0]

    @property
    def y(self) -> Doubles:
        """North, m in the net's coordinates."""
        return self.state[1]

    @property
    def speed(self) -> Doubles:
        """Speeds, m/s."""
        return self.state[2]

    @property
    def heading(self) -> Doubles:
        """Headings, degrees clockwise from north."""
        return self.state[3]

    @property
    def length(self) -> Doubles:
        """Vehicle lengths, m."""
        return self.state[4]

    @property
    def station(self) -> Longs:
        """Station numbers; of who is only sensed one below 0, the track's."""
        return self.state[5].astype(np.int64)

    @property
    def acceleration(self) -> Doubles:
        """Forwards, m/s^2; NaN where it is not said."""
        return self.state[6]

    @property
    def type(self) -> Longs:
        """What they are (`edge.messages.stations.StationType`)."""
        return self.state[7].astype(np.int64)

    @property
    def role(self) -> Longs:
        """What they are about (`edge.messages.stations.VehicleRole`): as last said, which CAMs do each 0.5 s."""
        return np.nan_to_num(self.state[8], nan=VehicleRole.NOT_SAID).astype(np.int64)

    @property
    def age(self) -> Doubles:
        """For how long there has been no news of each, s."""
        return self.now - self.heard

    @property
    def origin(self) -> Longs:
        """Where what is known comes from: HEARD, SENSED or BOTH."""
        if len(self.state) == len(CONTENT):
            return np.full(len(self), HEARD)
        return self.state[-2].astype(np.int64)

    @property
    def uncertainty(self) -> Doubles:
        """Standard deviation of the place along each axis, m; NaN at a unit without a sensor: CAMs' is not looked
        at.
        """
        return np.full(len(self), np.nan) if len(self.state) == len(CONTENT) else self.state[-1]

    @property
    def centroid(self) -> tuple[float, float]:
        """The mean position, m; NaN for an empty view."""
        if not len(self):
            return (float("nan"), float("nan"))
        return (float(self.x.mean()), float(self.y.mean()))

    @property
    def vehicles(self) -> VehicleView:
        """All but pedestrians."""
        afoot = self.state[7] == StationType.PEDESTRIAN
        return self.where(~afoot) if afoot.any() else self

    @property
    def pedestrians(self) -> VehicleView:
        """The pedestrians, from their VAMs."""
        return self.where(self.state[7] == StationType.PEDESTRIAN)

    def where(self, mask: Flags) -> VehicleView:
        """Those for which the mask holds."""
        return VehicleView(self.vehicle[mask], self.heard[mask], self.state[:, mask], self.now)

    def near(self, position: Sequence[float], radius: float) -> VehicleView:
        """Those within a radius [m] of a position (x, y) [m]."""
        return self.where(np.hypot(self.x - position[0], self.y - position[1]) <= radius)

    def slower_than(self, speed: float) -> VehicleView:
        """Those below a speed, m/s."""
        return self.where(self.speed < speed)

    def faster_than(self, speed: float) -> VehicleView:
        """Those above a speed, m/s."""
        return self.where(self.speed > speed)


def fused(heard: VehicleView, perceived: PerceivedTracks, unit: int) -> VehicleView:
    """A unit's map of who is heard, and who its sensor shows.

    Who is both has the place of both, each weighed by its variance, as of the sensor's last look; speed and heading are
    the sensor's, all else is what was heard. Places are the middle of the front, as CAMs have it.
    """
    tracks, track = perceived.rows[unit, : perceived.count[unit]], perceived.track[unit]
    sigma = perceived.by_unit[unit].following.heard_m
    known = fuse(heard.vehicle, heard.heard, heard.state, heard.now, tracks, track, LOST, sigma, ACCELERATION)
    return VehicleView(*known, heard.now)
