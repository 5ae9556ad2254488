"""SUMO's flows: more or fewer of one, without taking it apart."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from wayside.sim.scenario.configuration import read_time

_RATES = ("vehsPerHour", "personsPerHour", "containersPerHour", "perHour")
_POISSON = re.compile(r"\s*exp\((.*)\)\s*")


def within(attributes: dict[str, str], interval: Mapping[str, str]) -> dict[str, str]:
    """A flow's attributes with begin and end of the interval that it stands in, as far as it takes them from there."""
    rated = "number" in attributes and any(name in attributes for name in (*_RATES, "period", "probability"))
    taken = ("begin",) if rated else ("begin", "end")
    return {**{name: interval[name] for name in taken if name in interval}, **attributes}


def shift(attributes: dict[str, str], begin: float, by: float) -> float:
    """Make a flow that begins at `begin` later by `by`, s; its new begin."""
    if by == 0.0:
        return begin
    attributes["begin"] = f"{begin + by:.2f}"
    if "end" in attributes:
        with suppress(ValueError):  # SUMO says what is wrong with it
            attributes["end"] = f"{read_time(attributes['end']) + by:.2f}"
    return float(attributes["begin"])


def scaled(
    attributes: dict[str, str], factor: float, begin: float, whole: Callable[[float], int]
) -> Iterator[dict[str, str]]:
    """A flow's attributes with `factor` as many in it: once, never, or in parts where a probability would exceed 1.

    begin: of the flow, s; whole: rounds a number up or down. Where the end is known the number is made whole and spread
    over the same time; else the rate is multiplied. What cannot be read is left to SUMO to complain of.
    """
    if factor == 1.0:
        yield attributes
        return
    if factor <= 0.0:
        return
    try:
        if "number" in attributes:
            number = whole(int(attributes["number"]) * factor)
            if number > 0:
                faster = {} if "end" in attributes else _faster(attributes, factor)
                yield {**attributes, **faster, "number": str(number)}
        elif "probability" in attributes:
            probability = float(attributes["probability"]) * factor
            parts = max(math.ceil(probability - 1e-12), 1)
            for _ in range(parts):
                yield {**attributes, "probability": f"{probability / parts:.9g}"}
        elif "end" not in attributes or not (every := _period(attributes)):
            yield {**attributes, **_faster(attributes, factor)}
        else:
            # As SUMO counts them: the first at the begin, none at the end.
            number = whole(math.ceil(round((read_time(attributes["end"]) - begin) / every, 6)) * factor)
            if number > 0:
                kept = {name: value for name, value in attributes.items() if name not in (*_RATES, "period")}
                yield {**kept, "number": str(number)}
    except (ValueError, OverflowError, ZeroDivisionError):  # SUMO says what is wrong with it
        yield attributes


def _period(attributes: Mapping[str, str]) -> float:
    """The time between two of a flow, s; 0 where it is drawn, or not said."""
    if "period" in attributes:
        return 0.0 if _POISSON.fullmatch(attributes["period"]) else read_time(attributes["period"])
    return next((3600.0 / float(attributes[name]) for name in _RATES if name in attributes), 0.0)


def _faster(attributes: Mapping[str, str], factor: float) -> dict[str, str]:
    """A flow's rate, `factor` times as high."""
    for name in _RATES:
        if name in attributes:
            return {name: f"{float(attributes[name]) * factor:.9g}"}
    if "period" not in attributes:
        return {}
    if drawn := _POISSON.fullmatch(attributes["period"]):
        return {"period": f"exp({float(drawn[1]) * factor:.9g})"}
    return {"period": f"{read_time(attributes['period']) / factor:.9g}"}
