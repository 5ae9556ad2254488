"""Signal phase and timing: announces the state of the unit's traffic light, and the lanes that it controls."""

from __future__ import annotations

from typing import ClassVar

from wayside.edge.app import App
from wayside.edge.messages import Mapem, Spatem


class Signals(App):
    """SPATEM at 10 Hz, MAPEM at 1 Hz (rates of TS 103 301) where the unit stands at a traffic light; idle elsewhere."""

    name: ClassVar[str] = "signals"

    def start(self) -> None:
        if self.unit.light >= 0:
            self.send(Spatem(self.unit.light), repeat=0.1)
            self.send(Mapem(self.unit.light), repeat=1.0)
