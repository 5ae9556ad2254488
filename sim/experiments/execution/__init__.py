"""Who makes a study's runs: one row for each way, all behind one interface (`interface.Executor`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationError

from wayside.sim.experiments.execution.cluster import Cluster
from wayside.sim.experiments.execution.interface import TRIES, ExecutionError, Executor
from wayside.sim.experiments.execution.local import Local, local, nobody
from wayside.sim.experiments.execution.slurm import Slurm
from wayside.sim.scenario import explain
from wayside.sim.scenario.values import refuse

__all__ = ["EXECUTORS", "TRIES", "Engine", "ExecutionError", "Executor", "chosen", "local", "nobody"]

Row = Local | Cluster | Slurm
EXECUTORS: dict[str, type[Row]] = {"local": Local, "cluster": Cluster, "slurm": Slurm}


def chosen(said: object) -> Row:
    """The engine that is named: `local`, or a table with options, { use = "cluster", scheduler = "tcp://host:8786" }.

    A refusal, in words of what is allowed, for anything else.
    """
    if isinstance(said, Row):
        return said
    options: dict[str, Any] = (
        {"use": said} if isinstance(said, str) else dict(said) if isinstance(said, Mapping) else {}
    )
    name = options.get("use")
    if not isinstance(name, str) or name not in EXECUTORS:
        guess = explain.nearest(str(name), EXECUTORS)
        hint = f'; did you mean "{guess}"?' if guess else ""
        raise refuse(f"must be one of {', '.join(EXECUTORS)}, or a table that uses one, with its options{hint}")
    row = EXECUTORS[name]
    try:
        return row(**options)
    except ValidationError as error:
        said_of = explain.one_line(error, row).partition(": ")[2]
        raise refuse(f"{said_of.replace('no such section', 'no such option')}") from None


Engine = Annotated[Row, BeforeValidator(chosen)]
