"""What vehicles know of road users that do not speak, from those that do: CPMs and RSMs of units."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import TICK
from wayside.edge.messages import Broadcast
from wayside.edge.messages.kinds import FIRST_UNIT
from wayside.edge.messages.perceived import Cpm, PerceivedObjects, ReadCpms
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.knowledge import Knowledge
from wayside.sim.observers import Table
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.stations.histograms import ratio

NOBODY: Final = -1  # a station that tells nothing: the first source
MOST_TICKS: Final = 32  # V2X ticks of which it is remembered which messages were received


class _Heard(NamedTuple):
    """Objects told of in one V2X tick, and by which source."""

    tick: int
    source: Ints
    objects: PerceivedObjects


@dataclass
class Teller:
    """A row of perception.parquet: what a unit's messages were good for."""

    unit: int  # number of the station, from the first unit on
    received: int  # by vehicles
    known: int  # times that a vehicle knew of somebody without a unit by its word


class PerceivedNeighbours(OnboardService):
    """Vehicles with a unit take road users from CPMs (RSMs) as neighbours, for `lifetime` after they were told of.

    A vehicle knows what was in the messages that it has received, and nothing else. Once a second it is looked how
    many of the road users without a unit within `within` of it each vehicle knows: somebody it has been told of is the
    nearest one within `near` of where that would be now.
    """

    name: ClassVar[str] = "perception"
    reads: ClassVar[tuple[type[Broadcast], ...]] = (Cpm,)
    headlines: ClassVar[tuple[str, ...]] = ("known_share", "known_error_m")
    lifetime: Annotated[float, Option("how long one counts as known", unit="s", ge=0.1, le=3.1)] = 2.0
    within: Annotated[float, Option("how near neighbours are", unit="m", gt=0, le=1000)] = 100.0
    near: Annotated[float, Option("how far off what is told of one may be", unit="m", gt=0, le=20)] = 3.0

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`."""
        self._sources: dict[tuple[int, int], int] = {}  # by station and segment
        self._received: NDArray[np.uint32] = np.zeros((around.fleet.vehicles.capacity, 0), np.uint32)
        self._since = np.zeros((around.fleet.vehicles.capacity, 0), np.int64)  # the tick that bit 0 is
        self._told: deque[_Heard] = deque()
        self._kernel = Knowledge()
        self.pairs = self.known = 0
        self.error_m = 0.0
        self._by = np.zeros(0, np.int64)
        self._heard = np.zeros(0, np.int64)
        super().__init__(around)
        self._source(NOBODY, 0)

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        super().grow(capacity)
        if (more := capacity - len(self._received)) > 0:
            self._received = np.concatenate((self._received, np.zeros((more, self._received.shape[1]), np.uint32)))
            self._since = np.concatenate((self._since, np.zeros((more, self._since.shape[1]), np.int64)))

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`."""
        super().admit(departed)
        self._received[departed] = 0

    def read(self, kind: type[Broadcast], said: ReadCpms, packet: Ints, slots: Ints, now: float) -> None:
        """See `OnboardService.read`."""
        tick = round(now / TICK)
        source = np.array(
            [self._source(*key) for key in zip(said.station.tolist(), said.segment.tolist(), strict=True)]
        )
        if len(said.message):
            self._told.append(_Heard(tick, source[said.message].astype(np.int32), said.objects))
        while self._told and self._told[0].tick <= tick - MOST_TICKS:
            self._told.popleft()
        of = source[packet]
        since = tick - self._since[slots, of]
        kept = self._received[slots, of] << np.clip(since, 0, MOST_TICKS - 1).astype(np.uint32)
        kept[since >= MOST_TICKS] = 0
        self._received[slots, of] = kept | np.uint32(1)
        self._since[slots, of] = tick
        self._heard += np.bincount(of, minlength=len(self._heard))

    def _source(self, station: int, segment: int) -> int:
        """The number of who tells; of one who needs several messages, of each of these."""
        key = station, segment
        if key not in self._sources:
            self._sources[key] = len(self._sources)
            n = len(self._received)
            self._received = np.concatenate((self._received, np.zeros((n, 1), np.uint32)), axis=1)
            self._since = np.concatenate((self._since, np.zeros((n, 1), np.int64)), axis=1)
            self._by, self._heard = np.append(self._by, 0), np.append(self._heard, 0)
        return self._sources[key]

    @property
    def _ticks(self) -> int:
        """For how many V2X ticks one counts as known."""
        return min(round(self.lifetime / TICK) + 1, MOST_TICKS)

    def _now(self, n: int, tick: int) -> NDArray[np.uint32]:
        """What each of the first vehicles has received of each source in the last ticks: bit k: k ticks ago."""
        shift = tick - self._since[:n]
        late = shift >= MOST_TICKS
        shift[late] = 0
        kept = (self._received[:n] << shift.astype(np.uint32)) & np.uint32((1 << self._ticks) - 1)
        kept[late] = 0
        return kept

    def every_second(self, seconds: float, now: float) -> None:
        """See `OnboardService.every_second`: who of those nearby each vehicle knows."""
        knower, _, error, by = self.look(now)
        seen = ~np.isnan(error)
        self.pairs += len(knower)
        self.known += int(seen.sum())
        self.error_m += float(error[seen].sum())
        self._by += np.bincount(by[seen], minlength=len(self._by))

    def look(self, now: float) -> tuple[Ints, Ints, Doubles, Ints]:
        """Pairs of a vehicle that listens and a road user without a unit near it, by slots; how far what the one knows
        of the other is from the truth [m], NaN where it knows nothing, and by which source, or -1.
        """
        fleet, table = self.fleet, self.fleet.vehicles
        n, tick = table.extent, round(now / TICK)
        there, half = self._strangers(n), table.length[:n] / 2.0
        turn = np.radians(table.heading[:n])
        told = [heard for heard in self._told if heard.tick > tick - self._ticks]
        objects = [heard.objects.at(now) for heard in told]
        nothing = np.empty(0)
        return self._kernel.look(
            np.concatenate([np.empty(0, np.int32), *(heard.source for heard in told)]),
            np.concatenate(
                [np.empty(0, np.int32), *(np.full(len(heard.source), tick - heard.tick, np.int32) for heard in told)]
            ),
            np.concatenate([nothing, *(x for x, _ in objects)]),
            np.concatenate([nothing, *(y for _, y in objects)]),
            table.x[:n] - half * np.sin(turn),
            table.y[:n] - half * np.cos(turn),
            there,
            self.near,
            table.x[:n].copy(),
            table.y[:n].copy(),
            fleet.active[:n],
            self._now(n, tick),
            self.within,
        )

    def _strangers(self, n: int) -> Any:
        """Who is on the road without a unit."""
        table = self.fleet.vehicles
        return ((table.lane[:n] >= 0) & (table.alive[:n] == 1) & (self.fleet.equipped[:n] == 0)).view(np.uint8)

    def kpis(self, now: float) -> dict[str, float]:
        """See docs/kpis.md."""
        return {
            "perception.encounters": self.pairs,
            "perception.known_share": ratio(self.known, self.pairs),
            "perception.known_error_m": ratio(self.error_m, self.known),
        }

    def tables(self, now: float) -> Mapping[str, Table]:
        """Who told what, by unit; where any did."""
        rows: dict[int, Teller] = {}
        for (station, _), source in self._sources.items():
            if station == NOBODY:
                continue
            row = rows.setdefault(station, Teller(station - FIRST_UNIT, 0, 0))
            row.received += int(self._heard[source])
            row.known += int(self._by[source])
        return {"perception": Table(Teller, [rows[station] for station in sorted(rows)])} if rows else {}
