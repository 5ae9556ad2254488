"""The few variables of a station's device model that a central system may read, and may set (B05, B06)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wayside.sim.ocpp.profiles import HIGHEST_LEVEL
from wayside.sim.ocpp.station import ChargingStation

_LONGEST_S = 86_400
Key = tuple[str, str]

# By component and variable: what a station says.
READ: dict[Key, Callable[[ChargingStation], str]] = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): lambda station: f"{station.heartbeat_s:.0f}",
    ("SampledDataCtrlr", "TxUpdatedInterval"): lambda station: f"{station.meter_s(None):.0f}",
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): lambda _: (
        "Energy.Active.Import.Register,Power.Active.Import,Power.Offered,SoC"
    ),
    ("TxCtrlr", "TxStartPoint"): lambda _: "EVConnected",
    ("TxCtrlr", "TxStopPoint"): lambda _: "EVConnected",
    ("TxCtrlr", "StopTxOnInvalidId"): lambda _: "true",
    ("SmartChargingCtrlr", "Enabled"): lambda _: "true",
    ("SmartChargingCtrlr", "RateUnit"): lambda _: "A,W",
    ("SmartChargingCtrlr", "ProfileStackLevel"): lambda _: str(HIGHEST_LEVEL),
    ("SmartChargingCtrlr", "PeriodsPerSchedule"): lambda _: "1024",
    ("ChargingStation", "SupplyPhases"): lambda _: "3",
}


def _heartbeat(station: ChargingStation, seconds: float) -> None:
    station.heartbeat_s = seconds
    station.wake.set()


# Those that may be set, s; what is set.
WRITE: dict[Key, Callable[[ChargingStation, float], Any]] = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): _heartbeat,
    ("SampledDataCtrlr", "TxUpdatedInterval"): lambda station, seconds: station.meter_s(seconds),
}


def _found(asked: dict[str, Any], table: dict[Key, Any]) -> tuple[Key, str]:
    component, variable = asked["component"]["name"], asked["variable"]["name"]
    if asked.get("attribute_type", "Actual") != "Actual":
        return (component, variable), "NotSupportedAttributeType"
    if not any(known == component for known, _ in READ):
        return (component, variable), "UnknownComponent"
    if (component, variable) not in READ:
        return (component, variable), "UnknownVariable"
    return (component, variable), "Accepted" if (component, variable) in table else "Rejected"


def read(station: ChargingStation, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to one part of GetVariables."""
    key, status = _found(asked, READ)
    value = {"attribute_value": READ[key](station)} if status == "Accepted" else {}
    return {"attribute_status": status, "component": asked["component"], "variable": asked["variable"], **value}


def write(station: ChargingStation, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to one part of SetVariables, done."""
    key, status = _found(asked, WRITE)
    if status == "Accepted":
        try:
            seconds = int(asked["attribute_value"])
        except ValueError:
            seconds = 0
        if 1 <= seconds <= _LONGEST_S:
            WRITE[key](station, float(seconds))
        else:
            status = "Rejected"
    return {"attribute_status": status, "component": asked["component"], "variable": asked["variable"]}


def report(station: ChargingStation) -> list[dict[str, Any]]:
    """All of them, as NotifyReport has it."""
    return [
        {
            "component": {"name": component},
            "variable": {"name": variable},
            "variable_attribute": [
                {
                    "type": "Actual",
                    "value": value(station),
                    "mutability": "ReadWrite" if (component, variable) in WRITE else "ReadOnly",
                }
            ],
        }
        for (component, variable), value in READ.items()
    ]
