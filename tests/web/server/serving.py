"""A real server on a loopback port, in a thread of its own, and plain clients for it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from wayside.web.server.hub import Hub
from wayside.web.server.safety import Guard
from wayside.web.server.scenarios import Scenarios
from wayside.web.server.serve import Server, bind
from wayside.web.server.session import RunSession, Start

PATIENCE = 60.0  # s
LOOK = 0.01


@dataclass
class Answer:
    """What a call was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        said: str = self.json["detail"]
        assert "\n" not in said
        return said


@dataclass
class Served:
    """A running server."""

    port: int
    session: RunSession
    loop: asyncio.AbstractEventLoop
    guard: Guard
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One HTTP call; `body` is sent as JSON, or as it is where it is bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        said = {"Content-Type": "application/json"} if data is not None else {}
        if self.token:
            said["Authorization"] = f"Bearer {self.token}"
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, data, said)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.call("POST", path, body if body is not None else {}, **headers)

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = self.session.run
        return found

    def until(self, true: Callable[[], bool], what: str = "") -> None:
        """Wait. Looks are counted, not seconds: a machine that stands still for a while is no fault of the server's."""
        for _ in range(int(PATIENCE / LOOK)):
            if true():
                return
            time.sleep(LOOK)
        if self.session._child is not None:
            os.kill(self.child, signal.SIGUSR1)  # it tells on standard error where it is
            time.sleep(1.0)
        raise AssertionError(f"waited in vain {what}: {self.run}")

    def begun(self) -> None:
        self.until(lambda: self.run["state"] in ("running", "paused"), "for the run to begin")

    @property
    def child(self) -> int:
        """The process that simulates."""
        assert self.session._child is not None
        return self.session._child.pid


@contextlib.contextmanager
def served(
    start: Start | None = None,
    *named: str,
    guard: Callable[[str, int], Guard] = Guard.of,
    out: Path | None = None,
    session: RunSession | None = None,
) -> Iterator[Served]:
    """A server for the built-in scenarios and these, or of a session; by default nothing is started."""
    ours = bind("127.0.0.1", 0)
    port = ours.getsockname()[1]
    ready = threading.Event()
    session = session or RunSession(Hub(), Scenarios.of(named or ("crossing",)), out)
    rules = guard("127.0.0.1", port)
    server = Server(rules, session, start, ready.set)
    loops: list[asyncio.AbstractEventLoop] = []
    problems: list[BaseException] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[ours])

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            problems.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        assert not problems, problems
        yield Served(port, session, loops[0], rules, rules.control_token)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        ours.close()
        assert not thread.is_alive()
        assert not problems, problems


@dataclass
class Viewer:
    """A client of the stream that keeps what it was told last, and acknowledges."""

    socket: ClientConnection
    texts: list[dict[str, Any]] = field(default_factory=list)
    frames: list[tuple[int, int, int, float, float]] = field(default_factory=list)  # type, sequence, flags, time, wall
    data: dict[int, bytes] = field(default_factory=dict)  # the last frame of each type
    acknowledge: bool = True

    async def take(self) -> dict[str, Any] | bytes:
        """The next message."""
        message = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        if isinstance(message, str):
            said: dict[str, Any] = json.loads(message)
            self.texts.append(said)
            return said
        magic, type, flags, _, sequence, _, at, wall = struct.unpack_from("<IBBHIIdd", message)
        assert magic == 0x31595357
        self.frames.append((type, sequence, flags, at, wall))
        self.data[type] = message
        if type in (1, 2) and self.acknowledge:
            await self.say({"type": "ack", "sequence": sequence})
        return message

    async def say(self, message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def text(self, type: str, true: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """Wait for a JSON message of this type."""
        async with asyncio.timeout(PATIENCE):
            while True:
                said = await self.take()
                if isinstance(said, dict) and said["type"] == type and true(said):
                    return said

    async def frame(self, *types: int) -> bytes:
        """Wait for a frame of one of these types."""
        async with asyncio.timeout(PATIENCE):
            while True:
                said = await self.take()
                if isinstance(said, bytes) and said[4] in types:
                    return said

    async def watch(self, seconds: float) -> None:
        """Take what comes for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0.0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.take(), left)


@contextlib.asynccontextmanager
async def viewing(server: Served, **headers: str) -> AsyncIterator[Viewer]:
    """A client, after its handshake."""
    offered = ["wayside.1", *([f"token.{server.token}"] if server.token else [])]
    async with connect(
        f"ws://127.0.0.1:{server.port}/api/stream",
        subprotocols=offered,  # type: ignore[arg-type]
        compression=None,
        max_size=None,
        additional_headers=headers,
    ) as socket:
        assert socket.subprotocol == "wayside.1"
        yield Viewer(socket)
