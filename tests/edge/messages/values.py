"""Random values of a schema, cheaply: bounds, optional parts, extensions, every alternative. See strategies.py too."""

from __future__ import annotations

from random import Random
from typing import Any

from wayside.edge.messages import schema as s

_LETTERS = "abcXYZ 0189-é中"


def random_value(member: s.Member, random: Random, depth: int = 0) -> Any:
    """A value of a type; the deeper, the fewer optional parts and elements, so that it ends."""
    type = s.resolved(member)
    match type:
        case s.Boolean():
            return random.random() < 0.5
        case s.Null():
            return None
        case s.Integer():
            return _integer(type, random)
        case s.Enumerated():
            return random.choice(type.names)
        case s.BitString():
            size = _size(type, random, 24)
            bits = random.getrandbits(size) if size else 0
            while type.names and size > type.low and not bits & 1:  # zeros at the end are not sent
                bits, size = bits >> 1, size - 1
            return (bits, size)
        case s.OctetString():
            return random.randbytes(_size(type, random, 24))
        case s.Text():
            letters = type.alphabet or _LETTERS
            return "".join(random.choice(letters) for _ in range(_size(type, random, 24)))
        case s.SequenceOf():
            most = max(0, 5 - depth // 2) if random.random() < 0.95 or depth > 8 else 40
            return [random_value(type.element, random, depth + 1) for _ in range(_size(type, random, most))]
        case s.Choice():
            name = random.choice(_ending(type, depth))
            return (name, random_value(type.alternatives[name], random, depth + 1))
        case s.Sequence():
            return _sequence(type, random, depth)
    raise TypeError(type)


def _integer(type: s.Integer, random: Random) -> int:
    low = -(2**31) if type.low is None else type.low
    high = max(low, 0) + 2**40 if type.high is None else type.high
    while True:
        pick = random.random()
        number = low if pick < 0.15 else high if pick < 0.3 else random.randint(low, high)
        if type.grows and pick > 0.95:
            number = high + random.randint(1, 2**20)
        if number not in type.without:
            return number


def _size(type: s.Sized, random: Random, most: int) -> int:
    high = min(type.low + most, 10**9 if type.high is None else type.high)
    pick = random.random()
    size = type.low if pick < 0.3 else high if pick < 0.4 else random.randint(type.low, high)
    if type.grows and pick > 0.95 and type.high is not None and type.high <= most:
        size = min(type.high + random.randint(1, 3), type.reach or 10**9)
    return size


def _ending(type: s.Choice, depth: int) -> list[str]:
    """The alternatives, without those that go on for ever where it is deep enough."""
    names = list(type.alternatives)
    return (
        names
        if depth < 24
        else [n for n in names if not isinstance(s.resolved(type.alternatives[n]), s.Sequence)] or names
    )


def _sequence(type: s.Sequence, random: Random, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    often = random.choice((0.0, 0.3, 0.6, 0.9)) * max(0.0, 1.0 - depth / 24)
    last: Any = None

    def add(name: str, member: s.Member) -> None:
        nonlocal last
        inner = s.resolved(member)
        if isinstance(inner, s.OpenType):
            found[name] = random_value(inner.types.get(last, s.OctetString(1, 9)), random, depth + 1)
        else:
            found[name] = last = random_value(member, random, depth + 1)
            types = _types_after(type, name)
            if types and random.random() < 0.9:
                found[name] = last = random.choice(types)

    for name, member in type.members.items():
        if not isinstance(member, s.Optional) or random.random() < often:
            add(name, member)
    for addition in type.additions:
        if random.random() >= often:
            continue
        if isinstance(addition, s.AdditionGroup):
            for name, member in addition.members.items():
                if not isinstance(member, s.Optional) or random.random() < often:
                    add(name, member)
        else:
            add(*addition)
    return found


def _types_after(type: s.Sequence, name: str) -> list[int]:
    """The numbers that the open type behind a member knows."""
    names = list(type.members)
    at = names.index(name) + 1 if name in names else len(names)
    if at < len(names):
        after = s.resolved(type.members[names[at]])
        if isinstance(after, s.OpenType):
            return list(after.types)
    return []
