"""wayside: a vehicle-road collaboration edge simulator.

from wayside import Scenario, Simulation

with Simulation(Scenario.load("crossing")) as simulation:
    for tick in simulation:
        print(tick.time, tick.vehicles.count)
"""

from importlib.metadata import version

from wayside.edge.app import App, every
from wayside.edge.context import Context
from wayside.edge.control.controller import Controller
from wayside.edge.errors import OutputError, ScenarioError, SumoError, WaysideError
from wayside.edge.hearing import Cam, Heard, Vam, on
from wayside.edge.plugin import Option
from wayside.sim.engine import Simulation, Tick
from wayside.sim.experiments.compare import compare, sweep
from wayside.sim.experiments.tune import tune
from wayside.sim.observers import Observer, Table
from wayside.sim.onboard.service import OnboardService
from wayside.sim.scenario import Scenario

__version__ = version("wayside")

__all__ = [
    "App",
    "Cam",
    "Context",
    "Controller",
    "Heard",
    "Observer",
    "OnboardService",
    "Option",
    "OutputError",
    "Scenario",
    "ScenarioError",
    "Simulation",
    "SumoError",
    "Table",
    "Tick",
    "Vam",
    "WaysideError",
    "compare",
    "every",
    "on",
    "sweep",
    "tune",
]
