"""Which on-board services hear which messages."""

from __future__ import annotations

from wayside.edge.messages import Broadcast
from wayside.edge.messages.kinds import Kinds
from wayside.sim.onboard.service import Onboard, OnboardService


class Audience:
    """The services of a run as hearers of its kinds of messages.

    told, readers: by kind, the services that are told of each broadcast, and those that take all of a tick at once;
    answered: by class of an answer, the service that it is for; prompt: services that hear broadcasts, and so may order
    something at once whatever they have asked for.
    """

    def __init__(self, onboard: Onboard, kinds: Kinds) -> None:
        self.told: dict[int, list[OnboardService]] = {}
        self.readers: dict[int, list[OnboardService]] = {}
        for number, kind in enumerate(kinds):
            if issubclass(kind.content, Broadcast):
                _enter(self.told, number, [service for service in onboard if kind.content in service.hears])
            _enter(self.readers, number, [one for one in onboard if one.present and kind.content in one.reads])
        self.answered = {said: service for service in onboard for said in service.hears if not _broadcast(said)}
        self.prompt = [service for service in onboard if service.reads or any(map(_broadcast, service.hears))]


def _enter(table: dict[int, list[OnboardService]], kind: int, services: list[OnboardService]) -> None:
    if services:
        table[kind] = services


def _broadcast(said: type) -> bool:
    return issubclass(said, Broadcast)
