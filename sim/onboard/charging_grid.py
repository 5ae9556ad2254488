"""The power grid that a scenario's sites are in: what flows there, second by second, and what it lets them draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wayside.edge.charging.grid import GridBounds, GridFlow, OperatingEnvelope, PowerGrid
from wayside.edge.charging.limits import Limits
from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.grid.files import read_case
from wayside.sim.scenario.charging import GridSection
from wayside.sim.scenario.daily import daily

_CLOSE = 1e-6  # share of a limit, of rounding: what is beyond it by less is not


@dataclass
class GridReading:
    """What one part of the grid does at a time: a row of charging-grid.parquet."""

    time_s: float
    part: str  # as the file calls it
    kind: str  # node, line or transformer
    loading: float  # %, of lines and transformers; NaN where the file says no rated current
    voltage: float  # p.u., of nodes; NaN without a supply


class GridWatch:
    """The grid beside a run."""

    def __init__(self, section: GridSection, sites: tuple[str, ...], clock_s: float) -> None:
        """sites: all that there are. WaysideError without power-grid-model; ValueError, which begins with the field,
        for a site or a node that there is not, a file of neither format or with what is not supported, a grid that does
        not converge, and one that its own loads overload, where it binds.
        """
        try:
            case = read_case(section.file)
        except ValueError as error:
            raise ValueError(f'grid.file = "{section.file}": {error}') from None
        node = np.full(len(sites), -1, np.int32)
        for site, key in section.nodes.items():
            if site not in sites:
                raise ValueError(f"grid.nodes.{site}: no such site: must be one of {', '.join(sites)}")
            try:
                node[sites.index(site)] = case.number(key)
            except ValueError as error:
                raise ValueError(f"grid.nodes.{site} = {key!r}: {error}") from None
        try:
            self.grid = PowerGrid(case, node)
        except ValueError as error:
            raise ValueError(f'grid.file = "{section.file}": {error}') from None
        self.section = section
        self.load, self.generation = (daily(rows, "factor", clock_s) for rows in (section.load, section.generation))
        self.bounds = GridBounds(section.max_loading / 100.0, section.min_voltage, section.max_voltage)
        self._check(sites)
        self._envelope = OperatingEnvelope(self.grid, self.bounds)
        self._asked: tuple[object, ...] = ()  # what the envelope was last made of
        self._flown: tuple[object, ...] = ()  # what flowed last, and of what
        self._last: GridFlow
        self.binds = section.binds
        self.over_s = self.held_s = 0.0
        self.greatest, self.least = np.nan, np.nan  # loading, as a share; p.u.
        self._next_s = -np.inf
        self._rows: list[tuple[float, GridFlow]] = []

    def _check(self, sites: tuple[str, ...]) -> None:
        """The grid alone, at all times of the day."""
        case, file = self.grid.case, f'grid.file = "{self.section.file}"'
        begins = np.unique(np.concatenate([(of.begin_s - of.clock_s) for of in (self.load, self.generation)]))
        for time in begins.tolist():
            flow = self._flow(np.zeros(len(sites)), self.load.at(time), self.generation.at(time))
            if not flow.solved[0]:
                raise ValueError(f"{file}: its own loads leave no power flow that converges")
            for site in self.grid.here.tolist():
                if np.isnan(flow.voltage[0, self.grid.node[site]]):
                    raise ValueError(f"grid.nodes.{sites[site]}: nothing feeds this node")
            over = np.nan_to_num(flow.loading[0] - self.bounds.loading, nan=-1.0)
            low = np.nan_to_num(self.bounds.least - flow.voltage[0], nan=-1.0)
            if self.section.binds and over.max(initial=-1.0) > 0.0:
                at = int(over.argmax())
                raise ValueError(
                    f"{file}: its own loads load {case.branch_names[at]} to {100.0 * flow.loading[0, at]:.1f} %: at "
                    f"most charging.grid.max_loading = {self.section.max_loading:g}; or binds = false"
                )
            if self.section.binds and low.max(initial=-1.0) > 0.0:
                at = int(low.argmax())
                raise ValueError(
                    f"{file}: its own loads leave {flow.voltage[0, at]:.4f} p.u. at {case.node_names[at]}: at least "
                    f"charging.grid.min_voltage = {self.section.min_voltage:g}; or binds = false"
                )

    def _latest(self, drawn_w: Doubles, load: float, generation: float) -> GridFlow:
        """What flows now; the flow of before where nothing has changed."""
        if (now := (drawn_w.tobytes(), load, generation)) != self._flown:
            self._flown, self._last = now, self._flow(drawn_w, load, generation)
        return self._last

    def _flow(self, draws_w: Doubles, load: float, generation: float) -> GridFlow:
        return self.grid.flow(draws_w[None], load, generation)

    def hold(self, limits: Limits, site: Ints, wanted_w: Doubles, begin_s: float, end_s: float) -> None:
        """Write into the limits' envelope what each site may draw in this time, where so much is wanted at piles of
        these sites. Of the file's loads the most that there are in this time count, of its generators the least.
        """
        if not self.binds or limits.envelope_w is None:
            return
        wanted = self._wanted(limits, site, wanted_w, begin_s, end_s)
        load = max(self.load.at(begin_s), self.load.at(end_s))
        generation = min(self.generation.at(begin_s), self.generation.at(end_s))
        if (asked := (wanted.tobytes(), load, generation)) != self._asked:
            self._asked = asked
            limits.envelope_w[:] = self._envelope.within(wanted, load, generation)

    def _wanted(self, limits: Limits, site: Ints, wanted_w: Doubles, begin_s: float, end_s: float) -> Doubles:
        """What each site would draw from the grid at most, W; below 0 it feeds in."""
        most = limits.least_w(np.array([begin_s]), np.array([end_s]))[:, 0]
        storages = limits.storages
        if storages is not None:
            most[storages.site] += storages.able_w(end_s - begin_s)
        for node in range(len(most) - 1, -1, -1):  # what feeds a node has a greater number
            if (up := int(limits.parent[node])) >= 0:
                most[node] = min(most[node], most[up])
        found = np.minimum(np.bincount(site, wanted_w, limits.sites), most[: limits.sites])
        if storages is not None:
            found[storages.site] += storages.room_w(end_s - begin_s)
        for one, of_day in limits.sun:
            found[one] -= of_day.least(begin_s, end_s)
        return found

    def second(self, drawn_w: Doubles, envelope_w: Doubles | None, seconds: float, now: float) -> None:
        """Each site has drawn so much for so long by now, W; below 0: fed in. WaysideError where no flow is found."""
        flow = self._latest(drawn_w, self.load.at(now - seconds), self.generation.at(now - seconds))
        if not flow.solved[0]:
            raise WaysideError(
                f"charging.grid at {now:g} s: no power flow converges where sites draw {drawn_w.sum() / 1000.0:.1f} kW "
                "together: the grid would have collapsed"
            )
        loading, voltage = flow.loading[0], flow.voltage[0]
        if not np.isnan(loading).all():
            self.greatest = float(np.fmax(self.greatest, np.nanmax(loading)))
        self.least = float(np.fmin(self.least, np.nanmin(voltage)))
        over = (loading > self.bounds.loading * (1.0 + _CLOSE)).any()
        off = (voltage < self.bounds.least * (1.0 - _CLOSE)) | (voltage > self.bounds.most * (1.0 + _CLOSE))
        self.over_s += seconds * bool(over or off.any())
        self.held_s += seconds * bool(envelope_w is not None and np.isfinite(envelope_w).any())
        if now >= self._next_s:
            self._next_s = now + self.section.every - 1e-6
            self._rows.append((now, flow))

    def readings(self) -> list[GridReading]:
        """A row for each part and time."""
        case, nan = self.grid.case, float("nan")
        branches = list(zip(case.branch_names, case.branch_kinds, strict=True))
        found = []
        for time, flow in self._rows:
            loading, voltage = (100.0 * flow.loading[0]).tolist(), flow.voltage[0].tolist()
            found += [GridReading(time, *one, much, nan) for one, much in zip(branches, loading, strict=True)]
            found += [GridReading(time, name, "node", nan, p) for name, p in zip(case.node_names, voltage, strict=True)]
        return found

    def figures(self) -> dict[str, float]:
        """Key figures."""
        return {
            "charging.grid_loading_max": self.greatest,
            "charging.grid_voltage_min": self.least,
            "charging.grid_over_s": self.over_s,
            "charging.grid_held_s": self.held_s,
        }
