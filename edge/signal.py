"""The traffic light that a unit stands at, as an application sees it, and how it asks for a phase."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from wayside.edge.failures import FloodError, called
from wayside.edge.journal import LONGEST_WHY
from wayside.edge.messages.checks import is_number, is_whole, short

if TYPE_CHECKING:
    from wayside.edge.app import App

MOST_ASKED = 10  # requests that one application may make at one light in a V2X tick
_LONGEST = 86400.0  # s that a request may last


@dataclass(frozen=True)
class Phase:
    """A phase of a light's program; durations in s, the least and the longest as the program has them.

    state: SUMO's letters, one for each link; green: whether it may be asked for; yellow: whether some link shows it;
    all_red: whether no link may go.
    """

    number: int
    state: str
    duration: float
    least: float
    longest: float
    green: bool
    yellow: bool
    all_red: bool


@dataclass(frozen=True)
class Movement:
    """A way across a light's junction: a link of SUMO's, from lane to lane by their names.

    group: its signal group, as in the unit's SPATEM and MAPEM, 0 where it is not told; direction: "straight", "left",
    "right", "turn", or "" where SUMO does not say; onto: the number of the lane that it leads to, as in the MAPEM, 0
    where it is not told.
    """

    link: int
    start: str
    end: str
    group: int
    direction: str
    onto: int = 0


@dataclass(frozen=True)
class SignalLane:
    """A lane that leads to a light. number: as in the unit's MAPEM, 0 where it is not told; stop_line: where it ends, m
    in the net's coordinates; length in m; speed_limit in m/s.
    """

    name: str
    number: int
    stop_line: tuple[float, float]
    length: float
    speed_limit: float
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class Change:
    """When a signal group's state ends, s from now: at the earliest, likely, at the latest; infinite: not known."""

    earliest: float
    likely: float
    latest: float


@dataclass(frozen=True)
class Layout:
    """What does not change while a light runs one program. program: its id; kind: SUMO's type; groups: their numbers;
    stages: the phases that may be asked for; refusal: why no other phase than the program's can be had; empty: one can.
    """

    program: str
    kind: str
    phases: tuple[Phase, ...]
    lanes: tuple[SignalLane, ...]
    groups: tuple[int, ...]
    group_of: tuple[int, ...]  # by link
    refusal: str = ""


class CityLights(Protocol):
    """Where signals come from, and requests go to."""

    def layout(self, light: int) -> Layout:
        """See `Layout`."""
        ...

    def shows(self, light: int) -> tuple[str, int]:
        """What a light shows, in SUMO's letters, and the phase that this is, -1 for none of the program."""
        ...

    def changes(self, light: int) -> dict[int, Change]:
        """By signal group."""
        ...

    def holder(self, light: int) -> str:
        """Who says what it shows: "program", "controller" or "request"."""
        ...

    def ask(self, request: PhaseRequest) -> None:
        """Grant or refuse a request, which may have been refused already."""
        ...


@dataclass(eq=False)
class PhaseRequest:
    """What has become of a request for a phase; `cancel` ends it.

    phase: which was asked for; until: s of the simulation, infinite for until it is cancelled; refused: why it was not
    granted; ended: why it holds no longer. Both are empty while it is granted and holds.
    """

    app: App = field(repr=False)
    light: int
    phase: int
    until: float
    why: str
    refused: str = ""
    ended: str = ""
    shows: bool = False  # whether the phase shows, by the guard

    @property
    def granted(self) -> bool:
        """Whether it was granted; it may have ended since."""
        return not self.refused

    @property
    def active(self) -> bool:
        """Whether it was granted and has not ended: the light shows its phase, or is on the way to it."""
        return not self.refused and not self.ended

    def cancel(self) -> None:
        """Ask no longer. Without effect where it has ended, or was refused."""
        self.end("cancelled")

    def end(self, why: str) -> None:
        """It holds no longer; only the first word counts."""
        if self.active:
            self.ended, self.shows = why, False


class UnitSignal:
    """The light of an application's unit: read-only, but for requests."""

    def __init__(self, lights: CityLights, light: int, app: App) -> None:
        self.light = light  # its number in the city
        self._lights = lights
        self._app = app
        self._asked_at = -math.inf  # s, the tick of which `_asked` requests are
        self._asked = 0

    @property
    def layout(self) -> Layout:
        """Program, phases, lanes and groups, together."""
        return self._lights.layout(self.light)

    @property
    def program(self) -> str:
        """SUMO's id of the running program."""
        return self.layout.program

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Those of the running program."""
        return self.layout.phases

    @property
    def lanes(self) -> tuple[SignalLane, ...]:
        """Those that lead to the light, with their movements."""
        return self.layout.lanes

    @property
    def groups(self) -> tuple[int, ...]:
        """The numbers of its signal groups, as SPATEM and MAPEM have them."""
        return self.layout.groups

    @property
    def state(self) -> str:
        """What it shows, in SUMO's letters, one for each link."""
        return self._lights.shows(self.light)[0]

    @property
    def phase(self) -> int:
        """The phase that shows; -1 on the way from one to another that the program does not have, or if not known."""
        return self._lights.shows(self.light)[1]

    @property
    def changes(self) -> dict[int, Change]:
        """By signal group: in how many seconds its state ends, as a SPATEM says it."""
        return self._lights.changes(self.light)

    @property
    def holder(self) -> str:
        """Who says what it shows now: "program", "controller" or "request"."""
        return self._lights.holder(self.light)

    def phases_of(self, group: int) -> tuple[int, ...]:
        """The phases that may be asked for and give a signal group green. ValueError for a group that is none."""
        layout = self.layout
        if group not in layout.groups:
            raise ValueError(f"group {group!r}: must be one of {', '.join(map(str, layout.groups)) or 'none'}")
        links = [link for link, its in enumerate(layout.group_of) if its == group]
        return tuple(
            phase.number for phase in layout.phases if phase.green and any(phase.state[link] in "gG" for link in links)
        )

    def request(
        self,
        *,
        phase: int | None = None,
        group: int | None = None,
        until: float | None = None,
        lasting: float | None = None,
        why: str,
    ) -> PhaseRequest:
        """Ask for a phase, or for one that gives a signal group green: the one that shows if it does, else the first.

        It is granted or refused at once, as the answer tells; the light gets there as the guard lets it, from SUMO's
        next step on. It holds until `until` s of the simulation, or for `lasting` s from now, or until it is cancelled,
        but no longer than others may be kept waiting; over what a controller wants, and not over another request that
        was there before it. `why` is noted down, with what has become of it.

        TypeError or ValueError for a phase or group that there is none of, for both or neither, and for a time that is
        over; FloodError for more than 10 in a tick.
        """
        app, layout = self._app, self.layout
        now = app.time
        if self._asked_at != now:
            self._asked_at, self._asked = now, 0
        self._asked += 1
        if self._asked > MOST_ASKED:
            raise FloodError(f"asks for more than {MOST_ASKED} phases in one tick of 0.1 s")
        if not isinstance(why, str) or not 0 < len(why) <= LONGEST_WHY:
            raise ValueError(f"request(why={short(why)}): must be a text of 1 to {LONGEST_WHY} characters")
        if (phase is None) == (group is None):
            raise ValueError("request(): must have a phase or a group, and not both")
        if until is not None and lasting is not None:
            raise ValueError("request(): must have `until` or `lasting`, or neither, and not both")
        wanted = self._phase_of(group) if phase is None else self._checked(phase)
        for name, value in (("until", until), ("lasting", lasting)):
            seconds = value if value is None or name == "lasting" or not is_number(value) else value - now
            if seconds is not None and not (is_number(seconds) and 0.0 < seconds <= _LONGEST):
                raise ValueError(f"request({name}={short(value)}): must be above 0 and at most {_LONGEST:g} s from now")
        ends = math.inf if until is None and lasting is None else until if until is not None else now + (lasting or 0.0)
        made = PhaseRequest(app, self.light, wanted, ends, why)
        if wanted < 0:
            made.refused = f"no green phase has group {group}"
        elif layout.refusal:
            made.refused = layout.refusal
        elif not layout.phases[wanted].green:
            made.refused = f"phase {wanted} is no green phase"
        self._lights.ask(made)
        app.log(why, phase=wanted, granted=made.granted, refused=made.refused)
        return made

    def _checked(self, phase: int) -> int:
        count = len(self.layout.phases)
        if not is_whole(phase) or not 0 <= phase < max(count, 1):
            raise ValueError(f"request(phase={short(phase)}): must be a whole number within 0..{count - 1}")
        return int(phase)

    def _phase_of(self, group: int | None) -> int:
        if not isinstance(group, int) or not is_whole(group):
            raise ValueError(f"request(group={short(group)}): must be the number of a signal group")
        phases = self.phases_of(group)
        here = self.phase
        return here if here in phases else phases[0] if phases else -1


def asked_by(request: PhaseRequest) -> str:
    """Whose request it is, for people: the application's name and the unit's."""
    return f"{called(type(request.app))} at unit {request.app.unit.id}"
