"""A station's connection: made, kept and made again; what happens without one is said later, in its order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ocpp.exceptions import OCPPError
from ocpp.v201 import call
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from wayside.sim.ocpp import requests
from wayside.sim.ocpp.point import StationPoint
from wayside.sim.ocpp.station import ChargingStation

PROTOCOL = "ocpp2.0.1"
ATTEMPTS = 3  # of an event that is refused (MessageAttempts of TransactionEvent, E13)
_FIRST_S, _LONGEST_S = 0.5, 16.0  # between attempts to connect, of the wall clock
_GOODBYE_S = 2.0  # for the other end to hang up, too
_AT_ONCE = 32  # connections that are being made
_SILENT = logging.getLogger("wayside.ocpp")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class NoAnswerError(Exception):
    """An answer that is none; the text says which."""


@dataclass
class Dialling:
    """What all connections of a run share. failed: why the last one that was tried was not made."""

    url: str
    patience: float  # s until an answer is given up
    booted: Callable[[], None]
    failed: str = ""

    def __post_init__(self) -> None:
        self.gate = asyncio.Semaphore(_AT_ONCE)
        self.clock_is_set = False


async def keep(station: ChargingStation, dialling: Dialling) -> None:
    """Be connected, for ever."""
    wait, before = _FIRST_S, False
    while True:
        lost = False
        try:
            async with dialling.gate:
                socket = await _connected(station, dialling)
            station.tally.reconnections += before
            try:
                await _converse(station, socket, dialling)
            finally:
                if lost := station.online:
                    wait, before = _FIRST_S, True
                station.online = False
                await socket.close()
        except (TimeoutError, OSError, WebSocketException, NoAnswerError, ValueError) as error:
            dialling.failed = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
            if lost:
                station.tell("lost", f"the connection is lost at {station.now:g} s, and is being made again")
            if isinstance(error, NoAnswerError):
                station.complain("boot", str(error))
        except Exception as error:  # whatever it is, the station calls again
            dialling.failed = f"{type(error).__name__}: {error}"
            station.complain(dialling.failed, f"the connection broke off: {dialling.failed}")
        await asyncio.sleep(wait)
        wait = min(2.0 * wait, _LONGEST_S)


async def _connected(station: ChargingStation, dialling: Dialling) -> ClientConnection:
    socket = await connect(
        f"{dialling.url.rstrip('/')}/{quote(station.name, safe='')}",
        subprotocols=[PROTOCOL],  # type: ignore[list-item]
        compression=None,
        open_timeout=dialling.patience,
        close_timeout=_GOODBYE_S,
        logger=_SILENT,
        proxy=None,
    )
    if socket.subprotocol != PROTOCOL:
        await socket.close()
        raise NoAnswerError(f"the central system does not speak {PROTOCOL}")
    return socket


async def _converse(station: ChargingStation, socket: ClientConnection, dialling: Dialling) -> None:
    """Until the connection is lost: raises what has ended it."""
    point = StationPoint(station, socket, dialling.patience)
    tasks = [asyncio.ensure_future(point.start()), asyncio.ensure_future(_talk(station, point, dialling))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _talk(station: ChargingStation, point: StationPoint, dialling: Dialling) -> None:
    if not station.accepted:  # once: it is the connection that was lost, not the station (B04)
        await _boot(station, point, dialling)
        station.accepted = True
    station.online = True
    station.unsaid = set(station.status)
    dialling.booted()
    said = time.monotonic()  # a heartbeat
    while True:
        station.wake.clear()
        while not station.idle:
            if station.unsaid:
                number = min(station.unsaid)
                so = station.status[number]
                await _said(station, point, requests.status(number, so, station.clock.said(station.now)))
                if station.status[number] == so:
                    station.unsaid.discard(number)
            if station.outbox:
                await _deliver(station, point)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(said + station.heartbeat_s - time.monotonic(), 0.0)):
                await station.wake.wait()
        if time.monotonic() >= said + station.heartbeat_s:
            said = time.monotonic()
            await _said(station, point, call.Heartbeat())


async def _boot(station: ChargingStation, point: StationPoint, dialling: Dialling) -> None:
    """Until it is accepted (B01 to B03)."""
    while True:
        answer = await _said(station, point, requests.boot())
        if answer is None:
            raise NoAnswerError("the central system does not answer BootNotification")
        interval = answer.interval
        if isinstance(interval, bool) or not isinstance(interval, int | float) or not math.isfinite(interval):
            raise NoAnswerError(f"the central system answers BootNotification with the interval {interval!r}")
        if answer.status == "Accepted":
            if not dialling.clock_is_set:
                _set_clock(station, answer.current_time)
                dialling.clock_is_set = True
            if interval > 0:
                station.heartbeat_s = min(max(float(interval), 1.0), 86_400.0)
            station.tally.boots += 1
            return
        if answer.status not in ("Pending", "Rejected"):
            raise NoAnswerError(f"the central system answers BootNotification with the status {answer.status!r}")
        await asyncio.sleep(min(max(float(interval), 1.0), 3600.0))


def _set_clock(station: ChargingStation, said: Any) -> None:
    try:
        station.clock.set(station.now, datetime.fromisoformat(said).astimezone(UTC))
    except (TypeError, ValueError, OverflowError):
        station.complain("clock", f"the central system's currentTime is no date: {said!r}")


async def _said(station: ChargingStation, point: StationPoint, payload: Any) -> Any:
    """The answer to what is said once; None, and a complaint, where it is none. TimeoutError where there is none."""
    try:
        answer = await point.call(payload, suppress=False, skip_schema_validation=True)
    except (OCPPError, TypeError, AttributeError) as error:
        _complain(station, type(payload).__name__, error)
        return None
    station.tally.messages += 1
    return answer


async def _deliver(station: ChargingStation, point: StationPoint) -> None:
    """Say the oldest event, and forget it when it is acknowledged, or has been refused so often."""
    event = station.outbox[0]
    try:
        answer = await point.call(
            requests.transaction_event(event, station.clock), suppress=False, skip_schema_validation=True
        )
    except OCPPError as error:
        event.attempts += 1
        _complain(station, f"TransactionEvent, {ATTEMPTS} times," if event.attempts == ATTEMPTS else "", error)
        if event.attempts < ATTEMPTS:
            await asyncio.sleep(0.1 * event.attempts)
            return
        station.tally.lost += 1
    except (TypeError, AttributeError) as error:
        _complain(station, "TransactionEvent", error)  # it has been heard, whatever was answered
        event.row.delivered |= event.kind == "Ended"
    else:
        station.tally.messages += 1
        event.row.delivered |= event.kind == "Ended"
        info = answer.id_token_info
        status = info.get("status") if isinstance(info, dict) else None
        if status not in (None, "Accepted"):
            station.stop(event.row.transaction, "Deauthorized", "DeAuthorized")
    station.outbox.popleft()


def _complain(station: ChargingStation, what: str, error: Exception) -> None:
    if what:
        word = type(error).__name__
        said = getattr(error, "description", "") or error
        station.complain(f"{what} {word}", f"the central system's answer to {what} is refused ({word}: {said})")
