"""Sidelink resources: several sub-channels, one-shot packets, reservations that grow, theory of random selection."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from tests.ext.radio_doubles import CLEAN, SOFT, attach, links, place
from wayside.ext.arrays import Doubles
from wayside.ext.sps import Sps

RECEIVED, HALF_DUPLEX, SENSITIVITY, BUSY, PROPAGATION, COLLISION = range(6)


class Sent(NamedTuple):
    slot: dict[int, int]  # by tag; -1: dropped
    spent: dict[int, int]
    receivers: dict[int, list[int]]


def carrier(**more: object) -> Sps:
    settings_: dict[str, object] = {"errors": [CLEAN], "noise": -101.0, "bin_m": 100.0, "bins": 12, "seed": 1}
    return Sps(**(settings_ | more))  # type: ignore[arg-type]


def stand(access: Sps, x: ArrayLike, y: ArrayLike = 0.0, mw: float = 200.0) -> Sps:
    px = np.array(x, np.float64)
    air = links()
    place(air, px, np.broadcast_to(np.asarray(y, np.float64), px.shape), mw=mw)
    attach(access, air, len(px))
    return access


def send(
    access: Sps,
    station: ArrayLike,
    arrival: int,
    tag: ArrayLike,
    width: ArrayLike = 1,
    once: ArrayLike = 1,
    life: int = 10**6,
) -> None:
    who = np.atleast_1d(np.array(station, np.int32))
    n = len(who)
    columns = [np.broadcast_to(np.asarray(value), n) for value in (once, tag, width)]
    at = np.full(n, arrival, np.int64)
    access.submit(
        who,
        np.zeros(n, np.int32),
        at,
        at + life,
        columns[0].astype(np.uint8),
        columns[1].astype(np.int64),
        columns[2].astype(np.int32),
    )


def until(access: Sps, slot: int) -> Sent:
    (tags, to), (done, sent, spent, _) = access.advance(slot)
    receivers: dict[int, list[int]] = {tag: [] for tag in done.tolist()}
    for tag, station in zip(tags.tolist(), to.tolist(), strict=True):
        receivers[tag].append(station)
    return Sent(
        dict(zip(done.tolist(), sent.tolist(), strict=True)),
        dict(zip(done.tolist(), spent.tolist(), strict=True)),
        receivers,
    )


def circle(n: int, radius: float = 300.0) -> tuple[Doubles, Doubles]:
    """A station in the middle, the others around it."""
    turn = 2.0 * np.pi * np.arange(n) / n
    return np.append(0.0, radius * np.cos(turn)), np.append(0.0, radius * np.sin(turn))


# Theory


@pytest.mark.parametrize(("rank", "channels"), [(True, 1), (True, 3), (False, 2)])
def test_packets_sent_once_meet_as_random_ones_do(rank: bool, channels: int) -> None:
    """Nobody knows of anybody: n packets over N resources, of which each finds itself alone with (1 - 1/N)^(n - 1)."""
    n, window, seeds = 60, 40, 60
    collided = deaf = 0
    for seed in range(seeds):
        access = stand(
            carrier(channels=channels, t2=window, period=window, window=window, rank=rank, seed=seed), *circle(n)
        )
        send(access, np.arange(1, n + 1), 0, np.arange(n))
        found = until(access, window + 2)
        collided += sum(0 not in got for got in found.receivers.values())  # two equally strong ones: neither is read
        deaf += int(access.tally()[:, HALF_DUPLEX].sum())
    trials, alone = n * seeds, (1.0 - 1.0 / (window * channels)) ** (n - 1)
    assert collided / trials == pytest.approx(1.0 - alone, abs=4.0 * np.sqrt(2.0 * alone * (1.0 - alone) / trials))
    meetings = (n - 1) / window  # of one packet with others in the same slot, whatever the sub-channel
    assert deaf / trials == pytest.approx(meetings, abs=4.0 * np.sqrt(2.0 * meetings / trials))


def share_of_collisions(reserved: int, trials: int, **more: object) -> tuple[float, float]:
    """One station among many with reservations sends now and then: how often it hits one, and how often theory says.

    Of N resources F are free. The best fifth is chosen from: F free ones and N/5 - F others as soon as F < N/5, because
    the threshold then rises until all others, equally loud, come in at once.
    """
    period, every = 100, 300
    access = carrier(channels=1, keep=1.0, counters=(10**6, 10**6), **more)
    x, y = circle(reserved)
    stand(access, np.append(x, 1.0), np.append(y, 0.0))
    holders = np.arange(1, reserved + 1)
    sender, tag, hits = reserved + 1, 10**6, 0
    taken: set[int] = set()
    for k in range(12 + 3 * trials):
        send(access, holders, period * k, np.arange(reserved) + reserved * k, once=0, life=period)
        if k >= 12 and k % 3 == 0:
            send(access, sender, period * k, tag + k)
        found = until(access, period * (k + 1))
        mine = {t: slot for t, slot in found.slot.items() if t >= tag}
        taken = {slot % period for t, slot in found.slot.items() if t < tag and slot >= 0} if k == 11 else taken
        hits += sum(slot % period in taken for slot in mine.values())
    free, need = period - len(taken), period // 5
    assert every == 3 * period
    return hits / trials, max(0.0, 1.0 - free / need)


@pytest.mark.parametrize("reserved", [60, 85, 95])
def test_collisions_with_reservations_follow_the_best_fifth(reserved: int) -> None:
    trials = 150
    seen, theory = share_of_collisions(reserved, trials)
    assert seen == pytest.approx(theory, abs=4.0 * np.sqrt(theory * (1.0 - theory) / trials) + 1e-9)
    blind, theory = share_of_collisions(reserved, trials, plant=("sensing-off",))
    assert abs(blind - theory) > 4.0 * np.sqrt(theory * (1.0 - theory) / trials)


# Several sub-channels


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_power_is_spread_over_the_sub_channels(width: int) -> None:
    """Alone, a packet of w sub-channels has w times the noise of one."""
    for db, ok in ((0.2, True), (-0.2, False)):
        mw = 10.0 ** ((-101.0 + db + 80.0) / 10.0) * width
        access = stand(carrier(sense=-130.0), [0.0, 100.0], mw=mw)
        send(access, 0, 0, 7, width)
        assert until(access, 120).receivers == {7: [1] if ok else []}


def test_interference_counts_where_it_overlaps() -> None:
    # A over both sub-channels, B over one, equally strong in all: p/2 each against p. A has 0 dB, B 3 dB.
    access = carrier(channels=2, t2=1, errors=[([1.5, 1.5 + 1e-9], [1.0, 0.0])])
    stand(access, [-100.0, 100.0, 0.0])
    send(access, [0, 1], 0, [0, 1], [2, 1])
    assert until(access, 10).receivers == {0: [], 1: [2]}


def test_reservations_are_kept_clear_in_all_their_sub_channels() -> None:
    """Eleven hold three of four sub-channels each: a packet of one goes beside them, a wider one elsewhere."""
    for width, plant, least, most in ((1, (), 0, 10), (2, (), 0, 10), (2, ("sensing-off",), 70, 240)):
        lost = sum(lost_beside(width, plant, seed) for seed in range(10))
        # Of 240; one of the eleven may have chosen what another had, before it could hear of it.
        assert least <= lost <= most, (width, plant, lost)


def lost_beside(width: int, plant: tuple[str, ...], seed: int) -> int:
    """Packets that do not arrive beside the reservations of eleven."""
    access = carrier(
        errors=[([6.0, 6.0 + 1e-9], [1.0, 0.0])],  # lost where one sub-channel of two is shared
        period=20,
        t2=20,
        window=200,
        keep=1.0,
        counters=(10**6, 10**6),
        share=0.05,
        rank=False,
        seed=seed,
        plant=plant,
    )
    stand(access, *circle(40))
    lost = 0
    for k in range(40):
        send(access, np.arange(1, 12), 20 * k, np.arange(11) + 100 * k, 3, once=0, life=20)
        if k >= 15:
            send(access, 20, 20 * k, 10**6 + k, width)
        found = until(access, 20 * (k + 1))
        if k >= 16:
            lost += sum(0 not in found.receivers[tag] for tag in found.slot if tag >= 10**6)
    return lost


def test_busy_ratio_counts_every_sub_channel() -> None:
    access = stand(carrier(), [0.0, 100.0])
    send(access, 0, 0, 0, 3)
    access.advance(101)
    assert access.busy_ratio().tolist() == pytest.approx([0.0, 3 / 400])


def test_a_resource_is_as_loud_as_all_its_sub_channels() -> None:
    """A stream that is measured but too weak to be read takes one of three sub-channels, the same one in each period.

    Of the two pairs of them in that slot a packet takes the one beside it, unless it is the middle one. Half way
    between both, the packet is received where they do not meet.
    """
    kinds = []
    for seed in range(30):
        access = carrier(channels=3, t1=5, t2=5, period=10, window=100, keep=1.0, sense=-74.5, share=0.5, seed=seed)
        stand(access, [0.0, 900.0, 450.0])
        got = []
        for k in range(40):
            send(access, 1, 10 * k, k, once=0, life=10)
            if k >= 20 and k % 2:
                send(access, 0, 10 * k, 1000 + k, 2)
            got += [2 in to for tag, to in until(access, 10 * k + 10).receivers.items() if tag >= 1000]
        assert len(got) == 10
        kinds.append(sum(got))
    assert set(kinds) == {0, 10}


# Reservations and packets sent once


def test_a_reservation_grows_and_does_not_shrink() -> None:
    access = stand(carrier(counters=(100, 100)), [0.0, 100.0])
    chosen, slots = [], []
    for k, width in enumerate([1, 1, 2, 2, 1, 3, 1]):
        send(access, 0, 100 * k, k, width, once=0, life=100)
        slots += [slot for slot in until(access, 100 * (k + 1)).slot.values() if slot >= 0]
        chosen.append(access.selections)
    assert chosen == [1, 1, 2, 2, 2, 3, 3]
    assert len(slots) >= 6


def test_a_packet_is_padded_to_its_reservation() -> None:
    access = stand(carrier(counters=(100, 100)), [0.0, 100.0])
    for k, width in enumerate([3, 1]):
        send(access, 0, 100 * k, k, width, once=0, life=100)
        until(access, 100 * (k + 1))
    busy = [float(access.busy_ratio()[1])]
    access.advance(220)
    busy.append(float(access.busy_ratio()[1]))
    assert max(busy) == pytest.approx(3 / 400)


def test_packets_sent_once_are_sent_twice_too() -> None:
    for ratio, retry, ok in ((1.5, 0, False), (1.5, 15, True), (-1.0, 15, False)):
        mw = 10.0 ** ((-101.0 + ratio + 80.0) / 10.0)
        access = stand(
            carrier(errors=[([3.0, 3.0 + 1e-9], [1.0, 0.0])], sense=-130.0, retry=retry), [0.0, 100.0], mw=mw
        )
        send(access, 0, 0, 0)
        assert until(access, 150).receivers == {0: [1] if ok else []}
        assert access.tally().sum() == 1


def test_whoever_sends_in_every_slot_waits_or_drops() -> None:
    access = stand(carrier(t2=5), [0.0, 100.0])
    send(access, np.zeros(20, np.int32), 0, np.arange(20), life=12)
    found = until(access, 40)
    sent = sorted(slot for slot in found.slot.values() if slot >= 0)
    assert sent == list(range(1, 12))
    assert sorted(found.slot) == list(range(20))
    assert all(found.spent[tag] == slot + 1 for tag, slot in found.slot.items() if slot >= 0)


packets = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 120), st.integers(1, 3), st.booleans()), min_size=1, max_size=80
)


def play(
    traffic: list[tuple[int, int, int, bool]], seed: int, retry: int, step: int, **more: object
) -> tuple[Sent, list[list[int]]]:
    """Six stations; the time passes in steps of `step` slots."""
    random = np.random.default_rng(seed)
    access = carrier(errors=[SOFT], channels=3, period=10, t2=9, window=100, counters=(1, 3), retry=retry, **more)
    stand(access, random.uniform(0, 900, 6), random.uniform(0, 300, 6))
    for tag, (station, at, width, once) in enumerate(traffic):
        send(access, station, at, tag, width, int(once), life=40)
    whole = Sent({}, {}, {})
    for slot in range(step, 400 + step, step):
        part = until(access, slot)
        assert not set(part.slot) & set(whole.slot)  # each is done once
        for mine, theirs in zip(whole, part, strict=True):
            mine.update(theirs)  # type: ignore[arg-type]
    return whole, access.tally().tolist()


@settings(max_examples=40)
@given(packets, st.integers(0, 99), st.sampled_from([0, 5]))
def test_a_station_sends_one_packet_at_a_time_and_each_is_done_once(
    traffic: list[tuple[int, int, int, bool]], seed: int, retry: int
) -> None:
    found, _ = play(traffic, seed, retry, 400)  # the kernel itself raises where a station sends twice in a slot
    assert sorted(found.slot) == list(range(len(traffic)))
    for station in range(6):
        slots = [found.slot[tag] for tag, packet in enumerate(traffic) if packet[0] == station and found.slot[tag] >= 0]
        assert len(slots) == len(set(slots))
    for tag, (_, at, _, _) in enumerate(traffic):
        assert found.slot[tag] == -1 or (
            at <= found.slot[tag] < at + 40 + retry and found.spent[tag] == found.slot[tag] + 1 - at
        )


@pytest.mark.parametrize("retry", [0, 5])
def test_one_transmitter_under_load(retry: int) -> None:
    for seed in range(30):
        random = np.random.default_rng(seed)
        columns = (
            random.integers(0, 2, 80),
            random.integers(0, 120, 80),
            random.integers(1, 4, 80),
            random.random(80) < 0.6,
        )
        play(list(zip(*(column.tolist() for column in columns), strict=True)), seed, retry, 400)


@settings(max_examples=20)
@given(packets, st.integers(0, 99), st.sampled_from([0, 5]), st.sampled_from([1, 7, 20, 100]))
def test_how_time_is_cut_does_not_matter(
    traffic: list[tuple[int, int, int, bool]], seed: int, retry: int, step: int
) -> None:
    assert play(traffic, seed, retry, step) == play(traffic, seed, retry, 400)


@settings(max_examples=20)
@given(packets, st.integers(0, 99), st.sampled_from([0, 5]))
def test_every_fate_is_told_once(traffic: list[tuple[int, int, int, bool]], seed: int, retry: int) -> None:
    random = np.random.default_rng(seed)
    access = carrier(errors=[SOFT], channels=3, period=20, t2=19, window=200, retry=retry)
    stand(access, random.uniform(0, 900, 6), random.uniform(0, 300, 6))
    access.trace(True)
    for tag, (station, at, width, once) in enumerate(traffic):
        send(access, station, at, tag, width, int(once), life=40)
    (tags, to), (done, sent, _, received) = access.advance(400)
    traced, station, fate = access.traced()
    got = fate == RECEIVED
    assert sorted(zip(traced[got].tolist(), station[got].tolist(), strict=True)) == sorted(
        zip(tags.tolist(), to.tolist(), strict=True)
    )
    assert len({*zip(traced.tolist(), station.tolist(), strict=True)}) == len(traced)
    told = np.bincount(fate, minlength=6)
    tally = access.tally().sum(axis=0)
    assert told[SENSITIVITY] == 0
    assert told.sum() + tally[SENSITIVITY] == tally.sum() == 5 * (sent >= 0).sum()
    assert received.sum() == len(tags)
    assert len(done) == len(traffic)
    assert not len(access.traced()[0])
    access.trace(False)
    send(access, 0, 400, 10**6)
    access.advance(450)
    assert not len(access.traced()[0])


def test_who_leaves_takes_its_packets_along() -> None:
    """Waiting, booked or between two sendings: each packet is done once, and what the first sending brought counts."""
    for at in range(1, 30):
        access = carrier(t2=19, retry=10, counters=(5, 5))
        air = links()
        here = np.ones(3, np.uint8)
        place(air, [0.0, 100.0, 200.0], [0.0] * 3)
        attach(access, air, 3)
        send(access, [0, 0], 0, [0, 1], once=[1, 0])
        first = until(access, at)
        here[0] = 0
        place(air, [0.0, 100.0, 200.0], [0.0] * 3, on=here)
        attach(access, air, 3)
        second = until(access, 100)
        assert sorted([*first.slot, *second.slot]) == [0, 1]
        place(air, [0.0, 100.0, 200.0], [0.0] * 3, ids=[9, 2, 3])  # somebody else takes its place
        attach(access, air, 3)
        assert not until(access, 200).slot
        for tag in (0, 1):
            slot, got = {**first.slot, **second.slot}[tag], {**first.receivers, **second.receivers}[tag]
            assert sorted(got) == ([1, 2] if slot >= 0 else [])


def test_packets_do_not_pass_to_who_comes_in_the_same_place() -> None:
    for once in (0, 1):
        access = carrier()
        air = links()
        place(air, [0.0, 100.0], [0.0, 0.0])
        attach(access, air, 2)
        send(access, 0, 60, 0, once=once)
        until(access, 50)
        place(air, [0.0, 100.0], [0.0, 0.0], ids=[9, 2])
        attach(access, air, 2)
        found = until(access, 300)
        assert found.slot == {0: -1}
        assert found.receivers == {0: []}


def test_refusals() -> None:
    access = stand(carrier(), [0.0, 100.0])
    for width in (0, 5):
        with pytest.raises(ValueError, match=f"{width} sub-channels of 4"):
            send(access, 0, 0, 0, width)
    none, one = np.zeros(1, np.int32), np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="different lengths"):
        access.submit(none, none, one, one, np.zeros(1, np.uint8), one, np.ones(2, np.int32))


def test_an_air_that_nobody_was_ever_in() -> None:
    access = carrier()
    assert not len(access.advance(100)[1][0])
    stand(access, [0.0, 100.0])
    send(access, 0, 0, 0)
    assert 101 <= until(access, 300).slot[0] <= 201
