"""Which links of traffic lights SUMO has as foes, out of its net file."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final
from xml.parsers import expat

import numpy as np

from wayside.ext.arrays import Flags
from wayside.sim.sumo.references import open_unpacked

_CHUNK: Final = 1 << 18  # bytes read at once


def read_foes(net: Path) -> dict[str, Flags]:
    """By light, links x links: whether two of its links cross or merge, as the junctions of the net have it.

    A junction numbers its links by their lanes, and those of a lane in the order of their connections; what leads onto
    a walking area, and what leads across one, is none (MSRightOfWayJunction). Of links that meet at no junction nothing
    is said: they are no foes.
    """
    lanes: dict[str, list[str]] = {}  # by junction: its incoming lanes
    foes: defaultdict[str, dict[int, str]] = defaultdict(dict)  # by junction and its link
    ways: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)  # by lane: light (or "") and link there
    here = ""

    def element(name: str, said: dict[str, str]) -> None:
        nonlocal here
        if name == "junction":
            here = said["id"]
            lanes[here] = said.get("incLanes", "").split()
        elif name == "request":
            foes[here][int(said["index"])] = said["foes"]
        elif name == "connection":
            start, to = said["from"], said["to"]
            walks, crosses = _is(start, "w"), _is(to, "c")
            if not _is(to, "w") and (crosses or not walks):
                link = int(said.get("linkIndex", -1))
                ways[f"{start}_{said['fromLane']}"].append((said.get("tl", ""), link))

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    with open_unpacked(net) as stream:
        while piece := stream.read(_CHUNK):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    pairs: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for junction, incoming in lanes.items():
        links = [way for lane in incoming for way in ways.get(lane, ())]
        for index, bits in foes[junction].items():
            if index >= len(links) or not links[index][0]:
                continue
            light, link = links[index]
            others = (links[k] for k, bit in enumerate(reversed(bits)) if bit == "1" and k < len(links))
            pairs[light] |= {(link, other) for its, other in others if its == light}
    found = {}
    for light, both in pairs.items():
        table = np.zeros((size := max(map(max, both), default=-1) + 1, size), np.bool_)
        table[tuple(np.array(sorted(both)).T)] = True
        found[light] = table | table.T
    return found


def _is(edge: str, kind: str) -> bool:
    """Whether an edge is a walking area ("w") or a crossing ("c"): ":junction_w0"."""
    return edge.startswith(":") and edge.rpartition("_")[2].startswith(kind)
