"""Which fields of a scenario the command line has set: a mistake in one is told of its flag and not of a file."""

from __future__ import annotations

from collections.abc import Iterable

_SAID: dict[str, str] = {}  # flags by the dotted path that they set; of this command


def overriding(set_: list[str], seed: int | None = None, until: float | None = None) -> dict[str, object]:
    """The values that `--set`, `--seed` and `--until` [s] set, by path; mistakes are told of these from now on."""
    from wayside.sim.scenario.loading import overridden

    changes = overridden(set_, seed, until)
    note(changes, "--set")
    if seed is not None:
        _SAID["scenario.seed"] = "--seed"
    if until is not None:
        _SAID["scenario.end"] = "--until"
    return changes


def note(paths: Iterable[str], flag: str) -> None:
    """Mistakes in these fields are told of this flag from now on."""
    _SAID.update(dict.fromkeys(paths, flag))


def of_flags(text: str) -> str:
    """A mistake or a warning, told of the flag whose it is."""
    if not _SAID:
        return text
    from wayside.sim.scenario.explain import said_by

    return said_by(text, _SAID)


def forget() -> None:
    """Another command begins."""
    _SAID.clear()
