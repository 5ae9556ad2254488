"""Who is assigned where: our exact assignment and what else one would take, over the same candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from benchmarks.measure import BenchmarkError
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.ext.assignment import assign


class Instance(NamedTuple):
    """Requests x candidates, the nearest first, with whole costs; places by facility; a cost of rejection for all."""

    facility: Ints
    cost: Doubles
    capacity: Ints
    reject: float


class Answer(NamedTuple):
    """What an assignment costs in all, and how many it turns away."""

    objective: float
    rejected: int


def worth(instance: Instance, column: Ints | Longs) -> Answer:
    """Of the columns of candidates that are taken, -1 for none. BenchmarkError where more is given than there is."""
    rows = np.flatnonzero(column >= 0)
    used = np.bincount(instance.facility[rows, column[rows]], minlength=len(instance.capacity))
    if (used > instance.capacity).any():
        raise BenchmarkError("a solver gave more places than there are")
    rejected = len(column) - len(rows)
    return Answer(float(instance.cost[rows, column[rows]].sum()) + instance.reject * rejected, rejected)


def ours(instance: Instance) -> Answer:
    """Shortest augmenting paths (wayside.ext.assignment)."""
    facility, cost, capacity, reject = instance
    return worth(instance, assign(facility, cost, capacity, np.full(len(facility), reject)))


def greedy(instance: Instance) -> Answer:
    """One after the other to the nearest with a place left."""
    left, column = instance.capacity.tolist(), np.full(len(instance.facility), -1)
    for row, some in enumerate(instance.facility.tolist()):
        for k, facility in enumerate(some):
            if facility >= 0 and left[facility] > 0:
                left[facility] -= 1
                column[row] = k
                break
    return worth(instance, column)


def matching(instance: Instance) -> Answer:
    """SciPy's, with a column for each place and one for each rejection."""
    facility, cost, capacity, reject = instance
    rows = len(facility)
    first = np.concatenate(([0], np.cumsum(capacity)))
    row, k = np.nonzero((facility >= 0) & np.isfinite(cost))
    many = capacity[facility[row, k]]
    entry = np.repeat(np.arange(len(row)), many)
    place = first[facility[row, k]][entry] + np.arange(len(entry)) - np.repeat(np.cumsum(many) - many, many)
    line = np.concatenate((row[entry], np.arange(rows)))
    column = np.concatenate((place, first[-1] + np.arange(rows)))
    value = np.concatenate((cost[row, k][entry], np.full(rows, reject))) + 1.0  # an entry of 0 would be none
    graph = sparse.csr_matrix((value, (line, column)), shape=(rows, int(first[-1]) + rows))
    chosen = min_weight_full_bipartite_matching(graph)
    return Answer(float(graph[chosen].sum() - rows), int((chosen[1] >= first[-1]).sum()))


def flow(instance: Instance) -> Answer:
    """OR-Tools' minimum cost flow, a path from each request over its candidates or its rejection to the end."""
    from ortools.graph.python import min_cost_flow

    facility, cost, capacity, reject = instance
    rows, facilities = len(facility), len(capacity)
    end = rows + facilities
    row, k = np.nonzero((facility >= 0) & np.isfinite(cost))
    every = np.arange(rows)
    solver = min_cost_flow.SimpleMinCostFlow()
    refused = np.full(rows, end)
    tail = np.concatenate((row, every, rows + np.arange(facilities)))
    head = np.concatenate((rows + facility[row, k], refused, np.full(facilities, end)))
    most = np.concatenate((np.ones(len(row) + rows, np.int64), capacity))
    price = np.concatenate((cost[row, k], np.full(rows, reject), np.zeros(facilities))).astype(np.int64)
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, most, price)
    supplies = np.concatenate((np.ones(rows, np.int64), np.zeros(facilities, np.int64), [-rows]))
    solver.set_nodes_supplies(np.arange(end + 1), supplies)
    if solver.solve() != solver.OPTIMAL:
        raise BenchmarkError("OR-Tools found no optimum")
    taken = solver.flows(arcs)[len(row) : len(row) + rows]
    return Answer(float(solver.optimal_cost()), int(taken.sum()))


SOLVERS: Mapping[str, Callable[[Instance], Answer]] = {
    "wayside": ours,
    "scipy, matching": matching,
    "OR-Tools, flow": flow,
    "greedy": greedy,
}
EXACT = ("wayside", "scipy, matching", "OR-Tools, flow")
