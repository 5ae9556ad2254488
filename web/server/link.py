"""What server and child say to each other over a pair of sockets: a length, a channel, and the bytes.

The child's frames and JSON go to the clients as they are; the other channels are for the server itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from enum import IntEnum
from typing import Any

_PREFIX = struct.Struct("<IB")


class Channel(IntEnum):
    """What a message is."""

    ORDER = 0  # to the child: JSON {"do": ...}
    FRAME = 1  # binary, for all clients
    TEXT = 2  # JSON, for all clients
    SNAPSHOT = 3  # JSON, for the clients that wait for one
    DETAILS = 4  # a reference, a line break, JSON: for the clients that watch that object
    WORLD = 5  # JSON, to be kept
    TYPES = 6  # JSON list: the world's `types`, which grow
    STATE = 7  # JSON: what has changed of the run's state
    HEALTH = 8  # JSON, to be completed by the server
    ANSWER = 9  # JSON {"id": ..., "status": ..., "body": ...}


def dumps(value: object) -> bytes:
    """Compact JSON. ValueError for a number that JSON does not know."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class Link:
    """The child's end: blocking, and may be written to by several threads."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._lock = threading.Lock()

    def send(self, channel: Channel, payload: bytes) -> None:
        """Send one message. OSError where nobody is there any more."""
        with self._lock:
            self._socket.sendall(_PREFIX.pack(len(payload), channel) + payload)

    def receive(self) -> dict[str, Any] | None:
        """The next order; None at the end."""
        prefix = self._exactly(_PREFIX.size)
        if prefix is None:
            return None
        payload = self._exactly(_PREFIX.unpack(prefix)[0])
        return None if payload is None else json.loads(payload)

    def _exactly(self, size: int) -> bytes | None:
        pieces = bytearray()
        while len(pieces) < size:
            try:
                piece = self._socket.recv(size - len(pieces))
            except OSError:
                return None
            if not piece:
                return None
            pieces += piece
        return bytes(pieces)


class ServerLink:
    """The server's end, for asyncio."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> ServerLink:
        """Take over one end of a socket pair."""
        return cls(*await asyncio.open_connection(sock=end, limit=1 << 22))

    def order(self, do: str, **what: object) -> None:
        """Tell the child to do something; nothing happens where it has gone."""
        if not self._writer.is_closing():
            payload = dumps({"do": do, **what})
            self._writer.write(_PREFIX.pack(len(payload), Channel.ORDER) + payload)

    async def receive(self) -> tuple[Channel, bytes] | None:
        """The next message; None when the child has gone."""
        try:
            size, channel = _PREFIX.unpack(await self._reader.readexactly(_PREFIX.size))
            return Channel(channel), await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        """Hang up; the child then ends by itself."""
        self._writer.close()
