"""Sites in a power grid: its limits bind what they draw, pandapower is the judge, and mistakes are told in one line."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandapower
import pandapower.networks as networks
import pytest

from tests.sim.children import in_child, wayside
from tests.sim.grid.nets import street, write
from wayside import Scenario, Simulation
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions
from wayside.edge.charging.sharing import equal
from wayside.edge.errors import WaysideError
from wayside.sim.onboard.charging_grid import GridWatch
from wayside.sim.scenario.charging import GridSection

SITES = ("a", "b", "c")


def watch(file: Path, nodes: dict[str, Any], **said: Any) -> GridWatch:
    return GridWatch(GridSection(file=file, nodes=nodes, **said), SITES, 0.0)


def sessions(site: Any, wanted_w: Any) -> Sessions:
    n, nothing = len(site), np.zeros(len(site))
    return Sessions(
        np.arange(n), site, site, wanted_w, nothing + 1e6, nothing + 1.0, np.arange(n, dtype=np.float64),
        nothing + np.nan, wanted_w, nothing + 1e6,
    )  # fmt: skip


def test_no_line_is_overloaded_over_an_hour(tmp_path: Path) -> None:
    """Cars that come and go at three sites of a published grid of low voltage, whose own loads vary; every four minutes
    pandapower says what is loaded how much by what they are granted. Without the limits some line is overloaded, with
    them none, nor is power held back where lines have room.
    """
    net = networks.create_cigre_network_lv()
    net.load = net.load[net.load.bus != 1].copy()
    file = tmp_path / "lv.json"
    pandapower.to_json(net, str(file))
    rows = ({"begin": "00:00", "end": "00:30", "factor": 0.5}, {"begin": "00:30", "end": "00:00", "factor": 0.8})
    nodes = {"a": "Bus R18", "b": "Bus R16", "c": "Bus C20"}
    grid = watch(file, nodes, load=rows, min_voltage=0.85)
    limits = Limits.of(SITES, np.full(3, np.inf), {}).in_grid()
    load = [pandapower.create_load(net, net.bus.index[net.bus.name == name][0], 0.0) for name in nodes.values()]
    own = net.load.index.difference(load)
    draw, seen = np.random.default_rng(5), []
    site = draw.integers(0, 3, 36).astype(np.int32)
    begin, power = draw.uniform(-1200.0, 3600.0, 36), draw.choice([11e3, 22e3], 36)
    for now in range(0, 3600, 240):
        here = (begin <= now) & (now < begin + 2400.0)
        grid.hold(limits, site[here], power[here], now, now + 2.0)
        granted = equal(sessions(site[here], power[here]), limits.during(now, now + 2.0))
        worst = []
        for watts in (granted, power[here]):
            net.load.loc[own, "scaling"] = grid.load.at(now + 2.0)
            net.load.loc[load, "p_mw"] = np.bincount(site[here], watts, 3) / 1e6
            try:
                pandapower.runpp(net)
            except pandapower.LoadflowNotConverged:
                worst.append((np.inf, 1e-9))
                continue
            lines = max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max())
            worst.append((float(lines), float(net.res_bus.vm_pu.min())))
        seen.append((*worst[0], *worst[1], float(granted.sum()) < float(power[here].sum()) - 1.0))
    loading, voltage, without, drop, held = (np.array(one) for one in zip(*seen, strict=True))
    assert loading.max() <= 100.0
    assert voltage.min() >= 0.85
    assert (without > 110.0).sum() >= 5
    assert (drop < 0.84).any()
    assert held.any()
    assert not held.all()
    assert (np.maximum(loading / 100.0, 0.85 / voltage)[held == 1] > 0.998).all()
    assert (np.maximum(without / 100.0, 0.85 / drop)[held == 1] > 0.998).all()


def run(file: str, binds: bool) -> dict[str, Any]:
    said = {
        "scenario.end": 200.0,
        "charging.request_below": 0.9,
        "charging.target": 0.95,
        "charging.grid": {"file": file, "nodes": {"mill": "far"}, "binds": binds, "every": 20.0},
    }
    with Simulation(Scenario.load("crossing").replace(said)) as simulation:
        simulation.run()
        electric = simulation.onboard.charging
        tables = electric.tables(simulation.time)
        return electric.kpis(simulation.time) | {"rows": tables["charging-grid"].records}


def test_a_run(tmp_path: Path) -> None:
    """Watched alone, the piles overload a line; where it binds they do not, and draw all that it lets them."""
    file = str(write(street(max_i_ka=0.09), tmp_path / "net.json"))
    loose, bound = (in_child(run, file, binds) for binds in (False, True))
    assert loose["charging.grid_loading_max"] > 1.1
    assert loose["charging.grid_over_s"] > 20.0
    assert loose["charging.grid_held_s"] == 0.0
    assert 0.99 < bound["charging.grid_loading_max"] <= 1.0
    assert bound["charging.grid_over_s"] == 0.0
    assert bound["charging.grid_held_s"] > 20.0
    assert bound["charging.energy_kwh"] < loose["charging.energy_kwh"]
    rows = bound["rows"]
    assert {row.part: row.kind for row in rows} == {
        "first": "line", "second": "line", "T": "transformer",
        "mv": "node", "bar": "node", "near": "node", "far": "node",
    }  # fmt: skip
    assert max(row.loading for row in rows if row.part == "first") > 95.0
    times = sorted({row.time_s for row in rows})
    assert np.allclose(np.diff(times), 20.0)
    assert bound["charging.grid_voltage_min"] <= min(row.voltage for row in rows if row.part == "far") < 1.0


def test_a_grid_that_collapses_ends_the_run(tmp_path: Path) -> None:
    grid = watch(write(street(), tmp_path / "net.json"), {"a": "far"}, binds=False)
    with pytest.raises(WaysideError) as caught:
        grid.second(np.array([5e7, 0.0, 0.0]), None, 1.0, 7.0)
    assert str(caught.value).startswith("charging.grid at 7 s: no power flow converges where sites draw 50000.0 kW")


@pytest.mark.parametrize(
    ("tables", "said", "told"),
    [
        (street(), {"nodes": {"x": "far"}}, "grid.nodes.x: no such site: must be one of a, b, c"),
        (street(), {"nodes": {"a": "fra"}}, "grid.nodes.a = 'fra': no such node: the file has mv, bar, near, far"),
        (street(), {"nodes": {"a": 7}}, "grid.nodes.a = 7: no such node: the file has 0, 1, 2, 3"),
        (street(load_mw=0.2), {}, 'grid.file = "FILE": its own loads load first to '),
        (street(load_mw=30.0), {}, 'grid.file = "FILE": its own loads leave no power flow that converges'),
        (street(), {"min_voltage": 0.999}, 'grid.file = "FILE": its own loads leave 0.9'),
        (
            street() | {"bus": [*street()["bus"], {"name": "off", "vn_kv": 0.4, "in_service": True}]},
            {"nodes": {"a": "off"}},
            "grid.nodes.a: nothing feeds this node",
        ),
    ],
)
def test_what_cannot_be(tables: Any, said: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = write(tables, tmp_path / "net.json")
    with pytest.raises(ValueError, match=f"^{re.escape(told.replace('FILE', str(file)))}") as caught:
        watch(file, **({"nodes": {"a": "far"}} | said))
    assert "\n" not in str(caught.value)


def test_what_is_overloaded_may_be_watched(tmp_path: Path) -> None:
    file = write(street(load_mw=0.1), tmp_path / "net.json")
    assert not watch(file, {"a": "far"}, binds=False).binds
    with pytest.raises(ValueError, match="or binds = false"):
        watch(file, {"a": "far"})
    rows = ({"begin": "00:00", "end": "18:00", "factor": 0.1}, {"begin": "18:00", "end": "00:00", "factor": 1.0})
    with pytest.raises(ValueError, match="its own loads load first to"):
        watch(file, {"a": "far"}, load=rows)


def test_one_line_of_a_scenario(tmp_path: Path) -> None:
    file = write(street(), tmp_path / "net.json")
    for said, told in (
        ("file='none.json', nodes={mill='far'}", 'charging.grid.file = "none.json": no such file'),
        (f"file='{file}', nodes={{mill='fra'}}", "charging.grid.nodes.mill = 'fra': no such node"),
        (f"file='{file}', nodes={{}}", "charging.grid.nodes"),
        (f"file='{file}', nodes={{mill=3}}, max_voltage=0.5", "charging.grid.max_voltage = 0.5: must be greater than"),
    ):
        done = wayside("check", "crossing", "--set", f"charging.grid={{{said}}}")
        assert told in done.stderr
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
