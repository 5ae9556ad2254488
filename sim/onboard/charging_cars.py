"""What SUMO's vehicle types say of electric cars, beside what SUMO itself reads: generic parameters of a vType."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from wayside.edge.charging.piles import plugs
from wayside.edge.errors import WaysideError

TAPER_FROM, TAPER_POWER, CONNECTOR = "charging.taper_from", "charging.taper_power", "charging.connector"
_SUMOS = "device.battery.chargeCurveTable"


class CarKind(NamedTuple):
    """What a type of vehicle can take."""

    taper_soc: float  # state of charge from which its battery takes less, 1: never
    full_w: float  # what it takes when full; infinite where it does not taper
    plugs: int  # its connectors, see `piles.plugs`; 0: any


def car_kind(type_id: str, parameter: Callable[[str], str], limited: bool) -> CarKind:
    """Of a vehicle type whose generic parameters `parameter` answers, "" for one that there is not.

    WaysideError, one line, for what is no number within its bounds, a connector that is not known, half a taper, and,
    where piles are told what to give, a curve of SUMO's own.
    """
    if limited and parameter(_SUMOS):
        raise WaysideError(
            f"vehicle type {type_id!r}: {_SUMOS}: with it SUMO 1.28 does not keep what a pile tells it to take: say "
            f"{TAPER_FROM} and {TAPER_POWER}"
        )
    begin, full = (_number(type_id, name, parameter(name)) for name in (TAPER_FROM, TAPER_POWER))
    if (begin is None) != (full is None):
        said, lacks = (TAPER_FROM, TAPER_POWER) if full is None else (TAPER_POWER, TAPER_FROM)
        raise WaysideError(f"vehicle type {type_id!r}: {said} needs {lacks} beside it")
    if begin is not None and not 0.0 <= begin < 1.0:
        raise WaysideError(
            f"vehicle type {type_id!r}: {TAPER_FROM} = {begin:g}: must be a state of charge, 0..1, below 1"
        )
    if full is not None and not full > 0.0:
        raise WaysideError(f"vehicle type {type_id!r}: {TAPER_POWER} = {full:g}: must be above 0 W")
    try:
        bits = plugs(parameter(CONNECTOR).replace(",", " ").split())
    except ValueError as error:
        raise WaysideError(f"vehicle type {type_id!r}: {CONNECTOR} = {error}") from None
    return CarKind(1.0 if begin is None else begin, math.inf if full is None else full, bits)


def _number(type_id: str, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise WaysideError(f"vehicle type {type_id!r}: {name} = {text!r}: must be a number")
    return found
