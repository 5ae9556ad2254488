"""What a message says, for people: a structure whose names tell the units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wayside.edge.messages import (
    CAUSES,
    Broadcast,
    ChargingRequests,
    ChargingResponses,
    Denm,
    Mapem,
    ParkingRequests,
    ParkingResponses,
    Saem,
    Spatem,
)
from wayside.sim.air import FATES, RECEIVED
from wayside.sim.engine import Simulation
from wayside.sim.packets import Octets, Packets
from wayside.web.server.octets import NO_STANDARD

_CAUSE_NAMES = {code: name for name, code in CAUSES.items()}


def describe(simulation: Simulation, packets: Packets, row: int, time: float) -> dict[str, Any]:
    """One packet as a message of docs/live.md, up to its content; only while a listener is being told of it."""
    to = None
    if packets.to is not None:
        to = f"{'vehicle' if packets.from_unit else 'unit'}/{int(packets.to[row])}"
    return {
        "time": time,
        "kind": simulation.exchange.kinds[packets.kind],
        "from": f"{'unit' if packets.from_unit else 'vehicle'}/{int(packets.sender[row])}",
        "to": to,
        "at_vehicles": int(packets.at_vehicles[row]),
        "at_units": int(packets.at_units[row]),
        "content": content(simulation, packets, row),
    }


def listed(simulation: Simulation, packets: Packets, row: int, time: float) -> dict[str, Any]:
    """The same with what became of it: as the list of messages has it."""
    delay = float(packets.delay[row])
    offsets = packets.octets().offsets
    return {
        **describe(simulation, packets, row, time),
        "number": int(simulation.exchange.numbers(packets)[row]),
        "delay_ms": round(delay * 1000.0, 2) if math.isfinite(delay) else None,
        "lost": losses(simulation, packets, row),
        "length": int(offsets[row + 1] - offsets[row]),
        "size": int(packets.size[row]),
        "public": packets.kind not in NO_STANDARD,
    }


def losses(simulation: Simulation, packets: Packets, row: int) -> dict[str, int]:
    """At how many stations a packet was lost, by what became of it there; empty where the radio tells of none."""
    fates = np.bincount(simulation.exchange.radio.recall(packets.row[[row]]).fate, minlength=len(FATES)).tolist()
    return {name: count for name, count in zip(FATES, fates, strict=True) if count and name != FATES[RECEIVED]}


def content(simulation: Simulation, packets: Packets, row: int) -> dict[str, Any]:
    """What one packet says."""
    said = packets.content
    if said is None:
        return {}
    if isinstance(said, Octets):
        values, _ = simulation.exchange.awareness.decode(said.buffer, said.offsets, np.array([row], np.int32))
        return _awareness(values[0].tolist())
    if isinstance(said, ParkingRequests):
        return {
            "station": int(said.station[row]),
            "destination_x_m": _metres(said.x[row]),
            "destination_y_m": _metres(said.y[row]),
            "duration_s": float(said.duration[row]),
        }
    if isinstance(said, ChargingRequests):
        return {
            "station": int(said.station[row]),
            "energy_wh": round(float(said.energy_wh[row]), 1),
            "max_power_w": float(said.max_power_w[row]),
        }
    if isinstance(said, ParkingResponses):
        park = int(said.car_park[row])
        name = simulation.platform.parking.car_parks.names[park] if park >= 0 else None
        return {"station": int(said.station[row]), "park": f"park/{park}" if park >= 0 else None, "name": name}
    if isinstance(said, ChargingResponses):
        chargers, group = simulation.platform.charging.chargers, int(said.charger[row])
        site = f"site/{int(chargers.site[group])}" if group >= 0 else None
        return {"station": int(said.station[row]), "site": site, "group": chargers.ids[group] if group >= 0 else None}
    return _broadcast(simulation, said[row])


def _awareness(values: Sequence[float]) -> dict[str, Any]:
    x, y, speed, heading, length, station = values
    return {
        "station": int(station),
        "x_m": _metres(x),
        "y_m": _metres(y),
        "speed_m_s": round(speed, 2),
        "heading_deg": round(heading, 1),
        "length_m": round(length, 2),
    }


def _broadcast(simulation: Simulation, said: Broadcast) -> dict[str, Any]:
    if isinstance(said, Spatem):
        signals = simulation.signals
        return {
            "light": f"light/{said.light}",
            "state": signals.text(said.light),
            "next_switch_s": round(float(signals.next_switch[said.light]), 1),
        }
    if isinstance(said, Mapem):
        return {"light": f"light/{said.light}"}
    if isinstance(said, Denm):
        validity = round(said.validity, 1) if math.isfinite(said.validity) else None
        return {
            "cause": _CAUSE_NAMES.get(said.cause, str(said.cause)),
            "cause_code": said.cause,
            "x_m": _metres(said.position[0]),
            "y_m": _metres(said.position[1]),
            "validity_s": validity,
        }
    if isinstance(said, Saem):
        return {"services": list(said.services)}
    return {}


def _metres(value: float) -> float:
    return round(float(value), 2)
