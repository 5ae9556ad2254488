"""The websocket `/api/stream`: frames and JSON out, acknowledgements and wishes in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from wayside.sim.children import RefusedError, dumps
from wayside.web.server.connections import DEAF_FOR, Connections, origin
from wayside.web.server.hub import Client, Hub, TooSlowError
from wayside.web.server.models import Whole
from wayside.web.server.rest import KINDS
from wayside.web.server.safety import SUBPROTOCOL, Bucket, DeniedError, Guard, headers_of, offered
from wayside.web.server.session import RunSession

LARGEST = 4096  # bytes of a client's message
PER_SECOND = 50  # messages of a client's
SNAPSHOTS_PER_S, SNAPSHOTS = 1.0, 5.0  # that a client may ask for: each takes the simulation some ms; at once
FRAMES_PER_SECOND = 200  # of a client's: messages, their fragments, pings
STUCK_AFTER = 20.0  # s that one message may take to be sent
MOST_CLIENTS = 1000
MOST_FROM_ONE = 600  # clients from one address
_SLICE = 512  # bytes of a client's that are looked at before its frames are counted
PROTOCOL = "wayside.protocol"  # extension of the scope: see `Protocol`
_REF = re.compile(rf"({'|'.join(KINDS)})/\d{{1,10}}")

NOT_UTF8, POLICY = 1007, 1008  # RFC 6455, 7.4.1


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket, at hand for the application as an extension of its scope.

    So messages that were framed once for all clients can be written as they are, and who reads nothing can be cut
    off: a regular end would wait for that client. Frames are counted here, since the application sees neither pings
    nor fragments.
    """

    ping_every = 10.0  # s
    ping_within = 15.0  # s; who does not answer is cut off too

    def __init__(self, connections: Connections, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.ping_interval, self.ping_timeout = self.ping_every, self.ping_within
        self._all = connections
        self._frames = Bucket(FRAMES_PER_SECOND, FRAMES_PER_SECOND, time.monotonic)
        self._deaf = False

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._all.remove(self.transport)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Nobody has answered."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take in some of what a client sends; a flood is looked at in small parts, and no further than it must be."""
        for begin in range(0, len(data), _SLICE):
            if self._deaf:
                return
            super().data_received(data[begin : begin + _SLICE])

    def handle_events(self) -> None:
        """Count the frames that have come."""
        if not all(self._frames.take() for event in self.conn.events if isinstance(event, Frame)):
            self._dismiss(POLICY, f"more than {FRAMES_PER_SECOND} frames a second")
        if not self._deaf:
            super().handle_events()

    def send_receive_event_to_app(self) -> None:
        """Pass a whole message on; text that is none ends the connection, without a word in the log."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._dismiss(NOT_UTF8, "text must be UTF-8")
                return
        super().send_receive_event_to_app()

    def _dismiss(self, code: int, reason: str) -> None:
        """Say why, unless the application has, hear no more, and end."""
        self._deaf = True
        if not self.close_sent:
            self.close_sent = True
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.read_paused = False
        self.transport.pause_reading()
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(DEAF_FOR, self.transport.abort)

    async def send(self, message: Any) -> None:
        """Send for the application; a handshake that it refuses is complete, too."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """Run the application."""
        extensions: dict[str, Any] = cast(dict[str, Any], self.scope["extensions"])
        extensions[PROTOCOL] = self
        await super().run_asgi()

    async def write(self, message: bytes) -> None:
        """Write a whole websocket message once there is room for it. ClientDisconnected where nobody is there."""
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(message)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Ack(_Message):
    """A keyframe or delta has been taken in, and all before it."""

    type: Literal["ack"]
    sequence: Whole = Field(ge=0, le=0xFFFFFFFF)


class Watch(_Message):
    """The objects whose details are wanted."""

    type: Literal["watch"]
    refs: list[Annotated[str, Field(max_length=32)]] = Field(max_length=8)


class Snapshot(_Message):
    """All that there is now is wanted again: this client has looked at a recording meanwhile."""

    type: Literal["snapshot"]


_Said = Ack | Watch | Snapshot
_MESSAGE: TypeAdapter[_Said] = TypeAdapter(Annotated[_Said, Field(discriminator="type")])


class Stream:
    """All websockets of a server."""

    def __init__(self, hub: Hub, session: RunSession, guard: Guard, server: str) -> None:
        self._hub = hub
        self.session = session
        self._guard = guard
        self._server = server
        self._abort: dict[Client, Callable[[], None]] = {}  # cuts the connection, unsent data and all
        self._sending: dict[Client, float] = {}  # since when
        self._from: Counter[str] = Counter()  # clients by address

    async def serve(self, websocket: WebSocket) -> None:
        """One client, from its handshake to its end."""
        try:
            rights = self._admit(websocket)
        except DeniedError as denied:
            await _deny(websocket, denied)
            return
        self._from[_origin(websocket)] += 1
        try:
            await self._serve(websocket, rights)
        finally:
            self._from[_origin(websocket)] -= 1
            self._from += Counter()  # without those of whom there are none

    async def _serve(self, websocket: WebSocket, rights: list[str]) -> None:
        known = SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None
        await websocket.accept(subprotocol=known)
        client = self._hub.join()
        rights = [right for right in rights if right in self.session.offers]
        client.say(
            dumps({"type": "hello", "protocol": 1, "rights": rights, "server": self._server, "client": client.id})
        )
        client.say(dumps(self.session.run))
        self.session.attend()
        self.session.want_snapshot()
        sender = asyncio.create_task(self._send(websocket, client))
        receiver = asyncio.create_task(self._receive(websocket, client))
        self._abort[client] = websocket.scope["extensions"][PROTOCOL].transport.abort
        try:
            done, _ = await asyncio.wait((sender, receiver), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with contextlib.suppress(asyncio.CancelledError):
                    await _close(websocket, task.exception())
        finally:
            sender.cancel()
            receiver.cancel()
            await asyncio.gather(sender, receiver, return_exceptions=True)
            self._abort.pop(client, None)
            self._sending.pop(client, None)
            self._hub.leave(client)
            self.session.attend()
            if client.watched:
                self.session.rewatch()

    def sweep(self) -> None:
        """Let go of who has not taken a single message for a long time; called once a second."""
        now = time.monotonic()
        for client, since in list(self._sending.items()):
            if now - since > STUCK_AFTER or client.failed:
                self._abort[client]()

    def _admit(self, websocket: WebSocket) -> list[str]:
        headers = headers_of(dict(websocket.scope))
        address, _ = websocket.scope.get("server") or ("", 0)
        self._guard.check(headers, address)
        rights = self._guard.rights(offered(websocket.scope["subprotocols"]))
        if len(self._hub.clients) >= MOST_CLIENTS:
            raise DeniedError(503, f"{MOST_CLIENTS} clients are connected: no more")
        if self._from[_origin(websocket)] >= MOST_FROM_ONE:
            raise DeniedError(503, f"{MOST_FROM_ONE} clients of this address are connected: no more")
        return rights

    async def _send(self, websocket: WebSocket, client: Client) -> None:
        write = websocket.scope["extensions"][PROTOCOL].write
        while True:
            message = await client.next()
            self._sending[client] = time.monotonic()
            await write(message)
            del self._sending[client]

    async def _receive(self, websocket: WebSocket, client: Client) -> None:
        allowed = Bucket(PER_SECOND, PER_SECOND, time.monotonic)
        anew = Bucket(SNAPSHOTS_PER_S, SNAPSHOTS, time.monotonic)
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if not allowed.take():
                raise _MisbehavedError(POLICY, f"more than {PER_SECOND} messages a second")
            self._take(client, dict(message), anew)

    def _take(self, client: Client, message: dict[str, Any], anew: Bucket) -> None:
        text = message.get("text")
        try:
            if text is None:
                raise RefusedError(400, "binary messages are not understood")
            said = _MESSAGE.validate_json(text)
            if isinstance(said, Ack):
                client.acknowledge(said.sequence)
                return
            if isinstance(said, Snapshot):
                if not anew.take():
                    raise RefusedError(429, f"more than {SNAPSHOTS_PER_S:g} snapshots a second")
                self.session.again(client)
                return
            for ref in said.refs:
                if not _REF.fullmatch(ref):
                    raise RefusedError(400, f"refs: {ref[:40]!r} is not a reference like vehicle/12")
            self.session.watch(client, said.refs)
        except ValidationError as error:
            client.say(_refused(_one_line(error)))
        except RefusedError as refusal:
            client.say(_refused(str(refusal)))


class _MisbehavedError(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _refused(reason: str) -> bytes:
    return json.dumps({"type": "refused", "reason": reason}).encode()


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


async def _close(websocket: WebSocket, error: BaseException | None) -> None:
    """End a connection that one of its two tasks has given up."""
    if error is None or isinstance(error, WebSocketDisconnect):
        return
    code, reason = POLICY, str(error)
    if isinstance(error, _MisbehavedError):
        code = error.code
    elif not isinstance(error, TooSlowError):
        return  # the connection has broken
    with contextlib.suppress(Exception):
        await asyncio.wait_for(websocket.close(code, reason), 1.0)


def _origin(websocket: WebSocket) -> str:
    return origin(websocket.client.host) if websocket.client else ""


async def _deny(websocket: WebSocket, denied: DeniedError) -> None:
    """Refuse the handshake with an HTTP answer that says why."""
    body = dumps({"detail": denied.reason})
    headers = [(b"content-type", b"application/json")]
    await websocket.send({"type": "websocket.http.response.start", "status": denied.status, "headers": headers})
    await websocket.send({"type": "websocket.http.response.body", "body": body})
