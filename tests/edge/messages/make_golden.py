"""Make the vectors in golden/ anew: `python -m tests.edge.messages.make_golden FOLDER [NAME ...]`.

FOLDER has the published module texts of what pycrate does not come with, a folder for each message:

    MESSAGE_FRAME/  the Chinese set of 2020
    CPM/            TS 103 324 V2.1.1 and the common data dictionary of release 2
    POIM/           TS 103 916 V2.1.1 and the same dictionary
    CPM_TR/         TR 103 562 V2.1.1, the common data dictionary of release 1 and the CAM
    SAEM/           IEEE 1609.3-2020, Ieee1609Dot3Wsa and Ieee1609Dot3Wee without LTE's channel information (octets); in
                    the first ISO 16460's two options of a service instead of the reserved ones, and a type SAEM of
                    ItsPduHeader and SrvAdvMsg

and the names of messages to make, if not all. Of our own stand-ins it is the text that we print.

They are not ours to give away, and are read only here. What pycrate's compiler cannot read is taken out or put
otherwise first, to the same effect on the encoding: comments, WITH SUCCESSORS, WITH COMPONENTS; and a size constraint
that is narrowed a second time is put in place (X.680, 50.8).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from tests.edge.messages import golden, oracles
from wayside.edge.messages import asn1, j2735
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.messages.etsi import dsrc

# Message -> module and type of its text.
TEXTS = {
    "MESSAGE_FRAME": ("V2X2020", "MessageFrame"),
    "CPM": ("CPM_PDU_Descriptions", "CollectivePerceptionMessage"),
    "POIM": ("POIM_PDU_Description", "POIM"),
    "CPM_TR": ("CPM_PDU_Descriptions", "CPM"),
    "SAEM": ("Ieee1609Dot3Wsa", "SAEM"),
}


def simple(text: str) -> str:
    """A module text without what pycrate cannot read."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"--[^\n]*?(--|\n)", "\n", text)
    text = re.sub(r"WITH\s+SUCCESSORS", "", text)
    text = re.sub(
        r"SequenceOfCartesianPosition3d *\(SIZE ?\(3\.\.16, ?\.\.\.\)\)",
        "SEQUENCE (SIZE(3..16,...)) OF CartesianPosition3d",
        text,
    )
    found, at = "", 0
    while at < len(text):
        end = _closing(text, at) if text[at] == "(" else at
        part = text[at : end + 1]
        if "WITH COMPONENT" not in part or part.lstrip("( \n").startswith("SIZE"):
            found += text[at]
            at += 1
        else:
            at = end + 1
    return found


def _closing(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return place
    return at


def compiled(name: str, folder: Path) -> Any:
    """Pycrate's object for a message, from its texts."""
    texts = [simple(path.read_text("latin-1")) for path in sorted((folder / name).glob("*.asn*"))]
    if not texts:
        raise SystemExit(f"{folder / name}: no module texts")
    if name == "CPM_TR":
        texts.append(_borrowed())
    made = oracles.pycrate_module(texts)
    module, type = TEXTS[name]
    return getattr(getattr(made, module), type)


def _borrowed() -> str:
    """What it imports from DSRC: ours, which is compared with pycrate's as a part of MAPEM."""
    names = ("IntersectionReferenceID", "RoadSegmentReferenceID", "NodeOffsetPointXY", "VehicleHeight")
    names += ("Offset_B10", "Offset_B11", "Offset_B12", "Offset_B13", "Offset_B14", "Offset_B16")
    text = asn1.text("DSRC", {"LaneID": j2735.LaneID} | {name: getattr(dsrc, name) for name in names})
    oid = "{ iso (1) standard (0) signalizedIntersection (19091) profilec(2) dsrc (2) version2 (2) }"
    return text.replace("DSRC DEFINITIONS", f"DSRC {oid} DEFINITIONS", 1)


def oracle(name: str, folder: Path) -> Any:
    """Pycrate's object for a message, however it comes by it."""
    if name in oracles.PYCRATE:
        return oracles.pycrate(name)
    if MODULES[name] == "own":
        return getattr(getattr(oracles.pycrate_module([asn1.module(message(name))]), name), name)
    return compiled(name, folder)


def main(folder: Path, names: Iterable[str]) -> None:
    """Write them."""
    golden.FOLDER.mkdir(exist_ok=True)
    for name in names:
        ours, theirs = message(name), oracle(name, folder)
        drawn = ((value, oracles.pycrate_encode(theirs, ours.type, value)) for value in golden.drawn(ours, golden.MANY))
        full = list(islice((pair for pair in drawn if len(pair[1]) <= golden.LONGEST), golden.FULL))
        result: dict[str, Any] = {
            "source": ours.source,
            "full": [[golden.plain(value), octets.hex()] for value, octets in full],
        }
        if name not in oracles.PYCRATE:
            many = list(golden.drawn(ours, golden.MANY, seed=2))
            octets = [oracles.pycrate_encode(theirs, ours.type, value) for value in many]
            result["many"] = "".join(golden.digest(encoded) for encoded in octets)
            result["values"] = golden.digest(repr(many).encode())
        path = golden.FOLDER / f"{name}.json"
        path.write_text(json.dumps(result, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
        print(name, len(full), path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or MODULES)
