"""`wayside plugins`: everything that a scenario can name, and the options of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from wayside.edge.errors import WaysideError

_HEAD = ("option", "type", "unit", "bounds", "default", "")


def plugins(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Tell the options of this one, registered or module:Class.")
    ] = "",
) -> None:
    """List the plug-ins of all installed packages; or the options of one."""
    from wayside.sim.scenario.registry import GROUPS, entries

    found = list(entries())
    if name:
        from wayside.sim.plugins import entries_of

        found = entries_of(name) if ":" in name else [entry for entry in found if entry.name == name]
        if not found:
            raise WaysideError(_unknown(name))
        for rank, entry in enumerate(found):
            typer.echo(("\n" if rank else "") + f"{entry.name}  {entry.group} ({GROUPS[entry.group]}), {entry.origin}")
            typer.echo(entry.document)
            typer.echo(_table([_HEAD, *entry.rows]) if entry.options else "no options")
        return
    for rank, (group, field) in enumerate(GROUPS.items()):
        typer.echo(("\n" if rank else "") + f"{group} ({field})")
        rows = [(f"  {entry.name}", entry.origin, entry.about) for entry in found if entry.group == group]
        typer.echo(_table(rows) if rows else "  none")


def _unknown(name: str) -> str:
    from wayside.sim.scenario import explain
    from wayside.sim.scenario.registry import GROUPS, registered

    known = [known for group in GROUPS for known in registered(group)]
    guess = explain.nearest(name, known)
    hint = f'did you mean "{guess}"?' if guess else "`wayside plugins` lists them"
    return f"plugins {explain.shown(name)}: no plug-in is registered by this name; {hint}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, the last one as long as it is."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]] if rows else []
    lines = ("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
