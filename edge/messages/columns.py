"""Many messages of one shape at once, from arrays and into them.

A shape binds columns to the fields of a message by their paths:

    shape = Columns(CAM, template, {
        "header.stationID": "station",
        "cam.camParameters.basicContainer.referencePosition.latitude": "latitude",
        "cam.camParameters.lowFrequencyContainer?": "has_low",
        "...pathHistory#": "points",
        "...pathHistory[].pathDeltaTime": "point_time",
    })

A path names members and alternatives. `?` at its end stands for whether the field is there (0 or 1), `#` for how many
elements a list has; a path through a list's elements, `[]`, is of a column with one number for each element of all
messages. Everything else is as in the template; a list with a `#` has one element there, as the template of all.

What stands in a column: an integer's value, the index of an enumeration's item, 0 or 1 for a boolean, the number that
bits or up to 8 octets of fixed size make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.edge.errors import EncodeError
from wayside.edge.messages import schema as s
from wayside.edge.messages.program import Message, Tree, compiled, width
from wayside.ext import uper_batch

Ints = NDArray[np.int64]

MISSING: Final = -(2**63)  # in a decoded column, where the message has no such field
_BITS, _NUMBER, _FLAG, _SKIP, _REPEAT, _AGAIN, _END = range(7)  # uper_columns.hpp
_CHUNK = 56  # bits that are written at once
_MOST_LISTS, _MOST_NESTED = 16, 8
_LONGEST = 16383  # elements of a list whose length has the general form, so that it is in one fragment


@dataclass
class _Field:
    """A bound path."""

    path: str
    column: int
    list: int  # that it is inside of, -1: none
    count_of: int = -1  # the list whose number of elements it is


@dataclass
class _Node:
    """What is bound at a place of the schema and beneath it."""

    value: _Field | None = None
    presence: _Field | None = None
    count: _Field | None = None
    list: int = -1
    beneath: dict[str, _Node] = field(default_factory=dict)

    @property
    def bound(self) -> bool:
        return bool(self.value or self.count or self.beneath)


class Columns:
    """A message's shape: a template, and the fields that come from columns. ValueError names a path that cannot be."""

    def __init__(self, message: Message, template: Any, fields: Mapping[str, str]) -> None:
        self.message = message
        self.template = template
        self.names = list(fields.values())
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"{message.name}: two fields with the same column")
        self._root = _Node()
        self.lists: list[str] = []  # paths
        self._inside: list[int] = []  # the list that each list is inside of
        self.fields = [self._bind(path, column) for column, path in enumerate(fields)]
        self._list_of = np.array([f.list for f in self.fields], np.int64)

    def _bind(self, path: str, column: int) -> _Field:
        node, inside, walked = self._root, -1, ""
        plain = path.rstrip("?#")
        for part in plain.replace("[]", ".[]").strip(".").split(".") if plain else ():
            if part == "[]":
                inside = self._list(node, walked, inside)
            walked += part if part == "[]" or not walked else "." + part
            node = node.beneath.setdefault(part, _Node())
        bound = _Field(path, column, inside)
        match path[len(plain) :]:
            case "":
                node.value = bound
            case "?":
                node.presence = bound
            case "#":
                bound.count_of = self._list(node, walked, inside)
                node.count = bound
            case wrong:
                raise ValueError(f"{self.message.name}: {path}: ends in {wrong}")
        return bound

    def _list(self, node: _Node, path: str, inside: int) -> int:
        """The number of the list at a path."""
        if node.list < 0:
            node.list = len(self.lists)
            self.lists.append(path)
            self._inside.append(inside)
            if len(self.lists) > _MOST_LISTS:
                raise ValueError(f"{self.message.name}: more than {_MOST_LISTS} lists")
        return node.list

    @cached_property
    def _plan(self) -> _Planner:
        planner = _Planner(self.message.name)
        planner.write(self.message.type, self.template, self._root, "")
        planner.end()
        if planner.deepest > _MOST_NESTED:
            raise ValueError(f"{self.message.name}: lists nested more than {_MOST_NESTED} deep")
        return planner

    def encode_batch(self, columns: Mapping[str, ArrayLike]) -> tuple[NDArray[np.uint8], Ints]:
        """Messages end to end, and where they begin: message k is buffer[offsets[k]:offsets[k + 1]].

        columns: integers by the names of the shape. EncodeError names the path, the value, and which message.
        """
        plan = self._plan
        arrays = [np.ascontiguousarray(columns[name], np.int64) for name in self.names]
        lengths = self._lengths(arrays)
        rows = lengths[-1]
        bits = rows * (plan.bits.get(-1, 0) + 8) + sum(lengths[k] * plan.bits.get(k, 0) for k in range(len(self.lists)))
        buffer, offsets, used, refusal = uper_batch.run(
            plan.words, arrays, self._list_of, rows, len(self.lists), bits // 8 + 1
        )
        if refusal:
            self._refuse(*refusal)
        for k, path in enumerate(self.lists):
            if used[k] != lengths[k]:
                raise EncodeError(f"{self.message.name}: {path}: {lengths[k]} elements, {used[k]} of them in a message")
        return buffer, offsets

    def _lengths(self, arrays: list[Ints]) -> dict[int, int]:
        """How many messages (-1) and elements of each list there are, by the columns, which must agree."""
        lengths: dict[int, int] = {}
        for bound, array in zip(self.fields, arrays, strict=True):
            if array.ndim != 1:
                raise EncodeError(f"{self.message.name}: {bound.path}: the column has {array.ndim} dimensions, not 1")
            if lengths.setdefault(bound.list, len(array)) != len(array):
                raise EncodeError(
                    f"{self.message.name}: {bound.path}: {len(array)} numbers where others have {lengths[bound.list]}"
                )
        for bound, array in zip(self.fields, arrays, strict=True):
            if bound.count_of >= 0:
                if len(array) and array.min() < 0:
                    raise EncodeError(f"{self.message.name}: {bound.path} = {array.min()}: must be at least 0")
                total = int(array.sum())
                if lengths.setdefault(bound.count_of, total) != total:
                    raise EncodeError(
                        f"{self.message.name}: {bound.path}: counts of {total} elements, columns of "
                        f"{lengths[bound.count_of]}"
                    )
        lengths.setdefault(-1, 0)
        return lengths

    def _refuse(self, row: int, step: int, value: int, element: int) -> None:
        path, allowed = self._plan.paths[step]
        where = f"message {row}" + (f", element {element}" if element >= 0 else "")
        raise EncodeError(f"{self.message.name}: {path} = {value} ({where}): must be {allowed}")

    @cached_property
    def _reader(self) -> tuple[Ints, Ints]:
        """The program whose nodes have columns, and what stands in a column where there is nothing."""
        fills = np.full(len(self.fields), MISSING, np.int64)
        for bound in self.fields:
            if bound.path.endswith(("?", "#")):
                fills[bound.column] = 0
        words, _ = compiled(self.message.type, self._tree(self.message.type, self._root, fills, ""))
        return words, fills

    def _tree(self, member: s.Member, node: _Node, fills: Ints, path: str) -> Tree:
        type = s.resolved(member)
        tree: Tree = {}
        if own := node.value or node.count:
            tree[""] = own.column
            if isinstance(member, s.Default) and node.value:
                fills[own.column] = _number(type, member.value)
        if node.presence:
            tree["?"] = node.presence.column
        if node.list >= 0:
            tree["["] = node.list
        inner = _inner(type)
        for name, beneath in node.beneath.items():
            if name not in inner:
                raise ValueError(f"{self.message.name}: {path or 'top'}: has no {name}")
            tree[name] = self._tree(inner[name], beneath, fills, f"{path}.{name}".strip(".").replace(".[]", "[]"))
        return tree

    def decode_batch(
        self, buffer: NDArray[np.uint8] | bytes, offsets: ArrayLike
    ) -> tuple[dict[str, Ints], NDArray[np.bool_]]:
        """Columns by the names of the shape, and which messages could be decoded at all.

        Foreign messages need not have the shape: where one has no such field, its column has `MISSING`, or the
        default; 0 for counts and presences. A message that cannot be decoded has the same in all of them.
        """
        words, fills = self._reader
        octets = np.frombuffer(buffer, np.uint8) if isinstance(buffer, bytes) else buffer
        found, valid = uper_batch.fill(words, octets, np.ascontiguousarray(offsets, np.int64), fills, self._list_of)
        return dict(zip(self.names, found, strict=True)), valid


def _inner(type: s.Type) -> dict[str, s.Member]:
    """What lies beneath a type, by the names in a path."""
    match type:
        case s.Sequence():
            return dict(type.all())
        case s.Choice():
            return dict(type.alternatives)
        case s.SequenceOf():
            return {"[]": type.element}
        case s.OpenType():
            return {str(key): inner for key, inner in type.types.items()}
    return {}


def _number(type: s.Type, value: Any) -> int:
    """A value as it stands in a column."""
    return type.names.index(value) if isinstance(type, s.Enumerated) else int(value)


class _Planner:
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
    def words(self) -> Ints:
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

    def _flush(self) -> None:
        """The bits gathered so far, in as few steps as they fit in."""
        value = count = 0
        for part, size in self._same:
            value, count = value << size | part, count + size
        self._same = []
        while count:
            chunk = min(count, _CHUNK)
            count -= chunk
            self._steps.append([_BITS, value >> count & ((1 << chunk) - 1), chunk])

    def end(self) -> None:
        """No more."""
        self._step(_END)

    def _fail(self, path: str, text: str) -> ValueError:
        return ValueError(f"{self.name}: {path or 'top'}: {text}")

    def write(self, member: s.Member, value: Any, node: _Node, path: str) -> None:
        """A type's steps."""
        type = s.resolved(member)
        if not node.bound:
            self._constant(type, value, path)
        elif node.value:
            self._column(type, node.value)
        elif isinstance(type, s.Sequence):
            self._sequence(type, value, node, path)
        elif isinstance(type, s.Choice):
            self._choice(type, value, node, path)
        elif isinstance(type, s.SequenceOf):
            self._list(type, value, node, path)
        else:
            raise self._fail(path, "has nothing beneath it to bind")

    def _constant(self, type: s.Type, value: Any, path: str) -> None:
        octets, count = Message(f"{self.name}: {path}" if path else self.name, type, "").program.encode_bits(value)
        self._bits(int.from_bytes(octets, "big") >> (-count % 8), count)

    def _column(self, type: s.Type, bound: _Field) -> None:
        low, high, bits = 0, 0, -1
        match type:
            case s.Boolean():
                high, bits = 1, 1
            case s.Integer() if type.low is not None and type.high is not None and not type.without:
                low, high, bits = type.low, type.high, width(type.high - type.low)
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
        self._count(bits)
        self.paths[self._step(_NUMBER, bound.column, low, high, bits)] = (bound.path, f"{low}..{high}")

    def _sequence(self, type: s.Sequence, value: Any, node: _Node, path: str) -> None:
        value = {} if value is None else value
        for name in [*node.beneath, *value]:
            if name not in type.members:
                known = name in dict(type.all())
                raise self._fail(path, f"{name}: " + ("additions cannot be in a shape" if known else "no such member"))
        if type.grows:
            self._bits(0, 1)
        for name, member in type.members.items():
            if isinstance(member, s.Optional):
                self._presence(member, value.get(name), node.beneath.get(name, _Node()), name in value)
        for name, member in type.members.items():
            beneath = node.beneath.get(name, _Node())
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
    def _absent(member: s.Optional, node: _Node) -> tuple[int, int] | None:
        """A column, and its number where the member is not there; None where that is always the same."""
        if node.presence:
            return node.presence.column, 0
        if isinstance(member, s.Default) and node.value:
            return node.value.column, _number(s.resolved(member), member.value)
        return None

    @staticmethod
    def _always(member: s.Optional, value: Any, node: _Node, given: bool) -> bool:
        return node.bound or (given and not (isinstance(member, s.Default) and member.value == value))

    def _presence(self, member: s.Optional, value: Any, node: _Node, given: bool) -> None:
        absent = self._absent(member, node)
        if absent is None:
            self._bits(self._always(member, value, node, given), 1)
        else:
            self._count(1)
            self._step(_FLAG, *absent)

    def _where(self, column: int, absent: int, write: Callable[[], None]) -> None:
        skip = self._step(_SKIP, column, absent, 0)
        write()
        self._flush()
        self._steps[skip][3] = len(self._steps)

    def _choice(self, type: s.Choice, value: Any, node: _Node, path: str) -> None:
        if len(node.beneath) > 1:
            raise self._fail(path, f"only one of {', '.join(node.beneath)} can be bound")
        (name,) = node.beneath
        names = list(type.alternatives)
        if name not in names[: type.root]:
            raise self._fail(path, f"no alternative {name} that a shape can have")
        if type.grows:
            self._bits(0, 1)
        self._bits(names.index(name), width(type.root - 1))
        inner = value[1] if value is not None and value[0] == name else None
        self.write(type.alternatives[name], inner, node.beneath[name], f"{path}.{name}" if path else name)

    def _list(self, type: s.SequenceOf, value: Any, node: _Node, path: str) -> None:
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
        self.write(type.element, value[0] if value else None, node.beneath.get("[]", _Node()), path + "[]")
        self._inside.pop()
        self._step(_AGAIN)
        self._steps[repeat][5] = len(self._steps)
