"""Lake, canal, sea, greens and fields, and the port with its sheds, stacks, cranes and ships."""

from __future__ import annotations

import math
from itertools import pairwise

from ..geometry import Point, blob, box, circle, polar
from .canvas import Polygon, Town
from .plan import (
    BERTH_X,
    CUSTOMS_X,
    GATES,
    LAKE,
    LAKE_RADIUS,
    PORT_X,
    QUAY_X,
    ROWS,
    TERMINAL_SPAN,
    WAREHOUSE_X,
    YARD_X,
)

CANAL = (1810.0, 1842.0)  # m from the lake's middle
WOODS: tuple[tuple[Point, float], ...] = (
    ((330.0, 3600.0), 230.0),
    ((330.0, 400.0), 230.0),
    ((3640.0, 3640.0), 190.0),
    ((3640.0, 360.0), 190.0),
    ((900.0, 3800.0), 110.0),
    ((900.0, 220.0), 110.0),
)
CONTAINER_COLORS = ("150,60,45", "40,80,130", "60,110,80", "190,130,50", "120,120,125", "170,170,165")


def water_and_green(town: Town) -> None:
    random = town.random
    town.lay("water", circle(LAKE, LAKE_RADIUS, 96))
    town.lay("water", box(QUAY_X + 8, 5600, -300, 4300))
    for step in range(12):
        angles = [step * 30 + 2.2 + 25.6 * i / 8 for i in range(9)]
        outer = [polar(LAKE, 544, t) for t in angles]
        town.lay("park", outer + [polar(LAKE, LAKE_RADIUS + 4, t) for t in reversed(angles)])
        belt = [step * 30 + 1.6 + 26.8 * i / 12 for i in range(13)]
        town.lay("park", [polar(LAKE, 1795, t) for t in belt] + [polar(LAKE, 1728, t) for t in reversed(belt)])
    for centre, size in WOODS:
        wood = blob(random, centre, size)
        town.reserve(wood)
        town.lay("water", blob(random, (centre[0] + size * 0.2, centre[1] - size * 0.1), size * 0.22))
    fields(town)
    canal = [polar(LAKE, CANAL[1], 360 * i / 144) for i in range(145)]
    town.lay("water", canal + [polar(LAKE, CANAL[0], 360 * i / 144) for i in range(144, -1, -1)])
    _islands(town)


def fields(town: Town) -> None:
    """Polder fields beyond the canal: strips with ditches between, a wider way after every third."""
    for column in range(78):
        for row in range(28):
            x = -80.0 + column * 48.0 + (column // 3) * 8.0
            y = -80.0 + row * 152.0
            strip = box(x, x + 44.0, y, y + 140.0)
            if x + 44.0 < PORT_X - 80.0 and min(math.dist(p, LAKE) for p in strip) > CANAL[1] + 12.0:
                town.green(strip)


def _islands(town: Town) -> None:
    """Three islands in the lake, one with the town's landmark."""
    for angle, distance, size in ((75.0, 190.0, 95.0), (200.0, 215.0, 80.0), (320.0, 230.0, 62.0)):
        centre = polar(LAKE, distance, angle)
        town.lay("park", blob(town.random, centre, size))
        if size > 90:
            town.put(circle(centre, 9.0, 24), 120.0, "culture")
            town.put(circle(polar(centre, 42.0, 200.0), 20.0, 24), 16.0, "culture")
        elif size > 70:
            town.put(circle(centre, 28.0, 28), 22.0, "culture")
        else:
            town.put(box(centre[0] - 20, centre[0] + 20, centre[1] - 7, centre[1] + 7), 14.0, "hotel")


def port(town: Town) -> None:
    _sheds(town)
    for terminal in GATES:
        low, high = TERMINAL_SPAN[terminal]
        _stacks(town, low, high)
        _cranes(town, low, high)
        _ship(town, (low + high) / 2 - 190, 300.0)
        _ship(town, (low + high) / 2 + 150, 210.0)
    town.put(box(4600, 4740, 1975, 2030), 17.0, "culture")
    town.put(circle((4770, 3050), 6.0, 16), 42.0, "culture")
    town.put(circle((4770, 950), 6.0, 16), 42.0, "culture")
    _offices_and_tanks(town)


def _sheds(town: Town) -> None:
    for y0, y1 in pairwise(ROWS):
        for x0, x1 in ((PORT_X + 24, WAREHOUSE_X - 13), (WAREHOUSE_X + 13, CUSTOMS_X - 22)):
            count = max(1, round((y1 - y0 - 50) / 95.0))
            for i in range(count):
                low = y0 + 26 + (y1 - y0 - 52) * i / count
                high = y0 + 26 + (y1 - y0 - 52) * (i + 1) / count - 16
                half = (x0 + x1) / 2
                for a, b in ((x0, x1), (x0, half - 6), (half + 6, x1)):
                    town.put(box(a, b, low, high), float(town.random.uniform(10, 15)), "warehouse")


def _stacks(town: Town, low: float, high: float) -> None:
    """Container stacks two to five high, in rows along the quay."""
    y = low + 12
    while y + 58 < high - 8:
        x = YARD_X + 14
        while x + 12.5 < BERTH_X - 12:
            tiers = int(town.random.integers(2, 6))
            color = CONTAINER_COLORS[int(town.random.integers(len(CONTAINER_COLORS)))]
            town.put(box(x, x + 12.5, y, y + 58), 2.6 * tiers, "containers", color)
            x += 19.0
        y += 70.0


def _cranes(town: Town, low: float, high: float) -> None:
    y = low + 60
    while y < high - 40:
        town.put(box(BERTH_X + 18, QUAY_X + 30, y, y + 7), 46.0, "crane", "60,90,140")
        y += 118.0


def _ship(town: Town, y: float, length: float) -> None:
    """A hull at the quay; containers and the bridge stand on it."""
    x0, x1 = QUAY_X + 14, QUAY_X + 14 + length * 0.15
    middle = (x0 + x1) / 2
    hull = ((x0, y), (x1, y), (x1, y + length * 0.82), (middle, y + length), (x0, y + length * 0.82))
    town.polygons.append(Polygon("building", hull, 11.0, "ship", "70,40,45"))
    town.polygons.append(Polygon("building", box(x0 + 3, x1 - 3, y + 12, y + 24), 34.0, "ship", "235,235,230"))
    at = y + 32.0
    while at + 26 < y + length * 0.8:
        color = CONTAINER_COLORS[int(town.random.integers(len(CONTAINER_COLORS)))]
        height = 11.0 + 2.6 * int(town.random.integers(2, 6))
        town.polygons.append(Polygon("building", box(x0 + 2, x1 - 2, at, at + 26), height, "ship", color))
        at += 31.0


def _offices_and_tanks(town: Town) -> None:
    """Customs houses east of Customs Road, forwarders west of Port Avenue, tank farms at both ends."""
    for y in range(640, 3400, 62):
        town.put(box(PORT_X - 64, PORT_X - 26, y, y + 46), town.floors(3, 8), "office")
    for y in (1250, 1700, 1800, 2150, 2250, 2620, 2720):
        town.put(box(CUSTOMS_X + 24, CUSTOMS_X + 66, y, y + 34), town.floors(4, 9), "office")
        town.put(box(CUSTOMS_X + 78, CUSTOMS_X + 118, y + 4, y + 50), 11.0, "warehouse")
    for y0 in (660, 3010):
        for row in range(4):
            for column in range(4):
                centre = (CUSTOMS_X + 90 + column * 78, y0 + row * 82)
                town.put(circle(centre, 27.0, 24), 16.0, "tank", "225,225,220")
