"""What a run records: the same as the live view tells, at any speed the same bytes, and nothing else changes."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.sim.children import in_child, wayside, words
from tests.web.film.test_reel import records
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.web.film.pieces import FILE, RecordKind
from wayside.web.film.reel import FilmFile

END = 40.0
CHANGES = {"scenario.end": END, "v2x.penetration": 1.0, "record.view": True}


class Truth(NamedTuple):
    """What a run was like: where vehicles were at whole seconds, by station; its figures."""

    seen: dict[float, dict[int, tuple[float, float, float]]]
    kpis: dict[str, float]


def run(out: Path, changes: dict[str, object], iterated: bool = False) -> Truth:
    seen = {}

    def look(simulation: Simulation) -> None:
        time, table = simulation.time, simulation.vehicles
        if abs(time - round(time)) < 1e-6:
            slots = table.slots()
            rows = zip(
                table.station[slots].tolist(),
                zip(table.x[slots].tolist(), table.y[slots].tolist(), table.speed[slots].tolist(), strict=True),
                strict=True,
            )
            seen[round(time)] = dict(rows)

    with Simulation(Scenario.load("crossing").replace({**CHANGES, **changes}), out) as simulation:
        if iterated:
            for _ in simulation:
                look(simulation)
        else:
            simulation.run(lambda tick: look(tick.simulation))
        kpis = simulation.metrics.kpis()
    return Truth({float(time): rows for time, rows in seen.items()}, kpis)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    out = tmp_path_factory.mktemp("film") / "out"
    return out, in_child(run, out, {})


def test_it_holds_what_was(recorded: tuple[Path, Truth]) -> None:
    out, truth = recorded
    film = FilmFile(out / FILE)
    assert film.warning() == ""
    assert film.reel.span == (0.1, END)
    checked = 0
    for stretch in film.reel.stretches:
        keyframe: dict[int, tuple[float, float]] = {}
        order: list[int] = []
        for kind, time, content in records(stretch.bytes()):
            if kind != RecordKind.FRAME or content[4] not in (1, 2):
                continue
            _, _, _, _, _, count, said, wall = struct.unpack_from("<IBBHIIdd", content)
            assert said == wall == time
            if content[4] == 1:
                order, keyframe = _keyframe(content[32:], count)
                now = keyframe
            else:
                now = _delta(content[32:], count, order, keyframe)
            if time in truth.seen:
                there = truth.seen[time]
                assert now.keys() == there.keys()
                for station, (x, y) in now.items():
                    assert abs(x - there[station][0]) < 0.006
                    assert abs(y - there[station][1]) < 0.006
                checked += len(now)
    assert checked > 300
    film.close()


def _columns(body: bytes, count: int) -> tuple[list[int], dict[int, tuple[float, float]]]:
    ids = list(struct.unpack_from(f"<{count}I", body))
    x = struct.unpack_from(f"<{count}i", body, 4 * count)
    y = struct.unpack_from(f"<{count}i", body, 8 * count)
    return ids, {id: (a / 100, b / 100) for id, a, b in zip(ids, x, y, strict=True)}


_keyframe = _columns


def _delta(
    body: bytes, count: int, order: list[int], base: dict[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    _, full, gone, _ = struct.unpack_from("<4I", body)
    body = body[16:]
    dx = struct.unpack_from(f"<{count}h", body)
    dy = struct.unpack_from(f"<{count}h", body, 2 * count)
    now = dict(base)
    for id, x, y in zip(order, dx, dy, strict=False):
        now[id] = (base[id][0] + x / 100, base[id][1] + y / 100)
    _, whole = _columns(body[6 * count :], full)
    now |= whole
    for id in struct.unpack_from(f"<{gone}I", body, 6 * count + 16 * full):
        del now[id]
    return now


def test_names_figures_and_events_are_those_of_the_run(recorded: tuple[Path, Truth]) -> None:
    out, truth = recorded
    film = FilmFile(out / FILE)
    lines = [json.loads(line) for line in zlib.decompress(film.reel.track(), -15).splitlines()]
    film.close()
    named = {row[0] for line in lines if line["type"] == "names" for row in line["vehicles"]}
    assert named == {station for rows in truth.seen.values() for station in rows}
    figures = [line for line in lines if line["type"] == "kpis"]
    assert [line["time"] for line in figures] == sorted({line["time"] for line in figures})
    assert figures[-1] == {"type": "kpis", "time": END, "values": json.loads(json.dumps(truth.kpis))}
    kinds = {message["type"] for one in film_texts(out) for message in one}
    assert kinds >= {"snapshot", "lights", "messages"}


def film_texts(out: Path) -> list[list[dict[str, Any]]]:
    film = FilmFile(out / FILE)
    texts = [
        [json.loads(content) for kind, _, content in records(stretch.bytes()) if kind == RecordKind.TEXT]
        for stretch in film.reel.stretches
    ]
    film.close()
    return texts


def test_each_stretch_can_be_begun_with(recorded: tuple[Path, Truth]) -> None:
    out, _ = recorded
    for texts in film_texts(out):
        assert texts[0]["type"] == "snapshot"
        assert texts[0].keys() >= {"lights", "parks", "sites", "units", "closed", "messages"}


def test_the_same_bytes_however_it_is_run(recorded: tuple[Path, Truth], tmp_path: Path) -> None:
    out, truth = recorded
    again = in_child(run, tmp_path / "again", {}, True)
    assert (tmp_path / "again" / FILE).read_bytes() == (out / FILE).read_bytes()
    assert again == truth


def test_nothing_changes_by_being_recorded(recorded: tuple[Path, Truth], tmp_path: Path) -> None:
    _, truth = recorded
    without = in_child(run, tmp_path / "without", {"record.view": False})
    assert not (tmp_path / "without" / FILE).exists()
    assert without == truth


def test_it_ends_at_its_limit(tmp_path: Path) -> None:
    changes = ("--set", "record.view=true", "--set", "v2x.penetration=1.0", "--set", "record.view_limit=0.012")
    finished = wayside("run", "crossing", "--until", END, *changes, "--out", tmp_path / "small")
    assert finished.returncode == 0
    film = FilmFile(tmp_path / "small" / FILE)
    size = (tmp_path / "small" / FILE).stat().st_size
    assert film.reel.ended is not None
    full = "the recording has reached 0.012 MB (record.view_limit)"
    assert film.reel.span is not None
    last = film.reel.span[1]
    assert film.reel.ended == {"words": full, "time": last, "full": True}
    assert last < END
    assert film.warning() == f"{film.path}: {full}; it plays up to {last:g} s"
    told = f"the recording was full at {size / 1e6:.3g} MB at {last:g} s: what came later is not in it"
    assert [line for line in words(finished.stderr) if "recording" in line] == [f"warning: record.view_limit: {told}"]
    assert 12_000 < size < 20_000
    film.close()
