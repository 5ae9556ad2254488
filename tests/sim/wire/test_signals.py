"""What lights are said to show, and until when: against their programs, and against what SUMO makes of them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.sim.children import in_child
from tests.sim.networks import EDGES, NODES, configure, netconvert
from tests.sim.numbers import Kind
from tests.sim.wire.cities import EPOCH
from wayside.edge.messages import Spatem, build
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.stations.packets import Packets
from wayside.sim.wire.junctions import Junction, groups_of
from wayside.sim.wire.lights import Lights
from wayside.sim.wire.programs import Course, Program
from wayside.sim.wire.signals import LATER, UNKNOWN, Announcements, Spats
from wayside.sim.world import Signals

CASES = ROOT.parent / "shared" / "cases"
LETTERS = {
    "stop-And-Remain": "r",
    "permissive-clearance": "y",
    "permissive-Movement-Allowed": "g",
    "protected-Movement-Allowed": "G",
}

Said = dict[int, tuple[str, float, float, float]]  # group -> letter; ends from now [s]: earliest, likely, latest


def read(octets: bytes, time: float) -> Said:
    """What a SPATEM says at a time [s]; a mark before it is of the next hour."""
    (intersection,) = build.decode("SPATEM", octets).value["spat"]["intersections"]
    found = {}
    for state in intersection["states"]:
        (event,) = state["state-time-speed"]
        marks = (event["timing"].get(name, UNKNOWN) for name in ("minEndTime", "likelyTime", "maxEndTime"))
        ends = [np.inf if mark >= LATER else (mark / 10 - time % 3600) % 3600 for mark in marks]
        found[state["signalGroup"]] = (LETTERS[event["eventState"]], *(round(end, 6) for end in ends))
    return found


phase = st.tuples(st.text("rygG", min_size=3, max_size=3), st.integers(1, 50))


@settings(max_examples=15, deadline=None)
@given(st.lists(phase, min_size=1, max_size=6), st.sampled_from([1, 5, 10, 20]), st.integers(0, 60), st.booleans())
def test_a_fixed_program(of: list[tuple[str, int]], step: int, offset: int, twice: bool) -> None:
    """In tenths of a second, SUMO stepping `step` of them: what is shown at each, and each group's own next change.

    SUMO's state is that of its step's begin: what a switch at the step's end brings, it tells after the next one. Where
    a second program has the same phases, nothing else is known.
    """
    states, durations = zip(*of, strict=True)
    signals = Signals(["a"], [3])
    columns = np.repeat(np.array(durations, np.float64)[:, None] / 10, 3, axis=1)
    programs = (Program("static", states, columns),) * (1 + twice)
    group_of = groups_of(states, 3)
    said = Announcements("etsi", EPOCH, signals, [Junction("a", 0, 3, group_of, (0.0, 0.0), programs=programs)])
    whole = [k for k, duration in enumerate(durations) for _ in range(duration)]
    shown = [whole[(k + offset) % len(whole)] for k in range(200 + 2 * len(whole) + sum(durations))]
    switches = np.cumsum(np.tile(durations, 2 + len(shown) // len(whole))) - offset
    for now in range(step, 200):
        if now % step == 0:
            at = now - 1
            signals.state[:] = np.frombuffer(states[shown[at]].encode(), np.int8)
            signals.next_switch[0] = switches[switches > at][0] / 10
        if now < 2 * step + 60:
            # Which of the phases that look alike it is, is known when the next has come.
            said.octets(np.array([1]), np.array([0], np.int32), now / 10)
            if len(set(states)) < len(states):
                continue
        found = read(bytes(said.octets(np.array([1]), np.array([0], np.int32), now / 10)[0]), now / 10)
        for link, group in enumerate(group_of.tolist()):
            letters = [states[k][link] for k in shown[now : now + len(whole) + 1]]
            end = next((k for k, letter in enumerate(letters) if letter != letters[0]), np.inf) / 10
            letter, earliest, likely, _ = found[group]
            assert letter == letters[0]
            if len(set(states)) == len(states):
                assert (earliest, likely) == (pytest.approx(end), pytest.approx(end))
            else:
                assert likely in (pytest.approx(end), np.inf)
                assert earliest > 0.0


def listened(what: str, changes: dict[str, object]) -> tuple[list[tuple[float, Said]], dict[float, str]]:
    """All SPATEMs of a run with one light, and its groups' letters by SUMO at each step, in the order of the groups."""
    said: list[tuple[float, Said]] = []
    truth: dict[float, str] = {}

    def hear(packets: Packets) -> None:
        if packets.kind == Kind.SPATEM:
            said.append((packets.time, read(packets.octets().one(0), packets.time)))

    with Simulation(Scenario.load(what).replace(changes), backend="libsumo") as simulation:
        simulation.exchange.listeners.append(hear)
        (junction,) = simulation.exchange.messages.junctions
        for tick in simulation:
            letters = dict(zip(junction.group_of.tolist(), tick.signals.text(0), strict=True))
            truth[tick.time] = "".join(letters[group] for group in sorted(letters))
    return said, truth


def checked(said: list[tuple[float, Said]], truth: dict[float, str], step: float, fixed: bool = True) -> dict[str, int]:
    """That each group is said to show what SUMO will tell of it, until it does not: how often each end was told.

    SUMO tells at T what is shown from T - step on. That a light that is not `fixed` has switched, nobody knows before:
    until then no end is told.
    """
    times = sorted(truth)
    told = {"earliest": 0, "likely": 0, "latest": 0}
    changes: dict[int, list[tuple[float, str]]] = {}
    for number in range(len(truth[times[0]])):
        runs = groupby(times, lambda time: truth[time][number])  # noqa: B023
        changes[number + 1] = [(next(run) - step, letter) for letter, run in runs]
    for time, groups in said:
        if time > times[-1] - step:
            continue
        for group, (letter, *ends) in groups.items():
            now = max((at for at in changes[group] if at[0] <= time + 1e-6), default=changes[group][0])
            after = next((at for at, _ in changes[group] if at > time + 1e-6), np.inf)
            if letter != now[1] and not fixed:
                assert now[0] >= time - step
                assert ends[0] == ends[1] == np.inf, (time, group)
                continue
            assert letter == now[1], (time, group)
            for name, end in zip(told, ends, strict=True):
                told[name] += end < np.inf
                if after == np.inf or end == np.inf:
                    continue
                if name == "earliest":
                    assert time + end <= after + 1e-6, (time, group)
                elif name == "latest":
                    assert time + end >= after - 1e-6 - step, (time, group)
                else:
                    assert time + end == pytest.approx(after), (time, group)
    return told


@pytest.mark.skipif(not CASES.exists(), reason="the cases are not in this checkout")
@pytest.mark.parametrize(("case", "step"), [("spat_step1", 1.0), ("spat_red_countdown", 0.1)])
def test_the_cases(case: str, step: float) -> None:
    said, truth = in_child(listened, str(CASES / case / "s.toml"), {"scenario.end": 130.0})
    told = checked(said, truth, step)
    assert told["likely"] == told["earliest"] > 1000


@pytest.mark.parametrize("kind", ["actuated", "delay_based"])
def test_lights_that_follow_the_traffic(tmp_path: Path, kind: str) -> None:
    """An end is told as it is bounded; nothing that does not come true."""
    options = ("--tls.default-type", kind, "--tls.min-dur", "6", "--tls.max-dur", "25")
    netconvert(tmp_path, NODES, EDGES, *options)
    flow = '<flow id="{}" begin="0" end="90" probability="{}"><route edges="{}"/></flow>'
    routes = flow.format("w", 0.25, "in out") + flow.format("n", 0.1, "down home") + flow.format("e", 0.1, "back home")
    config = configure(tmp_path, routes, end=60, step_length=1)
    said, truth = in_child(listened, str(config), {"v2x.origin": (31.0, 121.0)})
    told = checked(said, truth, 1.0, fixed=False)
    assert min(told["earliest"], told["latest"]) > 100


@pytest.mark.parametrize(("kind", "chain"), [("NEMA", True), ("actuated", False)])
def test_of_other_lights_only_the_next_switch_is_known(kind: str, chain: bool) -> None:
    program = Program(kind, ("Gr", "rG"), np.array([[5.0, 20.0, 30.0]] * 2), chain)
    course = Course([program], np.array([0, 1]))
    shown, _, ends = course.follow("Gr", 12.0, 3.0)
    assert (shown, ends.earliest.tolist(), ends.likely.tolist()) == ("Gr", [12.0, 12.0], [np.inf, np.inf])
    assert np.isinf(ends.latest).all()
    assert np.isinf(course.follow("Gr", 12.0, 12.0)[2].earliest).all()


def test_lights_of_as_many_groups_differ_in_length() -> None:
    """A light that tells latest ends says more than a fixed one of as many groups: each has a length of its own."""
    states, durations = ("Gr", "rG"), np.array([[5.0, 20.0, 30.0]] * 2)
    groups = groups_of(states, 2)
    junctions = [
        Junction(id, number, 2, groups, (0.0, 0.0), programs=(Program(kind, states, durations),))
        for number, (id, kind) in enumerate((("a", "static"), ("b", "actuated"), ("c", "static")))
    ]
    signals = Signals(["a", "b", "c"], [2, 2, 2])
    signals.state[:] = np.frombuffer(b"GrGrGr", np.int8)
    signals.next_switch[:] = 12.0
    spats = Spats(Lights("etsi", EPOCH, None, [], None, None, signals, junctions))  # type: ignore[arg-type]
    told = [spats.say(0, Spatem(light), 1.0).length for light in range(3)]
    assert told == [len(spats.encode(0, Spatem(light), 1.0)) for light in range(3)]
    assert told[0] == told[2] < told[1]


def test_the_planted_past_is_found() -> None:
    """The judge sees a state that is told a second too long, and an end that is not the group's own."""
    truth = {float(k): "G" if k <= 5 else "y" for k in range(1, 12)}
    right: list[tuple[float, Any]] = [(4.5, {1: ("G", 0.5, 0.5, np.inf)}), (5.0, {1: ("y", np.inf, np.inf, np.inf)})]
    checked(right, truth, 1.0)
    for wrong in ((5.4, {1: ("G", 0.5, 0.5, np.inf)}), (2.0, {1: ("G", 1.0, 1.0, np.inf)})):
        with pytest.raises(AssertionError):
            checked([wrong], truth, 1.0)
