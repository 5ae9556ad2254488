"""What connections may cost: how many there are, how long a request may take to arrive, how often the log tells of it.

A connection waits while no whole request has come on it. Those that wait cost a file descriptor and give nothing, so
they are the ones that make room: a server that is held by half-sent requests lets the oldest of them go.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 4096  # connections in all
MOST_WAITING = 128  # of one address
SPARE = 96  # file descriptors for everything else: files of the page, the child
ARRIVE_WITHIN = 10.0  # s that a request may take, head and body
READ_WITHIN = 20.0  # s that a client may take to make room for more of its answer
DEAF_FOR = 1.0  # s that nothing more is taken in from who has misbehaved, so that it can read why
ONCE_IN = 1.0  # s in which a kind of line comes into the log once


class Connections:
    """All connections of a server, by the address that they come from."""

    def __init__(self, most: int = MOST, most_waiting: int = MOST_WAITING) -> None:
        self._most = most
        self._most_waiting = most_waiting
        self._address: dict[asyncio.Transport, str] = {}
        self._waiting: dict[asyncio.Transport, None] = {}  # in the order in which they began to
        self._waiting_of: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._address)

    def add(self, transport: asyncio.Transport, host: str) -> None:
        """A connection has come from `host`, and waits; one of too many is cut off, the oldest that waits first."""
        address = self._address[transport] = origin(host)
        self.wait(transport)
        if self._waiting_of[address] > self._most_waiting:
            self._cut(next(one for one in self._waiting if self._address[one] == address))
        if len(self._address) > self._most:
            self._cut(next(iter(self._waiting)))

    def wait(self, transport: asyncio.Transport) -> None:
        """A connection has been answered, or is new."""
        if transport in self._address and transport not in self._waiting:
            self._waiting[transport] = None
            self._waiting_of[self._address[transport]] += 1

    def serve(self, transport: asyncio.Transport) -> None:
        """A whole request has come."""
        if transport in self._waiting:
            del self._waiting[transport]
            address = self._address[transport]
            self._waiting_of[address] -= 1
            if not self._waiting_of[address]:
                del self._waiting_of[address]

    def remove(self, transport: asyncio.Transport) -> None:
        """A connection has ended."""
        self.serve(transport)
        self._address.pop(transport, None)

    def _cut(self, transport: asyncio.Transport) -> None:
        self.remove(transport)
        transport.abort()


class Http(H11Protocol):
    """uvicorn's HTTP/1.1 with an end to waiting: a request that does not arrive, an answer that nobody reads."""

    def __init__(self, connections: Connections, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._all = connections
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._hurry()
        self._all.add(transport, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._rest()
        self._all.remove(self.transport)
        super().connection_lost(exc)
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take in some of a request."""
        super().data_received(data)
        self._look()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand the connection over; see `stream.Protocol`."""
        self._rest()
        self._all.serve(self.transport)
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Wait for the next request, of which some may have come already."""
        self._all.wait(self.transport)
        super().on_response_complete()
        if not self.cycle.response_complete:
            self._look()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(READ_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _look(self) -> None:
        """Whether a whole request is here."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self._rest()
            self._all.serve(self.transport)
        elif self.transport.get_protocol() is self:
            self._hurry()

    def _hurry(self) -> None:
        self._late = self._late or self.loop.call_later(ARRIVE_WITHIN, self.transport.abort)

    def _rest(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Seldom(logging.Filter):
    """Lets a kind of line into the log once in a while, with how many were left out; the clock is injected.

    A kind is a logger and the line before its values are filled in.
    """

    def __init__(self, once_in: float = ONCE_IN, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._once_in = once_in
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}
        self._left_out: Counter[tuple[str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is told."""
        kind = record.name, str(record.msg).partition("\n")[0]
        now = self._clock()
        if now - self._told.get(kind, float("-inf")) < self._once_in:
            self._left_out[kind] += 1
            return False
        self._told[kind] = now
        if left_out := self._left_out.pop(kind, 0):
            record.msg = f"{kind[1]} ({left_out} more of these were left out)"
        return True


SELDOM = Seldom()


def quieten() -> None:
    """Nobody outside decides how much is written to the log."""
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(SELDOM)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def room() -> int:
    """How many connections there is room for, once this process may open as many files as it can be allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST if soft == resource.RLIM_INFINITY else max(min(MOST, soft - SPARE), 1)


def origin(host: str) -> str:
    """Where a connection comes from: an IPv4 address, or the /64 that one IPv6 host may have to itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
