"""The commands that repeat what a study did: one run, or all of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from wayside.sim.experiments.store import STUDY
from wayside.sim.experiments.study import Arm, Design, Study
from wayside.sim.scenario.loading import parse_override
from wayside.sim.scenario.uses import Use


def run_command(design: Design, arm: Arm, replication: int) -> str:
    """That repeats one run."""
    settings = {**design.study.set, **arm.told(replication)}
    said = [f"{path}={said_as(value)}" for path, value in settings.items()]
    options = [word for one in said for word in ("--set", one)]
    return shlex.join(
        ["wayside", "run", shown(design.study.scenario), "--seed", str(arm.seed(replication)), *options, "--out", "DIR"]
    )


def study_command(study: Study, path: Path) -> str:
    """That repeats a study from its directory; nothing that is there is made again."""
    return shlex.join(
        ["wayside", "sweep" if study.over else "compare", shown(str(path / STUDY)), "--out", shown(str(path))]
    )


def shown(path: str) -> str:
    """A file as seen from the working directory, where it lies within."""
    near = os.path.relpath(path) if os.path.isabs(path) else path
    return path if near.startswith("..") else near


def said_as(value: object) -> str:
    """A value as `--set` takes it: a plain word, or TOML."""
    if isinstance(value, Use):
        value = value.model_dump()
    if isinstance(value, str) and parse_override(f"x={value}") == ("x", value):
        return value
    return _toml(value)


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _key(name: str) -> str:
    return tomli_w.dumps({name: 0}).rpartition(" = ")[0]
