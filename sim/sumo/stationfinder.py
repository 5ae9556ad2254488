"""SUMO's own search for charging stations (its device `stationfinder`), as the baseline of dispatch.

What was seen of SUMO 1.28, with five vehicles and stations of two bays and one: a vehicle chooses by travel time alone,
so that all go to one station and wait there in their lane while the other is empty. The stop that the device plans is
as long as the station's full power takes for what lacked when it looked: who takes less power, or has used some on the
way, would leave before it has enough. So whoever is plugged in is told to stay, until it has. Whoever has the device is
given a battery too: so it is given to those alone who have one, where the files say so (`has.battery.device`). It also
chooses stations that a vehicle has passed; SUMO then refuses the stop.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.scenario.configuration import read_configuration
from wayside.sim.sumo.rewriting import rewritten
from wayside.sim.sumo.since import check_since
from wayside.sim.sumo.staging import Staged

_DEVICE: Final = "device.stationfinder"
_FINDS: Final = b'<param key="has.stationfinder.device" value="true"/>'
_KEY, _TRUE = (rb"\bkey\s*=\s*[\"']has\.battery\.device[\"']", rb"\bvalue\s*=\s*[\"'](?:true|1|on|yes|x|t)[\"']")
_HAS_BATTERY: Final = re.compile(rb"<param\b(?=[^>]*" + _KEY + rb")(?=[^>]*" + _TRUE + rb")", re.IGNORECASE)


def finds(policy: Any) -> bool:
    """Whether a charging policy leaves it to vehicles to find their stations."""
    return getattr(policy, "finds", False) is True


def check_finds(policy: Any, version: tuple[int, ...], scenario: Scenario) -> None:
    """ScenarioError where SUMO's version, as (1, 28, 0), is too old for vehicles to find stations so."""
    if finds(policy):
        check_since(version, scenario, "charging.policy", scenario.charging.policy.use, "whose vehicles find stations")


def with_finders(staged: Staged, scenario: Scenario) -> Staged:
    """The folder with copies of the files that tell of vehicles with batteries, in which these have the device too.

    ScenarioError where vehicles are given batteries by chance, as nobody knows which.
    """
    configuration = read_configuration(staged.config)
    for option in ("device.battery.probability", "device.battery.deterministic"):
        if (said := configuration.get(option)) is not None and said not in ("0", "false"):
            where = f"{scenario.source or scenario.sumo.config}: charging.policy = {scenario.charging.policy.use!r}"
            raise ScenarioError(f"{where}: {option} = {said!r}: which vehicles are electric must be told by id or type")
    return rewritten(staged, ("route-files", "additional-files"), partial(_HAS_BATTERY.sub, _FINDS + rb"\g<0>"))


def device(policy: Any, scenario: Scenario, staged: Staged) -> list[str]:
    """What SUMO is told of how its electric vehicles find stations; nothing of what the scenario tells it itself.

    Nobody looks before it is told to (`FindStation`): SUMO ends itself where a vehicle looks that is about to pass a
    station. Then the level of charge alone counts, as for a request to a unit, and not whether the way still to drive
    needs more. Nobody whose battery is empty is taken off the road, as nobody is under the other policies.
    """
    told = {
        "explicit": read_configuration(staged.config).get("device.battery.explicit") or "",
        "radius": f"{policy.radius:g}",
        "waitForCharge": f"{policy.wait:g}",
        "repeat": f"{policy.repeat:g}",
        "needToChargeLevel": "1e-6",
        "emptyThreshold": "0",
        "saturatedChargeLevel": f"{scenario.charging.target:g}",
        "checkEnergyForRoute": "false",
        "rescueAction": "none",
    }
    options = {f"{_DEVICE}.{name}": value for name, value in told.items() if value}
    mine = scenario.sumo.options
    return [word for name, value in options.items() if name not in mine for word in (f"--{name}", value)]
