"""How a block of each use is built up."""

from __future__ import annotations

from collections.abc import Callable

from ..geometry import blob, box, circle
from .canvas import FLOOR, Plot, Town


def perimeter(town: Town, plot: Plot) -> None:
    """Houses of different height along all four sides, a green court within."""
    thick = 13.0
    middle = (plot.low + plot.high) / 2
    courts = max(1, round(plot.width(middle) / 125.0))
    rows = max(1, round(plot.depth / 130.0))
    tall = int(town.random.integers(5, 8))
    for row in range(rows):
        v0, v1 = (
            plot.depth * row / rows + 4.0 * (row > 0),
            plot.depth * (row + 1) / rows - 4.0 * (row < rows - 1),
        )
        base = plot.low + (v0 + v1) / 2
        width = plot.width(base) / courts
        for i in range(courts):
            u0, u1 = width * i + 4.0 * (i > 0), width * (i + 1) - 4.0 * (i < courts - 1)
            _court(town, plot, (v0, v1, u0, u1), thick, tall)


def _court(town: Town, plot: Plot, bounds: tuple[float, float, float, float], thick: float, tall: int) -> None:
    v0, v1, u0, u1 = bounds
    base = plot.width(plot.low + (v0 + v1) / 2)
    for a, b in ((v0, v0 + thick), (v1 - thick, v1)):
        inner = plot.low + (a + b) / 2
        scale = plot.width(inner) / base
        count = max(1, round((u1 - u0) / 30.0))
        for i in range(count):
            left, right = (u0 + (u1 - u0) * (i + e) / count for e in (0, 1))
            town.put(plot.cell(a, b, left * scale, right * scale), town.floors(tall - 1, tall + 1), "housing")
    low, high = v0 + thick, v1 - thick
    count = max(1, round((high - low - 14.0) / 30.0))
    for first in (True, False):
        for i in range(count):
            c, d = (low + 7.0 + (high - low - 14.0) * (i + e) / count for e in (0, 1))
            scale = plot.width(plot.low + (c + d) / 2) / base
            left = u0 * scale if first else u1 * scale - thick
            town.put(plot.cell(c, d, left, left + thick), town.floors(tall - 1, tall + 1), "housing")
    town.green(plot.cell(low + 8.0, high - 8.0, u0 + thick + 8.0, u1 - thick - 8.0))


def slabs(town: Town, plot: Plot) -> None:
    """Rows of long houses that face south, as tall as their distance allows."""
    floors = (6, 6, 11, 11, 18)[int(town.random.integers(5))]
    pitch, length, gap = {6: (30.0, 52.0, 12.0), 11: (44.0, 46.0, 16.0), 18: (58.0, 34.0, 24.0)}[floors]
    shape = plot.outline()
    x0, x1 = min(p[0] for p in shape), max(p[0] for p in shape)
    y0, y1 = min(p[1] for p in shape), max(p[1] for p in shape)
    town.reserve(blob(town.random, plot.middle, 24.0))
    for row in range(int((y1 - y0) / pitch) + 1):
        x = x0 + (row % 2) * 9.0
        while x < x1:
            y = y0 + row * pitch
            slab = box(x, x + length, y, y + 13.0)
            if plot.holds(slab) and town.put(slab, FLOOR * floors + 3.0 * int(town.random.integers(0, 2)), "housing"):
                x += length + gap
            else:
                x += 4.0


def towers(town: Town, plot: Plot) -> None:
    """Slender towers on low bases' corners, with squares between."""
    middle = (plot.low + plot.high) / 2
    columns = max(1, round(plot.width(middle) / 75.0))
    rows = max(1, round(plot.depth / 85.0))
    for row in range(rows):
        for column in range(columns):
            v = plot.depth * (row + 0.5) / rows
            u = plot.width(plot.low + v) * (column + 0.5) / columns
            size = float(town.random.uniform(26.0, 34.0)) / 2
            height = float(town.random.choice([70, 90, 110, 130, 160, 190]))
            if (row + column) % 3 == 2:
                town.green(plot.cell(v - 22, v + 22, u - 22, u + 22))
            elif town.put(plot.cell(v - size, v + size, u - size, u + size), height, "office"):
                town.put(plot.cell(v - size, v + size, u + size, u + size + 20.0), town.floors(4, 6), "office")
                town.put(plot.cell(v + size, v + size + 14.0, u - size, u + size), town.floors(3, 5), "office")


def offices(town: Town, plot: Plot) -> None:
    """Plates and angles of eight to fourteen floors."""
    middle = (plot.low + plot.high) / 2
    columns = max(1, round(plot.width(middle) / 62.0))
    rows = max(1, round(plot.depth / 58.0))
    for row in range(rows):
        for column in range(columns):
            v = plot.depth * (row + 0.5) / rows
            width = plot.width(plot.low + v) / columns
            u = width * (column + 0.5)
            height = town.floors(6, 14)
            town.put(plot.cell(v - 20, v - 3, u - 23, u + 23), height, "office")
            side = 1 if town.random.random() < 0.5 else -1
            wing = sorted((u + side * 23, u + side * 8))
            town.put(plot.cell(v - 3, v + 20, wing[0], wing[1]), height - FLOOR * 2, "office")


def shopping(town: Town, plot: Plot) -> None:
    """Large halls wherever the lot leaves room, shops in the gaps."""
    middle = plot.width((plot.low + plot.high) / 2)
    for size in (1.0, 0.5, 0.34, 0.2):
        deep, wide = plot.depth * size * 0.9, middle * size * 0.9
        for v in (4.0, plot.depth - deep - 4.0):
            scale = plot.width(plot.low + v + deep / 2) / middle
            for u in (4.0, (middle - wide) / 2, middle - wide - 4.0):
                hall = plot.cell(v, v + deep, u * scale, (u + wide) * scale)
                town.put(hall, float(town.random.uniform(14, 18)) + 12.0 * size, "shopping")


def hotels(town: Town, plot: Plot) -> None:
    """A concert hall or museum, and curved hotels that look at the lake."""
    town.put(circle(plot.middle, 36.0), 26.0, "culture")
    for v, height in ((6.0, 48.0), (plot.depth - 26.0, 66.0)):
        width = plot.width(plot.low + v)
        town.put(plot.cell(v, v + 18.0, 0.1 * width, 0.45 * width), height, "hotel")
        town.put(plot.cell(v, v + 18.0, 0.55 * width, 0.9 * width), height + 9.0, "hotel")
    town.lay("park", circle(plot.middle, 52.0))
    town.ground.take(circle(plot.middle, 52.0))
    villas(town, plot)


def villas(town: Town, plot: Plot) -> None:
    v = 4.0
    while v + 12.0 < plot.depth:
        u, width = 3.0, plot.width(plot.low + v)
        while u + 14.0 < width:
            deep = float(town.random.uniform(9.0, 12.0))
            town.put(plot.cell(v, v + deep, u, u + 13.0), town.floors(2, 3), "housing")
            u += 23.0
        v += 26.0


def school(town: Town, plot: Plot) -> None:
    """Three wings around a yard, a gymnasium, a sports field."""
    width = plot.width((plot.low + plot.high) / 2)
    half = width * 0.48
    for shape in (
        plot.cell(8, 22, 6, half),
        plot.cell(24, 80, 6, 20),
        plot.cell(24, 80, half - 14, half),
    ):
        town.put(shape, 4 * FLOOR + 2, "school")
    town.put(plot.cell(plot.depth - 50, plot.depth - 20, 6, 52), 11.0, "school")
    town.reserve(plot.cell(24, 70, 26, half - 20))
    town.reserve(plot.cell(12, 84, half + 16, half + 16 + 100))
    slabs(town, plot)


def university(town: Town, plot: Plot) -> None:
    """Institutes around lawns."""
    width = plot.width((plot.low + plot.high) / 2)
    count = max(2, round(width / 85.0))
    for i in range(count):
        u0, u1 = width * i / count + 8, width * (i + 1) / count - 8
        for v in (6.0, plot.depth - 72.0):
            height = town.floors(4, 7)
            town.put(plot.cell(v, v + 15, u0, u1), height, "university")
            town.put(plot.cell(v + 15, v + 60, u0, u0 + 15), height, "university")
            town.lay("park", plot.cell(v + 22, v + 58, u0 + 24, u1 - 4))


def hospital(town: Town, plot: Plot) -> None:
    """Two ward blocks joined by a hall, and low wings."""
    width = plot.width((plot.low + plot.high) / 2)
    start = width * 0.2
    ward = (
        plot.cell(10, 28, start, start + 90),
        plot.cell(62, 80, start, start + 90),
    )
    for shape in ward:
        town.put(shape, 13 * FLOOR, "hospital")
    town.put(plot.cell(28, 62, start + 32, start + 58), 6 * FLOOR, "hospital")
    town.put(plot.cell(10, 60, start + 104, start + 134), 4 * FLOOR, "hospital")
    town.put(plot.cell(90, 130, start, start + 60), 5 * FLOOR, "hospital")
    town.reserve(plot.cell(12, 70, 4, start - 12))
    slabs(town, plot)


def station(town: Town, plot: Plot) -> None:
    """The fire and ambulance station with its hose tower, among housing."""
    town.put(plot.cell(10, 32, 10, 62), 10.0, "rescue")
    town.put(plot.cell(36, 44, 10, 18), 26.0, "rescue")
    slabs(town, plot)


def workshops(town: Town, plot: Plot) -> None:
    middle = (plot.low + plot.high) / 2
    columns = max(1, round(plot.width(middle) / 64.0))
    rows = max(1, round(plot.depth / 52.0))
    for row in range(rows):
        for column in range(columns):
            v = plot.depth * (row + 0.5) / rows
            u = plot.width(plot.low + v) * (column + 0.5) / columns
            town.put(plot.cell(v - 18, v + 18, u - 26, u + 26), float(town.random.uniform(8, 13)), "industry")


def park(town: Town, plot: Plot) -> None:
    town.lay("park", plot.outline())
    town.lay("water", blob(town.random, plot.middle, min(plot.depth, 120.0) * 0.24))
    width = plot.width(plot.low + 20)
    town.put(plot.cell(14, 26, width * 0.2, width * 0.2 + 16), 5.0, "culture")


FILLINGS: dict[str, Callable[[Town, Plot], None]] = {
    "T": towers,
    "O": offices,
    "M": shopping,
    "K": hotels,
    "H": perimeter,
    "S": slabs,
    "V": villas,
    "E": school,
    "U": university,
    "D": hospital,
    "F": station,
    "I": workshops,
    "P": park,
}
