"""power-grid-model's own files (its documentation, "Serialization")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from wayside.edge.charging.grid import BRANCHES, GridCase, solver

KINDS: Final = (*BRANCHES, "node", "source", "shunt", "sym_load", "sym_gen")
_FREQUENCY: Final = 50.0  # Hz; the format has no place for it


def native_case(said: Mapping[str, Any]) -> GridCase:
    """The grid of a file that has been read. ValueError for what is not supported, and what the solver refuses."""
    if said["is_batch"] or said.get("type") != "input":
        raise ValueError('must be one grid: "type": "input" and "is_batch": false')
    for kind, rows in said["data"].items():
        if kind not in KINDS and rows:
            raise ValueError(f"has {kind}: supported are {', '.join(KINDS)}")
    pgm = solver()
    from power_grid_model.errors import PowerGridError, PowerGridSerializationError
    from power_grid_model.utils import json_deserialize
    from power_grid_model.validation import validate_input_data

    try:
        parts = json_deserialize(json.dumps(said))
        mistakes = validate_input_data(parts, calculation_type=pgm.CalculationType.power_flow, symmetric=True)
    except (PowerGridError, PowerGridSerializationError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"power-grid-model does not read it: {' '.join(str(error).split())}") from None
    if mistakes:
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise ValueError(f"{' '.join(str(mistakes[0]).split())}{more}")
    if not len(parts.get("node", ())) or not len(parts.get("source", ())):
        raise ValueError("must have a node and a source")
    names, kinds, rated = [], [], [np.empty((2, 0))]
    for kind in BRANCHES:
        if not len(part := parts.get(kind, ())):
            continue
        names += [f"{kind} {id}" for id in part["id"].tolist()]
        kinds += ["transformer" if kind == "transformer" else "line"] * len(part)
        rated.append(_rated(kind, part, parts["node"]))
    ids = parts["node"]["id"].astype(np.int64)
    return GridCase(
        dict(parts),
        _FREQUENCY,
        ids,
        tuple(f"node {id}" for id in ids.tolist()),
        tuple(ids.tolist()),
        tuple(names),
        tuple(kinds),
        np.concatenate(rated, axis=1),
    )


def _rated(kind: str, part: Any, nodes: Any) -> Any:
    """The rated currents of branches, A, at both ends; infinite where nothing is said."""
    if kind == "line":
        amps = np.stack((part["i_n"], part["i_n"]))
    elif kind == "transformer":
        amps = part["sn"] / np.sqrt(3.0) / np.stack((part["u1"], part["u2"]))
    elif kind == "generic_branch":
        volts = dict(zip(nodes["id"].tolist(), nodes["u_rated"].tolist(), strict=True))
        ends = [[volts[id] for id in part[end].tolist()] for end in ("from_node", "to_node")]
        amps = part["sn"] / np.sqrt(3.0) / np.array(ends)
    else:
        amps = np.full((2, len(part)), np.inf)
    return np.where(amps > 0.0, amps, np.inf)  # NaN, too: nothing is said
