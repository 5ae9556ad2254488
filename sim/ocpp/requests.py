"""What a charging station says of itself and of its transactions, as the payloads of OCPP 2.0.1 have it."""

from __future__ import annotations

import math
from typing import Any

from ocpp.v201 import call

from wayside.sim.ocpp.clock import StationClock
from wayside.sim.ocpp.profiles import ChargingProfile
from wayside.sim.ocpp.station import StationEvent

_CONTEXTS = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}
_LONGEST = 36  # characters of an idToken


def boot() -> call.BootNotification:
    """A station is there."""
    return call.BootNotification({"model": "simulated", "vendor_name": "wayside"}, "PowerUp")


def status(number: int, so: str, date: str) -> call.StatusNotification:
    """How an EVSE's only connector is."""
    return call.StatusNotification(date, so, number, 1)


def transaction_event(event: StationEvent, clock: StationClock) -> call.TransactionEvent:
    """An event of a transaction. The vehicle's name stands for a token that the station itself knows."""
    date = clock.said(event.time)
    info: dict[str, Any] = {"transaction_id": event.row.transaction, "charging_state": event.state}
    if event.reason:
        info["stopped_reason"] = event.reason
    said = call.TransactionEvent(event.kind, date, event.trigger, event.sequence, info)
    said.evse = {"id": event.number, "connector_id": 1}
    if event.offline:
        said.offline = True
    if event.kind == "Started":
        said.id_token = {"id_token": event.row.vehicle[:_LONGEST], "type": "Local"}
    if event.meter is not None:
        said.meter_value = [{"timestamp": date, "sampled_value": _samples(event)}]
    return said


def _samples(event: StationEvent) -> list[dict[str, Any]]:
    assert event.meter is not None
    register_wh, power_w, offered_w, charge = event.meter
    context = _CONTEXTS[event.kind]
    values = [
        ("Energy.Active.Import.Register", round(register_wh, 4), "Wh", "Outlet"),
        ("Power.Active.Import", round(power_w, 1), "W", "Outlet"),
        ("Power.Offered", round(offered_w, 1), "W", "Outlet"),
        ("SoC", round(100.0 * charge, 2), "Percent", "EV"),
    ]
    return [
        {"value": value, "measurand": name, "context": context, "location": place, "unit_of_measure": {"unit": unit}}
        for name, value, unit, place in values
        if math.isfinite(value)
    ]


def report_of(request: int, evse: int, profiles: list[ChargingProfile], more: bool) -> call.ReportChargingProfiles:
    """The profiles of one EVSE, as they came."""
    return call.ReportChargingProfiles(request, "CSO", [dict(one.said) for one in profiles], evse, more)
