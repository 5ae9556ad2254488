"""What is written down of each charging."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ChargingSession:
    """One vehicle's charging, from its first request on: a row of charging.parquet. Times in s of simulation."""

    vehicle: str
    equipped: bool
    requested: float = float("nan")
    reserved: float = float("nan")  # and accepted
    plugged: float = float("nan")  # or when energy began to flow without a stop
    charged: float = float("nan")  # the target was reached
    ended: float = float("nan")
    requests: int = 0
    rejected: int = 0
    charger: str = ""
    site: str = ""
    soc_begin: float = float("nan")  # fraction, when plugged in
    soc_end: float = float("nan")
    wanted_wh: float = float("nan")  # into the battery
    energy_wh: float = 0.0  # into the battery
    cost: float = 0.0  # currency of the scenario; energy drawn from the pile, losses included
    # bound, late, ignored (a promise); charging, charged, full (was so before), left (before the target), gone; transit
    outcome: str = "asking"
