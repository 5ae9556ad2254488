"""Recorded charging sessions: a table of text, as ACN-Data and others publish it, as arrays by period."""

from __future__ import annotations

import csv
import gzip
import math
import re
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles, Ints

# By what it is: the names that published tables have for it, the first in lower case as ACN-Data has it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "arrival": ("arrival", "connectiontime"),
    "departure": ("departure", "disconnecttime"),
    "requested": ("requested_energy (kwh)", "requested_energy_kwh", "kwhrequested"),
    "delivered": ("delivered_energy (kwh)", "delivered_energy_kwh", "kwhdelivered"),
    "estimated": ("estimated_departure", "requesteddeparture"),
    "station": ("station_id", "stationid"),
    "session": ("session_id", "sessionid"),
}
LONGEST = timedelta(days=366)  # of a stay
ENERGIES = ("requested", "delivered")
DEPARTURES = ("departure", "estimated")


@dataclass(frozen=True)
class RecordedSessions:
    """Sessions in the order of their arrival, one entry each; periods are counted from `begin`."""

    begin: datetime
    period_s: float
    session: tuple[str, ...]
    station: Ints
    stations: tuple[str, ...]
    arrival: Ints  # the period in which it is plugged in
    departure: Ints  # the first period in which it is gone
    expected: Ints  # the same as far as a policy knows
    energy_wh: Doubles  # wanted
    dropped: int  # whose station was still taken

    def __len__(self) -> int:
        return len(self.session)


@dataclass(frozen=True)
class _Row:
    line: int
    arrival: datetime
    departure: datetime
    expected: datetime
    energy_wh: float
    station: str
    session: str


def read_sessions(
    path: Path, month: str | None, period_s: float, energy: str = "requested", departure: str = "departure"
) -> RecordedSessions:
    """The sessions of a table that arrive in a month (as 2019-05), or all of them.

    A session arrives in the period in which its arrival falls, and has gone when the one in which its departure falls
    is over, at least one later. One whose station is still taken is left out. Times are told with their offset from
    UTC, or all without; months and days begin at the midnight of the first one's. energy: which of ENERGIES counts as
    wanted; departure: which of DEPARTURES the policies know. WaysideError, one line with the file, the line in it and
    the field, for whatever cannot be.
    """
    rows = sorted(_rows(path, month, energy, departure), key=lambda row: (row.arrival, row.line))
    if not rows:
        raise WaysideError(f"{path}: no session" + (f" arrives in {month}" if month else ""))
    begin = rows[0].arrival.replace(hour=0, minute=0, second=0, microsecond=0)
    if month:
        begin = begin.replace(day=1)
    kept: list[tuple[_Row, int, int]] = []
    free = dict[str, int]()  # by station, from which period on
    for row in rows:
        arrival = math.floor((row.arrival - begin).total_seconds() / period_s)
        end = max(math.ceil((row.departure - begin).total_seconds() / period_s), arrival + 1)
        if free.get(row.station, arrival) <= arrival:
            free[row.station] = end
            kept.append((row, arrival, end))
    stations = tuple(sorted(free))
    number = {name: k for k, name in enumerate(stations)}
    expected = [
        end if row.expected == row.departure else math.ceil((row.expected - begin).total_seconds() / period_s)
        for row, _, end in kept
    ]
    return RecordedSessions(
        begin,
        period_s,
        tuple(row.session for row, _, _ in kept),
        np.array([number[row.station] for row, _, _ in kept], np.int32),
        stations,
        np.array([arrival for _, arrival, _ in kept], np.int32),
        np.array([end for _, _, end in kept], np.int32),
        np.array(expected, np.int32),
        np.array([row.energy_wh for row, _, _ in kept]),
        len(rows) - len(kept),
    )


def warn_of_impossible(sessions: RecordedSessions, most_w: float, path: Path) -> None:
    """A warning where sessions want more than their stay allows at full power [W]: nobody can meet them."""
    stay = (sessions.departure - sessions.arrival) * sessions.period_s / 3600.0
    beyond = sessions.energy_wh - stay * most_w
    if (many := int((beyond > 1.0).sum())) > 0:
        total = float(np.maximum(beyond, 0.0).sum()) / 1000.0
        warnings.warn(
            f"{path}: {many:,} of {len(sessions):,} sessions want more than their stay allows at "
            f"{most_w / 1000.0:g} kW, together {total:,.1f} kWh: no policy can meet them",
            stacklevel=2,
        )


def _rows(path: Path, month: str | None, energy: str, departure: str) -> Iterator[_Row]:
    if month is not None and not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
        raise WaysideError(f"--month {month}: must be a year and a month, as 2019-05")
    with _opened(path) as file:
        reader = csv.reader(file)
        header = next(reader, None)
        if not header:
            raise WaysideError(f"{path}: is empty: must be a table with a header, its columns split by commas")
        at = _columns(path, header, ("arrival", "departure", energy, departure))
        aware: bool | None = None
        for cells in reader:
            if not cells:
                continue
            line = reader.line_num
            if len(cells) != len(header):
                raise WaysideError(f"{path}: line {line}: has {len(cells)} fields: must have {len(header)}")
            arrival = _time(path, line, header, cells, at["arrival"])
            if month is not None and f"{arrival:%Y-%m}" != month:
                continue
            left = _time(path, line, header, cells, at["departure"])
            known = left if departure == "departure" else _time(path, line, header, cells, at[departure])
            zones = {moment.tzinfo is not None for moment in (arrival, left, known)}
            if len(zones | ({aware} if aware is not None else set())) > 1:
                raise WaysideError(f"{path}: line {line}: times must all have an offset from UTC, or none")
            aware = zones.pop()
            for name, moment in (("departure", left), (departure, known)):
                if not timedelta(0) <= moment - arrival <= LONGEST:
                    column, when = header[at[name]], f"{header[at['arrival']]}, {cells[at['arrival']]}"
                    allowed = "must not be before" if moment < arrival else f"must be {LONGEST.days} days at most after"
                    raise WaysideError(f"{path}: line {line}: {column} = {cells[at[name]]}: {allowed} the {when}")
            yield _Row(
                line,
                arrival,
                left,
                known,
                _kwh(path, line, header, cells, at[energy]) * 1000.0,
                cells[at["station"]] if "station" in at else f"of line {line}",
                cells[at["session"]] if "session" in at else f"line {line}",
            )


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if packed
            else path.open(encoding="utf-8", newline="") as file
        ):
            yield file
    except (EOFError, zlib.error):
        raise WaysideError(f"{path}: the gzip file breaks off, or is damaged") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        told = error.strerror if isinstance(error, OSError) and error.strerror else "is no table of text"
        raise WaysideError(f"{path}: {told}") from None


def _columns(path: Path, header: list[str], needed: tuple[str, ...]) -> dict[str, int]:
    """Where in a row each column is that the table has."""
    plain = [name.strip().lower() for name in header]
    at = {what: plain.index(name) for what, names in COLUMNS.items() for name in names if name in plain}
    for what in needed:
        if what not in at:
            raise WaysideError(f"{path}: has no column {COLUMNS[what][0]!r}: it has {', '.join(header)}")
    return at


def _time(path: Path, line: int, header: list[str], cells: list[str], column: int) -> datetime:
    try:
        return datetime.fromisoformat(cells[column].strip())
    except ValueError:
        said = cells[column] or "(nothing)"
        raise WaysideError(
            f"{path}: line {line}: {header[column]} = {said}: must be a time, as 2019-05-01 06:33:14-07:00"
        ) from None


def _kwh(path: Path, line: int, header: list[str], cells: list[str], column: int) -> float:
    try:
        value: float | None = float(cells[column])
    except ValueError:
        value = None
    if value is None or not 0.0 <= value <= 1e4:
        said = cells[column] or "(nothing)"
        allowed = "must be a number, in kWh" if value is None else "must be within 0..10000 kWh"
        raise WaysideError(f"{path}: line {line}: {header[column]} = {said}: {allowed}")
    return value


def moment(sessions: RecordedSessions, period: int) -> Any:
    """When a period begins."""
    return sessions.begin + timedelta(seconds=period * sessions.period_s)
