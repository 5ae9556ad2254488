"""Runs without a service that the live view knows, and with one that it does not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import OnboardService, Scenario, Simulation
from wayside.sim.children import RefusedError
from wayside.web.server import world
from wayside.web.server.channels import StreamChannel
from wayside.web.server.observer import Publisher
from wayside.web.server.orders import act
from wayside.web.server.view import ServiceView, Views, known


class Calm(OnboardService):
    """Somebody else's."""

    name = "calm"

    def kpis(self, now: float) -> dict[str, float]:
        """See `OnboardService.kpis`."""
        return {"calm.vehicles": 3}


class Other(Calm):
    """One of a known name that is not the known one."""

    name = "parking"

    def kpis(self, now: float) -> dict[str, float]:
        """See `OnboardService.kpis`."""
        return {"parking.vehicles": 3}


def shown(services: list[str], apps: list[str]) -> dict[str, Any]:
    """Half a minute of the crossing, watched: all that is told, and the refusals of actions of either service."""
    changes = {"v2x.services": services, "rsu.0.apps": apps, "v2x.penetration": 1.0}
    told: dict[StreamChannel, list[bytes]] = {}
    with Simulation(Scenario.load("crossing").replace(changes)) as simulation:
        publisher = Publisher(simulation, lambda channel, payload: told.setdefault(channel, []).append(payload))
        simulation.observers.add(publisher)
        publisher.attend(1)
        for _ in range(300):
            publisher.expect(True)
            next(simulation)
            publisher.publish()
        publisher.snapshot()
        table = simulation.vehicles
        station = int(table.station[np.flatnonzero(table.alive[: table.extent])[0]])
        refused = {}
        for name, what in (("concert", {"count": 1, "x": 0.0, "y": 0.0}), ("surge", {"count": 1, "charge": 0.1})):
            try:
                act(simulation, name, what)
            except RefusedError as refusal:
                refused[name] = (refusal.status, str(refusal))
        act(simulation, "road", {"edge": 0, "closed": True})
        next(simulation)
        return {
            "world": world.describe(publisher.views),
            "snapshot": json.loads(told[StreamChannel.SNAPSHOT][0]),
            "vehicle": publisher.details.of(f"vehicle/{station}"),
            "park": publisher.details.of("park/0"),
            "site": publisher.details.of("site/0"),
            "figures": {name.partition(".")[0] for name in simulation.metrics.kpis()},
            "kpis": [json.loads(text) for text in told[StreamChannel.TEXT] if b'"kpis"' in text],
            "frames": len(told[StreamChannel.FRAME]),
            "refused": refused,
        }


def test_without_a_known_service() -> None:
    found = in_child(shown, ["charging"], ["signals", "charging"])
    assert found["world"]["parks"] == found["snapshot"]["parks"] == []
    assert len(found["world"]["sites"]) == len(found["snapshot"]["sites"]) == 1
    assert found["vehicle"]["parking"] is None
    assert found["park"] is None
    assert found["site"]["groups"]
    assert found["frames"] >= 300
    assert found["refused"] == {"concert": (409, "the run has no service 'parking'")}


@pytest.mark.parametrize("name", ["Calm", "Other"])
def test_with_somebody_elses(name: str) -> None:
    """It is among the figures by its name; what the view knows of a service of the same name is not asked of it."""
    found = in_child(shown, [f"{__name__}:{name}"], ["signals"])
    assert found["world"]["parks"] == found["world"]["sites"] == []
    own = {"Calm": "calm", "Other": "parking"}[name]
    assert found["kpis"][-1]["values"][f"{own}.vehicles"] == 3
    assert own in found["figures"]
    assert (found["vehicle"]["charging"], found["park"], found["site"]) == (None, None, None)
    assert "calm" not in found["vehicle"]
    assert set(found["refused"]) == {"concert", "surge"}


def views_of(services: list[str]) -> list[str]:
    with Simulation(Scenario.load("crossing").replace({"v2x.services": services})) as simulation:
        return [type(view).__module__ for view in Views(simulation)]


def test_each_service_has_its_view() -> None:
    assert set(known()) == {"parking", "charging", "priority", "signal_advice", "hazards", "collision"}
    views = in_child(views_of, ["charging", f"{__name__}:Calm", "parking"])
    ours = "wayside.web.server.services"
    assert views == [f"{ours}.charging", ServiceView.__module__, f"{ours}.parking"]


def test_flags_of_services_do_not_meet() -> None:
    """Bits 1-2 and 3-4 of a vehicle's flags, as docs/live.md has them."""
    said = {name: set(kind.flags) for name, kind in known().items() if kind.flags}
    assert said == {"parking": {0, 1 << 1, 2 << 1}, "charging": {0, 1 << 3, 2 << 3}}
