"""Drivers who are told by lights what speed brings them there at green, and are warned of passing red."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from wayside.edge.messages import Broadcast, Mapem, Spatem
from wayside.edge.plugin import Option
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints
from wayside.sim.onboard.glosa import speed_for
from wayside.sim.onboard.lights_ahead import LightsAhead
from wayside.sim.onboard.red_lights import RedLights, standing_before
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.sumo.commands import RunRed, SpeedAdvice, StopWithin
from wayside.sim.sumo.foes import read_foes
from wayside.sim.wire.signals import CLEAR, GO, STOP

STANDING: Final = 1.0  # m/s below which one stands in a queue
SAME_SPEED: Final = 0.3  # m/s by which an advice must differ to be a new one
FREE: Final = 0.95  # of the limit: nobody is advised to drive faster
HARDEST: Final = 9.0  # m/s^2: who must brake harder cannot stop any more, and is not warned
USUAL: Final = 4.5  # m/s^2, SUMO's usual decel: how hard one brakes for an order
BEFORE: Final = 1.0  # m before the line at which SUMO's drivers come to stand (jmStoplineGap)
OVER: Final = 1.0  # m beyond the line at which one may come to stand: whoever would stand further on drives on
SLOWEST: Final = 3.0  # m/s below which nobody is warned
BRAKES: Final = 0.5  # of what it takes to stop: whoever brakes as hard already has seen the light
SEEN: Final = 100.0  # m from which a driver looks at a light


class SignalAdvice(OnboardService):
    """GLOSA and a red-light violation warning, from SPATEMs and MAPEMs (SPATs and MAPs).

    Every `period` a driver with a unit who is within `distance` of a light that stops it is advised the speed at which
    it comes to the line as green begins (`glosa.speed_for`), `margin` later, and later again by `headway` for each
    vehicle that it sees standing before it. Of a light that follows the traffic the earliest begin is taken, and as it
    is put off so is the advice. No speed is advised below `lowest` or close to the limit, nor while it is green: then
    one drives as one would. Who obeys does so within SUMO's own checks of what is safe.

    Whoever is certain to come to the line at red, as it shows now or will by then, so fast that it takes more than
    `braking` to stop and does not brake is warned; who heeds that does, where it can come to stand at the line. SUMO's
    usual drivers brake with 4.5 m/s^2, at the last moment: only from above that on are they told from those who will
    not brake at all. Of types that brake harder so much more is asked.
    """

    name: ClassVar[str] = "signal_advice"
    reads: ClassVar[tuple[type[Broadcast], ...]] = (Mapem, Spatem)
    needs: ClassVar[str] = "signals"
    headlines: ClassVar[tuple[str, ...]] = ("advised", "red_passes")
    compliance: Annotated[float, Option("share of drivers who take the speed that is advised", ge=0, le=1)] = 1.0
    lowest: Annotated[float, Option("lowest speed that is advised", unit="m/s", gt=0, le=100)] = 5.0
    distance: Annotated[float, Option("from how far before the line", unit="m", gt=0, le=2000)] = 300.0
    period: Annotated[float, Option("time from one advice to the next", unit="s", ge=0.1, le=60)] = 1.0
    margin: Annotated[float, Option("how long after green has begun one shall be there", unit="s", ge=0, le=60)] = 1.0
    sight: Annotated[float, Option("how far ahead a driver sees a queue stand", unit="m", ge=0, le=1000)] = 100.0
    headway: Annotated[float, Option("time that a standing vehicle takes to leave", unit="s", ge=0, le=10)] = 2.0
    slowing: Annotated[float, Option("how hard one slows down to an advice", unit="m/s^2", gt=0, le=9)] = 1.5
    heed: Annotated[float, Option("share of drivers who brake when warned of red", ge=0, le=1)] = 1.0
    braking: Annotated[float, Option("braking from which on one is warned of red", unit="m/s^2", gt=0, le=9)] = 4.6
    runners: Annotated[float, Option("share of all drivers who drive on at red", ge=0, le=1)] = 0.0
    run_within: Annotated[float, Option("how long after red began they do", unit="s", gt=0, le=60)] = 2.0

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "obeys": (np.uint8, 0),
        "heeds": (np.uint8, 0),
        "runs": (np.uint8, 0),
        "speed": (np.float64, np.nan),
        "warned": (np.uint8, 0),
        "_ignoring": (np.uint8, 0),
        "_ever": (np.uint8, 0),
        "_lane": (np.int32, -1),
        "_way": (np.int32, -1),
        "_for": (np.int32, -1),
        "_stops": (np.uint8, 0),
    }
    obeys: Bytes
    heeds: Bytes
    runs: Bytes
    speed: Doubles  # m/s that is advised, NaN for none
    warned: Bytes  # of the light ahead
    _ignoring: Bytes  # the light, on purpose
    _ever: Bytes  # advised
    _lane: Ints  # where it was at the last step
    _way: Ints  # of which it was warned
    _for: Ints  # the way for which it was told a speed, or to stop
    _stops: Bytes  # whether it brakes for a warning

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`."""
        network, fleet, backend = around.network, around.fleet, around.backend
        self._network, self._api, self._signals = network, backend.api, backend.signals
        # Before the first step of braking is over, Euler's method has one half a step of driving less to go.
        ballistic = backend.option("step-method.ballistic") == "true"
        self._lead = 0.0 if ballistic else backend.step_length / 2.0  # s
        self._hardest: dict[str, float] = {}  # m/s^2: how hard drivers of each type brake
        self.ahead = LightsAhead(network, fleet.vehicles, self._plan_of, max(self.distance, SEEN))
        foes = partial(_foes, backend)
        self.red = RedLights(network, fleet.vehicles, backend.signals, self.ahead, foes)
        self._since = np.full(len(backend.signals.state), -np.inf)  # s, when each link came to show red
        self._was_red = np.ones(len(backend.signals.state), bool)
        self.vehicles_advised = self.advices = self.warnings = self.braked = 0
        self._due = -np.inf
        super().__init__(around)

    @property
    def present(self) -> bool:
        """Whether there is a traffic light."""
        return len(self.ahead.lane) > 0

    def _plan_of(self, slot: int) -> Sequence[int]:
        id, vehicle = str(self.fleet.vehicles.ids[slot]), self._api.vehicle
        route = vehicle.getRoute(id)[max(vehicle.getRouteIndex(id), 0) :]
        return [self._network.edge_number[edge] for edge in route]

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; who obeys, heeds and runs is drawn."""
        super().admit(departed)
        if self.ahead.capacity != self.capacity:
            self.ahead.grow(self.capacity)
        if len(departed):
            self.ahead.reset(departed)
        complies = self.fleet.complies
        for slot in departed.tolist():
            self.obeys[slot] = complies(self.name, slot, self.compliance)
            self.heeds[slot] = complies("red light", slot, self.heed)
            self.runs[slot] = self.runners > 0.0 and complies("red running", slot, self.runners)

    def read(self, kind: type[Broadcast], said: Any, packet: Ints, slots: Ints, now: float) -> None:
        """See `OnboardService.read`."""
        if kind is Mapem:
            self.ahead.hear_maps(said, packet, slots)
        else:
            self.ahead.hear_times(said, packet, slots, now)

    def moved(self, now: float) -> None:
        """See `OnboardService.moved`: ways ahead, red lights passed, warnings and, when it is time, advice."""
        table, fleet = self.fleet.vehicles, self.fleet
        n = table.extent
        before, self._lane[:n] = self._lane[:n].copy(), table.lane[:n]
        alive = table.alive[:n] == 1
        before[~alive] = -1
        self.red.count(before, fleet.equipped[:n] == 1, now)
        self.ahead.look(alive & ((fleet.equipped[:n] == 1) | (self.runs[:n] == 1)))
        if self.runners > 0.0:
            self._run(now)
        self._let_go(n, now)
        listening = (fleet.active[:n] == 1) & (table.alive[:n] == 1)
        self._warn(listening, now)
        if now >= self._due - 1e-6:
            self._due = now + self.period
            self._advise(listening, now)

    def _let_go(self, n: int, now: float) -> None:
        """Nobody crosses a junction at a speed that was advised, or brakes, for a red that is over or behind."""
        table, ahead = self.fleet.vehicles, self.ahead
        held = np.flatnonzero((table.alive[:n] == 1) & (~np.isnan(self.speed[:n]) | (self._stops[:n] == 1)))
        red = ahead.informed(held, now) & (ahead.state[held] != GO) & (ahead.way[held] == self._for[held])
        free = held[~red]
        for slot in free.tolist():
            self.orders.append(SpeedAdvice(str(table.ids[slot]), -1.0, self.name))
        self.speed[free], self._stops[free] = np.nan, 0

    def _advise(self, listening: Flags, now: float) -> None:
        table, n = self.fleet.vehicles, len(listening)
        known = np.flatnonzero(listening & (self.ahead.way[:n] >= 0) & (self.obeys[:n] == 1))
        known = known[self.ahead.informed(known, now)]
        wanted = np.full(n, np.nan)
        wanted[known] = self._speeds(known, now)
        changed = (self._stops[:n] == 0) & (
            (np.isnan(wanted) != np.isnan(self.speed[:n])) | (np.abs(wanted - self.speed[:n]) > SAME_SPEED)
        )
        slots = np.flatnonzero(changed & (table.alive[:n] == 1))
        for slot, speed in zip(slots.tolist(), wanted[slots].tolist(), strict=True):
            self.orders.append(SpeedAdvice(str(table.ids[slot]), speed if speed == speed else -1.0, self.name))
        begun = slots[np.isnan(self.speed[slots])]
        self.advices += len(begun)
        self.vehicles_advised += int(np.count_nonzero(self._ever[begun] == 0))
        self._ever[begun] = 1
        self.speed[slots], self._for[slots] = wanted[slots], self.ahead.way[slots]

    def _speeds(self, slots: Indices, now: float) -> Doubles:
        """The speed to advise to vehicles that know what their light shows, m/s; NaN for none."""
        table, ahead = self.fleet.vehicles, self.ahead
        distance = ahead.distance(slots)
        green = np.where(np.isfinite(ahead.likely[slots]), ahead.likely[slots], ahead.earliest[slots])
        queue = np.zeros(len(slots))
        there = table.lane[slots] == ahead.lane[ahead.way[slots]]
        queue[there] = standing_before(table, slots[there], self.sight, STANDING)
        seconds = green - now + self.margin + self.headway * queue
        with np.errstate(invalid="ignore"):
            speed = speed_for(distance, table.speed[slots], np.where(np.isfinite(seconds), seconds, 1.0), self.slowing)
            makes_sense = (
                (ahead.state[slots] == STOP)
                & np.isfinite(seconds)
                & (green > now)
                & (distance > 0.0)
                & (distance <= self.distance)
                & (speed >= self.lowest)
                & (speed < FREE * self._network.edge_speed[table.edge[slots]])
            )
        # SUMO takes on a speed as hard as it can brake: so one is led down to it.
        speed = np.maximum(speed, table.speed[slots] - self.slowing * self.period)
        return np.where(makes_sense, speed, np.nan)

    def _warn(self, listening: Flags, now: float) -> None:
        table, ahead, n = self.fleet.vehicles, self.ahead, len(listening)
        over = np.flatnonzero((self.warned[:n] == 1) & (ahead.way[:n] != self._way[:n]))
        self.warned[over] = 0
        fast = np.flatnonzero(listening & (ahead.way[:n] >= 0) & (self.warned[:n] == 0) & (table.speed[:n] > SLOWEST))
        fast = fast[ahead.informed(fast, now)]
        if not len(fast):
            return
        distance, speed = ahead.distance(fast), table.speed[fast]
        arrives = now + np.maximum(distance, 0.0) / speed
        likely = ahead.likely[fast]  # where it is told, it is certain
        earliest = np.where(np.isfinite(likely), likely, ahead.earliest[fast])
        latest = np.where(np.isfinite(likely), likely, ahead.latest[fast])
        red = (ahead.state[fast] == STOP) & np.isfinite(earliest) & (earliest > arrives)
        red |= (ahead.state[fast] == CLEAR) & (latest < arrives)
        room = distance + self._lead * speed - BEFORE
        needs = speed**2 / (2.0 * np.maximum(room, 0.1))
        brakes = -table.acceleration[fast] >= BRAKES * needs
        endangered = red & (distance > 0.0) & (needs >= self.braking) & (needs <= HARDEST) & ~brakes
        late = np.flatnonzero(endangered)
        endangered[late] = needs[late] >= self.braking + np.maximum(self._own_braking(fast[late]) - USUAL, 0.0)
        slots = fast[endangered]
        self.warned[slots], self._way[slots] = 1, ahead.way[slots]
        self.warnings += len(slots)
        seconds = 2.0 * distance[endangered] / speed[endangered]
        stops = speed[endangered] ** 2 / (2.0 * USUAL) <= room[endangered] + OVER
        for slot, within, can in zip(slots.tolist(), seconds.tolist(), stops.tolist(), strict=True):
            if self.heeds[slot]:
                self.braked += 1
                id = str(table.ids[slot])
                if self._ignoring[slot]:
                    self.orders.append(RunRed(id, False))
                    self._ignoring[slot] = 0
                if can:
                    self.orders.append(StopWithin(id, within))
                    self._stops[slot], self._for[slot] = 1, ahead.way[slot]

    def _own_braking(self, slots: Indices) -> Doubles:
        """How hard these drivers brake by themselves, m/s^2."""
        table, known = self.fleet.vehicles, self._hardest
        types = [table.types[number].id for number in table.type[slots].tolist()]
        for type in set(types) - known.keys():
            known[type] = float(self._api.vehicletype.getDecel(type))
        return np.array([known[type] for type in types], np.float64)

    def _run(self, now: float) -> None:
        """Some drivers take no notice of a light that has just turned red, unless they heed a warning."""
        table, ahead, n = self.fleet.vehicles, self.ahead, self.fleet.vehicles.extent
        state = self._signals.state
        red = state == ord("r")
        self._since[red & ~self._was_red] = now
        self._was_red = red
        runners = np.flatnonzero((self.runs[:n] == 1) & (table.alive[:n] == 1) & (table.lane[:n] >= 0))
        way = ahead.way[runners]
        link = np.where(way >= 0, self.red.links[way], -1)
        shown = np.where(link >= 0, state[link], 0)
        lately = now - self._since[link] <= self.run_within
        near = ahead.ahead[runners] - table.lane_position[runners] <= SEEN
        heeding = (self.warned[runners] == 1) & (self.heeds[runners] == 1)
        on = near & (link >= 0) & ((shown == ord("y")) | ((shown == ord("r")) & lately)) & ~heeding
        changed = on != (self._ignoring[runners] == 1)
        for slot, runs in zip(runners[changed].tolist(), on[changed].tolist(), strict=True):
            self.orders.append(RunRed(str(table.ids[slot]), runs))
        self._ignoring[runners] = on

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`."""
        self.speed[slots], self._lane[slots] = np.nan, -1

    def kpis(self, now: float) -> dict[str, float]:
        """Vehicles advised, advices begun, warnings, who braked; who has passed red, by group, and met somebody."""
        unequipped, equipped = self.red.passes.tolist()
        return {
            "signal_advice.advised": self.vehicles_advised,
            "signal_advice.advices": self.advices,
            "signal_advice.warned": self.warnings,
            "signal_advice.braked": self.braked,
            "signal_advice.red_passes": unequipped + equipped,
            "signal_advice.equipped.red_passes": equipped,
            "signal_advice.unequipped.red_passes": unequipped,
            "signal_advice.red_encounters": self.red.encounters,
        }


def _foes(backend: Any) -> dict[str, Flags]:
    return read_foes(Path(backend.option("net-file")))
