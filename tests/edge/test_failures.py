"""Applications that break off, flood or take long: told by name, or switched off at their unit."""

import math
import warnings
from time import perf_counter

import pytest

from tests.edge.doubles import unit
from wayside.edge import failures as module
from wayside.edge.app import App
from wayside.edge.errors import ApplicationError, EncodeError, PluginError
from wayside.edge.failures import MOST_SENT, Failures, OverrunError
from wayside.edge.messages import Saem
from wayside.edge.unit import RoadsideUnit


class Flood(App):
    count = MOST_SENT + 1

    def look(self) -> None:
        for _ in range(self.count):
            self.send(Saem(("news",)))


class BreaksOff(App):
    error: BaseException = KeyError("look")

    def look(self) -> None:
        self.send(Saem(("news",)))
        raise self.error


class Calm(App):
    service = True
    name = "calm"

    def look(self) -> None:
        self.send(Saem(("news",)))


class NoSuch(App):
    def __init__(self, unit: RoadsideUnit) -> None:
        raise LookupError("no model")


def going_on() -> RoadsideUnit:
    here = unit()
    here.failures = Failures(keep_going=True)
    return here


def test_a_flood_is_told_by_name() -> None:
    here = unit()
    here.install([Flood])
    (app,) = here.apps
    with pytest.raises(ApplicationError, match=rf"unit here: Flood.look at 0 s: FloodError: .* {MOST_SENT} messages"):
        here.attempt(app, app.look)


def test_as_many_messages_as_are_allowed_in_each_tick() -> None:
    here = unit()
    here.install([Flood])
    (app,) = here.apps
    app.count = MOST_SENT
    for tick in range(3):
        here.time = tick / 10
        here.attempt(app, app.look)
    assert len(here.outbox) == 3 * MOST_SENT


def test_what_one_application_sends_does_not_count_for_another() -> None:
    here = unit()
    here.install([Flood, Flood])
    for app in here.apps:
        app.count = MOST_SENT
        here.attempt(app, app.look)
    assert len(here.outbox) == 2 * MOST_SENT


@pytest.mark.parametrize("error", [KeyError("look"), SystemExit(1), EncodeError("too long")])
def test_who_breaks_off_is_switched_off_at_its_unit_alone(error: BaseException) -> None:
    here, there = going_on(), unit()
    there.failures = here.failures
    for each in (here, there):
        each.install([BreaksOff, Calm])
        each.outbox.clear()
    broken, calm = here.apps
    broken.error = error
    with pytest.warns(UserWarning, match="unit here: BreaksOff.look at 0 s: .*: it is switched off at this unit"):
        here.attempt(broken, broken.look)
    assert not here.outbox  # what it said before is not sent either
    assert here.apps == [calm]
    assert [type(app) for app in there.apps] == [BreaksOff, Calm]
    assert here.services == ("calm",)
    (failure,) = here.failures.all
    assert (failure.unit, failure.application, failure.time) == ("here", "BreaksOff", 0.0)
    assert "\n" not in failure.line


def test_a_policys_failure_is_not_the_applications() -> None:
    here = going_on()
    here.install([BreaksOff])
    here.apps[0].error = PluginError("parking.policy mine: KeyError: 3")
    with pytest.raises(PluginError, match=r"^parking\.policy mine"):
        here.attempt(here.apps[0], here.apps[0].look)
    assert not here.failures.all


def test_a_constructor_that_breaks_off() -> None:
    here = going_on()
    with pytest.warns(UserWarning, match="LookupError: no model"):
        here.install([NoSuch, Calm])
    assert [type(app) for app in here.apps] == [Calm]
    assert [failure.application for failure in here.failures.all] == ["NoSuch"]
    with pytest.raises(ApplicationError, match="LookupError: no model"):
        unit().install([NoSuch])


def test_warnings_come_to_an_end() -> None:
    here = going_on()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        here.install([NoSuch] * 100)
    assert len(here.failures.all) == 100
    assert len(said) == 20
    assert str(said[-1].message).endswith("further ones stand in summary.json alone")


def test_a_slow_call_is_told_once_and_nothing_comes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = unit()
    here.install([Calm])
    (app,) = here.apps
    clock = iter([0.0, 1.5, 10.0, 13.0, 20.0, 20.9])
    monkeypatch.setattr("wayside.edge.unit.perf_counter", lambda: next(clock))
    with pytest.warns(UserWarning, match=r"unit here: calm at 0 s: a call took 1\.5 s of wall clock"):
        here.due(app, app.look)
    here.due(app, app.look)
    here.due(app, app.look)
    assert [(call.application, call.seconds) for call in here.failures.slow] == [("calm", 1.5)]
    assert here.apps == [app]


def test_the_watch_breaks_off_what_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = Failures(keep_going=True)
    failures.look(14, None)  # nothing is going on
    failures.since = perf_counter()
    failures.look(14, None)  # it has just begun
    monkeypatch.setattr(module, "ENDLESS", -1.0)
    with pytest.raises(OverrunError):
        failures.look(14, None)


def test_nothing_is_watched_between_two_calls() -> None:
    here = going_on()
    here.install([Calm])
    here.due(here.apps[0], here.apps[0].look)
    assert here.failures.since == math.inf
