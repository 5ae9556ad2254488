"""pandapower's JSON, as `pandapower.to_json` writes it, without pandapower.

Its models are those of pandapower's documentation ("Electric Model" of line, trafo, load, sgen, shunt, ext_grid and
switch), with the defaults of `runpp`: transformers as a T.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wayside.edge.charging.grid import GridCase
from wayside.ext.arrays import Doubles, Flags, Indices, Longs
from wayside.sim.grid.solver import solver

KINDS: Final = ("bus", "line", "trafo", "load", "sgen", "shunt", "ext_grid", "switch")
# Tables that are no parts of a grid, or change nothing of a power flow.
_BESIDE: Final = (
    "bus_geodata",
    "line_geodata",
    "poly_cost",
    "pwl_cost",
    "measurement",
    "group",
    "controller",
    "characteristic",
    "trafo_characteristic_table",
    "shunt_characteristic_table",
    "protection",
)
_STIFF: Final = 1e16  # VA, short-circuit power of an external grid: pandapower's gives whatever it is asked for


class _Rows:
    """One of pandapower's tables: columns by name, and the numbers of its rows."""

    def __init__(self, kind: str, said: Any) -> None:
        table: Any = said.get("_object") if isinstance(said, dict) else None
        try:
            table = json.loads(table) if isinstance(table, str) else table
            self.index = np.array(table["index"], np.int64)
            columns = zip(*table["data"], strict=True) if table["data"] else [()] * len(table["columns"])
            self._columns = {name: list(column) for name, column in zip(table["columns"], columns, strict=True)}
        except (TypeError, KeyError, ValueError):
            raise ValueError(f'its table {kind} must be as pandapower writes it, orient "split"') from None
        self.kind = kind

    def __len__(self) -> int:
        return len(self.index)

    def numbers(self, name: str, default: float | None = None) -> Doubles:
        """A column; NaN where nothing is said, or the default. ValueError for one that is missing, and no numbers."""
        if len(self) and name not in self._columns and default is None:
            raise ValueError(f"its table {self.kind} has no column {name}")
        column = self._columns.get(name, [None] * len(self))
        try:
            found = np.array([np.nan if one is None else one for one in column], np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"its table {self.kind}: {name} must be numbers") from None
        if default is not None:
            return np.where(np.isnan(found), default, found)
        if len(bad := np.flatnonzero(~np.isfinite(found))):
            raise ValueError(f"its table {self.kind}: {name} of {self.index[bad[0]]} must be a number")
        return found

    def flags(self, name: str) -> Flags:
        """A column of true and false; true where nothing is said."""
        return np.array([one is None or bool(one) for one in self._columns.get(name, [True] * len(self))], bool)

    def texts(self, name: str) -> list[str]:
        """A column; empty where nothing is said."""
        return ["" if one is None else str(one) for one in self._columns.get(name, [None] * len(self))]

    def names(self, word: str) -> tuple[str, ...]:
        """What rows are called; those without a name by a word and their number."""
        pairs = zip(self.texts("name"), self.index.tolist(), strict=True)
        return tuple(name or f"{word} {number}" for name, number in pairs)

    def must_be(self, name: str, allowed: tuple[object, ...], there: Flags) -> None:
        """ValueError where a row that is there has another value."""
        for k in np.flatnonzero(there).tolist():
            if (value := self._columns.get(name, [None] * len(self))[k]) not in allowed:
                raise ValueError(f"{self.kind} {self.index[k]}: {name} = {value}: not supported")


def pandapower_case(said: Mapping[str, Any]) -> GridCase:
    """The grid of a net. ValueError for parts that are not supported, named, and for tables that are not whole."""
    tables = {
        kind: _Rows(kind, said.get(kind, {"_object": {"index": [], "columns": [], "data": []}})) for kind in KINDS
    }
    for kind, table in said.items():
        known = kind in KINDS or kind in _BESIDE or kind.startswith(("_", "res_"))
        if known or not isinstance(table, dict) or table.get("_class") != "DataFrame":
            continue
        rows = _Rows(kind, table)
        if rows.flags("in_service").any():
            raise ValueError(f"has {kind}: supported are {', '.join(KINDS)}")
    return _Converter(tables, float(said.get("f_hz", 50.0))).case()


class _Converter:
    """Turns tables into the solver's components. Ids: those of nodes are the buses' rows, the others follow."""

    def __init__(self, tables: Mapping[str, _Rows], frequency: float) -> None:
        self.tables, self.frequency = tables, frequency
        bus = self.bus = tables["bus"]
        if not len(bus) or not tables["ext_grid"].flags("in_service").any():
            raise ValueError("must have a bus and an ext_grid in service")
        self.there = bus.flags("in_service")
        self.volts = 1000.0 * bus.numbers("vn_kv")
        self.row = {number: row for row, number in enumerate(bus.index.tolist())}
        self.one = self._joined()
        self.next = len(bus)

    def case(self) -> GridCase:
        """See `pandapower_case`."""
        pgm = solver()
        parts: dict[str, NDArray[Any]] = {}
        nodes = np.flatnonzero(self.there & (self.one == np.arange(len(self.one))))
        parts["node"] = pgm.initialize_array("input", "node", len(nodes))
        parts["node"]["id"], parts["node"]["u_rated"] = nodes, self.volts[nodes]
        lines, trafos = self._lines(), self._trafos()
        columns = {name: np.concatenate((lines[name], trafos[name])) for name in lines if name != "rated"}
        ends = columns["from_node"], columns["to_node"]
        branches = np.flatnonzero(np.isin(ends, nodes).all(axis=0) & (ends[0] != ends[1]))
        columns = {name: column[branches] for name, column in columns.items()}
        parts["generic_branch"] = self._made(pgm, "generic_branch", columns)
        source = self._at("ext_grid")
        ext = self.tables["ext_grid"]
        angle = np.deg2rad(ext.numbers("va_degree", 0.0))
        source |= {"u_ref": ext.numbers("vm_pu"), "u_ref_angle": angle, "sk": np.full(len(ext), _STIFF)}
        parts["source"] = self._made(pgm, "source", source)
        parts["sym_load"] = self._made(pgm, "sym_load", self._power("load"))
        parts["sym_gen"] = self._made(pgm, "sym_gen", self._power("sgen"))
        parts["shunt"] = self._made(pgm, "shunt", self._shunts())
        rows = np.flatnonzero(self.there)
        names = self.bus.names("bus")
        branch_names = (*self.tables["line"].names("line"), *self.tables["trafo"].names("trafo"))
        return GridCase(
            {kind: part for kind, part in parts.items() if len(part)},
            self.frequency,
            self.one[rows],
            tuple(names[row] for row in rows.tolist()),
            tuple(self.bus.index[rows].tolist()),
            tuple(branch_names[k] for k in branches.tolist()),
            tuple("line" if k < len(self.tables["line"]) else "transformer" for k in branches.tolist()),
            np.concatenate((lines["rated"], trafos["rated"]), axis=1)[:, branches],
        )

    def _made(self, pgm: Any, kind: str, columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Components of one kind, without those at a bus that is not there."""
        ends = [columns[end] for end in ("node", "from_node", "to_node") if end in columns]
        count = len(ends[0])
        made = pgm.initialize_array("input", kind, count)
        made["id"] = np.arange(self.next, self.next + count)
        self.next += count
        for name, column in columns.items():
            made[name] = column
        keep = np.logical_and.reduce([self.there[end] for end in ends])
        found: NDArray[Any] = made[keep]
        return found

    def _rows_of(self, table: _Rows, name: str) -> Indices:
        """The rows of the buses that a column names."""
        found = []
        for number, bus in zip(table.index.tolist(), table.numbers(name).tolist(), strict=True):
            if bus not in self.row:
                raise ValueError(f"{table.kind} {number}: {name} = {bus:g}: there is no such bus")
            found.append(self.row[int(bus)])
        return np.array(found, np.intp)

    def _joined(self) -> Longs:
        """For each bus the one that it is by closed switches between buses: that with the lowest row."""
        table, one = self.tables["switch"], np.arange(len(self.bus))
        kinds, closed = table.texts("et"), table.flags("closed")
        if not len(table):
            return one
        begins, ends = self._rows_of(table, "bus"), table.numbers("element")
        impedance = table.numbers("z_ohm", 0.0)
        for k in range(len(table)):
            if kinds[k] not in ("b", "l", "t"):
                raise ValueError(f"switch {table.index[k]}: et = {kinds[k]!r}: must be b, l or t")
            if kinds[k] != "b" or not closed[k]:
                continue
            if impedance[k] > 0.0:
                raise ValueError(
                    f"switch {table.index[k]}: z_ohm = {impedance[k]:g}: only switches without are supported"
                )
            if ends[k] not in self.row:
                raise ValueError(f"switch {table.index[k]}: element = {ends[k]:g}: there is no such bus")
            both = int(begins[k]), self.row[int(ends[k])]
            if not self.there[list(both)].all():
                continue
            low, high = sorted((int(one[both[0]]), int(one[both[1]])))
            one[one == high] = low
        return one

    def _at(self, kind: str) -> dict[str, NDArray[Any]]:
        """Where components are, and whether they are in service."""
        table = self.tables[kind]
        return {"node": self.one[self._rows_of(table, "bus")], "status": table.flags("in_service").astype(np.int8)}

    def _power(self, kind: str) -> dict[str, NDArray[Any]]:
        """Loads or static generators, of constant power."""
        table = self.tables[kind]
        for share in ("const_z_percent", "const_i_percent", "const_z_p_percent", "const_z_q_percent"):
            self._zero(table, share)
        for share in ("const_i_p_percent", "const_i_q_percent"):
            self._zero(table, share)
        scale = 1e6 * table.numbers("scaling", 1.0)
        real, reactive = table.numbers("p_mw") * scale, table.numbers("q_mvar", 0.0) * scale
        return self._at(kind) | {
            "type": np.zeros(len(table), np.int8),
            "p_specified": real,
            "q_specified": reactive,
        }

    def _zero(self, table: _Rows, name: str) -> None:
        table.must_be(name, (None, 0, 0.0), table.flags("in_service"))

    def _shunts(self) -> dict[str, NDArray[Any]]:
        table = self.tables["shunt"]
        steps, volts = table.numbers("step", 1.0), self.volts[self._rows_of(table, "bus")]
        rated = 1000.0 * table.numbers("vn_kv", 0.0)
        square = np.where(rated > 0.0, rated, volts) ** 2
        return self._at("shunt") | {
            "g1": 1e6 * table.numbers("p_mw", 0.0) * steps / square,
            "b1": -1e6 * table.numbers("q_mvar") * steps / square,
        }

    def _ends(self, table: _Rows, begin: str, end: str, letter: str) -> dict[str, NDArray[Any]]:
        """Nodes and states of branches, with the switches at their ends."""
        rows = self._rows_of(table, begin), self._rows_of(table, end)
        alive = table.flags("in_service")
        nodes, states = [self.one[side] for side in rows], [alive.copy(), alive.copy()]
        switch = self.tables["switch"]
        place = {number: k for k, number in enumerate(table.index.tolist())}
        kinds, closed = switch.texts("et"), switch.flags("closed")
        for k, element in enumerate(switch.numbers("element").tolist() if len(switch) else []):
            if kinds[k] != letter or closed[k]:
                continue
            if element not in place:
                raise ValueError(f"switch {switch.index[k]}: element = {element:g}: there is no such {table.kind}")
            at, bus = place[int(element)], self._rows_of(switch, "bus")[k]
            states[0 if rows[0][at] == bus else 1][at] = False
        return {
            "from_node": nodes[0],
            "to_node": nodes[1],
            "from_status": states[0].astype(np.int8),
            "to_status": states[1].astype(np.int8),
        }

    def _lines(self) -> dict[str, NDArray[Any]]:
        table = self.tables["line"]
        length, parallel = table.numbers("length_km"), table.numbers("parallel", 1.0)
        charging = 2.0 * np.pi * self.frequency * table.numbers("c_nf_per_km", 0.0) * 1e-9 * length * parallel
        amps = 1000.0 * table.numbers("max_i_ka", np.inf) * table.numbers("df", 1.0) * parallel
        count = len(table)
        return self._ends(table, "from_bus", "to_bus", "l") | {
            "r1": table.numbers("r_ohm_per_km") * length / parallel,
            "x1": table.numbers("x_ohm_per_km") * length / parallel,
            "g1": table.numbers("g_us_per_km", 0.0) * 1e-6 * length * parallel,
            "b1": charging,
            "k": np.ones(count),
            "theta": np.zeros(count),
            "sn": np.zeros(count),
            "rated": np.stack((amps, amps)),
        }

    def _trafos(self) -> dict[str, NDArray[Any]]:
        table = self.tables["trafo"]
        there = table.flags("in_service")
        table.must_be("tap_dependent_impedance", (None, False), there)
        table.must_be("tap_dependency_table", (None, False), there)
        table.must_be("tap2_pos", (None,), there)
        power, parallel = table.numbers("sn_mva"), table.numbers("parallel", 1.0)
        high, low, shift = self._taps(table, there)
        ohms = low**2 / power / 100.0 / parallel
        real = table.numbers("vkr_percent") * ohms
        series = real + 1j * np.sqrt((table.numbers("vk_percent") * ohms) ** 2 - real**2)
        iron = table.numbers("pfe_kw", 0.0) / 1000.0
        magnetic = np.sqrt(np.maximum((table.numbers("i0_percent", 0.0) / 100.0 * power) ** 2 - iron**2, 0.0))
        shunt = (iron - 1j * magnetic) / low**2 * parallel
        # From a T to a pi: half of the impedance on either side of the shunt.
        both = series * (1.0 + series * shunt / 4.0)
        shunt = shunt / (1.0 + series * shunt / 4.0)
        ends = self._ends(table, "hv_bus", "lv_bus", "t")
        at_high, at_low = (self.volts[self._rows_of(table, side)] for side in ("hv_bus", "lv_bus"))
        rated = 1e6 * power * table.numbers("df", 1.0) * parallel / np.sqrt(3.0)
        volts = np.stack((table.numbers("vn_hv_kv"), table.numbers("vn_lv_kv"))) * 1000.0
        return ends | {
            "r1": both.real,
            "x1": both.imag,
            "g1": shunt.real,
            "b1": shunt.imag,
            "k": high / low * at_low / at_high,
            "theta": np.deg2rad(shift),
            "sn": np.zeros(len(table)),
            "rated": rated / volts,
        }

    def _taps(self, table: _Rows, there: Flags) -> tuple[Doubles, Doubles, Doubles]:
        """The windings' rated voltages [kV], as taps have them, and the shift between them, degrees."""
        table.must_be("tap_phase_shifter", (None, False), there)
        table.must_be("tap_changer_type", (None, "Ratio", "Symmetrical", "None"), there)
        high, low = table.numbers("vn_hv_kv"), table.numbers("vn_lv_kv")
        shift = table.numbers("shift_degree", 0.0)
        neutral = table.numbers("tap_neutral", 0.0)
        position = table.numbers("tap_pos", np.inf)
        steps = np.where(np.isinf(position), 0.0, position - neutral)
        change = table.numbers("tap_step_percent", 0.0) / 100.0 * steps
        angle = np.deg2rad(table.numbers("tap_step_degree", 0.0))
        side = np.array(table.texts("tap_side"), object)
        for winding, name, sense in ((high, "hv", 1.0), (low, "lv", -1.0)):
            mine = side == name
            turned = 1.0 + change * np.exp(1j * angle)
            winding[mine] *= np.abs(turned)[mine]
            shift[mine] += sense * np.rad2deg(np.angle(turned))[mine]
        return high, low, shift
