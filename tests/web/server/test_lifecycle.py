"""A run's life, through the API and the stream: crossing, in a child process, on a real socket."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.server.serving import Served, served, viewing
from wayside.web.server.session import Start

HEADER_TIME = 16


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One server for the tests below, each of which leaves a run behind."""
    with served(Start("crossing", {"scenario.end": 600.0}, speed=None, paused=True)) as one:
        one.begun()
        yield one


def restart(server: Served, **changes: object) -> None:
    """A run from the begin, paused."""
    assert server.post("/api/run/restart", changes).status == 200
    server.until(lambda: server.run["state"] != "loading")
    assert server.post("/api/run/pause").status == 200


def test_it_begins_as_told(server: Served) -> None:
    status = server.get("/api/status").json["run"]
    assert (status["state"], status["scenario"], status["time"], status["begin"]) == ("paused", "crossing", 0.0, 0.0)
    assert (status["end"], status["seed"], status["step_length"]) == (600.0, 1, 0.1)
    assert status["title"].startswith("One signalled junction")


def test_steps_and_pause(server: Served) -> None:
    restart(server)
    begin = server.run["time"]
    assert server.post("/api/run/step", {"steps": 7}).status == 200
    server.until(lambda: server.run["state"] == "paused" and server.run["time"] > begin)
    assert server.run["time"] == pytest.approx(begin + 0.7)
    time.sleep(0.3)
    assert server.post("/api/run/step").status == 200  # one
    server.until(lambda: server.run["time"] > begin + 0.75)
    assert server.run["time"] == pytest.approx(begin + 0.8)


def test_goto_then_as_before(server: Served) -> None:
    restart(server)
    assert server.post("/api/run/goto", {"time": 60.0}).status == 200
    server.until(lambda: server.run["state"] == "paused" and server.run["time"] >= 60.0)
    assert server.run["time"] == 60.0
    before = server.run["run"]
    assert server.post("/api/run/goto", {"time": 20.0}).status == 200  # back: the run begins anew
    server.until(lambda: server.run["state"] == "paused" and server.run["time"] == 20.0)
    assert server.run["run"] != before


def test_speed_is_that_of_real_time(server: Served) -> None:
    restart(server)
    assert server.post("/api/run/speed", {"factor": 5.0}).status == 200

    async def look() -> tuple[float, float]:
        async with viewing(server) as viewer:
            server_run = await viewer.text("run")
            assert server_run["speed"] == 5.0
            await viewer.text("snapshot")
            await asyncio.to_thread(server.post, "/api/run/resume")
            await viewer.frame(2)
            await viewer.watch(2.0)
            moving = [(at, wall) for type, _, flags, at, wall in viewer.frames if type in (1, 2) and not flags]
            rate = (len(moving) - 1) / (moving[-1][1] - moving[0][1])
            return (moving[-1][0] - moving[0][0]) / (moving[-1][1] - moving[0][1]), rate

    factor, rate = asyncio.run(look())
    assert factor == pytest.approx(5.0, rel=0.25)
    assert rate <= 12.5  # frames a second


def test_a_pause_stops_time_and_frames(server: Served) -> None:
    restart(server)
    server.post("/api/run/speed", {"factor": 10.0})
    server.post("/api/run/resume")

    async def look() -> None:
        async with viewing(server) as viewer:
            await viewer.text("snapshot")
            await viewer.frame(2)
            await asyncio.to_thread(server.post, "/api/run/pause")
            await viewer.text("run", lambda run: run["state"] == "paused")
            await viewer.watch(0.2)
            assert viewer.frames[-1][2] & 1  # the flag says so
            before = len([frame for frame in viewer.frames if frame[0] in (1, 2)])
            await viewer.watch(1.2)
            states = [frame for frame in viewer.frames if frame[0] in (1, 2)]
            assert len(states) == before
            assert any(text["type"] == "health" for text in viewer.texts)  # a sign of life
            # A step while paused is seen at once.
            at = states[-1][3]
            await asyncio.to_thread(server.post, "/api/run/step", {"steps": 1})
            frame = await viewer.frame(1, 2)
            assert struct.unpack_from("<d", frame, HEADER_TIME)[0] == pytest.approx(at + 0.1)
            assert frame[5] & 1

    asyncio.run(look())


def test_restart_with_a_seed(server: Served) -> None:
    restart(server, seed=77)
    assert server.run["seed"] == 77
    assert server.run["time"] < 600.0


def test_the_end_and_after(server: Served) -> None:
    restart(server)
    server.post("/api/run/speed", {"factor": None})
    server.post("/api/run/resume")
    server.until(lambda: server.run["state"] == "ended")
    assert server.run["time"] == 600.0
    assert server.run["words"] == "the run reached its end"
    assert server.get("/api/objects/unit/0").json["received"] > 0  # what there was can still be looked at
    assert server.get("/api/world").status == 200
    assert server.post("/api/run/pause").status == 409

    async def look() -> None:
        async with viewing(server) as viewer:  # and by who joins now
            assert (await viewer.text("snapshot"))["kpis"][-1]["time"] == 600.0
            assert await viewer.frame(1)

    asyncio.run(look())
    restart(server)


def test_stop(server: Served) -> None:
    restart(server)
    server.post("/api/run/step", {"steps": 5})
    assert server.post("/api/run/stop").json["state"] == "ended"
    assert server.run["words"] == "the run was stopped"
    assert server.post("/api/run/resume").status == 409


def test_a_child_that_is_killed(server: Served) -> None:
    restart(server)

    async def look() -> str:
        async with viewing(server) as viewer:
            await viewer.text("snapshot")
            os.kill(server.child, signal.SIGKILL)
            words: str = (await viewer.text("run", lambda run: run["state"] == "died"))["words"]
            await asyncio.to_thread(server.post, "/api/run/restart")  # the same client sees the next run
            await viewer.text("run", lambda run: run["state"] == "running")
            await viewer.text("snapshot")
            await viewer.frame(1)
            return words

    assert "SIGKILL" in asyncio.run(look())
    assert server.get("/api/objects/unit/0").status == 200


def test_calls_while_there_is_no_run(server: Served) -> None:
    restart(server)
    os.kill(server.child, signal.SIGSEGV)
    server.until(lambda: server.run["state"] == "died")
    assert "SIGSEGV" in server.run["words"]
    for path in ("/api/run/pause", "/api/run/resume", "/api/run/stop"):
        answer = server.post(path)
        assert (answer.status, answer.detail) == (409, "there is no run: start one")
    assert server.post("/api/run", {"scenario": "crossing"}).status == 200
    server.begun()


def test_last_words_of_a_mistake(server: Served) -> None:
    """What a child refuses is told in one line: here a policy that there is not."""
    answer = server.post("/api/run", {"scenario": "crossing", "overrides": {"parking.policy": "nearset"}})
    assert answer.status == 200  # its name is looked up where it is used
    server.until(lambda: server.run["state"] == "died")
    assert "parking.policy = 'nearset': must be one of announce, batch, " in server.run["words"]
    assert "\n" not in server.run["words"]
    assert server.post("/api/run", {"scenario": "crossing", "seed": 5}).status == 200
    server.begun()
    assert server.run["seed"] == 5


def test_beside_files_of_the_librarys_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose working directory holds what must not be imported; what the scenario names there is."""
    for name in ("queue", "socket", "json", "numpy", "typing", "wayside"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')")
    (tmp_path / "mine.py").write_text("import queue\nfrom wayside.edge.parking.policies import nearest")
    monkeypatch.chdir(tmp_path)
    with served(Start("crossing", {"parking.policy": "mine:nearest"}, speed=None, paused=True)) as one:
        one.begun()
        assert one.post("/api/run/step").status == 200
