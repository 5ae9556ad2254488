"""A message's types as ASN.1 (ITU-T X.680): for reading, and for other people's compilers.

An open type is printed as OCTET STRING, which is encoded alike (X.691, 11.2 and 17.8), its types in a comment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

from wayside.edge.messages import schema as s
from wayside.edge.messages.program import Message

_PACKAGE = __name__.rpartition(".")[0]


def module(message: Message) -> str:
    """The text of one module that holds a message, as the type named like it, and all that it is made of."""
    return f"-- {message.source}\n" + text(message.name, {message.name: message.type})


def text(name: str, types: Mapping[str, s.Type]) -> str:
    """The text of a module with these types, and all that they are made of."""
    printer = _Printer()
    for own, type in types.items():
        printer.define(own.replace("_", "-"), type)
    bodies = "\n\n".join(f"{own} ::= {body}" for own, body in printer.bodies.items())
    return f"{name.replace('_', '-')} DEFINITIONS AUTOMATIC TAGS ::= BEGIN\n\n{bodies}\n\nEND\n"


def names() -> dict[int, str]:
    """The types that have a name in one of the modules of schemas that are loaded, by their id."""
    found: dict[int, str] = {}
    for path, loaded in sorted(sys.modules.items()):
        if path.startswith(_PACKAGE) and isinstance(loaded, ModuleType):
            for name, value in vars(loaded).items():
                if isinstance(value, s.Type):
                    found.setdefault(id(value), name.replace("_", "-"))
    return found


class _Printer:
    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}
        self._names = names()
        self._taken: dict[str, int] = {}

    def define(self, name: str, type: s.Type) -> None:
        """Write a type, and before it is done those that it uses."""
        self._taken[name] = id(type)
        self.bodies[name] = ""
        self.bodies[name] = self._body(type, "")

    def _use(self, member: s.Member, indent: str) -> str:
        """A type where it is used: by its name, or in place where it has none."""
        type = s.resolved(member)
        name = self._names.get(id(type))
        if name is None:
            return self._body(type, indent)
        while self._taken.setdefault(name, id(type)) != id(type):  # another module's of the same name
            name += "X"
        if name not in self.bodies:
            self.define(name, type)
        return name

    def _body(self, type: s.Type, indent: str) -> str:
        match type:
            case s.Boolean():
                return "BOOLEAN"
            case s.Null():
                return "NULL"
            case s.Integer():
                return "INTEGER" + _numbers(type.named) + _range(type)
            case s.Enumerated():
                items = [f"{name}({number})" for name, number in type.numbers.items()]
                return "ENUMERATED { " + ", ".join(_with_marker(items, type.root, type.grows)) + " }"
            case s.BitString():
                bits = {name: place for place, name in enumerate(type.names) if name != "-"}
                return "BIT STRING" + _numbers(bits) + _size(type)
            case s.OctetString():
                return "OCTET STRING" + _size(type)
            case s.Text():
                return type.asn1 + _size(type)
            case s.SequenceOf():
                return f"SEQUENCE{_size(type)} OF {self._use(type.element, indent)}"
            case s.Sequence():
                return _block("SEQUENCE", self._members(type, indent + "  "), indent)
            case s.Choice():
                items = [f"{name} {self._use(inner, indent + '  ')}" for name, inner in type.alternatives.items()]
                return _block("CHOICE", _with_marker(items, type.root, type.grows), indent)
            case s.OpenType():
                of = ", ".join(f"{number}: {self._use(inner, indent)}" for number, inner in type.types.items())
                return f"OCTET STRING /* by the member before: {of or 'none here'} */"
        raise TypeError(f"{type}: not a type of the schema language")

    def _members(self, type: s.Sequence, indent: str) -> Iterator[str]:
        for name, member in type.members.items():
            yield self._member(name, member, indent)
        if type.grows:
            yield "..."
        for addition in type.additions:
            if isinstance(addition, s.AdditionGroup):
                inner = (self._member(name, member, indent) for name, member in addition.members.items())
                yield "[[ " + ", ".join(inner) + " ]]"
            else:
                yield self._member(*addition, indent)

    def _member(self, name: str, member: s.Member, indent: str) -> str:
        text = f"{name} {self._use(member, indent)}"
        if isinstance(member, s.Default):
            value = str(member.value)
            return f"{text} DEFAULT {value.upper() if isinstance(member.value, bool) else value}"
        return text + " OPTIONAL" if isinstance(member, s.Optional) else text


def _block(keyword: str, items: Iterator[str] | list[str], indent: str) -> str:
    lines = f",\n{indent}  ".join(items)
    return f"{keyword} {{\n{indent}  {lines}\n{indent}}}" if lines else f"{keyword} {{}}"


def _with_marker(items: list[str], root: int, grows: bool) -> list[str]:
    return [*items[:root], "...", *items[root:]] if grows else items


def _numbers(named: dict[str, int]) -> str:
    return " { " + ", ".join(f"{name}({value})" for name, value in named.items()) + " }" if named else ""


def _range(type: s.Integer) -> str:
    if type.low is None and type.high is None:
        return ""
    low, high = ("MIN" if type.low is None else type.low), ("MAX" if type.high is None else type.high)
    gaps = f" /* without {', '.join(map(str, type.without))} */" if type.without else ""
    return f" ({low}..{high}{', ...' if type.grows else ''}){gaps}"


def _size(type: s.Sized) -> str:
    if type.low == 0 and type.high is None:
        return ""
    size = str(type.low) if type.low == type.high else f"{type.low}..{'MAX' if type.high is None else type.high}"
    return f" (SIZE({size}{', ...' if type.grows else ''}))"
