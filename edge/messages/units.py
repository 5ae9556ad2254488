"""Values in SI units: the same tree as a message's own, with what people read in place of the standard's integers.

An integer with a unit is a float in m, s, kg, m/s, m/s^2, degrees or parts of one; None is what the standard has an
"unavailable" for, and the names of other values that are no quantities may stand for them. Bits with names are the
names of those that are set. All else is as it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache, partial
from typing import Any, Final, NamedTuple

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


_Change = Callable[[Any], Any]
_OCTETS: Final = s.OctetString()  # of what is not known here


class _Facts(NamedTuple):
    """What an integer's values mean; unit: as of `unit`; per: how many make one in SI, as good as a float can say."""

    unit: tuple[Fraction, str] | None
    per: float
    unknown: int
    below: int | None
    above: int | None


@cache
def _facts(type: s.Integer) -> _Facts:
    found = unit(type)
    return _Facts(found, float(1 / found[0]) if found else 1.0, unavailable(type), *out_of_range(type))


_SURE: Final = 0.49  # from the nearest whole number: what floats lose does not reach a half
_EXACT: Final = 2.0**40


def _nearest(value: Any, facts: _Facts) -> int:
    """The whole number that is nearest to a quantity."""
    assert facts.unit is not None
    about = float(value) * facts.per
    if abs(about) < _EXACT and abs(about - (near := round(about))) < _SURE:
        return near
    return round(Fraction(value) / facts.unit[0])


def to_si(member: s.Member, value: Any) -> Any:
    """A value of a type in SI units."""
    return _to_si(s.resolved(member))(value)


def from_si(member: s.Member, value: Any) -> Any:
    """The other way round, rounded to the nearest.

    What is above or below the range becomes the standard's value for that, where it has one; the encoder refuses all
    else.
    """
    return _from_si(s.resolved(member))(value)


@cache
def _to_si(type: s.Type) -> _Change:
    match type:
        case s.Integer():
            return partial(_quantity, type, _facts(type))
        case s.BitString() if type.names:
            return partial(_names_of_bits, type)
    return _through(type, _to_si)


@cache
def _from_si(type: s.Type) -> _Change:
    match type:
        case s.Integer():
            return partial(_number, type, _facts(type))
        case s.BitString() if type.names:
            return partial(_bits_of_names, type)
    return _through(type, _from_si)


def _quantity(type: s.Integer, facts: _Facts, value: Any) -> Any:
    if value == facts.unknown:
        return None
    if facts.unit is None:
        return value
    if facts.above is not None and value > facts.above and (name := _meaning(type, value)):
        return name
    return float(value * facts.unit[0])


def _number(type: s.Integer, facts: _Facts, value: Any) -> Any:
    if value is None or value != value:  # NaN too
        return None if facts.unknown == MISSING else facts.unknown
    if isinstance(value, str):
        if value not in type.named:
            raise ValueError(f"{value!r}: must be a number, or one of {', '.join(type.named)}")
        return type.named[value]
    if facts.unit is None:
        return value
    number = _nearest(value, facts)
    number = number if facts.above is None or number <= facts.above else facts.above
    return number if facts.below is None or number >= facts.below else facts.below


def _names_of_bits(type: s.BitString, value: tuple[int, int]) -> Any:
    names = _bits(type, value)
    return value if names is None else names


def _bits_of_names(type: s.BitString, value: Any) -> Any:
    is_bits = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)
    return value if is_bits else _set(type, tuple(value))


@cache
def _set(type: s.BitString, names: tuple[str, ...]) -> tuple[int, int]:
    return type.set(*names)


def _meaning(type: s.Integer, value: int) -> str:
    """The name of a value; empty where it has none."""
    return next((name for name, number in type.named.items() if number == value), "")


def _bits(type: s.BitString, value: tuple[int, int]) -> tuple[str, ...] | None:
    """The names of the bits that are set; None where one of them has none."""
    bits, length = value
    places = [k for k in range(length) if bits >> (length - 1 - k) & 1]
    if any(k >= len(type.names) or type.names[k] == "-" for k in places):
        return None
    return tuple(type.names[k] for k in places)


def _through(type: s.Type, change: Callable[[s.Type], _Change]) -> _Change:
    """The same for all that is beneath a type. What is none of its values is left to the encoder to refuse."""
    match type:
        case s.Sequence():
            return partial(_members, {name: s.resolved(member) for name, member in type.all()}, change)
        case s.SequenceOf():
            return partial(_elements, type.element, change)
        case s.Choice():
            return partial(_alternative, type.alternatives, change)
    return lambda value: value


def _members(types: Mapping[str, s.Type], change: Callable[[s.Type], _Change], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = {}
    last: Any = None
    for name, inner in value.items():
        of = types.get(name, _OCTETS)
        if isinstance(of, s.OpenType):
            of = of.types.get(last, _OCTETS)
        found[name] = last = change(of)(inner)
    return found


def _elements(element: s.Type, change: Callable[[s.Type], _Change], value: Any) -> Any:
    of = change(s.resolved(element))
    return [of(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _alternative(types: Mapping[str, s.Type], change: Callable[[s.Type], _Change], value: Any) -> Any:
    if not isinstance(value, tuple) or value[0] not in types:
        return value
    return (value[0], change(s.resolved(types[value[0]]))(value[1]))


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
        meaning, facts = _meaning(type, value), _facts(type)
        if value == facts.unknown or (facts.unit and facts.above is not None and value >= facts.above):
            return f"{meaning} ({value})" if meaning else str(value)
        if facts.unit:
            return f"{float(value * facts.unit[0]):.10g} {facts.unit[1]}".strip() + f" ({value})"
        return f"{value} ({meaning})" if meaning else str(value)
    if isinstance(type, s.BitString):
        names = _bits(type, value) if type.names else None
        bits = format(value[0], f"0{value[1]}b") if value[1] else "none"
        return bits + (f" ({', '.join(names)})" if names else "")
    if isinstance(value, bytes):
        return value.hex() or "(empty)"
    return str(value)
