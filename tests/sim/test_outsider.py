"""A package of somebody else's: its plug-ins in a run, and what is told of them before one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import hashes, wayside
from tests.sim.plugged import POOLING, beside
from wayside import Scenario
from wayside.sim.scenario.registry import GROUPS, Entry, entries, installed

WHOLE = (
    "v2x.penetration=1",
    "parking.policy={use='thrifty', walk=1000.0, scope='city'}",
    "parking.policy.window=3",
    "parking.policy.patience=[2000.0]",
    "parking.request_distance=2000.0",
    "charging.policy=shortest-drive",
    "charging.power=held-back",
    "charging.power.held_back=1000.0",
    "charging.request_below=0.6",
    "v2x.radio={use='disc', reach=280.0}",
    "v2x.services=['parking', 'charging', {use='calm', most=3.0}, {use='advice', compliance=0.5}]",
    "record.observers=['loud']",
    "rsu.0.apps=['signals', 'parking', 'charging', {use='queue-warning', vehicles=2}, 'queue-warning', 'advice', "
    "{use='bus-green', near=60.0}]",
    "signals.control={use='hasty', while_=20.0}",
    "record.pcap=true",
)


def run(outsider: Path, folder: Path, *arguments: object, fresh: bool = False) -> dict[str, float]:
    """Key figures of a run with an outsider's package; fresh: in a process that has never known of any other."""
    done = wayside("run", *arguments, "--out", folder, environment=beside(outsider), fresh=fresh)
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads((folder / "summary.json").read_text())["kpis"]
    return figures


def changed(*changes: str) -> list[str]:
    return [part for change in changes for part in ("--set", change)]


def test_an_outsider_in_a_run(outsider: Path, tmp_path: Path) -> None:
    kpis = run(outsider, tmp_path / "run", "crossing", "--until", 100, *changed(*WHOLE), fresh=True)
    scenario = tomllib.loads((tmp_path / "run" / "scenario.toml").read_text())
    assert kpis["parking.reserved"] > 0
    assert kpis["messages.denm.sent"] > 0
    assert scenario["parking"]["policy"] == {
        "use": "thrifty",
        "walk": 1000.0,
        "patience": [2000.0],
        "scope": "city",
        "window": 3.0,
        "district": 1000.0,
    }
    assert scenario["charging"]["policy"] == {"use": "shortest-drive", **POOLING}
    assert scenario["charging"]["power"] == {"use": "held-back", "held_back": 1000.0}
    assert scenario["v2x"]["radio"] == {"use": "disc", "reach": 280.0}
    assert scenario["rsu"][0]["apps"][2:] == [
        "charging",
        {"use": "queue-warning", "vehicles": 2, "cause": "traffic-jam"},
        {"use": "queue-warning", "vehicles": 5, "cause": "traffic-jam"},
        {"use": "advice", "least": 5.0},
        {"use": "bus-green", "near": 60.0},
    ]
    control = {"use": "hasty", "period": 5.0, "reach": 100.0, "while_": 20.0}
    assert scenario["signals"] == {"control": control, "detection": "perfect", "maximum_red": 120.0}
    assert kpis["signals.controlled"] == 1
    assert kpis["signals.switches"] > 5
    assert kpis["signals.granted"] > 0
    assert scenario["v2x"]["services"] == [
        "parking",
        "charging",
        {"use": "calm", "most": 3.0, "road": ""},
        {"use": "advice", "compliance": 0.5},
    ]
    assert scenario["record"]["observers"] == [{"use": "loud", "bin": 60.0}]
    rows = {name: pq.read_table(tmp_path / "run" / f"{name}.parquet") for name in ("calm", "loud", "messages")}
    assert rows["calm"].num_rows == kpis["calm.vehicles"] > 0
    assert kpis["loud.octets"] == sum(rows["loud"]["octets"].to_pylist()) > 0
    assert sum(rows["messages"]["octets"].to_pylist()) == kpis["loud.octets"]
    # Its messages go both ways, and everybody's tools read them.
    advised = pq.read_table(tmp_path / "run" / "advice.parquet")
    assert advised.num_rows == kpis["advice.obeyed"] > 0
    assert kpis["advice.ignored"] > 0
    assert kpis["messages.advice_request.received"] >= kpis["messages.advice_response.received"] > 0
    assert kpis["messages.advice_response.received"] == kpis["advice.obeyed"] + kpis["advice.ignored"]
    assert kpis["advice.answer_mean_s"] > 0.0
    told = wayside("decode", tmp_path / "run" / "v2x.pcap", "--json", environment=beside(outsider))
    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    said = [line["value"]["speed"] for line in lines if line["message"] == "ADVICE_RESPONSE"]
    assert len(said) == kpis["messages.advice_response.sent"]
    assert {round(speed, 2) for speed in said} >= {round(v, 2) for v in advised["speed_m_s"].to_pylist()}
    # The file that it left makes the same run again.
    again = tmp_path / "again"
    assert run(outsider, again, tmp_path / "run" / "scenario.toml") == kpis
    assert hashes(again)["scenario.toml"] == hashes(tmp_path / "run")["scenario.toml"]
    # And each option does something.
    shorter = (*WHOLE, "v2x.radio.reach=60.0", "rsu.0.apps.3.vehicles=50", "record.pcap=false")
    near = run(outsider, tmp_path / "near", "crossing", "--until", 100, *changed(*shorter))
    assert near["messages.received_by_vehicles"] < 0.5 * kpis["messages.received_by_vehicles"]
    assert near["messages.denm.sent"] < kpis["messages.denm.sent"]


def test_what_is_told_of_plugins(outsider: Path) -> None:
    told = wayside("plugins", environment=beside(outsider), fresh=True)
    assert told.returncode == 0, told.stderr
    rows = {line.split()[0]: line for line in told.stdout.splitlines() if line.startswith("  ")}
    assert rows["thrifty"].split(maxsplit=3)[1:] == ["outsider", "4.5", Thrifty.ABOUT]
    assert " wayside " in rows["nearest"]
    assert [line.split()[0] for line in told.stdout.splitlines() if line.startswith("wayside.")] == list(GROUPS)

    told = wayside("plugins", "thrifty", environment=beside(outsider))
    assert told.stdout.splitlines()[:2] == ["thrifty  wayside.parking (parking.policy), outsider 4.5", Thrifty.ABOUT]
    head, walk, patience, *pooled = (line.split("  ") for line in told.stdout.splitlines()[2:])
    assert [part.strip() for part in head if part.strip()] == ["option", "type", "unit", "bounds", "default"]
    told_of = [part.strip() for part in walk if part.strip()]
    assert told_of == ["walk", "number", "m", "above 0", "400.0", "longest walk to the destination"]
    assert "list of number" in " ".join(patience)
    assert [row[0].strip() for row in pooled] == list(POOLING)
    assert [part.strip() for part in pooled[1] if part.strip()][1:5] == ["number", "s", "between 0 and 3600", "0.0"]

    told = wayside("plugins", "thrify", environment=beside(outsider))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [
        'wayside: plugins "thrify": no plug-in is registered by this name; did you mean "thrifty"?'
    ]


class Thrifty:
    ABOUT = "The cheapest bay within a walk; of equal ones any, drawn."


def test_the_schema_knows_their_options(everybody: list[Entry]) -> None:
    schema = Scenario.model_json_schema()
    json.loads(json.dumps(schema, allow_nan=False))
    (table,) = [
        part
        for part in schema["$defs"]["Parking"]["properties"]["policy"]["anyOf"]
        if part.get("properties", {}).get("use") == {"const": "thrifty"}
    ]
    assert table["additionalProperties"] is False
    assert table["properties"]["walk"] == {
        "type": "number",
        "exclusiveMinimum": 0.0,
        "default": 400.0,
        "description": "longest walk to the destination, m",
    }
    assert table["properties"]["patience"]["items"] == {"type": "number"}
    *_, anyone = schema["$defs"]["Parking"]["properties"]["policy"]["anyOf"]
    for part in (table, anyone):
        assert part["properties"]["scope"]["enum"] == ["unit", "district", "city"]
        assert part["properties"]["window"]["description"] == "how long the first of them waits for others, s"
    *_, anyone = schema["$defs"]["Charging"]["properties"]["power"]["anyOf"]
    assert list(anyone["properties"]) == ["use"]


def test_a_package_that_cannot_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hides no other, and says what is wrong with it."""
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[wayside.parking]\nlost = broken_for_a_test:f\nnearest = broken_for_a_test:g\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    installed.cache_clear()
    with pytest.warns(UserWarning, match="wayside .* and broken 1.0 both register 'nearest': the first"):
        found = {entry.name: entry for entry in entries()}
    installed.cache_clear()
    assert found["lost"].broken
    assert found["lost"].about.startswith("cannot be loaded: ModuleNotFoundError: No module named 'broken_for_a_test'")
    assert found["nearest"].origin.startswith("wayside ")
    assert not found["equal"].broken
