"""The local dynamic map: what each roadside unit knows of the vehicles around it, from their CAMs (EN 302 895)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wayside.ext import ldm as kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

LIFETIME = 2.0  # s without a CAM after which a vehicle is forgotten: two of the longest intervals between CAMs
CONTENT = ("x", "y", "speed", "heading", "length", "station")


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

    def hear(
        self, packet: Ints, unit: Ints, sender: Ints, content: Doubles, now: float, first: int = 0, shift: int = 0
    ) -> None:
        """Enter CAMs: pair k brings p = packet[k] - first to unit[k], from vehicle sender[p] - shift.

        content: packets x 6. Pairs of other packets are not looked at.
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

    def forget(self, before: float) -> None:
        """Drop vehicles last heard before a time, s."""
        kernel.forget(before, self.index, self.count, self.vehicle, self.heard, self.state)

    def of(self, unit: int) -> VehicleView:
        """One unit's map, as it stands now."""
        n = self.count[unit]
        return VehicleView(self.vehicle[unit, :n], self.heard[unit, :n], self.state[unit, :n].T)

    def _widen(self) -> None:
        self.vehicle = np.concatenate((self.vehicle, np.zeros_like(self.vehicle)), axis=1)
        self.heard = np.concatenate((self.heard, np.zeros_like(self.heard)), axis=1)
        self.state = np.concatenate((self.state, np.zeros_like(self.state)), axis=1)
        self.index = np.full((self.units, 2 * self.heard.shape[1], 2), -1, np.int32)
        kernel.enter(self.index, self.count, self.vehicle, self.heard)


@dataclass(frozen=True)
class VehicleView:
    """A selection of the vehicles in a map; `near` and the like narrow it further. Arrays have one entry each."""

    vehicle: Ints
    heard: Doubles  # s of simulation time
    state: Doubles  # len(CONTENT) x N

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
    def station(self) -> NDArray[np.int64]:
        """Station numbers."""
        return self.state[5].astype(np.int64)

    @property
    def centroid(self) -> tuple[float, float]:
        """The mean position, m; NaN for an empty view."""
        if not len(self):
            return (float("nan"), float("nan"))
        return (float(self.x.mean()), float(self.y.mean()))

    def where(self, mask: NDArray[np.bool_]) -> VehicleView:
        """Those for which the mask holds."""
        return VehicleView(self.vehicle[mask], self.heard[mask], self.state[:, mask])

    def near(self, position: Sequence[float], radius: float) -> VehicleView:
        """Those within a radius [m] of a position (x, y) [m]."""
        return self.where(np.hypot(self.x - position[0], self.y - position[1]) <= radius)

    def slower_than(self, speed: float) -> VehicleView:
        """Those below a speed, m/s."""
        return self.where(self.speed < speed)

    def faster_than(self, speed: float) -> VehicleView:
        """Those above a speed, m/s."""
        return self.where(self.speed > speed)
