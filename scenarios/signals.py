"""Signal programs: main street, its protected left turns, side street, its left turns.

Fixed-time signals share one cycle, so that offsets between them last; actuated ones stretch and shrink their
greens. Turning right on red is allowed, giving way.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import sumolib

from .files import element
from .roads import Junction, Movement, Network

CYCLE = 90  # s, one for all coordinated signals
YELLOW = 3  # s
ALL_RED = 1  # s
ENDING = ("Gr", "gr", "Gg")  # a right turn that loses its priority is stopped first, too


def programs(network: Network, movements: dict[str, list[Movement]], draft: Path) -> list[ET.Element]:
    """A program per signal: main street, its left turns, side street, its left turns."""
    net = sumolib.net.readNet(str(draft), withPrograms=False)
    found = []
    for tls in sorted(net.getTrafficLights(), key=lambda t: str(t.getID())):
        junction = network.junctions[tls.getID().removeprefix("tl_")]
        by_edges = {(m.source, m.target): m for m in movements[junction.id]}
        links: dict[int, Movement] = {
            index: by_edges[incoming.getEdge().getID(), outgoing.getEdge().getID()]
            for incoming, outgoing, index in tls.getConnections()
        }
        ordered = [links[i] for i in sorted(links)]
        found.append(_program(junction, ordered))
        found += [
            element(
                "connection",
                from_=a.getEdge().getID(),
                to=b.getEdge().getID(),
                fromLane=a.getIndex(),
                toLane=b.getIndex(),
                tl=tls.getID(),
                linkIndex=index,
            )
            for a, b, index in tls.getConnections()
        ]
    return found


def _program(junction: Junction, links: list[Movement]) -> ET.Element:
    stages = [stage for stage in ("main", "main-left", "side", "side-left") if _used(stage, links)]
    states = ["".join(_light(stage, link, links) for link in links) for stage in stages]
    actuated = junction.kind == "actuated"
    logic = element(
        "tlLogic",
        id=f"tl_{junction.id}",
        type="actuated" if actuated else "static",
        programID="0",
        offset=junction.offset,
    )
    for stage, state, after, green in zip(stages, states, states[1:] + states[:1], _greens(stages), strict=True):
        phase = element("phase", duration=green, state=state, name=stage)
        if actuated:
            phase.set("minDur", "5" if stage.endswith("left") else "8")
            phase.set("maxDur", "20" if stage.endswith("left") else "45")
        logic.append(phase)
        changing = "".join("y" if a + b in ENDING else a for a, b in zip(state, after, strict=True))
        logic.append(element("phase", duration=YELLOW, state=changing))
        logic.append(element("phase", duration=ALL_RED, state=changing.replace("y", "r")))
    return logic


def _own_left(link: Movement, links: list[Movement]) -> bool:
    """Whether this left turn has a stage of its own: not from the stem of a T, which conflicts with none."""
    return link.turn == "l" and any(x.main == link.main and x.turn == "s" for x in links)


def _stage_of(link: Movement, links: list[Movement]) -> str:
    street = "main" if link.main else "side"
    return f"{street}-left" if _own_left(link, links) else street


def _used(stage: str, links: list[Movement]) -> bool:
    return any(_stage_of(link, links) == stage for link in links)


def _light(stage: str, link: Movement, links: list[Movement]) -> str:
    if _stage_of(link, links) == stage:
        return "G"
    return "g" if link.turn == "r" else "r"  # turning right on red is allowed, giving way


def _greens(stages: list[str]) -> list[int]:
    """Green seconds per stage; they fill the cycle."""
    lefts = {"main-left": 15, "side-left": 13}
    rest = CYCLE - len(stages) * (YELLOW + ALL_RED) - sum(lefts.get(stage, 0) for stage in stages)
    through = [stage for stage in stages if stage not in lefts]
    main = math.ceil(rest * 0.55) if len(through) > 1 else rest
    return [lefts.get(stage, main if stage == "main" else rest - main) for stage in stages]
