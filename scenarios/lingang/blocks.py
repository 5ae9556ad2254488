"""What stands where: the town's blocks and their uses, read from a few lines of letters.

Each band between two rings is a string of 24 letters, one block per 15 degrees, counter-clockwise from east.
Blocks of the outer bands come in an inner and an outer row, on either side of Garden Lane and Orchard Lane.
"""

from __future__ import annotations

from dataclasses import dataclass

from .plan import RADIUS, point_key

USES = {
    "T": "office towers",
    "O": "offices",
    "M": "shopping",
    "K": "hotels and culture",
    "H": "perimeter housing",
    "S": "slab housing",
    "V": "villas",
    "E": "school",
    "U": "university",
    "D": "hospital",
    "F": "fire and ambulance station",
    "I": "workshops",
    "P": "park",
}

# band: (inner ring, outer ring, letters from east counter-clockwise)
BANDS: dict[str, tuple[str, str, str]] = {
    "shore": ("lake", "tide", "TTTTMMKKHHKPVVVVPHHKOOTT"),
    "garden_in": ("tide", "garden", "TOMMOHHHEHHSHVHHPHHEHOMT"),
    "garden_out": ("garden", "harbour", "OOOMHHHHHHDSSHHSHEHHHOOO"),
    "orchard_in": ("harbour", "orchard", "IOOHSSSSPSDFSESSUUSSSHOI"),
    "orchard_out": ("orchard", "outer", "IIOSSESPSSSSSSPSUUESSSOI"),
}


@dataclass(frozen=True)
class Block:
    """A ring sector between streets; its car park stands on the quiet lane `edge`, to its right."""

    id: str
    band: str
    step: int
    use: str  # a key of USES
    inner: str
    outer: str
    edge: str

    @property
    def radii(self) -> tuple[float, float]:
        return RADIUS[self.inner], RADIUS[self.outer]

    @property
    def angles(self) -> tuple[float, float]:
        return self.step * 15.0, self.step * 15.0 + 15.0


def blocks() -> list[Block]:
    return [
        Block(f"{band}_{point_key(step)}", band, step, use, inner, outer, _frontage(inner, outer, step))
        if step % 2 == 0
        else Block(f"{band}_{_mirror_key(step)}", band, step, use, inner, outer, _frontage(inner, outer, step))
        for band, (inner, outer, uses) in BANDS.items()
        for step, use in enumerate(uses)
    ]


def _mirror_key(step: int) -> str:
    """Odd blocks lie just before the next avenue: named after it first."""
    first, second = point_key(step).split("_")
    return f"{second}_{first}"


def _frontage(inner: str, outer: str, step: int) -> str:
    """The directed lane that has the block on its right."""
    here, there = point_key(step), point_key(step + 1)
    if outer in ("garden", "orchard"):  # clockwise: the right-hand side is towards the lake
        return f"{outer}_{there}-{outer}_{here}"
    if inner in ("garden", "orchard"):
        return f"{inner}_{here}-{inner}_{there}"
    if step % 2 == 0:  # the street halfway bounds the block on its far side: drive outwards
        return f"{inner}_{there}-{outer}_{there}"
    return f"{outer}_{here}-{inner}_{here}"
