"""Published occupancy of car parks: a table of free bays over time, a forecast put to the test, and cars that stand so.

The form is that of defgsus/parking-data: a column `timestamp` (ISO 8601), then one of free bays for each lot. An empty
cell says that nothing is new, and so does one below 0, which some sources publish where they do not know. Its
meta-data.csv tells by `place_id` how many bays there are (`num_all`).
"""

from __future__ import annotations

import csv
import gzip
import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO
from xml.sax.saxutils import quoteattr

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.edge.rates import Rates
from wayside.ext.arrays import Doubles, Ints, Longs

HOLE: Final = 3600.0  # s without a row: what lies behind is not forecast from before
_MOST: Final = 1_000_000  # bays of a lot


@dataclass(frozen=True)
class Occupancy:
    """Lots over time: rows x lots."""

    lots: tuple[str, ...]
    capacity: Ints  # by lot
    begin: datetime
    time: Doubles  # s since then, ascending
    taken: Doubles  # bays, as last said; NaN before the first word of a lot
    left_out: int  # lots of which nothing is said
    guessed: int  # lots whose capacity is the most that was ever free

    @property
    def share(self) -> Doubles:
        """Taken of all, 0..1."""
        return np.clip(self.taken / np.maximum(self.capacity, 1), 0.0, 1.0)


def read_occupancy(path: Path, meta: Path | None = None) -> Occupancy:
    """The lots of a table, plain or packed by gzip. WaysideError, one line with the file, the line and the column, for
    what is no such table.
    """
    known = {} if meta is None else _capacities(meta)
    times: list[datetime] = []
    rows: list[Doubles] = []
    with _opened(path) as file:
        reader = csv.reader(file)
        header = next(reader, None) or [""]
        lots = header[1:]
        if header[0].strip() != "timestamp" or not lots:
            raise WaysideError(
                f"{path}: line 1: begins with {header[0]!r}: must be timestamp, then a column for each lot"
            )
        if twice := [lot for k, lot in enumerate(lots) if lot in lots[:k]]:
            raise WaysideError(f"{path}: line 1: {twice[0]!r} stands there twice")
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            if len(cells) != len(header):
                raise WaysideError(f"{path}: line {line}: has {len(cells)} cells: must have {len(header)}")
            times.append(_when(path, line, cells[0], times))
            rows.append(np.array([_free(path, line, lot, cell) for lot, cell in zip(lots, cells[1:], strict=True)]))
    if not rows:
        raise WaysideError(f"{path}: has no row: must have free bays at one time at least")
    free = np.array(rows)
    said = np.array(~np.isnan(free).all(axis=0))
    if not said.any():
        raise WaysideError(f"{path}: all cells are empty: must have free bays at one time at least")
    free, names = free[:, said], tuple(lots[k] for k in np.flatnonzero(said).tolist())
    most = np.nanmax(free, axis=0)
    # A lot may have more free than it should have: then it has as many.
    capacity = np.array(
        [max(known.get(lot, 0), free) for lot, free in zip(names, most.tolist(), strict=True)], np.int32
    )
    last = np.maximum.accumulate(np.where(np.isnan(free), -1, np.arange(len(free))[:, None]), axis=0)
    free = np.where(last >= 0, np.take_along_axis(free, np.maximum(last, 0), 0), np.nan)
    seconds = np.array([(time - times[0]).total_seconds() for time in times])
    guessed = sum(lot not in known for lot in names)
    return Occupancy(names, capacity, times[0], seconds, capacity - free, len(lots) - len(names), guessed)


@dataclass(frozen=True)
class Forecast:
    """How far off a forecast is, over all lots and times; shares of the bays."""

    ahead_s: float
    cases: int
    error: float  # mean absolute, of the forecast that `predictive` learns
    as_now: float  # the same of one that nothing changes


def backtest(of: Occupancy, ahead: Sequence[float], memory: float, prior: float) -> list[Forecast]:
    """The forecast of `Rates` over the table, each time from what was known then; NaN where there is no case.

    ahead: how far it looks, s; memory, prior: see `Rates`. What is so far ahead is as last said by then; where nothing
    was said for an hour in between, nothing is compared.
    """
    rates = Rates(of.capacity, memory, prior)
    first = np.take_along_axis(of.taken, (~np.isnan(of.taken)).argmax(axis=0)[None], 0)
    filled = np.where(np.isnan(of.taken), first, of.taken)  # nobody has come or gone before the first word
    hole = np.diff(of.time, append=of.time[-1]) > HOLE  # behind a row
    holes: Longs = np.cumsum(hole) - hole
    bays = np.maximum(of.capacity, 1)
    found = np.zeros((len(ahead), 3))
    for row, now in enumerate(of.time.tolist()):
        rates.see(now, filled[row].round().astype(np.int32))
        come, go = rates.per_s
        for k, seconds in enumerate(ahead):
            then = int(np.searchsorted(of.time, now + seconds, side="right")) - 1
            inside = hole[then] and now + seconds > of.time[then]
            if now + seconds > of.time[-1] or holes[then] != holes[row] or inside:
                continue
            known = ~np.isnan(of.taken[row])
            told = np.clip(filled[row] + (come - go) * seconds, 0.0, of.capacity)
            off = np.abs(np.array([told, filled[row]]) - filled[then])[:, known] / bays[known]
            found[k] += known.sum(), *off.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return [Forecast(s, int(n), a / n, b / n) for s, (n, a, b) in zip(ahead, found, strict=True)]


def standing(
    of: Occupancy, column: Ints, areas: Sequence[tuple[str, str, int]], begin: float, end: float, time: float = 0.0
) -> Iterator[str]:
    """Lines of an additional file for SUMO: cars that stand in parking areas so that these are taken as lots were.

    column: of each area the lot, -1: none; areas: id, edge and bays; begin, end: of the table [s], which is second
    `time` of the simulation. Those who came first leave first, and are gone at the end of their road.
    """
    yield "<additional>"
    yield '    <vType id="background" vClass="passenger"/>'
    cars: list[tuple[float, float, int]] = []  # from, until, area
    rows = np.flatnonzero((of.time > begin) & (of.time < end)).tolist()
    before = max(int(np.searchsorted(of.time, begin, side="right")) - 1, 0)
    for area, (_, _, bays) in enumerate(areas):
        if column[area] < 0:
            continue
        share = of.share[:, column[area]]
        here: deque[float] = deque()
        for row, at in ((before, begin), *((row, float(of.time[row])) for row in rows)):
            wanted = 0 if math.isnan(share[row]) else round(float(share[row]) * bays)
            while len(here) > wanted:
                cars.append((here.popleft(), at, area))
            here.extend([at] * (wanted - len(here)))
        cars += [(since, end, area) for since in here]
    for number, (since, until, area) in enumerate(sorted(cars)):
        id, edge, _ = areas[area]
        depart = f"{since - begin + time:.10g}"
        yield f'    <vehicle id="background-{number}" type="background" depart="{depart}" departPos="stop">'
        yield f"        <route edges={quoteattr(edge)}/>"
        stay = f"{until - since:.10g}"
        yield f'        <stop parkingArea={quoteattr(id)} duration="{stay}" parking="true"/>'
        yield "    </vehicle>"
    yield "</additional>"


def _when(path: Path, line: int, text: str, before: list[datetime]) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise WaysideError(f"{path}: line {line}: timestamp {text!r}: must be a time, as 2020-06-10T08:05:00") from None
    if before and (found.tzinfo is None) != (before[-1].tzinfo is None):
        raise WaysideError(f"{path}: line {line}: timestamp {text!r}: must have an offset like all, or none like all")
    if before and found <= before[-1]:
        raise WaysideError(f"{path}: line {line}: timestamp {text!r}: must be after {before[-1].isoformat()}")
    return found


def _free(path: Path, line: int, lot: str, text: str) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not abs(value) <= _MOST or value != int(value):
        raise WaysideError(f"{path}: line {line}: {lot}: {text!r}: must be a whole number of free bays, or empty")
    return value if value >= 0.0 else math.nan


def _capacities(path: Path) -> dict[str, int]:
    with _opened(path) as file:
        reader = csv.DictReader(file)
        if lacking := {"place_id", "num_all"} - set(reader.fieldnames or ()):
            raise WaysideError(f"{path}: line 1: has no column {min(lacking)}: must have place_id and num_all")
        found: dict[str, int] = {}
        for row in reader:
            text = (row["num_all"] or "").strip()
            if text and (bays := _free(path, reader.line_num, "num_all", text)) > 0.0:
                found[row["place_id"]] = int(bays)
        return found


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """A table of text. WaysideError where it cannot be read."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as packed:
                yield packed
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
    except OSError as error:
        raise WaysideError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, EOFError, csv.Error) as error:
        raise WaysideError(f"{path}: is no table of text: {error}") from None
