"""Commands on their way to SUMO: they are applied at the boundary of a step, and what it refuses goes back."""

from __future__ import annotations

from collections.abc import Iterable

from wayside.sim.onboard.service import OnboardService
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import Command, Refusal, apply_all


class CommandQueue:
    """Commands, each with the on-board service whose order it is."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._waiting: list[tuple[Command, OnboardService | None]] = []
        self._refusals: list[Refusal] = []

    def add(self, commands: Iterable[Command]) -> None:
        """Commands that are no service's."""
        self._waiting += [(command, None) for command in commands]

    def add_orders(self, orders: Iterable[tuple[Command, OnboardService]]) -> None:
        """Orders of services."""
        self._waiting += orders

    def apply(self) -> None:
        """Hand all to SUMO; those for later stay."""
        if self._waiting:
            refused, self._waiting = apply_all(self._waiting, self._backend.api)
            self._refusals += refused

    def tell_refused(self, now: float) -> int:
        """How many SUMO did not take: they go back to those who asked, when the step in which they did is over."""
        refusals, self._refusals = self._refusals, []
        for refusal in refusals:
            if refusal.service is not None:
                with refusal.service.running():
                    refusal.service.refused(refusal.command, now)
        return len(refusals)
