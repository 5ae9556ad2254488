"""Whether two scenarios can be held against each other, and what they are called then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from wayside.edge.errors import WaysideError
from wayside.sim.experiments.study import tell
from wayside.sim.scenario import Scenario, resolved
from wayside.sim.scenario.configuration import read_configuration

UNTOLD = ("scenario.name", "scenario.title", "sumo.config")  # what does not make a run another
MOST_TOLD = 3  # differences that the names of two arms tell


def check_alike(first: Scenario, second: Scenario, what: str) -> None:
    """WaysideError where two are the same, or are not of the same streets and demand."""
    check_pair(first, second, what)
    ours, theirs = (read_configuration(one.sumo.config) for one in (first, second))
    for option, words in (("net-file", "streets"), ("route-files", "vehicles")):
        if _files(ours.path, ours.get(option)) != _files(theirs.path, theirs.get(option)):
            raise WaysideError(
                f"{what}: {second.name} has other {words} than {first.name} ({option}): "
                "side by side are runs of the same streets and demand"
            )
    if resolved(first).seed != resolved(second).seed:
        raise WaysideError(
            f"{what}: scenario.seed = {resolved(second).seed}: must be {resolved(first).seed}, as of {first.name}"
        )


def check_pair(first: Scenario, second: Scenario, what: str) -> None:
    """WaysideError where two are the same, or draw other demands; no file is looked at."""
    if not any(True for _ in differences(first, second)):
        raise WaysideError(f"{what}: is as {first.name} has it already: there is nothing to be held against it")
    if first.demand != second.demand:
        raise WaysideError(f"{what}: demand: {second.name} has another than {first.name}; both must have the same")


def _files(config: Path, value: str | None) -> list[bytes]:
    """The content of the files that an option names; of those that are not there their name."""
    found = []
    for name in (value or "").replace(",", " ").split():
        path = config.parent / name
        found.append(path.read_bytes() if path.is_file() else name.encode())
    return found


def differences(first: Scenario, second: Scenario) -> Iterator[tuple[str, object, object]]:
    """Where two scenarios differ, by dotted path, with the values of both; None: it has none."""
    yield from _differing("", first.model_dump(exclude_none=True), second.model_dump(exclude_none=True))


def _differing(path: str, one: object, other: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            yield from _differing(f"{path}.{key}" if path else str(key), one.get(key), other.get(key))
    elif one != other and path not in UNTOLD:
        yield path, one, other


def arms(first: Scenario, second: Scenario) -> tuple[str, str]:
    """What the two are called: by what differs, where that is little."""
    differing = list(differences(first, second))
    if first.name != second.name and len(differing) > MOST_TOLD:
        return first.name, second.name
    told = differing[:MOST_TOLD]
    more = f" and {len(differing) - MOST_TOLD} more" if len(differing) > MOST_TOLD else ""
    names = [
        ", ".join(f"{path.rpartition('.')[2]} {_shown(values[which])}" for path, *values in told) + more
        for which in (0, 1)
    ]
    return names[0], names[1]


def _shown(value: object) -> str:
    return "as usual" if value is None else tell(value)
