"""Roads as plain data: a `Network` of junctions and two-way streets.

It expands into directed edges, with a left-turn pocket on every arterial approach to a signal, and into the
turns that each junction permits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .geometry import Point, bearing, cut, length_of, offset_right, turn_of

LANE_WIDTH = 3.2  # m
POCKET_LENGTH = 85.0  # m, the left-turn lane before a signal
SHORTEST_SPLIT = 40.0  # m of full road that must remain before a pocket


@dataclass(frozen=True)
class Street:
    """A kind of road; `lanes` per direction, `speed` in m/s."""

    name: str
    lanes: int
    speed: float
    priority: int
    arterial: bool = False
    allow: str = ""

    @property
    def median(self) -> float:
        """Half the gap between the directions (m): the room that pockets take up at signals."""
        return LANE_WIDTH if self.arterial else 0.0


@dataclass(frozen=True)
class Junction:
    """`kind`: 'signal' (static, coordinated), 'actuated', 'side' (right in, right out), 'open' (all turns),
    'end' (the town's border) or 'auto' (netconvert decides).
    """

    id: str
    at: Point
    kind: str = "open"
    offset: int = 0  # s

    @property
    def signalled(self) -> bool:
        return self.kind in ("signal", "actuated")


@dataclass(frozen=True)
class Piece:
    """One directed SUMO edge."""

    id: str
    source: str
    target: str
    street: Street
    lanes: int
    shape: tuple[Point, ...]
    pocket: bool = False


@dataclass(frozen=True)
class Arm:
    """One direction of a street at a junction; `piece` is the edge that touches it."""

    piece: Piece
    heading: float  # degrees, in the direction of travel

    @property
    def through_lanes(self) -> int:
        return self.piece.lanes - 1 if self.piece.pocket else self.piece.lanes


@dataclass(frozen=True)
class Movement:
    source: str
    target: str
    turn: str
    lanes: tuple[tuple[int, int], ...]
    main: bool  # along the junction's main street, or from it


@dataclass
class Network:
    junctions: dict[str, Junction] = field(default_factory=dict)
    links: list[tuple[str, str, Street, tuple[Point, ...], int, int]] = field(default_factory=list)

    def junction(self, id: str, at: Point, kind: str = "open", offset: int = 0) -> str:
        self.junctions[id] = Junction(id, at, kind, offset)
        return id

    def link(self, a: str, b: str, street: Street, bends: Sequence[Point] = (), there: int = 0, back: int = 0) -> None:
        """A two-way street from `a` to `b`; `there` and `back` override its lanes."""
        line = (self.junctions[a].at, *bends, self.junctions[b].at)
        self.links.append((a, b, street, line, there or street.lanes, back or street.lanes))

    # ------------------------------------------------------------ expansion

    def pieces(self) -> list[Piece]:
        """Every directed edge, split where a pocket begins."""
        found: list[Piece] = []
        for a, b, street, line, there, back in self.links:
            found += self._one_way(a, b, street, line, there)
            found += self._one_way(b, a, street, line[::-1], back)
        return found

    def _has_left(self, target: str, heading: float) -> bool:
        return any(turn_of(heading, bearing(line[0], line[1])) == "l" for line in self._lines_leaving(target))

    def _lines_leaving(self, id: str) -> list[tuple[Point, ...]]:
        leaving = [line for a, _, _, line, _, _ in self.links if a == id]
        return leaving + [line[::-1] for _, b, _, line, _, _ in self.links if b == id]

    def _one_way(self, a: str, b: str, street: Street, line: tuple[Point, ...], lanes: int) -> list[Piece]:
        id = f"{a}-{b}"
        body = tuple(offset_right(line, street.median)) if street.median else line
        left = self._has_left(b, bearing(line[-2], line[-1]))
        if not (street.arterial and self.junctions[b].signalled and left):
            return [Piece(id, a, b, street, lanes, body)]
        total = length_of(line)
        if total < POCKET_LENGTH + SHORTEST_SPLIT:
            return [Piece(id, a, b, street, lanes + 1, line, pocket=True)]
        at = total - POCKET_LENGTH
        head = tuple(offset_right(cut(line, 0.0, at), street.median))
        split = f"{id}_split"
        self.junctions.setdefault(split, Junction(split, head[-1], "split"))
        return [
            Piece(id, a, split, street, lanes, head),
            Piece(f"{id}_turn", split, b, street, lanes + 1, tuple(cut(line, at, total)), pocket=True),
        ]

    # ------------------------------------------------------------ turns

    def movements(self, pieces: Sequence[Piece]) -> dict[str, list[Movement]]:
        """The permitted turns of every junction, by junction id."""
        arriving: dict[str, list[Arm]] = {}
        leaving: dict[str, list[Arm]] = {}
        for piece in pieces:
            shape = piece.shape
            arriving.setdefault(piece.target, []).append(Arm(piece, bearing(shape[-2], shape[-1])))
            leaving.setdefault(piece.source, []).append(Arm(piece, bearing(shape[0], shape[1])))
        return {
            id: _turns(junction.kind, arriving.get(id, []), leaving.get(id, []))
            for id, junction in self.junctions.items()
            if junction.kind not in ("end", "auto")
        }


def _turns(kind: str, arriving: list[Arm], leaving: list[Arm]) -> list[Movement]:
    if kind == "split":
        before, after = arriving[0].piece, leaving[0].piece
        kept = [(i, i) for i in range(before.lanes)]
        return [Movement(before.id, after.id, "s", (*kept, (before.lanes - 1, after.lanes - 1)), True)]
    if kind == "turn":
        before, after = arriving[0].piece, leaving[0].piece
        return [Movement(before.id, after.id, "t", ((before.lanes - 1, after.lanes - 1),), True)]
    main = _main_street(arriving)
    found: list[Movement] = []
    for arm in arriving:
        options = {turn_of(arm.heading, out.heading): out for out in leaving}
        options.pop("t", None)
        side = arm.piece.street.name != main
        for turn, out in sorted(options.items()):
            crosses = side or out.piece.street.name != main
            if kind == "side" and crosses and turn != "r":
                continue
            lanes = _lanes(arm, out.piece.lanes, turn, set(options))
            found.append(Movement(arm.piece.id, out.piece.id, turn, lanes, not side))
    return found


def _main_street(arms: list[Arm]) -> str:
    """The street that passes straight through; the wider and faster one if two do."""

    def weight(name: str) -> tuple[int, int, str]:
        same = [arm for arm in arms if arm.piece.street.name == name]
        return (min(len(same), 2), max(arm.piece.street.priority for arm in same), name)

    return max((arm.piece.street.name for arm in arms), key=weight)


def _lanes(arm: Arm, lanes_out: int, turn: str, options: set[str]) -> tuple[tuple[int, int], ...]:
    lanes_in = arm.piece.lanes
    if turn == "r":
        return ((0, 0),)
    if turn == "l":
        if "s" not in options and lanes_in > 2 and lanes_out > 1:  # the stem of a T: two lanes turn left
            return ((lanes_in - 1, lanes_out - 1), (lanes_in - 2, lanes_out - 2))
        return ((lanes_in - 1, lanes_out - 1),)
    count = arm.through_lanes
    return tuple((i, min(i, lanes_out - 1)) for i in range(count) if i < lanes_out)
