"""Grids are read from the files of two others, and what flows in them is what pandapower says."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandapower
import pandapower.networks as networks
import pytest

from tests.sim.grid.nets import LINE, Tables, street, write
from wayside.edge.charging.grid import GridCase, GridFlow, PowerGrid
from wayside.sim.grid.files import read_case

NOWHERE = np.empty(0, np.int32)


def flow(case: GridCase, sites: tuple[tuple[int, float], ...] = ()) -> GridFlow:
    """What flows where so much [W] is drawn at nodes of these numbers."""
    node = np.array([case.number(number) for number, _ in sites], np.int32)
    return PowerGrid(case, node).flow(np.array([[power for _, power in sites]]).reshape(1, len(sites)))


def oberrhein() -> Any:
    return networks.mv_oberrhein()


def tapped() -> Any:
    """A grid with what the published ones lack: taps on either side, switches between buses, a shunt, two of a line."""
    net = pandapower.create_empty_network()
    bus = [pandapower.create_bus(net, volts) for volts in (110.0, 20.0, 20.0, 20.0, 0.4, 0.4)]
    pandapower.create_ext_grid(net, bus[0], 1.02, va_degree=3.0)
    pandapower.create_transformer(net, bus[0], bus[1], "25 MVA 110/20 kV", tap_pos=-3)
    pandapower.create_switch(net, bus[1], bus[2], "b")
    pandapower.create_line(net, bus[2], bus[3], 5.0, "NA2XS2Y 1x240 RM/25 12/20 kV", parallel=2, df=0.8)
    pandapower.create_transformer(net, bus[3], bus[4], "0.63 MVA 20/0.4 kV", tap_pos=1, parallel=2)
    net.trafo.loc[1, "tap_side"] = "lv"
    pandapower.create_line(net, bus[4], bus[5], 0.3, "NAYY 4x150 SE")
    pandapower.create_line(net, bus[4], bus[5], 0.3, "NAYY 4x150 SE")
    pandapower.create_switch(net, bus[5], 2, "l", closed=False)
    pandapower.create_load(net, bus[5], 0.05, 0.02, scaling=0.7)
    pandapower.create_load(net, bus[3], 6.0, 1.0)
    pandapower.create_sgen(net, bus[4], 0.1, 0.01)
    pandapower.create_shunt(net, bus[3], -0.4, 0.01)
    return net


@pytest.mark.parametrize(
    ("make", "extra"),
    [
        (networks.case33bw, 30),
        (networks.create_cigre_network_lv, 15),
        (oberrhein, None),
        (tapped, 5),
    ],
    ids=lambda of: getattr(of, "__name__", ""),
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandapower by its own grids
def test_voltages_and_loadings_are_pandapowers(make: Callable[[], Any], extra: int | None, tmp_path: Path) -> None:
    """With a site that draws 20 kW besides; within 1e-6 p.u. and 1e-4 percentage points, of a solver of theirs that
    ends at 1e-8 MVA.
    """
    net = make()
    extra = int(net.load.bus.iloc[-1]) if extra is None else extra
    file = tmp_path / "net.json"
    pandapower.to_json(net, str(file))
    case = read_case(file)
    ours = flow(case, ((extra, 2e4),))
    pandapower.create_load(net, extra, 0.02)
    pandapower.runpp(net)
    assert ours.solved.all()
    theirs = net.res_bus.vm_pu[list(case.node_keys)].to_numpy()
    assert len(theirs) == net.bus.in_service.sum()
    assert np.allclose(ours.voltage[0], theirs, rtol=0.0, atol=1e-6, equal_nan=True)
    loading = np.concatenate((net.res_line.loading_percent, net.res_trafo.loading_percent))
    assert len(loading) == len(case.branch_names)
    rated = np.isfinite(case.rated_a).all(axis=0)
    assert np.allclose(100.0 * ours.loading[0, rated], np.nan_to_num(loading[rated]), rtol=1e-5, atol=1e-4)
    # A planted error is seen: as much power again.
    wrong = flow(case, ((extra, 4e4),))
    assert not np.allclose(wrong.voltage[0], theirs, rtol=0.0, atol=1e-6, equal_nan=True)


def test_the_solvers_own_format(tmp_path: Path) -> None:
    """The same grid in both formats has the same flow; the solver's ids name nodes."""
    from power_grid_model.utils import json_serialize

    case = read_case(write(street(), tmp_path / "net.json"))
    file = tmp_path / "pgm.json"
    file.write_text(json_serialize(dict(case.components)), "utf-8")
    own = read_case(file)
    assert own.node_keys == (0, 1, 2, 3)
    assert np.allclose(flow(own, ((3, 1e4),)).voltage, flow(case, ((3, 1e4),)).voltage, rtol=0.0, atol=1e-12)
    assert case.number("far") == 3
    assert case.branch_names == ("first", "second", "T")


def change(kind: str, row: int, **said: Any) -> Tables:
    tables = street()
    tables[kind][row] |= said
    return tables


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (street() | {"gen": [{"bus": 3, "in_service": True}]}, "has gen: supported are bus, line, trafo, load"),
        (street() | {"dcline": [{"from_bus": 3}]}, "has dcline: supported are"),
        (change("line", 0, to_bus=9), "line 0: to_bus = 9: there is no such bus"),
        (change("line", 0, r_ohm_per_km="x"), "its table line: r_ohm_per_km must be numbers"),
        (change("line", 1, length_km=None), "its table line: length_km of 1 must be a number"),
        (change("load", 0, const_z_percent=10.0), "load 0: const_z_percent = 10.0: not supported"),
        (change("trafo", 0, tap_phase_shifter=True), "trafo 0: tap_phase_shifter = True: not supported"),
        (street() | {"ext_grid": []}, "must have a bus and an ext_grid in service"),
        (
            street() | {"switch": [{"bus": 0, "element": 1, "et": "b", "closed": True, "z_ohm": 0.1}]},
            "switch 0: z_ohm = 0.1: only switches without are supported",
        ),
        (
            street() | {"switch": [{"bus": 0, "element": 7, "et": "l", "closed": False}]},
            "switch 0: element = 7: there is no such line",
        ),
    ],
)
def test_what_is_not_supported_is_named(tables: Tables, told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}") as caught:
        read_case(write(tables, tmp_path / "net.json"))
    assert "\n" not in str(caught.value)


def test_parts_out_of_service_do_nothing(tmp_path: Path) -> None:
    tables = street() | {"gen": [{"bus": 3, "in_service": False}]}
    tables["line"].append(LINE | {"from_bus": 1, "to_bus": 3, "in_service": False})
    tables["bus"].append({"name": "gone", "vn_kv": 0.4, "in_service": False})
    tables["line"].append(LINE | {"from_bus": 4, "to_bus": 3})
    case = read_case(write(tables, tmp_path / "net.json"))
    plain = read_case(write(street(), tmp_path / "plain.json"))
    assert case.branch_names == ("first", "second", "line 2", "T")
    assert np.allclose(flow(case).voltage, flow(plain).voltage)


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', '{"_class": "pandapowerNet", "_object": "x"}', "\udcff"])
def test_a_file_of_neither_format(text: str, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="must be a grid in JSON as pandapower or power-grid-model write it"):
        read_case(file)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"asym_load": [{"id": 1}]}, "has asym_load: supported are line, link"),
        ({"node": [{"id": 1, "u_rated": -5.0}]}, "Field 'u_rated'"),
        ({"node": [{"id": 1, "u_rated": 400.0}]}, "must have a node and a source"),
        ({"node": [{"id": "x"}]}, "power-grid-model does not read it"),
    ],
)
def test_mistakes_in_the_solvers_own_format(data: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    said = {"version": "1.0", "type": "input", "is_batch": False, "attributes": {}, "data": data}
    file.write_text(json.dumps(said), "utf-8")
    with pytest.raises(ValueError, match=f"^{re.escape(told)}") as caught:
        read_case(file)
    assert "\n" not in str(caught.value)


def test_a_node_by_its_name(tmp_path: Path) -> None:
    case = read_case(write(change("bus", 3, name="near"), tmp_path / "net.json"))
    for key, told in (
        (9, "no such node: the file has 0, 1, 2, 3"),
        ("x", "no such node: the file has mv, bar, near, near"),
        ("near", "2 nodes of the file are called so: name one by its number, as 2, 3"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
            case.number(key)
