"""The event log: what a person would want to be told, in one line each."""

from __future__ import annotations

from collections import deque
from typing import Any

from wayside.sim.sumo import backend
from wayside.web.server.view import Views

KEPT = 200
MOST_AT_ONCE = 40


class EventFeed:
    """Looks at the simulation from time to time and says what has happened."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.simulation = views.simulation
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._new: list[dict[str, Any]] = []
        self._failed = self._slow = 0  # told
        self._unit_of = {unit.id: f"unit/{unit.number}" for unit in self.simulation.units}

    def say(self, level: str, text: str, *refs: str) -> None:
        """Add one event at this moment; level is info, notice or warning."""
        event = {"time": self.simulation.time, "level": level, "text": text, "refs": list(refs)}
        self.log.append(event)
        if len(self._new) < MOST_AT_ONCE:
            self._new.append(event)

    def took(self, events: backend.StepEvents, time: float) -> None:
        """A step is done."""
        vehicles = self.simulation.vehicles
        for slot in events.teleport_started.tolist():
            self.say("warning", f"{vehicles.ids[slot]} is stuck and taken off the road", _vehicle(vehicles, slot))
        for slot in events.teleport_ended.tolist():
            self.say("info", f"{vehicles.ids[slot]} is back on the road", _vehicle(vehicles, slot))

    def look(self) -> None:
        """What has become of applications, and of the services' vehicles and places, since the last look."""
        self._apps()
        for view in self.views:
            view.look(self.say)

    def news(self) -> dict[str, Any] | None:
        """What has not been told yet."""
        if not self._new:
            return None
        new, self._new = self._new, []
        return {"type": "events", "events": new}

    def _apps(self) -> None:
        failures = self.simulation.failures
        for failure in failures.all[self._failed :]:
            ref = self._unit_of[failure.unit]
            self.say("warning", f"{failure.application} is switched off at {failure.unit}: {failure.line}", ref)
        for call in failures.slow[self._slow :]:
            text = f"a call of {call.application} at {call.unit} took {call.seconds:.1f} s"
            self.say("warning", text, self._unit_of[call.unit])
        self._failed, self._slow = len(failures.all), len(failures.slow)


def _vehicle(vehicles: Any, slot: int) -> str:
    return f"vehicle/{int(vehicles.station[slot])}"
