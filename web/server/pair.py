"""Two runs side by side: one that all orders go to, and another that goes with it, at the same time and moment."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError
from wayside.sim.children import RefusedError, dumps
from wayside.sim.experiments.study import tell
from wayside.sim.scenario import Scenario, resolved
from wayside.web.server.alike import arms, check_alike
from wayside.web.server.channels import StreamChannel
from wayside.web.server.errands import TRIPS, DoneErrand, Errand, Pairing
from wayside.web.server.hub import Hub
from wayside.web.server.lockstep import AHEAD, Lockstep, ahead
from wayside.web.server.scenarios import Scenarios
from wayside.web.server.session import ANSWER_WITHIN, NOTHING, REWIND, RunSession, Start
from wayside.web.server.studies import found_in
from wayside.web.server.view import known

EITHER = ("ask", "open", "now")  # what is asked of one run alone
SETTLED = ("ended", "died", "none")  # states of a run that moves no more
OF_BOTH = ("scenario.seed", "demand.")  # fields that make the replication: both have the same


@dataclass(frozen=True)
class Against:
    """What the other run is: another scenario, or None for the same, and settings by dotted path."""

    scenario: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """For messages."""
        settings = (f"{path}={tell(value)}" for path, value in self.changes.items())
        return " ".join([*([self.scenario] if self.scenario else []), *settings])


class RunOfPair(RunSession):
    """One of the two: its child waits for the other's."""

    number: int
    lead: PairedSession

    def _take(self, channel: int, payload: bytes) -> None:
        if channel == StreamChannel.TIME:
            self.lead.came(self.number, struct.unpack("<d", payload)[0])
        elif channel == StreamChannel.ERRANDS:
            self.lead.done(self.number, payload)
        else:
            super()._take(channel, payload)

    def _change(self, **changes: Any) -> None:
        super()._change(**changes)
        self.lead.changed(self.number)

    def tell(self, do: str, **what: object) -> None:
        """An order without an answer."""
        if self._child is not None:
            self._child.order(do, **what)


class SecondSession(RunOfPair):
    """The other run. It is steered through the first alone."""

    offers = ("view",)
    number = 1

    def __init__(self, hub: Hub, scenarios: Scenarios, out: Path | None, rewind: int, lead: PairedSession) -> None:
        super().__init__(hub, scenarios, out, rewind)
        self.lead = lead
        self.beside = True

    def nothing(self) -> None:
        """There is no other run."""
        self.hub.reset()
        self.reel = self.health = None
        self._change(**NOTHING)


class PairedSession(RunOfPair):
    """A run, and beside it another where one is asked for: `second`, whose state is `none` while there is none."""

    number = 0

    def __init__(
        self,
        hub: Hub,
        scenarios: Scenarios,
        out: Path | None = None,
        rewind: int = REWIND,
        study: Path | None = None,
        first: Against | None = None,
    ) -> None:
        """rewind: bytes of recording in memory, half of them for each of two. study: of a comparison, to be named.
        first: what goes beside the first run.
        """
        super().__init__(hub, scenarios, out, rewind)
        self.lead = self
        self.second: SecondSession = SecondSession(Hub(), scenarios, out, rewind // 2, self)
        self.pairing: Pairing | None = None
        self._lock = Lockstep()
        self._against: Start | None = None
        self._arms: tuple[str, str] = ("", "")
        self._study: Mapping[str, Any] | None = None
        self._study_in = study
        self._first = first
        self._told = 0  # pairs that pages have been told of
        self._moved = asyncio.Event()
        self._both = asyncio.Lock()
        self._memory = rewind
        self._steps = [1.0, 1.0]  # s
        self.second._runs = self._runs  # results are numbered in one order

    # ---- runs

    async def start(self, start: Start, against: Against | None = None) -> None:
        """Begin a run, and another beside it; those before end. WaysideError where it cannot be."""
        against, self._first = against or self._first, None
        first = self.scenarios.load(start.scenario, start.changes)
        other = None
        if against is not None:
            other = other_of(start, against, self.scenarios)
        async with self._both:
            await self._begin(start, other, first)

    async def _begin(self, start: Start, other: Start | None, first: Scenario) -> None:
        await self.close()
        self._lock.reset()
        self._against, self._told = other, 0
        self.beside = other is not None
        self._rewind = self._memory // 2 if self.beside else self._memory
        if other is None:
            self.pairing, self._study = None, None
            self.run["against"] = None
            self.second.nothing()
            await super().start(start)
            return
        second = self.scenarios.load(other.scenario, other.changes)
        self.pairing = Pairing(errands_of())
        self._arms = arms(first, second)
        self._study = found_in(self._study_in, first, second, self.pairing.errands) if self._study_in else None
        self.run["against"] = self._arms[1]
        self._pace(start.speed, first, second)
        await super().start(start)
        await self.second.start(other)

    async def close(self) -> None:
        """End both."""
        await asyncio.gather(super().close(), self.second.close())

    async def restart(self, seed: int | None = None, goto: float | None = None) -> None:
        """See `RunSession.restart`; of both."""
        if self._start is None:
            raise RefusedError(409, "there is no run: start one")
        more = {} if seed is None else {"scenario.seed": seed}
        paused = self.run["state"] == "paused" if goto is not None else False
        again = {"speed": self.run["speed"], "paused": paused, "goto": goto}
        start = replace(self._start, changes={**self._start.changes, **more}, **again)
        other = None
        if self._against is not None:
            other = replace(self._against, changes={**self._against.changes, **more}, **again)
        async with self._both:
            await self._begin(start, other, self.scenarios.load(start.scenario, start.changes))

    async def beside_it(self, scenario: str | None, changes: Mapping[str, object]) -> None:
        """See `RunSession.beside_it`."""
        if self._start is None:
            raise RefusedError(409, "there is no run: start one")
        start = replace(self._start, speed=self.run["speed"], paused=False, goto=None)
        await self.start(start, Against(scenario, changes))

    async def alone(self) -> None:
        """The other run ends, the first goes on."""
        async with self._both:
            await self.second.close()
            self.second.nothing()
            self._against = self.pairing = self._study = None
            self.beside = False
            self._change(against=None)
            self.tell("horizon", time=None, every=AHEAD)

    # ---- the two clocks

    def _pace(self, speed: float | None, first: Scenario, second: Scenario) -> None:
        steps = [resolved(one).sumo.step_length or 1.0 for one in (first, second)]
        self._steps = steps
        self._lock.ahead = ahead(speed, max(steps))

    def came(self, which: int, time: float) -> None:
        """One is at this time, s."""
        if not self.beside:
            return
        self._lock.times[which] = time
        self._moved.set()
        self._grant()

    def changed(self, which: int) -> None:
        """The state of one has changed."""
        if not self.beside:
            return
        self._lock.free[which] = self._arm(which).run["state"] in SETTLED
        self._moved.set()
        self._grant()

    def _grant(self) -> None:
        for which in (0, 1):
            horizon = self._lock.horizon(which)
            if horizon is not None:
                time = horizon if math.isfinite(horizon) else None
                self._arm(which).tell("horizon", time=time, every=self._lock.reports_every)

    def _arm(self, which: int) -> RunOfPair:
        return self.second if which else self

    def _moves(self, which: int) -> bool:
        return self._arm(which).run["state"] == "running"

    async def _level(self) -> None:
        """Have both stand at the same time, while they run: until the level is taken away."""
        level = self._lock.level = self._lock.latest
        self._grant()

        def there(which: int) -> bool:
            time = self._lock.times[which]
            return not self._moves(which) or (time is not None and time > level - self._steps[which] + 1e-6)

        async with asyncio.timeout(ANSWER_WITHIN):
            while not (there(0) and there(1)):
                self._moved.clear()
                await self._moved.wait()

    # ---- calls

    async def ask(self, do: str, **what: object) -> Any:
        """See `RunSession.ask`; what steers is done by both."""
        if do in EITHER or not self.beside or self.second.run["state"] in SETTLED:
            return await super().ask(do, **what)
        async with self._both:
            if do == "speed":
                factor = what["factor"]
                assert factor is None or isinstance(factor, float)
                self._lock.ahead = ahead(factor, max(self._steps))
            if do in ("pause", "act") and self._moves(0) and self._moves(1):
                try:
                    await self._level()
                    return await self._ask_both(do, **what)
                except TimeoutError:
                    raise RefusedError(409, f"the simulations did not meet within {ANSWER_WITHIN:g} s") from None
                finally:
                    self._lock.level = None
                    self._grant()
            return await self._ask_both(do, **what)

    async def _ask_both(self, do: str, **what: object) -> Any:
        """The first one's answer. RefusedError where it, or a second that could, does not."""
        answers = await asyncio.gather(super().ask(do, **what), self.second.ask(do, **what), return_exceptions=True)
        for which, answer in enumerate(answers):
            if isinstance(answer, RefusedError) and which and self.second.run["state"] in SETTLED:
                continue
            if isinstance(answer, BaseException):
                raise answer
        return answers[0]

    # ---- what they are held against each other by

    def done(self, which: int, payload: bytes) -> None:
        """Drivers of one have come to the end of these errands."""
        if self.pairing is None:
            return
        self.pairing.take(which, (DoneErrand(*row) for row in json.loads(payload)))
        if len(self.pairing.rows) > self._told:
            self.hub.say_all(dumps(self.pairing.message(self._told)))
            self._told = len(self.pairing.rows)

    def pairs(self) -> dict[str, Any]:
        """`GET /api/pairs` of docs/live.md. RefusedError where there is no other run."""
        if self.pairing is None:
            raise RefusedError(404, "there is no other run: start one beside this one")
        return pairs_of(self.pairing, self._arms, self._study)


def pairs_of(pairing: Pairing, names: tuple[str, str], study: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a page needs for the headline."""
    return {
        "arms": list(names),
        "errands": [errand.told() for errand in pairing.errands],
        "rows": pairing.rows,
        "counts": pairing.counts,
        "study": study,
    }


def errands_of() -> list[Errand]:
    """All that two runs can be held against each other by, trips last."""
    return [*(kind.errand for kind in known().values() if kind.errand is not None), TRIPS]


def other_of(start: Start, against: Against, scenarios: Scenarios) -> Start:
    """What the other run starts with. WaysideError, one line, where the two could not be held against each other."""
    first = scenarios.load(start.scenario, start.changes)
    name = against.scenario or start.scenario
    said = dict(against.changes)
    for path in said:
        if path == OF_BOTH[0] or path.startswith(OF_BOTH[1]):
            raise WaysideError(
                f"against {path}: both are runs of one replication, with the same demand and seed; set it for both"
            )
    if name not in scenarios.what:
        raise WaysideError(f"against {name!r}: no such scenario; there are {', '.join(scenarios.what)}")
    changes = {**start.changes, **said}
    if name != start.scenario:
        changes = {"scenario.seed": resolved(first).seed, **changes}
    second = scenarios.load(name, changes)
    check_alike(first, second, f"against {against.said}")
    return replace(start, scenario=name, changes=changes)
