"""Hypothesis strategies derived from a schema: structure that it can take apart when it looks for the smallest case.

Each type draws its parts when it is drawn itself, so that nothing is built of what is not there; which optional parts
are there is one number. From some depth on there are none, and lists and choices are as small as can be.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from wayside.edge.messages import schema as s

_MOST = 4  # elements or characters more than the least
_DEEP = 9  # sequences, lists and choices in each other, from where on all is small

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def values(draw: Draw, member: s.Member) -> Any:
    """Values of a type, extensions and optional parts included."""
    return _value(draw, member, 0)


def _value(draw: Draw, member: s.Member, depth: int) -> Any:
    type = s.resolved(member)
    match type:
        case s.Boolean():
            return draw(_booleans())
        case s.Null():
            return None
        case s.Integer() | s.Enumerated():
            return draw(_scalars(type))
        case s.BitString():
            return _bits(draw, type)
        case s.OctetString():
            size = draw(_sizes(type))
            return draw(st.binary(min_size=size, max_size=size))
        case s.Text():
            size = draw(_sizes(type))
            return draw(st.text(_letters(type), min_size=size, max_size=size))
        case s.SequenceOf():
            most = 0 if depth >= _DEEP else max(_MOST - depth // 2, 1)
            high = type.low + most if type.high is None else min(type.high, type.low + most)
            return [_value(draw, type.element, depth + 1) for _ in range(draw(st.integers(type.low, high)))]
        case s.Choice():
            names = list(type.alternatives)
            if depth >= _DEEP:
                names = [name for name in names if not _has_parts(type.alternatives[name])] or names[:1]
            name = draw(st.sampled_from(names))
            return (name, _value(draw, type.alternatives[name], depth + 1))
        case s.Sequence():
            return _sequence(draw, type, depth)
    raise TypeError(type)


def _has_parts(member: s.Member) -> bool:
    return isinstance(s.resolved(member), (s.Sequence, s.SequenceOf, s.Choice))


@cache
def _booleans() -> st.SearchStrategy[bool]:
    return st.booleans()


@cache
def _scalars(type: s.Integer | s.Enumerated) -> st.SearchStrategy[Any]:
    if isinstance(type, s.Enumerated):
        return st.sampled_from(type.names)
    low = -(2**63) if type.low is None else type.low
    high = 2**63 - 1 if type.high is None else type.high
    found = st.integers(low, min(high, 2**62 + low if type.high is None and type.low is not None else high))
    if type.grows:
        found |= st.integers(high + 1, high + 2**40)
    return found.filter(lambda number: number not in type.without) if type.without else found


@cache
def _sizes(type: s.Sized) -> st.SearchStrategy[int]:
    high = type.low + 40 if type.high is None else min(type.high, type.low + 40)
    sizes = st.integers(type.low, high)
    if type.grows and type.high is not None and type.high < 100:
        sizes |= st.integers(type.high + 1, type.high + 2 if type.reach is None else type.reach)
    return sizes


@cache
def _letters(type: s.Text) -> st.SearchStrategy[str]:
    return st.characters(exclude_categories=("Cs",)) if not type.alphabet else st.sampled_from(type.alphabet)


def _bits(draw: Draw, type: s.BitString) -> tuple[int, int]:
    size = draw(_sizes(type))
    bits = draw(st.integers(0, (1 << size) - 1))
    while type.names and size > type.low and not bits & 1:  # zeros at the end are not sent
        bits, size = bits >> 1, size - 1
    return bits, size


def _sequence(draw: Draw, type: s.Sequence, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _members(draw, type.members, depth, found)
    for addition in type.additions:
        if depth >= _DEEP or not draw(_booleans()):
            continue
        if isinstance(addition, s.AdditionGroup):
            _members(draw, addition.members, depth, found)
        else:
            found[addition[0]] = _value(draw, addition[1], depth + 1)
    return found


def _members(draw: Draw, members: dict[str, s.Member], depth: int, found: dict[str, Any]) -> None:
    optional = [name for name, member in members.items() if isinstance(member, s.Optional)]
    there = draw(st.integers(0, (1 << len(optional)) - 1)) if optional and depth < _DEEP else 0
    present = {name for k, name in enumerate(optional) if there >> k & 1}
    names = [name for name in members if name not in optional or name in present]
    following = dict(zip(members, [*list(members)[1:], ""], strict=True))
    last: Any = None
    for name in names:
        inner = s.resolved(members[name])
        if isinstance(inner, s.OpenType):
            known = inner.types.get(last)
            found[name] = draw(st.binary(min_size=1)) if known is None else _value(draw, known, depth + 1)
            continue
        after = s.resolved(members[following[name]]) if following[name] else None
        found[name] = last = _value(draw, members[name], depth + 1)
        if isinstance(after, s.OpenType) and after.types:
            found[name] = last = draw(st.sampled_from([*after.types, last]))
