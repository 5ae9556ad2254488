"""Two runs side by side: what they are, that they go together, and that they are what they would be alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.sim.children import wayside
from tests.web.server.serving import Served, served, viewing
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.runs import Ended
from wayside.sim.experiments.study import Design, Study
from wayside.web.film.pieces import FILE
from wayside.web.server.alike import arms
from wayside.web.server.errands import TRIPS, DoneErrand, Pairing
from wayside.web.server.hub import Hub
from wayside.web.server.pair import Against, PairedSession, errands_of, other_of
from wayside.web.server.recorded_pair import RecordedPair
from wayside.web.server.scenarios import Scenarios
from wayside.web.server.session import Start
from wayside.web.server.studies import findings_of, found_in

END = 125.0
STEP = 0.1
SEED = {"scenario.end": END, "scenario.seed": 4, "parking.request_distance": 400.0}
# Nobody is helped, and everybody drives otherwise: by the help alone so few drivers differ in so short a time.
OTHER = {"v2x.penetration": 0.0, "sumo.options.default.action-step-length": 1.0}
CALLED = "action-step-length 1.0, penetration 0.0"


def paired(out: Path | None = None) -> PairedSession:
    """A session that begins with two runs."""
    return PairedSession(Hub(), Scenarios.of(("crossing",)), out, 20_000_000, first=Against(None, OTHER))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path, list[tuple[float, float]]]]:
    """The crossing with and without units' help, to its end, and where the two clocks were meanwhile."""
    out = tmp_path_factory.mktemp("runs")
    session = paired(out)
    clocks: list[tuple[float, float]] = []
    came = session.came

    def look(which: int, time: float) -> None:
        came(which, time)
        first, second = session._lock.times
        if first is not None and second is not None:
            clocks.append((first, second))

    session.came = look  # type: ignore[method-assign]
    with served(Start("crossing", SEED, None), session=session) as server:
        server.until(lambda: session.run["state"] == session.second.run["state"] == "ended", "for both")
        yield server, out, clocks


def test_both_go_together(both: tuple[Served, Path, list[tuple[float, float]]]) -> None:
    _, _, clocks = both
    assert len(clocks) > 100
    assert max(abs(first - second) for first, second in clocks) <= 0.5 + 1e-9


def test_the_recordings_are_those_of_single_runs(
    both: tuple[Served, Path, list[tuple[float, float]]], tmp_path: Path
) -> None:
    server, out, _ = both
    server.call("POST", "/api/run/stop")
    said = [f"--set={path}={value}" for path, value in SEED.items()]
    for number, more in ((1, []), (2, [f"--set={path}={value}" for path, value in OTHER.items()])):
        alone = tmp_path / str(number)
        done = wayside("run", "crossing", *said, *more, "--set=record.view=true", "--out", alone)
        assert done.returncode == 0, done.stderr
        server.until((out / f"{number}-crossing" / FILE).is_file, "for the results")
        assert (out / f"{number}-crossing" / FILE).read_bytes() == (alone / FILE).read_bytes()
        for table in ("vehicles.parquet", "parking.parquet"):
            pd.testing.assert_frame_equal(
                pd.read_parquet(out / f"{number}-crossing" / table), pd.read_parquet(alone / table)
            )


def gain(folders: list[Path], table: str, begun: str, done: str, driven: str) -> tuple[int, int, int, float, float]:
    """Pairs, those sooner, those later, mean gain [s], sum of what is not driven [m]: of the tables, by pandas."""
    frames = []
    for folder in folders:
        frame = pd.read_parquet(folder / f"{table}.parquet")
        frame["number"] = frame.groupby("vehicle").cumcount()
        frames.append(frame.dropna(subset=[begun, done]).set_index(["vehicle", "number"]))
    joined = frames[0].merge(frames[1], left_index=True, right_index=True, suffixes=("_a", "_b"))
    less = (joined[f"{done}_b"] - joined[f"{begun}_b"]) - (joined[f"{done}_a"] - joined[f"{begun}_a"])
    metres = (joined[f"{driven}_b"] - joined[f"{driven}_a"]).sum() if driven else 0.0
    return len(joined), int((less >= 1.0).sum()), int((less <= -1.0).sum()), float(less.mean()), float(metres)


def told(pairs: dict[str, Any], table: str) -> tuple[int, int, int, float, float]:
    """The same of what the server tells."""
    place = [errand["table"] for errand in pairs["errands"]].index(table)
    rows = [row for row in pairs["rows"] if row[0] == place]
    gains = [row[2] for row in rows]
    return (
        len(rows),
        sum(one >= 1.0 for one in gains),
        sum(one <= -1.0 for one in gains),
        sum(gains) / len(gains),
        sum(row[3] for row in rows),
    )


@pytest.mark.parametrize(
    ("table", "begun", "done", "driven"),
    [("vehicles", "departed_s", "arrived_s", "distance_m"), ("parking", "began", "parked", "driven_m")],
)
def test_the_headline_is_what_the_tables_say(
    both: tuple[Served, Path, list[tuple[float, float]]], table: str, begun: str, done: str, driven: str
) -> None:
    server, out, _ = both
    folders = [out / "1-crossing", out / "2-crossing"]
    server.until(lambda: all((folder / "summary.json").is_file() for folder in folders), "for the results")
    expected = gain(folders, table, begun, done, driven)
    assert expected[0] >= 3
    assert expected[3] != 0.0
    live = told(server.get("/api/pairs").json, table)
    assert live[:3] == expected[:3]
    assert live[3:] == pytest.approx(expected[3:], abs=1e-9)
    pair = RecordedPair(Hub(), (folders[0], folders[1]))
    recorded = told(pair.pairs(), table)
    pair.close_films()
    assert recorded[:3] == expected[:3]
    assert recorded[3:] == pytest.approx(expected[3:], abs=1e-9)


def test_two_recordings_are_served(both: tuple[Served, Path, list[tuple[float, float]]]) -> None:
    server, out, _ = both
    folders = (out / "1-crossing", out / "2-crossing")
    server.until(lambda: all((folder / "summary.json").is_file() for folder in folders), "for the results")
    with served(session=RecordedPair(Hub(), folders)) as recorded:
        assert recorded.run["against"] == CALLED
        assert recorded.get("/api/against/status").json["run"]["state"] == "recorded"
        assert recorded.get("/api/recording/track").body != recorded.get("/api/against/recording/track").body
        assert recorded.post("/api/run/against", {}).status == 409
    with pytest.raises(WaysideError, match="nothing to be held against it"):
        RecordedPair(Hub(), (folders[0], folders[0]))


def test_what_steers_is_done_by_both() -> None:
    session = paired()
    second = session.second

    def states() -> tuple[str, str]:
        return session.run["state"], second.run["state"]

    with served(Start("crossing", SEED, 5.0), session=session) as server:
        server.until(lambda: states() == ("running", "running"), "for both")
        server.until(lambda: min(one or 0.0 for one in session._lock.times) > 2.0, "for some steps")
        road = server.get("/api/world").json["edges"]["internal"].index(0)
        done = server.post("/api/actions/road", {"edge": road, "closed": True})
        assert done.status == 200
        server.post("/api/run/pause")
        server.until(lambda: states() == ("paused", "paused"), "for both to pause")
        assert session.run["time"] == second.run["time"]
        server.post("/api/run/step", {"steps": 7})
        at = session.run["time"]
        server.until(lambda: session.run["time"] == second.run["time"] > at, "for the steps")
        server.post("/api/run/goto", {"time": 20.0})
        server.until(lambda: states() == ("paused", "paused") and session.run["time"] == second.run["time"] >= 20.0)
        events = [find(server, path, "is closed") for path in ("/api", "/api/against")]
        assert events[0] == events[1] != []  # at the same moment
        run = session.run["run"]
        server.post("/api/run/restart", {"seed": 9})
        server.until(lambda: states() == ("running", "running") and session.run["run"] != run, "for both again")
        assert (session.run["seed"], second.run["seed"]) == (9, 9)
        assert server.post("/api/run/alone").status == 200
        assert states() == ("running", "none")
        assert session.run["against"] is None
        assert server.get("/api/pairs").status == 404
        now = session.run["time"]
        server.until(lambda: session.run["time"] > now + 2.0, "for the first to go on alone")
        refused = server.post("/api/run/against", {"overrides": {"v2x.penetration": 0.6, "scenario.seed": 2}})
        assert "scenario.seed: both are runs of one replication" in refused.detail
        assert server.post("/api/run/against", {"overrides": {"v2x.penetration": 0.3}}).status == 200
        server.until(lambda: states() == ("running", "running"), "for both once more")


def find(server: Served, path: str, words: str) -> list[float]:
    """When an event of a recording was, s."""
    import zlib

    track = zlib.decompress(server.get(f"{path}/recording/track").body, -15).splitlines()
    said = [json.loads(line) for line in track]
    return [one["time"] for line in said if line["type"] == "events" for one in line["events"] if words in one["text"]]


def test_a_page_hears_of_both_and_of_pairs() -> None:
    session = paired()
    with served(Start("crossing", SEED, None), session=session) as server:

        async def look() -> dict[str, Any]:
            async with viewing(server) as viewer:
                await viewer.text("run", lambda run: run["against"] == CALLED)
                return await viewer.text("pairs")

        said = asyncio.run(look())
        assert said["from"] == 0
        assert len(said["rows"][0]) == 4


def test_one_that_dies_holds_nobody_up() -> None:
    session = paired()
    with served(Start("crossing", SEED, None), session=session) as server:
        server.until(lambda: session.second.run["state"] == "running", "for the second")
        assert session.second._child is not None
        session.second._child._process.kill()
        server.until(lambda: session.second.run["state"] == "died", "for it to die")
        server.until(lambda: session.run["state"] == "ended", "for the first to come to its end")


@pytest.mark.parametrize(
    ("against", "words"),
    [
        (Against(None, {"v2x.penetration": 0.6}), "there is nothing to be held against it"),
        (Against(None, {"v2x.penetratoin": 0.6}), 'v2x.penetratoin: no such field; did you mean "penetration"?'),
        (Against(None, {"scenario.seed": 3}), "both are runs of one replication"),
        (Against(None, {"demand.replication": 3}), "both are runs of one replication"),
        (Against("lingang"), "lingang has other streets than crossing"),
        (Against("atlantis"), "no such scenario"),
    ],
)
def test_what_cannot_be_held_against_one_another(against: Against, words: str) -> None:
    scenarios = Scenarios.of(("crossing",))
    with pytest.raises(WaysideError) as refused:
        other_of(Start("crossing", {"v2x.penetration": 0.6}), against, scenarios)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_the_two_are_called() -> None:
    first = Scenarios.of(("crossing",)).load("crossing")
    assert arms(first, first.replace("v2x.penetration", 0.0)) == (
        f"penetration {first.v2x.penetration}",
        "penetration 0.0",
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of three replications, as `wayside compare` leaves it; its figures are made up."""
    said = Study(scenario="crossing", vary={"v2x.penetration": [0.6, 0.0]}, replications=3)
    names = [arm.name for arm in Design(said).arms]
    searches = {names[0]: (40.0, 41.0, 45.0), names[1]: (50.0, 53.0, 56.0)}
    lines = [
        asdict(
            Ended(
                f"{arm}-{number}", arm, number, "finished", {"parking.search_time_s": value}, ("parking.search_time_s",)
            )
        )
        for arm, values in searches.items()
        for number, value in enumerate(values)
    ]
    (tmp_path / "study.toml").write_text(said.to_toml())
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def test_a_study_tells_how_sure_one_can_be(study: Path) -> None:
    first = Scenarios.of(("crossing",)).load("crossing", {"v2x.penetration": 0.6, "scenario.seed": 7})
    second = first.replace("v2x.penetration", 0.0)
    found = found_in(study, first, second, errands_of())
    assert found is not None
    (row,) = found["figures"]
    # Differences -10, -12, -11: mean -11, standard deviation 1, Student's t of 2 degrees of freedom at 97.5 %: 4.3027.
    assert (found["replications"], row["figure"], row["pairs"]) == (3, "parking.search_time_s", 3)
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (-11.0, -11.0 - 4.302653 / 3**0.5, -11.0 + 4.302653 / 3**0.5)
    )
    turned = found_in(study, second, first, errands_of())
    assert turned is not None
    assert turned["figures"][0]["difference"] == pytest.approx(11.0)
    assert found_in(study, first, first.replace("v2x.penetration", 0.3), errands_of()) is None


def test_what_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(WaysideError, match="is no directory of a study"):
        findings_of(tmp_path)


def test_an_errand_is_paired_by_vehicle_and_number() -> None:
    pairing = Pairing([TRIPS])
    pairing.take(0, [DoneErrand("vehicles", "a", 0, 0.0, 10.0, 100.0), DoneErrand("vehicles", "b", 0, 0.0, 5.0, 1.0)])
    pairing.take(1, [DoneErrand("vehicles", "a", 1, 0.0, 99.0, 0.0), DoneErrand("vehicles", "a", 0, 2.0, 15.0, 130.0)])
    assert pairing.rows == [(0, 15.0, 3.0, 30.0)]
    assert pairing.counts == [[2, 2]]
    assert pairing.message(1)["rows"] == []
