"""Who runs the lights: SUMO's programs, a controller, or an application's request, each through a guard.

Once for each of SUMO's steps, as soon as it has been read: requests that are over end, controllers that are due are
asked, guards go on, and what they show goes to SUMO at the next step boundary. So nothing that is decided later in a
step is a command of this step's, and SUMO may go ahead (`sim.engine`).

A light is taken over from its program in a green phase. Where a request has ended and no controller runs the light,
the guard leads it to where its program would be by now, if that is a fixed one, and gives it back there: its place in a
green wave is not lost. Any other program goes on from the green phase that shows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wayside.edge.control.controller import Around, ControlledLight, Controller, SeenTraffic, checked
from wayside.edge.control.guard import LightGuard
from wayside.edge.control.plan import Plan
from wayside.edge.errors import code_of, place_of
from wayside.edge.failures import Failures
from wayside.edge.policy import locked, name_of
from wayside.edge.signal import Change, Layout, PhaseRequest, asked_by
from wayside.ext.arrays import Doubles, Flags, Ints, Longs, States
from wayside.sim.control.detection import Detection
from wayside.sim.control.held import Held, Wishes
from wayside.sim.control.layouts import layout_of, light_of, plan_of, refusal
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import Command, SignalBack, SignalState
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.programs import Course, Program
from wayside.sim.world import RoadNetwork


@dataclass
class Rules:
    """What holds for all lights: how long nobody shall be without green [s]; how much later than at the next boundary
    a command takes effect [ms].
    """

    maximum_red: float = 120.0
    delay_ms: int = 0


@dataclass
class Counted:
    """What has happened, for key figures."""

    granted: int = 0
    refused: int = 0
    switches: int = 0
    forced: int = 0
    longest_red_ms: int = 0


class SignalControl:
    """All lights of a run, and the city's `edge.signal.CityLights`.

    make: makes the controller of a light, None where SUMO's programs run them all; named: it, in messages; see: what
    controllers see by, by their lights and their reach; foes: reads which links are foes, by light.
    """

    def __init__(
        self,
        network: RoadNetwork,
        junctions: Sequence[Junction],
        backend: Backend,
        failures: Failures,
        foes: Callable[[], dict[str, Flags]],
        rules: Rules,
        make: Callable[[ControlledLight], Controller] | None = None,
        named: str = "",
        clock: Callable[[], float] = lambda: 0.0,
        see: Callable[[dict[int, ControlledLight], float], Detection] | None = None,
    ) -> None:
        self.network = network
        self.junctions = junctions
        self.backend = backend
        self.signals = backend.signals
        self.failures = failures
        self.rules = rules
        self.counted = Counted()
        self._read_foes = foes
        self._make = make
        self._named = named
        self._clock = clock
        self._see = see
        self._step_ms = round(backend.step_length * 1000)
        self._now_ms = round(backend.time * 1000)
        self._running = [
            self._program(light, lights_program(backend, junction.id)) for light, junction in enumerate(junctions)
        ]
        self._plans: dict[tuple[int, str], Plan] = {}
        self._layouts: dict[tuple[int, str], Layout] = {}
        self._courses: dict[int, Course] = {}  # of lights that applications look at
        self._followed: dict[int, tuple[str, Sequence[Doubles]]] = {}  # and what they show
        # By light: before when that is so [s] if SUMO tells the same and is heard within how long [s].
        self._rests, self._silence = np.full(len(junctions), -np.inf), np.zeros(len(junctions))
        self._heard = -np.inf  # s, when SUMO was read last
        self._told: tuple[States, Doubles] = np.empty(0, np.int8), np.empty(0)  # what it told last
        self._wishes: dict[int, Wishes] = {}
        self.held: dict[int, Held] = {}
        self.controllers: dict[int, Controller] = {}
        self.lights: dict[int, ControlledLight] = {}
        self.left: dict[int, str] = {}  # lights that no controller can run, and why
        self._detection: Detection | None = None
        if make is not None:
            self._take_all(make)

    @cached_property
    def _foes(self) -> dict[str, Flags]:
        return self._read_foes()

    def _program(self, light: int, id: str) -> Program | None:
        return next((program for program in self.junctions[light].programs if program.id == id), None)

    def _plan(self, light: int, program: Program | None) -> Plan | None:
        if program is None:
            return None
        key = (light, program.id)
        if key not in self._plans:
            junction = self.junctions[light]
            foes = self._foes.get(junction.id)
            self._plans[key] = plan_of(junction, program, foes, self.network, self._step_ms)
        return self._plans[key]

    def _take_all(self, make: Callable[[ControlledLight], Controller]) -> None:
        """A controller for each light that can have one."""
        for number, junction in enumerate(self.junctions):
            program = self._running[number]
            plan = self._plan(number, program)
            if why := refusal(program, plan) or ("" if junction.links else "it controls no lanes"):
                self.left[number] = why
                continue
            assert plan is not None
            light = self.lights[number] = light_of(junction, plan, self.network)
            with code_of(f"{self._named} at traffic light {junction.id}"):
                self.controllers[number] = make(light)
        if self.left:
            first = next(iter(self.left))
            warnings.warn(
                f"{self._named}: {len(self.left)} of {len(self.junctions)} traffic lights stay with their programs, "
                f"{self.junctions[first].id} for one: {self.left[first]}",
                stacklevel=2,
            )
        self.signals.bounded |= self.controllers.keys()
        if self.controllers:
            assert self._see is not None
            reach = next(iter(self.controllers.values())).reach
            self._detection = self._see(self.lights, reach)

    @property
    def active(self) -> bool:
        """Whether anybody but SUMO runs a light, may soon, or looks at one."""
        return bool(self.controllers or self._wishes or self.held or self._courses)

    def step(self, now: float) -> list[Command]:
        """SUMO has been read at a time [s]: what is commanded."""
        self._now_ms = now_ms = round(now * 1000)
        then_ms = now_ms + self.rules.delay_ms
        if self._detection is not None:
            self._detection.step(now)
        for light in [light for light, held in self.held.items() if held.back_ms is not None and now_ms > held.back_ms]:
            self._let_go(light)
        for light, wishes in list(self._wishes.items()):
            self._review(wishes, now)
            if not wishes.active:
                del self._wishes[light]
                if light in self.held:
                    self.held[light].due_ms = 0
        for light in sorted({*self.controllers, *self._wishes} - self.held.keys()):
            self._take(light, now_ms, then_ms)
        self._ask(now, then_ms)
        due = sorted(light for light, held in self.held.items() if held.due_ms <= then_ms)
        commands = [command for light in due for command in self._guarded(light, then_ms)]
        if self.held:
            lights = np.fromiter(self.held, np.int64)
            next_ms = np.fromiter((held.next_ms for held in self.held.values()), np.int64)
            self.signals.next_switch[lights] = np.maximum(next_ms, then_ms + self._step_ms) / 1000.0
        self._follow_all(now)
        return commands

    # Taking over and giving back

    def _take(self, light: int, now_ms: int, then_ms: int) -> None:
        """Take a light over from its program, where it shows a green phase that will still show as a command comes."""
        api, id = self.backend.api.trafficlight, self.signals.ids[light]
        program = self._running[light] = self._program(light, lights_program(self.backend, id))
        plan = self._plan(light, program)
        if program is None or plan is None or (why := refusal(program, plan)):
            for request in self._wishes.get(light, Wishes()).active:
                request.end(why if program else "its program is not known any more")
            return
        end_ms = round(float(api.getNextSwitch(id)) * 1000)
        phase = int(api.getPhase(id))
        if phase not in plan.stages or end_ms < then_ms:
            return
        since_ms = now_ms - round(float(api.getSpentDuration(id)) * 1000)
        guard = LightGuard(plan, phase, since_ms, then_ms, round(self.rules.maximum_red * 1000))
        held = Held(guard, program, phase, end_ms, light in self.controllers, guard.text)
        held.ask_ms = then_ms
        self.held[light] = self.signals.foreknown[light] = held

    def _give_back(self, light: int, held: Held, then_ms: int) -> list[Command]:
        """Nobody wants anything of a light any more: to its program, as soon as it is where that is."""
        guard, plan = held.guard, held.guard.plan
        phase, end_ms = held.place(then_ms) if held.program.fixed else (guard.stage, 0)
        if not guard.free_at(then_ms) or guard.stage != phase:
            return []
        if held.program.fixed and end_ms < guard.since_ms + int(plan.least_ms[phase]):
            return []
        held.back_ms = then_ms
        seconds = (end_ms - then_ms) / 1000.0 if held.program.fixed else None
        return [SignalBack(self.signals.ids[light], held.program.id, phase, seconds)]

    def _homewards(self, held: Held, then_ms: int) -> int:
        """The stage that a light's program shows by now, or will show next."""
        if not held.program.fixed:
            return -1
        phase, _ = held.place(then_ms)
        stages = held.guard.plan.stages
        later = stages[stages >= phase]
        return int(later[0] if len(later) else stages[0])

    def _let_go(self, light: int) -> None:
        held = self.held.pop(light)
        self.signals.foreknown.pop(light, None)
        guard, counted = held.guard, self.counted
        counted.switches += guard.switches
        counted.forced += guard.forced
        counted.longest_red_ms = max(counted.longest_red_ms, guard.longest_red_ms)

    # Who wants what

    def _review(self, wishes: Wishes, now: float) -> None:
        """End requests whose time is over, and those of who is no longer there."""
        for request in wishes.active:
            unit = request.app.unit
            if request.until <= now + 1e-9:
                request.end("its time is over")
            elif not unit.on:
                request.end("the unit is off")
            elif id(request.app) in self.failures.off:
                request.end("the application has been switched off")
        wishes.active = [request for request in wishes.active if request.active]

    def _ask(self, now: float, then_ms: int) -> None:
        """Ask the controllers that are due, where their lights may change."""
        due = []
        for light in self.controllers:
            held = self.held.get(light)
            if held is not None and held.ask_ms <= then_ms and held.guard.free_at(then_ms):
                due.append(light)
        if not due:
            return
        assert self._detection is not None
        found = self._detection.look(due, now)
        for light in due:
            held, controller, its = self.held[light], self.controllers[light], self.lights[light]
            named = f"{self._named} at traffic light {its.id} at {now:g} s"
            with code_of(named):
                answer = controller.choose(self._seen(its, held, found[light], now, then_ms))
            held.wish = checked(answer, its, named + place_of(controller, "choose"))
            held.due_ms = 0
            held.ask_ms = then_ms + max(round(controller.period * 1000), self._step_ms)

    # From outside, between two steps

    def seen(self, lights: Sequence[int], now: float) -> dict[int, SeenTraffic]:
        """What the controllers of some lights would be shown now; one not taken over yet shows no phase, -1."""
        assert self._detection is not None
        now_ms = round(now * 1000)
        found = {}
        for number, around in self._detection.look(lights, now).items():
            light = self.lights[number]
            if (held := self.held.get(number)) is not None:
                found[number] = self._seen(light, held, around, now, now_ms)
            else:
                red_s = locked(np.zeros(light.green.shape[1]))
                found[number] = SeenTraffic(light, now, -1, 0.0, around.locked, red_s)
        return found

    def free(self) -> set[int]:
        """The lights under control that may begin to change at the next step."""
        then_ms = self._now_ms + self._step_ms + self.rules.delay_ms
        return {light for light in self.controllers if (held := self.held.get(light)) and held.guard.free_at(then_ms)}

    def want(self, light: int, phase: int) -> None:
        """Which phase is wanted of a light under control from now on, instead of what its controller has answered."""
        held = self.held[light]
        held.wish, held.due_ms = checked(phase, self.lights[light], "from outside"), 0

    @staticmethod
    def _seen(light: ControlledLight, held: Held, around: Around, now: float, then_ms: int) -> SeenTraffic:
        guard = held.guard
        shown_s, red_s = (then_ms - guard.since_ms) / 1000.0, locked(guard.red_ms(then_ms) / 1000.0)
        return SeenTraffic(light, now, guard.stage, shown_s, around.locked, red_s)

    def _guarded(self, light: int, then_ms: int) -> list[Command]:
        """A step of a light's guard."""
        held = self.held[light]
        if held.back_ms is not None:
            return []
        wishes, guard = self._wishes.get(light), held.guard
        asked = -1 if wishes is None else wishes.phase
        wanted = asked if asked >= 0 else held.wish if held.bounded else self._homewards(held, then_ms)
        first, held.told, held.before = not held.told, True, guard.text
        text = guard.step(then_ms, wanted)
        held.due_ms = guard.rest_ms(wanted) if held.bounded and asked < 0 else 0
        held.next_ms = guard.next_ms
        if wishes is not None:
            for request in wishes.active:
                if guard.overruled:
                    request.end("others have waited too long")
                request.shows = request.active and guard.stage == request.phase and guard.arrived
            wishes.active = [request for request in wishes.active if request.active]
        if asked < 0 and not held.bounded and (back := self._give_back(light, held, then_ms)):
            return back
        return [SignalState(self.signals.ids[light], text)] if first or text != held.before else []

    # For applications

    def layout(self, light: int) -> Layout:
        """See `edge.signal.CityLights`."""
        program = self._running[light]
        key = (light, "" if program is None else program.id)
        if key not in self._layouts:
            self._layouts[key] = layout_of(self.junctions[light], program, self._plan(light, program), self.network)
        return self._layouts[key]

    def shows(self, light: int) -> tuple[str, int]:
        """See `edge.signal.CityLights`."""
        now = self._clock()
        if (held := self.held.get(light)) is not None:
            text, _ = held.follow(now)
            guard = held.guard
            there = text == guard.text and guard.arrived
            return text, guard.stage if there else -1
        text, _ = self._follow(light, now)
        places = self._courses[light].places
        return text, next(iter(places))[1] if len(places) == 1 else -1

    def changes(self, light: int) -> dict[int, Change]:
        """See `edge.signal.CityLights`."""
        now = self._clock()
        if (held := self.held.get(light)) is not None:
            _, ends = held.follow(now)
            columns = [end[self._groups(light)[1]] for end in ends]
        else:
            columns = list(self._follow(light, now)[1])
        rows = zip(self._groups(light)[0].tolist(), *((column - now).tolist() for column in columns), strict=True)
        return {group: Change(*(max(end, 0.0) for end in ends)) for group, *ends in rows}

    def holder(self, light: int) -> str:
        """See `edge.signal.CityLights`."""
        held = self.held.get(light)
        if held is None:
            return "program"
        wishes = self._wishes.get(light)
        return "controller" if held.bounded and (wishes is None or not wishes.active) else "request"

    def controller_of(self, light: int) -> str | None:
        """The controller of a light, module:name; None for a light that has none."""
        controller = self.controllers.get(light)
        return None if controller is None else name_of(controller)

    def requests_of(self, light: int) -> list[PhaseRequest]:
        """Those that are granted and hold."""
        return [request for request in self._wishes.get(light, Wishes()).active if request.active]

    def ask(self, request: PhaseRequest) -> None:
        """See `edge.signal.CityLights`."""
        if not request.refused:
            wishes = self._wishes.setdefault(request.light, Wishes())
            wishes.active = [other for other in wishes.active if other.active]
            held = self.held.get(request.light)
            if wishes.phase not in (-1, request.phase):
                request.refused = f"{asked_by(wishes.active[0])} has asked for phase {wishes.phase} before"
            elif held is not None and not held.guard.allows(request.phase, round(self._clock() * 1000)):
                request.refused = "others have waited too long"
            else:
                wishes.active.append(request)
                if held is not None:
                    held.due_ms = 0
        self.counted.refused += bool(request.refused)
        self.counted.granted += not request.refused

    def _groups(self, light: int) -> tuple[Ints, Longs]:
        """The signal groups of a light that are told, and a link of each."""
        groups, first = np.unique(self.junctions[light].group_of, return_index=True)
        return groups[groups > 0], first[groups > 0]

    def _follow(self, light: int, now: float) -> tuple[str, Sequence[Doubles]]:
        """What a light shows by its program, and when its groups' states end; from the first time on at each step."""
        if now < self._rests[light] and now - self._heard < self._silence[light]:
            return self._followed[light]
        if light not in self._courses:
            self._courses[light] = Course(self.junctions[light].programs, self._groups(light)[1])
        course, signals = self._courses[light], self.signals
        course.looked = max(course.looked, self._heard)
        text, _, ends = course.follow(signals.text(light), float(signals.next_switch[light]), now)
        if len(self.junctions[light].programs) > 1 and len(running := {program for program, _ in course.places}) == 1:
            self._running[light] = course.programs[running.pop()]
        self._rests[light], self._silence[light], self._followed[light] = course.rests, course.silence, (text, ends)
        return text, ends

    def _follow_all(self, now: float) -> None:
        """SUMO has been read: the same for all lights that are followed, as far as it tells anything new of them."""
        signals, (state, switch) = self.signals, self._told
        self._told = signals.state.copy(), signals.next_switch.copy()
        if len(state):
            self._rests[signals.next_switch != switch] = -np.inf
            turned = np.flatnonzero(signals.state != state)
            self._rests[np.searchsorted(signals.offsets, turned, side="right") - 1] = -np.inf
        for light in self._courses:
            self._follow(light, now)
        self._heard = now

    # What has come of it

    def kpis(self) -> dict[str, float]:
        """Key figures, by their names in `docs/kpis.md`; none where nobody but SUMO has run a light."""
        counted, guards = self.counted, [held.guard for held in self.held.values()]
        if not (self.controllers or counted.granted or counted.refused):
            return {}
        longest = max([counted.longest_red_ms, *(guard.longest_red_ms for guard in guards)])
        return {
            "signals.controlled": len(self.controllers),
            "signals.switches": counted.switches + sum(guard.switches for guard in guards),
            "signals.forced": counted.forced + sum(guard.forced for guard in guards),
            "signals.longest_red_s": longest / 1000.0,
            "signals.granted": counted.granted,
            "signals.refused": counted.refused,
        }


def lights_program(backend: Backend, light: str) -> str:
    """SUMO's id of the program that a light runs."""
    return str(backend.api.trafficlight.getProgram(light))
