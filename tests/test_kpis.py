"""docs/kpis.md is the one list of the key figures: complete, and each with its unit."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.messages.kinds import FAMILIES
from wayside.sim.air import FATES
from wayside.sim.exchange.measure import DELIVERY_AT
from wayside.sim.experiments.ends import ON_ROAD, STUCK_AT_END
from wayside.sim.ocpp.coupling import FIGURES

PAGE = Path(__file__).parents[1] / "docs" / "kpis.md"
ENDINGS = {"_kg_km": "kg/km", "_kwh_km": "kWh/km", "_m_s": "m/s", "_kwh": "kWh", "_km": "km", "_kw": "kW",
           "_octets": "octets", "_share": "share", "_m": "m", "_s": "s"}  # fmt: skip
UNITS = {*ENDINGS.values(), "count", "currency"}
PERSONS = {f"persons.{name}" for name in ("departed", "arrived", "present", "devices")}
OCPP = {f"ocpp.{name}" for name in FIGURES}
GRID = {f"charging.grid_{name}" for name in ("loading_max", "voltage_min", "over_s", "held_s")}
NOT_ALWAYS = {"apps.failed", ON_ROAD, STUCK_AT_END, *PERSONS, *OCPP, *GRID}  # what only some runs have


def rows(text: str) -> dict[str, list[str]]:
    """The cells of every figure on the page: unit, meaning, source; by its name with capitals for several."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) >= 4:
            for name in re.findall(r"`([^`]+)`", cells[0]):
                assert name not in found, f"{name} stands there twice"
                found[name] = cells[1:]
    return found


def pattern(name: str) -> re.Pattern[str]:
    """Of the names that a name with capitals stands for."""
    several = {
        "KIND": ["[a-z0-9_]+"],
        "SERVICE": ["parking", "charging"],
        "GROUP": ["equipped", "unequipped"],
        "CLASS": ["bus", "other"],
        "FATE": [fate.replace("-", "_") for fate in FATES],
        "D": [str(metres) for metres in DELIVERY_AT],
    }
    parts = re.split(r"([A-Z]+)", name)
    return re.compile(
        "".join(f"(?:{'|'.join(several[part])})" if part in several else re.escape(part) for part in parts)
    )


def missing(names: Iterable[str], known: Iterable[str]) -> set[str]:
    """The figures that no row of the page stands for."""
    patterns = list(map(pattern, known))
    return {name for name in names if not any(one.fullmatch(name) for one in patterns)}


def _names(family: str) -> set[str]:
    """Of all figures that a run has, those too that have no value."""
    said: dict[str, object] = {"scenario.end": 1.0, "v2x.radio": "itsg5", "v2x.neighbours": True, "v2x.family": family}
    said["signals.control"] = "greedy"
    if family == "etsi":
        said["v2x.forwarding"] = True
    said["rsu.0.apps"] = ["signals", "parking", "charging", "platform", "priority", "perception"]
    said["v2x.services"] = ["parking", "charging", "hazards", "signage", "signal_advice", "informed"]
    said["v2x.services"] += ["priority", "perception", "collision"]
    said["record.observers"] = [{"use": "trips", "apart": ["bus"]}]
    with Simulation(Scenario.load("crossing").replace(said)) as simulation:
        simulation.run()
        groups = simulation.metrics.groups()
        return {name for tells in groups.values() for tell in tells for name in tell()}


@pytest.fixture(scope="module")
def names() -> set[str]:
    return NOT_ALWAYS.union(*(in_child(_names, family) for family in FAMILIES))


def test_every_figure_is_on_the_page(names: set[str]) -> None:
    assert missing(names, rows(PAGE.read_text("utf-8"))) == set()


def test_every_name_on_the_page_is_a_figure(names: set[str]) -> None:
    assert [name for name in rows(PAGE.read_text("utf-8")) if not any(map(pattern(name).fullmatch, names))] == []


def test_every_row_has_its_unit_and_meaning() -> None:
    for name, (unit, meaning, _) in rows(PAGE.read_text("utf-8")).items():
        ending = next((end for end in ENDINGS if name.endswith(end)), None)
        assert unit in UNITS, name
        assert ending is None or unit == ENDINGS[ending] or name.endswith("radio.delivery_Dm"), name
        assert len(meaning) > 3, name


def test_a_figure_that_is_not_on_the_page_is_found(names: set[str]) -> None:
    known = rows(PAGE.read_text("utf-8"))
    assert missing({"vehicles.flown_km", "radio.delivery_70m", "parking.both.searches"}, known) == {
        "vehicles.flown_km",
        "radio.delivery_70m",
        "parking.both.searches",
    }
    for name in known:
        rest = [one for one in known if one != name]
        assert missing(names, rest), name
