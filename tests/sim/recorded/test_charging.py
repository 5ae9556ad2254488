"""Recorded sessions: against acnportal's figures on real ones, against linear programs, and files that are wrong."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.conftest import SHARED
from wayside.edge.charging import sharing
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import PowerPolicy, Sessions
from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.cli.command import app
from wayside.sim.recorded.charging import Charged, deliver
from wayside.sim.recorded.hindsight import offline
from wayside.sim.recorded.sessions import RecordedSessions, read_sessions

REAL = SHARED / "data" / "charging" / "caltech-2019-05-08.csv.gz"
REFERENCE = REAL.with_name("acn-reference.txt")
NAMES = {
    "FCFS": sharing.first_come,
    "LCFS": sharing.last_come,
    "EDF": sharing.earliest_deadline,
    "LLF": sharing.least_laxity,
    "LRPT": sharing.longest_remaining,
    "RR": sharing.round_robin,
    "none": sharing.uncontrolled,
}
MOST = 208.0 * 32.0  # W
USABLE = (
    *("earliest-deadline", "equal", "first-come", "last-come", "least-laxity", "longest-remaining", "mpc", "offline"),
    *("round-robin", "smoothed-laxity", "uncontrolled"),
)
HEAD = "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id,estimated_departure\n"


def site(cap_kw: float) -> Limits:
    return Limits.of(("site",), np.array([cap_kw * 1e3]), {})


def run(sessions: RecordedSessions, policy: PowerPolicy, cap_kw: float, most_w: float = MOST) -> Charged:
    return deliver(sessions, lambda clock: policy, site(cap_kw), most_w)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not there")
def test_as_acnportal_has_it() -> None:
    sessions = read_sessions(REAL, "2019-05", 300.0)
    assert len(sessions) == 954
    assert sessions.dropped == 10
    assert sessions.energy_wh.sum() == pytest.approx(15_135_221.0, abs=0.6)
    rows = [line.split() for line in REFERENCE.read_text().splitlines() if line[:2] in ("30", "20")]
    assert len(rows) == 13
    for cap, name, delivered, met, peak, _ in rows:
        found = run(sessions, NAMES[name], float(cap)).figures(sessions)
        assert found["delivered_pct"] == pytest.approx(float(delivered), abs=0.2), (cap, name)
        assert found["met_pct"] == pytest.approx(float(met), abs=1.0), (cap, name)
        assert found["peak_kw"] == pytest.approx(float(peak), abs=0.05), (cap, name)
    best = offline(sessions, site(30.0), MOST).figures(sessions)
    assert best["delivered_pct"] >= 75.0


def made(rows: list[tuple[int, int, float]], period_s: float = 3600.0) -> RecordedSessions:
    """Sessions by arrival, departure (periods) and energy (Wh), each at a station of its own."""
    rows = sorted(rows)
    arrival, departure, energy = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    names = tuple(str(k) for k in range(n))
    periods = arrival.astype(np.int32), departure.astype(np.int32), departure.astype(np.int32)
    return RecordedSessions(
        datetime(2020, 1, 1), period_s, names, np.arange(n, dtype=np.int32), names, *periods, energy.astype(float), 0
    )


stays = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6), st.integers(1, 12)), min_size=1, max_size=6).map(
    lambda rows: [(a, a + stay, wh * 500.0) for a, stay, wh in rows]
)


@given(stays, st.sampled_from([1.0, 2.0, 3.0]))
def test_deadlines_that_can_be_met_are(rows: list[tuple[int, int, float]], cap_kw: float) -> None:
    """Where each could take all of the site's power. What can be met, a linear program says."""
    sessions = made(rows)
    best = offline(sessions, site(cap_kw), 1e5).delivered_wh.sum()
    result = run(sessions, sharing.earliest_deadline, cap_kw, 1e5)
    assert result.delivered_wh.sum() <= best + 1e-3
    if best >= sessions.energy_wh.sum() - 1e-3:
        np.testing.assert_allclose(result.delivered_wh, sessions.energy_wh, atol=1e-3)


def test_a_deadline_that_is_missed_where_power_is_bounded() -> None:
    """The example of docs/charging.md: the earliest deadline first is not the best there."""
    sessions = made([(0, 2, 1e3), (0, 2, 1e3), (0, 3, 3e3)])
    assert run(sessions, sharing.earliest_deadline, 2.0, 1e3).delivered_wh.sum() == pytest.approx(4e3)
    assert run(sessions, sharing.least_laxity, 2.0, 1e3).delivered_wh.sum() == pytest.approx(5e3)
    assert offline(sessions, site(2.0), 1e3).delivered_wh.sum() == pytest.approx(5e3)


@given(stays, st.sampled_from(sorted(NAMES)), st.sampled_from([1.0, 2.5]))
def test_what_is_kept(rows: list[tuple[int, int, float]], name: str, cap_kw: float) -> None:
    """Nobody gets more than it wants or its stay allows, no period more than the cap, and no policy beats hindsight."""
    sessions = made(rows)
    result = run(sessions, NAMES[name], cap_kw, 2e3)
    assert (result.delivered_wh <= sessions.energy_wh + 1e-6).all()
    assert (result.delivered_wh <= (sessions.departure - sessions.arrival) * 2e3 + 1e-6).all()
    assert result.power_w.sum() == pytest.approx(result.delivered_wh.sum())
    if name != "none":
        assert (result.power_w <= cap_kw * 1e3 + 1e-6).all()
        assert result.delivered_wh.sum() <= offline(sessions, site(cap_kw), 2e3).delivered_wh.sum() + 1e-3


@given(stays, st.sampled_from(["FCFS", "EDF", "none"]))
def test_who_is_steady_is_asked_less_often_and_answers_the_same(rows: list[tuple[int, int, float]], name: str) -> None:
    sessions, calls = made(rows, 900.0), []

    def each_time(asked: Sessions, limits: Limits) -> Doubles:
        calls.append(asked.now_s)
        return np.minimum(NAMES[name](asked, limits), 1e9)

    each_time.unlimited = True  # type: ignore[attr-defined]
    often, seldom = run(sessions, each_time, 2.5, 2e3), run(sessions, NAMES[name], 2.5, 2e3)
    np.testing.assert_allclose(often.delivered_wh, seldom.delivered_wh, atol=1e-6)
    np.testing.assert_allclose(often.power_w, seldom.power_w, atol=1e-6)
    assert len(calls) == len(set(calls)) == np.count_nonzero(seldom.power_w)


def write(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


ONE = "2019-05-01 08:00:00,2019-05-01 10:00:00,5.0,4.0,A,s1,2019-05-01 09:00:00"


def test_how_sessions_are_read(tmp_path: Path) -> None:
    rows = (
        "2019-05-02 08:04:59-07:00,2019-05-02 09:00:01-07:00,5,4,A,s2,2019-05-02 10:00:00-07:00",
        "2019-05-01 23:59:00-07:00,2019-05-01 23:59:30-07:00,1,1,B,s1,2019-05-02 01:00:00-07:00",
        "2019-05-02 08:59:00-07:00,2019-05-02 09:30:00-07:00,3,3,A,taken,2019-05-02 10:00:00-07:00",
        "2019-04-30 23:00:00-07:00,2019-05-01 01:00:00-07:00,3,3,C,before,2019-05-02 10:00:00-07:00",
        "2019-05-02 09:05:00-07:00,2019-05-02 09:30:00-07:00,3,2,A,s3,2019-05-02 10:00:00-07:00",
    )
    found = read_sessions(write(tmp_path / "a.csv", *rows), "2019-05", 300.0)
    assert found.session == ("s1", "s2", "s3")
    assert found.dropped == 1
    day = 288
    assert found.arrival.tolist() == [day - 1, day + 96, day + 109]
    assert found.departure.tolist() == [day, day + 109, day + 114]
    assert found.energy_wh.tolist() == [1000.0, 5000.0, 3000.0]
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    other = read_sessions(packed, None, 60.0, "delivered", "estimated")
    assert len(other) == 4  # that of April too
    assert other.energy_wh.tolist() == [3000.0, 1000.0, 4000.0, 2000.0]
    assert other.expected[1] == 2 * 1440 + 60  # from the midnight before the first arrival


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "2019-05-01 08:00,2019-05-01 07:00,5,4,A,s,2019-05-01 09:00",
            "line 2: departure = 2019-05-01 07:00: must not be before the arrival",
        ),
        (
            "2019-05-01 08:00,9999-05-01 07:00,5,4,A,s,2019-05-01 09:00",
            "line 2: departure = 9999-05-01 07:00: must be 366 days at most after the arrival",
        ),
        ("yesterday,2019-05-01 07:00,5,4,A,s,2019-05-01 09:00", "line 2: arrival = yesterday: must be a time"),
        ("2019-05-01 08:00,,5,4,A,s,2019-05-01 09:00", r"line 2: departure = \(nothing\): must be a time"),
        (
            "2019-05-01 08:00,2019-05-01 09:00,-5,4,A,s,2019-05-01 09:00",
            r"line 2: requested_energy \(kWh\) = -5: must be within 0..10000 kWh",
        ),
        ("2019-05-01 08:00,2019-05-01 09:00,nan,4,A,s,2019-05-01 09:00", "= nan: must be within"),
        ("2019-05-01 08:00,2019-05-01 09:00,much,4,A,s,2019-05-01 09:00", "= much: must be a number"),
        ("2019-05-01 08:00,2019-05-01 09:00+02:00,5,4,A,s,2019-05-01 09:00", "line 2: times must all have an offset"),
        ("2019-05-01 08:00,2019-05-01 09:00,5", "line 2: has 3 fields: must have 7"),
    ],
)
def test_what_is_wrong_with_a_row(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(WaysideError, match=f"^{tmp_path}/a.csv: .*{said}"):
        read_sessions(write(tmp_path / "a.csv", row), None, 300.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv"], "none.csv: No such file"),
        (["empty.csv"], "empty.csv: is empty"),
        (["other.csv"], "other.csv: has no column 'arrival': it has when, kwh"),
        (["noise.csv"], "noise.csv: is no table of text"),
        (["a.csv", "--month", "May"], "--month May: must be a year and a month"),
        (["a.csv", "--month", "2019-5"], "--month 2019-5: must be a year and a month, as 2019-05"),
        (["a.csv", "--month", "2019-13"], "--month 2019-13: must be"),
        (["torn.csv.gz"], "torn.csv.gz: the gzip file breaks off"),
        (["a.csv", "--power", "oflin"], f"must be one of {', '.join(USABLE)}, or module:Class .*mean 'offline'"),
        (["a.csv", "--power", "mpc", "--set", "mpc.horizn=1"], '^--set mpc.horizn: no such option of "mpc"; did you'),
        (
            ["a.csv", "--power", "mpc", "--set", "mpc.step=1"],
            "^--set mpc.step = 1: must be at least 150 s, horizon / 288, with horizon = 43200$",
        ),
        (["a.csv", "--tariff", "fed.toml"], "fed.toml: feedin: no such field; did you mean"),
        (["a.csv", "--tariff", "second.toml"], r"price\[0\].begin = .07:00:30.: must be a time of day in whole"),
        (["a.csv", "--month", "2018-01"], "a.csv: no session arrives in 2018-01"),
        (["a.csv", "--cap-kw", "x"], "--cap-kw x: must be numbers of kW"),
        (["a.csv", "--cap-kw", "-1"], "--cap-kw -1: must be numbers of kW"),
        (["a.csv", "--period", "0"], "--period 0: must be above 0"),
        (["a.csv", "--power", "equol"], "must be one of .*equal.*did you mean 'equal'"),
        (["a.csv", "--power", "equal,equal"], "equal is named twice"),
        (["a.csv", "--set", "round-robin.stop=1"], "round-robin.stop: no such option"),
        (["a.csv", "--set", "round-robin.step=0"], "round-robin.step = 0"),
        (["a.csv", "--set", "mpc.step=0"], "must begin with one of"),
        (["a.csv", "--energy", "all"], "--energy all: must be one of requested, delivered"),
        (["a.csv", "--departures", "never"], "--departures never: must be one of"),
        (["a.csv", "--power", "json:dumps"], "must take|must answer"),
        (["a.csv", "--min-amps", "40"], "--min-amps 40: must be 0 or more, and 32"),
        (["a.csv", "--efficiency", "1.1"], "--efficiency 1.1: must be above 0, and 1 at most"),
        (["a.csv", "--tariff", "none.toml"], "none.toml: no such file"),
        (["a.csv", "--tariff", "a.csv"], "a.csv: is no TOML: "),
        (["a.csv", "--tariff", "hole.toml"], "hole.toml: price = .*: nothing is said of 22:00 to 24:00"),
        (["a.csv", "--tariff", "of.toml"], "of.toml: of: recorded sessions have one site"),
        (["a.csv", "--tariff", "typo.toml"], 'typo.toml: prize: no such .*; did you mean "price"'),
        (["a.csv", "--site", "plug.toml"], "plug.toml: connector: is said by --volts, --amps and --min-amps"),
        (["a.csv", "--site", "no-sun.toml"], r"no-sun.toml: pv_w = \[\]: must not be empty"),
        (["a.csv", "--site", "dim.toml"], "dim.toml: pv_w = -1: must be a number"),
        (["a.csv", "--site", "cap.toml", "--cap-kw", "30"], "--cap-kw 30: cap.toml says limit_w: must be said at one"),
        (["a.csv", "--power", "mpc", "--set", "mpc.horizon=1"], "^--set mpc.horizon = 1: must be"),
    ],
)
def test_one_line_for_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.csv", ONE)
    (tmp_path / "empty.csv").touch()
    write(tmp_path / "other.csv", "1,2", head="when,kwh\n")
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes())[:-20])
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)))
    hole = 'price = [{ begin = "00:00", end = "22:00", price_per_kwh = 1.0 }]'
    texts = {"hole": hole, "of": 'of = ["a"]\nprice = 1.0', "typo": "prize = 1.0"}
    texts |= {"fed": "price = 1.0\nfeedin = 1", "second": hole.replace('"00:00"', "07:00:30")}
    texts |= {"no-sun": "pv_w = []", "plug": 'connector = "type2"', "dim": "pv_w = -1", "cap": "limit_w = 3e4"}
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text)
    result = CliRunner().invoke(app, ["charge", *arguments])
    assert isinstance(result.exception, WaysideError)
    assert re.search(said, str(result.exception))
    assert "\n" not in str(result.exception)


def test_the_command(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", ONE, ONE.replace(",A,", ",B,").replace("5.0,4.0", "14.0,4.0"))
    out = tmp_path / "out"
    told = ["charge", str(tmp_path / "a.csv"), "--cap-kw", "inf,2", "--power", "first-come,offline", "--out", str(out)]
    with pytest.warns(
        UserWarning, match=r"1 of 2 sessions want more than their stay allows at 6\.656 kW, together 0\.7 kWh"
    ):
        shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0, shown.output
    assert "2 sessions at 2 stations want 19.0 kWh" in shown.output
    with pytest.raises(WaysideError, match="holds tables already"):
        CliRunner().invoke(app, told, catch_exceptions=False)
    with pytest.warns(UserWarning, match="no policy can meet them"):
        found = json.loads(CliRunner().invoke(app, [*told, "--json", "--force"]).stdout)
    rows = {(row["cap_kw"], row["policy"]): row for row in found["policies"]}
    assert rows[None, "first-come"]["delivered_kwh"] == pytest.approx(5.0 + 13.312)
    assert rows[2.0, "first-come"]["delivered_kwh"] == pytest.approx(4.0)
    assert rows[2.0, "offline"]["delivered_kwh"] == pytest.approx(4.0)
    table = pq.read_table(out / "sessions.parquet").to_pylist()
    assert sum(
        row["delivered_wh"] for row in table if row["cap_kw"] == 2.0 and row["policy"] == "first-come"
    ) == pytest.approx(4e3)
    power = pq.read_table(out / "power.parquet").to_pylist()
    assert max(row["power_w"] for row in power if row["cap_kw"] == 2.0) == pytest.approx(2e3)


def test_the_help_names_tables_of_a_scenario() -> None:
    told = CliRunner().invoke(app, ["charge", "--help"], env={"COLUMNS": "200"}).stdout
    assert "[charging.tariffs.NAME]" in told
    assert "[charging.sites.NAME]" in told


@pytest.mark.parametrize(("energy", "figure"), [("5.0", "jain"), ("0", "delivered_pct")])
def test_where_nothing_flows(tmp_path: Path, energy: str, figure: str) -> None:
    """A figure that would be 0 / 0 is null, as JSON knows no NaN, and a dash for people."""
    asked = ["charge", str(write(tmp_path / "a.csv", ONE.replace("5.0", energy))), "--cap-kw", "0", "--power", "equal"]

    def refuse(text: str) -> None:
        pytest.fail(f"no JSON: {text}")

    told = CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).stdout
    assert json.loads(told, parse_constant=refuse)["policies"][0][figure] is None
    lines = CliRunner().invoke(app, asked, catch_exceptions=False).stdout.splitlines()
    assert "-" in lines[-1].split()
    assert "nan" not in lines[-1]


def test_a_run_is_left_alone(tmp_path: Path) -> None:
    """With --force too: the tables of both would lie mixed."""
    (tmp_path / "summary.json").write_text('{"wayside": "1"}')
    asked = ["charge", str(write(tmp_path / "a.csv", ONE)), "--power", "equal", "--force", "--out", str(tmp_path)]
    with pytest.raises(WaysideError, match=f"^{tmp_path}: holds a finished run; name another directory$"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert not (tmp_path / "sessions.parquet").exists()


def test_what_it_costs(tmp_path: Path) -> None:
    """Two hours at noon for 5 kWh at up to 4 kW: at once it is 4 kWh at 0.4 and 1 at 0.2, and a peak of 4 kW."""
    write(tmp_path / "a.csv", ONE.replace("10:00", "14:00").replace("08:00", "12:00"))
    rows = ("00:00:00", '"13:00"', 0.4), ("13:00:00", '"24:00"', 0.2)  # TOML's own times of day do as well
    told = ", ".join(f"{{ begin = {b}, end = {e}, price_per_kwh = {p} }}" for b, e, p in rows)
    (tmp_path / "t.toml").write_text(f"demand_charge = 2.0\nprice = [{told}]")
    asked = ["charge", str(tmp_path / "a.csv"), "--amps", "20", "--volts", "200", "--tariff", str(tmp_path / "t.toml")]
    asked += ["--power", "equal,mpc,offline", "--period", "900", "--json"]
    rows_of = json.loads(CliRunner().invoke(app, asked).stdout)["policies"]
    found = {row["policy"]: (row["delivered_kwh"], row["energy_cost"], row["demand_cost"]) for row in rows_of}
    assert found["equal"] == pytest.approx((5.0, 4 * 0.4 + 0.2, 8.0))
    # A lower peak is worth more than the lower price: 2.5 kW all the time.
    assert found["offline"] == pytest.approx((5.0, 2.5 * 0.6, 5.0))
    assert found["mpc"] == pytest.approx((5.0, 2.5 * 0.6, 5.0), rel=1e-3)


def test_losses_and_pauses() -> None:
    """Two cars share 2 kW at piles that give 1.2 kW or nothing: one has all of it, until it has what it wants."""
    sessions = made([(0, 8, 1500.0), (0, 8, 1500.0)], 900.0)
    result = deliver(sessions, lambda clock: sharing.equal, site(2.0), 3e3, 1.2e3, 0.5)
    assert result.delivered_wh.tolist() == pytest.approx([1500.0, 500.0])
    assert result.power_w.tolist() == pytest.approx([2e3] * 8)
    plain = deliver(sessions, lambda clock: sharing.equal, site(2.0), 3e3, 0.0, 0.5)
    assert plain.delivered_wh.tolist() == pytest.approx([1000.0, 1000.0])


def test_a_site_over_the_day(tmp_path: Path) -> None:
    """2 kW, from nine on 1 kW, and half a kW of the sun: 2.5 and 1.5 kWh, of which half a kWh each is free."""
    write(tmp_path / "a.csv", ONE)
    rows = '{ begin = "09:00", end = "24:00", limit_w = 1e3 }, { begin = "00:00", end = "09:00", limit_w = 2e3 }'
    (tmp_path / "s.toml").write_text(f"pv_w = 500.0\nlimit_w = [{rows}]")
    (tmp_path / "t.toml").write_text("price = 1.0\nfeed_in = 0.5")
    asked = [
        "charge",
        str(tmp_path / "a.csv"),
        "--site",
        str(tmp_path / "s.toml"),
        "--tariff",
        str(tmp_path / "t.toml"),
    ]
    asked += ["--power", "first-come,mpc,offline", "--json"]
    for row in json.loads(CliRunner().invoke(app, asked).stdout)["policies"]:
        assert row["delivered_kwh"] == pytest.approx(4.0, rel=1e-4), row["policy"]
        assert row["peak_kw"] == pytest.approx(2.5, rel=1e-4), row["policy"]
        # The sun shines from midnight on, when nobody is there.
        assert row["energy_cost"] == pytest.approx(3.0 - 8 * 0.5 * 0.5, rel=1e-4), row["policy"]
