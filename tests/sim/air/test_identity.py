"""To whom chance belongs: to the vehicle, whatever else has happened on the air."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim.air.towns import line
from wayside.sim.air import FATES, Outgoing, Radio, RadioContext
from wayside.sim.air.identity import Identities
from wayside.sim.air.itsg5 import ItsG5Radio
from wayside.sim.air.lte_v2x import LteV2xRadio, NrV2xRadio
from wayside.sim.air.uu import UuRadio
from wayside.sim.scenario.sections import Air

PROPAGATION = FATES.index("propagation")
ANNA, BERT, CARL = np.uint64(11), np.uint64(22), np.uint64(33)


def site(who: np.ndarray, profile: str = "off") -> RadioContext:
    return RadioContext(
        300.0, Air(), 1, tuple, profile, identity=lambda: who, unit_identity=lambda: np.array([7], np.uint64)
    )


def test_a_vehicle_is_the_same_whoever_came_before_and_whatever_its_slot() -> None:
    first, second = np.array([ANNA, BERT, CARL]), np.array([CARL, ANNA])
    one, other = Identities(site(first)), Identities(site(second))
    anna, carl = one.came(np.array([0])), one.came(np.array([2]))
    assert other.came(np.array([0, 1])).tolist() == [*carl.tolist(), *anna.tolist()]


def test_who_comes_back_is_another_station_and_so_is_the_next_in_its_slot() -> None:
    who = np.array([ANNA])
    identities = Identities(site(who))
    seen = [int(identities.came(np.array([0]))[0]) for _ in range(3)]
    who[0] = BERT
    seen.append(int(identities.came(np.array([0]))[0]))
    assert len(set(seen)) == 4
    assert seen[3] == int(Identities(site(np.array([BERT]))).came(np.array([0]))[0])


def test_where_nobody_is_told_apart_stations_are_numbered_as_they_come() -> None:
    identities = Identities(RadioContext(300.0, Air(), 1, tuple))
    assert identities.units(2).tolist() == [1, 2]
    assert identities.came(np.array([5, 6])).tolist() == [3, 4]


def fates(order: list[int], denms: int, ticks: int = 30) -> dict[tuple[int, int, int], tuple[float, bool]]:
    """Of 40 vehicles' CAMs on a lossy network: by tick, sender and receiver, the delay and whether it was lost.

    order: which vehicle is in which slot; so many DENMs of a unit go before the CAMs in each tick.
    """
    who = np.array(order, np.uint64) * np.uint64(7919)
    radio = UuRadio(site(who, "field"))
    radio.place_units(np.zeros(1), np.zeros(1), np.ones(1, np.uint8))
    radio.trace(True)
    n, out, pending = len(order), Outgoing(1), np.empty(0, np.intp)
    made: dict[int, tuple[int, int]] = {}
    found = {}
    sent = 0
    for tick in range(ticks):
        radio.place_vehicles(np.arange(n) * 1.0, np.zeros(n), np.ones(n, np.uint8), np.zeros(n, np.uint8))
        out.begin(pending)
        for _ in range(denms):
            out.add(np.zeros(1, np.int32), np.full(1, 100, np.int32), 0, -1, np.inf, False, False, 1)
        slots = np.arange(n, dtype=np.int32)
        out.add(slots + np.int32(1), np.full(n, 200, np.int32), 2, -1, np.inf, True, False, 0)
        out.close()
        for slot, row in zip(slots.tolist(), range(len(out) - n, len(out)), strict=True):
            made[int(out.id[row])] = (tick, order[slot])
        carried = radio.carry(out)
        done = np.setdiff1d(np.arange(len(out)), carried.pending)
        done = done[[int(out.id[row]) in made for row in done.tolist()]]
        packet, receiver, fate = radio.recall(done)
        for row, station, what in zip(done[packet].tolist(), receiver.tolist(), fate.tolist(), strict=True):
            when, sender = made[int(out.id[row])]
            hearer = -1 if station == 0 else order[station - 1]
            found[when, sender, hearer] = float(carried.delay[row]), what != 0
        pending = carried.pending
        sent += n
    return found


@pytest.mark.parametrize(("other", "denms"), [(False, 1), (True, 0), (True, 2)])
def test_one_more_message_and_another_order_change_no_cams_fate(other: bool, denms: int) -> None:
    order = list(range(1, 41))
    before = fates(order, 0)
    after = fates(order[::-1] if other else order, denms)
    assert len(before) > 30_000
    assert any(lost for _, lost in before.values())
    np.testing.assert_equal(after, before)


def test_a_planted_draw_by_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UuRadio, "_keys", lambda self, out, new, who: out.id[new].astype(np.uint64))
    with pytest.raises(AssertionError):
        test_one_more_message_and_another_order_change_no_cams_fate(False, 1)


def heard(kind: type[Radio], more_at: int) -> list[tuple[float, list[tuple[int, int]]]]:
    """By tick: how late a unit's packet is and its fate at each receiver on a road where many are too far.

    In one tick the unit says two more.
    """
    x = np.sort(np.random.default_rng(3).uniform(-700.0, 700.0, 12))
    weak = replace(site(np.arange(1, 13, dtype=np.uint64)), air=Air(unit_power=3.0))
    radio = kind(weak)  # type: ignore[call-arg]
    where = line(radio, x.tolist(), (0.0,))
    where.radio.trace(True)
    beacons: dict[int, int] = {}
    found: dict[int, tuple[float, list[tuple[int, int]]]] = {}
    for tick in range(40):
        beacon = {"sender": np.zeros(1, np.int32)}
        carried = where.tick(*[beacon] * (3 if tick == more_at else 1))
        beacons[int(where.out.id[-1])] = tick
        traces = where.fates()
        for row, packet in enumerate(where.out.id.tolist()):
            if packet in beacons and row not in carried.pending:
                mine = traces.packet == row
                fates = zip(traces.receiver[mine].tolist(), traces.fate[mine].tolist(), strict=True)
                found[beacons[packet]] = float(carried.delay[row]), sorted(fates)
    return [found[tick] for tick in range(30)]


@pytest.mark.parametrize("kind", [ItsG5Radio, LteV2xRadio, NrV2xRadio])
def test_what_a_station_says_besides_changes_none_of_its_later_luck(kind: type[Radio]) -> None:
    """Its packets draw by when they come up, not by how many it has sent before."""
    quiet, more = heard(kind, -9), heard(kind, 10)
    assert quiet[:10] == more[:10]
    assert [fates for _, fates in quiet[14:]] == [fates for _, fates in more[14:]]
    slot = 13e-6 if kind is ItsG5Radio else 0.0  # s; slots are counted from the end of the last frame
    np.testing.assert_allclose([late for late, _ in quiet[14:]], [late for late, _ in more[14:]], rtol=0, atol=slot)
    fates = [fate for _, rows in quiet for _, fate in rows]
    assert 0.01 < np.mean(np.array(fates) == PROPAGATION) < 0.9, "there is chance in it"
    if kind is not ItsG5Radio:
        assert len({late for late, _ in quiet}) > 10, "and in the resources"
