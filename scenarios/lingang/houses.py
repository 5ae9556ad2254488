"""Lingang's buildings, parks and water as polygons with heights.

Blocks are filled according to their use (`fillings.py`), the rest is the waterfront. A building stands only
where a raster of the ground shows neither road, lot nor another building.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import sumolib

from ..files import element, param, points
from ..lots import STOREY, CarPark
from .blocks import Block
from .canvas import Polygon, Town, plot_of
from .fillings import FILLINGS
from .ground import Ground
from .waterfront import port, water_and_green

VERGE = 5.0  # m beside every lane that stays free
LAYERS = {"water": "-3", "park": "-2", "building": "2"}
COLORS = {"water": "120,170,205", "park": "150,190,120", "building": "200,196,188"}


def houses(net: sumolib.net.Net, blocks: Sequence[Block], spots: Sequence[CarPark]) -> list[Polygon]:
    ground = Ground((-100.0, -100.0), (5300.0, 4100.0))
    ground.take_roads(net, VERGE)
    town = Town(ground)
    water_and_green(town)
    for spot in spots:
        if spot.outline and not spot.storeys:
            ground.take(spot.outline)
    for spot in spots:
        if spot.storeys:
            town.put(spot.outline, spot.storeys * STOREY + 1.0, "garage", "175,180,190")
    for block in blocks:
        FILLINGS[block.use](town, plot_of(block))
    port(town)
    return town.polygons


def polygon_elements(polygons: Sequence[Polygon]) -> list[ET.Element]:
    found = []
    for index, polygon in enumerate(polygons):
        item = element(
            "poly",
            id=f"{polygon.kind}_{index:04d}",
            type=polygon.kind,
            fill="1",
            color=polygon.color or COLORS[polygon.kind],
            layer=LAYERS[polygon.kind],
            shape=points(polygon.shape),
        )
        if polygon.kind == "building":
            item.append(param("height", polygon.height))
            item.append(param("use", polygon.use))
        found.append(item)
    return found
