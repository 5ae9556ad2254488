"""Small grids as pandapower writes them, without pandapower."""

import json
from pathlib import Path
from typing import Any

Tables = dict[str, list[dict[str, Any]]]

LINE = {"length_km": 0.2, "r_ohm_per_km": 0.2, "x_ohm_per_km": 0.08, "c_nf_per_km": 210.0, "g_us_per_km": 0.0}
LINE |= {"max_i_ka": 0.2, "df": 1.0, "parallel": 1, "in_service": True}


def street(load_mw: float = 0.02, max_i_ka: float = 0.2) -> Tables:
    """A transformer of 400 kVA and two lines one after the other, to buses `near` and `far`, each with a load."""
    trafo = {"hv_bus": 0, "lv_bus": 1, "sn_mva": 0.4, "vn_hv_kv": 20.0, "vn_lv_kv": 0.4, "vk_percent": 6.0}
    trafo |= {"vkr_percent": 1.425, "pfe_kw": 1.35, "i0_percent": 0.3375, "shift_degree": 150.0, "parallel": 1}
    trafo |= {"df": 1.0, "tap_side": None, "tap_pos": None, "tap_neutral": None, "in_service": True, "name": "T"}
    buses = [("mv", 20.0), ("bar", 0.4), ("near", 0.4), ("far", 0.4)]
    return {
        "bus": [{"name": name, "vn_kv": volts, "in_service": True} for name, volts in buses],
        "line": [
            LINE | {"name": "first", "from_bus": 1, "to_bus": 2, "max_i_ka": max_i_ka},
            LINE | {"name": "second", "from_bus": 2, "to_bus": 3, "max_i_ka": max_i_ka},
        ],
        "trafo": [trafo],
        "load": [{"bus": bus, "p_mw": load_mw, "q_mvar": 0.0, "scaling": 1.0, "in_service": True} for bus in (2, 3)],
        "ext_grid": [{"bus": 0, "vm_pu": 1.0, "va_degree": 0.0, "in_service": True}],
    }


def write(tables: Tables, file: Path) -> Path:
    """The file of such tables."""
    found: dict[str, Any] = {"f_hz": 50.0, "sn_mva": 1.0, "name": ""}
    for kind, rows in tables.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        table = {
            "columns": columns,
            "index": list(range(len(rows))),
            "data": [[row.get(name) for name in columns] for row in rows],
        }
        frame = {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(table), "orient": "split"}
        found[kind] = frame
    net = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": found}
    file.write_text(json.dumps(net), "utf-8")
    return file
