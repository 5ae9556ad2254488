"""What watchers are told of a running simulation, by the wall clock: sent as it is to all of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from wayside.sim.children import dumps
from wayside.sim.engine import Simulation, Tick
from wayside.sim.sumo.backend import StepEvents
from wayside.sim.sumo.commands import Command
from wayside.web.server import world
from wayside.web.server.air import AirObserver
from wayside.web.server.channels import StreamChannel
from wayside.web.server.details import Details
from wayside.web.server.frames import KEYFRAME, TYPE_AT
from wayside.web.server.telling import RunTeller
from wayside.web.server.view import Views

KEYFRAME_EVERY = 0.95  # s of wall clock
SECOND = 0.95  # s of wall clock between what is told "once a second"
DETAILS_EVERY = 0.45
MOST_KPIS = 600

Send = Callable[[StreamChannel, bytes], None]


class Publisher(RunTeller):
    """Tells watchers of one simulation, which counts it among its observers. `send` hands a message to the server."""

    def __init__(self, simulation: Simulation, send: Send, clock: Callable[[], float] = time.monotonic) -> None:
        views = Views(simulation)
        super().__init__(views, AirObserver(views), time.time)
        self.details = Details(self.views, self.air, self.people)
        self.audience = 0
        self._send = send
        self._clock = clock
        self._keyframe_at = self._second_at = self._details_at = -np.inf
        self._kpis: deque[dict[str, Any]] = deque()
        self._kpis_every = 1
        self._kpis_seen = 0
        self._counts = _Counts(simulation)
        self._pack_s = 0.0
        self._frames = 0

    def attend(self, audience: int) -> None:
        """So many look on."""
        self.audience = audience
        self.air.attach(audience > 0)

    def expect(self, publishing: bool) -> None:
        """A step is about to be made, after which `publish` may follow: what is said in it is listened to."""
        self.air.listen(publishing and self.audience > 0, self.details.watched if self.audience else ())

    def orders(self, events: StepEvents) -> Iterable[Command]:
        """None; but what SUMO is asked for is asked now: when `step` comes, it may be ahead already."""
        if self.audience and self.details.watched and self._clock() - self._details_at >= DETAILS_EVERY:
            self.details.look()
        return ()

    def step(self, tick: Tick) -> None:
        """See `Observer.step`."""
        self._counts.steps += 1
        self.took(tick, names=self.audience > 0)

    def publish(self, last: bool = False) -> None:
        """Tell what has changed, at a step boundary; whole, where it is the last one."""
        began = time.perf_counter()
        now = self._clock()
        self.events.look()
        if not self.audience:
            self._new_types()
        else:
            self._news()
            self._text(self.places.lights_changed())
            self._text(self.places.changed(now, at_once=self.paused))
            self._text(self.marks.changed(now, at_once=last or self.paused))
            self._frame(now, keyframe=last)
            self._send(StreamChannel.FRAME, self._packets())
        if last or now - self._second_at >= SECOND:
            self._each_second(now)
        if self.audience and (last or self.paused or now - self._details_at >= DETAILS_EVERY):
            self._details_at = now
            self.tell_details()
        self._pack_s += time.perf_counter() - began

    def idle(self) -> None:
        """Nothing moves; that all is well is told nevertheless."""
        now = self._clock()
        if self.audience and now - self._second_at >= SECOND:
            self._each_second(now, still=True)

    def snapshot(self) -> None:
        """For who joins: all that the changes told from now on refer to, and a keyframe."""
        vehicles = self.simulation.vehicles
        slots = vehicles.slots()
        self._news()  # for the others, who are not told again what stands in here
        self._send(
            StreamChannel.SNAPSHOT,
            dumps(
                {
                    "type": "snapshot",
                    "vehicles": self._rows(slots.tolist()) + self.people.all(),
                    "types": world.types(vehicles.types) + self.people.types,
                    **self.places.all(),
                    "kpis": list(self._kpis),
                    "events": list(self.events.log),
                    "messages": list(self.air.messages),
                }
            ),
        )
        if self.audience:
            self._frame(self._clock(), keyframe=True)
            self.marks.forget()
            self._text(self.marks.changed(self._clock()))

    def tell_details(self) -> None:
        """The state of every watched object."""
        for ref in self.details.watched:
            message = {"type": "details", "ref": ref, "object": self.details.of(ref)}
            self._send(StreamChannel.DETAILS, ref.encode() + b"\n" + dumps(message))

    def open(self, number: int) -> dict[str, Any] | None:
        """A message that was listed, opened; None where it is kept no longer."""
        assert self.air.shelf is not None
        return self.air.shelf.open(number)

    def _news(self) -> None:
        """Names, events and messages that have not been told."""
        self._text(self._names())
        self._text(self.events.news())
        if messages := self.air.news():
            self._text({"type": "messages", "messages": messages})

    def _text(self, message: dict[str, Any] | None) -> None:
        if message is not None:
            self._send(StreamChannel.TEXT, dumps(message))

    def _frame(self, now: float, keyframe: bool) -> None:
        due = keyframe or now - self._keyframe_at >= KEYFRAME_EVERY
        frame = self._state(whole=due)
        self._send(StreamChannel.FRAME, frame)
        if frame[TYPE_AT] == KEYFRAME:
            self._keyframe_at = now
        if due:
            self._send(StreamChannel.FRAME, self._charge())
        self._frames += 1

    def _new_types(self) -> list[list[object]]:
        new = super()._new_types()
        if new:
            self._send(StreamChannel.TYPES, dumps(world.types(self.simulation.vehicles.types) + self.people.types))
        return new

    def _each_second(self, now: float, still: bool = False) -> None:
        since, self._second_at = now - self._second_at, now
        simulation = self.simulation
        if not still:
            kpis = {"time": simulation.time, "values": simulation.metrics.kpis()}
            self._remember(kpis)
            self._text({"type": "kpis", **kpis})
        if np.isfinite(since):
            self._send(StreamChannel.HEALTH, dumps(self._health(since)))
        else:
            self._counts.restart()
        self._pack_s, self._frames = 0.0, 0

    def _remember(self, kpis: dict[str, Any]) -> None:
        """Keep at most `MOST_KPIS`, evenly: when there are too many, every other one goes."""
        self._kpis_seen += 1
        if self._kpis_seen % self._kpis_every:
            return
        self._kpis.append(kpis)
        if len(self._kpis) > MOST_KPIS:
            self._kpis = deque(list(self._kpis)[::2])
            self._kpis_every *= 2

    def _health(self, seconds: float) -> dict[str, Any]:
        simulation = self.simulation
        steps, simulated, sumo, edge = self._counts.restart()
        per_step = 1000.0 / max(steps, 1)
        return {
            "type": "health",
            "time": simulation.time,
            "step_ms": round(sumo * per_step, 3),
            "edge_ms": round(edge * per_step, 3),
            "pack_ms": round(self._pack_s * 1000.0 / max(self._frames, 1), 3),
            "real_time_factor": round(simulated / seconds, 3),
            "frames_per_second": round(self._frames / seconds, 2),
            "vehicles": simulation.vehicles.count,
        }


class _Counts:
    """Steps and their time since the last look."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.steps = 0
        self.restart()

    def restart(self) -> tuple[int, float, float, float]:
        """Steps, simulated s, s of wall clock in SUMO, and in all else, since the last call."""
        spent = self.simulation.spent
        sumo = spent.get("sumo", 0.0)
        edge = sum(seconds for part, seconds in spent.items() if part not in ("sumo", "set-up"))
        if not hasattr(self, "_last"):
            self._last = (self.simulation.time, sumo, edge)
        time, last_sumo, last_edge = self._last
        found = (self.steps, self.simulation.time - time, sumo - last_sumo, edge - last_edge)
        self._last = (self.simulation.time, sumo, edge)
        self.steps = 0
        return found
