"""Published occupancy: what is read, what is refused, what the forecast is worth, and cars that stand so in SUMO."""

import gzip
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.sim.children import run, wayside
from wayside.edge.errors import WaysideError
from wayside.sim.recorded.occupancy import backtest, read_occupancy, standing

TABLE = """timestamp,a,b,never,c
2020-06-10T08:00:00+00:00,10,,,3
2020-06-10T08:05:00+00:00,8,20,,
2020-06-10T08:10:00+00:00,,-1,,4
2020-06-10T08:15:00+00:00,6,15,,0
"""


def table(folder: Path, text: str) -> Path:
    path = folder / "free.csv"
    path.write_text(text)
    return path


def test_what_is_not_said_is_as_before(tmp_path: Path) -> None:
    meta = tmp_path / "meta.csv"
    meta.write_text('place_id,num_all,address\na,12,"two\nlines"\nb,,\nc,2,\n')
    found = read_occupancy(table(tmp_path, TABLE), meta)
    assert (found.lots, found.left_out, found.guessed) == (("a", "b", "c"), 1, 1)
    assert found.capacity.tolist() == [12, 20, 4]  # c has more free than it should have
    assert found.time.tolist() == [0.0, 300.0, 600.0, 900.0]
    expected = [[2, np.nan, 1], [4, 0, 1], [4, 0, 0], [6, 5, 4]]
    np.testing.assert_array_equal(found.taken, expected)
    (tmp_path / "free.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    np.testing.assert_array_equal(read_occupancy(tmp_path / "free.csv.gz", meta).taken, expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: begins with ''"),
        ("time,a\n", "line 1: begins with 'time'"),
        ("timestamp,a,a\n", "line 1: 'a' stands there twice"),
        ("timestamp,a\n", "has no row"),
        ("timestamp,a\n2020-06-10T08:00:00,\n", "all cells are empty"),
        ("timestamp,a\n2020-06-10T08:00:00,1,2\n", "line 2: has 3 cells: must have 2"),
        ("timestamp,a\n2020-06-10T08:00:00\n", "line 2: has 1 cells: must have 2"),
        ("timestamp,a\n2020-06-10T08:00:00,many\n", "line 2: a: 'many': must be a whole number"),
        ("timestamp,a\n2020-06-10T08:00:00,1.5\n", "line 2: a: '1.5': must be a whole number"),
        ("timestamp,a\n2020-06-10T08:00:00,nan\n", "line 2: a: 'nan': must be a whole number"),
        ("timestamp,a\nmorning,1\n", "line 2: timestamp 'morning': must be a time"),
        ("timestamp,a\n2020-06-10T08:00:00,1\n2020-06-10T08:00:00,1\n", "line 3: timestamp .*: must be after"),
        ("timestamp,a\n2020-06-10T08:00:00,1\n2020-06-10T09:00:00Z,1\n", "line 3: timestamp .*: must have an offset"),
    ],
)  # fmt: skip
def test_a_broken_table_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WaysideError, match=f"free.csv: {said}") as error:
        read_occupancy(table(tmp_path, text))
    assert "\n" not in str(error.value)


def test_what_is_no_table_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "free.csv").write_bytes(b"\xff\xfe\x00timestamp")
    told = wayside("park-data", tmp_path / "free.csv")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    told = wayside("park-data", tmp_path / "none.csv")
    assert told.stderr == f"wayside: {tmp_path / 'none.csv'}: No such file or directory\n"
    told = wayside("park-data", table(tmp_path, TABLE), "--scenario", "crossing")
    assert told.stderr == "wayside: park-data: --scenario and --out belong together: name both or neither\n"


def test_a_steady_stream_is_foreseen(tmp_path: Path) -> None:
    """One bay is taken each minute: after an hour of watching the forecast is off by little, "as now" by all of it."""
    rows = [f"2020-06-10T{8 + k // 60:02}:{k % 60:02}:00,{400 - k}" for k in range(240)]
    found = read_occupancy(table(tmp_path, "\n".join(["timestamp,a", *rows])))
    (one,) = backtest(found, [1800.0], 3600.0, 300.0)
    assert one.cases == 240 - 30
    assert one.as_now == pytest.approx(30 / 400)
    assert one.error < one.as_now / 20
    (far,) = backtest(found, [1e6], 3600.0, 300.0)
    assert far.cases == 0
    assert np.isnan(far.error)


def test_nothing_is_forecast_across_a_hole(tmp_path: Path) -> None:
    text = "timestamp,a\n" + "".join(f"2020-06-10T{at}:00,5\n" for at in ("08:00", "08:30", "10:00", "10:30"))
    (one,) = backtest(read_occupancy(table(tmp_path, text)), [1800.0], 3600.0, 300.0)
    assert one.cases == 2


def test_cars_stand_as_the_lots_were(tmp_path: Path) -> None:
    """At each time as many as share x bays, of each area that has a lot."""
    found = read_occupancy(table(tmp_path, TABLE))
    areas = [("p<1>", "e", 20), ("p2", "f", 5), ("p3", "g", 7)]
    column = np.array([0, 2, -1], np.int32)
    cars = ElementTree.fromstring("".join(standing(found, column, areas, 300.0, 1200.0))).findall("vehicle")
    assert [float(car.get("depart", "")) for car in cars] == sorted(float(car.get("depart", "")) for car in cars)
    for row, time in ((1, 0.0), (2, 300.0), (3, 600.0)):
        for area, lot in ((0, 0), (1, 2), (2, None)):
            there = 0
            for car in cars:
                (stop,), since = car.findall("stop"), float(car.get("depart", ""))
                here = stop.get("parkingArea") == areas[area][0]
                there += here and since <= time < since + float(stop.get("duration", ""))
            expected = 0 if lot is None else round(found.taken[row, lot] / found.capacity[lot] * areas[area][2])
            assert there == expected


def test_in_a_run_they_stand(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    text = "timestamp,a\n2020-06-10T08:00:00,10\n2020-06-10T08:01:00,5\n"
    out = tmp_path / "background.add.xml"
    told = wayside("park-data", table(tmp_path, text), "--scenario", "crossing", "--out", out, "--begin", "60")
    assert told.returncode == 0, told.stderr
    given = Path(__file__).parents[3] / "scenarios/crossing/crossing.add.xml.gz"
    more = "--set", f"sumo.options.additional-files={given},{out}", "--set", "scenario.end=30"
    rows = pq.read_table(run("crossing", tmp_path / "run", *more) / "facilities.parquet").to_pylist()
    last = [row for row in rows if row["service"] == "parking" and row["time_s"] == rows[-1]["time_s"]]
    assert len(last) == 2
    assert all(row["occupied"] >= row["capacity"] // 2 for row in last)
