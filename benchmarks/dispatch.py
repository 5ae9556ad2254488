"""How long it takes to find each request's nearest facilities by travel time, and to assign all at the least cost.

Requests stand at the begins of edges of a grid of two-way streets, each with a travel time of its own, and facilities
of 0 to 3 places anywhere along them. The 16 nearest of each request are found by a search that stops with the last of
them, and as a user of SciPy would do it, from some of the requests: Dijkstra's search to the farthest of the 16, and
sorting. Then all requests are assigned at the least sum of travel times, a rejection costing an hour, by each solver
over the same candidates; exact ones must agree. All is CPU time on one core, the least of the rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from benchmarks import measure
from benchmarks.measure import BenchmarkError, Result
from benchmarks.solvers import EXACT, SOLVERS, Instance
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.nearest import Nearest

SIZES = ((1_000, 5_000), (10_000, 5_000), (10_000, 100_000))  # requests, facilities
SMALL = ((200, 100),)
NEAREST = 16
SIDE, SMALL_SIDE = 224, 24  # junctions: 199,808 edges, 2,208
REJECT = 3600.0 * 1000.0  # ms, as all costs: OR-Tools takes whole numbers
SAMPLE = 40  # requests that SciPy searches for


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--repeats", type=int, help="rounds; the least counts (default 3, small 1)")


def run(options: argparse.Namespace) -> Result:
    """All sizes. BenchmarkError where exact solvers disagree, and without OR-Tools."""
    if find_spec("ortools") is None:
        raise BenchmarkError("OR-Tools is not installed: pip install 'wayside[test]'")
    rounds = options.repeats or (1 if options.small else 3)
    side = SMALL_SIDE if options.small else SIDE
    before, after, edges = grid(side)
    tables = []
    for requests, facilities in SMALL if options.small else SIZES:
        measure.say(f"dispatch: {requests:,} requests, {facilities:,} facilities")
        random = np.random.default_rng(1)
        cost = random.uniform(5.0, 30.0, edges)
        stands = random.integers(0, edges, facilities).astype(np.int32)
        along = random.uniform(size=facilities)
        every = np.arange(facilities, dtype=np.int32)
        nearest = Nearest(edges, before, after, facilities, every, stands, along, np.zeros(facilities))
        begin, share = random.integers(0, edges, requests).astype(np.int32), np.zeros(requests)
        told = (cost, np.arange(requests), begin, share, np.ones(facilities, np.uint8), NEAREST)
        search_s, (place, far) = least(rounds, partial(nearest.search, *told))
        some = random.choice(requests, min(SAMPLE, requests), replace=False)
        searched = partial(by_scipy, before, after, cost, begin[some], far[some], stands, along)
        scipy_s, theirs = least(1, searched)
        if not np.allclose(theirs, far[some]):
            raise BenchmarkError("SciPy finds other facilities nearest")
        whole = np.round(far * 1000.0)
        instance = Instance(place, whole, random.integers(0, 4, facilities).astype(np.int32), REJECT)
        rows = []
        for name, solve in SOLVERS.items():
            seconds, answer = least(rounds, partial(solve, instance))
            rows.append({"solver": name, "cpu_s": seconds, "objective": answer.objective, "rejected": answer.rejected})
        if len({row["objective"] for row in rows if row["solver"] in EXACT}) > 1:
            raise BenchmarkError(f"exact solvers disagree: {rows}")
        tables.append(
            {
                "requests": requests,
                "facilities": facilities,
                "edges": edges,
                "search_s": search_s,
                "scipy_search_s": scipy_s * requests / len(some),
                "rows": rows,
            }
        )
    return {"nearest": NEAREST, "tables": tables}


def least(rounds: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The least CPU time of some rounds [s], and what came out of the last."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        found = work()
        times.append(time.process_time() - began)
    return min(times), found


def grid(side: int) -> tuple[Ints, Ints, int]:
    """Streets each way between side x side junctions: pairs of edges, none straight back, and how many edges."""
    junction = np.arange(side * side).reshape(side, side)
    one = np.concatenate((junction[:, :-1].ravel(), junction[:-1].ravel()))
    two = np.concatenate((junction[:, 1:].ravel(), junction[1:].ravel()))
    start, end = np.concatenate((one, two)), np.concatenate((two, one))
    by_start = np.argsort(start, kind="stable")
    first = np.searchsorted(start[by_start], np.arange(side * side + 1))
    many = np.diff(first)[end]
    before = np.repeat(np.arange(len(start)), many)
    after = by_start[first[end[before]] + np.arange(len(before)) - np.repeat(np.cumsum(many) - many, many)]
    on = end[after] != start[before]
    return before[on].astype(np.int32), after[on].astype(np.int32), len(start)


def by_scipy(
    before: Ints, after: Ints, cost: Doubles, begin: Ints, far: Doubles, stands: Ints, along: Doubles
) -> Doubles:
    """How far the nearest facilities are from the begins of some edges: a search from each, as far as needed."""
    graph = sparse.csr_matrix((cost[before], (before, after)), shape=(len(cost), len(cost)))
    found = []
    for edge, most in zip(begin.tolist(), far[:, -1].tolist(), strict=True):
        seconds = dijkstra(graph, indices=edge, limit=most)[stands] + along * cost[stands]
        found.append(np.sort(seconds)[: far.shape[1]])
    return np.array(found)


def show(result: Result) -> None:
    """A table for each size."""
    for table in result["tables"]:
        best = min(row["cpu_s"] for row in table["rows"][1:] if row["solver"] in EXACT)
        ratio = table["scipy_search_s"] / table["search_s"]
        measure.show(
            f"\n{table['requests']:,} requests, {table['facilities']:,} facilities, {result['nearest']} nearest each",
            ("", "CPU s", "times the best other", "objective s", "rejected"),
            [
                (
                    row["solver"],
                    f"{row['cpu_s']:.4f}",
                    f"{row['cpu_s'] / best:.2f}",
                    f"{row['objective'] / 1000.0:,.0f}",
                    f"{row['rejected']:,}",
                )
                for row in table["rows"]
            ],
            [
                f"candidates on {table['edges']:,} edges: {table['search_s']:.3f} s; SciPy's dijkstra, from a sample: "
                f"{table['scipy_search_s']:.1f} s, {ratio:.0f} times as much"
            ],
        )
