"""Where the net lies on earth, the links of its lights, and the numbers of its intersections in messages."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from wayside.sim.world import Doubles

_MANEUVERS: Final = {
    "s": ("maneuverStraightAllowed",),
    "l": ("maneuverLeftAllowed",),
    "L": ("maneuverLeftAllowed",),
    "r": ("maneuverRightAllowed",),
    "R": ("maneuverRightAllowed",),
    "t": ("maneuverUTurnAllowed",),
    "T": ("maneuverUTurnAllowed",),
}


class Place(Protocol):
    """Where the net lies: between its coordinates [m] and WGS 84 [degrees]; numbers or arrays."""

    def degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """Latitude and longitude."""

    def metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        """X and y."""

    def near_degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """Latitude and longitude, within 1 mm."""

    def near_metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        """X and y, within 1 mm."""


class Link(NamedTuple):
    """A link of a light: its number there, from lane to lane of the network, which way it turns (SUMO's `dir`)."""

    number: int
    start: int
    end: int
    turn: str

    @property
    def maneuvers(self) -> tuple[str, ...]:
        """Its bit of AllowedManeuvers; none for a turn that SUMO does not name."""
        return _MANEUVERS.get(self.turn, ())


def node_of(light: int) -> tuple[int, int]:
    """Region and number of a light's intersection, in messages; regions up to 32767 are of lights."""
    return light >> 16, light & 0xFFFF
