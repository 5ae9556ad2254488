"""`wayside serve`: a socket that is bound first, uvicorn on it, and an end within two seconds."""

from __future__ import annotations

import asyncio
import signal
import socket
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn

from wayside.edge.errors import WaysideError
from wayside.web.server.app import make_app
from wayside.web.server.connections import Connections, Http, quieten, room
from wayside.web.server.hub import Hub
from wayside.web.server.safety import Guard
from wayside.web.server.session import RunSession, Start
from wayside.web.server.stream import LARGEST, Protocol
from wayside.web.server.tours import BUILTIN

BACKLOG = 1024  # connections that wait to be taken
AT_ONCE = 64  # that are taken before anything else is looked at


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at host and port (0: any free one). WaysideError, one line, where it cannot."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WaysideError(f"--host {host!r}: no address of this machine: {reason}") from None
    family, kind, protocol, _, address = found[0]
    ours = socket.socket(family, kind, protocol)
    try:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            ours.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        ours.bind(address)
        ours.listen(BACKLOG)
    except OSError as error:
        ours.close()
        raise WaysideError(f"{host}:{port}: cannot listen there: {(error.strerror or str(error)).lower()}") from None
    ours.setblocking(False)
    return ours


def serve(
    session_of: Callable[[Hub], RunSession],
    first: Start | None,
    host: str,
    port: int,
    say: Callable[[str], None],
    open_browser: bool = False,
    tour: Path = BUILTIN,
) -> None:
    """Serve until Ctrl-C or SIGTERM. WaysideError where the address cannot be listened at."""
    ours = bind(host, port)
    port = ours.getsockname()[1]
    guard = Guard.of(host, port)
    server = Server(guard, session_of(Hub()), first, lambda: _announce(guard, say, open_browser), tour)
    # uvicorn ends in its own way, and then passes the signal on: to nobody.
    before = {number: signal.signal(number, _already) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ours:
            asyncio.run(server.serve(sockets=[ours]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _already(number: int, frame: FrameType | None) -> None:
    """The server has ended."""


def _announce(guard: Guard, say: Callable[[str], None], open_browser: bool) -> None:
    shown = f"[{guard.host}]" if ":" in guard.host else guard.host
    if guard.host in ("0.0.0.0", "::"):
        shown = socket.gethostname()
    address = f"http://{shown}:{guard.port}/"
    links = [address]
    if guard.control_token:
        links = [f"{address}#token={guard.control_token}", f"{address}#token={guard.view_token}"]
        say(f"wayside: to look and to control: {links[0]}")
        say(f"wayside: to look only:           {links[1]}")
    else:
        say(f"wayside: {address}")
    if open_browser:
        webbrowser.open(links[0])


class Server(uvicorn.Server):
    """uvicorn that says when it listens, and ends the child while it waits for its connections."""

    def __init__(
        self,
        guard: Guard,
        session: RunSession,
        first: Start | None,
        listening: Callable[[], None],
        tour: Path = BUILTIN,
    ) -> None:
        self._session = session
        self._listening = listening
        self._ending: asyncio.Task[None] | None = None
        quieten()
        connections = Connections(room())
        super().__init__(
            uvicorn.Config(
                make_app(session, guard, first, tour=tour),
                http=cast(type[asyncio.Protocol], partial(Http, connections)),
                ws=cast(type[asyncio.Protocol], partial(Protocol, connections)),
                ws_max_size=LARGEST,
                ws_per_message_deflate=False,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
                backlog=AT_ONCE,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for ours in sockets or ():
            ours.listen(BACKLOG)  # asyncio has made it as short as what it takes at once
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: the child and the connections at the same time."""
        self._ending = asyncio.create_task(self._session.close())
        await super().shutdown(sockets)
        await self._ending
