"""What charging has come to: shares of what was wanted, how long it took, and where limits were exceeded.

Sums are kept up as sessions end, so that asking costs the same after an hour as after a minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.metering import settle
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.stations.histograms import ratio

_LEAST = 0.01  # Wh that count as wanted
_CLOSE = 1.005  # times a limit that do not count as more: SUMO tells charges to 0.01 Wh only


@dataclass
class MeterReading:
    """What has gone through one meter: a row of charging-meters.parquet."""

    meter: str  # the site or feeder
    energy_wh: float
    energy_cost: float  # currency of the scenario, less what is paid for what was fed in
    fed_wh: float  # into the grid
    peak_w: float  # the greatest mean of a demand period
    peak_s: float  # when that period began
    demand_cost: float


class ChargingTally:
    """Sums over all sessions that have ended, and over seconds."""

    def __init__(self, site: Ints, efficiency: Doubles, limits: Limits) -> None:
        """Of groups of piles, at these sites; limits: those of the whole day."""
        self._site, self._efficiency, self._limits = site, efficiency, limits
        self._before = np.zeros(len(site))  # Wh given at each group by the last second
        self.wanted_wh = self.given_wh = self.unmet_wh = 0.0
        self.shares = self.squares = self.over_s = self.over_wh = self.waits_s = self.sun_wh = 0.0
        self.count = self.charged = 0

    def end(self, wanted_wh: float, given_wh: float) -> None:
        """A session has ended."""
        if wanted_wh > _LEAST:
            part = given_wh / wanted_wh
            self.wanted_wh += wanted_wh
            self.given_wh += given_wh
            self.unmet_wh += max(wanted_wh - given_wh, 0.0)
            self.shares += part
            self.squares += part * part
            self.count += 1

    def reached(self, requested: float, now: float) -> None:
        """A session has reached its target, asked for since `requested` s; NaN: it was not asked for."""
        if not math.isnan(requested):
            self.waits_s += now - requested
            self.charged += 1

    def second(self, given_wh: Doubles, seconds: float, now: float, planned_w: Doubles | None = None) -> Doubles | None:
        """So much has been given at each group by now, `seconds` after the last call; planned_w: see `settle`.

        What each site has drawn from its grid meanwhile, W, below 0: fed in; None where nobody needs to know.
        """
        limits = self._limits
        sun = np.zeros(len(limits.names))
        if limits.sun:
            sun = limits.sun_w(np.array([now - seconds]), np.array([now]))[:, 0]
            self.sun_wh += float(sun[limits.parent < 0].sum()) * seconds / 3600.0
        counts = limits.meters is not None or limits.storages or limits.envelope_w is not None
        if not counts and not np.isfinite(limits.limit_w).any():
            return None
        drawn = np.maximum(given_wh - self._before, 0.0) / self._efficiency * 3600.0 / seconds
        self._before = given_wh.copy()
        through, within = settle(limits, now - seconds, seconds, limits.totals(self._site, drawn), planned_w)
        more = through - within
        over = more > (_CLOSE - 1.0) * within
        if over.any():
            self.over_s += seconds
            self.over_wh += float(more[over].max()) * seconds / 3600.0
        return None if limits.envelope_w is None else (through - sun)[: limits.sites]

    def readings(self) -> list[MeterReading]:
        """A row for each meter; none without a tariff."""
        if (meters := self._limits.meters) is None:
            return []
        columns = meters.energy_wh, meters.energy_cost, meters.fed_wh, meters.peak_w, meters.peak_s, meters.demand_cost
        return [MeterReading(*row) for row in zip(meters.names, *(column.tolist() for column in columns), strict=True)]

    def figures(self, wanted_wh: Doubles, given_wh: Doubles) -> dict[str, float]:
        """Key figures. wanted_wh, given_wh: of the sessions that still go on."""
        real = wanted_wh > _LEAST
        wanted, given = wanted_wh[real], np.maximum(given_wh[real], 0.0)
        part = given / wanted
        shares, count = self.shares + float(part.sum()), self.count + len(part)
        meters, storages = self._limits.meters, self._limits.storages
        bill = np.zeros(5)
        if meters is not None:
            columns = meters.energy_wh, meters.peak_w, meters.energy_cost, meters.demand_cost, meters.fed_wh
            bill = np.array(columns).sum(axis=1)
        return {
            "charging.delivered": ratio(self.given_wh + float(given.sum()), self.wanted_wh + float(wanted.sum())),
            "charging.unmet_kwh": (self.unmet_wh + float(np.maximum(wanted - given, 0.0).sum())) / 1000.0,
            "charging.jain": ratio(shares**2, count * (self.squares + float((part**2).sum()))),
            "charging.completion_s": ratio(self.waits_s, self.charged),
            "charging.over_limit_s": self.over_s,
            "charging.over_limit_kwh": self.over_wh / 1000.0,
            "charging.pv_kwh": self.sun_wh / 1000.0,
            "charging.storage_given_kwh": 0.0 if storages is None else float(storages.given_wh.sum()) / 1000.0,
            "charging.storage_taken_kwh": 0.0 if storages is None else float(storages.taken_wh.sum()) / 1000.0,
            "charging.fed_in_kwh": float(bill[4]) / 1000.0,
            "charging.billed_kwh": float(bill[0]) / 1000.0,
            "charging.billed_kw": float(bill[1]) / 1000.0,
            "charging.energy_cost": float(bill[2]),
            "charging.demand_cost": float(bill[3]),
        }
