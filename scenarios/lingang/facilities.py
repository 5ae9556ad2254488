"""Lingang's car parks, charging sites and bus stops: which block has what, and at which price."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from ..files import element
from ..lots import CarPark, Drafter, Facilities, Piles, Site
from .blocks import Block
from .plan import COMPASS, point_key

KERB_START = 25.0  # m from the lane's beginning to its first kerb bay
RESERVE = 0.6  # a site's limit as a share of the sum of its piles
PRICE_PER_KWH = {7: 1.0, 60: 1.5, 120: 1.8}


@dataclass(frozen=True)
class Recipe:
    """A car park: `columns` x `rows` bays per storey (or `kerb` bays), and piles as {kW: columns of them}."""

    kind: str
    price: float  # per hour
    columns: int = 0
    rows: int = 2
    storeys: int = 1
    kerb: int = 0
    chargers: tuple[tuple[int, int], ...] = ()  # (kW, columns)


# By use; blocks of one use take turns through its list.
RECIPES: dict[str, tuple[Recipe | None, ...]] = {
    "T": (
        Recipe("garage", 12, 16, 4, 2, chargers=((60, 2), (7, 2))),
        Recipe("surface", 14, 14, 2, chargers=((120, 2),)),
        None,
    ),
    "O": (
        Recipe("surface", 8, 12, 4, chargers=((60, 2),)),
        Recipe("kerb", 6, kerb=18),
        Recipe("garage", 9, 10, 4, 2, chargers=((7, 3),)),
    ),
    "M": (
        Recipe("garage", 10, 18, 4, 2, chargers=((120, 3), (60, 2))),
        Recipe("surface", 8, 24, 2, chargers=((120, 3),)),
    ),
    "K": (Recipe("surface", 10, 12, 4, chargers=((60, 2),)), Recipe("kerb", 8, kerb=16)),
    "H": (
        Recipe("kerb", 4, kerb=16),
        Recipe("surface", 5, 14, 2, chargers=((7, 3),)),
        None,
        Recipe("kerb", 4, kerb=16),
    ),
    "S": (
        Recipe("kerb", 2, kerb=18),
        None,
        Recipe("surface", 3, 16, 2, chargers=((7, 4),)),
        Recipe("kerb", 2, kerb=16),
        None,
    ),
    "V": (Recipe("kerb", 5, kerb=14), None),
    "E": (Recipe("kerb", 4, kerb=14),),
    "U": (Recipe("surface", 3, 14, 4, chargers=((7, 3), (60, 1))), Recipe("kerb", 2, kerb=18)),
    "D": (Recipe("garage", 7, 12, 4, 2, chargers=((60, 2),)), Recipe("surface", 8, 20, 2)),
    "F": (None,),
    "I": (Recipe("surface", 3, 10, 4, chargers=((60, 2),)), None),
    "P": (Recipe("surface", 3, 16, 2, chargers=((7, 3),)), Recipe("kerb", 3, kerb=18)),
}

# Beside Warehouse Lane in the port: the row south of the lot, its recipe, its name.
PORT_LOTS: tuple[tuple[int, Recipe, str], ...] = (
    (600, Recipe("surface", 2, 12, 4, chargers=((120, 3),)), "Chandlers truck stop"),
    (1100, Recipe("surface", 4, 14, 4, chargers=((60, 2),)), "South dock workers' lot"),
    (1550, Recipe("surface", 4, 18, 2, chargers=((7, 3),)), "Customs lot"),
    (2000, Recipe("garage", 6, 14, 4, 2, chargers=((120, 2), (60, 2))), "Ferry terminal garage"),
    (2450, Recipe("surface", 4, 14, 4, chargers=((60, 2),)), "North dock workers' lot"),
    (2900, Recipe("surface", 2, 12, 4, chargers=((120, 3),)), "Sailmakers truck stop"),
)


def facilities(drafter: Drafter, blocks: list[Block]) -> Facilities:
    found = Facilities()
    turn: dict[str, int] = {}
    for block in blocks:
        recipes = RECIPES[block.use]
        recipe = recipes[turn.get(block.use, 0) % len(recipes)]
        turn[block.use] = turn.get(block.use, 0) + 1
        if recipe is not None:
            name = f"{_street(drafter, block.edge)} {_noun(recipe, block.use)} {block.step + 1}"
            _build(found, drafter, block.id, name, block.edge, recipe)
    for row, recipe, name in PORT_LOTS:
        rows = [600, 1100, 1550, 2000, 2450, 2900, 3400]
        edge = f"warehouse_{row}-warehouse_{rows[rows.index(row) + 1]}"
        _build(found, drafter, f"port_{row}", name, edge, recipe)
    return found


def _street(drafter: Drafter, edge: str) -> str:
    return str(drafter.net.getEdge(edge).getName())


def _noun(recipe: Recipe, use: str) -> str:
    nouns = {"D": "hospital", "M": "shopping", "U": "campus", "K": "visitors'", "P": "park"}
    kind = {"kerb": "kerb", "surface": "lot", "garage": "garage"}[recipe.kind]
    return f"{nouns[use]} {kind}" if use in nouns else kind


def _build(found: Facilities, drafter: Drafter, id: str, name: str, edge: str, recipe: Recipe) -> None:
    if recipe.kind == "kerb":
        length = drafter.lane_length(edge)
        bays = min(recipe.kerb, int((length - 2 * KERB_START) / 6.5))
        start = (length - bays * 6.5) / 2
        found.car_parks.append(drafter.kerb(f"park_{id}", name, edge, start, bays, recipe.price))
        return
    piles = sum(columns for _, columns in recipe.chargers)
    middle = drafter.lane_length(edge) / 2
    first = -(recipe.columns + piles + 1) // 2
    columns = (first, first + recipe.columns)
    found.car_parks.append(
        drafter.lot(f"park_{id}", name, recipe.kind, edge, middle, columns, recipe.rows, recipe.price, recipe.storeys)
    )
    if recipe.chargers:
        found.sites.append(_site(drafter, id, name, edge, middle, columns[1] + 1, recipe))


def _site(drafter: Drafter, id: str, name: str, edge: str, middle: float, column: int, recipe: Recipe) -> Site:
    groups = []
    for kilowatts, count in recipe.chargers:
        spot = drafter.lot(
            f"charge_{id}_{kilowatts}",
            f"{name} charging {kilowatts} kW",
            "surface",
            edge,
            middle,
            (column, column + count),
            recipe.rows,
            recipe.price,
        )
        groups.append(Piles(id, kilowatts, spot))
        column += count
    total = sum(group.kilowatts * 1000.0 * group.spot.capacity for group in groups)
    limit = round(total * RESERVE, -4) if total > 50_000 else total
    return Site(id, name, limit, PRICE_PER_KWH[recipe.chargers[0][0]], tuple(groups))


# ---------------------------------------------------------------- buses

STOP_AT, STOP_LENGTH = 45.0, 30.0  # m


@dataclass(frozen=True)
class Line:
    """A bus line: the edges of its stops in order, and minutes between two buses."""

    id: str
    stops: tuple[str, ...]
    every: int


def bus_lines() -> list[Line]:
    return [
        Line("1", _ring("tide", 1), 4),
        Line("2", _ring("tide", -1), 4),
        Line("3", _ring("harbour", 1), 5),
        Line("4", _ring("harbour", -1), 5),
        Line("5", _across("w", "e"), 6),
        Line("6", _across("e", "w"), 6),
        Line("7", _across("n", "s"), 6),
        Line("8", _across("s", "n"), 6),
    ]


def _ring(ring: str, way: int) -> tuple[str, ...]:
    """One stop after each crossing, all the way round."""
    steps = [(2 * way * i) % 24 for i in range(12)]
    return tuple(f"{ring}_{point_key(s)}-{ring}_{point_key(s + way)}" for s in steps)


def _across(start: str, end: str) -> tuple[str, ...]:
    """From a border to the lake, half way round the promenade, and out to the opposite side."""
    inward = (
        f"outer_{start}-orchard_{start}",
        f"harbour_{start}-garden_{start}",
        f"tide_{start}-lake_{start}",
    )
    outward = (f"lake_{end}-tide_{end}", f"tide_{end}-garden_{end}", f"harbour_{end}-orchard_{end}")
    first = 2 * COMPASS.index(start)
    shore = tuple(f"lake_{point_key(first + 2 * i)}-lake_{point_key(first + 2 * i + 1)}" for i in range(1, 6, 2))
    return inward + shore + outward


def stop_id(edge: str) -> str:
    return f"stop_{edge}"


def bus_stop_elements(drafter: Drafter) -> list[ET.Element]:
    edges: dict[str, list[str]] = {}
    for line in bus_lines():
        for edge in line.stops:
            edges.setdefault(edge, []).append(line.id)
    return [
        element(
            "busStop",
            id=stop_id(edge),
            lane=f"{edge}_0",
            startPos=STOP_AT,
            endPos=STOP_AT + STOP_LENGTH,
            name=f"{_street(drafter, edge)}, {edge.split('-')[0].split('_', 1)[1].upper()}",
            lines=" ".join(lines),
        )
        for edge, lines in sorted(edges.items())
    ]


def all_spots(found: Facilities) -> list[CarPark]:
    return found.car_parks + [group.spot for site in found.sites for group in site.groups]
