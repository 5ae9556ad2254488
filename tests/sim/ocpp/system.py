"""A central system for tests, in a process of its own: the example's, that notes down more and can misbehave.

`python system.py TASK OUT`, TASK being JSON of a `Task`; it prints its address, and ends by SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from csms import CentralSystem, StationProxy  # the example, found by its folder
from ocpp.exceptions import InternalError, OCPPError
from ocpp.routing import on
from ocpp.v201 import call, call_result


@dataclass
class Task:
    """How it behaves. drop: after so many transaction events of all stations, all connections are cut, once."""

    watts: float | None = None
    drop: int = 0
    deaf_s: float = 0.0  # and so long nobody is let in again
    nonsense: tuple[Any, ...] = ()  # raw messages that every station is sent when it has booted
    default_w: float | None = None  # a TxDefaultProfile that every station is sent before
    token: str = ""  # the status of every token
    refuse: int = 0  # so many events are answered by a CALLERROR
    ask: bool = False  # ask each station all that can be asked; answers are noted down
    stop: bool = False  # every charge is stopped at its second event


class Proxy(StationProxy):
    system: System

    @on("TransactionEvent")
    def happens(self, **event: Any) -> call_result.TransactionEvent:
        system, task = self.system, self.system.task
        if system.refused < task.refuse:
            system.refused += 1
            raise InternalError("not now")
        system.hear(self.id, event)
        system.events += 1
        if task.stop and event["seq_no"] == 1:
            stop = call.RequestStopTransaction(event["transaction_info"]["transaction_id"])
            system.errands.append(asyncio.ensure_future(self.call(stop)))
        if task.drop and system.events >= task.drop:
            task.drop, system.deaf_until = 0, time.monotonic() + task.deaf_s
            for station in list(system.stations.values()):
                station._connection.transport.abort()
        return call_result.TransactionEvent(id_token_info={"status": task.token} if task.token else None)

    @on("ReportChargingProfiles")
    def reports(self, **said: Any) -> call_result.ReportChargingProfiles:
        self.system.answers.append(["ReportChargingProfiles", said])
        return call_result.ReportChargingProfiles()

    @on("NotifyReport")
    def notifies(self, **said: Any) -> call_result.NotifyReport:
        self.system.answers.append(["NotifyReport", said])
        return call_result.NotifyReport()


class System(CentralSystem):
    """It greets every station as its task has it."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.watts, Proxy)
        self.task = task
        self.events = self.refused = 0
        self.deaf_until = 0.0
        self.answers: list[Any] = []
        self.greeted = set[str]()
        self.errands: list[asyncio.Future[Any]] = []

    async def meet(self, connection: Any) -> None:
        if time.monotonic() < self.deaf_until:
            return
        name = unquote(connection.request.path.rpartition("/")[2])
        if name not in self.greeted:
            self.greeted.add(name)
            self.errands.append(asyncio.ensure_future(self._greet(name)))
        await super().meet(connection)

    async def _greet(self, name: str) -> None:
        while not any(station == name for station, _ in self.status):
            await asyncio.sleep(0.01)
        station = self.stations[name]
        if self.task.default_w is not None:
            assert (await station.call(limit(1, self.task.default_w))).status == "Accepted"
        for raw in self.task.nonsense:
            await station._connection.send(raw)
        if self.task.ask:
            await self._ask(station)

    async def _ask(self, station: StationProxy) -> None:
        component = {"name": "SampledDataCtrlr"}
        interval = {"component": component, "variable": {"name": "TxUpdatedInterval"}}
        for payload in (
            limit(1, 9000.0),
            limit(7, 30_000.0, 0, "ChargingStationMaxProfile"),
            limit(9, 1.0, 77),
            call.GetCompositeSchedule(60, 1),
            call.GetChargingProfiles(5, {"charging_profile_id": [1, 7]}),
            call.SetVariables([{**interval, "attribute_value": "5"}, {**interval, "attribute_value": "no"}]),
            call.GetVariables([interval, {"component": component, "variable": {"name": "Colour"}}]),
            call.GetBaseReport(3, "FullInventory"),
            call.TriggerMessage("Heartbeat"),
            call.GetTransactionStatus(),
            call.RequestStopTransaction("nobody's"),
            call.ClearChargingProfile(7),
            call.ClearChargingProfile(7),
            call.UnlockConnector(1, 1),
        ):
            try:
                answer = vars(await station.call(payload, suppress=False))
            except OCPPError as error:
                answer = {"error": type(error).__name__}
            self.answers.append([type(payload).__name__, answer])


def limit(id: int, watts: float, evse: int = 0, purpose: str = "TxDefaultProfile") -> call.SetChargingProfile:
    """A limit that holds at once and for ever."""
    schedule = {"id": 1, "charging_rate_unit": "W", "start_schedule": "2020-01-01T00:00:00Z"}
    schedule["charging_schedule_period"] = [{"start_period": 0, "limit": watts}]  # type: ignore[assignment]
    profile = {
        "id": id,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Absolute",
        "charging_schedule": [schedule],
    }
    return call.SetChargingProfile(evse, profile)


def main(task: str, out: str) -> None:
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    system = System(Task(**json.loads(task)))
    asyncio.run(system.run(0, Path(out)))
    Path(out).with_suffix(".answers").write_text(json.dumps(system.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
