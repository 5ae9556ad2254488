"""What an application is given: its periods, its inbox, its map, its platform."""

import math

import numpy as np
import pytest

from tests.edge.doubles import hears, unit
from wayside.edge.app import App, every, periodic_methods, ticks
from wayside.edge.apps.charging import ChargingDispatch
from wayside.edge.apps.parking import ParkingGuidance
from wayside.edge.apps.signals import Signals
from wayside.edge.charging.messages import ChargingRequests, ChargingResponses
from wayside.edge.messages import Denm, Mapem, Saem, Spatem, denm
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses


@pytest.mark.parametrize(("seconds", "count"), [(0.1, 1), (0.3, 3), (1.0, 10), (0.7, 7), (3600.0, 36_000)])
def test_ticks(seconds: float, count: int) -> None:
    assert ticks(seconds, "x") == count


@pytest.mark.parametrize("seconds", [0.0, -0.1, 0.05, 0.25, 0.1000001, math.inf, math.nan])
def test_what_is_no_number_of_ticks_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"every\(\) = .* s: must be a multiple of 0\.1 s above 0"):
        every(seconds)


class Base(App):
    @every(0.5)
    def first(self) -> None:
        pass

    @every(1.0)
    def second(self) -> None:
        pass

    def third(self) -> None:
        pass


class Derived(Base):
    @every(0.2)
    def fourth(self) -> None:
        pass

    def first(self) -> None:  # overridden without a period
        pass

    @every(2.0)
    def second(self) -> None:
        pass


def names(app: App) -> list[tuple[str, int]]:
    return [(method.__name__, period) for method, period, *_ in periodic_methods(app)]


def test_periodic_methods() -> None:
    assert names(Base(unit())) == [("first", 5), ("second", 10)]
    assert names(Derived(unit())) == [("second", 20), ("fourth", 2)]
    assert names(App(unit())) == []


class QueueWarning(App):
    """The application of DESIGN.md."""

    @every(1.0)
    def look(self) -> None:
        queue = self.ldm.near(self.position, radius=120).slower_than(2.0)
        if len(queue) >= 5:
            self.send(denm(cause="traffic-jam", position=queue.centroid, validity=10.0), radius=400)


@pytest.mark.parametrize(("cars", "warns"), [(4, False), (5, True)])
def test_an_application_of_ones_own(cars: int, warns: bool) -> None:
    here = unit()
    app = QueueWarning(here)
    far_or_fast = [(100.0, 300.0, 0.0), (100.0, 60.0, 9.0)]
    hears(here, *((100.0 + i, 60.0, 1.0) for i in range(cars)), *far_or_fast)
    app.look()
    if not warns:
        assert here.outbox == []
        return
    (sending,) = here.outbox
    assert sending.message == Denm(1, (102.0, 60.0), 10.0)
    assert (sending.radius, sending.repeat) == (400, 0)


def test_signals_speak_at_a_traffic_light_only() -> None:
    at, elsewhere = unit(light=3), unit()
    at.install([Signals])
    elsewhere.install([Signals])
    assert [(sending.message, sending.repeat) for sending in at.outbox] == [(Spatem(3), 1), (Mapem(3), 10)]
    assert {sending.radius for sending in at.outbox} == {math.inf}
    assert elsewhere.outbox == []


def test_services_are_announced() -> None:
    here = unit(light=3)
    here.install([Signals, ParkingGuidance, ChargingDispatch])
    assert here.services == ("parking", "charging")
    assert [(sending.message, sending.repeat) for sending in here.outbox[2:]] == [(Saem(("parking", "charging")), 10)]


def stations(*of: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(of, np.int64)


def column(*of: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(of, np.float64)


def whole(*of: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(of, np.int32)


def decide(app: ParkingGuidance | ChargingDispatch, *requests: ParkingRequests | ChargingRequests) -> None:
    """The application hands in, the pool decides, the answers are sent."""
    for batch in requests:
        app.collect(batch)  # type: ignore[arg-type]
    app.platform.look(0, app.time)
    for answer in app.platform.take():
        answer.send()


def test_requests_for_bays_are_answered_in_the_order_of_asking() -> None:
    here = unit()
    here.time = 5.0
    app = ParkingGuidance(here)
    here.apps.append(app)
    requests = [
        ParkingRequests(whole(who), stations(10 + who), whole(0), column(x), column(0.0), column(600.0))
        for who, x in ((4, 1.0), (2, 0.0))
    ]
    decide(app, *requests)
    answers = [sending.message for sending in here.outbox]
    assert all(isinstance(answer, ParkingResponses) for answer in answers)
    assert [(a.vehicle.tolist(), a.station.tolist(), a.car_park.tolist()) for a in answers] == [  # type: ignore[union-attr]
        ([4, 2], [14, 12], [0, 1]),
    ]
    ledger = here.platform.parking
    assert {station: r.until for station, r in ledger.reservations.items()} == {14: 65.0, 12: 65.0}
    here.outbox.clear()
    decide(app)
    assert here.outbox == []  # what was taken is not answered twice


def test_requests_for_piles_are_answered() -> None:
    here = unit()
    app = ChargingDispatch(here)
    here.apps.append(app)
    requests = ChargingRequests(whole(4, 2), stations(14, 12), whole(0, 2), column(9e3, 9e3), column(5e4, 5e4))
    decide(app, requests)
    (sending,) = here.outbox
    assert isinstance(sending.message, ChargingResponses)
    assert sending.message.charger.tolist() == [0, -1]  # there is no way from edge 2


def test_an_inbox_for_each_kind() -> None:
    here = unit()
    bays = ParkingRequests(whole(4), stations(14), whole(0), column(0.0), column(0.0), column(600.0))
    piles = ChargingRequests(whole(4), stations(14), whole(0), column(9e3), column(5e4))
    here.receive(bays)
    here.receive(piles)
    here.receive(bays)
    app = App(here)
    assert app.take(ParkingRequests) == [bays, bays]
    assert app.take(ParkingRequests) == []
    assert app.take(ChargingRequests) == [piles]


def test_what_an_application_sees() -> None:
    here = unit()
    here.time = 7.5
    app = App(here)
    assert (app.position, app.time, app.platform) == ((100.0, 50.0), 7.5, here.platform)
    assert len(app.ldm) == 0
    hears(here, (1.0, 2.0, 3.0))
    assert len(app.ldm) == 1


@pytest.mark.parametrize("times", [{"repeat": 0.05}, {"repeat": 0.0}, {"repeat": 0.1, "lasting": 0.25}])
def test_a_repetition_off_the_clock_is_refused(times: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be a multiple"):
        App(unit()).send(denm("accident", (0.0, 0.0)), **times)


def test_what_is_repeated_can_be_changed_and_ended() -> None:
    here = unit()
    told = App(here).send(denm("accident", (0.0, 0.0)), repeat=1.0)
    assert told.active
    told.update(denm("traffic-jam", (1.0, 0.0)))
    assert told.message == denm("traffic-jam", (1.0, 0.0))
    told.cancel()
    told.cancel()
    assert not told.active
    assert [change.message for change in here.changes] == [denm("traffic-jam", (1.0, 0.0)), None]
    assert {change.sending for change in here.changes} == {told}


def test_what_is_over_cannot_be_changed() -> None:
    """Cancelled, said once, or beyond its last repetition; another kind or nonsense never."""
    here = unit()
    app, news = App(here), denm("accident", (0.0, 0.0))
    cancelled, once, ended = app.send(news, repeat=1.0), app.send(news), app.send(news, repeat=0.1, lasting=2.0)
    cancelled.cancel()
    ended.until, here.time = 20, 2.0
    for sending in (cancelled, once, ended):
        with pytest.raises(ValueError, match=r"update\(Denm\): what was sent is over: must be sent anew"):
            sending.update(news)
    here.time = 1.9
    ended.update(news)
    with pytest.raises(TypeError, match=r"update\(Saem\): must be a Denm, as was sent"):
        ended.update(Saem(()))
    with pytest.raises(ValueError, match="must be within 100 km"):
        ended.update(denm("accident", (1e9, 1e9)))
    with pytest.raises(ValueError, match="DENM over: must be False"):
        app.send(Denm(2, (0.0, 0.0), 60.0, over=True))
    assert [change.message for change in here.changes] == [None, news]
