"""Names in a scenario become code: entry points of installed packages, or `module:Class`."""

from __future__ import annotations

import difflib
import importlib
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from wayside.edge.errors import ScenarioError, told_by

GROUPS = ("wayside.apps", "wayside.parking", "wayside.charging", "wayside.power", "wayside.radio")


@cache
def registered(group: str) -> dict[str, EntryPoint]:
    """The names known in a group, sorted."""
    return {entry.name: entry for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)}


def resolve(group: str, name: str, field: str, folder: Path | None = None) -> Any:
    """What a name stands for; modules are also looked for in `folder` and in the working directory.

    ScenarioError names the scenario's field, the name and what is known.
    """
    known = registered(group)
    if name in known:
        return known[name].load()
    if ":" in name:
        return _load(name, field, folder)
    nearest = difflib.get_close_matches(name, known, 1)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise ScenarioError(f"{field} = {name!r}: must be one of {', '.join(known)}, or module:Class{hint}")


def _load(name: str, field: str, folder: Path | None) -> Any:
    module_name, _, attribute = name.partition(":")
    before = sys.path[:]
    sys.path[:0] = [str((folder or Path()).resolve()), str(Path.cwd())]
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        raise ScenarioError(f"{field} = {name!r}: cannot import {module_name}: {told_by(error)}") from None
    finally:
        sys.path[:] = before
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ScenarioError(f"{field} = {name!r}: {module_name} has no {attribute!r}")
        found = getattr(found, part)
    return found
