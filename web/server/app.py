"""The ASGI application: safety around everything, the API, the websocket, the viewer's files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wayside.edge.errors import WaysideError
from wayside.web.server import pages
from wayside.web.server.rest import Api, of_error, problem
from wayside.web.server.safety import DeniedError, Guard, headers_of
from wayside.web.server.session import RunSession, Start, server_id
from wayside.web.server.stream import Stream
from wayside.web.server.tours import BUILTIN, read_tour

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]  # of a call that is refused by its path
LARGEST_BODY = 16 << 10  # bytes
DIST = Path(__file__).resolve().parent.parent / "dist"


def make_app(
    session: RunSession, guard: Guard, first: Start | None = None, dist: Path = DIST, tour: Path = BUILTIN
) -> FastAPI:
    """The application; `first` is started with it, and its session ends with it. WaysideError where `tour` is none."""
    id = server_id()
    stream = Stream(session.hub, session, guard, id)
    second = Stream(session.second.hub, session.second, guard, id) if session.second is not None else None

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweep([stream, *([second] if second is not None else [])]))
        starting = asyncio.create_task(session.start(first)) if first is not None else None
        yield
        sweeping.cancel()
        if starting is not None:
            await asyncio.gather(starting, return_exceptions=True)
        await session.close()

    app = FastAPI(
        title="wayside",
        summary="The live view of a running simulation",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    calls = Api(session, guard, read_tour(tour))
    api = [calls.router()]
    app.add_api_websocket_route("/api/stream", stream.serve)
    if second is not None:
        api.append(calls.of_second(second.session))
        app.add_api_websocket_route("/api/against/stream", second.serve)
    for router in api:
        app.include_router(router)

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(pages.reference(app.openapi()))

    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    async def unknown(request: Request, path: str) -> JSONResponse:
        if allowed := _methods(api, request.url.path):
            said = {"Allow": ", ".join(allowed)}
            return problem(405, f"/api/{path[:60]} takes {said['Allow']}, not {request.method}", said)
        return problem(404, f"/api/{path[:60]}: there is no such call; see /api/docs")

    for kind in (DeniedError, WaysideError):
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.mount("/", pages.viewer(dist))
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(Safety, guard=guard)
    return app


def _methods(api: Iterable[APIRouter], path: str) -> list[str]:
    """The methods that a path of the API takes, none where there is no such path."""
    all = [route for router in api for route in router.routes]
    routes = [route for route in all if isinstance(route, APIRoute) and route.path_regex.match(path)]
    return sorted(method for route in routes for method in route.methods or ())


async def _sweep(streams: Sequence[Stream]) -> None:
    while True:
        await asyncio.sleep(1.0)
        for stream in streams:
            stream.sweep()


class Safety:
    """Before anything else looks at a request: its Host, its Origin, its size; and headers on all answers."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a websocket is checked in its handshake
            await self._app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *pages.HEADERS]
            await send(message)

        headers = headers_of(dict(scope))
        address, _ = scope.get("server") or ("", 0)
        try:
            self._guard.check(headers, address)
            length = headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > LARGEST_BODY or "transfer-encoding" in headers:
                raise DeniedError(413, f"a body of at most {LARGEST_BODY} bytes, with its length, is taken")
        except DeniedError as denied:
            await problem(denied.status, denied.reason)(scope, receive, safely)
            return
        await self._app(scope, receive, safely)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    return of_error(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "path"))
    return problem(404 if first["loc"][0] == "path" else 400, f"{where}: {first['msg']}" if where else first["msg"])


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), error.headers)
