"""Cases in which outsiders saw a hang, a traceback or silence."""

import sys
import warnings
from pathlib import Path

import pytest

from tests.sim.children import in_child
from wayside.edge.errors import WaysideError
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

CASES = Path(__file__).parents[2] / "../shared/cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="no shared cases here")

APPS = {
    "Far": "unit A0: Far.look at 1 s: ValueError: DENM validity 1000000000.0 s: must be above 0",
    "Garbage": "unit A0: Garbage.look at 1 s: TypeError: send(b'",
    "Exit": "unit A0: Exit.look at 1 s: SystemExit: 3 (",
    "NaNPos": "unit A0: NaNPos.look at 1 s: ValueError: DENM position (nan, 1000000000.0): must be x and y",
    "Raise": "unit A1: Raise.look at 5.1 s: ValueError: boom second line (",
    "Own": "unit A0: Own.start at 0 s: ZeroDivisionError: division by zero (",
    "Empty": "unit A0: Empty.look at 1 s: ValueError: DENM position (nan, nan): must be x and y",
}
CHARGERS = "chargers-no-rsu/low.sumocfg"
Said = tuple[str, list[str], dict[str, float]]


def tried(runs: dict[str, tuple[str, dict[str, object]]]) -> dict[str, Said]:
    """The error of each run, its warnings, its figures. For a process of its own."""
    sys.path.insert(0, str(CASES / "bad-app-traceback"))
    found: dict[str, Said] = {}
    for name, (config, changes) in runs.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            error, figures = "", {}
            try:
                with Simulation(Scenario.load(CASES / config).replace(changes)) as simulation:
                    figures = simulation.run()
            except WaysideError as mistake:
                error = str(mistake)
        found[name] = error, [str(warning.message) for warning in caught], figures
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, Said]:
    short: dict[str, object] = {"scenario.end": 7.0}
    app = "bad-app-traceback/a.sumocfg"
    runs: dict[str, tuple[str, dict[str, object]]] = {
        name: (app, {"rsu": [{"at": "traffic-lights", "apps": [f"bad:{name}"]}], **short}) for name in APPS
    }
    runs |= {
        "far": ("far-rsu-traceback/a.sumocfg", {"rsu": [{"at": [1e9, 1e9]}], **short}),
        "mesosim": ("mesosim-traceback/a.sumocfg", short),
        "port": ("remote-port-hang/b.sumocfg", short),
        "suffix": ("sumo-cfg-suffix/a.sumo.cfg", short),
        "crossings": ("crossings-hang/a.sumocfg", short),
        "chargers": (CHARGERS, {"scenario.end": 150.0}),
        "cellular": (CHARGERS, {"scenario.end": 150.0, "rsu": [], "v2x.uu": "field"}),
        "nobody": (CHARGERS, {"scenario.end": 10.0, "rsu": []}),
    }
    return in_child(tried, runs)


@pytest.mark.parametrize("app", APPS)
def test_an_application_that_is_wrong(found: dict[str, Said], app: str) -> None:
    error, _, _ = found[app]
    assert error.startswith(APPS[app])
    assert "\n" not in error
    assert "bad.py:" in error


def test_one_line_where_a_traceback_was(found: dict[str, Said]) -> None:
    assert "rsu[0].at = [1e+09, 1e+09]: must be within 100 km of the net" in found["far"][0]
    assert 'a.sumocfg: mesosim = "true": must be false' in found["mesosim"][0]


@pytest.mark.parametrize("name", ["port", "suffix", "crossings"])
def test_it_runs(found: dict[str, Said], name: str) -> None:
    error, told, figures = found[name]
    assert error == ""
    assert figures["vehicles.departed"] > 0 or name == "crossings"
    assert [line.split(": ")[1].split(" = ")[0] for line in told if "left out" in line] == (
        ["remote-port", "num-clients"] if name == "port" else []
    )


def test_chargers_without_a_traffic_light(found: dict[str, Said]) -> None:
    """Units at chargers and car parks, with a warning; by cellular none is needed; without either a warning."""
    _, told, figures = found["chargers"]
    assert any("the network has none: units stand at its car parks and charging stations" in line for line in told)
    assert figures["rsu.units"] == 5
    assert figures["charging.requested"] > 0
    error, _, figures = found["cellular"]
    assert error == ""
    assert figures["rsu.units"] == 0
    assert figures["charging.reserved"] == figures["charging.requested"] > 0
    _, told, figures = found["nobody"]
    assert figures["charging.requested"] == 0
    assert any("no roadside unit, and v2x.uu is off" in line for line in told)
    assert any("no vehicle had a stop at a parkingArea" in line for line in told) is False  # no unit offers bays
