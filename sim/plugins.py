"""What a scenario's names stand for: radios, policies and applications, built in or a user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wayside.edge.app import App
from wayside.edge.charging.state import Policy as ChargingPolicy
from wayside.edge.charging.state import PowerPolicy
from wayside.edge.errors import ScenarioError
from wayside.edge.parking.state import Policy as ParkingPolicy
from wayside.sim import registry
from wayside.sim.air import Radio, Site
from wayside.sim.scenario import Scenario
from wayside.sim.sections import V2X


@dataclass(frozen=True)
class Plugins:
    """What a scenario's names stand for."""

    radios: tuple[Callable[[Site], Radio], ...]  # as `V2X.radios`
    parking: ParkingPolicy
    charging: ChargingPolicy
    power: PowerPolicy
    apps: dict[str, type[App]]


def radio_fields(v2x: V2X) -> dict[str, str]:
    """Which field names a radio, by its name."""
    fields = {name: f"v2x.radio_of.{kind}" for kind, shares in v2x.radio_of.items() for name in shares}
    return fields | {v2x.radio: "v2x.radio"}


def resolve(scenario: Scenario) -> Plugins:
    """Look up every name. ScenarioError names the file, the field and what is wrong with it."""
    where = f"{scenario.source or scenario.sumo.config}: "

    def find(group: str, name: str, field: str) -> Any:
        found = registry.resolve(f"wayside.{group}", name, where + field, scenario.source and scenario.source.parent)
        if group != "apps" and not callable(found):
            raise ScenarioError(f"{where}{field} = {name!r}: must be a function or a class")
        # A policy may be a class: one object of it serves the whole run.
        return found() if group in ("parking", "charging", "power") and isinstance(found, type) else found

    apps: dict[str, type[App]] = {}
    for row, rsu in enumerate(scenario.rsu):
        for name in rsu.apps:
            field = f"rsu[{row}].apps"
            apps[name] = find("apps", name, field)
            if not (isinstance(apps[name], type) and issubclass(apps[name], App)):
                raise ScenarioError(f"{where}{field} = {name!r}: must be a class derived from wayside.App")
    v2x = scenario.v2x
    fields = radio_fields(v2x)
    return Plugins(
        tuple(find("radio", name, fields[name]) for name in v2x.radios),
        find("parking", scenario.parking.policy, "parking.policy"),
        find("charging", scenario.charging.policy, "charging.policy"),
        find("power", scenario.charging.power, "charging.power"),
        apps,
    )
