"""Names in a scenario become code: entry points of installed packages, or `module:Class`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from wayside.edge.errors import BREAKS, PluginError, ScenarioError, as_named, told_by
from wayside.edge.plugin import Declared, declared
from wayside.edge.pool import Pooling
from wayside.sim.scenario import beside, explain
from wayside.sim.scenario.options import bounds_of, options_of, outline_of, parts_of, schema_of_option

# Of entry points: what each names, and the field of a scenario that takes it.
GROUPS = {
    "wayside.apps": "rsu.apps",
    "wayside.parking": "parking.policy",
    "wayside.charging": "charging.policy",
    "wayside.power": "charging.power",
    "wayside.radio": "v2x.radio",
    "wayside.services": "v2x.services",
    "wayside.control": "signals.control",
    "wayside.observers": "record.observers",
}

# Policies: what each is called with.
POLICIES = {
    "wayside.parking": ("requests", "car_parks"),
    "wayside.charging": ("requests", "chargers", "ends"),
    "wayside.power": ("sessions", "limits"),
}

# Options that all plug-ins of a group have, whoever wrote them.
SHARED: dict[str, type] = {"wayside.parking": Pooling, "wayside.charging": Pooling}


@dataclass(frozen=True)
class Entry:
    """A plug-in that is registered, as `wayside plugins` tells of it."""

    group: str
    name: str
    origin: str  # package and version
    about: str  # the first paragraph of its docstring on one line, or why it cannot be loaded
    code: Any = None
    options: tuple[Declared, ...] = ()
    broken: bool = False

    @property
    def document(self) -> str:
        """All that its docstring says."""
        return self.about if self.broken else (inspect.getdoc(self.code) or "").strip()

    @property
    def rows(self) -> list[tuple[str, str, str, str, str, str]]:
        """Its options, each with the fields of its tables: name, type, unit, bounds, default, what it is about."""
        rows = []
        for option in self.options:
            for one in (option, *parts_of(option)):
                name = one.name if one is option else f"  .{one.name}"
                default = "" if one.default is None else explain.shown(one.default)
                rows.append((name, outline_of(one), one.option.unit, bounds_of(one), default, one.option.about))
        return rows


@cache
def installed() -> dict[str, tuple[EntryPoint, ...]]:
    """What packages register, by group; they are looked through once."""
    found = entry_points()
    return {group: tuple(found.select(group=group)) for group in GROUPS}


def registered(group: str) -> dict[str, EntryPoint]:
    """The names known in a group, sorted. A warning where two packages have the same one: ours counts, or the first."""
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in installed()[group]:
        by_name.setdefault(entry.name, []).append(entry)
    return {name: _first(group, by_name[name]) for name in sorted(by_name)}


def _first(group: str, points: list[EntryPoint]) -> EntryPoint:
    """The one that counts; whose they are is only looked up where there are several, as it takes long."""
    if len(points) == 1:
        return points[0]
    first, *others = sorted(points, key=lambda point: (not _origin(point).startswith("wayside "), _origin(point)))
    for other in others:
        if other.value != first.value:
            both = f"{_origin(first)} and {_origin(other)}"
            warnings.warn(f"{group}: {both} both register {first.name!r}: the first counts", stacklevel=4)
    return first


def entries() -> Iterator[Entry]:
    """Everything that is registered, by group and name. One that cannot be loaded says why."""
    for group in GROUPS:
        for name, point in registered(group).items():
            origin = _origin(point)
            try:
                code = point.load()
                about = about_of(code)
                yield Entry(group, name, origin, about, code, tuple(options_of(code, SHARED.get(group))))
            except BREAKS as error:
                said = str(error) if isinstance(error, PluginError) else told_by(error)
                yield Entry(group, name, origin, f"cannot be loaded: {said}", broken=True)


def about_of(code: Any) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(code) or "").strip().partition("\n\n")[0].split())


def _origin(point: EntryPoint) -> str:
    """The package that registers a plug-in, and its version."""
    return "" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def resolve(group: str, name: str, field: str, folder: Path | None = None) -> Any:
    """What a name stands for; modules are also looked for in `folder` and in the working directory.

    ScenarioError names the scenario's field, the name and what is known.
    """
    known = registered(group)
    if name in known:
        try:
            return known[name].load()
        except BREAKS as error:
            origin = _origin(known[name])
            raise ScenarioError(f"{field} = {name!r}: cannot be loaded from {origin}: {told_by(error)}") from None
    if ":" in name:
        return load(name, field, folder)
    guess = explain.nearest(name, known)
    hint = f" (did you mean {guess!r}?)" if guess else ""
    raise ScenarioError(f"{field} = {name!r}: must be one of {', '.join(known)}, or module:Class{hint}")


def load(name: str, field: str, folder: Path | None) -> Any:
    """What `module:name` stands for. ScenarioError as `resolve`."""
    module_name, _, attribute = name.partition(":")
    try:
        found: Any = beside.load(module_name, ((folder or Path()).resolve(), Path.cwd()))
    except BREAKS as error:
        raise ScenarioError(f"{field} = {name!r}: cannot import {module_name}: {told_by(error)}") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ScenarioError(f"{field} = {name!r}: {as_named(module_name)} has no {attribute!r}")
        found = getattr(found, part)
    return found


def schema_of(group: str) -> dict[str, Any]:
    """The JSON schema of a field that names a plug-in of a group: a name, or a table with its options."""
    named: dict[str, Any] = {"type": "string", "description": "A registered name or module:Class"}
    tables = [
        {
            "type": "object",
            "description": entry.about,
            "properties": {"use": {"const": entry.name}} | {one.name: schema_of_option(one) for one in entry.options},
            "required": ["use"],
            "additionalProperties": False,
        }
        for entry in entries()
        if entry.group == f"wayside.{group}" and not entry.broken
    ]
    shared = declared(SHARED[f"wayside.{group}"]) if f"wayside.{group}" in SHARED else []
    anyone = {
        "type": "object",
        "properties": {"use": {"type": "string", "pattern": ":"}} | {one.name: schema_of_option(one) for one in shared},
        "required": ["use"],
    }
    return {"anyOf": [named, *tables, anyone]}
