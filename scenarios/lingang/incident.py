"""A breakdown and road works within Lingang's hour, in a file of their own: a run that does not name it has neither.

The one is a car that comes to stand on a lane of the harbour road, the other two lorries that close a lane of the outer
ring. `SITE` tells of the road works as the application `hazards` wants to know of them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from ..files import element

FILE = "incident.add.xml"
BREAKDOWN = ("harbour_nne-harbour_nne_n", "harbour_nne_n-harbour_n")  # where it comes from, and where it stands
BREAKDOWN_AT = 150.0  # m from the edge's begin
BREAKDOWN_FROM, BREAKDOWN_FOR = 600.0, 1200.0  # s
WORKS = ("outer_ese-outer_sse_ese", "outer_sse_ese-outer_sse")  # where they are, and where the lorries leave to
WORKS_AT = 220.0  # m: where the closed part begins
WORKS_FROM, WORKS_UNTIL = 300.0, 2700.0  # s
LORRY = 9.0  # m

SITE: dict[str, Any] = {
    "cause": "roadworks",
    "edge": WORKS[0],
    "at": WORKS_AT,
    "begin": WORKS_FROM,
    "end": WORKS_UNTIL,
    "closed": [True, False, False],
}


def incident_elements() -> list[ET.Element]:
    """The vehicles of both, with their types."""
    car = element(
        "vType", id="breakdown", vClass="passenger", guiShape="passenger/sedan", length=4.5, color="230,60,60"
    )
    lorry = element("vType", id="works", vClass="authority", guiShape="truck", length=LORRY, color="255,150,0")
    found = [car, lorry]
    stands = _vehicle("breakdown", "breakdown", BREAKDOWN_FROM, BREAKDOWN, departPos="base", departSpeed="0")
    stands.append(_stop(BREAKDOWN[1], BREAKDOWN_AT, duration=BREAKDOWN_FOR))
    for number, place in enumerate((WORKS_AT + 2 * LORRY + 6.0, WORKS_AT + LORRY)):
        begins = _vehicle(f"works_{number}", "works", WORKS_FROM, WORKS, departPos=f"{place - 2.0:g}", departSpeed="0")
        begins.append(_stop(WORKS[0], place, until=WORKS_UNTIL))
        found.append(begins)
    return [*found, stands]


def _vehicle(id: str, type: str, depart: float, edges: tuple[str, ...], **more: str) -> ET.Element:
    vehicle = element("vehicle", id=id, type=type, depart=depart, departLane="0", **more)
    vehicle.append(element("route", edges=" ".join(edges)))
    return vehicle


def _stop(edge: str, at: float, **how_long: float) -> ET.Element:
    """On the outermost lane, with the front so far from the edge's begin [m]."""
    return element("stop", lane=f"{edge}_0", startPos=at - 1.0, endPos=at, **how_long)
