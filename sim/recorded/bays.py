"""The best that the drivers of a run could have come to for bays, known only when all is over.

Each holds a bay for the time that it did, or that it meant to; whoever got none from the begin of its search on. Least
is what all walk in sum, and somebody without a bay counts as a walk of its own. To schedule intervals at costs that
differ by place is NP-hard (Arkin and Silverberg 1987): HiGHS's branch and bound either proves an optimum, or leaves the
best found and a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.edge.parking.state import CarParks
from wayside.ext.arrays import Doubles, Ints


@dataclass(frozen=True)
class Wanted:
    """Who wanted a bay, one entry each; places, one column each."""

    begin: Doubles  # s
    end: Doubles
    walk: Doubles  # drivers x places, m
    taken: Ints  # the place taken in the run, -1: none
    since: Doubles  # s, from when on `room` holds, ascending
    room: Ints  # since x places: bays that these drivers could have


@dataclass(frozen=True)
class Hindsight:
    """What could have come of it."""

    place: Ints  # by driver, -1: none
    total_m: float  # walked, somebody without a bay counted as `none`
    bound_m: float  # no better is possible
    exact: bool  # whether it is proved that none is better


def read_wanted(folder: Path, parks: CarParks) -> Wanted:
    """The searches of a run's directory, those left out that stood in their bay from the first second: these, and what
    else stands there, take room. It is known as often as facilities.parquet says, and never less than the run's own
    drivers took. WaysideError, one line, where a table lacks or does not fit.
    """
    import pyarrow.parquet as pq

    tables: list[dict[str, Any]] = []
    for name in ("parking", "facilities"):
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise WaysideError(f"{path}: no such file: hindsight needs a run that has car parks")
        tables.append(pq.read_table(path).to_pydict())
    searches, facilities = tables
    if "stay" not in searches:
        raise WaysideError(f"{folder / 'parking.parquet'}: has no column stay: is of an older version")
    number = {id: k for k, id in enumerate(parks.ids)}
    if unknown := ({*searches["wished"], *searches["taken"]} - {""}) - number.keys():
        raise WaysideError(f"{folder}: car park {min(unknown)!r} is not in the scenario's files")
    driven, parked, left, began, stay = (
        np.array(searches[name], np.float64) for name in ("driven_m", "parked", "left", "began", "stay")
    )
    last = float(np.nanmax(np.array([*searches["ended"], *facilities["time_s"]], np.float64), initial=0.0))
    some = ~((parked == began) & (driven == 0.0))
    wished, taken = (np.array([number.get(id, -1) for id in searches[name]], np.int32) for name in ("wished", "taken"))
    begin = np.where(np.isnan(parked), began, parked)
    end = np.where(np.isnan(parked), began + stay, left)
    end = np.maximum(np.where(np.isnan(end), last, end), begin)
    there = np.hypot(parks.x - parks.x[wished][:, None], parks.y - parks.y[wished][:, None])
    begin, end, there, taken = begin[some], end[some], there[some], taken[some]
    since, room = _room(facilities, number, parks, begin, end, taken)
    return Wanted(begin, end, there, taken, since, room)


def _room(
    facilities: dict[str, Any], number: dict[str, int], parks: CarParks, begin: Doubles, end: Doubles, taken: Ints
) -> tuple[Doubles, Ints]:
    """From when on these drivers could have had how many bays of each car park."""
    rows = [k for k, service in enumerate(facilities["service"]) if service == "parking"]
    told, row = np.unique(np.array([facilities["time_s"][k] for k in rows], np.float64), return_inverse=True)
    count, columns = len(parks.ids), np.array([number[facilities["facility"][k]] for k in rows], np.intp)
    occupied = np.zeros((len(told), count), np.int64)
    occupied[row, columns] = [facilities["occupied"][k] for k in rows]

    def ours(time: Doubles) -> Ints:
        """How many of these drivers stand where."""
        found = np.zeros((len(time), count), np.int64)
        for one, other, place in zip(begin, end, taken, strict=True):
            if place >= 0:
                found[(one <= time) & (time < other), place] += 1
        return found.astype(np.int32)

    others = np.maximum(occupied - ours(told), 0)
    since = np.unique(np.concatenate(([-np.inf], told, begin, end)))
    # What holds at the end of an interval is taken to hold throughout it.
    at = np.minimum(np.searchsorted(told, since, side="left"), max(len(told) - 1, 0))
    free = parks.capacity - (others[at] if len(told) else 0)
    return since, np.maximum(free, ours(since)).astype(np.int32)


def worth(wanted: Wanted, place: Ints, none_m: float) -> float:
    """What is walked in sum, m."""
    rows = np.flatnonzero(place >= 0)
    return float(wanted.walk[rows, place[rows]].sum() + none_m * (len(place) - len(rows)))


def best(wanted: Wanted, none_m: float, seconds: float) -> Hindsight:
    """The least sum of walks, where somebody without a bay counts as one of `none_m`; so nobody walks farther.

    After `seconds` HiGHS leaves what it has. WaysideError where it has nothing.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    none = np.full(len(wanted.begin), -1, np.int32)
    who, where = np.nonzero(wanted.walk < none_m)
    if not len(who):
        total = worth(wanted, none, none_m)
        return Hindsight(none, total, total, True)
    # Each driver has one place or none. By place, the bays taken behind each of its times are those before, and who
    # comes, without those who leave: two entries for each driver and place, however many stand there.
    drivers, pairs = len(none), len(who)
    rows, columns, values = [who], [np.arange(pairs)], [np.ones(pairs)]
    most, at = [], pairs
    row = drivers
    for place in np.unique(where).tolist():
        mine = np.flatnonzero(where == place)
        mine = mine[wanted.end[who[mine]] > wanted.begin[who[mine]]]
        changes = wanted.since[1:][np.diff(wanted.room[:, place]) != 0]
        times = np.unique(np.concatenate((wanted.begin[who[mine]], wanted.end[who[mine]], changes)))
        n = len(times)
        first, last = (np.searchsorted(times, end[who[mine]]) for end in (wanted.begin, wanted.end))
        steps = np.arange(n)
        rows += [row + steps, row + steps[1:], row + first, row + last]
        columns += [at + steps, at + steps[:-1], mine, mine]
        values += [np.ones(n), np.full(max(n - 1, 0), -1.0), np.full(len(mine), -1.0), np.ones(len(mine))]
        most.append(wanted.room[np.searchsorted(wanted.since, times, side="right") - 1, place])
        row, at = row + n, at + n
    matrix = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(row, at))
    low = np.concatenate((np.full(drivers, -np.inf), np.zeros(row - drivers)))
    high = np.concatenate((np.ones(drivers), np.zeros(row - drivers)))
    gain = np.concatenate((wanted.walk[who, where] - none_m, np.zeros(at - pairs)))
    solved = milp(
        gain,
        constraints=LinearConstraint(matrix.tocsr(), low, high),
        bounds=Bounds(0.0, np.concatenate((np.ones(pairs), *most))),
        integrality=np.concatenate((np.ones(pairs), np.zeros(at - pairs))),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if solved.x is None:
        raise WaysideError(f"hindsight: {solved.message}")
    chosen = none.copy()
    picked = np.flatnonzero(solved.x[:pairs] > 0.5)
    chosen[who[picked]] = where[picked]
    bound = none_m * drivers + float(solved.mip_dual_bound if solved.mip_dual_bound is not None else solved.fun)
    total = worth(wanted, chosen, none_m)
    return Hindsight(chosen, total, min(bound, total), bool(solved.status == 0))
