"""The options of plug-ins: checked, filled in, and told: as a table and as a JSON schema."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping
from dataclasses import replace
from inspect import getattr_static
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from wayside.edge.errors import PluginError, ScenarioError
from wayside.edge.plugin import CONTEXT, Declared, Option, declared
from wayside.sim.scenario import explain
from wayside.sim.scenario.values import as_tuple, refuse

RESERVED = frozenset({"use", CONTEXT})  # no option can be called so
_PLAIN = {bool: "true or false", int: "whole number", float: "number", str: "text"}
_CONFIG = ConfigDict(strict=True)


def options_of(code: Any, shared: type | None = None) -> list[Declared]:
    """What a plug-in declares, found to be declared well, and then what `shared` does: options that every plug-in of
    its group has, of which a class may have defaults of its own as attributes. PluginError says what is not.
    """
    found = declared(code)
    everybodys = [_as_of(code, one) for one in ([] if shared is None else declared(shared))]
    if twice := sorted({one.name for one in found} & {one.name for one in everybodys}):
        raise PluginError(f"option {twice[0]}: cannot be called so: every plug-in here has an option of this name")
    found += everybodys
    for one in found:
        if one.name in RESERVED or one.name.startswith("_"):
            raise PluginError(f"option {one.name}: cannot be called so")
        if not (isinstance(one.option.about, str) and one.option.about.strip() and one.option.about.isprintable()):
            raise PluginError(f"option {one.name}: must say in one line what it is about")
        kind_of(one)
        if one.option.bounds and not _is_number(one.kind):
            raise PluginError(f"option {one.name}: only a number has bounds")
        try:
            _adapter(one).validate_python(one.default)
        except ValidationError as error:
            mistake = explain.of_one(error, f"option {one.name}: its default", _field(one), _rows(one.kind))
            raise PluginError(mistake) from None
    return found


def _as_of(code: Any, one: Declared) -> Declared:
    """A shared option with a class's own default, where it has one."""
    own = getattr_static(code, one.name, one.default) if isinstance(code, type) else one.default
    return one if callable(own) or isinstance(own, property) else one._replace(default=own)


def filled(code: Any, said: Mapping[str, object], field: str, name: str, shared: type | None = None) -> dict[str, Any]:
    """Every option of a plug-in with its value, as said or by default; those of `shared`, as `options_of`, too.

    ScenarioError with the path of the option, the value and what is allowed; PluginError where the plug-in declares
    them badly. Called within `explain.reading(file)`.
    """
    known = {one.name: one for one in options_of(code, shared)}
    for option in said:
        if option not in known:
            guess = explain.nearest(option, known)
            allowed = (
                f'did you mean "{guess}"?' if guess else f"known are {', '.join(known)}" if known else "it has none"
            )
            raise ScenarioError(explain.line(f'{field}.{option}: no such option of "{name}"; {allowed}'))
    values: dict[str, Any] = {}
    for option, one in known.items():
        try:
            values[option] = _adapter(one).validate_python(said.get(option, one.default))
        except ValidationError as error:
            mistake = explain.of_one(error, f"{field}.{option}", _field(one), _rows(one.kind))
            raise ScenarioError(explain.line(mistake)) from None
    return values


def kind_of(one: Declared) -> str:
    """What an option's values are, in words. PluginError for what no scenario file could hold."""

    def words(kind: Any) -> str:
        if kind in _PLAIN:
            return _PLAIN[kind]
        inner = get_args(kind)
        origin = get_origin(kind)
        if origin is Literal and all(type(word) in (str, int) for word in inner):
            return " or ".join(explain.shown(word) for word in inner)
        if origin in (Union, types.UnionType):
            return " or ".join(words(part) for part in inner if part is not type(None))
        if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
            return f"list of {words(inner[0])}"
        if origin is tuple and inner:
            return f"[{', '.join(map(words, inner))}]"
        if origin is dict and inner[0] is str:
            return f"table of {words(inner[1])}"
        if is_typeddict(kind):
            return f"{{{', '.join(f'{part.name}: {words(part.kind)}' for part in _fields(kind))}}}"
        raise PluginError(
            f"option {one.name}: must be bool, int, float, str, a Literal, or a tuple, dict or TypedDict of these, not "
            f"{kind!r}"
        )

    return words(one.kind)


def parts_of(one: Declared) -> list[Declared]:
    """The fields of the tables that an option's values are, or consist of; each with its own bounds, as declared in its
    TypedDict. None of one whose values are no tables. The default of a field is None, its `about` says if it must be
    given.
    """
    rows: list[Declared] = []
    for row in _tables(one.kind):
        for part in _fields(row):
            option = part.option or Option("")
            needed = "must be given" if part.required else "" if option.about else "may be left out"
            about = "; ".join(text for text in (needed, option.about) if text)
            rows.append(Declared(part.name, part.kind, replace(option, about=about), None))
    return rows


def _tables(kind: Any) -> list[Any]:
    """The TypedDicts in a type."""
    return [kind] if is_typeddict(kind) else [found for inner in get_args(kind) for found in _tables(inner)]


def outline_of(one: Declared) -> str:
    """`kind_of` with tables called so, whose fields are told apart."""
    words = kind_of(one)
    return re.sub(r"\{.*\}", "tables" if words.startswith("list of {") else "table", words)


def bounds_of(one: Declared) -> str:
    """The bounds of an option in words; empty where it has none."""
    return explain.within(one.option.bounds) if one.option.bounds else ""


def schema_of_option(one: Declared) -> dict[str, Any]:
    """The JSON schema of an option's values."""
    about = one.option.about + (f", {one.option.unit}" if one.option.unit else "")
    made: dict[str, Any] = {**_whole(_adapter(one).json_schema()), "description": about}
    if not (one.default is None or (isinstance(one.default, float) and not math.isfinite(one.default))):
        made["default"] = list(one.default) if isinstance(one.default, tuple) else one.default
    return made


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to put in its place: it becomes a part of another one."""
    known = schema.pop("$defs", {})

    def put(part: Any) -> Any:
        if isinstance(part, list):
            return [put(one) for one in part]
        if not isinstance(part, dict):
            return part
        return put(known[part["$ref"].rpartition("/")[2]]) if "$ref" in part else {k: put(v) for k, v in part.items()}

    found: dict[str, Any] = put(schema)
    return found


def _rows(kind: Any) -> set[str]:
    """The names of fields of TypedDicts in a type."""
    if is_typeddict(kind):
        return {part.name for part in _fields(kind)}
    return set[str]().union(*map(_rows, get_args(kind)))


def _is_number(kind: Any) -> bool:
    parts = [part for part in get_args(kind) if part is not type(None)] or [kind]
    return all(part in (int, float) for part in parts)


def _annotation(one: Declared) -> Any:
    """An option's type as pydantic is told of it."""

    def finite(value: object) -> object:
        """Infinite is only what is so by default: it stands for no limit."""
        if isinstance(value, float) and not math.isfinite(value) and value != one.default:
            raise refuse("must be a finite number")
        return value

    lists = BeforeValidator(as_tuple) if get_origin(one.kind) is tuple else BeforeValidator(lambda value: value)
    return Annotated[_checked(one.kind), _bounds(one), AfterValidator(finite), lists]


class _Field(NamedTuple):
    """Of a TypedDict; option: what it says of itself."""

    name: str
    kind: Any
    option: Option | None
    required: bool


def _fields(row: Any) -> list[_Field]:
    found = []
    for name, said in get_type_hints(row, include_extras=True).items():
        required = get_origin(said) is not NotRequired
        said = said if required else get_args(said)[0]
        kind, *more = get_args(said) if get_origin(said) is Annotated else (said,)
        found.append(_Field(name, kind, next((one for one in more if isinstance(one, Option)), None), required))
    return found


def _checked(kind: Any) -> Any:
    """A type with the bounds of the fields of TypedDicts in it, of which no others are allowed."""
    if is_typeddict(kind):
        fields: dict[str, Any] = {}
        for name, of, option, required in _fields(kind):
            bounds = Field() if option is None else _bounds_of(option, option.about)
            lists = BeforeValidator(as_tuple if get_origin(of) is tuple else lambda value: value)
            given: Any = Annotated[_checked(of), bounds, lists]
            fields[name] = given if required else NotRequired[given]
        made: Any = cast(Any, TypedDict)(kind.__name__, fields)
        made.__pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
        return made
    inner = get_args(kind)
    if get_origin(kind) is tuple and any(map(is_typeddict, inner)):
        return tuple[tuple(map(_checked, inner))]  # type: ignore[misc]
    return kind


def _adapter(one: Declared) -> TypeAdapter[Any]:
    return TypeAdapter(_annotation(one), config=_CONFIG)


def _field(one: Declared) -> FieldInfo:
    annotation: Any = Annotated[one.kind, _bounds(one)]
    return FieldInfo.from_annotation(annotation)


def _bounds(one: Declared) -> FieldInfo:
    return _bounds_of(one.option)


def _bounds_of(option: Option, about: str | None = None) -> FieldInfo:
    found: FieldInfo = Field(gt=option.gt, ge=option.ge, lt=option.lt, le=option.le, description=about)
    return found
