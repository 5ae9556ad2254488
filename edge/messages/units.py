"""Values in SI units: the same tree as a message's own, with what people read in place of the standard's integers.

An integer with a unit is a float in m, s, kg, m/s, m/s^2, degrees or parts of one; None is what the standard has an
"unavailable" for, and the names of other values that are no quantities may stand for them. Bits with names are the
names of those that are set. All else is as it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from wayside.edge.messages import schema as s
from wayside.edge.messages.columns import MISSING
from wayside.edge.messages.si import out_of_range, unavailable

# Factor and name in SI; parts of a date (min, hour, day ...) stay as they are.
_UNITS: Final = {
    "m": (Fraction(1), "m"),
    "cm": (Fraction(1, 100), "m"),
    "/m": (Fraction(1), "/m"),
    "s": (Fraction(1), "s"),
    "ms": (Fraction(1, 1000), "s"),
    "m/s": (Fraction(1), "m/s"),
    "cm/s": (Fraction(1, 100), "m/s"),
    "km/h": (Fraction(10, 36), "m/s"),
    "m/s^2": (Fraction(1), "m/s^2"),
    "g": (Fraction("9.80665"), "m/s^2"),
    "kg": (Fraction(1), "kg"),
    "degree": (Fraction(1), "degrees"),
    "microdegree": (Fraction(1, 10**6), "degrees"),
    "degree/s": (Fraction(1), "degrees/s"),
    "%": (Fraction(1, 100), ""),
}


def unit(type: s.Integer) -> tuple[Fraction, str] | None:
    """What 1 is in SI, and that unit's name; None for a plain number."""
    count, _, name = type.unit.rpartition(" ")
    if name not in _UNITS:
        return None
    factor, si = _UNITS[name]
    return Fraction(count or 1) * factor, si


def to_si(member: s.Member, value: Any) -> Any:
    """A value of a type in SI units."""
    type = s.resolved(member)
    match type:
        case s.Integer():
            if value == unavailable(type):
                return None
            found = unit(type)
            if found is None:
                return value
            _, above = out_of_range(type)
            if above is not None and value > above and (name := _meaning(type, value)):
                return name
            return float(value * found[0])
        case s.BitString() if type.names:
            names = _bits(type, value)
            return value if names is None else names
    return _through(type, value, to_si)


def from_si(member: s.Member, value: Any) -> Any:
    """The other way round, rounded to the nearest.

    What is above or below the range becomes the standard's value for that, where it has one; the encoder refuses all
    else.
    """
    type = s.resolved(member)
    match type:
        case s.Integer():
            if value is None or value != value:  # NaN too
                unknown = unavailable(type)
                return None if unknown == MISSING else unknown
            if isinstance(value, str):
                if value not in type.named:
                    raise ValueError(f"{value!r}: must be a number, or one of {', '.join(type.named)}")
                return type.named[value]
            found = unit(type)
            number = value if found is None else round(Fraction(value) / found[0])
            if found:
                below, above = out_of_range(type)
                number = number if above is None or number <= above else above
                number = number if below is None or number >= below else below
            return number
        case s.BitString() if type.names and not _is_bits(value):
            return type.set(*value)
    return _through(type, value, from_si)


def _meaning(type: s.Integer, value: int) -> str:
    """The name of a value; empty where it has none."""
    return next((name for name, number in type.named.items() if number == value), "")


def _is_bits(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)


def _bits(type: s.BitString, value: tuple[int, int]) -> tuple[str, ...] | None:
    """The names of the bits that are set; None where one of them has none."""
    bits, length = value
    places = [k for k in range(length) if bits >> (length - 1 - k) & 1]
    if any(k >= len(type.names) or type.names[k] == "-" for k in places):
        return None
    return tuple(type.names[k] for k in places)


def _through(type: s.Type, value: Any, change: Any) -> Any:
    """The same for all that is beneath a type."""
    if isinstance(type, s.Sequence) and isinstance(value, dict):
        members, found = dict(type.all()), {}
        last: Any = None
        for name, inner in value.items():
            of = s.resolved(members[name]) if name in members else s.OctetString()
            if isinstance(of, s.OpenType):
                of = of.types.get(last, s.OctetString())
            found[name] = last = change(of, inner)
        return found
    if isinstance(type, s.SequenceOf) and isinstance(value, (list, tuple)):
        return [change(type.element, element) for element in value]
    if isinstance(type, s.Choice) and isinstance(value, tuple) and value[0] in type.alternatives:
        return (value[0], change(type.alternatives[value[0]], value[1]))
    return value


def lines(member: s.Member, value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[int, str, str]]:
    """A value for people to read, top down: how deep, the name, and the text (empty for what has parts beneath it)."""
    type = s.resolved(member)
    if isinstance(type, s.Sequence):
        yield depth, name, ""
        for key, of, inner in s.held(type, value):
            yield from lines(of, inner, str(key), depth + 1)
    elif isinstance(type, s.SequenceOf):
        yield depth, name, "" if value else "(empty)"
        for k, element in enumerate(value):
            yield from lines(type.element, element, f"[{k}]", depth + 1)
    elif isinstance(type, s.Choice) and value[0] in type.alternatives:
        yield depth, name, ""
        yield from lines(type.alternatives[value[0]], value[1], value[0], depth + 1)
    else:
        yield depth, name, _text(type, value)


def _text(type: s.Type, value: Any) -> str:
    if isinstance(type, s.Integer):
        meaning, found = _meaning(type, value), unit(type)
        _, above = out_of_range(type)
        if value == unavailable(type) or (found and above is not None and value >= above):
            return f"{meaning} ({value})" if meaning else str(value)
        if found:
            return f"{float(value * found[0]):.10g} {found[1]}".strip() + f" ({value})"
        return f"{value} ({meaning})" if meaning else str(value)
    if isinstance(type, s.BitString):
        names = _bits(type, value) if type.names else None
        bits = format(value[0], f"0{value[1]}b") if value[1] else "none"
        return bits + (f" ({', '.join(names)})" if names else "")
    if isinstance(value, bytes):
        return value.hex() or "(empty)"
    return str(value)
