"""An edge that does nothing disturbs nothing: SUMO's own tripinfo is that of plain `sumo`, byte for byte."""

import hashlib
import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import sumolib

from tests.sim.children import run
from tests.sim.networks import configure, netconvert
from wayside.sim.scenario.loading import BUILTIN

_HEADER = re.compile(rb"<!-- generated on .*?-->\s*", re.DOTALL)


def plain(config: Path, folder: Path, *options: object) -> bytes:
    """The tripinfo that `sumo` writes, run on a copy of the configuration's folder; without its header comment."""
    here = folder / "plain"
    shutil.copytree(config.parent, here)
    for path in (here, *here.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    command = [sumolib.checkBinary("sumo"), "-c", config.name, *map(str, options)]
    subprocess.run(command, cwd=here, check=True, capture_output=True)
    return body(here)


def body(folder: Path) -> bytes:
    (tripinfo,) = folder.rglob("tripinfo*.xml")
    return _HEADER.sub(b"", tripinfo.read_bytes())


NOTHING = ("--set", "v2x.penetration=0")
# A pile limits whatever is plugged into it, with a unit or without: where there are limits, these are off too.
NO_LIMITS = ("--set", "charging.power=uncontrolled")


@pytest.mark.parametrize("step", [0.5, 1.0, 0.1])
def test_crossing(tmp_path: Path, step: float) -> None:
    ours = run("crossing", tmp_path / "run", "--until", 500, *NOTHING, "--set", f"sumo.step_length={step}")
    config = BUILTIN / "crossing" / "crossing.sumocfg"
    expected = plain(config, tmp_path, "--seed", 1, "--end", 500, "--step-length", step)
    assert expected.count(b"<tripinfo ") > 30
    assert body(ours / "sumo") == expected


@pytest.mark.parametrize(("end", "step"), [(60, 0.5), (15, 0.1)])
def test_lingang(tmp_path: Path, end: int, step: float) -> None:
    """Hardly anybody arrives so soon: all who are on the way are written too."""
    unfinished = "tripinfo-output.write-unfinished"
    options = ("--set", f"sumo.step_length={step}", "--set", f"sumo.options.{unfinished}=true")
    ours = run("lingang", tmp_path / "run", "--until", end, *NOTHING, *NO_LIMITS, *options)
    config = BUILTIN / "lingang" / "lingang.sumocfg"
    expected = plain(config, tmp_path, "--seed", 1, "--end", end, "--step-length", step, f"--{unfinished}", "true")
    assert expected.count(b"<tripinfo ") > 1000
    assert body(ours / "sumo") == expected


@pytest.mark.parametrize(("end", "step"), [(600, 1.0), (150, 0.1)])
def test_bologna(tmp_path: Path, bologna: Path, end: int, step: float) -> None:
    ours = run(bologna, tmp_path / "run", "--until", end, *NOTHING, "--set", f"sumo.step_length={step}")
    expected = plain(bologna, tmp_path, "--end", end, "--step-length", step)
    assert expected.count(b"<tripinfo ") > 20
    assert body(ours / "sumo") == expected


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A small town whose configuration has no end: it empties."""
    folder = tmp_path / "town"
    folder.mkdir()
    netconvert(folder)
    flow = (
        '<flow id="{0}" begin="3" end="120" period="7" from="{0}" to="out"><stop parkingArea="p" duration="9"/></flow>'
    )
    routes = '<vType id="DEFAULT_VEHTYPE" sigma="0.5"/>' + flow.format("in") + flow.format("down")
    places = '<parkingArea id="p" lane="out_0" startPos="100" endPos="130" roadsideCapacity="4"/>'
    return configure(folder, routes, places, tripinfo_output="tripinfo.xml")


@pytest.mark.parametrize("step", [1.0, 0.1])
@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_without_an_end(tmp_path: Path, town: Path, step: float, pipeline: str) -> None:
    options = ("--set", f"sumo.step_length={step}", "--set", f"scenario.pipeline={pipeline}")
    ours = run(town, tmp_path / "run", *NOTHING, *options)
    expected = plain(town, tmp_path, "--step-length", step)
    assert expected.count(b"<tripinfo ") == 34
    assert body(ours / "sumo") == expected


def test_a_pile_limits_who_has_no_unit(tmp_path: Path) -> None:
    """Two electric cars that nobody hears, at a site whose limit both together exceed; without it they are SUMO's."""
    folder = tmp_path / "town"
    folder.mkdir()
    netconvert(folder)
    battery = "".join(
        f'<param key="{key}" value="{value}"/>'
        for key, value in (
            ("has.battery.device", "true"),
            ("device.battery.capacity", 50_000),
            ("device.battery.chargeLevel", 10_000),
            ("device.battery.maximumChargeRate", 50_000),
        )
    )
    routes = f'<vType id="ev" sigma="0">{battery}</vType>' + "".join(
        f'<trip id="{id}" type="ev" depart="{at}" from="in" to="out"><stop parkingArea="bays" duration="60"/></trip>'
        for id, at in (("a", 0), ("b", 5))
    )
    places = (
        '<parkingArea id="bays" lane="out_0" startPos="50" endPos="80" roadsideCapacity="4"/>'
        '<chargingStation id="piles" lane="out_0" startPos="50" endPos="80" power="40000" parkingArea="bays">'
        '<param key="site" value="s"/><param key="site_limit_w" value="50000"/></chargingStation>'
    )
    config = configure(folder, routes, places, tripinfo_output="tripinfo.xml")
    expected = plain(config, tmp_path)
    assert expected.count(b"<battery ") == 2
    free = run(config, tmp_path / "free", *NOTHING, *NO_LIMITS)
    assert body(free / "sumo") == expected
    limited = run(config, tmp_path / "limited", *NOTHING)
    kpis = [json.loads((folder / "summary.json").read_text())["kpis"] for folder in (free, limited)]
    assert kpis[0]["charging.over_limit_s"] > 30.0
    assert kpis[1]["charging.over_limit_s"] == 0.0
    assert kpis[1]["charging.energy_kwh"] < kpis[0]["charging.energy_kwh"]


def test_a_busy_edge_is_seen(tmp_path: Path) -> None:
    """The planted error: what the comparison must not let pass."""
    ours = run("crossing", tmp_path / "run", "--until", 500, "--set", "v2x.penetration=1")
    config = BUILTIN / "crossing" / "crossing.sumocfg"
    assert body(ours / "sumo") != plain(config, tmp_path, "--seed", 1, "--end", 500, "--step-length", 0.5)


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    return {
        path.name: (path.stat().st_mtime_ns, path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.iterdir())
    }


def test_the_users_folder_is_untouched(tmp_path: Path, bologna: Path) -> None:
    """A configuration with detectors and a log of its own, in a folder that cannot be written."""
    source = tmp_path / "source"
    shutil.copytree(bologna.parent, source)
    for path in (*source.iterdir(), source):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = state(source), source.stat().st_mtime_ns
    ours = run(source / "run.sumocfg", tmp_path / "run", "--until", 60)
    assert (state(source), source.stat().st_mtime_ns) == before
    assert {path.name for path in (ours / "sumo").iterdir()} == {"tripinfos.xml", "e1_output.xml", "sumo_log.txt"}
    source.chmod(0o755)
