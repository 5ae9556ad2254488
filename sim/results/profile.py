"""Where the wall clock of a run goes, by part of the tick. Nothing of this runs unless it is asked for."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wayside.edge.app import App
    from wayside.sim.engine import Simulation

# The engine's own parts by other names; with SUMO stepping beside the edge, what is left of "sumo" is waiting for it.
_ENGINE = {"record": "recording", "edge": "rest of the edge"}
_WAITING = "waiting for SUMO"
_OUTSIDE = "outside the tick"


class Profile:
    """Takes the time of a simulation's parts from here on, each without the parts inside it.

    It wraps the methods of this one simulation's objects, so a run that is not profiled does not pay for it.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)  # by part, in the order of their first end
        self.calls: defaultdict[str, int] = defaultdict(int)
        self._inside: list[float] = [0.0]  # s in parts that have ended, by depth
        self._began = self._ended = time.perf_counter()
        engine = simulation._timed

        def timed(part: str, call: Callable[..., Any], *arguments: Any) -> Any:
            name = _WAITING if part == "sumo" and simulation._ahead else _ENGINE.get(part, part)
            return self._timed(name, engine, part, call, *arguments)

        simulation._timed = timed  # type: ignore[method-assign]
        for owner, method, part in parts_of(simulation):
            self._wrap(owner, method, part)
        for unit in simulation.units:
            self._wrap_calls(unit)
        self._exchange_tick = "rest of the V2X tick"
        self._wrap(simulation.exchange, "tick", self._exchange_tick)

    @property
    def ticks(self) -> int:
        """V2X ticks so far."""
        return self.calls[self._exchange_tick]

    def parts(self) -> dict[str, float]:
        """Seconds by part, the longest first; with what passed between two steps."""
        outside = self._ended - self._began - sum(self.seconds.values())
        parts = {**self.seconds, _OUTSIDE: max(outside, 0.0)}
        return dict(sorted(parts.items(), key=lambda part: -part[1]))

    def _timed(self, part: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        inside = self._inside
        inside.append(0.0)
        begin = time.perf_counter()
        try:
            return call(*arguments, **named)
        finally:
            self._ended = time.perf_counter()
            spent = self._ended - begin
            self.seconds[part] += spent - inside.pop()
            self.calls[part] += 1
            inside[-1] += spent

    def _wrap(self, owner: Any, method: str, part: str) -> None:
        """Time one method of one object; AttributeError where it has no such method."""
        call = getattr(owner, method)

        def timed(*arguments: Any, **named: Any) -> Any:
            return self._timed(part, call, *arguments, **named)

        # A user's radio may have slots, or be compiled: its time then counts as its caller's.
        with contextlib.suppress(AttributeError, TypeError):
            setattr(owner, method, timed)

    def _wrap_calls(self, unit: Any) -> None:
        """Time a unit's applications, each under its own name."""
        attempt = unit.attempt

        def timed(app: App, method: Callable[[], None]) -> Any:
            return self._timed(f"application {app.name or type(app).__name__}", attempt, app, method)

        unit.attempt = timed


def parts_of(simulation: Simulation) -> list[tuple[Any, str, str]]:
    """Which object's method belongs to which part."""
    exchange = simulation.exchange
    return [
        (simulation.fleet, "sense", "move"),
        (simulation.fleet, "move", "move"),
        (simulation.fleet, "awareness", "awareness: generation"),
        (exchange.awareness, "encode", "awareness: encoding"),
        (exchange.awareness, "decode", "decoding"),
        (exchange.radio, "place_vehicles", "air: links"),
        (exchange.radio, "carry", "air: packets"),
        (exchange.from_vehicles, "ask", "requests"),
        (exchange.from_units, "broadcast", "broadcasts"),
        (exchange.from_units, "answer", "answers"),
        (exchange.receivers, "deliver", "delivery"),
        (exchange._thinking, "think", "applications: calling them"),
        (exchange.watching, "tell", "recording"),
        (exchange.maps, "hear", "local dynamic maps"),
        (exchange.maps, "forget", "local dynamic maps"),
        (exchange.measures, "tick", "measuring the air"),
        (simulation.metrics, "step", "key figures"),
        *((service, "every_second", f"{service.name}: every second") for service in simulation.onboard),
    ]
