"""What two runs of one demand are held against each other by: errands that the same vehicle did in both.

An errand is a search for a bay, a charge, a trip. Which there are is a row each: the trip's here, a service's in its
view. The rows of a running simulation and those of its Parquet tables are the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wayside.sim.children import dumps
from wayside.sim.observers import Observer
from wayside.web.server.channels import StreamChannel

if TYPE_CHECKING:
    from wayside.sim.engine import Tick
    from wayside.web.server.view import Views

LOOK = 1.0  # s of simulation between two looks


@dataclass(frozen=True)
class Errand:
    """A kind of errand: its table, the columns that tell of it [s, m], and words for people."""

    table: str
    begun: str  # when
    done: str  # when; NaN: it is not
    driven: str  # m; empty: not told of
    who: str
    sooner: str  # what they did in the better run
    each: str  # what took less time
    counted: str  # how it is counted
    figure: str  # the key figure that comparisons test it by

    def told(self) -> dict[str, str]:
        """For the page."""
        return {
            key: value for key, value in asdict(self).items() if key in ("table", "who", "sooner", "each", "counted")
        }


TRIPS = Errand(
    "vehicles",
    "departed_s",
    "arrived_s",
    "distance_m",
    who="vehicles",
    sooner="arrived sooner",
    each="trip",
    counted=(
        "A trip is paired by the vehicle's id; those count that have arrived in both runs. It lasts from when the "
        "vehicle enters the streets until it leaves them, stops included."
    ),
    figure="vehicles.mean_speed_m_s",
)


class DoneErrand(NamedTuple):
    """One that is done, as it goes over the wire."""

    errand: str  # the table
    vehicle: str
    number: int  # of the vehicle's in that table, from 0
    begun: float  # s
    done: float  # s
    driven: float  # m, 0 where it is not told of


class ErrandObserver(Observer):
    """Tells the server what is done, of one simulation. `send` hands a message to it."""

    def __init__(self, views: Views, send: Callable[[StreamChannel, bytes], None]) -> None:
        self._table = views.simulation.vehicles
        self._step = views.simulation.backend.step_length
        self._views = [(view.errand, view, _Open()) for view in views if view.errand is not None]
        self._send = send
        self._trips: Counter[str] = Counter()
        self._due = -math.inf
        self._done: list[DoneErrand] = []

    def step(self, tick: Tick) -> None:
        """See `Observer.step`."""
        table = self._table
        for slot in tick.events.arrived.tolist():
            times = float(table.departed[slot]), tick.time - self._step  # SUMO counts from a step's begin
            self._trip(str(table.ids[slot]), *times, float(table.distance[slot]))
        if tick.time >= self._due:
            self._due = tick.time + LOOK
            self._tell()

    def end(self) -> None:
        """See `Observer.end`."""
        self._tell()

    def _trip(self, vehicle: str, begun: float, done: float, driven: float) -> None:
        number = self._trips[vehicle]
        self._trips[vehicle] += 1
        if math.isfinite(begun):
            self._done.append(DoneErrand(TRIPS.table, vehicle, number, begun, done, driven))

    def _tell(self) -> None:
        for errand, view, open in self._views:
            self._done += open.done(errand, view.records())
        if self._done:
            self._send(StreamChannel.ERRANDS, dumps(self._done))
            self._done = []


class _Open:
    """The rows of one table that are not done yet."""

    def __init__(self) -> None:
        self._seen = 0
        self._of: Counter[str] = Counter()
        self._numbers: dict[int, int] = {}  # place in the table, number of the vehicle's

    def done(self, errand: Errand, records: Sequence[Any]) -> Iterable[DoneErrand]:
        """Those that are done now and were not before."""
        for place in range(self._seen, len(records)):
            vehicle = records[place].vehicle
            self._numbers[place] = self._of[vehicle]
            self._of[vehicle] += 1
        self._seen = len(records)
        over = [place for place in self._numbers if not math.isnan(getattr(records[place], errand.done))]
        for place in over:
            row = _row(errand, vars(records[place]), self._numbers.pop(place))
            if row is not None:
                yield row


def _row(errand: Errand, said: Mapping[str, Any], number: int) -> DoneErrand | None:
    """None: it is not done, or nobody knows since when."""
    begun, done = float(said[errand.begun]), float(said[errand.done])
    if math.isnan(begun) or math.isnan(done):
        return None
    driven = float(said[errand.driven]) if errand.driven else 0.0
    return DoneErrand(errand.table, said["vehicle"], number, begun, done, driven)


def read_errands(folder: Path, errands: Iterable[Errand]) -> list[DoneErrand]:
    """Those that are done in a run's Parquet tables; of a table that is not there, none."""
    import pyarrow.parquet as pq

    found: list[DoneErrand] = []
    for errand in errands:
        path = folder / f"{errand.table}.parquet"
        if not path.is_file():
            continue
        names = ["vehicle", errand.begun, errand.done, *([errand.driven] if errand.driven else [])]
        number: Counter[str] = Counter()
        for said in pq.read_table(path, columns=names).to_pylist():
            row = _row(errand, said, number[said["vehicle"]])
            number[said["vehicle"]] += 1
            if row is not None:
                found.append(row)
    return found


class Pairing:
    """Errands that are done in both runs, as they come: [errand, when both were done (s), how much shorter the first
    run's was (s), how much less was driven in it (m)].
    """

    def __init__(self, errands: Sequence[Errand]) -> None:
        self.errands = errands
        self.rows: list[tuple[int, float, float, float]] = []
        self.counts = [[0, 0] for _ in errands]  # done, in each run
        self._places = {errand.table: place for place, errand in enumerate(errands)}
        self._alone: dict[tuple[str, str, int], DoneErrand] = {}

    def take(self, which: int, done: Iterable[DoneErrand]) -> None:
        """These are done in one run, 0 or 1."""
        for one in done:
            place = self._places.get(one.errand)
            if place is None:
                continue
            self.counts[place][which] += 1
            key = one.errand, one.vehicle, one.number
            other = self._alone.pop(key, None)
            if other is None:
                self._alone[key] = one
                continue
            first, second = (one, other) if which == 0 else (other, one)
            gain = (second.done - second.begun) - (first.done - first.begun)
            self.rows.append((place, max(one.done, other.done), gain, second.driven - first.driven))

    def message(self, since: int) -> dict[str, Any]:
        """What has come since there were so many."""
        return {"type": "pairs", "from": since, "rows": self.rows[since:], "counts": self.counts}
