"""The city's services as wholes, who was helped, and what plug-ins draw; against the simulation's own arrays."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import App, Scenario, Simulation, every
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.sim.onboard.charging import PLUGGED
from wayside.sim.onboard.parking import GUIDED
from wayside.web.server.channels import StreamChannel
from wayside.web.server.observer import Publisher
from wayside.web.server.services.charging import View

CHANGES: dict[str, Any] = {
    "v2x.penetration": 0.7,
    "charging.request_below": 0.98,
    "charging.target": 1.0,
    "parking.policy": "predictive",
    "charging.policy": "predictive",
    "charging.feeders": {"quarter": {"limit_w": 60e3, "of": ["mill"]}},
    "charging.tariffs": {"day": {"price": 0.31, "of": ["quarter"]}},
}


class Marker(App):
    """Shows where it stands, and how many it hears."""

    @every(1.0)
    def look(self) -> None:
        """Draw."""
        self.context.show("heard", points=[self.position], labels=[(*self.position, f"{len(self.ldm)} heard")])


class Confused:
    """A policy whose forecast is none."""

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> BayAssignment:
        """Nobody gets anything."""
        return BayAssignment(np.full(len(requests.x), -1, np.int32), np.full(len(requests.x), np.nan))

    def forecast(self, car_parks: CarParks, after_s: float) -> Any:
        """A number for one car park too many."""
        return np.zeros(len(car_parks.ids) + 1)


def watched(changes: dict[str, Any], seconds: float, refs: tuple[str, ...], looking: bool = True) -> dict[str, Any]:
    """Some time of the crossing, looked at or not: what is told, and the state that it is told of."""
    texts: list[Any] = []

    def send(channel: StreamChannel, payload: bytes) -> None:
        if channel is StreamChannel.TEXT:
            texts.append(json.loads(payload))

    with Simulation(Scenario.load("crossing").replace({**CHANGES, **changes})) as simulation:
        publisher = Publisher(simulation, send) if looking else None
        if publisher is not None:
            simulation.observers.add(publisher)
            publisher.attend(1)
            publisher.paused = True  # then all is told at once
        table = simulation.vehicles
        ways: list[tuple[list[int], tuple[str, ...], int]] = []
        guided: list[dict[str, Any]] = []
        plugged: list[dict[str, Any]] = []
        parking, charging = (
            next(one for one in simulation.onboard if one.name == name) for name in ("parking", "charging")
        )
        while simulation.time < seconds:
            telling = publisher is not None and round(simulation.time * 10) % 10 == 9  # then a second is full
            if publisher is not None:
                publisher.expect(telling)
            next(simulation)
            if publisher is None or not telling:
                continue
            n = table.extent
            bound = np.flatnonzero(parking.state[:n] == GUIDED)[:1]
            publisher.details.watched = (*refs, *(f"vehicle/{table.station[slot]}" for slot in bound))
            publisher.publish()
            for slot in bound.tolist():
                said = publisher.details.of(f"vehicle/{int(table.station[slot])}")
                assert said is not None
                guided.append(said)
                ahead = simulation.backend.edges_ahead(str(table.ids[slot]))
                if said["way"] is not None:  # else SUMO was computing already when it was asked for
                    ways.append((said["way"], ahead, int(table.edge[slot])))
            plugged += (publisher.details.of("site/0") or {})["vehicles"]
        n = table.extent
        found = {
            "kpis": simulation.metrics.kpis(),
            "where": np.stack((table.x[:n], table.y[:n], table.charge[:n])).tolist(),
        }
        if publisher is None:
            return found
        parks, chargers = parking.platform.car_parks, charging.platform.chargers
        slots = np.flatnonzero(charging.state[:n] == PLUGGED)
        group = charging.charger[slots]
        drawn = np.fmin(charging.limit_w[slots], chargers.power_w[group] * chargers.efficiency[group])
        marks: dict[str, Any] = {}
        helped: set[tuple[Any, ...]] = set()
        for said in texts:
            if said["type"] == "marks":
                marks.update(said)
                helped.update(map(tuple, said.get("helped", [])))
        return {
            **found,
            **{name: publisher.details.of(f"{name}/0") for name in ("parking", "charging", "park", "site")},
            "edges": [[simulation.network.edge_ids[edge] for edge in way] for way, *_ in ways],
            "ahead": [list(ahead) for _, ahead, _ in ways],
            "guided": guided,
            "plugged": plugged,
            "parks": np.stack((parks.occupied, parks.reserved, parks.price_per_hour)).T.tolist(),
            "park_ids": list(parks.ids),
            "expected": [parking.platform.policy.forecast(parks, after).tolist() for after in (300.0, 900.0)]
            if getattr(parking.platform.policy, "_rates", None) is not None
            else None,
            "granted": float((drawn / chargers.efficiency[group]).sum()),
            "marks": marks,
            "helped": sorted(helped),
            "searches": [
                (one.parked, one.parked - one.began)
                for one in parking.searches
                if one.outcome == "guided" and one.parked == one.parked
            ],
        }


REFS = ("parking/0", "charging/0", "park/0", "site/0")
MARKED = {"rsu.0.apps": ["signals", "parking", "charging", f"{__name__}:Marker"]}
SECONDS = 120.0


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Two minutes, looked at."""
    return in_child(watched, MARKED, SECONDS, REFS)


def test_all_car_parks_together(told: dict[str, Any]) -> None:
    city = told["parking"]
    rows = {row[0]: row[1:] for row in city["parks"]}
    assert {number: row[:3] for number, row in rows.items()} == dict(enumerate(told["parks"]))
    assert city["occupied"] == sum(row[0] for row in told["parks"])
    assert city["policy"].endswith("PredictiveBatch")
    assert city["forecast"] == {"ahead_s": [300.0, 900.0], "words": ""}
    assert city["expected"] == pytest.approx([sum(one) for one in told["expected"]], abs=0.06)
    for number, row in rows.items():
        assert row[3:] == pytest.approx([one[number] for one in told["expected"]], abs=0.006)
    shares = [sum(rows[row[0]][:2]) for row in city["parks"]]
    assert city["drivers"].keys() == {"heading", "searching", "guided", "unguided"}
    assert len(shares) == city["count"] == len(told["park_ids"])


def test_a_way_is_the_route_that_sumo_has(told: dict[str, Any]) -> None:
    assert len(told["edges"]) > 3
    assert told["edges"] == told["ahead"]
    assert any(told["edges"])
    assert all(one["parking"]["assigned"] for one in told["guided"])


def test_who_stands_in_a_car_park(told: dict[str, Any]) -> None:
    park = told["park"]
    assert len(park["standing"]) <= park["occupied"]
    assert all(one["since"] <= park["time"] for one in park["standing"])
    assert park["forecast"]["taken"] == pytest.approx([one[0] for one in told["expected"]], abs=0.06)


def test_the_tree_of_limits(told: dict[str, Any]) -> None:
    city, site = told["charging"], told["site"]
    nodes = city["nodes"]
    assert nodes["names"] == ["mill", "quarter"]
    assert nodes["parent"] == [1, -1]
    assert nodes["limit_w"][1] == 60e3
    assert nodes["drawn_w"][0] == nodes["drawn_w"][1] == pytest.approx(site["power_w"], abs=1.0)
    assert nodes["granted_w"] == pytest.approx([told["granted"]] * 2, abs=1.0)
    assert nodes["granted_w"][1] <= 60e3 + 1.0
    assert nodes["drawn_w"][0] <= nodes["granted_w"][0] + 1.0
    ((occupied, reserved, queue, piles, free_in_s, *expected),) = city["sites"]
    assert occupied == sum(one["occupied"] for one in site["groups"])
    assert reserved == sum(one["reserved"] for one in site["groups"])
    assert piles == sum(one["piles"] for one in site["groups"])
    assert queue >= 0
    assert free_in_s is not None
    assert (free_in_s > 0.0) == (occupied + reserved >= piles)
    assert len(expected) == len(city["forecast"]["ahead_s"])
    (meter,) = city["meters"]
    assert (meter["name"], meter["price_per_kwh"]) == ("quarter", 0.31)
    assert site["tariff"] == meter
    assert city["vehicles"]["plugged"] == sum(one["state"] == "plugged" for one in site["vehicles"])


def test_energy_against_the_deadline(told: dict[str, Any]) -> None:
    charging = [one for one in told["plugged"] if one["state"] == "plugged"]
    assert charging
    assert all(0.0 <= one["energy_wh"] <= one["wanted_wh"] + 1.0 for one in charging)
    assert all(one["leaves"] is one["due_wh"] is None for one in charging), (
        "they were sent: nothing says when they leave"
    )
    since, leaves, wanted = np.array(
        [[100.0, 100.0, 100.0, 100.0], [300.0, np.nan, 120.0, 100.0], [8e3, 8e3, 8e3, 8e3]]
    )
    view: Any = View.__new__(View)
    view.simulation = SimpleNamespace(time=150.0)
    view.service = SimpleNamespace(since=since, departure=leaves, wanted_wh=wanted)
    # A quarter of the stay; no deadline; stayed on beyond it; no stay at all.
    assert View._due_wh(view, np.arange(4)).tolist() == pytest.approx([2e3, np.nan, 8e3, 8e3], nan_ok=True)


def test_who_was_helped_and_by_how_much(told: dict[str, Any]) -> None:
    """Each who parked as reserved, once, with the time that its row of the table says."""
    assert len(told["searches"]) > 0
    mine = {(round(parked, 1), round(seconds)) for parked, seconds in told["searches"]}
    assert {(row[1], row[2]) for row in told["helped"]} == mine
    assert len(told["helped"]) == len(told["searches"])
    assert all(row[3] is None or abs(row[3]) < 900.0 for row in told["helped"])


def test_what_an_application_draws_is_streamed(told: dict[str, Any]) -> None:
    (drawn,) = told["marks"]["drawings"]
    assert (drawn["kind"], drawn["lines"], drawn["areas"]) == ("heard", [], [])
    assert drawn["by"].endswith("Marker")
    assert drawn["unit"]
    ((x, y, text),) = drawn["labels"]
    assert [[x, y]] == drawn["points"]
    assert text.endswith(" heard")


def test_a_policy_that_forecasts_nothing_says_so() -> None:
    found = in_child(
        watched, {"parking.policy": "nearest", "charging.policy": "least-completion"}, 30.0, ("parking/0",)
    )
    assert found["parking"]["forecast"] == {"ahead_s": [], "words": "the policy forecasts nothing"}
    assert found["parking"]["expected"] == []
    assert all(len(row) == 4 for row in found["parking"]["parks"])
    assert found["park"]["forecast"] == {"ahead_s": [], "words": "the policy forecasts nothing", "taken": []}
    assert found["charging"]["forecast"]["words"] == "the policy forecasts nothing"


def test_a_forecast_that_is_none_is_told_in_a_line() -> None:
    found = in_child(watched, {"parking.policy": f"{__name__}:Confused"}, 10.0, ("parking/0",))
    words = found["parking"]["forecast"]["words"]
    assert words.endswith("must answer 2 numbers, or None")
    assert "Confused.forecast" in words


def test_who_looks_on_changes_nothing(told: dict[str, Any]) -> None:
    alone = in_child(watched, MARKED, SECONDS, (), looking=False)
    assert told["kpis"] == alone["kpis"]
    np.testing.assert_array_equal(told["where"], alone["where"])


def test_nor_where_sumo_computes_ahead() -> None:
    """Then it is asked for ways while it rests, before its next step begins."""
    changes = {"scenario.pipeline": "overlapped"}
    seen = in_child(watched, changes, 50.0, REFS)
    alone = in_child(watched, changes, 50.0, (), looking=False)
    assert seen["kpis"] == alone["kpis"]
    np.testing.assert_array_equal(seen["where"], alone["where"])
