"""What connections may cost the server: those that wait, requests that never arrive, floods, lines of the log."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosed

from tests.web.server.serving import Served, served, viewing
from wayside.web.server import connections
from wayside.web.server.connections import MOST, MOST_WAITING, SPARE, Connections, Seldom, origin, room
from wayside.web.server.session import Start
from wayside.web.server.stream import FRAMES_PER_SECOND

HEAD = b"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(Start("crossing", speed=1.0)) as one:
        one.begun()
        yield one


class Wire:
    """A transport that only knows whether it has been cut."""

    def __init__(self) -> None:
        self.cut = False

    def abort(self) -> None:
        self.cut = True


def wires(count: int) -> list[Any]:
    return [cast(asyncio.Transport, Wire()) for _ in range(count)]


def test_the_oldest_that_waits_makes_room_for_its_own_address() -> None:
    here = Connections(most=100, most_waiting=2)
    one, two, three, other = wires(4)
    here.add(other, "10.0.0.2")
    for wire in (one, two):
        here.add(wire, "10.0.0.1")
    here.serve(one)  # its request has come: it is not to be cut
    here.add(three, "10.0.0.1")
    assert not any(wire.cut for wire in (one, two, three, other))
    here.add(wires(1)[0], "10.0.0.1")
    assert [wire.cut for wire in (one, two, three, other)] == [False, True, False, False]
    here.wait(one)  # answered, and the youngest of those that wait
    here.add(wires(1)[0], "10.0.0.1")
    assert [wire.cut for wire in (one, three)] == [False, True]


def test_there_is_room_for_so_many_and_no_more() -> None:
    here = Connections(most=3, most_waiting=100)
    all_of_them = wires(3)
    for number, wire in enumerate(all_of_them):
        here.add(wire, f"10.0.0.{number}")
        here.serve(wire)
    late = wires(1)[0]
    here.add(late, "10.0.0.9")
    assert late.cut
    assert not any(wire.cut for wire in all_of_them)
    here.remove(all_of_them[0])
    here.remove(late)  # as its end is told
    here.add(wires(1)[0], "10.0.0.9")
    assert len(here) == 3


def test_where_connections_come_from() -> None:
    assert origin("10.1.2.3") == "10.1.2.3"
    assert origin("::ffff:10.1.2.3") == "10.1.2.3"
    assert origin("2001:db8:0:1:aaaa::1") == origin("2001:db8:0:1:bbbb::2") != origin("2001:db8:0:2::1")
    assert origin("fe80::1%eth0") == "fe80::"
    assert origin("") == ""


def test_the_limit_of_files_is_raised() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
        most = room()
        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised == min(MOST + SPARE, hard)
        assert most == min(MOST, raised - SPARE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def half(server: Served, sent: bytes) -> socket.socket:
    raw = socket.create_connection(("127.0.0.1", server.port), 10)
    raw.sendall(sent)
    return raw


def gone(raw: socket.socket, within: float = 10.0) -> bool:
    """Whether the server has ended a connection."""
    raw.settimeout(within)
    try:
        while raw.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HEAD, HEAD + b"Content-Length: 10\r\n\r\n", HEAD + b"\r\n" + HEAD],
    ids=["nothing", "a letter", "half a head", "a head without its body", "one and a half"],
)
def test_a_request_that_does_not_arrive(server: Served, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly more of it comes."""
    monkeypatch.setattr(connections, "ARRIVE_WITHIN", 0.5)
    with half(server, sent.replace(b"%d", b"%d" % server.port)) as raw:
        began = time.monotonic()
        ended = False
        while not ended and time.monotonic() - began < 10.0:
            try:
                raw.sendall(b"a")
                time.sleep(0.05)
                raw.setblocking(False)
                ended = raw.recv(1 << 16) == b""
            except BlockingIOError:
                pass
            except OSError:
                ended = True
        assert ended


def test_a_connection_that_is_kept_is_used_again(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes long is not a request that does, and two requests may come at once."""
    monkeypatch.setattr(connections, "ARRIVE_WITHIN", 0.3)
    head = HEAD.replace(b"%d", b"%d" % server.port) + b"\r\n"
    with half(server, head + head) as raw:
        raw.settimeout(10)
        got = b""
        while got.count(b'"health"') < 2:
            got += raw.recv(1 << 16)
        time.sleep(0.5)
        raw.sendall(head)
        assert raw.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_half_sent_requests_lock_nobody_out(server: Served) -> None:
    """More of them than one address may have: the oldest make room, and everybody else is served."""
    waiting = [half(server, HEAD.replace(b"%d", b"%d" % server.port)) for _ in range(MOST_WAITING + 40)]
    try:
        assert server.get("/api/status").status == 200
        assert gone(waiting[0])
        assert not gone(waiting[-2], 0.2)

        async def look() -> None:
            async with viewing(server) as viewer:
                await viewer.frame(1)

        asyncio.run(look())
    finally:
        for raw in waiting:
            raw.close()


def test_an_answer_that_nobody_reads(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READ_WITHIN", 0.5)
    world = HEAD.replace(b"%d", b"%d" % server.port).replace(b"status", b"world") + b"\r\n"
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(10)
    with raw:
        raw.connect(("127.0.0.1", server.port))
        raw.sendall(world * 500)  # far more than the system's buffers hold
        time.sleep(3.0)
        size = 0
        with pytest.raises(OSError, match="reset"):  # noqa: PT012 - whichever of these meets it
            while data := raw.recv(1 << 20):
                size += len(data)
            raise ConnectionResetError("reset: closed before its time")
        assert size < 500 * 10_000


EMPTY = {"pings": b"\x89\x80\0\0\0\0", "pongs": b"\x8a\x80\0\0\0\0", "fragments": b"\x00\x80\0\0\0\0"}


@pytest.mark.parametrize("kind", EMPTY)
def test_a_flood_of_frames_ends_the_connection(server: Served, kind: str) -> None:
    """The application sees none of these; each costs the server time all the same."""

    async def talk() -> tuple[int | None, str]:
        async with viewing(server) as other, viewing(server) as viewer:
            await viewer.text("snapshot")
            raw = viewer.socket.transport
            raw.write(b"\x01\x81\0\0\0\0a" if kind == "fragments" else b"")
            raw.write(EMPTY[kind] * (FRAMES_PER_SECOND + 5000))
            with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 - one of them
                while True:
                    await asyncio.wait_for(viewer.socket.recv(), 20)
            await other.frame(2)
            assert closed.value.rcvd is not None
            return closed.value.rcvd.code, closed.value.rcvd.reason

    assert asyncio.run(talk()) == (1008, f"more than {FRAMES_PER_SECOND} frames a second")


def test_text_that_is_none(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> int | None:
        async with viewing(server) as viewer:
            viewer.socket.transport.write(b"\x81\x82\0\0\0\0\xff\xfe")
            with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 - one of them
                while True:
                    await asyncio.wait_for(viewer.socket.recv(), 20)
            return closed.value.rcvd.code if closed.value.rcvd is not None else None

    assert asyncio.run(talk()) == 1007
    assert not caplog.records


def test_a_kind_of_line_comes_once_in_a_while() -> None:
    now = [0.0]
    seldom = Seldom(1.0, lambda: now[0])

    def told(text: str, *values: object) -> str | None:
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, text, values, None)
        return record.getMessage() if seldom.filter(record) else None

    assert told("no room for %s", 1) == "no room for 1"
    assert told("no room for %s", 2) is None
    assert told("no room for %s", 3) is None
    assert told("something else") == "something else"
    now[0] = 1.0
    assert told("no room for %s", 4) == "no room for 4 (2 more of these were left out)"
    assert told("no room for %s", 5) is None
