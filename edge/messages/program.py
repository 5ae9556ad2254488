"""From the schema language to the flat programs of `ext.uper`, and the messages that are encoded by them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages import schema as s
from wayside.ext import uper
from wayside.ext.arrays import Bytes, Longs

_MANDATORY, _OPTIONAL, _DEFAULT = 0, 1, 2  # uper_program.hpp
_NO_LOW, _NO_HIGH = -(2**63), 2**63 - 1
_GENERAL = -1  # a length in its general form
_ONE_LENGTH = 65536  # from here on a length's upper bound no longer counts; X.691, 11.9.4.1

Tree = dict[str, "Tree | int"]  # bound paths: member or "[]" -> beneath; "" -> column, "?" -> presence, "[" -> list


def width(span: int) -> int:
    """The bits of a number in 0..span; X.691, 11.5.7.1."""
    return span.bit_length()


class Compiler:
    """The words and objects of a program; types that come up twice are there once, unless columns hang on them."""

    def __init__(self) -> None:
        self.words: list[int] = []
        self.objects: list[Any] = []
        self._places: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._least: dict[int, int] = {}

    def node(self, member: s.Member, bound: Tree | None = None) -> int:
        """The place of a type's node."""
        type = s.resolved(member)
        if not bound and id(type) in self._places:
            return self._places[id(type)]
        words = self._words(type)
        place = len(self.words)
        self.words += words
        if bound:
            column = bound.get("", -1)
            assert isinstance(column, int)
            self.words[place + 1] = column
        else:
            self._places[id(type)] = place
        self._children(type, place, bound or {})
        return place

    def _words(self, type: s.Type) -> list[int]:
        """A node, with 0 for the places of others."""
        match type:
            case s.Boolean():
                return [0, -1]
            case s.Null():
                return [1, -1]
            case s.Integer():
                low = _NO_LOW if type.low is None else type.low
                high = _NO_HIGH if type.high is None else type.high
                if not _NO_LOW <= low <= high <= _NO_HIGH:
                    raise ValueError(f"INTEGER ({low}..{high}): must be of 64 bits")
                bits = -1 if type.low is None or type.high is None else width(high - low)
                return [2, -1, type.grows, low, high, bits, _gaps(type)]
            case s.Enumerated():
                items = len(type.names)
                return [3, -1, type.grows, type.root, width(type.root - 1), items, self._items(type.names)]
            case s.BitString():
                return [4, -1, *_sizes(type), bool(type.names)]
            case s.OctetString():
                return [5, -1, *_sizes(type)]
            case s.Text():
                if not type.width:
                    return [6, -1, 0, type.low, -1, _GENERAL, -1 if type.reach is None else type.reach, 0]
                index = {ord(c): i for i, c in enumerate(type.alphabet)}
                # X.691, 30.5.4: the characters' own codes where they fit.
                if ord(type.alphabet[-1]) < 1 << type.width:
                    index = {code: code for code in index}
                characters = [-1] * (max(index.values()) + 1)
                for code, i in index.items():
                    characters[i] = code
                return [6, -1, *_sizes(type), type.width, len(characters), *characters] + [
                    index.get(code, -1) for code in range(128)
                ]
            case s.SequenceOf():
                return [7, -1, *_sizes(type), 0, self.least(type.element), -1]
            case s.Sequence():
                optionals = sum(isinstance(member, s.Optional) for member in type.members.values())
                if optionals > 64:
                    raise ValueError(f"{optionals} optional members: must be at most 64")
                entries = len(type.members) + len(type.additions)
                return [8, -1, type.grows, len(type.members), optionals, len(type.additions), *[0] * (5 * entries)]
            case s.Choice():
                names = tuple(type.alternatives)
                head = [9, -1, type.grows, type.root, width(type.root - 1), len(names), self._items(names)]
                return head + [0] * len(names)
            case s.OpenType():
                return [10, -1, len(type.types), *[0] * (2 * len(type.types))]
        raise TypeError(f"{type}: not a type of the schema language")

    def _children(self, type: s.Type, place: int, bound: Tree) -> None:
        if isinstance(type, s.SequenceOf):
            _not_open(type.element, "a list's element")
            beneath = bound.get("[]")
            assert not isinstance(beneath, int)
            self.words[place + 7] = self.node(type.element, beneath)
            number = bound.get("[", -1)
            assert isinstance(number, int)
            self.words[place + 9] = number
        elif isinstance(type, s.Sequence):
            at = place + 6
            members: list[tuple[str, s.Member] | s.AdditionGroup] = [*type.members.items(), *type.additions]
            before: s.Member | None = None
            for member in members:
                if isinstance(member, s.AdditionGroup):
                    self.words[at : at + 5] = [-1, _OPTIONAL, self._group(member, bound), -1, -1]
                else:
                    self.words[at : at + 5] = self._entry(*member, bound)
                    name, before = member[0], self._selected(before, *member)
                    if member in type.additions:
                        _not_open(before, name)
                at += 5
        elif isinstance(type, s.Choice):
            for i, (name, alternative) in enumerate(type.alternatives.items()):
                _not_open(alternative, name)
                self.words[place + 7 + i] = self.node(alternative, _beneath(bound, name))
        elif isinstance(type, s.OpenType):
            for i, (key, inner) in enumerate(type.types.items()):
                self.words[place + 3 + 2 * i] = key
                self.words[place + 4 + 2 * i] = self.node(inner, _beneath(bound, str(key)))

    @staticmethod
    def _selected(before: s.Member | None, name: str, member: s.Member) -> s.Member:
        if isinstance(s.resolved(member), s.OpenType) and not isinstance(before, s.Integer):
            raise ValueError(f"{name}: the member before an open type must be an integer that is always there")
        return member

    def _entry(self, name: str, member: s.Member, bound: Tree) -> list[int]:
        if name not in self._names:
            self._names[name] = self._object(name)
        beneath = _beneath(bound, name)
        presence = beneath.get("?", -1) if beneath else -1
        assert isinstance(presence, int)
        place = self.node(member, beneath)
        if isinstance(member, s.Default):
            return [self._names[name], _DEFAULT, place, self._object(member.value), presence]
        return [self._names[name], _OPTIONAL if isinstance(member, s.Optional) else _MANDATORY, place, -1, presence]

    def _group(self, group: s.AdditionGroup, bound: Tree) -> int:
        sequence = s.Sequence()
        sequence.members = group.members
        place = len(self.words)
        self.words += self._words(sequence)
        self._children(sequence, place, bound)
        return place

    def _object(self, value: Any) -> int:
        self.objects.append(value)
        return len(self.objects) - 1

    def _items(self, names: tuple[str, ...]) -> int:
        place = self._object(names)
        self._object({name: i for i, name in enumerate(names)})
        return place

    def least(self, member: s.Member) -> int:
        """The fewest bits that a value takes: how many elements a list can have at most in what is left to read."""
        type = s.resolved(member)
        if id(type) not in self._least:
            self._least[id(type)] = 0  # of a type that holds itself: of no matter, since it ends somewhere
            self._least[id(type)] = self._fewest(type)
        return self._least[id(type)]

    def _fewest(self, type: s.Type) -> int:
        match type:
            case s.Boolean():
                return 1
            case s.Integer():
                bits = 16 if type.low is None or type.high is None else width(type.high - type.low)
                return 1 + min(bits, 16) if type.grows else bits
            case s.Enumerated():
                return min(width(type.root - 1), 7) + 1 if type.grows else width(type.root - 1)
            case s.Text() if not type.width:
                return 8 + 8 * type.low
            case s.Sized():
                if type.grows or type.high is None or type.high >= _ONE_LENGTH:
                    return 1
                item = 1 if isinstance(type, s.BitString) else 8
                if isinstance(type, s.Text):
                    item = type.width
                elif isinstance(type, s.SequenceOf):
                    item = self.least(type.element)
                return width(type.high - type.low) + type.low * item
            case s.Sequence():
                members = type.members.values()
                return type.grows + sum(1 if isinstance(m, s.Optional) else self.least(m) for m in members)
            case s.Choice():
                root = list(type.alternatives.values())[: type.root]
                content = 0 if type.grows else min(map(self.least, root), default=0)
                return type.grows + (0 if type.grows else width(type.root - 1)) + content
            case s.OpenType():
                return 16
        return 0


def _beneath(bound: Tree, name: str) -> Tree | None:
    tree = bound.get(name)
    assert not isinstance(tree, int)
    return tree


def _not_open(member: s.Member, name: str) -> None:
    """An open type must stand behind the member that selects it."""
    if isinstance(s.resolved(member), s.OpenType):
        raise ValueError(f"{name}: an open type must be a member, behind the integer that selects it")


def _gaps(type: s.Integer) -> int:
    """A bit for each value that is left out, from the lowest on."""
    if type.without and (type.low is None or max(type.without) - type.low > 62):
        raise ValueError(f"INTEGER without {type.without}: must be of the first 63")
    return sum(1 << (value - (type.low or 0)) for value in type.without)


def _sizes(type: s.Sized) -> list[int]:
    """Extensible, low, high, bits of the length, the most with extensions."""
    constrained = type.high is not None and type.high < _ONE_LENGTH
    bits = width(type.high - type.low) if type.high is not None and constrained else _GENERAL
    high, reach = (-1 if bound is None else bound for bound in (type.high, type.reach))
    return [type.grows, type.low, high, bits, reach]


def compiled(type: s.Type, bound: Tree | None = None) -> tuple[Longs, tuple[Any, ...]]:
    """The words and the objects of a type's program; `bound` says which nodes have columns."""
    compiler = Compiler()
    compiler.node(type, bound)
    return np.array(compiler.words, np.int64), tuple(compiler.objects)


class Message:
    """A message of a standard: its name, its type, and where it is written."""

    def __init__(self, name: str, type: s.Type, source: str) -> None:
        self.name = name
        self.type = type
        self.source = source

    @cached_property
    def program(self) -> uper.TypeProgram:
        """What encodes it; compiled when first needed."""
        return uper.TypeProgram(*compiled(self.type), self.name, EncodeError, DecodeError)

    def encode(self, value: Any) -> bytes:
        """The octets of a value. EncodeError names the whole path, the value and what is allowed."""
        return self.program.encode(value)

    def decode(self, data: bytes | bytearray | memoryview | Bytes) -> Any:
        """The value that octets stand for. DecodeError where they are none of this message."""
        return self.program.decode(data)
