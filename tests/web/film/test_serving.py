"""What of a recording is asked for over HTTP: of a run that goes on, and of one that is over (`wayside view`)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.children import wayside
from tests.web.film.test_reel import file_of, of_world, pieces, records
from tests.web.server.serving import Served, served, viewing
from wayside.web.film.pieces import FILE
from wayside.web.film.reel import FilmFile
from wayside.web.server.hub import Hub
from wayside.web.server.recorded import RecordedSession
from wayside.web.server.session import Start


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """The crossing after 24 s, paused; its results go to a folder."""
    out = tmp_path_factory.mktemp("runs")
    start = Start("crossing", {"v2x.penetration": 1.0}, speed=None, paused=True, goto=24.0)
    with served(start, out=out) as server:
        server.until(lambda: server.run["state"] == "paused" and server.run["time"] >= 24.0)
        yield server, out


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Served]:
    """A made-up recording, served."""
    found = FilmFile(file_of(tmp_path, b"".join(pieces())))
    with served(session=RecordedSession(Hub(), found)) as server:
        yield server
    found.close()


def test_a_run_that_goes_on_is_recorded(live: tuple[Served, Path]) -> None:
    server, _ = live
    index = server.get("/api/recording").json
    assert index["whole"] is True
    assert index["ended"] is None
    assert index["begin"] == pytest.approx(0.1)
    assert index["end"] >= 23.0
    rows = index["stretches"]
    assert [row[1] for row in rows] == [pytest.approx(0.1), 10.0, 20.0]
    for number, _, _, size in rows:
        answer = server.get(f"/api/recording/stretches/{number}", Accept_Encoding="gzip")
        assert answer.headers["content-encoding"] == "identity"  # it is squeezed already
        assert len(answer.body) == size + 5
        assert json.loads(records(answer.body)[0][2])["type"] == "snapshot"
    lines = zlib.decompress(server.get("/api/recording/track").body, -15).splitlines()
    assert {json.loads(line)["type"] for line in lines} == {"names", "kpis", "events"}
    zlib.decompress(server.get("/api/recording/reasons").body, -15)
    refused = server.get("/api/recording/stretches/77")
    assert (refused.status, refused.detail) == (404, "stretch 77: it is not recorded, or is kept no longer")
    assert server.get("/api/recording/stretches/x").status == 404


def test_health_says_how_far_one_can_go_back(live: tuple[Served, Path]) -> None:
    server, _ = live

    async def look() -> list[float]:
        async with viewing(server) as viewer:
            said = await viewer.text("health", lambda health: health["recorded"][1] >= 23.0)
            return list(said["recorded"])

    begin, end = asyncio.run(look())
    assert begin == pytest.approx(0.1)
    assert end <= 24.0


def test_who_has_looked_back_gets_a_snapshot_again(live: tuple[Served, Path]) -> None:
    server, _ = live

    async def look() -> None:
        async with viewing(server) as viewer:
            viewer.acknowledge = False  # as the page does while it shows the recording
            await viewer.text("snapshot")
            await viewer.frame(1)
            viewer.acknowledge = True
            await viewer.say({"type": "snapshot"})
            await viewer.text("snapshot")
            await viewer.frame(1)
            for _ in range(8):
                await viewer.say({"type": "snapshot"})
            assert (await viewer.text("refused"))["reason"] == "more than 1 snapshots a second"

    asyncio.run(look())


def test_a_killed_run_has_left_its_recording(live: tuple[Served, Path]) -> None:
    """The last of the tests that need the run."""
    server, out = live
    os.kill(server.child, signal.SIGKILL)
    server.until(lambda: server.run["state"] == "died")
    # What the server keeps can still be looked at, and so can the file.
    kept = server.get("/api/recording").json
    (left,) = out.glob(f".1-crossing.partial-*/{FILE}")
    film = FilmFile(left)
    assert film.reel.span == (kept["begin"], kept["end"])
    assert "the run was killed" in film.warning()
    film.close()


def test_nothing_is_recorded_where_that_is_not_wanted() -> None:
    with served(Start("crossing", {"record.view": False}, paused=True)) as server:
        server.begun()
        refused = server.get("/api/recording")
        assert (refused.status, refused.detail) == (404, "this run is not recorded")


def test_a_recording_is_served_without_a_run(film: Served) -> None:
    run = film.get("/api/status").json["run"]
    assert (run["state"], run["scenario"], run["time"], run["words"]) == ("recorded", "made-up", 12.0, "")
    assert film.get("/api/world").json == {"run": "recording", "kinds": ["cam"], "types": []}
    assert film.get("/api/recording").json["ended"] == {"words": "the run ended", "time": 12.0}
    assert len(records(film.get("/api/recording/stretches/1").body)) == 5
    for path in ("run/pause", "run/restart", "run/stop"):
        refused = film.post(f"/api/{path}")
        assert (refused.status, refused.detail) == (409, "this is a recording: start wayside serve for a run")
    assert film.get("/api/objects/unit/0").status == 409

    async def look() -> list[str]:
        async with viewing(film) as viewer:
            return list((await viewer.text("hello"))["rights"])

    assert asyncio.run(look()) == ["view"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("view", "nothing"), "nothing: there is no such file or directory"),
        (("view", "."), ".: has no recording (view.film): run with --set record.view=true"),
        (("view", "odd"), "odd: is no recording of the live view: there is nothing to play"),
        (("export", "odd", "--html", "x.html"), "odd: is no recording of the live view: there is nothing to play"),
        (("view", "list"), "list: its world is no object of JSON: it cannot be played"),
        (("export", "list", "--html", "x.html"), "list: its world is no object of JSON: it cannot be played"),
    ],
)
def test_what_cannot_be_played_is_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "odd").write_bytes(b"something else altogether, longer than a header")
    (tmp_path / "list").write_bytes(of_world(b"[]"))
    finished = wayside(*arguments, cwd=tmp_path)
    assert (finished.returncode, finished.stdout, finished.stderr) == (2, "", f"wayside: {said}\n")
