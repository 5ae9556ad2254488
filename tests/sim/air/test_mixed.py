"""Several radios as one: the contract of any radio, and that stations of different ones do not meet."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sim.air import test_contract as contract
from tests.sim.air.towns import chatter, line, site, town
from wayside.ext.arrays import Bytes, Doubles
from wayside.sim.air import RECEIVED, Carried, Outgoing, Radio, RadioContext
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.air.mixed import Mixed
from wayside.sim.scenario.sections import Air

MIXES = [("itsg5", "lte-v2x"), ("nr-v2x", "itsg5", "uu"), ("ideal", "uu"), ("lte-v2x", "ideal")]
IN_TURN = np.arange(500) % 2
SLOTS = contract.test_the_order_of_the_slots_does_not_matter  # has its like below: radios go by slot there
PROMISES = [
    promise
    for name, promise in vars(contract).items()
    if name.startswith("test_") and "make" in inspect.signature(promise).parameters and promise is not SLOTS
]


def mixed(names: Sequence[str], of: RadioContext, own: NDArray[np.integer] | None = None) -> Mixed:
    """These radios, each with chances of its own; own: each vehicle's, by slot."""
    column = (np.arange(500) % len(names) if own is None else own).astype(np.uint8)
    radios = [contract.load(name)(replace(of, seed=of.seed + 100 * k)) for k, name in enumerate(names)]
    return Mixed(radios, lambda: column)


@pytest.mark.parametrize("names", MIXES, ids="+".join)
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__[5:])
@pytest.mark.parametrize("uu", ["off", "field"])
def test_it_keeps_the_promises_of_radios(
    names: tuple[str, ...], promise: Callable[[contract.Make], None], uu: str
) -> None:
    if uu == "field" and "uu" not in names:
        return

    def make(of: RadioContext) -> Radio:
        # Who is off and who is on in the contract's short lines of vehicles is told by slot: the same radio for these.
        return mixed(names, replace(of, uu=uu), (np.arange(500) // 3) % len(names))

    promise(make)


@pytest.mark.parametrize("planted", [False, True])
def test_who_is_on_another_radio_is_not_heard(planted: bool) -> None:
    own = np.zeros_like(IN_TURN) if planted else IN_TURN
    where = town(mixed(("itsg5", "lte-v2x"), site(), own), n=80)
    where.radio.trace(True)
    random = np.random.default_rng(2)
    met, of_unit, at_unit = 0, set(), set()
    for _ in range(8):
        where.tick(*chatter(where, random), move=1.0)
        fates = where.fates()
        sender, receiver = where.out.sender[fates.packet] - where.units, fates.receiver - where.units
        both = (sender >= 0) & (receiver >= 0)
        met += int((sender[both] % 2 != receiver[both] % 2).sum())
        got = fates.fate == RECEIVED
        of_unit |= set((receiver[got & (sender < 0)] % 2).tolist())
        at_unit |= set((sender[got & (receiver < 0)] % 2).tolist())
    assert (met > 0) == planted
    assert of_unit == at_unit == {0, 1}


@pytest.mark.parametrize("k", [0, 1])
def test_stations_of_other_radios_disturb_nothing(k: int) -> None:
    """What the vehicles of one radio send arrives, bit by bit, as it does where the others are switched off."""
    names, air = ("itsg5", "lte-v2x"), Air(size=300)
    joint = town(mixed(names, site(air), IN_TURN), n=200)
    alone = town(contract.load(names[k])(site(air, 1 + 100 * k)), n=200)
    alone.on = (joint.on * (IN_TURN[:200] == k)).astype(np.uint8)
    for where in (joint, alone):
        where.radio.trace(True)
        where.tall[:] = 0  # all vehicles are in the way, whatever radio they have, and a share of trucks would differ
    for tick in range(6):
        found = []
        for where in (joint, alone):
            carried = where.tick({**joint.speak(), "named": True}, move=1.0)
            done = np.isfinite(carried.delay) & (IN_TURN[where.out.sender - where.units] == k)
            fates = where.fates()
            mine = done[fates.packet]
            id = where.out.id
            found.append(
                (
                    [column[done].tolist() for column in (id, carried.at_vehicles, carried.at_units, carried.delay)],
                    [column[mine].tolist() for column in (id[fates.packet], fates.receiver, fates.fate)],
                )
            )
        assert found[0] == found[1], tick
        assert len(found[0][1][0]) > 500
    own = np.concatenate((np.full(3, k), IN_TURN[:200])) == k
    assert joint.radio.busy_ratio is not None
    assert alone.radio.busy_ratio is not None
    there = own & (np.arange(203) >= 3)
    assert joint.radio.busy_ratio[there].tolist() == alone.radio.busy_ratio[there].tolist()
    assert alone.radio.busy_ratio[there].max() > 0.0


def test_the_order_of_the_slots_does_not_matter() -> None:
    """Vehicles come one by one, into these slots or those, each with the radio that it had."""
    n = 14
    x = np.random.default_rng(4).uniform(-200, 200, n)
    heard = []
    for slots in (np.arange(n), np.random.default_rng(5).permutation(n)):
        vehicle = np.argsort(slots)
        where = line(mixed(("itsg5", "lte-v2x"), site(), vehicle % 2), [0.0] * n, (0.0,), on=[0] * n)
        where.x[slots] = x
        where.radio.trace(True)
        for k in range(n):
            where.on[slots[k]] = 1
            where.tick()
        found = set()
        for tick in range(3):
            where.tick(where.speak(), {"sender": np.zeros(1, np.int32), "size": 300})
            fates = where.fates()
            sender = where.out.sender[fates.packet]
            for p, r, fate in zip(sender.tolist(), fates.receiver.tolist(), fates.fate.tolist(), strict=True):
                if fate == RECEIVED:
                    found.add((tick, int(vehicle[p - 1]) if p else -1, int(vehicle[r - 1]) if r else -1))
        heard.append(found)
    assert heard[0] == heard[1]
    assert len(heard[0]) > n


def test_an_answer_goes_on_its_receivers_radio_alone() -> None:
    where = line(mixed(("itsg5", "lte-v2x"), site(), IN_TURN), [10.0, 20.0, 30.0, 40.0], (0.0,))
    for to, count in ((1, 1), (2, 1)):
        before = [radio.tally.sum() for radio in where.radio.radios]  # type: ignore[attr-defined]
        packet = {"sender": np.zeros(1, np.int32), "to": np.array([to], np.int32), "category": 1}
        assert where.outcome(packet) == ([count], [0])
        after = [radio.tally.sum() for radio in where.radio.radios]  # type: ignore[attr-defined]
        assert [b > a for a, b in zip(before, after, strict=True)] == [to == 1, to == 2]
    # From one radio to the other there is no way.
    across = {"sender": np.array([1, 1], np.int32), "to": np.array([2, 3], np.int32)}
    assert where.outcome(across) == ([0, 1], [0, 0])


class Slow(IdealRadio):
    """A packet takes so many ticks, and arrives at whoever is there then."""

    def __init__(self, of: RadioContext, ticks: int) -> None:
        super().__init__(of)
        self.ticks = ticks
        self.delay = 0.1 * ticks
        self.age: dict[int, int] = {}

    def carry(self, out: Outgoing) -> Carried:
        for id in out.id.tolist():
            self.age[id] = self.age.get(id, -1) + 1
        late = np.array([self.age[id] < self.ticks for id in out.id.tolist()], bool)
        out.radius = np.where(late, 0.0, out.radius)
        carried = super().carry(out)
        delay = np.where(late, np.nan, self.delay).astype(np.float32)
        return carried._replace(delay=delay, pending=np.flatnonzero(late))


@pytest.mark.parametrize("tick", [0, 1])
@pytest.mark.parametrize("gone", [None, 2, 3])
def test_a_packet_on_two_radios_is_done_when_both_are(gone: int | None, tick: int) -> None:
    """Even slots get it at once, odd ones after two ticks; meanwhile one vehicle leaves, and another takes its slot."""
    radio = Mixed([IdealRadio(site()), Slow(site(), 2)], lambda: IN_TURN.astype(np.uint8))
    where = line(radio, [10.0 * k for k in range(8)], (0.0,))
    where.radio.trace(True)
    packet = {"sender": np.zeros(1, np.int32), "named": tick == 0, "radius": 65.0}
    for passed in range(2):
        if passed == 1 and tick == 0 and gone is not None:
            where.on[gone] = 0
        carried = where.tick(*([packet] if passed == 0 else []))
        assert carried.pending.tolist() == [0]
        assert not carried.at_vehicles.any()
        assert np.isnan(carried.delay).all()
        assert not len(carried.vehicles.packet)
        assert not len(where.fates().packet)
    if gone is not None:
        where.on[gone] = tick == 0
    carried = where.tick()
    # Who has it on the fast radio and leaves has it no more; on the slow one all that counts is who is there at last.
    missing = gone if gone == 2 or tick == 1 else None
    expected = [slot for slot in range(7) if slot != missing]
    assert carried.at_vehicles.tolist() == [len(expected)]
    assert carried.vehicles.receiver.tolist() == (expected if tick == 0 else [])  # counted at least
    assert carried.delay.tolist() == pytest.approx([0.2])
    assert not len(carried.pending)
    fates = where.fates()
    assert (fates.receiver - 1).tolist() == expected
    assert (fates.fate == RECEIVED).all()
    assert not len(where.tick().at_vehicles)


def test_what_is_told_late_holds_when_it_is_told() -> None:
    """Who has left the radius by then does not count; a packet that one radio drops is late by the other one."""
    slow = Slow(site(), 1)
    where = line(Mixed([IdealRadio(site()), slow], lambda: IN_TURN.astype(np.uint8)), [59.0, 20.0], (0.0,))
    packet = {"sender": np.zeros(1, np.int32), "named": True, "radius": 65.0}
    assert where.tick(packet).pending.tolist() == [0]
    assert where.tick(move=10.0).vehicles.receiver.tolist() == [1]
    where.tick(packet)
    slow.delay = np.nan
    carried = where.tick()
    assert carried.delay.tolist() == [0.0]


def test_all_vehicles_are_in_the_way_of_all() -> None:
    """Whatever their radio; where nobody tells who is on the road, those that are on the air."""
    seen = []

    class Watch(IdealRadio):
        def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
            assert there is not None
            seen.append((on.tolist(), there.tolist()))

    on, off = np.array([1, 1, 1, 0], np.uint8), np.zeros(4, np.uint8)
    radio = Mixed([Watch(site()), Watch(site())], lambda: IN_TURN.astype(np.uint8))
    radio.place_vehicles(np.zeros(4), np.zeros(4), on, off)
    radio.place_vehicles(np.zeros(4), np.zeros(4), on, off, np.ones(4, np.uint8))
    mine = [[1, 0, 1, 0], [0, 1, 0, 0]]
    assert seen == [(m, [1, 1, 1, 0]) for m in mine] + [(m, [1, 1, 1, 1]) for m in mine]


def test_who_receives_twice_counts_once() -> None:
    """Units hear one another by Uu, here by two of it."""
    where = line(mixed(("uu", "uu"), site(), IN_TURN), [10.0, 20.0], (0.0, 50.0))
    where.radio.trace(True)
    alone = line(contract.load("uu")(site()), [10.0, 20.0], (0.0, 50.0))
    packet = {"sender": np.zeros(1, np.int32), "named": True}
    assert where.outcome(packet) == alone.outcome(packet) == ([2], [1])
    assert where.fates().receiver.tolist() == [1, 2, 3]


def test_figures_of_the_channels() -> None:
    where = town(mixed(("itsg5", "lte-v2x", "ideal"), site(), np.arange(500) % 3), n=150)
    for _ in range(4):
        where.tick(where.speak())
    busy, radio = where.radio.busy_ratio, where.radio
    assert isinstance(radio, Mixed)
    assert busy is not None
    its, lte = (radio.radios[k].busy_ratio for k in (0, 1))
    assert its is not None
    assert lte is not None
    assert radio.radios[2].busy_ratio is None
    assert busy[:3].tolist() == np.maximum(its, lte)[:3].tolist()
    for k, ratio in enumerate((its, lte, np.zeros_like(its))):
        assert busy[3:][k::3].tolist() == ratio[3:][k::3].tolist()
    tallies = [radio.radios[k].tally for k in (0, 1)]
    assert radio.tally is not None
    assert radio.tally.tolist() == (tallies[0] + tallies[1]).tolist()  # type: ignore[operator]
    ratio, on_it = radio.channel(1)
    assert ratio is not None
    assert ratio.tolist() == lte.tolist()
    assert on_it[:3].all()
    assert np.flatnonzero(on_it[3:]).tolist() == list(range(1, 150, 3))
    nothing = line(mixed(("ideal", "uu"), site()), [0.0])
    assert nothing.radio.busy_ratio is None
    assert nothing.radio.tally is None
