"""All that the command imports, for processes that are forks of one that has it (`children.py`)."""

import gc
import importlib
from functools import cache

import typer.main

from wayside.sim.experiments.warm import warm_up
from wayside.sim.scenario import registry

warm_up()
for module in (
    "rich.progress",
    "rich.table",
    "scipy.optimize",
    "scipy.spatial",
    "scipy.stats",
    "statsmodels.stats.multitest",
    "statsmodels.stats.power",
    "typer.rich_utils",
    "wayside.web.cli",
    "wayside.sim.children",
    "wayside.sim.cli.progress",
    "wayside.sim.experiments.drawings",
    "wayside.sim.experiments.report",
    "wayside.sim.results.plots",
    "wayside.web.server.child",
):
    importlib.import_module(module)
for group in registry.GROUPS:
    for entry in registry.registered(group).values():
        entry.load()
# Typer makes a command of the signatures of all functions, which takes longer than most commands that are refused.
typer.main.get_command = cache(typer.main.get_command)
typer.main.get_command(importlib.import_module("wayside.sim.cli.command").app)
# What is here already is no garbage: a fork that looks through it would copy it, too.
gc.collect()
gc.freeze()
