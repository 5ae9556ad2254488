"""All that a run imports, for processes that are forks of one that has it (`children.py`)."""

import importlib

from wayside.sim.scenario import registry
from wayside.sim.sumo.backend import import_libsumo

# traci first: imported after libsumo it would be libsumo under another name.
for module in (
    "traci",
    "pyarrow.parquet",
    "rich.progress",
    "rich.table",
    "wayside.web.cli",
    "wayside.sim.children",
    "wayside.web.server.child",
):
    importlib.import_module(module)
for group in registry.GROUPS:
    for entry in registry.registered(group).values():
        entry.load()
import_libsumo()
