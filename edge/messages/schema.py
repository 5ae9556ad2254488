"""A language for the standards' types: what a message may hold, as a table of facts.

    Speed = Sequence(
        speedValue=Integer(0, 16383, standstill=0, unavailable=16383),
        speedConfidence=Integer(1, 127, outOfRange=126, unavailable=127),
    )

Names are the standard's own. Where they have a hyphen, which Python's keywords cannot, an underscore stands for it; a
trailing one is for Python's reserved words. A type that may grow in later editions ends in `.extensible()`, with the
additions that there are already. Values are int, bool, None, str, bytes, dict (Sequence), list (SequenceOf), (name,
value) for a choice and (int, length) for a bit string, its first bit the highest; `ext/uper.pyx` says how additions
that are not known here appear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

MAX: Final = None  # no upper bound


def identifier(keyword: str) -> str:
    """The standard's name for a Python keyword argument: `node_XY1` is node-XY1, `class_` is class."""
    return (keyword[:-1] if keyword.endswith("_") else keyword).replace("_", "-")


class Type:
    """Any of the below."""

    grows = False  # has an extension marker


class Boolean(Type):
    """True or False."""


class Null(Type):
    """None: that it is there says all."""


class Integer(Type):
    """An integer in low..high, `MAX` or nothing for no bound, `without` some; 1 stands for one `unit`.

    Further keywords name the values that have a meaning.
    """

    def __init__(
        self,
        low: int | None = None,
        high: int | None = None,
        /,
        *,
        unit: str = "",
        without: tuple[int, ...] = (),
        extensible: bool = False,
        **named: int,
    ) -> None:
        self.low = low
        self.high = high
        self.unit = unit
        self.without = without
        self.grows = extensible
        self.named = {identifier(name): value for name, value in named.items()}


class Enumerated(Type):
    """One of some names, in the order of their numbers: "forward backward unavailable=7".

    With `later`, further ones may follow in a later edition; it holds those that have been added since the first.
    """

    def __init__(self, names: str, later: str | None = None) -> None:
        self.numbers: dict[str, int] = {}
        self._number(names)
        self.root = len(self.numbers)
        self.grows = later is not None
        self._number(later or "")
        self.names = tuple(self.numbers)

    def _number(self, names: str) -> None:
        """Those without a number go on from the one before."""
        for item in names.split():
            name, _, number = item.partition("=")
            self.numbers[name] = int(number) if number else max(self.numbers.values(), default=-1) + 1


class Sized(Type):
    """What has a size: (n) for exactly n, (low, high), (low, MAX), nothing for any.

    `extensible` lets other sizes through; a number does so up to it.
    """

    def __init__(self, *size: int | None, extensible: bool | int = False) -> None:
        if len(size) > 2:
            raise TypeError(f"size {size}: must be n, or low and high")
        self.low: int = (size[0] or 0) if size else 0
        self.high: int | None = size[-1] if size else None
        self.grows = extensible is not False
        self.reach: int | None = (None if extensible is True else int(extensible)) if self.grows else self.high


class BitString(Sized):
    """Bits, as (int, length); `names` of the bits from the first one on, "-" for one without.

    Where bits have names, zeros at the end mean nothing: they are sent only where the size demands (X.691, 16.2-3).
    """

    def __init__(self, *size: int | None, extensible: bool | int = False, names: str = "") -> None:
        super().__init__(*size, extensible=extensible)
        self.names = tuple(names.split())

    def set(self, *names: str) -> tuple[int, int]:
        """The value with these bits set; of the least size that there may be. ValueError for a name it has not."""
        length = max(self.low, len(self.names) if self.high is None else self.low)
        bits = 0
        for name in names:
            if name not in self.names:
                raise ValueError(f"bit {name!r}: must be one of {', '.join(self.names)}")
            at = self.names.index(name)
            length = max(length, at + 1)
            bits |= 1 << at
        return int(format(bits, f"0{length}b")[::-1], 2) if length else 0, length


class OctetString(Sized):
    """Octets."""


class Text(Sized):
    """A string of characters of a fixed alphabet, or of any where that is empty (UTF8String)."""

    asn1: str
    alphabet: str
    width: int  # bits a character, 0 for UTF-8

    def __init__(self, *size: int | None, extensible: bool | int = False) -> None:
        super().__init__(*size, extensible=extensible)


class UTF8String(Text):
    """Any characters; its size counts them and does not show in the encoding (X.691, 30.1)."""

    asn1, alphabet, width = "UTF8String", "", 0


class IA5String(Text):
    """ASCII."""

    asn1, alphabet, width = "IA5String", "".join(map(chr, range(128))), 7


class VisibleString(Text):
    """ASCII without the control characters."""

    asn1, alphabet, width = "VisibleString", "".join(map(chr, range(32, 127))), 7


class NumericString(Text):
    """Digits and space."""

    asn1, alphabet, width = "NumericString", " 0123456789", 4


class SequenceOf(Sized):
    """A list of so many elements."""

    def __init__(self, element: Type, *size: int | None, extensible: bool | int = False) -> None:
        super().__init__(*size, extensible=extensible)
        self.element = element


class Optional:
    """A member that may be left out."""

    def __init__(self, type: Type) -> None:
        self.type = type


class Default(Optional):
    """A member that has a value, a scalar, where it is left out."""

    def __init__(self, type: Type, value: bool | int | str) -> None:
        super().__init__(type)
        self.value = value


Member = Type | Optional


class AdditionGroup:
    """Members that were added together; in the value they stand among the others."""

    def __init__(self, members: dict[str, Member]) -> None:
        self.members = members


class Sequence(Type):
    """Members by name, in their order."""

    def __init__(self, /, **members: Member) -> None:
        self.members = {identifier(name): member for name, member in members.items()}
        self.additions: list[tuple[str, Member] | AdditionGroup] = []

    def extensible(self, /, **added: Member) -> Sequence:
        """It may grow, and has already by these members."""
        self.grows = True
        self.additions += [(identifier(name), member) for name, member in added.items()]
        return self

    def group(self, /, **added: Member) -> Sequence:
        """It has grown by these members at once, which come or stay away together."""
        self.grows = True
        self.additions.append(AdditionGroup({identifier(name): member for name, member in added.items()}))
        return self

    def all(self) -> Iterator[tuple[str, Member]]:
        """All members, additions among them."""
        yield from self.members.items()
        for addition in self.additions:
            if isinstance(addition, AdditionGroup):
                yield from addition.members.items()
            else:
                yield addition


class Choice(Type):
    """One of some alternatives, in the order of their tags."""

    def __init__(self, /, **alternatives: Type) -> None:
        self.alternatives = {identifier(name): type for name, type in alternatives.items()}
        self.root = len(self.alternatives)

    def extensible(self, /, **added: Type) -> Choice:
        """It may grow, and has already by these alternatives."""
        self.grows = True
        self.alternatives |= {identifier(name): type for name, type in added.items()}
        return self


class OpenType(Type):
    """What the integer member before it says: the type for each number. Octets for a number without one."""

    def __init__(self, types: dict[int, Type]) -> None:
        self.types = types


class Later(Type):
    """A type that is written further below, or that holds itself."""

    def __init__(self, type: Callable[[], Type]) -> None:
        self.type = type


def resolved(member: Member) -> Type:
    """The type of a member."""
    type = member.type if isinstance(member, Optional) else member
    while isinstance(type, Later):
        type = type.type()
    return type


def held(type: Sequence, value: dict[Any, Any]) -> Iterator[tuple[Any, Type, Any]]:
    """The members in a value with their types: that of an open one is told by the member before, octets if unknown."""
    members = dict(type.all())
    last: Any = None
    for name, inner in value.items():
        of = resolved(members[name]) if name in members else OctetString()
        yield name, of.types.get(last, OctetString()) if isinstance(of, OpenType) else of, inner
        last = inner


def with_defaults(type: Type, value: Any) -> Any:
    """A value as the decoder gives it: members that were left out have their defaults."""
    type = resolved(type)
    if isinstance(type, Sequence):
        found = {}
        last: Any = None
        for name, member in type.all():
            inner = resolved(member)
            if name in value:
                if isinstance(inner, OpenType):
                    inner = inner.types.get(last, OctetString())
                found[name] = with_defaults(inner, value[name])
            elif isinstance(member, Default):
                found[name] = member.value
            last = value.get(name)
        return found | {key: octets for key, octets in value.items() if not isinstance(key, str)}
    if isinstance(type, SequenceOf):
        return [with_defaults(type.element, element) for element in value]
    if isinstance(type, Choice) and isinstance(value[0], str):
        return (value[0], with_defaults(type.alternatives[value[0]], value[1]))
    return value
