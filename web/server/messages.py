"""What a message says, for people: a structure whose names tell the units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wayside.edge.messages.octets import Octets
from wayside.sim.air import FATES, RECEIVED
from wayside.sim.engine import Simulation
from wayside.sim.stations.packets import Journey, Packets
from wayside.web.server.view import Views


def describe(views: Views, packets: Packets, row: int, time: float) -> dict[str, Any]:
    """One packet as a message of docs/live.md, up to its content; only while a listener is being told of it."""
    simulation, to = views.simulation, None
    if packets.to is not None:
        to = f"{'vehicle' if packets.from_unit else 'unit'}/{int(packets.to[row])}"
    return {
        "time": time,
        "kind": simulation.exchange.kinds[packets.kind],
        "from": f"{'unit' if packets.from_unit else 'vehicle'}/{int(packets.sender[row])}",
        "to": to,
        "at_vehicles": int(packets.at_vehicles[row]),
        "at_units": int(packets.at_units[row]),
        "content": content(views, packets, row),
    }


def listed(views: Views, packets: Packets, row: int, time: float) -> dict[str, Any]:
    """The same with what became of it: as the list of messages has it."""
    simulation = views.simulation
    delay = float(packets.delay[row])
    messages = simulation.exchange.messages
    kind, size = messages.kinds[packets.kind], int(packets.size[row])
    # Without its octets: to have one row's, those of all have to be made.
    radius = packets.radius if packets.journey is None else float(packets.journey.radius[row])
    return {
        **describe(views, packets, row, time),
        "number": int(simulation.exchange.watching.numbers(packets)[row]),
        "delay_ms": round(delay * 1000.0, 2) if math.isfinite(delay) else None,
        "lost": losses(simulation, packets, row),
        "length": size - messages.headers(kind, radius),
        "size": size,
        "public": kind.public,
    }


def losses(simulation: Simulation, packets: Packets, row: int) -> dict[str, int]:
    """At how many stations a packet was lost, by what became of it there; empty where the radio tells of none."""
    fates = np.bincount(simulation.exchange.radio.recall(packets.row[[row]]).fate, minlength=len(FATES)).tolist()
    return {name: count for name, count in zip(FATES, fates, strict=True) if count and name != FATES[RECEIVED]}


def content(views: Views, packets: Packets, row: int) -> dict[str, Any]:
    """What one packet says."""
    said = packets.content
    if said is None:
        return {}
    if isinstance(said, Octets):
        return views.simulation.exchange.awareness_of[packets.kind].describe(said, row)
    found = views.simulation.exchange.messages.describe(said, row)
    return found if packets.journey is None else {**found, **_journey(packets.journey, row)}


def _journey(journey: Journey, row: int) -> dict[str, Any]:
    """How a geo-broadcast came to its sender."""
    source = f"{'unit' if journey.from_unit[row] else 'vehicle'}/{int(journey.source[row])}"
    return {"hop": int(journey.hop[row]), "hops_left": int(journey.remaining[row]), "source": source}
