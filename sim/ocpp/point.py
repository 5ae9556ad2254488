"""A charging station on a connection: what its central system asks, and what it is answered."""

from __future__ import annotations

import sys
from typing import Any

from ocpp import messages
from ocpp.exceptions import OCPPError
from ocpp.routing import after, on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from wayside.sim.ocpp import requests, variables
from wayside.sim.ocpp.profiles import TRANSACTION, ChargingProfile, read_profile
from wayside.sim.ocpp.station import ChargingStation

messages.ASYNC_VALIDATION = False  # a thread for each message would take longer than the message

Said = Any  # payloads, as the package makes them of JSON that its schemas have let through


def _info(reason: str, about: str = "") -> dict[str, str]:
    return {"reason_code": reason, **({"additional_info": about[:500]} if about else {})}


class _Ears:
    """Stands for the package's logger: what it complains of becomes a line, without a traceback."""

    def __init__(self, station: ChargingStation) -> None:
        self._station = station

    def info(self, *_: object) -> None:
        """Every message; nobody asks."""

    debug = warning = info  # a CALLERROR: whoever has called hears of it

    def error(self, text: str, *arguments: object) -> None:
        """An answer that nobody has asked for."""
        self._station.complain("answer", f"the central system answers what was not asked: {arguments[-1]!s}")

    def exception(self, *_: object) -> None:
        """A message that makes no sense, or that the station cannot do."""
        error = sys.exc_info()[1]
        word = type(error).__name__
        details = getattr(error, "details", None)
        cause = details.get("cause", "") if isinstance(details, dict) else ""
        said = f"{getattr(error, 'description', '') or error} {cause}"
        self._station.complain(word, f"the central system's message is refused ({word}): {said}")


class StationPoint(ChargePoint):
    """The station's end of one connection; a new one makes a new object.

    What is not handled here is answered NotImplemented by the package.
    """

    def __init__(self, station: ChargingStation, connection: ClientConnection, patience: float) -> None:
        """patience: s until an answer is given up."""
        super().__init__(station.name, connection, response_timeout=patience, logger=_Ears(station))
        self.station = station

    async def route_message(self, raw: Any) -> None:
        """Take a message; whatever is wrong with it, the next one is taken, too."""
        try:
            await super().route_message(raw)
        except ConnectionClosed:
            raise
        except Exception as error:
            word = type(error).__name__
            self.station.complain(word, f"the central system's message is no OCPP 2.0.1 ({word}: {error})")

    # Smart charging

    @on("SetChargingProfile")
    def set_profile(self, evse_id: int, charging_profile: Said, **_: Said) -> call_result.SetChargingProfile:
        """K01."""
        station = self.station
        reason, about = "", ""
        if not 0 <= evse_id <= station.evses:
            reason, about = "UnknownEvse", f"EVSE {evse_id}: must be within 0..{station.evses}"
        else:
            try:
                profile = read_profile(charging_profile, evse_id, station.clock, station.now)
                if profile.purpose == TRANSACTION and station.transaction_of(evse_id) != profile.transaction:
                    reason, about = "TxNotFound", f"{profile.transaction}: no such transaction at EVSE {evse_id}"
            except (ValueError, OverflowError) as error:
                reason, about = "InvalidProfile", str(error)
        if reason:
            if reason == "InvalidProfile":
                station.complain(reason, f"the central system's charging profile is refused: {about}")
            return call_result.SetChargingProfile("Rejected", _info(reason, about))
        with station.ceilings.lock:
            station.stack.add(profile)
            station.ceilings.changed(station.index)
        station.tally.profiles += 1
        return call_result.SetChargingProfile("Accepted")

    def _some(
        self,
        evse_id: int | None,
        charging_profile_id: list[int] | None = None,
        charging_profile_purpose: str = "",
        stack_level: int | None = None,
        **_: Said,
    ) -> list[ChargingProfile]:
        return self.station.stack.some(charging_profile_id, evse_id, charging_profile_purpose, stack_level)

    @on("GetChargingProfiles")
    def get_profiles(
        self, request_id: int, charging_profile: Said, evse_id: int | None = None, **_: Said
    ) -> call_result.GetChargingProfiles:
        """K09."""
        return call_result.GetChargingProfiles("Accepted" if self._some(evse_id, **charging_profile) else "NoProfiles")

    @after("GetChargingProfiles")
    async def report_profiles(
        self, request_id: int, charging_profile: Said, evse_id: int | None = None, **_: Said
    ) -> None:
        """What it promised."""
        found = self._some(evse_id, **charging_profile)
        places = sorted({one.evse for one in found})
        for place in places:
            here = [one for one in found if one.evse == place]
            await self._tell(requests.report_of(request_id, place, here, place != places[-1]))

    @on("ClearChargingProfile")
    def clear_profiles(
        self, charging_profile_id: int | None = None, charging_profile_criteria: Said = None, **_: Said
    ) -> call_result.ClearChargingProfile:
        """K10."""
        criteria = dict(charging_profile_criteria or {})
        ids = None if charging_profile_id is None else [charging_profile_id]
        station = self.station
        with station.ceilings.lock:
            found = self._some(criteria.pop("evse_id", None), ids, **criteria)
            station.stack.remove(found)
            station.ceilings.changed(station.index)
        return call_result.ClearChargingProfile("Accepted" if found else "Unknown")

    @on("GetCompositeSchedule")
    def composite(
        self, duration: int, evse_id: int, charging_rate_unit: str = "W", **_: Said
    ) -> call_result.GetCompositeSchedule:
        """K08: what profiles allow from now on, step by step; in W alone."""
        station = self.station
        if not 0 <= evse_id <= station.evses or charging_rate_unit != "W" or duration <= 0:
            return call_result.GetCompositeSchedule("Rejected", _info("InvalidValue"))
        begin = now = station.now
        steps: list[dict[str, Any]] = []
        with station.ceilings.lock:
            while now < begin + duration and len(steps) < 1024:
                limit, until = station.stack.of_station(now)
                if evse_id:
                    running = station.running.get(evse_id)
                    begun = running.row.begun if running else now
                    own, until_own = station.stack.of_evse(evse_id, station.transaction_of(evse_id), begun, now)
                    limit, until = min(limit, own), min(until, until_own)
                limit = min(limit, 1e9)  # nothing is said
                if not steps or steps[-1]["limit"] != limit:
                    steps.append({"start_period": int(now - begin), "limit": limit})
                now = max(until, now + 1.0)
        schedule = {
            "charging_schedule_period": steps,
            "evse_id": evse_id,
            "duration": duration,
            "schedule_start": station.clock.said(begin),
            "charging_rate_unit": "W",
        }
        return call_result.GetCompositeSchedule("Accepted", schedule=schedule)

    # Transactions

    @on("RequestStopTransaction")
    def stop_remotely(self, transaction_id: str, **_: Said) -> call_result.RequestStopTransaction:
        """F03."""
        there = self.station.stop(transaction_id, "RemoteStop", "Remote")
        return call_result.RequestStopTransaction("Accepted" if there else "Rejected")

    @on("RequestStartTransaction")
    def start_remotely(self, **_: Said) -> call_result.RequestStartTransaction:
        """F01: charges begin as vehicles come; nobody can be sent from here."""
        return call_result.RequestStartTransaction("Rejected", _info("UnsupportedRequest"))

    @on("GetTransactionStatus")
    def transaction_status(self, transaction_id: str = "", **_: Said) -> call_result.GetTransactionStatus:
        """E14."""
        station = self.station
        if not transaction_id:
            return call_result.GetTransactionStatus(not station.idle)
        goes_on = any(one.row.transaction == transaction_id for one in station.running.values())
        return call_result.GetTransactionStatus(station.waiting(transaction_id), goes_on)

    # The station

    @on("GetVariables")
    def get_variables(self, get_variable_data: Said, **_: Said) -> call_result.GetVariables:
        """B06."""
        return call_result.GetVariables([variables.read(self.station, asked) for asked in get_variable_data])

    @on("SetVariables")
    def set_variables(self, set_variable_data: Said, **_: Said) -> call_result.SetVariables:
        """B05."""
        return call_result.SetVariables([variables.write(self.station, asked) for asked in set_variable_data])

    @on("GetBaseReport")
    def base_report(self, **_: Said) -> call_result.GetBaseReport:
        """B07."""
        return call_result.GetBaseReport("Accepted")

    @after("GetBaseReport")
    async def report(self, request_id: int, **_: Said) -> None:
        """What it promised."""
        date = self.station.clock.said(self.station.now)
        await self._tell(call.NotifyReport(request_id, date, 0, variables.report(self.station)))

    @on("TriggerMessage")
    def trigger(self, requested_message: str, **_: Said) -> call_result.TriggerMessage:
        """F06: a heartbeat, or how the connectors are."""
        known = requested_message in ("Heartbeat", "StatusNotification")
        return call_result.TriggerMessage("Accepted" if known else "NotImplemented")

    @after("TriggerMessage")
    async def triggered(self, requested_message: str, evse: Said = None, **_: Said) -> None:
        """What it promised."""
        if requested_message == "Heartbeat":
            await self._tell(call.Heartbeat())
        elif requested_message == "StatusNotification":
            wanted = self.station.status.keys() if evse is None else {evse["id"]} & self.station.status.keys()
            self.station.unsaid |= set(wanted)
            self.station.wake.set()

    @on("ChangeAvailability")
    def availability(self, **_: Said) -> call_result.ChangeAvailability:
        """G03, G04: which piles are open is the scenario's."""
        return call_result.ChangeAvailability("Rejected", _info("UnsupportedRequest"))

    @on("Reset")
    def reset(self, **_: Said) -> call_result.Reset:
        """B11, B12: there is nothing that could start anew."""
        return call_result.Reset("Rejected", _info("UnsupportedRequest"))

    async def _tell(self, payload: Any) -> None:
        """Say something that need not arrive."""
        try:
            await self.call(payload, suppress=False)
            self.station.tally.messages += 1
        except (TimeoutError, OCPPError, TypeError) as error:
            word = type(error).__name__
            self.station.complain(word, f"the central system refuses {type(payload).__name__} ({word}: {error})")
        except ConnectionClosed:
            pass
