"""The links of lights, and the numbers of its intersections in messages."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

_MANEUVERS: Final = {
    "s": ("maneuverStraightAllowed",),
    "l": ("maneuverLeftAllowed",),
    "L": ("maneuverLeftAllowed",),
    "r": ("maneuverRightAllowed",),
    "R": ("maneuverRightAllowed",),
    "t": ("maneuverUTurnAllowed",),
    "T": ("maneuverUTurnAllowed",),
}


def maneuvers_of(turn: str) -> tuple[str, ...]:
    """The bit of AllowedManeuvers of a way that turns so (SUMO's `dir`); none for a turn that SUMO does not name."""
    return _MANEUVERS.get(turn, ())


class Link(NamedTuple):
    """A link of a light: its number there, from lane to lane of the network, which way it turns (SUMO's `dir`)."""

    number: int
    start: int
    end: int
    turn: str

    @property
    def maneuvers(self) -> tuple[str, ...]:
        """See `maneuvers_of`."""
        return maneuvers_of(self.turn)


def place_of(region: Any, number: Any) -> Any:
    """An intersection's region and number, from messages, in one; numbers or arrays."""
    return region << 16 | number


def node_of(light: int) -> tuple[int, int]:
    """Region and number of a light's intersection, in messages; regions up to 32767 are of lights."""
    return light >> 16, light & 0xFFFF
