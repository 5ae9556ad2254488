"""What a run measures of its messages and its channel, tick by tick, whether somebody records it or not.

Definitions and their sources: docs/kpis.md. Totals since the begin, so that figures of an interval are differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.messages import Request, Response
from wayside.ext import measures as kernel
from wayside.ext.arrays import Bytes, Doubles, Indices, Ints, Longs
from wayside.sim.air import BIN_M, FATES, RECEIVED, Carried, Outgoing, Radio
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.histograms import Times, mean_bin, percentile, ratio
from wayside.sim.stations.neighbours import Neighbours
from wayside.sim.stations.packets import Traffic
from wayside.sim.world.columns import SlotColumns

if TYPE_CHECKING:
    from wayside.sim.onboard.service import OnboardService


TICKS_PER_S = 1000 // TICK_MS  # ages and gaps are counted in V2X ticks: CAMs and looks at them keep to that clock
AGES = 41  # bins; 4 s and more is nothing, since a map forgets after 2 s (and looks for what to forget once a second)
GIVEN_UP = 10.0  # s; who has not asked again for so long no longer waits (`edge.pool.RETRY` is 2 s)
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
DELIVERY_AT = (50, 100, 200, 300)  # m; the middles of bins


class Measures(SlotColumns):
    """Totals since the begin; the columns are by the vehicles' slots.

    delay: of packets, by kind; service: from a request made to its answer heard. age: units x V2X ticks. busy_sum,
    busy_ticks: channel busy ratio added up over the V2X ticks in which a vehicle was on the air.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "busy_sum": (np.float64, 0.0),
        "busy_ticks": (np.int64, 0),
        "_asked": (np.float64, np.nan),  # s; when what is not answered yet was first asked
        "_repeated": (np.float64, -np.inf),  # s; and last
    }
    rows: ClassVar[dict[str, str]] = {"_asked": "_services", "_repeated": "_services"}

    busy_sum: Doubles
    busy_ticks: Longs
    _asked: Doubles
    _repeated: Doubles

    def __init__(
        self,
        radio: Radio,
        maps: LocalDynamicMaps,
        fleet: Fleet,
        units: int,
        kinds: int,
        neighbours: Neighbours | None = None,
        services: Sequence[OnboardService] = (),
    ) -> None:
        self.neighbours = neighbours
        self.radio = radio
        self.maps = maps
        self.fleet = fleet
        self.delay = Times(kinds)
        # Of those that are answered one by one.
        services = [one for one in services if one.asks and any(issubclass(said, Response) for said in one.hears)]
        self.services = tuple(service.name for service in services)
        self._row = {kind: row for row, service in enumerate(services) for kind in (*service.asks, *service.hears)}
        self.service = Times(len(services))
        self.age = np.zeros((units, AGES), np.int64)
        self.unit_busy_sum = np.zeros(units)
        self.unit_busy_ticks = np.zeros(units, np.int64)
        self.vehicles_busy_sum = 0.0  # over all vehicles, those that have left included
        self.vehicles_busy_ticks = 0
        self._services = len(services)
        self.grow(fleet.vehicles.capacity)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come: their slots may have been others' before."""
        if self.fleet.vehicles.capacity != self.capacity:
            self.grow(self.fleet.vehicles.capacity)
        if len(departed):
            self.reset(departed)

    def tick(self, out: Outgoing, carried: Carried, active: Bytes, units_on: Bytes, now: float) -> None:
        """The packets of a V2X tick have been delivered."""
        self.delay.add(carried.delay, out.kind, carried.pending)
        # Who says VAMs is silent for up to 5 s.
        state = None if self.fleet.v2x.vru_penetration is None else self.maps.state
        kernel.ages(self.maps.heard, self.maps.count, now, 1.0 / TICKS_PER_S, self.age, state)
        if (busy := self.radio.busy_ratio) is not None:
            units, n = len(units_on), len(active)
            self.unit_busy_sum += busy[:units] * units_on
            self.unit_busy_ticks += units_on
            mine = busy[units : units + n] * active
            self.busy_sum[:n] += mine
            self.busy_ticks[:n] += active
            self.vehicles_busy_sum += float(mine.sum(dtype=np.float64))
            self.vehicles_busy_ticks += int(np.count_nonzero(active))

    def asked(self, request: Request, now: float) -> None:
        """Vehicles ask; asked again without an answer, they have waited since the first time."""
        if (row := self._row.get(type(request))) is None:
            return
        who = request.vehicle
        still = now - self._repeated[row, who] <= GIVEN_UP
        self._asked[row, who] = np.where(still, np.fmin(self._asked[row, who], now), now)
        self._repeated[row, who] = now

    def answered(self, response: Response, rows: Indices, heard: Doubles) -> None:
        """These rows of a response have been heard at these times, s."""
        row, who = self._row[type(response)], response.vehicle[rows]
        waited = heard - self._asked[row, who]
        known = ~np.isnan(waited)  # else it is an answer to what was already answered
        self.service.add(waited[known].astype(np.float32), np.full(int(known.sum()), row, np.uint8))
        self._asked[row, who] = np.nan

    @property
    def gaps(self) -> Longs | None:
        """Gaps between two receptions of CAMs of the same vehicle by the same; None where nobody looks at them.

        By distance (bins of 25 m from 0 on) and length (1, 2 ... V2X ticks).
        """
        return None if self.neighbours is None else self.neighbours.gaps()

    def of_messages(self, kinds: Sequence[str], traffic: Traffic) -> dict[str, float]:
        """Key figures of each kind of message; NaN for a mean over nothing."""
        figures: dict[str, float] = {}
        for number, kind in enumerate(kinds):
            name = f"messages.{kind.replace('-', '_')}"
            figures[f"{name}.mean_octets"] = ratio(traffic.octets[number], traffic.sent[number])
            figures[f"{name}.dropped"] = int(self.delay.missing[number])
            figures |= _times(f"{name}.latency", self.delay, number)
        return figures

    def of_answers(self, service: str) -> dict[str, float]:
        """Of the answers to a service's requests; none of one that asks for nothing."""
        if service not in self.services:
            return {}
        return _times(f"{service}.answer", self.service, self.services.index(service))

    def of_radio(self) -> dict[str, float]:
        """Of the channel, and of what is known through it."""
        age = self.age.sum(axis=0, keepdims=True)
        figures: dict[str, float] = {
            "radio.dropped": int(self.delay.missing.sum()),
            "radio.age_mean_s": float(mean_bin(age)[0]) / TICKS_PER_S,
            "radio.age_p95_s": _seconds(percentile(age, 0.95)[0]),
        }
        return figures | self._delivery() | self._busy() | self._gaps()

    def _delivery(self) -> dict[str, float]:
        tally = self.radio.tally
        if tally is None:
            return {}
        pairs = int(tally.sum())
        figures: dict[str, float] = {"radio.pairs": pairs}
        for fate, count in zip(FATES, tally.sum(axis=0).tolist(), strict=True):
            name = fate.replace("-", "_")
            figures["radio.received" if fate == FATES[RECEIVED] else f"radio.lost.{name}"] = ratio(count, pairs)
        for metres in DELIVERY_AT:
            row = tally[round(metres / BIN_M)]
            figures[f"radio.delivery_{metres}m"] = ratio(int(row[RECEIVED]), int(row.sum()))
        return figures

    def _busy(self) -> dict[str, float]:
        if self.radio.busy_ratio is None:
            return {}
        heard = self.unit_busy_ticks > 0
        units = self.unit_busy_sum[heard] / self.unit_busy_ticks[heard]
        return {
            "radio.busy_ratio_mean": ratio(self.vehicles_busy_sum, self.vehicles_busy_ticks),
            "radio.busy_ratio_rsu_mean": float(units.mean()) if len(units) else float("nan"),
            "radio.busy_ratio_rsu_max": float(units.max()) if len(units) else float("nan"),
        }

    def _gaps(self) -> dict[str, float]:
        gaps = self.gaps
        if gaps is None:
            return {}
        figures: dict[str, float] = {}
        for metres in DELIVERY_AT:
            b = round(metres / BIN_M)  # these bins begin at multiples of 25 m: the two around
            row = gaps[b - 1 : b + 1].sum(axis=0, keepdims=True)
            figures[f"radio.gap_mean_{metres}m"] = (float(mean_bin(row)[0]) + 1.0) / TICKS_PER_S
            figures[f"radio.gap_p95_{metres}m"] = _seconds(percentile(row, 0.95)[0], 1)
        return figures


def _seconds(bin: np.intp, first: int = 0) -> float:
    """V2X ticks in seconds, where bin 0 holds `first` ticks; NaN of bin -1."""
    return (int(bin) + first) / TICKS_PER_S if bin >= 0 else float("nan")


def _times(name: str, times: Times, row: int) -> dict[str, float]:
    figures = {f"{name}_mean_s": times.mean(row)}
    for label, share in SHARES.items():
        figures[f"{name}_{label}_s"] = times.quantile(row, share)
    return figures
