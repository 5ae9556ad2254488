"""What units' applications are told of what they receive: of methods marked with `edge.hearing.on`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from wayside.edge.app import App, periodic_methods
from wayside.edge.errors import PluginError
from wayside.edge.failures import called
from wayside.edge.hearing import Cam, Vam, hearing_methods
from wayside.edge.messages import Broadcast, Request
from wayside.edge.messages.kinds import Kinds
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Ints


class Call(NamedTuple):
    """A method that is to be called with something that its unit has received."""

    unit: RoadsideUnit
    app: App
    method: Callable[[Any], None]
    heard: Any


class Ears:
    """Who at which unit wants to hear what. PluginError for a class that is of no kind of the run.

    broadcasts: by kind, the numbers of the units that listen to it, ascending; cams, vams: those that listen to these.
    """

    def __init__(self, units: Sequence[RoadsideUnit], kinds: Kinds) -> None:
        self._methods: dict[tuple[int, type], list[tuple[App, Callable[[Any], None]]]] = {}
        self._taken: set[tuple[int, type]] = set()  # what a method waits for, and takes from the inbox
        self._units = units
        self._calls: list[Call] = []
        for unit in units:
            for app in unit.apps:
                for kind, method in hearing_methods(app):
                    if issubclass(kind, Broadcast | Request) and not kinds.has(kind):
                        raise PluginError(
                            f"unit {unit.id}: {called(type(app))}: on({kind.__name__}): is of no kind of this run: "
                            "an application names kinds of its own in `kinds`"
                        )
                    self._methods.setdefault((unit.number, kind), []).append((app, method))
                self._taken |= {(unit.number, waiting) for *_, waiting in periodic_methods(app) if waiting is not None}
        listening: dict[type, list[int]] = {}
        for number, kind in self._methods:
            listening.setdefault(kind, []).append(number)
        self.cams, self.vams = (np.array(listening.pop(kind, []), np.int32) for kind in (Cam, Vam))
        self.broadcasts = {
            kinds.number(kind): np.array(numbers, np.int32)
            for kind, numbers in listening.items()
            if issubclass(kind, Broadcast)
        }

    @property
    def waiting(self) -> bool:
        """Whether somebody is still to be told of something."""
        return bool(self._calls)

    def elsewhere(self, unit: int, kind: type) -> bool:
        """Whether only other units' applications are told at once of a class, and none waits for it here."""
        here = (unit, kind) in self._methods or (unit, kind) in self._taken
        return not here and any(kind is other for _, other in self._methods)

    def receive(self, unit: int, kind: type, heard: Any) -> bool:
        """A unit receives something of a class; whether it belongs into its inbox, too."""
        methods = self._methods.get((unit, kind))
        if methods is None:
            return True
        self._calls += [Call(self._units[unit], app, method, heard) for app, method in methods]
        return (unit, kind) in self._taken

    def calls(self) -> Iterator[Call]:
        """Those that are due, in the order in which things came in; forgotten with it."""
        calls, self._calls = self._calls, []
        return iter(calls)

    def at(self, kind: int, packet: Ints, unit: Ints) -> list[tuple[int, int]]:
        """Of pairs of packets of a kind and units that receive them, those whose units listen, by packet and unit."""
        mine = np.isin(unit, self.broadcasts[kind])
        order = np.lexsort((unit[mine], packet[mine]))
        return list(zip(packet[mine][order].tolist(), unit[mine][order].tolist(), strict=True))
