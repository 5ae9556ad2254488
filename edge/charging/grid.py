"""A power grid: what flows through it where sites draw, and how much each may draw so that its limits hold.

The power flow is that of power-grid-model (Newton-Raphson, three phases alike), which is imported where a grid is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles, Flags, Ints, Longs

BRANCHES: Final = ("line", "link", "generic_branch", "transformer")  # the solver's, in the order of a case's branches
_LOAD, _GENERATOR = "sym_load", "sym_gen"
_EXACT: Final = 1e-9  # p.u. of a voltage, at which the solver ends
_ITERATIONS: Final = 30
_MARGIN: Final = 1e-3  # by which limits are aimed below; half of it is where a solution is taken
_BAND: Final = 1e-4  # p.u., the same of a voltage
_TURNS: Final = 12  # of planes that are cut before all is scaled down
_HALVES: Final = 40
_SLIGHT: Final = 0.05  # of a row's greatest: whoever moves an element by less is not held for it, but for what it does
_CUTS: Final = 256  # that are kept


@dataclass(frozen=True)
class GridCase:
    """A grid as the solver takes it, and what its parts are called. Several nodes may be one for the solver."""

    components: Mapping[str, NDArray[Any]]  # power-grid-model's input data, by kind of component
    frequency: float  # Hz
    node: Longs  # the solver's id, by node
    node_names: tuple[str, ...]
    node_keys: tuple[int, ...]  # by which a scenario may name nodes as well
    branch_names: tuple[str, ...]  # of all BRANCHES in this order
    branch_kinds: tuple[str, ...]  # "line" or "transformer"
    rated_a: Doubles  # 2 x branches: at its begin and end; infinite where nothing is said

    def number(self, key: int | str) -> int:
        """The row of a node by its name, or its number in the file. ValueError where there is none, or several."""
        if isinstance(key, int):
            if key not in self.node_keys:
                raise ValueError(f"no such node: the file has {_some(self.node_keys)}")
            return self.node_keys.index(key)
        found = [row for row, name in enumerate(self.node_names) if name == key]
        if not found:
            raise ValueError(f"no such node: the file has {_some(self.node_names)}")
        if len(found) > 1:
            numbers = ", ".join(str(self.node_keys[row]) for row in found[:5])
            raise ValueError(f"{len(found)} nodes of the file are called so: name one by its number, as {numbers}")
        return found[0]


def _some(names: tuple[Any, ...]) -> str:
    shown = ", ".join(map(str, names[:8]))
    return f"{shown}, ... ({len(names)})" if len(names) > 8 else shown


class GridFlow(NamedTuple):
    """What flows in some cases, a row each; NaN where the solver has found nothing, or a part has no supply."""

    loading: Doubles  # cases x branches: the greater current of its two ends, as a share of the rated one
    voltage: Doubles  # cases x nodes, p.u.
    solved: Flags  # by case


class GridBounds(NamedTuple):
    """What is allowed."""

    loading: float  # share of the rated current
    least: float  # p.u.
    most: float


def solver() -> Any:
    """power-grid-model, an optional dependency. WaysideError, which says what to install, where it is not there."""
    try:
        import power_grid_model
    except ImportError:
        raise WaysideError("charging.grid: power-grid-model is not installed: pip install 'wayside[grid]'") from None
    return power_grid_model


class PowerGrid:
    """A grid with sites at some of its nodes, which draw real power beside the loads of the case."""

    def __init__(self, case: GridCase, node: Ints) -> None:
        """node: the row of each site's node in the case, -1 for one that is fed otherwise.

        WaysideError where power-grid-model is not installed; ValueError, in its words, for a case that it refuses.
        """
        pgm = solver()
        from power_grid_model.errors import PowerGridError

        self.case, self.node = case, node
        self.here = np.flatnonzero(node >= 0)  # sites that are in the grid
        self._pgm = pgm
        components = dict(case.components)
        first = 1 + max(int(part["id"].max()) for part in components.values() if len(part))
        drawn = pgm.initialize_array("input", _LOAD, len(self.here))
        drawn["id"] = np.arange(first, first + len(self.here))
        drawn["node"], drawn["status"] = case.node[node[self.here]], 1
        drawn["type"] = pgm.LoadGenType.const_power
        drawn["p_specified"] = drawn["q_specified"] = 0.0
        loads = components.get(_LOAD)
        components[_LOAD] = drawn if loads is None else np.concatenate((loads, drawn))
        self._given = {kind: components[kind] for kind in (_LOAD, _GENERATOR) if kind in components}
        at = {int(id): row for row, id in enumerate(components["node"]["id"])}
        self._row = np.array([at[int(id)] for id in case.node], np.intp)
        self._kinds = [kind for kind in BRANCHES if len(components.get(kind, ()))]
        try:
            self._model = pgm.PowerGridModel(components, system_frequency=case.frequency)
        except PowerGridError as error:
            raise ValueError(" ".join(str(error).split())) from None

    def flow(self, draws_w: Doubles, load: float = 1.0, generation: float = 1.0) -> GridFlow:
        """What flows where sites draw so much: cases x sites, W. load, generation: what the case's own are multiplied
        by.
        """
        count = len(draws_w)
        update = {}
        for kind, factor in ((_LOAD, load), (_GENERATOR, generation)):
            if (given := self._given.get(kind)) is None or not len(given):
                continue
            rows = self._pgm.initialize_array("update", kind, (count, len(given)))
            rows["id"] = given["id"]
            rows["p_specified"], rows["q_specified"] = given["p_specified"] * factor, given["q_specified"] * factor
            if kind == _LOAD and len(self.here):
                rows["p_specified"][:, -len(self.here) :] = draws_w[:, self.here]
            update[kind] = rows
        found = self._model.calculate_power_flow(
            symmetric=True,
            error_tolerance=_EXACT,
            max_iterations=_ITERATIONS,
            calculation_method=self._pgm.CalculationMethod.newton_raphson,
            update_data=update,
            threading=-1,
            output_component_types=["node", *self._kinds],
            continue_on_batch_error=True,
        )
        solved = np.ones(count, bool)
        if (failed := self._model.batch_error) is not None:
            solved[failed.failed_scenarios] = False
        # Currents at both ends: cases x 2 x branches.
        amps = (
            np.concatenate([np.stack((found[kind]["i_from"], found[kind]["i_to"]), 1) for kind in self._kinds], axis=2)
            if self._kinds
            else np.empty((count, 2, 0))
        )
        loading = (amps / self.case.rated_a).max(axis=1)
        loading[:, ~np.isfinite(self.case.rated_a).all(axis=0)] = np.nan
        voltage = found["node"]["u_pu"][:, self._row].copy()
        voltage[found["node"]["energized"][:, self._row] == 0] = np.nan
        loading[~solved], voltage[~solved] = np.nan, np.nan
        return GridFlow(loading, voltage, solved)


class OperatingEnvelope:
    """How much each site may draw at most so that no branch is loaded beyond its limit, and no voltage falls below its
    own, as far as sites can help it: a dynamic operating envelope. Of what all want together too much is given to none
    at the cost of one with less: shares are max-min fair (Bertsekas and Gallager, Data Networks, 6.5.2).

    Loadings and voltage drops are convex in what is drawn, so where a solved flow exceeds a limit, its tangent cuts off
    nothing that is allowed (Kelley 1960, The cutting-plane method for solving convex programs). Tangents are finite
    differences of solved flows. They hold on as long as the other loads stay, so mostly one flow is solved, which says
    that all is well.
    """

    def __init__(self, grid: PowerGrid, bounds: GridBounds) -> None:
        self.grid, self.bounds = grid, bounds
        self._others = (np.nan, np.nan)
        self._rows, self._most = np.empty((0, len(grid.here))), np.empty(0)

    def within(self, wanted_w: Doubles, load: float = 1.0, generation: float = 1.0) -> Doubles:
        """What each site may draw, W; infinite where it may have all that it wants (W by site, below 0 where it feeds
        in), or is not in the grid.
        """
        if (load, generation) != self._others:
            self._others = load, generation
            self._rows, self._most = self._rows[:0], self._most[:0]
        here = self.grid.here
        wanted = wanted_w[here]
        given = level(wanted, self._rows, self._most)
        for _ in range(_TURNS):
            if self._holds(given, load, generation):
                break
            self._cut(given, float(wanted.max(initial=0.0)), load, generation)
            given = level(wanted, self._rows, self._most)
        else:
            share, least = 1.0, np.minimum(given, 0.0)
            while share and not self._holds(least + share * (given - least), load, generation):
                share = share / 2.0 if share > 0.5**_HALVES else 0.0
            given = least + share * (given - least)
        found = np.full(len(wanted_w), np.inf)
        found[here] = np.where(given < wanted, given, np.inf)
        return found

    def _flow(self, draws: Doubles, load: float, generation: float) -> GridFlow:
        every = np.zeros((len(draws), len(self.grid.node)))
        every[:, self.grid.here] = draws
        return self.grid.flow(every, load, generation)

    def _holds(self, draws: Doubles, load: float, generation: float) -> bool:
        """Whether all is well where sites draw so much, within half of what is kept off the limits."""
        flow = self._flow(draws[None], load, generation)
        return bool(flow.solved[0]) and not bool((self._beyond(flow)[0] > 0.5 * self._kept).any())

    @property
    def _kept(self) -> Doubles:
        """How far from its limit each element is held: branches, then nodes."""
        case = self.grid.case
        parts = (self.bounds.loading * _MARGIN, len(case.branch_names)), (_BAND, len(case.node_names))
        return np.concatenate([np.full(count, much) for much, count in parts])

    def _beyond(self, flow: GridFlow) -> Doubles:
        """How far each element is beyond what is aimed at: cases x (branches, then nodes); below 0: within. What is not
        known is not beyond.
        """
        over = flow.loading - self.bounds.loading, self.bounds.least - flow.voltage
        return np.nan_to_num(np.concatenate(over, axis=1) + self._kept, nan=-1.0)

    def _cut(self, draws: Doubles, most: float, load: float, generation: float) -> None:
        """Tangents of all elements that are beyond their limits where sites draw so much, or where a half of it, of a
        quarter..., is drawn, if the solver finds no flow for more.
        """
        step = max(1e-3 * most, 100.0)
        while True:
            flow = self._flow(np.vstack((draws, draws + step * np.eye(len(draws)))), load, generation)
            if flow.solved.all() or not draws.any():
                break
            draws = np.where(np.abs(draws) > 1.0, draws / 2.0, 0.0)
        beyond = self._beyond(flow)
        over = np.flatnonzero(beyond[0] > 0.0)
        if not len(over):  # beyond it there is no flow: no farther than here
            over = np.array([int(beyond[0].argmax())])
            beyond -= beyond[0, over]
        rows = np.maximum((beyond[1:, over] - beyond[0, over]) / step, 0.0).T
        rows[rows < _SLIGHT * rows.max(axis=1, initial=0.0, keepdims=True)] = 0.0
        self._rows = np.concatenate((self._rows, rows))[-_CUTS:]
        self._most = np.concatenate((self._most, rows @ draws - beyond[0, over]))[-_CUTS:]


def level(wanted: Doubles, rows: Doubles, most: Doubles) -> Doubles:
    """What each gets where a level rises from 0 for all alike, until it has what it wants, or a row of its own is full.

    rows: not below 0, rows x sites; most: what each row's sum is at most. What is wanted below 0 each has in any case.
    """
    given: Doubles = np.minimum(wanted, 0.0)
    room = most - rows @ given
    rising: Flags = (wanted > 0.0) & ~(rows[room <= 0.0] > 0.0).any(axis=0)
    while rising.any():
        slope = rows @ rising
        with np.errstate(divide="ignore", invalid="ignore"):
            until = np.where(slope > 0.0, room / slope, np.inf)
        lacks = np.where(rising, wanted - given, np.inf)
        first = int(until.argmin()) if len(until) else -1
        rise = float(lacks.min())
        if first >= 0 and until[first] <= rise:
            rise = max(float(until[first]), 0.0)
            stops = rows[first] > 0.0
        else:
            stops = lacks <= rise
        given = np.where(lacks <= rise, wanted, np.where(rising, given + rise, given))
        room = room - slope * rise
        rising = rising & ~stops
    return given
