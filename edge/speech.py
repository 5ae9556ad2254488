"""What an application may say: checked where it says it, so that its author is told which line is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wayside.edge.messages import Broadcast, Response
from wayside.edge.messages.checks import is_number, short

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit

GREATEST_RADIUS: Final = 65_535.0  # m: the distance of an area in EN 302 636-4-1 has 16 bits


def check_message(message: object, unit: RoadsideUnit) -> None:
    """TypeError for what is no message that a unit sends, ValueError for one that says what it cannot."""
    if not isinstance(message, Broadcast | Response):
        known = ", ".join(found.__name__ for base in (Broadcast, Response) for found in classes_of(base))
        raise TypeError(f"send({short(message)}): must be one of {known} of wayside.edge.messages")
    message.check(unit)


def check_radius(radius: object) -> None:
    """ValueError for a radius that is none; None is as far as the radio carries."""
    if radius is not None and not (is_number(radius) and 0.0 < radius <= GREATEST_RADIUS):  # type: ignore[operator]
        raise ValueError(f"radius {short(radius)} m: must be above 0 and at most {GREATEST_RADIUS:,.0f}")


def classes_of(base: type) -> list[type]:
    """The public classes of messages that are derived from one, in the order of their definition."""
    found: list[type] = []
    derived: type
    for derived in base.__subclasses__():
        found += ([] if derived.__name__.startswith("_") else [derived]) + classes_of(derived)
    return found
