"""`wayside serve --runs DIR DIR2`: two recordings side by side, and their tables for the headline."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError
from wayside.sim.scenario import Scenario
from wayside.web.film.reel import FilmFile, find
from wayside.web.server.alike import arms, check_pair
from wayside.web.server.errands import Pairing, read_errands
from wayside.web.server.hub import Hub
from wayside.web.server.pair import errands_of, pairs_of
from wayside.web.server.recorded import RecordedSession
from wayside.web.server.studies import found_in

SCENARIO = "scenario.toml"  # in a run's directory
SAME = ("lanes", "lights", "bounds")  # of the world: what makes two of them the same streets


class RecordedPair(RecordedSession):
    """The first of two recordings; the other is `second`."""

    def __init__(self, hub: Hub, folders: tuple[Path, Path], study: Path | None = None) -> None:
        """WaysideError, one line, where the two cannot be shown side by side."""
        self.films = [FilmFile(find(folder)) for folder in folders]
        first, other = self.films
        _check_world(first, other)
        super().__init__(hub, first)
        self.second = RecordedSession(Hub(), other)
        self._pairing = Pairing(errands_of())
        for which, folder in enumerate(folders):
            where = folder if folder.is_dir() else folder.parent
            self._pairing.take(which, read_errands(where, self._pairing.errands))
        self._pairing.rows.sort(key=lambda row: row[1])
        self._names, self._study = _compared(folders, study, self._pairing)
        self.run["against"] = self._names[1]

    def pairs(self) -> dict[str, Any]:
        """See `RunSession.pairs`."""
        return pairs_of(self._pairing, self._names, self._study)

    def close_films(self) -> None:
        """Let go of the files."""
        for film in self.films:
            film.close()


def _compared(
    folders: tuple[Path, Path], study: Path | None, pairing: Pairing
) -> tuple[tuple[str, str], Mapping[str, Any] | None]:
    """What the two are called, and what a study says of them."""
    scenarios = [_scenario(folder) for folder in folders]
    names = [folder.absolute().name for folder in folders]
    first, second = scenarios
    if first is None or second is None:
        if study is not None:
            lacking = folders[0] if first is None else folders[1]
            raise WaysideError(f"--study: {lacking}: has no {SCENARIO}, so nobody knows which arm of it that is")
        return (names[0], names[1]), None
    check_pair(first, second, f"--runs {folders[0]} {folders[1]}")
    return arms(first, second), found_in(study, first, second, pairing.errands) if study is not None else None


def _scenario(folder: Path) -> Scenario | None:
    """As it was run; None where nobody says, or its files are elsewhere: a recording needs them no more."""
    with contextlib.suppress(WaysideError):
        return Scenario.load(folder / SCENARIO)
    return None


def _check_world(first: FilmFile, other: FilmFile) -> None:
    ours, theirs = first.world(), other.world()
    if any(ours["world"].get(name) != theirs["world"].get(name) for name in SAME):
        raise WaysideError(
            f"--runs {first.path} {other.path}: {ours['run'].get('scenario')!r} and {theirs['run'].get('scenario')!r} "
            "have other streets: side by side are runs of the same"
        )
    seeds = ours["run"].get("seed"), theirs["run"].get("seed")
    if seeds[0] != seeds[1]:
        raise WaysideError(
            f"--runs {first.path} {other.path}: seeds {seeds[0]} and {seeds[1]}: "
            "side by side are runs of one replication"
        )
