"""What every radio must do, whatever it models: the promises of `wayside.sim.air.Radio`."""

import importlib
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.sim.air.towns import Town, chatter, line, site, town
from wayside.sim.air import RECEIVED, Carried, Radio, RadioContext
from wayside.sim.air.analytic.radio import ClosedForm
from wayside.sim.scenario.sections import Air

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
RADIOS: dict[str, str] = PROJECT["entry-points"]["wayside.radio"]
Make = Callable[[RadioContext], Radio]


def load(name: str) -> Make:
    """A radio by the name it has in a scenario."""
    module, _, of_class = RADIOS[name].partition(":")
    found: Make = getattr(importlib.import_module(module), of_class)
    return found


@pytest.fixture(params=sorted(RADIOS))
def make(request: pytest.FixtureRequest) -> Make:
    """Each radio that is registered."""
    return load(request.param)


def as_bytes(carried: Carried, where: Town) -> bytes:
    """All that a radio says of a tick."""
    traces = where.fates()
    columns = (*carried[:2], *carried.units, *carried.vehicles, *carried[4:], *traces)
    return b"".join(np.ascontiguousarray(column).tobytes() for column in columns)


def conserve(where: Town, carried: Carried) -> None:
    """AssertionError unless counts, deliveries and traces of a tick are those of the same world."""
    out, n = where.out, len(where.out)
    units = where.units
    fates = where.fates()
    got = fates.fate == RECEIVED
    packet, receiver = fates.packet[got], fates.receiver[got]
    assert np.array_equal(np.bincount(packet[receiver >= units], minlength=n), carried.at_vehicles)
    assert np.array_equal(np.bincount(packet[receiver < units], minlength=n), carried.at_units)
    pairs = list(zip(packet.tolist(), receiver.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    everyone = out.to < 0
    told = {(p, u) for p, u in zip(*(column.tolist() for column in carried.units), strict=True) if everyone[p]}
    assert told == {(p, r) for p, r in pairs if r < units and everyone[p]}
    named = everyone & (out.named == 1)
    told = {
        (p, s + units) for p, s in zip(*(column.tolist() for column in carried.vehicles), strict=True) if everyone[p]
    }
    assert told == {(p, r) for p, r in pairs if r >= units and named[p]}
    for deliveries in (carried.units, carried.vehicles):
        of_each = np.argsort(deliveries.receiver, kind="stable")
        np.testing.assert_array_equal(of_each, np.lexsort((deliveries.packet, deliveries.receiver)))
    # Nobody receives its own; who is off hears nothing; none beyond the radius; a unicast reaches the one it is for.
    x, y = where.everywhere
    sender = out.sender[packet]
    assert (receiver != sender).all()
    assert where.listening[receiver].all()
    assert (np.hypot(x[receiver] - x[sender], y[receiver] - y[sender]) <= out.radius[packet] + 1e-6).all()
    to = out.to[packet]
    assert ((to < 0) | (to == receiver)).all()
    # What is pending has arrived nowhere yet.
    assert np.isnan(carried.delay[carried.pending]).all()
    assert not carried.at_vehicles[carried.pending].any()
    assert not carried.at_units[carried.pending].any()
    late = carried.delay[np.isfinite(carried.delay)]
    assert (late >= 0.0).all()
    arrived = carried.at_vehicles + carried.at_units > 0
    assert np.isfinite(carried.delay[arrived]).all()


def test_what_arrives_is_counted_named_and_told(make: Make) -> None:
    where = town(make(site()))
    where.radio.trace(True)
    random = np.random.default_rng(2)
    arrived = 0
    for _ in range(8):
        carried = where.tick(*chatter(where, random), move=1.4)
        conserve(where, carried)
        arrived += carried.at_vehicles.sum() + carried.at_units.sum()
    assert arrived > 1000


def test_no_packet_is_lost_or_told_twice_across_ticks(make: Make) -> None:
    where = town(make(site()), n=150)
    where.radio.trace(True)
    random = np.random.default_rng(2)
    ended: list[int] = []
    pairs: list[tuple[int, int]] = []
    for tick in range(12):
        packets = chatter(where, random) if tick < 6 else []
        carried = where.tick(*packets, move=1.0)
        done = np.ones(len(where.out), bool)
        done[carried.pending] = False
        ended += where.out.id[done].tolist()
        fates = where.fates()
        pairs += zip(where.out.id[fates.packet].tolist(), fates.receiver.tolist(), strict=True)
    assert not len(where.pending)
    assert sorted(ended) == list(range(int(where.out._next)))
    assert len(set(pairs)) == len(pairs)


def test_the_same_bytes_again_and_on_two_threads(make: Make) -> None:
    outcomes = []
    for threads, seed in ((1, 1), (1, 1), (2, 1), (1, 2)):
        # A closed form has no threads, and works a curve out for each kind of surroundings.
        radio = make(site(Air(threads=threads), seed))
        where = town(radio, n=100 if isinstance(radio, ClosedForm) else 400)
        where.radio.trace(True)
        random = np.random.default_rng(3)
        outcomes.append([as_bytes(where.tick(*chatter(where, random), move=1.4), where) for _ in range(4)])
    assert outcomes[0] == outcomes[1] == outcomes[2]
    if where.radio.tally is not None:
        assert outcomes[0] != outcomes[3]  # what loses packets draws other chances with another seed


def test_the_order_of_the_slots_does_not_matter(make: Make) -> None:
    """Vehicles come on the air one by one, into these slots or those: the same ones hear each other."""
    n = 12
    x = np.random.default_rng(4).uniform(-200, 200, n)
    heard = []
    for slots in (np.arange(n), np.random.default_rng(5).permutation(n)):
        where = line(make(site()), [0.0] * n, (0.0,), on=[0] * n)
        where.x[slots] = x
        vehicle = np.argsort(slots)
        where.radio.trace(True)
        for k in range(n):
            where.on[slots[k]] = 1
            where.tick()
        found: set[tuple[int, int, int]] = set()
        for tick in range(3):
            where.tick(where.speak())
            fates = where.fates()
            got = fates.fate == RECEIVED
            for p, r in zip(where.out.sender[fates.packet[got]].tolist(), fates.receiver[got].tolist(), strict=True):
                found.add((tick, int(vehicle[p - 1]), int(vehicle[r - 1]) if r else -1))
        heard.append(found)
    assert heard[0] == heard[1]
    assert len(heard[0]) > n


def test_who_is_off_neither_sends_nor_hears(make: Make) -> None:
    where = line(make(site()), [10.0, 20.0, 30.0], (0.0,), on=[1, 0, 1])
    where.radio.trace(True)
    assert where.outcome({"sender": np.array([1, 2, 3], np.int32)}) == ([1, 0, 1], [1, 0, 1])


def test_a_unit_that_is_switched_off(make: Make) -> None:
    where = line(make(site()), [10.0], (0.0, 30.0))
    assert where.outcome(where.speak()) == ([0], [2])
    where.unit_on[1] = 0
    where.radio.place_units(where.unit_x, where.unit_y, where.unit_on)
    assert where.outcome(where.speak()) == ([0], [1])


def test_a_tick_without_packets_and_a_world_without_stations(make: Make) -> None:
    where = line(make(site()), [10.0], (0.0,))
    carried = where.tick()
    assert [len(column) for column in (carried.at_vehicles, carried.delay, carried.pending)] == [0, 0, 0]
    empty = line(make(site()), [])
    assert len(empty.tick().at_vehicles) == 0


def test_the_channel_is_measured_for_every_station(make: Make) -> None:
    where = town(make(site()), n=100)
    for _ in range(3):
        where.tick(where.speak())
    busy = where.radio.busy_ratio
    if busy is None:
        return
    assert busy.shape == (103,)
    assert ((busy >= 0.0) & (busy <= 1.0)).all()
    assert busy[:2].min() > 0.0
    tally = where.radio.tally
    assert tally is not None
    assert tally.shape[1] == 6
    assert tally[:, RECEIVED].sum() > 0


def test_the_checks_can_fail() -> None:
    """Planted errors: one's own packet received, one delivery too many, one beyond the radius."""
    where = town(load("itsg5")(site()))
    where.radio.trace(True)
    carried = where.tick(*chatter(where, np.random.default_rng(2)))
    conserve(where, carried)
    counts = carried.at_vehicles.copy()
    counts[0] += 1
    for wrong in (
        carried._replace(at_vehicles=counts),
        carried._replace(units=carried.vehicles),
        carried._replace(pending=np.array([0])),
    ):
        with pytest.raises(AssertionError):
            conserve(where, wrong)
    where.out.sender[:] = where.fates().receiver[0]
    with pytest.raises(AssertionError):
        conserve(where, carried)
