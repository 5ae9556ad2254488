"""Pieces that observations and rewards are put together from: built in by name, or a user's as module:function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from wayside.edge.errors import PluginError, ScenarioError, code_of, place_of
from wayside.ext.arrays import Doubles
from wayside.sim.environments.settings import LearningError
from wayside.sim.scenario import explain, registry

C = TypeVar("C")


@dataclass(frozen=True)
class Piece(Generic[C]):
    """A part of what an agent sees."""

    about: str
    unit: str
    read: Callable[[C], Any]  # a number, or one for each of several things
    each: bool = False  # whether it is one for each
    low: float = 0.0
    high: float = np.inf


def find(field: str, name: str, known: Iterable[str], folder: Path | None) -> Callable[..., Any] | None:
    """A user's function by `module:function`, looked for beside the scenario too; None for a name that is known.

    field: as mistakes name it, with the environment. LearningError where there is none.
    """
    if name in known:
        return None
    if ":" not in name:
        guess = explain.nearest(name, known)
        hint = f" (did you mean {guess!r}?)" if guess else ""
        raise LearningError(f"{field} = {name!r}: must be one of {', '.join(known)}, or module:function{hint}")
    try:
        found = registry.load(name, field, folder)
    except ScenarioError as error:
        raise LearningError(str(error)) from None
    if not callable(found):
        raise LearningError(f"{field} = {name!r}: must be a function, not {found!r}")
    code: Callable[..., Any] = found
    return code


def observed(
    named: str, names: Iterable[str], known: Mapping[str, Piece[C]], folder: Path | None, example: C
) -> dict[str, Piece[C]]:
    """The pieces of an observation, by name. A user's is called once, with an example, to see how much it answers."""
    found: dict[str, Piece[C]] = {}
    for name in names:
        field = f"{named}: observation"
        code = find(field, name, known, folder)
        if name in found:
            raise LearningError(f"{field} = {name!r}: stands there twice")
        if code is None:
            found[name] = known[name]
        else:
            read = _guarded(f"{field} {name}", code)
            found[name] = Piece("", "", read, bool(np.ndim(read(example))), -np.inf)
    return found


def _guarded(named: str, code: Callable[..., Any]) -> Callable[..., Any]:
    """A user's function, with what it answers checked."""

    def read(*seen: Any) -> Doubles:
        asked = f"{named} at {seen[0].time:g} s"
        with code_of(asked):
            answer = np.asarray(code(*seen), np.float64)
        if answer.ndim > 1 or not np.isfinite(answer).all():
            said = f"must answer a finite number, or a row of them, not {explain.shown(answer)}"
            raise PluginError(f"{asked}{place_of(code)}: {said}")
        return answer

    return read


def rewarding(named: str, name: str, code: Callable[..., Any]) -> Callable[..., float]:
    """A user's function as a piece of a reward: it answers a number."""
    read = _guarded(f"{named}: reward {name}", code)

    def gain(*seen: Any) -> float:
        answer = read(*seen)
        if np.ndim(answer):
            said = f"must answer one number, not {len(answer)}"
            raise PluginError(f"{named}: reward {name} at {seen[0].time:g} s{place_of(code)}: {said}")
        return float(answer)

    return gain
