"""wayside: a vehicle-road collaboration edge simulator.

from wayside import Scenario, Simulation

with Simulation(Scenario.load("crossing")) as simulation:
    for tick in simulation:
        print(tick.time, tick.vehicles.count)
"""

from importlib.metadata import version

from wayside.edge.app import App, every
from wayside.edge.errors import OutputError, ScenarioError, SumoError, WaysideError
from wayside.sim.engine import Simulation, Tick
from wayside.sim.scenario import Scenario

__version__ = version("wayside")

__all__ = [
    "App",
    "OutputError",
    "Scenario",
    "ScenarioError",
    "Simulation",
    "SumoError",
    "Tick",
    "WaysideError",
    "every",
]
