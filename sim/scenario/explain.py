"""A mistake in a scenario, told in one line: file, whole path of the field, value seen, what is allowed."""

import json
import os
import re
import stat
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from wayside.edge.errors import nearest as nearest

PLACES = (
    '"traffic-lights", "car-parks", "charging-stations", [x, y], { junctions = [...] }, { positions = [...] } or '
    "{ edges = [...], spacing = 300.0 }"
)
_LONGEST = 60  # characters of a value that are shown

# The file being read: messages begin with it, and relative paths in it start at its folder.
_source: ContextVar[Path | None] = ContextVar("source", default=None)

_KINDS = {
    "string_type": "a string",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "tuple_type": "a list",
    "finite_number": "a finite number",
    "string_unicode": "valid Unicode",
}
_OF_FIELDS = {"missing": "missing: it must be given", "extra_forbidden": "no such field"}


@contextmanager
def reading(path: Path | None) -> Iterator[None]:
    """Within this block, mistakes are told of `path`, and relative paths start at its folder."""
    token = _source.set(path)
    try:
        yield
    finally:
        _source.reset(token)


def source() -> Path | None:
    """The file being read, as it was named."""
    return _source.get()


def folder() -> Path:
    """Where relative paths start: the folder of the file being read, else the working directory."""
    path = _source.get()
    return Path.cwd() if path is None else Path(os.path.abspath(path)).parent


def line(what: str) -> str:
    """`what` with the file it is about before it, on one line."""
    path = _source.get()
    return f"{'scenario' if path is None else path}: {' '.join(what.split())}"


def said_by(text: str, said: Mapping[str, str]) -> str:
    """A mistake that is told of a file, told of whoever has set its field instead: `said` has them by dotted path. One
    who has set another field that it names is told behind it.
    """
    rest = text.partition(": ")[2]
    field = re.sub(r"\[(\d+)\]", r".\1", re.match(r"[\w.\[\]-]*", rest)[0])  # type: ignore[index]
    for path, who in said.items():
        plain = re.sub(r"\[(\d+)\]", r".\1", path)
        if field == plain or field.startswith(f"{plain}."):
            return f"{who}: {rest}"
    for path, who in said.items():
        if re.search(rf"(?<![\w.]){re.escape(path)}(?![\w.])", rest):
            return f"{text} ({path} is set by {who})"
    return text


def unreadable(path: Path) -> str | None:
    """Why `path` cannot be read as a file, or None if it can."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "is a directory, not a file"
        if not stat.S_ISREG(mode):
            return "is not a regular file"
        with path.open("rb"):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return "no such file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def shown(value: object) -> str:
    """A value as TOML has it, cut short, on one line."""
    try:
        text = json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = repr(value)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    text = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(text, text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake that pydantic found in `model`, and how many more there are."""
    found = error.errors(include_url=False)
    # A list with a bad entry is also counted as too short: only the innermost is a mistake of the user's.
    mistakes = [m for m in found if not any(_is_inside(other["loc"], m["loc"]) for other in found)]
    # An unknown name explains a missing one, not the other way round.
    first = min(mistakes, key=lambda mistake: mistake["type"] == "missing")
    others = len(mistakes) - 1
    more = f" (and {others} more mistake{'s' if others > 1 else ''})" if others else ""
    return line(_tell(first, model) + more)


def of_one(error: ValidationError, path: str, field: FieldInfo, rows: Collection[str] = ()) -> str:
    """The first mistake that pydantic found in one value, which stands at `path`; without the file.

    rows: the names of fields of tables in it.
    """
    mistake = error.errors(include_url=False)[0]
    loc = [part for part in mistake["loc"] if isinstance(part, int) or part in rows or mistake["type"] in _OF_FIELDS]
    path += "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    if mistake["type"] in _OF_FIELDS:
        return f"{path}: {_OF_FIELDS[mistake['type']]}"
    return f"{path} = {shown(mistake['input'])}: {_allowed(mistake, field)}"


def _is_inside(loc: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def _tell(mistake: ErrorDetails, model: type[BaseModel]) -> str:
    loc = [part for part in mistake["loc"] if part != "[key]"]
    owner, field = _field_at(loc, model)
    names = [part for part in loc if not str(part).startswith("at:")]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names)[1:]
    kind = mistake["type"]
    if kind == "extra_forbidden":
        known = list(owner.model_fields) if owner else []
        guess = nearest(str(names[-1]), known)
        hint = f'did you mean "{guess}"?' if guess else f"known are {', '.join(known)}"
        return f"{path}: no such {'field' if len(names) > 1 else 'section'}; {hint}"
    if kind == "missing":
        return f"{path}: missing: {field.description if field and field.description else 'it must be given'}"
    if "[key]" in mistake["loc"]:  # the name itself is wrong: show what stands behind it
        return f"{path}: {mistake['msg']}"
    if not path:  # what is wrong with the whole says where
        return _allowed(mistake, field)
    return f"{path} = {shown(mistake['input'])}: {_allowed(mistake, field)}"


def _allowed(mistake: ErrorDetails, field: FieldInfo | None) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return f"must be {_bounds(field, context)}"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}"
    if kind == "literal_error":
        return "must be " + str(context["expected"]).replace("'", '"')
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        if "(:" in pattern:
            return "must be a name or module:Class"
        return "must be letters, digits, spaces and . _ + -, beginning with a letter or digit"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind in ("too_long", "string_too_long"):
        if "max_length" in context and kind == "string_too_long":
            return f"must have at most {context['max_length']} characters"
        return f"must have {context.get('max_length')} entries"
    return mistake["msg"]


def _bounds(field: FieldInfo | None, context: Mapping[str, Any]) -> str:
    """What a number must be: both its bounds, where the field has both."""
    found = dict(context)
    for constraint in field.metadata if field else ():
        for name in ("gt", "ge", "lt", "le"):
            bound = getattr(constraint, name, None)
            if bound is not None:
                found[name] = bound
    return within(found)


def within(found: Mapping[str, Any]) -> str:
    """Bounds by name (gt, ge, lt, le) in words."""
    low = found.get("ge", found.get("gt"))
    high = found.get("le", found.get("lt"))
    below = f"below {_number(high)}" if "lt" in found else f"at most {_number(high)}" if high is not None else ""
    if low is None:
        return below
    if "gt" in found or "lt" in found or not below:
        above = f"above {_number(low)}" if "gt" in found else f"at least {_number(low)}"
        return f"{above} and {below}" if below else above
    return f"between {_number(low)} and {_number(high)}"


def _number(value: Any) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6g}"


def _field_at(loc: list[int | str], model: type[BaseModel]) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model that holds the place `loc`, and its field there if it is one."""
    owner: type[BaseModel] | None = model
    field: FieldInfo | None = None
    names = 0  # so many of the next parts are the user's own names, in tables of such
    for depth, part in enumerate(loc):
        if owner is None:
            return None, field
        if isinstance(part, int):
            continue
        if names:
            names -= 1
            continue
        if part.startswith("at:"):
            owner = next((m for m in _models(field) if part[3:] in m.model_fields), None)
            continue
        field = owner.model_fields.get(part)
        if depth < len(loc) - 1:
            inside = _models(field)
            if len(inside) == 1:
                owner = inside[0]
            elif not inside:
                owner = None
            names = _depth(field.annotation) if field and inside else 0
    return owner, field


def _depth(annotation: Any) -> int:
    """How many tables of names lie in one another."""
    if get_origin(annotation) is Annotated:
        return _depth(get_args(annotation)[0])
    return 1 + _depth(get_args(annotation)[1]) if get_origin(annotation) is dict else 0


def holds(path: Iterable[str], model: type[BaseModel], kind: type[BaseModel]) -> bool:
    """Whether a value of this kind stands at a path of a model."""
    return kind in _models(_field_at([int(part) if part.isdecimal() else part for part in path], model)[1])


def _models(field: FieldInfo | None) -> list[type[BaseModel]]:
    """The models in a field's annotation."""

    def within(annotation: Any) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
            if issubclass(annotation, BaseModel):
                yield annotation
        elif get_origin(annotation) is Annotated:
            yield from within(get_args(annotation)[0])
        else:
            for inner in get_args(annotation):
                yield from within(inner)

    return list(within(field.annotation)) if field else []
