"""The plans that messages of one shape are written and read by (uper_plan.hpp): a type, made for a template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wayside.edge.messages import schema as s
from wayside.edge.messages.program import Message, width
from wayside.ext.arrays import Longs

_BITS, _NUMBER, _FLAG, _SKIP, _UNLESS, _REPEAT, _AGAIN, _END = range(8)  # uper_plan.hpp
_CHUNK = 56  # bits that are written at once
_MOST_ALTERNATIVES = 63
_LONGEST = 16383  # elements of a list whose length has the general form, so that it is in one fragment


@dataclass
class BoundField:
    """A bound path."""

    path: str
    column: int
    list: int  # that it is inside of, -1: none
    count_of: int = -1  # the list whose number of elements it is


@dataclass
class BoundNode:
    """What is bound at a place of the schema and beneath it."""

    value: BoundField | None = None
    presence: BoundField | None = None
    count: BoundField | None = None
    list: int = -1
    beneath: dict[str, BoundNode] = field(default_factory=dict)

    @property
    def bound(self) -> bool:
        return bool(self.value or self.count or self.beneath)


class Planner:
    """Writes the steps of a plan: what is the same in all messages as bits, the rest as numbers from columns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.paths: dict[int, tuple[str, str]] = {}  # by step: the field, and what is allowed
        self.bits: dict[int, int] = {}  # at most, of a message (-1) and of an element of each list
        self.deepest = 0
        self._steps: list[list[int]] = []
        self._same: list[tuple[int, int]] = []
        self._inside: list[int] = [-1]

    @property
    def words(self) -> Longs:
        """The plan."""
        padded = [step + [0] * (8 - len(step)) for step in self._steps]
        return np.array(padded, np.int64).reshape(-1)

    def _count(self, bits: int) -> None:
        self.bits[self._inside[-1]] = self.bits.get(self._inside[-1], 0) + bits

    def _step(self, *words: int) -> int:
        self._flush()
        self._steps.append(list(words))
        return len(self._steps) - 1

    def _bits(self, value: int, count: int) -> None:
        if count:
            self._same.append((value, count))
            self._count(count)

    def _flush(self, keep: int = 0) -> tuple[int, int]:
        """The bits gathered so far, in as few steps as they fit in; but for the last ones, at most `keep`: those."""
        value = count = 0
        for part, size in self._same:
            value, count = value << size | part, count + size
        self._same = []
        while count > keep:
            chunk = min(count - keep, _CHUNK)
            count -= chunk
            self._steps.append([_BITS, value >> count & ((1 << chunk) - 1), chunk])
        return value & ((1 << count) - 1), count

    def _number(self, bound: BoundField, low: int, high: int, bits: int, gaps: int = 0) -> None:
        """A column's number; with the bits before it in one step."""
        before = self._flush(max(_CHUNK - bits, 0))
        self._count(bits)
        allowed = f"{low}..{high}"
        if gaps:
            allowed = " or ".join(str(value) for value in range(low, high + 1) if not gaps >> value - low & 1)
        self.paths[len(self._steps)] = (bound.path, allowed)
        self._steps.append([_NUMBER, bound.column, low, high, bits, *before, gaps])

    def end(self) -> None:
        """No more."""
        self._step(_END)

    def _fail(self, path: str, text: str) -> ValueError:
        return ValueError(f"{self.name}: {path or 'top'}: {text}")

    def write(self, member: s.Member, value: Any, node: BoundNode, path: str) -> None:
        """A type's steps."""
        type = s.resolved(member)
        if not node.bound:
            self._constant(type, value, path)
        elif isinstance(type, s.Choice):
            self._choice(type, value, node, path)
        elif node.value:
            self._column(type, node.value)
        elif isinstance(type, s.Sequence):
            self._sequence(type, value, node, path)
        elif isinstance(type, s.SequenceOf):
            self._list(type, value, node, path)
        else:
            raise self._fail(path, "has nothing beneath it to bind")

    def _constant(self, type: s.Type, value: Any, path: str) -> None:
        octets, count = Message(f"{self.name}: {path}" if path else self.name, type, "").program.encode_bits(value)
        self._bits(int.from_bytes(octets, "big") >> (-count % 8), count)

    def _column(self, type: s.Type, bound: BoundField) -> None:
        low, high, bits, gaps = 0, 0, -1, 0
        match type:
            case s.Boolean():
                high, bits = 1, 1
            case s.Integer() if type.low is not None and type.high is not None:
                low, high, bits = type.low, type.high, width(type.high - type.low)
                gaps = sum(1 << value - low for value in type.without)
            case s.Enumerated():
                high, bits = type.root - 1, width(type.root - 1)
            case s.BitString() if type.low == type.high and 0 < type.low < 64:
                high, bits = (1 << type.low) - 1, type.low
            case s.OctetString() if type.low == type.high and 0 < type.low <= 8:
                high, bits = min((1 << 8 * type.low) - 1, 2**63 - 1), 8 * type.low
        if bits < 0:
            raise self._fail(bound.path, "not a number of constrained range, or of fixed size")
        if type.grows:
            self._bits(0, 1)
        self._number(bound, low, high, bits, gaps)

    def _sequence(self, type: s.Sequence, value: Any, node: BoundNode, path: str) -> None:
        value = {} if value is None else value
        for name in [*node.beneath, *value]:
            if name not in type.members:
                known = name in dict(type.all())
                raise self._fail(path, f"{name}: " + ("additions cannot be in a shape" if known else "no such member"))
        if type.grows:
            self._bits(0, 1)
        for name, member in type.members.items():
            if isinstance(member, s.Optional):
                self._presence(member, value.get(name), node.beneath.get(name, BoundNode()), name in value)
        for name, member in type.members.items():
            beneath = node.beneath.get(name, BoundNode())
            there = f"{path}.{name}" if path else name
            if not isinstance(member, s.Optional):
                if name not in value and not beneath.bound:
                    raise self._fail(there, "missing in the template")
                self.write(member, value.get(name), beneath, there)
                continue
            absent = self._absent(member, beneath)
            if absent is not None:
                self._where(*absent, lambda: self.write(member, value.get(name), beneath, there))  # noqa: B023
            elif self._always(member, value.get(name), beneath, name in value):
                self.write(member, value.get(name), beneath, there)

    @staticmethod
    def _absent(member: s.Optional, node: BoundNode) -> tuple[int, int] | None:
        """A column, and its number where the member is not there; None where that is always the same."""
        if node.presence:
            return node.presence.column, 0
        if isinstance(member, s.Default) and node.value:
            return node.value.column, as_number(s.resolved(member), member.value)
        return None

    @staticmethod
    def _always(member: s.Optional, value: Any, node: BoundNode, given: bool) -> bool:
        return node.bound or (given and not (isinstance(member, s.Default) and member.value == value))

    def _presence(self, member: s.Optional, value: Any, node: BoundNode, given: bool) -> None:
        absent = self._absent(member, node)
        if absent is None:
            self._bits(self._always(member, value, node, given), 1)
        else:
            self._count(1)
            self._step(_FLAG, *absent)

    def _where(self, column: int, number: int, write: Callable[[], None], move: int = _SKIP) -> None:
        skip = self._step(move, column, number, 0)
        write()
        self._flush()
        self._steps[skip][3] = len(self._steps)

    def _choice(self, type: s.Choice, value: Any, node: BoundNode, path: str) -> None:
        """One alternative for all; or, where a column has its index, any of those that are bound or in the template."""
        given = value if isinstance(value, dict) else {} if value is None else dict([value])
        wanted = list(dict.fromkeys([*node.beneath, *(given if node.value or not node.beneath else ())]))
        root = list(type.alternatives)[: type.root]
        for name in wanted:
            if name not in root:
                raise self._fail(path, f"no alternative {name} that a shape can have")
        if type.grows:
            self._bits(0, 1)

        def write(name: str) -> None:
            beneath = node.beneath.get(name, BoundNode())
            self.write(type.alternatives[name], given.get(name), beneath, f"{path}.{name}" if path else name)

        if node.value:
            gaps = sum(1 << k for k, name in enumerate(root) if name not in wanted)
            if not wanted or len(root) > _MOST_ALTERNATIVES:
                raise self._fail(path, "no alternatives in the template to choose from")
            self._number(node.value, 0, len(root) - 1, width(len(root) - 1), gaps)
            for name in wanted:
                self._where(node.value.column, root.index(name), lambda: write(name), _UNLESS)  # noqa: B023
        elif len(wanted) > 1:
            raise self._fail(path, f"only one of {', '.join(wanted)} can be bound")
        else:
            self._bits(root.index(wanted[0]), width(type.root - 1))
            write(wanted[0])

    def _list(self, type: s.SequenceOf, value: Any, node: BoundNode, path: str) -> None:
        if not node.count:
            raise self._fail(path, "bind how many elements it has too: the path with a # at its end")
        if value is not None and len(value) > 1:
            raise self._fail(path, "the template must have one element, for all")
        general = type.high is None or type.high >= 65536
        high = _LONGEST if type.high is None else min(type.high, _LONGEST if general else type.high)
        bits = -1 if general or type.high is None else width(type.high - type.low)
        if type.grows:
            self._bits(0, 1)
        self._count(16 if general else bits)
        repeat = self._step(_REPEAT, node.count.column, type.low, high, bits, 0, node.list)
        self.paths[repeat] = (node.count.path, f"{type.low}..{high}")
        self._inside.append(node.list)
        self.deepest = max(self.deepest, len(self._inside) - 1)
        self.write(type.element, value[0] if value else None, node.beneath.get("[]", BoundNode()), path + "[]")
        self._inside.pop()
        self._step(_AGAIN)
        self._steps[repeat][5] = len(self._steps)


def as_number(type: s.Type, value: Any) -> int:
    """A value as it stands in a column."""
    return type.names.index(value) if isinstance(type, s.Enumerated) else int(value)
