"""A net's own programs of lights made ones of another of SUMO's types, for SUMO to load beside the net."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np

from wayside.edge.control.plan import Plan
from wayside.sim.sumo.references import open_unpacked

KINDS: Final = ("static", "actuated", "delay_based")  # SUMO's types of programs that can be made one of the others
Logic = tuple[Mapping[str, str], list[dict[str, str]]]  # attributes, and those of its phases


def logics_of(file: Path) -> Iterator[Logic]:
    """The programs of an additional file, in their order."""
    phases: list[dict[str, str]] = []
    with open_unpacked(file) as stream:
        for _, node in ElementTree.iterparse(stream):
            if node.tag == "phase":
                phases.append(dict(node.attrib))
            elif node.tag == "tlLogic":
                yield dict(node.attrib), phases
                phases = []
            node.clear()


def remade(logics: Iterable[Logic], kind: str, parameters: Mapping[str, str], longest_s: float) -> bytes:
    """An additional file with the program that runs of each light, which is the last one that has phases, as one of
    another type, called `kind`; of programs that cannot be (`KINDS`), none.

    A green phase of one that is not static lasts between the least duration that a guard would hold to
    (`edge.control.plan`) and its own longest, or `longest_s` where the program says none; other phases their usual one.
    """
    running = {attributes["id"]: (attributes, phases) for attributes, phases in logics if phases}
    root = ElementTree.Element("additional")
    for attributes, phases in running.values():
        chained = not any(phase.get("next") for phase in phases)
        if attributes.get("type", KINDS[0]) not in KINDS or not chained:
            continue
        told = {"id": attributes["id"], "type": kind, "programID": kind, "offset": attributes.get("offset", "0")}
        logic = ElementTree.SubElement(root, "tlLogic", told)
        for key, value in parameters.items():
            ElementTree.SubElement(logic, "param", {"key": key, "value": value})
        usual = np.array([float(phase["duration"]) for phase in phases])
        said = np.array([float(phase.get("minDur", "nan")) for phase in phases])
        plan = Plan([phase["state"] for phase in phases], usual, said, usual, step_ms=1)
        for number, phase in enumerate(phases):
            element = {"duration": f"{usual[number]:g}", "state": phase["state"]}
            if kind != KINDS[0] and number in plan.stages:
                most = float(phase.get("maxDur", max(longest_s, usual[number])))
                element |= {"minDur": f"{plan.least_ms[number] / 1000.0:g}", "maxDur": f"{most:g}"}
            ElementTree.SubElement(logic, "phase", element)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def all_logics(of_net: Iterable[Logic], additional: Iterable[Path]) -> Iterator[Logic]:
    """In the order in which SUMO loads them."""
    return chain(of_net, *map(logics_of, additional))
