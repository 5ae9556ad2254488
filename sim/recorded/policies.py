"""Power policies by name, made for recorded sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from wayside.edge.calls import check_function
from wayside.edge.charging.power import PowerPolicy
from wayside.edge.context import Context
from wayside.edge.errors import OptionError, PluginError, ScenarioError, WaysideError, code_of
from wayside.edge.plugin import Plugin
from wayside.edge.reports import CityReports
from wayside.sim.scenario import explain, registry
from wayside.sim.scenario.loading import parse_override
from wayside.sim.scenario.options import filled

OFFLINE = "offline"  # no policy, but what can be known when all is over
_GROUP = "wayside.power"
Maker = Callable[[Callable[[], float]], PowerPolicy]


class NoRoads:
    """Stands for the network where there is no traffic: whoever asks is told so."""

    def __getattr__(self, name: str) -> Any:
        raise PluginError(f"context.network.{name}: recorded sessions have no roads")


def makers(names: Sequence[str], options: Sequence[str]) -> dict[str, Maker]:
    """How each policy is made, of a clock. options: as "name.option=value".

    WaysideError, one line, for a name or an option that there is not, and for a policy that cannot be called so.
    """
    said = dict[str, dict[str, Any]]()
    for text in options:
        path, value = parse_override(text)
        name, _, option = path.rpartition(".")
        if name not in names:
            raise WaysideError(
                f"--set {explain.shown(text)}: must begin with one of {', '.join(names)}, as equal.option=1"
            )
        said.setdefault(name, {})[option] = value
    found: dict[str, Maker] = {}
    for name in names:
        if name in found:
            raise WaysideError(f"--power: {name} is named twice")
        where = "--power"
        if ":" not in name and name not in registry.registered(_GROUP):
            known = _usable()
            guess = explain.nearest(name, known)
            hint = f" (did you mean {guess!r}?)" if guess else ""
            raise WaysideError(f"{where} = {name!r}: must be one of {', '.join(known)}, or module:Class{hint}")
        code = registry.resolve(_GROUP, name, where)
        if hasattr(code, "observer"):
            raise WaysideError(f"{where} = {name!r}: is for runs with traffic, not for recorded sessions")
        if not callable(code):
            raise WaysideError(f"{where} = {name!r}: must be a function, or a class whose objects can be called")
        try:
            values = _options(code, said.get(name, {}), name)
            check_function(code, registry.POLICIES[_GROUP], tuple(values))
        except PluginError as error:
            raise PluginError(f"{where} = {name!r}: {error}") from None
        found[name] = partial(_made, code, values, name)
        found[name](lambda: 0.0)  # what only a constructor finds wrong is told before anything is computed
    return found


def _usable() -> list[str]:
    """What --power takes by name: what is registered and can be loaded, but for what needs traffic, and OFFLINE."""
    found = [OFFLINE]
    for name in registry.registered(_GROUP):
        with suppress(ScenarioError):
            if not hasattr(registry.resolve(_GROUP, name, ""), "observer"):
                found.append(name)
    return sorted(found)


def _options(code: Any, said: dict[str, Any], name: str) -> dict[str, Any]:
    """A policy's options, as a scenario has them; what is wrong is told of --set, as there is no scenario."""
    try:
        return filled(code, said, name, name)
    except ScenarioError as error:
        raise WaysideError(f"--set {str(error).partition(': ')[2]}") from None


def _made(code: Any, options: dict[str, Any], name: str, clock: Callable[[], float]) -> PowerPolicy:
    context = Context(1, ("charging.power", name), clock, NoRoads(), CityReports())
    with code_of(f"--power = {name!r}"):
        try:
            policy: PowerPolicy = Plugin(code, options, context).make()
        except OptionError as error:
            raise WaysideError(f"--set {name}.{error}") from None
    return policy
