"""Hypothesis strategies derived from a schema: structure that it can take apart when it looks for the smallest case."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from wayside.edge.messages import schema as s

_MOST = 4  # elements or characters more than the least


def values(member: s.Member) -> st.SearchStrategy[Any]:
    """Values of a type, extensions and optional parts included."""
    return _Strategies().of(member)


class _Strategies:
    """By type, so that one that holds itself ends."""

    def __init__(self) -> None:
        self._known: dict[int, st.SearchStrategy[Any]] = {}

    def of(self, member: s.Member) -> st.SearchStrategy[Any]:
        type = s.resolved(member)
        if id(type) not in self._known:
            self._known[id(type)] = st.deferred(lambda: self._known[-id(type)])
            self._known[-id(type)] = self._made(type)
        return self._known[id(type)]

    def _made(self, type: s.Type) -> st.SearchStrategy[Any]:
        match type:
            case s.Boolean():
                return st.booleans()
            case s.Null():
                return st.none()
            case s.Integer():
                low = -(2**63) if type.low is None else type.low
                high = 2**63 - 1 if type.high is None else type.high
                found = st.integers(low, min(high, 2**62 + low if type.high is None and type.low is not None else high))
                if type.grows:
                    found |= st.integers(high + 1, high + 2**40)
                return found.filter(lambda number: number not in type.without)
            case s.Enumerated():
                return st.sampled_from(type.names)
            case s.BitString():
                return self._sizes(type).flatmap(lambda size: self._bits(type, size))
            case s.OctetString():
                return self._sizes(type).flatmap(lambda size: st.binary(min_size=size, max_size=size))
            case s.Text():
                letters = (
                    st.characters(exclude_categories=("Cs",)) if not type.alphabet else st.sampled_from(type.alphabet)
                )
                return self._sizes(type).flatmap(lambda size: st.text(letters, min_size=size, max_size=size))
            case s.SequenceOf():
                most = type.low + _MOST if type.high is None else min(type.high, type.low + _MOST)
                return st.lists(self.of(type.element), min_size=type.low, max_size=most)
            case s.Choice():
                pairs = [st.tuples(st.just(name), self.of(inner)) for name, inner in type.alternatives.items()]
                return st.one_of(pairs)
            case s.Sequence():
                return self._sequence(type)
        raise TypeError(type)

    @staticmethod
    def _sizes(type: s.Sized) -> st.SearchStrategy[int]:
        high = type.low + 40 if type.high is None else min(type.high, type.low + 40)
        sizes = st.integers(type.low, high)
        if type.grows and type.high is not None and type.high < 100:
            sizes |= st.integers(type.high + 1, type.high + 2 if type.reach is None else type.reach)
        return sizes

    @staticmethod
    def _bits(type: s.BitString, size: int) -> st.SearchStrategy[tuple[int, int]]:
        def canonical(bits: int) -> tuple[int, int]:
            length = size
            while type.names and length > type.low and not bits & 1:  # zeros at the end are not sent
                bits, length = bits >> 1, length - 1
            return bits, length

        return st.integers(0, (1 << size) - 1).map(canonical)

    def _sequence(self, type: s.Sequence) -> st.SearchStrategy[Any]:
        parts = [self._members(type.members)]
        for addition in type.additions:
            group = addition.members if isinstance(addition, s.Group) else {addition[0]: s.resolved(addition[1])}
            parts.append(st.just({}) | self._members(group))

        def together(found: tuple[dict[str, Any], ...]) -> dict[str, Any]:
            return {name: value for part in found for name, value in part.items()}

        whole = st.tuples(*parts).map(together)
        names = list(type.members)
        for before, name in pairwise(names):
            inner = s.resolved(type.members[name])
            if isinstance(inner, s.OpenType):
                whole = whole.flatmap(
                    lambda value, key=before, name=name, inner=inner: self._opened(value, key, name, inner)
                )
        return whole

    def _members(self, members: dict[str, s.Member]) -> st.SearchStrategy[dict[str, Any]]:
        mandatory, optional = {}, {}
        for name, member in members.items():
            opened = isinstance(s.resolved(member), s.OpenType)
            inner = st.none() if opened else self.of(member)
            (optional if isinstance(member, s.Optional) else mandatory)[name] = inner
        return st.fixed_dictionaries(mandatory, optional=optional)

    def _opened(
        self, value: dict[str, Any], key: str, name: str, inner: s.OpenType
    ) -> st.SearchStrategy[dict[str, Any]]:
        """With what the member before an open type selects."""
        if name not in value:
            return st.just(value)
        known = [self.of(of).map(lambda it, k=number: value | {key: k, name: it}) for number, of in inner.types.items()]
        unknown = [] if value[key] in inner.types else [st.binary(min_size=1).map(lambda it: value | {name: it})]
        return st.one_of([*known, *unknown] or [st.nothing()])
