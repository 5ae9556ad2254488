"""What plug-ins draw over the map of the live view: points, lines, areas and labels, each under a kind of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.errors import told_by

LONGEST_KIND: Final = 40  # characters
LONGEST_LABEL: Final = 60
MOST_KINDS: Final = 20  # of one plug-in; of an application at one unit
MOST_SHAPES: Final = 500  # of one kind
MOST_POINTS: Final = 5000  # of one kind, in all its shapes

Line = list[float]  # x0, y0, x1, y1, ... [m]


class MapDrawing(NamedTuple):
    """What is shown under one kind; m in the net's own coordinates, to the centimetre."""

    points: list[Line]
    lines: list[Line]
    areas: list[Line]
    labels: list[tuple[float, float, str]]

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not any(self)


class Shown(NamedTuple):
    """Whose drawing it is: the plug-in's name, of an application also the unit, else ""; and its kind."""

    by: str
    unit: str
    kind: str
    drawing: MapDrawing


class Drawings:
    """All that is shown in a run, in the order in which it was first shown."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, ...], dict[str, MapDrawing]] = {}  # by owner and kind

    def put(self, owner: tuple[str, ...], kind: str, drawing: MapDrawing) -> None:
        """Show it instead of what this owner showed under this kind; nothing at all takes it away.

        ValueError for one kind too many.
        """
        mine = self._all.setdefault(owner, {})
        if drawing.empty:
            mine.pop(kind, None)
        elif kind not in mine and len(mine) >= MOST_KINDS:
            raise ValueError(f"show(kind={kind!r}): must be at most {MOST_KINDS} kinds at once")
        else:
            mine[kind] = drawing

    def of(self, owner: tuple[str, ...]) -> dict[str, MapDrawing]:
        """What one owner shows now, by kind."""
        return dict(self._all.get(owner, {}))

    def shown(self) -> list[Shown]:
        """Everything."""
        return [
            Shown(owner[1] if len(owner) > 1 else owner[0], "".join(owner[2:3]), kind, drawing)
            for owner, mine in self._all.items()
            for kind, drawing in mine.items()
        ]


def drawn(kind: str, points: Any, lines: Any, areas: Any, labels: Any) -> MapDrawing:
    """A drawing of what a plug-in says. TypeError or ValueError for what cannot be drawn."""
    if not isinstance(kind, str) or not 0 < len(kind.strip()) <= LONGEST_KIND or not kind.isprintable():
        raise ValueError(f"show(kind={str(kind)[:60]!r}): must be a text of 1 to {LONGEST_KIND} characters")
    named = f"show({kind!r}"
    found = MapDrawing(
        [_shape(f"{named}, points[{k}]", [one], 1) for k, one in _listed(named, "points", points)],
        [_shape(f"{named}, lines[{k}]", one, 2) for k, one in _listed(named, "lines", lines)],
        [_shape(f"{named}, areas[{k}]", one, 3) for k, one in _listed(named, "areas", areas)],
        [_label(f"{named}, labels[{k}]", one) for k, one in _listed(named, "labels", labels)],
    )
    if (count := sum(len(part) for part in found)) > MOST_SHAPES:
        raise ValueError(f"{named}): {count} shapes: must be at most {MOST_SHAPES}")
    corners = sum(len(shape) // 2 for shape in (*found.points, *found.lines, *found.areas))
    if corners > MOST_POINTS:
        raise ValueError(f"{named}): {corners} points in all: must be at most {MOST_POINTS:,}")
    return found


def _listed(named: str, what: str, some: Any) -> Iterable[tuple[int, Any]]:
    if isinstance(some, str) or not isinstance(some, Iterable):
        raise TypeError(f"{named}, {what}={some!r}): must be a list")
    return enumerate(some)


def _shape(named: str, shape: Any, least: int) -> Line:
    try:
        given = shape if isinstance(shape, np.ndarray) else list(shape)
        rows = np.array([tuple(one) for one in given], np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{named}): must be points, x and y each: {told_by(error)}") from None
    if rows.ndim != 2 or rows.shape[1] != 2 or len(rows) < least:
        raise ValueError(f"{named}): must be at least {least} points, x and y each")
    if not np.isfinite(rows).all():
        raise ValueError(f"{named}): must be finite numbers")
    found: Line = rows.round(2).reshape(-1).tolist()
    return found


def _label(named: str, label: Any) -> tuple[float, float, str]:
    try:
        x, y, text = label
    except (TypeError, ValueError):
        raise TypeError(f"{named}): must be x, y and a text") from None
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_LABEL:
        raise ValueError(f"{named}): must have a text of 1 to {LONGEST_LABEL} characters")
    (left, top) = _shape(named, [(x, y)], 1)
    return left, top, text
