"""What a driver is told by the light ahead."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.sim.onboard.signal_advice import SignalAdvice
from wayside.sim.wire.signals import CLEAR, GO, NOTHING, STOP
from wayside.web.server.view import ServiceView, rounded

_STATES = {NOTHING: "unknown", STOP: "red", CLEAR: "yellow", GO: "green"}


class View(ServiceView):
    """See `ServiceView`."""

    serves = SignalAdvice

    service: SignalAdvice

    def marks(self) -> dict[str, list[Any]]:
        """Who is advised a speed: station and m/s."""
        table, speed = self.simulation.vehicles, self.service.speed
        n = table.extent
        slots = np.flatnonzero(np.isfinite(speed[:n]) & (table.alive[:n] == 1))
        return {"advice": [[int(table.station[slot]), rounded(speed[slot], 1)] for slot in slots.tolist()]}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`; of a driver whose unit knows what the light ahead shows."""
        advice, now = self.service, self.simulation.time
        ahead, one = advice.ahead, np.array([slot])
        if not (self.simulation.fleet.active[slot] and ahead.informed(one, now)[0]):
            return None
        ends = {name: rounded(getattr(ahead, name)[slot] - now, 1) for name in ("earliest", "likely", "latest")}
        return {
            "light": f"light/{int(ahead.place[ahead.way[slot]])}",
            "group": int(ahead.group[ahead.way[slot]]),
            "state": _STATES[int(ahead.state[slot])],
            "distance": rounded(ahead.distance(one)[0], 1),
            **ends,
            "advised": rounded(advice.speed[slot]),
            "warned": bool(advice.warned[slot]),
        }
