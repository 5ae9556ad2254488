"""The REST calls of docs/live.md."""

from __future__ import annotations

import time
from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from wayside.edge.errors import WaysideError
from wayside.sim.children import RefusedError
from wayside.sim.scenario.sections import Air
from wayside.web.film.reel import Reel
from wayside.web.server import models
from wayside.web.server.connections import origin
from wayside.web.server.safety import Bucket, Buckets, DeniedError, Guard, bearer, headers_of
from wayside.web.server.session import RunSession, Start
from wayside.web.server.view import known

# What of a scenario a caller may change: numbers and words, never files, options of SUMO's or other people's code.
OVERRIDES = {
    "scenario": {"end", "seed", "pipeline"},
    "sumo": {"step_length"},
    "v2x": {"family", "gnss_correlation", "gnss_error", "neighbours", "penetration", "radio", "range", "uu"},
    "air": set(Air.model_fields) - {"threads"},
    **{service: set(kind.settings) for service, kind in known().items()},
}
KINDS = ("vehicle", "unit", *(name for kind in known().values() for name in kind.kinds), "light", "edge")
CONTROL_PER_S, CONTROL_BURST = 10.0, 30.0  # of one page; of callers without a page, by their address
CONTROL_PER_S_IN_ALL = 100.0

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": models.Problem, "description": "a bad value"},
    401: {"model": models.Problem, "description": "no token, or a wrong one"},
    403: {"model": models.Problem, "description": "no right to control, or a foreign origin"},
    404: {"model": models.Problem, "description": "unknown"},
    409: {"model": models.Problem, "description": "not now"},
    413: {"model": models.Problem, "description": "too large"},
    429: {"model": models.Problem, "description": "too many calls"},
}


def overrides(said: Mapping[str, object]) -> dict[str, object]:
    """The changes to a scenario that a caller asks for. RefusedError (400) for what is not to be changed from here."""
    for path, value in said.items():
        section, _, key = path.partition(".")
        if key not in OVERRIDES.get(section, ()):
            allowed = ", ".join(f"{name}.{field}" for name, fields in OVERRIDES.items() for field in sorted(fields))
            raise RefusedError(400, f"overrides: {path[:60]!r} cannot be changed here; what can is {allowed}")
        if isinstance(value, str) and ":" in value:
            raise RefusedError(400, f"overrides: {path}: must be a registered name, not module:Class")
    return dict(said)


class Api:
    """Routes over one session."""

    def __init__(self, session: RunSession, guard: Guard, tour: Mapping[str, object]) -> None:
        self.session = session
        self.guard = guard
        self.tour = tour
        self._in_all = Bucket(CONTROL_PER_S_IN_ALL, CONTROL_PER_S_IN_ALL, time.monotonic)
        self._of = Buckets(CONTROL_PER_S, CONTROL_BURST, time.monotonic)

    def view(self, request: Request) -> None:
        """For whoever may look."""
        self.guard.rights(bearer(headers_of(dict(request.scope))))

    def control(self, request: Request) -> None:
        """For whoever may steer."""
        headers = headers_of(dict(request.scope))
        if "control" not in self.guard.rights(bearer(headers)):
            raise DeniedError(403, "this token allows to view, not to control")
        client = self.session.hub.client(headers.get("wayside-client", ""))
        caller = client.id if client is not None else origin(request.client.host if request.client else "")
        if not self._of.take(caller):
            raise DeniedError(429, f"more than {CONTROL_PER_S:g} control calls a second")
        if not self._in_all.take():
            raise DeniedError(429, f"more than {CONTROL_PER_S_IN_ALL:g} control calls a second from all pages")

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter(prefix="/api", responses=_PROBLEMS)
        self._offer(router)
        self._look(router, self.session)
        self._steer(router)
        self._act(router)
        return router

    def of_second(self, second: RunSession) -> APIRouter:
        """What can be asked of a run that goes beside this one's."""
        router = APIRouter(prefix="/api/against", responses=_PROBLEMS)
        self._look(router, second)
        return router

    def _offer(self, router: APIRouter) -> None:
        session = self.session
        look = [Depends(self.view)]

        @router.get("/scenarios", dependencies=look, summary="What may be started", tags=["look"])
        async def scenarios() -> list[dict[str, str]]:
            return [{"name": name, "title": title} for name, title in session.scenarios.titles.items()]

        @router.get("/tour", dependencies=look, summary="A tour of the live view", tags=["look"])
        async def tour() -> dict[str, Any]:
            return dict(self.tour)

        @router.get("/pairs", dependencies=look, summary="What two runs side by side differ in", tags=["look"])
        async def pairs() -> dict[str, Any]:
            return session.pairs()

    def _look(self, router: APIRouter, session: RunSession) -> None:
        look = [Depends(self.view)]

        @router.get("/status", dependencies=look, summary="The run's state and the last health", tags=["look"])
        async def status() -> dict[str, Any]:
            return {"run": session.run, "health": session.health}

        @router.get("/world", dependencies=look, summary="The static world", tags=["look"])
        async def world(request: Request) -> Response:
            packed = "gzip" in request.headers.get("accept-encoding", "")
            headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
            if packed:
                headers["Content-Encoding"] = "gzip"
            return Response(await session.world(packed), media_type="application/json", headers=headers)

        @router.get("/objects/{kind}/{number}", dependencies=look, summary="An object's state", tags=["look"])
        async def objects(kind: str, number: int) -> dict[str, Any]:
            if kind not in KINDS:
                raise RefusedError(404, f"kind: must be one of {', '.join(KINDS)}, not {kind[:60]!r}")
            found: dict[str, Any] | None = await session.ask("ask", ref=f"{kind}/{number}")
            if found is None:
                raise RefusedError(404, f"{kind}/{number}: there is no such object, or no longer")
            return found

        @router.get("/messages/{number}", dependencies=look, summary="A message, opened", tags=["look"])
        async def message(number: int) -> dict[str, Any]:
            found: dict[str, Any] | None = await session.ask("open", number=number)
            if found is None:
                raise RefusedError(404, f"message {number}: it was not listed, or has not been kept so long")
            return found

        self._recorded(router, session, look)

    def _recorded(self, router: APIRouter, session: RunSession, look: list[Any]) -> None:

        def reel() -> Reel:
            if session.reel is None:
                raise RefusedError(404, "this run is not recorded")
            return session.reel

        @router.get("/recording", dependencies=look, summary="What is recorded", tags=["look"])
        async def recording() -> dict[str, Any]:
            return reel().index()

        @router.get("/recording/stretches/{number}", dependencies=look, summary="A stretch of it", tags=["look"])
        async def stretch(number: int) -> Response:
            found = reel().stretch(number)
            if found is None:
                raise RefusedError(404, f"stretch {number}: it is not recorded, or is kept no longer")
            return _octets(found)

        @router.get("/recording/track", dependencies=look, summary="Names, figures and events", tags=["look"])
        async def track() -> Response:
            return _octets(reel().track())

        @router.get("/recording/reasons", dependencies=look, summary="Decisions, and why", tags=["look"])
        async def reasons() -> Response:
            return _octets(reel().reasons())

    def _steer(self, router: APIRouter) -> None:
        session = self.session
        steer = [Depends(self.control)]

        @router.post("/run", dependencies=steer, summary="Start a scenario", tags=["steer"])
        async def start(body: models.StartRun) -> dict[str, Any]:
            if body.scenario not in session.scenarios.what:
                known = ", ".join(session.scenarios.what)
                raise RefusedError(404, f"{body.scenario[:60]!r}: no such scenario; there are {known}")
            changes = overrides(body.overrides)
            if body.seed is not None:
                changes["scenario.seed"] = body.seed
            await session.start(Start(body.scenario, changes, session.run["speed"]))
            return session.run

        @router.post("/run/against", dependencies=steer, summary="Start it again, another beside it", tags=["steer"])
        async def against(body: models.StartBeside) -> dict[str, Any]:
            await session.beside_it(body.scenario, overrides(body.overrides))
            return session.run

        @router.post("/run/alone", dependencies=steer, summary="End the run beside it", tags=["steer"])
        async def alone() -> dict[str, Any]:
            await session.alone()
            return session.run

        @router.post("/run/pause", dependencies=steer, summary="Pause", tags=["steer"])
        async def pause() -> dict[str, Any]:
            await session.ask("pause")
            return session.run

        @router.post("/run/resume", dependencies=steer, summary="Go on", tags=["steer"])
        async def resume() -> dict[str, Any]:
            await session.ask("resume")
            return session.run

        @router.post("/run/stop", dependencies=steer, summary="End the run", tags=["steer"])
        async def stop() -> dict[str, Any]:
            await session.ask("stop")
            return session.run

        @router.post("/run/step", dependencies=steer, summary="So many steps, then paused", tags=["steer"])
        async def step(body: models.Steps) -> dict[str, Any]:
            await session.ask("step", steps=body.steps)
            return session.run

        @router.post("/run/speed", dependencies=steer, summary="Factor of real time", tags=["steer"])
        async def speed(body: models.Speed) -> dict[str, Any]:
            await session.ask("speed", factor=body.factor)
            return session.run

        @router.post("/run/goto", dependencies=steer, summary="To a moment, as fast as possible", tags=["steer"])
        async def goto(body: models.Goto) -> dict[str, Any]:
            if session.run["state"] == "ended" or body.time < await session.ask("now"):
                await session.restart(goto=body.time)
            else:
                await session.ask("goto", time=body.time)
            return session.run

        @router.post("/run/restart", dependencies=steer, summary="From the begin again", tags=["steer"])
        async def restart(body: models.Restart) -> dict[str, Any]:
            await session.restart(body.seed)
            return session.run

    def _act(self, router: APIRouter) -> None:
        session = self.session
        steer = [Depends(self.control)]

        async def act(name: str, body: models.Body) -> dict[str, Any]:
            answer: dict[str, Any] = await session.ask("act", name=name, what=body.model_dump())
            return answer

        @router.post("/actions/unit", dependencies=steer, summary="Switch a roadside unit", tags=["act"])
        async def unit(body: models.SwitchUnit) -> dict[str, Any]:
            return await act("unit", body)

        @router.post("/actions/road", dependencies=steer, summary="Close or open a road", tags=["act"])
        async def road(body: models.CloseRoad) -> dict[str, Any]:
            return await act("road", body)

        for action in (action for kind in known().values() for action in kind.actions):

            async def do(body: models.Body, name: str = action.name) -> dict[str, Any]:
                return await act(name, body)

            do.__signature__ = Signature([Parameter("body", Parameter.POSITIONAL_OR_KEYWORD, annotation=action.body)])  # type: ignore[attr-defined]
            router.add_api_route(
                f"/actions/{action.name}",
                do,
                methods=["POST"],
                dependencies=steer,
                summary=action.summary,
                tags=["act"],
                name=action.name,
            )


def _octets(data: bytes) -> Response:
    """What is squeezed already, and not to be squeezed again."""
    said = {"Cache-Control": "no-cache", "Content-Encoding": "identity"}
    return Response(data, media_type="application/octet-stream", headers=said)


def problem(status: int, reason: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as docs/live.md has it."""
    said = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"detail": " ".join(reason.split())}, status, {**said, **(headers or {})})


def of_error(error: Exception) -> JSONResponse:
    """The answer to a call that was refused."""
    if isinstance(error, (RefusedError, DeniedError)):
        return problem(error.status, str(error))
    assert isinstance(error, WaysideError)
    return problem(400, str(error))
