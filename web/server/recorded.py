"""`wayside view`: a recording instead of a run. What is asked of a run is refused in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from wayside.sim.children import RefusedError, dumps
from wayside.web.film.reel import FilmFile
from wayside.web.server.hub import Client, Hub
from wayside.web.server.scenarios import Scenarios
from wayside.web.server.session import NOTHING, RunSession, Start


class RecordedSession(RunSession):
    """One recording, for all who look; each plays it for itself."""

    offers = ("view",)

    def __init__(self, hub: Hub, film: FilmFile) -> None:
        super().__init__(hub, Scenarios({}, {}, ""))
        self.reel = film.reel
        self._parts = (dumps(film.world()["world"]), b"[]")  # types are in the track
        self._known.set()
        self.run = run_of(film)

    async def start(self, start: Start) -> None:
        """Refused."""
        _refuse()

    async def restart(self, seed: int | None = None, goto: float | None = None) -> None:
        """Refused."""
        _refuse()

    async def ask(self, do: str, **what: object) -> Any:
        """Refused."""
        _refuse()

    def watch(self, client: Client, refs: Sequence[str]) -> None:
        """The page makes the details of a recording by itself."""


def run_of(film: FilmFile) -> dict[str, Any]:
    """The `run` message of a recording."""
    assert film.reel.span is not None, "there is something to play"
    now = {"run": "recording", "state": "recorded", "time": film.reel.span[1], "words": film.warning()}
    return {**NOTHING, **film.world()["run"], **now}


def _refuse() -> NoReturn:
    raise RefusedError(409, "this is a recording: start wayside serve for a run")
