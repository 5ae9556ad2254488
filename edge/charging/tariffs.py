"""What power costs a site's operator: prices by the time of day, and a charge on the peak, at meters in the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wayside.edge.day import Daily
from wayside.ext.arrays import Doubles, Ints

_EARLY = 1e-9  # of a demand period: rounding of times


@dataclass(frozen=True)
class Tariff:
    """Money in the scenario's currency."""

    price: Daily  # per kWh
    demand_charge: float = 0.0  # per kW of the greatest mean power of a demand period
    demand_period_s: float = 900.0  # they follow one another from midnight on
    feed_in: float = 0.0  # paid per kWh that is fed in; not above any price


@dataclass
class Meters:
    """Nodes of the tree at which power is billed, an entry each, and what has gone through them."""

    names: tuple[str, ...]
    node: Ints
    tariff: tuple[Tariff, ...]
    energy_wh: Doubles = field(init=False)  # drawn from the grid
    fed_wh: Doubles = field(init=False)  # fed in
    energy_cost: Doubles = field(init=False)  # less what is paid for what was fed in
    peak_w: Doubles = field(init=False)  # the greatest mean of a demand period, one that is not over as it stands
    peak_s: Doubles = field(init=False)  # when that period began; NaN before anything has flown
    period: Doubles = field(init=False)  # number of the demand period that is going on
    booked_wh: Doubles = field(init=False)  # in it so far

    def __post_init__(self) -> None:
        n = len(self.names)
        self.energy_wh, self.fed_wh, self.energy_cost, self.peak_w, self.booked_wh = np.zeros((5, n))
        self.peak_s, self.period = np.full(n, np.nan), np.full(n, -np.inf)

    @classmethod
    def of(cls, names: Sequence[str], parent: Ints, tariffs: Mapping[str, tuple[Tariff, Sequence[str]]]) -> Meters:
        """Of tariffs by name, each with the nodes that it bills; none named: those that nothing feeds.

        names, parent: of the tree's nodes. ValueError for a node that there is not, that two tariffs bill, or that is
        below another which is billed.
        """
        number = {name: node for node, name in enumerate(names)}
        billed = dict[int, str]()
        for tariff, (_, of) in tariffs.items():
            for name in of:
                if name not in number:
                    raise ValueError(f"{tariff}.of: {name!r}: must be one of {', '.join(names)}")
            for node in [number[name] for name in of] or np.flatnonzero(parent < 0).tolist():
                if node in billed:
                    raise ValueError(f"{tariff}.of: {names[node]!r}: is billed by {billed[node]} already")
                billed[node] = tariff
        for node, tariff in billed.items():
            up = int(parent[node])
            while up >= 0:
                if up in billed:
                    raise ValueError(
                        f"{tariff}.of: {names[node]!r}: is fed by {names[up]}, which {billed[up]} bills already"
                    )
                up = int(parent[up])
        nodes = sorted(billed)
        return cls(
            tuple(names[node] for node in nodes),
            np.array(nodes, np.int32),
            tuple(tariffs[billed[node]][0] for node in nodes),
        )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def demand_cost(self) -> Doubles:
        """What the peak so far costs, by meter."""
        return np.array([tariff.demand_charge for tariff in self.tariff]) * self.peak_w / 1000.0

    def add(self, begin_s: float, seconds: float, power_w: Doubles) -> None:
        """So much has gone through each node of the tree [W], evenly, for so long; below 0: into the grid."""
        if not seconds > 0.0:
            return
        mine = np.maximum(power_w[self.node], 0.0)
        wh, fed = mine * seconds / 3600.0, np.maximum(-power_w[self.node], 0.0) * seconds / 3600.0
        self.energy_wh += wh
        self.fed_wh += fed
        begins, ends = np.array([begin_s]), np.array([begin_s + seconds])
        for k, tariff in enumerate(self.tariff):
            self.energy_cost[k] += wh[k] / 1000.0 * float(tariff.price.mean(begins, ends)[0])
            self.energy_cost[k] -= fed[k] / 1000.0 * tariff.feed_in
            self._demand(k, tariff, begin_s, seconds, float(mine[k]))

    def _demand(self, k: int, tariff: Tariff, begin_s: float, seconds: float, power_w: float) -> None:
        long, clock = tariff.demand_period_s, tariff.price.clock_s
        at, end = begin_s + clock, begin_s + clock + seconds
        while at < end - _EARLY * long:
            period = np.floor(at / long + _EARLY)
            until = min(end, (period + 1.0) * long)
            if period != self.period[k]:
                self.period[k], self.booked_wh[k] = period, 0.0
            self.booked_wh[k] += power_w * (until - at) / 3600.0
            mean = self.booked_wh[k] * 3600.0 / long
            if mean > self.peak_w[k]:
                self.peak_w[k], self.peak_s[k] = mean, period * long - clock
            at = until
