"""What a plug-in declares, and how one is made: a class or a function, its options, its context."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, get_args

from wayside.edge.context import Context
from wayside.edge.errors import PluginError, told_by

CONTEXT = "context"


@dataclass(frozen=True)
class Option:
    """Marks an annotation as an option that a scenario may set: `window: Annotated[float, Option("...", "s")] = 5.0`.

    It stands at an attribute of a plug-in's class, or at a keyword-only parameter of a plug-in that is a function; the
    plain default is the option's. Bounds are of numbers; one of a few words is a Literal.
    """

    about: str  # what it is, for people: one line
    unit: str = ""
    gt: float | None = None  # above
    ge: float | None = None  # at least
    lt: float | None = None  # below
    le: float | None = None  # at most

    @property
    def bounds(self) -> dict[str, float]:
        """Those that are set, by name."""
        return {name: bound for name in ("gt", "ge", "lt", "le") if (bound := getattr(self, name)) is not None}


class Declared(NamedTuple):
    """An option as a plug-in declares it."""

    name: str
    kind: Any  # the annotated type
    option: Option
    default: Any


def declared(code: Any) -> list[Declared]:
    """The options of a class (its bases' first) or of a function, in the order of their declaration.

    PluginError for one without a default, for one whose annotation cannot be read, and for a keyword-only parameter
    that nothing would set.
    """
    found: dict[str, Declared] = {}
    for name, annotation, default in _annotated(code):
        option = next((part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, Option)), None)
        if option is None:
            found.pop(name, None)  # redeclared as something else
            continue
        if default is inspect.Parameter.empty:
            raise PluginError(f"option {name}: must have a default")
        found[name] = Declared(name, get_args(annotation)[0], option, default)
    if isinstance(code, type):  # a class may change a default without declaring the option again
        return [one._replace(default=inspect.getattr_static(code, one.name)) for one in found.values()]
    return list(found.values())


def _annotated(code: Any) -> Iterator[tuple[str, Any, Any]]:
    """Name, annotation and default of whatever may be an option."""
    if isinstance(code, type):
        for base in reversed(code.__mro__):
            scope = vars(sys.modules.get(base.__module__, object))
            for name, annotation in inspect.get_annotations(base).items():
                default = inspect.getattr_static(code, name, inspect.Parameter.empty)
                yield name, _read(name, annotation, scope, dict(vars(base))), default
        return
    for name, parameter in parameters(code).items():
        if parameter.kind is not parameter.KEYWORD_ONLY or name == CONTEXT:
            continue
        annotation = _read(name, parameter.annotation, _scope(code), {})
        if parameter.default is parameter.empty and not hasattr(annotation, "__metadata__"):
            raise PluginError(f"{name} is keyword-only, and no option: annotate it with Option, and give it a default")
        yield name, annotation, parameter.default


def parameters(code: Any) -> Mapping[str, inspect.Parameter]:
    """What a function or a class's constructor takes; nothing where Python cannot tell."""
    try:
        return inspect.signature(code).parameters
    except (TypeError, ValueError):
        return {}


def _scope(code: Any) -> Mapping[str, Any]:
    """The names that a function's annotations are written in; of a partial one's, or of an object that is called."""
    while isinstance(code, partial):
        code = code.func
    code = inspect.unwrap(code)
    return getattr(code if hasattr(code, "__globals__") else type(code).__call__, "__globals__", {})


def _read(name: str, annotation: Any, scope: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    """An annotation that may still be a string; one that only a type checker could read is no option."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(scope), dict(inner))
    except Exception as error:
        if re.search(r"\bOption\b", annotation):
            raise PluginError(f"option {name}: its annotation cannot be read: {told_by(error)}") from None
        return None


@dataclass(frozen=True)
class Plugin:
    """A plug-in with its options, ready to be made, once or again and again, as each roadside unit needs its own."""

    code: Any
    options: Mapping[str, Any]
    context: Context
    field: str = ""  # the file and the field that name it, for messages about its options

    def make(self, *arguments: Any, context: Context | None = None) -> Any:
        """An object of the class, made with `arguments`; of a function, itself with options and context bound.

        The object's options and its `context` are set before its constructor runs, so that this can use them; one that
        the constructor names is handed to it as well, as dataclasses need it.
        """
        values = {**self.options, CONTEXT: context or self.context}
        if not isinstance(self.code, type):
            takes = parameters(self.code)
            bound = {name: value for name, value in values.items() if name in takes}
            return partial(self.code, **bound) if bound else self.code
        made: Any = self.code.__new__(self.code, *arguments)
        named = parameters(self.code)
        for name, value in values.items():
            object.__setattr__(made, name, value)
        made.__init__(*arguments, **{name: value for name, value in values.items() if name in named})
        return made
