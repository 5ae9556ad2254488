"""SUMO's own reservation of bays (1.28): parking areas in a run's folder are made `reservable`.

Whoever passes a parkingAreaReroute then has a bay reserved in the area that it is bound for afterwards, and areas whose
bays are all taken or reserved are passed over. Where a reroute is not `visible`, SUMO takes it that the area is empty:
it reserves a bay that is taken, and sends away who had it first (seen with three vehicles and one bay). So all are made
visible.
"""

from __future__ import annotations

import re
import warnings
from typing import Any, Final

from wayside.sim.scenario import Scenario
from wayside.sim.sumo.rewriting import rewritten
from wayside.sim.sumo.since import check_since
from wayside.sim.sumo.staging import Staged

_TOLD: Final = {b"parkingArea": b"reservable", b"parkingAreaReroute": b"visible"}  # attributes that are to be true
_ELEMENT: Final = re.compile(
    rb"<!--.*?-->|<(parkingAreaReroute|parkingArea)(?=[\s/>])((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.S
)


def reserves(policy: Any) -> bool:
    """Whether a parking policy leaves it to SUMO to reserve bays."""
    return getattr(policy, "reservable", False) is True


def check_reserves(policy: Any, version: tuple[int, ...], scenario: Scenario) -> None:
    """ScenarioError where SUMO's version, as (1, 28, 0), cannot reserve bays and is to."""
    if reserves(policy):
        check_since(version, scenario, "parking.policy", scenario.parking.policy.use, "which reserves bays by itself")


def with_reservations(staged: Staged) -> Staged:
    """The folder with copies of all files that have parking areas or reroutes to them, told so. A warning where there
    is no reroute: SUMO reserves nothing then.
    """
    rerouted = False

    def change(text: bytes) -> bytes:
        nonlocal rerouted
        rerouted |= b"<parkingAreaReroute" in text
        return _ELEMENT.sub(_told, text)

    staged = rewritten(staged, ("additional-files",), change)
    if not rerouted:
        warnings.warn(
            "parking.policy: SUMO reserves a bay for whoever passes a parkingAreaReroute, and there is none",
            stacklevel=6,
        )
    return staged


def _told(match: re.Match[bytes]) -> bytes:
    """An element with its attribute set to true."""
    if match[1] is None:  # a comment
        return match[0]
    attribute = _TOLD[match[1]]
    rest = re.sub(rb"\s" + attribute + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", match[2])
    return b"<" + match[1] + b" " + attribute + b'="true"' + rest + b">"
