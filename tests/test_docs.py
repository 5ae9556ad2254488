"""What the documents promise to name completely, and their examples, as printed."""

import gzip
import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pyarrow.parquet as pq
import pytest

from tests.sim.children import run, wayside
from wayside import Scenario
from wayside.edge.charging import state as charging
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions
from wayside.edge.control.controller import ControlledLight, SeenTraffic
from wayside.edge.parking import state as parking
from wayside.sim.scenario.registry import GROUPS
from wayside.sim.sumo.unheeded import LEFT_OUT, REFUSED

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("| `parking.state.BayRequests` |", parking.BayRequests),
        ("| `CarParks` |", parking.CarParks),
        ("| `charging.state.PileRequests` |", charging.PileRequests),
        ("| `Chargers` |", charging.Chargers),
        ("| `Sessions` |", Sessions),
        ("| `Limits` |", Limits),
        ("| `ControlledLight` |", ControlledLight),
        ("| `SeenTraffic` |", SeenTraffic),
    ],
)
def test_every_field_that_a_policy_sees(row: str, kind: type) -> None:
    lines = (DOCS / "extending.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(row)]
    names = {field.name for field in fields(kind)}
    names |= {name for name, member in vars(kind).items() if isinstance(member, property)}
    assert {name for name in names if f"`{name}`" not in line} == set()


def test_every_option_that_is_left_out() -> None:
    text = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    parts = {name for name in LEFT_OUT if name.startswith(("xml-validation.", "gui-testing-"))}
    assert {name for name in {*LEFT_OUT, *REFUSED} - parts if f"`{name}`" not in text} == set()


SCRIPT = "A script that decides"  # a section whose code runs by itself


def blocks(page: str, language: str, section: str = "") -> list[str]:
    """The pieces of code of a page, but for those of `SCRIPT`; or those of one section."""
    parts = (DOCS / page).read_text(encoding="utf-8").split("\n## ")
    wanted = [one for one in parts if (one.startswith(section) if section else not one.startswith(SCRIPT))]
    return re.findall(rf"^```{language}\n(.*?)^```$", "\n".join(wanted), re.MULTILINE | re.DOTALL)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The scenario of the page on plug-ins, with its module beside it."""
    for file in Scenario.load("crossing").sumo.config.parent.glob("crossing.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "mine.py").write_text("\n".join(blocks("extending.md", "python")))
    made = tmp_path / "city.toml"
    made.write_text(blocks("extending.md", "toml")[0])
    return made


def test_plugins_as_printed(city: Path, tmp_path: Path) -> None:
    """One of each kind, in a run; each does what it is for, and the mistakes are told as printed."""
    pieces = "\n".join(blocks("extending.md", "python"))
    rows = re.findall(r"^@dataclass\nclass (\w+)", pieces, re.MULTILINE)
    kinds = (
        set(re.findall(r"^(?:class|def) (\w+)", pieces, re.MULTILINE))
        - set(rows)
        - {"together", "RoadWeather", "Codec"}
    )
    out = run(city, tmp_path / "run")
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["parking.reserved"] > 0
    assert kpis["charging.reserved"] > 0
    assert kpis["messages.denm.sent"] > 0
    assert kpis["messages.road_weather.sent"] > 0
    assert "passed on" in pq.read_table(out / "log.parquet")["why"].to_pylist()
    assert kpis["calm.vehicles"] > 0
    assert kpis["loud.octets"] > 0
    assert kpis["signals.controlled"] == 1
    assert kpis["signals.switches"] > 5
    assert kpis["signals.granted"] > 0
    assert {f"{name}.parquet" for name in ("calm", "loud")} <= {path.name for path in out.iterdir()}
    written = (out / "scenario.toml").read_text()
    assert {kind for kind in kinds if f'"mine:{kind}"' not in written} == set()
    assert tomllib.loads(written)["rsu"][0]["apps"][4] == {
        "use": "mine:QueueWarning",
        "vehicles": 5,
        "cause": "traffic-jam",
    }
    page = (DOCS / "extending.md").read_text(encoding="utf-8")
    for mistake in ("parking.policy.wlk=1", "rsu[0].apps[3].vehicles=0"):
        told = wayside("check", "city.toml", "--set", mistake, cwd=tmp_path).stderr
        assert f"    {told.removeprefix('wayside: ')}" in page


def test_a_pooled_policy_as_printed(city: Path, tmp_path: Path) -> None:
    """By the command that the page has."""
    page = (DOCS / "extending.md").read_text(encoding="utf-8")
    ((policy,),) = [re.findall(r'`wayside run city\.toml --set (parking\.policy="[^`]*")`', page)]
    out = run(city, tmp_path / "run", "--set", policy.replace('"', ""))
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["parking.reserved"] > 0
    assert kpis["parking.answer_mean_s"] > 2.0
    said = tomllib.loads((out / "scenario.toml").read_text())["parking"]["policy"]
    assert said == {"use": "mine:together", "scope": "city", "window": 5.0, "district": 1000.0}


def test_a_script_that_decides_as_printed(city: Path) -> None:
    (script,) = blocks("extending.md", "python", SCRIPT)
    (city.parent / "decides.py").write_text(script)
    command = [sys.executable, "decides.py"]
    done = subprocess.run(command, cwd=city.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    reserved, decided = map(float, done.stdout.split())
    assert decided >= reserved > 0


def test_a_tariff_of_recorded_sessions_as_printed(tmp_path: Path) -> None:
    """One hour at 5 kW, from half past six on: half of the energy at each price, and 5 kW at the peak."""
    page = (DOCS / "charging.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^  ```toml\n(.*?)^  ```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "day.toml").write_text(dedent(block))
    (tmp_path / "a.csv").write_text(
        "arrival,departure,requested_energy (kWh)\n2019-05-01 06:30:00,2019-05-01 07:30:00,5.0\n"
    )
    asked = ["charge", "a.csv", "--power", "equal", "--volts", "100", "--amps", "50", "--tariff", "day.toml", "--json"]
    (row,) = json.loads(wayside(*asked, cwd=tmp_path).stdout)["policies"]
    assert row["energy_cost"] == pytest.approx(2.5 * 0.35 + 2.5 * 0.80)
    assert row["demand_cost"] == pytest.approx(5.0 * 15.0)


def test_edges_in_examples_are_of_a_net_that_is_built_in() -> None:
    """Who copies an example has something to run it on."""
    folder = Path(__file__).parents[1] / "scenarios"
    nets = [gzip.decompress((folder / f"{name}/{name}.net.xml.gz").read_bytes()) for name in ("crossing", "lingang")]
    known = {edge.decode() for net in nets for edge in re.findall(rb'<edge id="([^":]+)"', net)}
    used = {edge for block in blocks("applications.md", "toml") for edge in re.findall(r'edge = "([^"]+)"', block)}
    assert len(used) >= 2
    assert used <= known


def test_groups_and_fields() -> None:
    """Every group of entry points, with the field that takes its names."""
    rows = [line.split("|") for line in (DOCS / "extending.md").read_text(encoding="utf-8").splitlines()]
    told = {row[1].strip(" `"): row[2].split(",")[0].strip(" `") for row in rows if len(row) > 3}
    assert {group: told.get(group) for group in GROUPS} == GROUPS
