"""What a scenario asks for and nothing comes of: told in a line each, before the run or after it, and not refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from wayside.edge.app import App
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit
from wayside.sim.onboard.service import Onboard, OnboardService
from wayside.sim.scenario import Scenario

OURS = "wayside."  # where code begins of which it is known what it says


class Named(Protocol):
    """A plug-in as a scenario names it (`sim.plugins`)."""

    @property
    def where(self) -> str:
        """The file and the field."""

    @property
    def code(self) -> Any:
        """The class."""

    @property
    def options(self) -> dict[str, Any]:
        """All of them."""


def doubts(
    rows: Sequence[Sequence[Named]],
    services: Sequence[Named],
    controller: Named,
    lanes: Callable[[str], int],
    step: float,
    begin: float,
    end: float | None,
) -> Iterator[str]:
    """Each doubt, with the file and the field before it.

    rows: the applications of each [[rsu]]; lanes: of an edge by its id, 0 where there is no such one; step: SUMO's, and
    begin, end: of the run [s].
    """
    apps = [app for row in rows for app in row]
    heeded = {kind for service in services for kind in (*service.code.hears, *service.code.reads)}
    for row in rows:
        for k, app in enumerate(row):
            if any(other.code is app.code for other in row[:k]):
                yield f'{app.where}: "{_called(app)}" runs at these units already: it runs there twice'
    for app in _once(apps):
        code: type[App] = app.code
        if code.heeded and heeded.isdisjoint(code.heeded):
            kinds = " and ".join(kind.__name__ for kind in code.heeded)
            yield f'{app.where}: "{_called(app)}": no on-board service of v2x.services heeds what it says ({kinds})'
        for doubt in code.doubts(app.options, lanes, begin, math.inf if end is None else end):
            yield f"{app.where}.{doubt}"
    ours = all(app.code.__module__.startswith(OURS) for app in apps)
    for service in services:
        needs = service.code.needs
        if ours and needs and not any(app.code.name == needs for app in apps):
            named = f'{service.where}: "{service.code.name}"'
            yield f'{named}: no unit runs the application "{needs}", whose messages it heeds'
    for one in (controller, *services):
        period = one.options.get("period")
        if isinstance(period, float) and (issubclass(one.code, OnboardService) or one.code.controls):
            steps = max(math.ceil(period / step - 1e-6), 1)
            if abs(steps * step - period) > 1e-6:
                said = f"{one.where}.period = {period:g}: is no multiple of SUMO's step of {step:g} s"
                yield f"{said}: it is {steps * step:g} s"


def idle(
    scenario: Scenario, onboard: Onboard, units: Sequence[RoadsideUnit], platform: CityPlatform, departed: int
) -> Iterator[str]:
    """Of a whole run: what stood there for nobody, as the traffic never asked for it, or nobody decided.

    departed: how many vehicles have come at all.
    """
    offered = {service for unit in units for service in unit.services}
    where = scenario.sumo.config
    for service in onboard:
        if departed and service.name in offered:
            yield from (f"{where}: {reason}" for reason in service.idle())
    for pool in platform.pools:
        if pool.undecided:
            named = f"{scenario.source or where}: {pool.ledger.path}"
            yield f"{named}: {pool.asked} requests, and none was decided"


def _once(apps: Sequence[Named]) -> Iterator[Named]:
    """Each application with the same options only once."""
    seen: list[tuple[Any, dict[str, Any]]] = []
    for app in apps:
        if (app.code, app.options) not in seen:
            seen.append((app.code, app.options))
            yield app


def _called(app: Named) -> str:
    return str(app.code.name or app.code.__qualname__)
