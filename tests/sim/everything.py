"""All that a run imports, for processes that are forks of one that has it (`children.py`)."""

import gc
import importlib

from wayside.sim.experiments.warm import warm_up
from wayside.sim.scenario import registry

warm_up()
for module in (
    "rich.progress",
    "rich.table",
    "scipy.optimize",
    "scipy.spatial",
    "scipy.stats",
    "wayside.web.cli",
    "wayside.sim.children",
    "wayside.web.server.child",
):
    importlib.import_module(module)
for group in registry.GROUPS:
    for entry in registry.registered(group).values():
        entry.load()
# What is here already is no garbage: a fork that looks through it would copy it, too.
gc.collect()
gc.freeze()
