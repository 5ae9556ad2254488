"""Clients that read slowly, or never: nobody waits for them. And a watched run is the same as any other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import hashes, run
from tests.web.server.serving import Served, served, viewing
from wayside.web.server import stream
from wayside.web.server.session import Start

STUCK = 20


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(Start("lingang", {"sumo.step_length": 0.1, "scenario.end": 600.0}), "lingang") as one:
        one.begun()
        yield one


def stuck(server: Served) -> socket.socket:
    """A client that shakes hands and never reads again."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", server.port))
    raw.sendall(
        f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: wayside.1\r\n\r\n".encode()
    )
    return raw


def test_who_joins_late_has_all(server: Served) -> None:
    """Every vehicle of every frame has been named, whenever one joins."""

    async def look() -> None:
        async with viewing(server) as first:
            await first.watch(1.5)
            async with viewing(server) as late:
                assert (await late.text("hello"))["protocol"] == 1
                await late.text("snapshot")
                assert not late.frames
                await asyncio.gather(first.watch(2.0), late.watch(2.0))
                for viewer in (first, late):
                    lists = [text["vehicles"] for text in viewer.texts if text["type"] in ("snapshot", "names")]
                    named = {row[0] for rows in lists for row in rows}
                    keyframe = viewer.data[1]
                    count = int.from_bytes(keyframe[12:16], "little")
                    ids = {int.from_bytes(keyframe[32 + 4 * row : 36 + 4 * row], "little") for row in range(count)}
                    assert count > 1000
                    assert ids <= named
                sequences = [frame[1] for frame in first.frames]
                assert sequences == sorted(set(sequences))

    asyncio.run(look())


def test_slow_and_stuck_clients(server: Served) -> None:
    """One reads at half the rate: less than a second behind, and told what it misses. Twenty never read."""

    async def look() -> tuple[list[float], int, list[dict[str, Any]]]:
        async with viewing(server) as slow, viewing(server) as good:
            await slow.text("snapshot")
            await good.text("snapshot")
            slow.acknowledge = False
            late: list[float] = []

            async def read_slowly() -> None:
                end = time.monotonic() + 6.0
                while time.monotonic() < end:
                    frame = await slow.frame(1, 2)
                    await asyncio.sleep(0.2)  # five a second, of ten
                    late.append(time.time() - slow.frames[-1][4])
                    await slow.say({"type": "ack", "sequence": int.from_bytes(frame[8:12], "little")})

            await asyncio.gather(read_slowly(), good.watch(6.0))
            count = sum(frame[0] in (1, 2) for frame in good.frames)
            return late, count, [text for text in slow.texts if text["type"] == "missed"]

    with contextlib.ExitStack() as stack:
        for _ in range(STUCK):
            stack.enter_context(stuck(server))
        server.until(lambda: len(server.session.hub.clients) >= STUCK)
        late, count, missed = asyncio.run(look())
    assert max(late[3:]) < 1.0
    assert missed[-1]["frames"] > 5
    assert count >= 50  # of 60
    server.until(lambda: not server.session.hub.clients)


def test_who_never_answers_is_cut_off(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small buffers of the system's hold minutes of what is told; a ping tells earlier that nobody is there."""
    clients = server.session.hub.clients

    async def look() -> None:
        async with viewing(server) as reads:
            await reads.frame(1)
            assert len(clients) == 1
            # Only for who comes now: on a busy machine a reader's own answer may be as late.
            monkeypatch.setattr(stream.Protocol, "ping_every", 0.3)
            monkeypatch.setattr(stream.Protocol, "ping_within", 0.3)
            with stuck(server):
                await asyncio.to_thread(server.until, lambda: len(clients) == 2, "for who never answers")
                await asyncio.to_thread(server.until, lambda: len(clients) == 1, "for its end")
                await reads.frame(2)

    asyncio.run(look())


def test_who_takes_no_message_is_cut_off(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "STUCK_AFTER", 0.5)
    with stuck(server):
        server.until(lambda: len(server.session.hub.clients) == 1)
        client = next(iter(server.session.hub.clients))
        # More than the system's buffers hold, though the hub would still wait.
        for _ in range(40):
            server.loop.call_soon_threadsafe(client.say, b'"' + b"x" * 200_000 + b'"')
        server.until(lambda: not server.session.hub.clients)


def test_a_watched_run_has_the_same_bytes(tmp_path: Path) -> None:
    """Same scenario, same seed: a served one, with clients that watch, pause and step, and one that nobody sees."""
    said = ("--set", "v2x.penetration=1.0", "--set", "record.view=true")  # as what is served is
    plain = run("crossing", tmp_path / "plain", "--until", 60, "--seed", 3, *said)
    start = Start("crossing", {"scenario.end": 60.0, "scenario.seed": 3, "v2x.penetration": 1.0}, speed=10.0)
    with served(start, out=tmp_path / "served") as server:
        server.begun()

        async def look() -> None:
            async with viewing(server) as viewer, viewing(server):
                await viewer.text("snapshot")
                await viewer.say({"type": "watch", "refs": ["unit/0", "vehicle/3", "vehicle/5", "park/0", "site/0"]})
                await viewer.watch(1.0)
                for path, body in (("pause", {}), ("step", {"steps": 3}), ("speed", {"factor": None}), ("resume", {})):
                    await asyncio.to_thread(server.post, f"/api/run/{path}", body)
                    await viewer.watch(0.2)
                while server.run["state"] != "ended":
                    await viewer.watch(0.1)

        asyncio.run(look())
        # An action is another matter: the comparison notices it.
        assert server.post("/api/run/restart").status == 200
        server.begun()
        assert server.post("/api/actions/unit", {"unit": 0, "on": False}).status == 200
        server.until(lambda: server.run["state"] == "ended")
    watched, changed = (tmp_path / "served" / name for name in ("1-crossing", "2-crossing"))
    assert hashes(watched) == hashes(plain)
    assert json.loads((watched / "summary.json").read_text())["interrupted"] is False
    assert hashes(changed) != hashes(plain)


def test_a_run_that_is_left_is_closed(tmp_path: Path) -> None:
    """The server ends in the middle of a run: its results are whole, and say that it was left."""
    before = set(threading.enumerate())
    with served(Start("crossing", speed=None), out=tmp_path) as server:
        server.begun()
        server.until(lambda: server.get("/api/objects/light/0").json["time"] > 5.0)
        began = time.monotonic()
    assert time.monotonic() - began < 5.0
    summary = json.loads((tmp_path / "1-crossing" / "summary.json").read_text())
    assert summary["interrupted"] is True
    assert summary["reason"].startswith("left at ")
    for thread in set(threading.enumerate()) - before:
        thread.join(5.0)
        assert not thread.is_alive(), thread.name
