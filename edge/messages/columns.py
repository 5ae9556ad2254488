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
bits or up to 8 octets of fixed size make, the index of a choice's alternative. Where a choice has a column, the
template is a dict: what each alternative that it may be is like.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.errors import EncodeError
from wayside.edge.messages import schema as s
from wayside.edge.messages.plan import BoundField, BoundNode, Planner, as_number
from wayside.edge.messages.program import Message, Tree, compiled
from wayside.ext import uper_batch
from wayside.ext.arrays import Bytes, Flags, Ints, Longs

MISSING: Final = -(2**63)  # in a decoded column, where the message has no such field
_MOST_LISTS, _MOST_NESTED = 16, 8
_NO_ROOM = -2  # in place of an element that a kernel refuses


class Columns:
    """A message's shape: a template, and the fields that come from columns. ValueError names a path that cannot be."""

    def __init__(self, message: Message, template: Any, fields: Mapping[str, str]) -> None:
        self.message = message
        self.template = template
        self.names = list(fields.values())
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"{message.name}: two fields with the same column")
        self._root = BoundNode()
        self.lists: list[str] = []  # paths
        self._inside: list[int] = []  # the list that each list is inside of
        self.fields = [self._bind(path, column) for column, path in enumerate(fields)]
        self._list_of = np.array([f.list for f in self.fields], np.int64)

    def _bind(self, path: str, column: int) -> BoundField:
        node, inside, walked = self._root, -1, ""
        plain = path.rstrip("?#")
        for part in plain.replace("[]", ".[]").strip(".").split(".") if plain else ():
            if part == "[]":
                inside = self._list(node, walked, inside)
            walked += part if part == "[]" or not walked else "." + part
            node = node.beneath.setdefault(part, BoundNode())
        bound = BoundField(path, column, inside)
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

    def _list(self, node: BoundNode, path: str, inside: int) -> int:
        """The number of the list at a path."""
        if node.list < 0:
            node.list = len(self.lists)
            self.lists.append(path)
            self._inside.append(inside)
            if len(self.lists) > _MOST_LISTS:
                raise ValueError(f"{self.message.name}: more than {_MOST_LISTS} lists")
        return node.list

    @cached_property
    def _plan(self) -> Planner:
        planner = Planner(self.message.name)
        planner.write(self.message.type, self.template, self._root, "")
        planner.end()
        if planner.deepest > _MOST_NESTED:
            raise ValueError(f"{self.message.name}: lists nested more than {_MOST_NESTED} deep")
        return planner

    @cached_property
    def _form(self) -> Longs:
        """The plan, by which messages of this shape are also read faster; empty for a shape that is only decoded."""
        try:
            return self._plan.words
        except (EncodeError, ValueError):
            return np.zeros(0, np.int64)

    def encode_batch(self, columns: Mapping[str, ArrayLike]) -> tuple[Bytes, Longs]:
        """Messages end to end, and where they begin: message k is buffer[offsets[k]:offsets[k + 1]].

        columns: integers by the names of the shape. EncodeError names the path, the value, and which message.
        """
        arrays = [np.ascontiguousarray(columns[name], np.int64) for name in self.names]
        lengths = self._lengths(arrays)
        rows = lengths[-1]
        buffer, offsets, used, refusal = uper_batch.run(
            self._plan.words, arrays, self._list_of, rows, self._elements(lengths), self._octets(lengths)
        )
        if refusal:
            self.refuse(*refusal)
        for k, path in enumerate(self.lists):
            if used[k] != lengths[k]:
                raise EncodeError(f"{self.message.name}: {path}: {lengths[k]} elements, {used[k]} of them in a message")
        return buffer, offsets

    def _lengths(self, arrays: list[Longs]) -> dict[int, int]:
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

    def _octets(self, lengths: Mapping[int, int]) -> int:
        """That are enough for so many messages (-1) with so many elements of each list."""
        bits = self._plan.bits
        return (
            lengths[-1] * (bits.get(-1, 0) + 8) + sum(lengths.get(k, 0) * n for k, n in bits.items() if k >= 0)
        ) // 8 + 1

    def _elements(self, lengths: Mapping[int, int]) -> Longs:
        return np.array([lengths.get(k, 0) for k in range(len(self.lists))], np.int64)

    def encoder(self, columns: Mapping[str, Longs]) -> ColumnEncoder:
        """For messages of every tick from the same columns, which are not copied. ValueError for others than int64.

        There is room for as many messages, and elements of each list, as the columns have numbers.
        """
        arrays = [columns[name] for name in self.names]
        lengths: dict[int, int] = {}
        for of, array in zip(self._list_of.tolist(), arrays, strict=True):
            if array.dtype != np.int64 or array.ndim != 1 or not array.flags.c_contiguous:
                raise ValueError(f"{self.message.name}: columns must be contiguous int64, of one dimension")
            lengths[of] = min(lengths.get(of, len(array)), len(array))
        room = self._elements(lengths), self._octets(lengths)
        return ColumnEncoder(self, self._plan.words, arrays, self._list_of, lengths[-1], *room)

    def decoder(self, rows: int, names: Collection[str] | None = None) -> ColumnDecoder:
        """For at most so many messages at once, of every tick into the same columns: those of these names, or all."""
        return ColumnDecoder(self, *self._reader, rows, names)

    def refuse(self, row: int, step: int, value: int, element: int) -> None:
        """Raise the EncodeError of what a kernel refused."""
        path, allowed = self._plan.paths[step]
        if element == _NO_ROOM:
            raise ValueError(
                f"{self.message.name}: {path} = {value} (message {row}): more elements than the columns have"
            )
        where = f"message {row}" + (f", element {element}" if element >= 0 else "")
        raise EncodeError(f"{self.message.name}: {path} = {value} ({where}): must be {allowed}")

    @cached_property
    def _reader(self) -> tuple[Longs, Longs]:
        """The program whose nodes have columns, and what stands in a column where there is nothing."""
        fills = np.full(len(self.fields), MISSING, np.int64)
        for bound in self.fields:
            if bound.path.endswith(("?", "#")):
                fills[bound.column] = 0
        words, _ = compiled(self.message.type, self._tree(self.message.type, self._root, fills, ""))
        return words, fills

    def _tree(self, member: s.Member, node: BoundNode, fills: Longs, path: str) -> Tree:
        type = s.resolved(member)
        tree: Tree = {}
        if own := node.value or node.count:
            tree[""] = own.column
            if isinstance(member, s.Default) and node.value:
                fills[own.column] = as_number(type, member.value)
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

    def decode_batch(self, buffer: Bytes | bytes, offsets: ArrayLike) -> tuple[dict[str, Longs], Flags]:
        """Columns by the names of the shape, and which messages could be decoded at all.

        Foreign messages need not have the shape: where one has no such field, its column has `MISSING`, or the
        default; 0 for counts and presences. A message that cannot be decoded has the same in all of them.
        """
        words, fills = self._reader
        octets = np.frombuffer(buffer, np.uint8) if isinstance(buffer, bytes) else buffer
        at = np.ascontiguousarray(offsets, np.int64)
        found, valid = uper_batch.fill(words, self._form, octets, at, fills, self._list_of)
        return dict(zip(self.names, found, strict=True)), valid


class ColumnEncoder:
    """Encodes messages of one shape again and again; see `Columns.encoder`."""

    def __init__(
        self, shape: Columns, plan: Longs, columns: list[Longs], list_of: Longs, rows: int, elements: Longs, octets: int
    ) -> None:
        self._shape = shape
        self.rows = rows  # at most
        self._buffer = np.empty(octets + 16, np.uint8)
        self._offsets = np.zeros(rows + 1, np.int64)
        used = np.zeros(max(len(elements), 1), np.int64)
        self._kernel = uper_batch.Encoder(plan, columns, list_of, elements, self._buffer, self._offsets, used)

    def encode(self, rows: int) -> tuple[Bytes, Longs]:
        """The first `rows` messages, as `Columns.encode_batch` gives them; overwritten when it is called again.

        EncodeError as there; ValueError for more rows than there is room for.
        """
        refusal = self._kernel.run(rows)
        if refusal:
            self._shape.refuse(*refusal)
        return self._buffer[: self._offsets[rows]], self._offsets[: rows + 1]


class ColumnDecoder:
    """Decodes messages into the same columns again and again; see `Columns.decoder`. Lists are left out.

    columns: by the names of the shape; valid: 1 for messages that could be decoded.
    """

    def __init__(self, shape: Columns, words: Longs, fills: Longs, rows: int, names: Collection[str] | None) -> None:
        self.rows = rows  # at most
        self.valid = np.zeros(rows, np.uint8)
        self.columns = {
            name: np.zeros(rows, np.int64)
            for name, field in zip(shape.names, shape.fields, strict=True)
            if field.list < 0 and (names is None or name in names)
        }
        columns = [self.columns.get(name) for name in shape.names]
        kept = [column is not None for column in columns]
        self._kernel = uper_batch.Decoder(words, shape._form, fills, shape._list_of, columns, self.valid, kept)

    def decode(self, buffer: Bytes, offsets: Longs, which: Ints | None = None) -> tuple[int, int]:
        """Messages into the first rows of the columns, as `Columns.decode_batch`: row i is message which[i].

        Returns how many rows, and how many of them could be decoded. ValueError for messages that there are not, and
        for more than there is room for.
        """
        good = self._kernel.run(buffer, offsets, which)
        return len(offsets) - 1 if which is None else len(which), good


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
