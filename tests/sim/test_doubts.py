"""What a scenario asks for and nothing will come of is told in a line, and what is wrong names its file and row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import wayside
from wayside.edge.app import App
from wayside.edge.apps.hazards import Hazards
from wayside.edge.apps.parking import ParkingGuidance
from wayside.edge.apps.signage import Signage
from wayside.edge.control.greedy import Greedy
from wayside.edge.control.program import OwnProgram
from wayside.edge.plugin import declared
from wayside.sim.doubts import doubts
from wayside.sim.experiments.findings import unknown
from wayside.sim.onboard.hazards import HazardReaction
from wayside.sim.onboard.signage import SignReaction
from wayside.sim.onboard.signal_advice import SignalAdvice


@dataclass
class Says:
    """A plug-in as a scenario names it, with its own defaults but for some options."""

    where: str
    code: Any
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        return {one.name: one.default for one in declared(self.code)} | self.said


SIGN, CLOSES = {"edge": "in", "speed": 10.0}, {"edge": "in"}
SITE = {"cause": "roadworks", "edge": "in"}
HEEDED = [Says("s: v2x.services[0]", HazardReaction), Says("s: v2x.services[1]", SignReaction)]


def told(apps: list[Says], services: list[Says] | None = None, control: Says | None = None) -> list[str]:
    program = Says("s: signals.control", OwnProgram)
    lanes = {"in": 2}
    found = doubts([apps], services or [], control or program, lambda edge: lanes.get(edge, 0), 0.2, 100.0, 600.0)
    return list(found)


def one(code: type[App], **said: Any) -> list[str]:
    return told([Says("s: rsu[0].apps[0]", code, said)], HEEDED)


def test_what_has_something_to_do_is_not_doubted() -> None:
    (alone,) = one(Hazards)
    assert alone == 's: v2x.services[1]: "signage": no unit runs the application "signage", whose messages it heeds'
    fine = Says("s: rsu[0].apps[1]", Signage, {"signs": (SIGN,)})
    assert told([Says("s: rsu[0].apps[0]", Hazards, {"sites": (SITE,)}), fine], HEEDED) == []


@pytest.mark.parametrize(
    ("code", "said", "line"),
    [
        (Hazards, {"detect": ()}, "detect: is empty, and so is sites: there is nothing to tell of"),
        (Hazards, {"sites": ({**SITE, "begin": 600.0},)}, "sites[0].begin = 600: is not before the run's end at 600 s"),
        (Hazards, {"sites": ({**SITE, "end": 100.0},)}, "sites[0].end = 100: is not after the run's begin at 100 s"),
        (Hazards, {"sites": ({**SITE, "closed": (True, True)},)}, "sites[0].closed: are all lanes of the edge"),
        (Signage, {}, "signs: is empty, and so is variable: there is nothing to show"),
        (Signage, {"signs": ({**SIGN, "begin": 700.0},)}, "signs[0].begin = 700: is not before the run's end at 600 s"),
        (
            Signage,
            {"signs": ({"edge": "in", "closed": (1, 2)},)},
            "signs[0].closed = [1, 2]: are all lanes of the edge",
        ),
        (
            Signage,
            {"signs": ({"edge": "in", "closed": (1, 1)},)},
            "signs[0].closed = [1, 1]: a lane stands there twice",
        ),
        (
            Signage,
            {"variable": ({"edge": "in"},), "steps": ((10.0, 20.0), (20.0, 25.0))},
            "steps: speeds of 20, 25 m/s do not fall as the density rises",
        ),
    ],
)
def test_options_that_come_to_nothing(code: type[App], said: dict[str, Any], line: str) -> None:
    (doubt, *_) = one(code, **said)
    assert doubt.startswith(f"s: rsu[0].apps[0].{line}")


def test_who_nobody_heeds_and_who_hears_nothing() -> None:
    assert told([Says("s: rsu[0].apps[0]", Signage, {"signs": (SIGN,)})], HEEDED[:1]) == [
        's: rsu[0].apps[0]: "signage": no on-board service of v2x.services heeds what it says (Ivim)'
    ]
    advice = [Says("s: v2x.services[0]", SignalAdvice)]
    assert told([Says("s: rsu[0].apps[0]", ParkingGuidance)], advice) == [
        's: v2x.services[0]: "signal_advice": no unit runs the application "signals", whose messages it heeds'
    ]

    class Mine(App):
        """Somebody's own, which may say anything."""

    Mine.__module__ = "mine"
    assert told([Says("s: rsu[0].apps[0]", Mine)], advice) == []


def test_twice_at_a_unit_and_periods_that_are_no_multiples() -> None:
    twice = [Says(f"s: rsu[0].apps[{k}]", ParkingGuidance) for k in (0, 1)]
    assert told(twice) == ['s: rsu[0].apps[1]: "parking" runs at these units already: it runs there twice']
    advice = Says("s: v2x.services[0]", SignalAdvice, {"period": 0.5})
    greedy = Says("s: signals.control", Greedy, {"period": 0.3})
    found = [line for line in told([], [advice], greedy) if "period" in line]
    assert found == [
        "s: signals.control.period = 0.3: is no multiple of SUMO's step of 0.2 s: it is 0.4 s",
        "s: v2x.services[0].period = 0.5: is no multiple of SUMO's step of 0.2 s: it is 0.6 s",
    ]


def test_they_are_warned_of_once_and_the_run_goes_on(tmp_path: Path) -> None:
    apps = "['signals', 'signals', {use='hazards', detect=[]}]"
    more = ("--set", "signals.control={use='greedy', period=0.25}", "--set", "record.observers=['trips']")
    done = wayside("run", "crossing", "--until", 130, "--set", f"rsu.0.apps={apps}", *more)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(lines) == len(set(lines)) == 3
    for number, said in enumerate(("apps[1]: ", "apps[2].detect: ", "signals.control.period = 0.25: ")):
        assert said in lines[number]
    groups = [line.split()[0] for line in done.stdout.splitlines() if line[:1].isalpha()]
    assert {"trips", "hazards", "signals"} <= set(groups)
    assert not {"forwarding", "platform"} & set(groups)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ('use = "hazards", sites = [{ cause = "roadworks", edge = "west-crosing" }]', "sites[0]"),
        ('use = "signage", variable = [{ edge = "west-crosing" }]', "variable[0]"),
    ],
)
def test_an_applications_own_check_names_file_and_row(tmp_path: Path, app: str, said: str) -> None:
    config = Path(__file__).parents[2] / "scenarios" / "crossing" / "crossing.sumocfg"
    rows = f'[[rsu]]\napps = ["signals"]\n[[rsu]]\nat = [0.0, 0.0]\napps = ["parking", {{ {app} }}]\n'
    (tmp_path / "mine.toml").write_text(f'[sumo]\nconfig = "{config}"\n{rows}')
    done = wayside("check", tmp_path / "mine.toml")
    assert done.returncode == 2
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(f'wayside: {tmp_path}/mine.toml: rsu[1].apps[1].{said}.edge = "west-crosing": must be')
    assert line.endswith('; did you mean "west-crossing"?')


def test_figures_that_an_observer_would_have() -> None:
    assert unknown("trips.stops", ["vehicles.arrived"]).endswith(
        'those of "trips" are there with record.observers = ["trips"]'
    )
    assert unknown("informed.*", []).endswith('those of "informed" are there with v2x.services = ["informed"]')
    assert unknown("vehicles.arived", ["vehicles.arrived"]).endswith('did you mean "vehicles.arrived"?')


def test_an_application_that_interrupts_is_named(tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text(
        "from wayside import App, every\n\nclass Rude(App):\n    @every(1.0)\n    def look(self):\n"
        "        if self.time > 2:\n            raise KeyboardInterrupt\n"
    )
    done = wayside("run", "crossing", "--until", 9, "--set", "rsu.0.apps=['rude:Rude']", cwd=tmp_path)
    assert done.returncode == 130
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("wayside: interrupted in unit ")
    assert "Rude.look at 2." in last or "Rude.look at 3" in last
    assert f"KeyboardInterrupt ({tmp_path}/rude.py:7)" in last


def test_plugins_tells_all_of_it() -> None:
    told = wayside("plugins", "hazards").stdout
    assert "They are repeated each second, told anew as they move" in told
    row = next(line for line in told.splitlines() if line.startswith("sites "))
    assert "list of tables" in row
    assert "roadworks" not in row
    fields = [line for line in told.splitlines() if line.startswith("  .")]
    assert [line.split()[0] for line in fields][:3] == [".cause", ".edge", ".at"]
    assert "by default its middle" in fields[2]
    assert "must be given" in fields[0]
    assert "between 0.277778 and 70.8333" in wayside("plugins", "signage").stdout
