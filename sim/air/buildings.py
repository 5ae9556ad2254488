"""The outlines of a scenario's buildings, from the polygons of SUMO's additional files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from wayside.ext.arrays import Doubles
from wayside.sim.sumo.references import open_unpacked


def read_buildings(files: Iterable[Path]) -> list[Doubles]:
    """Outlines of N x 2 corners [m] of all filled polygons that are buildings by their type or have a height."""
    return [outline for file in files for node in _polygons(file) if (outline := _outline(node)) is not None]


def _polygons(file: Path) -> Iterator[ElementTree.Element]:
    with open_unpacked(file) as stream:
        for _, node in ElementTree.iterparse(stream):
            if node.tag == "include":
                yield from _polygons(file.parent / node.get("href", ""))
            elif node.tag == "poly":
                yield node
            if node.tag != "param":
                node.clear()


def _outline(node: ElementTree.Element) -> Doubles | None:
    tall = any(param.get("key") == "height" for param in node.iter("param"))
    if not (tall or "building" in node.get("type", "").lower()) or node.get("geo", "") in ("1", "true"):
        return None
    try:
        corners = [[float(value) for value in point.split(",")[:2]] for point in node.get("shape", "").split()]
        outline = np.array(corners, np.float64).reshape(-1, 2)
    except ValueError:
        return None
    return outline if len(outline) >= 3 else None
