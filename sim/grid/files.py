"""Reading a power grid from a file, whichever of the two formats it has."""

from __future__ import annotations

import json
from pathlib import Path

from wayside.edge.charging.grid import GridCase
from wayside.sim.grid.native import native_case
from wayside.sim.grid.pandapower import pandapower_case


def read_case(file: Path) -> GridCase:
    """The grid of a file: pandapower's JSON (`pandapower.to_json`) or power-grid-model's own. ValueError, one line
    without the file's name, for one of neither format, and for what in it is not supported.
    """
    neither = "must be a grid in JSON as pandapower or power-grid-model write it"
    try:
        said = json.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"{neither}, and is no JSON{where}") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if isinstance(said, dict) and said.get("_class") == "pandapowerNet" and isinstance(said.get("_object"), dict):
        return pandapower_case(said["_object"])
    if isinstance(said, dict) and isinstance(said.get("data"), dict) and "is_batch" in said:
        return native_case(said)
    raise ValueError(neither)
