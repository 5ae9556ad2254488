"""The stations' side alone, with news made by hand, at a central system in another process."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests.sim.ocpp.systems import central_system
from wayside.edge.errors import WaysideError
from wayside.sim.ocpp.evses import EvseLayout
from wayside.sim.ocpp.link import CsmsLink
from wayside.sim.ocpp.news import CHARGING, CONNECTED, ENDED, SAMPLE, STARTED, News


def layout(*piles: int) -> EvseLayout:
    """A station for each number of piles, with one group."""
    station = np.repeat(np.arange(len(piles)), piles).astype(np.int32)
    number = np.concatenate([np.arange(n) + 1 for n in piles]).astype(np.int32)
    names = tuple(f"site {k}" for k in range(len(piles)))
    first = (np.cumsum(piles) - piles).astype(np.int32)
    return EvseLayout(names, np.arange(len(piles), dtype=np.int32), station, number, station, first)


def link(url: str, *piles: int, patience: float = 20.0) -> CsmsLink:
    of = layout(*piles)
    return CsmsLink(url, of, 0.0, np.full(len(of), 60.0), patience)


def news(now: float, what: int, evses: list[int], register: float, name: str = "", count: int = 0) -> News:
    n = len(evses)
    return News(
        np.full(n, now),
        np.full(n, what, np.int8),
        np.array(evses, np.int32),
        np.full(n, CONNECTED if what == STARTED else CHARGING, np.int8),
        np.full(n, register),
        np.full(n, 7000.0),
        np.full(n, np.nan),
        np.full(n, 0.5),
        tuple(f"{count}-{evse}" for evse in evses),
        (name,) * n,
    )


def wait_until(condition: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nothing_is_lost_by_a_dropped_connection(tmp_path: Path) -> None:
    """Cut amid events: what was said without a connection comes later, as such; every number comes once, in order."""
    with central_system(tmp_path / "charges", drop=7, deaf_s=0.3) as system:
        here = link(system.url, 2, 1)
        here.open()
        assert len({id(station) for station in here.stations}) == 2
        here.tell(news(1.0, STARTED, [0, 1, 2], 0.0, "car"))
        for second in range(2, 8):
            here.tell(news(float(second), SAMPLE, [0, 1, 2], 10.0 * second))
        wait_until(lambda: here.tally.reconnections > 0 or not all(one.online for one in here.stations))
        here.tell(news(8.0, SAMPLE, [0, 1, 2], 80.0))
        here.tell(news(9.0, ENDED, [0, 1, 2], 99.0, "EVDisconnected"))
        here.tell(news(9.0, STARTED, [2], 99.0, "next", 1))
        here.tell(news(10.0, ENDED, [2], 100.5, "EVDisconnected", 1))
        wait_until(lambda: all(row.delivered for row in here.tally.rows))
        assert here.close() == 0
        assert any(
            re.fullmatch(r"OCPP station site \d: the connection is lost at \S+ s, .*", line) for line in here.lines()
        )
    assert system.charges.keys() == {"0-0", "0-1", "0-2", "1-2"}
    assert {charge["station"] for charge in system.charges.values()} == {"site 0", "site 1"}
    for charge in system.charges.values():
        assert charge["ended"]
        assert charge["sequence"] == list(range(len(charge["sequence"])))
    energies = {of: charge["energy_wh"] for of, charge in system.charges.items()}
    assert energies == {"0-0": 99.0, "0-1": 99.0, "0-2": 99.0, "1-2": 1.5}
    assert sum(charge["offline"] for charge in system.charges.values()) > 0
    assert here.tally.reconnections >= 1
    assert system.connections >= 3


def test_a_refused_event_is_said_again(tmp_path: Path) -> None:
    with central_system(tmp_path / "charges", refuse=2) as system:
        here = link(system.url, 1)
        here.open()
        here.tell(news(1.0, STARTED, [0], 0.0, "car"))
        here.tell(news(2.0, ENDED, [0], 5.0, "EVDisconnected"))
        assert here.close() == 0
    assert [charge["sequence"] for charge in system.charges.values()] == [[0, 1]]
    assert here.tally.lost == 0


def test_one_that_is_always_refused_is_given_up(tmp_path: Path) -> None:
    with central_system(tmp_path / "charges", refuse=3) as system:
        here = link(system.url, 1)
        here.open()
        here.tell(news(1.0, STARTED, [0], 0.0, "car"))
        here.tell(news(2.0, ENDED, [0], 5.0, "EVDisconnected"))
        assert here.close() == 0
        (line,) = here.lines()
    assert [charge["sequence"] for charge in system.charges.values()] == [[1]]
    assert here.tally.lost == 1
    assert line.startswith("OCPP station site 0: the central system's answer to TransactionEvent, 3 times, is refused")


def test_a_charge_whose_token_is_none_gets_nothing(tmp_path: Path) -> None:
    with central_system(tmp_path / "charges", token="Blocked") as system:
        here = link(system.url, 1)
        here.open()
        here.tell(news(1.0, STARTED, [0], 0.0, "car"))
        wait_until(lambda: "0-0" in here.ceilings.stopped)
        here.tell(news(2.0, ENDED, [0], 0.0, "EVDisconnected"))
        assert here.close() == 0
    assert system.charges["0-0"]["reason"] == "DeAuthorized"
    assert not here.ceilings.stopped


def test_what_a_central_system_asks(tmp_path: Path) -> None:
    with central_system(tmp_path / "charges", ask=True) as system:
        here = link(system.url, 2)
        here.open()
        wait_until(lambda: not here.stations[0].stack.some([7]) and here.tally.profiles == 2)
        wait_until(lambda: here.tally.refused == 1)  # UnlockConnector, the last
        time.sleep(0.2)
        here.close()
    answers = dict(reversed(system.answers))
    statuses = [answer["status"] for of, answer in system.answers if of == "SetChargingProfile"]
    assert statuses == ["Accepted", "Accepted", "Rejected"]
    assert answers["GetCompositeSchedule"]["schedule"]["charging_schedule_period"] == [
        {"start_period": 0, "limit": 9000.0}
    ]
    assert [part["id"] for part in answers["ReportChargingProfiles"]["charging_profile"]] == [1, 7]
    assert [part["attribute_status"] for part in answers["SetVariables"]["set_variable_result"]] == [
        "Accepted",
        "Rejected",
    ]
    (interval, colour) = answers["GetVariables"]["get_variable_result"]
    assert (interval["attribute_value"], colour["attribute_status"]) == ("5", "UnknownVariable")
    assert len(answers["NotifyReport"]["report_data"]) > 5
    assert answers["TriggerMessage"]["status"] == "Accepted"
    assert answers["GetTransactionStatus"]["messages_in_queue"] is False
    assert answers["RequestStopTransaction"]["status"] == "Rejected"
    assert [answer["status"] for of, answer in system.answers if of == "ClearChargingProfile"] == [
        "Accepted",
        "Unknown",
    ]
    assert answers["UnlockConnector"] == {"error": "NotImplementedError"}
    assert here.stations[0].meter_s(None) == 5.0
    assert [one.id for one in here.stations[0].stack.all] == [1]


def test_nobody_there() -> None:
    here = link("ws://localhost:9", 1)
    with pytest.raises(WaysideError, match=r"^no central system to be had there: .*[Cc]onnect"):
        here.open()
