"""Many websocket clients in one process, as light as can be: they look at headers, acknowledge, and take the time.

`python -m benchmarks.watchers TASK` prints a JSON object. The server's wall clock stands in each frame, and both run on
one machine: what a frame took from being packed to being here is the difference.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

_HEAD = struct.Struct("<IBBHIIdd")
KEYFRAME, DELTA = 1, 2
SETTLING = 1.5  # s until it is counted
_UPGRADE = (
    "GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: wayside.1\r\n\r\n"
)


@dataclass(frozen=True)
class Task:
    """Who connects, and for how long."""

    port: int
    clients: int
    seconds: float
    slow: int = 0  # further clients that take `pause` s for each frame
    pause: float = 0.2
    stuck: int = 0  # further clients that never read
    half: int = 0  # requests that are never sent whole, however slowly more of them comes
    floods: int = 0  # clients that send empty fragments and pings, and come again when they are cut off


@dataclass
class Watcher(asyncio.Protocol):
    """One client; `lags` in s, of keyframes and deltas."""

    pause: float = 0.0
    counting: bool = False
    lags: list[float] = field(default_factory=list)
    missed: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _shaken: bool = False

    def connection_made(self, transport: Any) -> None:
        """Shake hands."""
        self._transport = transport
        self._transport.write(_UPGRADE.format(port=transport.get_extra_info("peername")[1]).encode())

    def data_received(self, data: bytes) -> None:
        """Take whole messages."""
        self._buffer += data
        if not self._shaken:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(bytes(self._buffer[:200]))
            del self._buffer[: end + 4]
            self._shaken = True
        at = 0
        while (message := self._message(at)) is not None:
            opcode, begin, at = message
            if opcode == 2:
                self._frame(begin)
            elif opcode == 1 and self._buffer[begin : begin + 16] == b'{"type":"missed"':
                self.missed = json.loads(self._buffer[begin:at])["frames"]
            elif opcode == 9:
                self._send(10, bytes(self._buffer[begin:at]))
        del self._buffer[:at]

    def _message(self, at: int) -> tuple[int, int, int] | None:
        """Opcode, begin and end of the next whole message in the buffer."""
        have = len(self._buffer) - at
        if have < 2:
            return None
        size, begin = self._buffer[at + 1] & 127, at + 2
        if size == 126 and have >= 4:
            size, begin = struct.unpack_from(">H", self._buffer, at + 2)[0], at + 4
        elif size == 127 and have >= 10:
            size, begin = struct.unpack_from(">Q", self._buffer, at + 2)[0], at + 10
        elif size >= 126:
            return None
        end = begin + size
        return (self._buffer[at] & 15, begin, end) if end <= len(self._buffer) else None

    def _frame(self, begin: int) -> None:
        _, type, _, _, sequence, _, _, wall = _HEAD.unpack_from(self._buffer, begin)
        if type not in (KEYFRAME, DELTA):
            return
        if self.pause:
            asyncio.get_running_loop().call_later(self.pause, self._taken, sequence, wall)
            self._transport.pause_reading()
        else:
            self._taken(sequence, wall)

    def _taken(self, sequence: int, wall: float) -> None:
        if self.counting:
            self.lags.append(time.time() - wall)
        self._send(1, b'{"type":"ack","sequence":%d}' % sequence)
        if self.pause:
            self._transport.resume_reading()

    def _send(self, opcode: int, payload: bytes) -> None:
        self._transport.write(bytes((128 | opcode, 128 | len(payload))) + bytes(4) + payload)  # masked with zeros


_HALF = "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: "
_EMPTY = (b"\x89\x80\0\0\0\0", b"\x00\x80\0\0\0\0")  # a ping, a fragment
_BURST = 10_000  # frames


async def half_send(task: Task) -> None:
    """Open as many requests as are wanted, send a letter of each now and then, and open them again."""
    open_ones: list[socket.socket] = []
    try:
        while True:
            while len(open_ones) < task.half:
                one = socket.create_connection(("127.0.0.1", task.port))
                one.setblocking(False)
                one.send(_HALF.format(port=task.port).encode())
                open_ones.append(one)
            await asyncio.sleep(1.0)
            for one in open_ones[:]:
                try:
                    one.send(b"a")
                except OSError:
                    one.close()
                    open_ones.remove(one)
    finally:
        for one in open_ones:
            one.close()


async def flood(task: Task, frame: bytes) -> None:
    """Send bursts of one kind of frame for ever."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", task.port)
            writer.write(_UPGRADE.format(port=task.port).encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"\x01\x81\0\0\0\0a" if frame is _EMPTY[1] else b"")
            while True:
                writer.write(frame * _BURST)
                await writer.drain()
                await asyncio.sleep(0.05)
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.05)


async def watch(task: Task) -> dict[str, Any]:
    """Connect all, wait until they have settled, and count."""
    loop = asyncio.get_running_loop()
    stuck = []
    for _ in range(task.stuck):
        one = socket.create_connection(("127.0.0.1", task.port))
        one.sendall(_UPGRADE.format(port=task.port).encode())
        stuck.append(one)
    watchers = [Watcher() for _ in range(task.clients)]
    slow = [Watcher(task.pause) for _ in range(task.slow)]
    for watcher in (*watchers, *slow):
        await loop.create_connection(lambda watcher=watcher: watcher, "127.0.0.1", task.port)  # type: ignore[misc]
    abuse = [asyncio.create_task(half_send(task))] if task.half else []
    abuse += [asyncio.create_task(flood(task, _EMPTY[number % 2])) for number in range(task.floods)]
    await asyncio.sleep(SETTLING)
    for watcher in (*watchers, *slow):
        watcher.counting = True
    began, busy = time.perf_counter(), time.process_time()
    await asyncio.sleep(task.seconds)
    took = time.perf_counter() - began
    cpu = (time.process_time() - busy) / took
    rates = sorted(len(watcher.lags) / took for watcher in watchers)
    lags = sorted(lag for watcher in watchers for lag in watcher.lags)
    late = sorted(lag for watcher in slow for lag in watcher.lags)
    for one in stuck:
        one.close()
    for abuser in abuse:
        abuser.cancel()
    return {
        **asdict(task),
        "rate": sum(rates) / len(rates),
        "slowest_rate": rates[0],
        "p50_ms": 1000.0 * _at(lags, 0.50),
        "p99_ms": 1000.0 * _at(lags, 0.99),
        "max_ms": 1000.0 * _at(lags, 1.0),
        "clients_cpu": cpu,
        "stale_max_s": late[-1] if late else 0.0,
        "slow_rate": sum(len(watcher.lags) for watcher in slow) / took / max(len(slow), 1),
    }


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("inf")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(Task(**json.loads(sys.argv[1]))))))
    sys.stdout.flush()
    os._exit(0)  # five hundred connections need no goodbye
