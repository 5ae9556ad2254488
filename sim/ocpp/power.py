"""Power as a central system says it: the policy "ocpp", and how a scenario is told of it."""

from __future__ import annotations

import copy
import importlib.util
import re
from typing import Annotated, Any

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import PowerPolicy, Sessions, is_marked
from wayside.edge.context import Context
from wayside.edge.errors import OptionError, ScenarioError, WaysideError
from wayside.edge.plugin import Option, Plugin
from wayside.ext.arrays import Doubles
from wayside.sim.ocpp.coupling import FIELD, CsmsCoupling, Terms
from wayside.sim.pacing import FASTEST, SLOWEST
from wayside.sim.scenario import Scenario, registry
from wayside.sim.scenario.options import filled

NAME = "ocpp"


class OcppPower:
    """What a central system (CSMS) lets each vehicle draw, by OCPP 2.0.1: every site is a charging station of its, and
    every pile an EVSE.

    Within charging profiles and the limits of the tree another policy shares; without a profile it alone does.
    """

    csms: Annotated[str, Option('address of the central system, as "ws://localhost:9000"')] = ""
    share: Annotated[str, Option("who shares what profiles and limits leave: a policy of the same field")] = "equal"
    speed: Annotated[float, Option("of the simulation, 1 being the wall clock's", "times", ge=SLOWEST, le=FASTEST)] = (
        1.0
    )
    meter: Annotated[float, Option("time between two meter values of a charge", "s", ge=1, le=86_400)] = 60.0
    patience: Annotated[float, Option("of the wall clock, until an answer is given up", "s", ge=0.1, le=3600)] = 30.0
    context: Context

    def __init__(self) -> None:
        """OptionError for an address that is none, or a policy that cannot share; WaysideError without `ocpp`."""
        if self.csms:
            if not re.match(r"wss?://[^/\s]+", self.csms) or not self.csms.isprintable():
                raise OptionError(f'csms = "{self.csms}": must be an address that begins with ws:// or wss://')
            if importlib.util.find_spec("ocpp") is None:
                raise WaysideError(f"{FIELD} = \"ocpp\": ocpp is not installed: pip install 'wayside[ocpp]'")
        self._shared = self._policy()
        self._coupling = CsmsCoupling(Terms(self.csms, self.speed, self.meter, self.patience))

    @property
    def observer(self) -> CsmsCoupling:
        """Who watches the run for it."""
        return self._coupling

    def _policy(self) -> PowerPolicy:
        where = "share"
        try:
            code = registry.resolve("wayside.power", self.share, where)
        except ScenarioError as error:
            raise OptionError(str(error)) from None
        if code is OcppPower or is_marked(code, "unlimited"):
            raise OptionError(f"{where} = {self.share!r}: must be a policy that shares within limits")
        policy: PowerPolicy = Plugin(code, filled(code, {}, where, self.share), self.context, where).make()
        return policy

    def __call__(self, sessions: Sessions, limits: Limits) -> Doubles:
        """See `PowerPolicy`."""
        if (evse := self.observer.evses_of(sessions)) is not None:
            ceilings = self.observer.link.ceilings
            # Who has no EVSE stands where there are fewer piles than vehicles: no profile is theirs.
            most = np.where(evse >= 0, ceilings.evse_w[evse], np.inf)
            sessions = _with(sessions, wanted_w=np.minimum(sessions.wanted_w, most))
            site_w = limits.limit_w.copy()
            stations = self.observer.evses.layout.site
            site_w[stations] = np.minimum(site_w[stations], ceilings.station_w)
            limits = _with(limits, limit_w=site_w)
        return self._shared(sessions, limits)


def _with(table: Any, **columns: Doubles) -> Any:
    """A copy with other columns; nothing is worked out anew."""
    other = copy.copy(table)
    vars(other).update(columns)
    return other


def coupled(scenario: Scenario, csms: str, speed: float | None) -> Scenario:
    """A scenario whose piles a central system decides about, at a speed of the wall clock's; its own policy shares what
    is left. WaysideError where that has options, which would be lost.
    """
    own = scenario.charging.power
    if own.use == NAME:
        said = {"csms": csms}
    elif own.options:
        raise WaysideError(
            f"run: --csms: {FIELD} = {own.use!r} has options; say {FIELD} = "
            f'{{ use = "{NAME}", csms = ..., share = ... }} in the scenario instead'
        )
    else:
        said = {"use": NAME, "csms": csms, "share": own.use}
    changes: dict[str, object] = {f"{FIELD}.{name}": value for name, value in said.items()}
    if speed is not None:
        changes[f"{FIELD}.speed"] = speed
    return scenario.replace(changes)
