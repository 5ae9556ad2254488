"""Tables of the channel: what units and vehicles find it to be, what arrives at which distance, how late."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wayside.ext.arrays import Doubles, Longs
from wayside.sim.air import BIN_M, BINS, FATES
from wayside.sim.disk.ballast import Ballast
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.exchange.measure import TICKS_PER_S
from wayside.sim.results.tables import SCHEMAS, TableWriter
from wayside.sim.stations.histograms import EDGES, mean_bin, percentile


class AirTables:
    """rsu and latency; channel and delivery where the radio models them; gaps where vehicles know their neighbours."""

    def __init__(self, folder: Path, ballast: Ballast, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tables: dict[str, TableWriter] = {}
        # By column; no two tables have one of the same name.
        names = {"rsu": [unit.id for unit in exchange.units], "what": (*exchange.kinds, *exchange.measures.services)}
        measures = exchange.measures
        channel = exchange.radio.busy_ratio is not None
        for name, wanted in (
            ("rsu", True),
            ("latency", True),
            ("channel", channel),
            ("delivery", exchange.radio.tally is not None),
            ("gaps", measures.gaps is not None),
        ):
            if wanted:
                self.tables[name] = TableWriter(folder / f"{name}.parquet", ballast, SCHEMAS[name], names)
        self._unit_numbers = np.arange(len(exchange.units))
        self._received = np.zeros(len(exchange.units), np.int64)
        self._age = measures.age.copy()
        self._tally: Longs = np.zeros((BINS, len(FATES)), np.int64)
        self._unit_busy = measures.unit_busy_sum.copy(), measures.unit_busy_ticks.copy()
        # As they were an interval ago, with the station that had the slot.
        self._busy = np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64)

    def interval(self, now: float) -> None:
        """An interval has ended."""
        self._rsu(now)
        if "channel" in self.tables:
            self._channel(now)
        if "delivery" in self.tables:
            self._delivery(now)

    def _rsu(self, now: float) -> None:
        exchange, measures = self.exchange, self.exchange.measures
        received, age = exchange.unit_received, measures.age - self._age
        before, measured = self._unit_busy
        busy = _mean(measures.unit_busy_sum - before, measures.unit_busy_ticks - measured)
        self._unit_busy = measures.unit_busy_sum.copy(), measures.unit_busy_ticks.copy()
        self._age = measures.age.copy()
        reached = percentile(age, 0.95)
        self.tables["rsu"].append(
            np.full(len(received), now),
            self._unit_numbers,
            exchange.roadside.on.astype(bool),
            received - self._received,
            exchange.maps.count.copy(),
            busy,
            mean_bin(age) / TICKS_PER_S,
            np.where(reached < 0, np.nan, reached / TICKS_PER_S),
        )
        self._received = received

    def _channel(self, now: float) -> None:
        """Of each vehicle on the air in the interval its mean; of these means how they are spread."""
        measures, table = self.exchange.measures, self.exchange.fleet.vehicles
        n = table.extent
        total, ticks, station = measures.busy_sum[:n], measures.busy_ticks[:n], table.station[:n]
        known = len(self._busy[2])
        same = station[:known] == self._busy[2]  # who came meanwhile began at 0
        busy, count = total.copy(), ticks.copy()
        busy[:known][same] -= self._busy[0][same]
        count[:known][same] -= self._busy[1][same]
        self._busy = total.copy(), ticks.copy(), station.copy()
        heard = count > 0
        means = busy[heard] / count[heard]
        quantiles = np.quantile(means, (0.05, 0.5, 0.95, 1.0)) if len(means) else np.full(4, np.nan)
        mean = busy[heard].sum() / count[heard].sum() if len(means) else np.nan
        row = (now, len(means), mean, *quantiles.tolist())
        self.tables["channel"].append(*(np.array([value]) for value in row))

    def _delivery(self, now: float) -> None:
        tally = self.exchange.radio.tally
        assert tally is not None, "a radio that told losses at the begin tells them to the end"
        new, self._tally = tally - self._tally, tally.copy()
        bins = np.flatnonzero(new.any(axis=1))
        self.tables["delivery"].append(np.full(len(bins), now), bins * BIN_M, *new[bins].T)

    def close(self) -> None:
        """What holds for the whole run."""
        measures = self.exchange.measures
        counts = np.concatenate((measures.delay.counts, measures.service.counts))
        what, bins = np.nonzero(counts)
        self.tables["latency"].append(what, EDGES[bins], EDGES[bins + 1], counts[what, bins])
        if "gaps" in self.tables and (gaps := measures.gaps) is not None:
            distance, ticks = np.nonzero(gaps)
            self.tables["gaps"].append((distance + 0.5) * BIN_M, (ticks + 1) / TICKS_PER_S, gaps[distance, ticks])


def _mean(total: Doubles, count: Longs) -> Doubles:
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
