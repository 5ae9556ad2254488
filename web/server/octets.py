"""A message's octets, and what a receiver reads in them: for whoever opens it."""

from __future__ import annotations

from typing import Any

from wayside.edge.errors import DecodeError
from wayside.edge.messages import Kind
from wayside.edge.messages.build import decode
from wayside.edge.messages.catalogue import MODULES
from wayside.sim.packets import Packets

MOST_OCTETS = 1024  # shown of one message
MOST_LINES = 400
LONGEST = 120  # characters of a line's text

_NO_STANDARD = frozenset({Kind.PARKING_REQUEST, Kind.PARKING_RESPONSE})


def opened(packets: Packets, row: int, name: str) -> dict[str, Any]:
    """`bytes` and all that follows of a message of docs/live.md. Only while a listener is being told of the packets.

    name: as `sim.wire.units.UnitMessages.name` has it; those of the Chinese set are all in their one frame.
    """
    octets = packets.octets().one(row)
    found: dict[str, Any] = {
        "bytes": octets[:MOST_OCTETS].hex(),
        "length": len(octets),
        "size": int(packets.size[row]),
        "public": packets.kind not in _NO_STANDARD,
        "standard": None,
        "decoded": None,
        "problem": None,
    }
    try:
        said = decode(name if name in MODULES else "MESSAGE_FRAME", octets)
    except DecodeError as error:
        return found | {"problem": str(error)}
    lines = said.lines()
    found["standard"] = said.message.source
    found["decoded"] = [[depth, name, _short(text)] for depth, name, text in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        found["decoded"].append([1, "...", f"and {len(lines) - MOST_LINES} lines more"])
    return found


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
