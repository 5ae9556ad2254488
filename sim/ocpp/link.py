"""The connections of all stations, in a thread of their own beside the simulation."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.ocpp.ceilings import Ceilings
from wayside.sim.ocpp.clock import StationClock
from wayside.sim.ocpp.evses import EvseLayout
from wayside.sim.ocpp.news import News
from wayside.sim.ocpp.station import ChargingStation, OcppTally, unsaid

_GOODBYE_S = 2.0  # for what is still going on when all is over
_FLUSH_S = 0.02  # how often it is looked whether all is said
_AGAIN_S = 0.2  # until what has not ended is told so again


class CsmsLink:
    """The stations of a layout at one central system.

    `tell`, `moment` and `lines` are for the simulation's thread; `ceilings` says what was answered.
    """

    def __init__(self, url: str, layout: EvseLayout, begin: float, meter_s: Doubles, patience: float) -> None:
        """begin: s of the simulation; meter_s: by EVSE, how often meters are told; patience: for an answer, s."""
        self.url, self.layout, self.patience = url, layout, patience
        self.ceilings, self.tally = Ceilings(layout), OcppTally()
        clock = StationClock(begin, datetime.now(UTC))
        counts = np.bincount(layout.station, minlength=len(layout.stations)).tolist()
        self.stations = [
            ChargingStation(k, name, count, clock, self.ceilings, self.tally, self._complain)
            for k, (name, count) in enumerate(zip(layout.stations, counts, strict=True))
        ]
        for station in self.stations:
            station.meter_s = _interval(meter_s, layout.station == station.index)
        self._place = list(zip(layout.station.tolist(), layout.number.tolist(), strict=True))
        self._lines: deque[str] = deque()
        self._known = set[str]()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="ocpp", daemon=True)

    def open(self) -> None:
        """Connect. WaysideError, one line, where the first station is not accepted within `patience` s; it is told
        where others are not.
        """
        self._loop.set_exception_handler(self._unexpected)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self._stop()
            raise

    def tell(self, news: News) -> None:
        """Hand over what has happened."""
        self._loop.call_soon_threadsafe(self._take, news)

    def moment(self, now: float) -> None:
        """It is so late, s of the simulation."""
        for station in self.stations:
            station.now = now

    def lines(self) -> list[str]:
        """What is to be told to people since the last call."""
        found = []
        while self._lines:
            found.append(self._lines.popleft())
        return found

    def close(self) -> int:
        """Say what is still to be said, for at most `patience` s, and disconnect; how many events are lost by that."""
        if not self._thread.is_alive():
            return 0
        asyncio.run_coroutine_threadsafe(self._flush(), self._loop).result()
        self._stop()
        return unsaid(self.stations)

    async def _open(self) -> None:
        from wayside.sim.ocpp.connection import Dialling, keep

        booted = asyncio.Event()
        dialling = Dialling(self.url, self.patience, booted.set)
        end = time.monotonic() + self.patience
        self._tasks = []
        for station in self.stations:
            self._tasks.append(self._loop.create_task(keep(station, dialling)))
            while not self.tally.boots and not dialling.failed and time.monotonic() < end:
                await _either(booted, 0.05)
            if not self.tally.boots:  # the first one shows whether there is anybody
                why = dialling.failed or f"no station is accepted within {self.patience:g} s"
                raise WaysideError(f"no central system to be had there: {why}")
        while not all(station.online for station in self.stations) and time.monotonic() < end:
            await asyncio.sleep(_FLUSH_S)
        if lacks := sum(not station.online for station in self.stations):
            self._lines.append(
                f"OCPP: {lacks} of {len(self.stations)} stations are not accepted yet"
                + (f": {dialling.failed}" if dialling.failed else "")
            )

    def _take(self, news: News) -> None:
        columns = (news.time, news.what, news.evse, news.state)
        meters = zip(
            news.register_wh.tolist(), news.power_w.tolist(), news.offered_w.tolist(), news.charge.tolist(), strict=True
        )
        rows = zip(*(column.tolist() for column in columns), meters, news.transactions, news.names, strict=True)
        for now, what, evse, state, meter, transaction, name in rows:
            station, number = self._place[evse]
            self.stations[station].take(number, now, what, state, meter, transaction, name)

    async def _flush(self) -> None:
        end = time.monotonic() + self.patience
        while time.monotonic() < end and any(station.outbox for station in self.stations):
            await asyncio.sleep(_FLUSH_S)
        going = {task for task in self._tasks if not task.done()}
        end = time.monotonic() + _GOODBYE_S
        while going and time.monotonic() < end:
            # Again and again: wait_for of Python 3.11 passes over one that comes when it has just been answered.
            for task in going:
                task.cancel()
            _, going = await asyncio.wait(going, timeout=_AGAIN_S)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for task in (left := asyncio.all_tasks(self._loop)):
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=_GOODBYE_S))
        self._loop.close()

    def _complain(self, word: str, line: str) -> None:
        if word not in self._known:
            self._known.add(word)
            self._lines.append(f"{line}; the like is not told again")

    def _unexpected(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._complain(f"unexpected {type(error).__name__}", f"OCPP: {context['message']}: {error!r}")


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, for so long at most."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _interval(meter_s: Doubles, mine: Any) -> Callable[[float | None], float]:
    """How a station's central system reads how often its meters are told, and sets it."""

    def interval(seconds: float | None) -> float:
        if seconds is not None:
            meter_s[mine] = seconds
        return float(meter_s[mine][0])

    return interval
