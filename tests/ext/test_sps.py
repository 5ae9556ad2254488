"""Sidelink mode 4 and mode 2: single exchanges, then properties over random traffic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ext.radio_doubles import CLEAN, SOFT, attach, links, place, sps_send
from wayside.ext.arrays import Doubles
from wayside.ext.sps import Sps

RECEIVED, HALF_DUPLEX, SENSITIVITY, BUSY, PROPAGATION, COLLISION = range(6)


def carrier(**more: object) -> Sps:
    settings_: dict[str, object] = {"errors": [CLEAN], "noise": -101.0, "bin_m": 100.0, "bins": 12, "seed": 1}
    return Sps(**(settings_ | more))  # type: ignore[arg-type]


def on_a_line(x: list[float], access: Sps) -> Sps:
    air = links()
    place(air, x, [0.0] * len(x))
    attach(access, air, len(x))
    return access


def slots(access: Sps, until: int) -> dict[int, int]:
    """Tag to slot of sending of what is done by then."""
    _, (done, sent, _, _) = access.advance(until)
    return dict(zip(done.tolist(), sent.tolist(), strict=True))


def stream(access: Sps, station: int, periods: int, every: int = 100) -> list[int]:
    """The slots in which a station sends, one packet per period."""
    found = []
    for k in range(periods):
        sps_send(access, [station], [k * every])
        found += list(slots(access, (k + 1) * every).values())
    return found


def test_reservations_repeat_and_end() -> None:
    access = on_a_line([0.0, 100.0], carrier())
    sent = stream(access, 0, 60)
    runs = [len(run) for run in np.split(np.array(sent), np.flatnonzero(np.diff(np.array(sent) % 100)) + 1)]
    assert len(sent) in (59, 60)
    assert all(5 <= run <= 15 for run in runs[:-1])
    assert access.selections == len(runs) or access.selections == len(runs) + 1
    kept = on_a_line([0.0, 100.0], carrier(keep=1.0))
    assert len({slot % 100 for slot in stream(kept, 0, 60)}) == 1


def test_packets_wait_no_longer_than_the_window() -> None:
    access = on_a_line([0.0, 100.0], carrier(t1=4, t2=20))
    sps_send(access, [0], [7])
    assert 7 + 4 <= slots(access, 60)[0] <= 7 + 20
    sps_send(access, [1], [60], once=True)
    assert 64 <= slots(access, 100)[0] <= 80


def test_one_in_a_slot_is_received_by_all_but_itself() -> None:
    access = on_a_line([0.0, 100.0, 300.0], carrier())
    sps_send(access, [0], [0])
    (tags, to), (_, sent, spent, received) = access.advance(150)
    assert sorted(to.tolist()) == [1, 2]
    assert tags.tolist() == [0, 0]
    assert received.tolist() == [2]
    assert sent[0] >= 1
    assert spent.tolist() == [sent[0] + 1]


def test_two_in_one_slot_do_not_hear_each_other() -> None:
    for plant, lost in (((), 2), (("half-duplex-off",), 0)):
        # One slot to choose, two sub-channels: they may also take the same one, which nobody else hears.
        access = on_a_line([0.0, 100.0], carrier(channels=2, t1=1, t2=1, plant=plant))
        sps_send(access, [0, 1], [0, 0])
        access.advance(10)
        assert access.tally().sum(axis=0)[HALF_DUPLEX] == lost


def test_who_senses_keeps_apart() -> None:
    # 40 stations that all hear one another, 50 slots x 1 sub-channel: after settling, collisions are rare.
    def shared(plant: tuple[str, ...]) -> float:
        access = carrier(channels=1, period=50, t2=50, plant=plant)
        air = links()
        random = np.random.default_rng(1)
        place(air, random.uniform(0, 200, 40), random.uniform(0, 200, 40))
        attach(access, air, 40)
        for k in range(60):
            sps_send(access, np.arange(40), 50 * k + random.permutation(40))
            access.advance(50 * (k + 1))
        return float(access.tally().sum(axis=0)[HALF_DUPLEX] / access.tally().sum())

    assert shared(()) < 0.015
    assert shared(("sensing-off",)) > 0.01
    assert shared(("sensing-off",)) > 1.3 * shared(())


def test_ranking_prefers_quiet_resources() -> None:
    # Station 1 is too weak to be read by 0 but not to be measured: mode 4 keeps off its resources, mode 2 does not.
    def meetings(rank: bool) -> int:
        met = 0
        for seed in range(25):
            access = carrier(
                channels=1, period=20, t2=20, window=1000, counters=(50, 50), rank=rank, seed=seed, sense=-60.0
            )
            on_a_line([0.0, 900.0], access)
            sps_send(access, [1], [0])
            theirs = slots(access, 21)[0] % 20
            for k in range(1, 10):
                sps_send(access, [1], [20 * k])
                access.advance(20 * (k + 1) + 1)
            sps_send(access, [0, 1], [201, 201])
            met += slots(access, 240)[0] % 20 == theirs
        return met

    assert meetings(rank=True) == 0
    assert meetings(rank=False) > 0


def test_the_second_sending_adds_up() -> None:
    # 1.5 dB above a threshold of 3 dB is too little once, enough twice.
    for ratio, retry, ok in ((1.5, 0, False), (1.5, 15, True), (-1.0, 15, False), (4.0, 15, True)):
        mw = 10.0 ** ((-101.0 + ratio + 40.0 + 40.0) / 10.0)
        access = carrier(errors=[([3.0, 3.0 + 1e-9], [1.0, 0.0])], sense=-130.0, retry=retry)
        air = links()
        place(air, [0.0, 100.0], [0.0, 0.0], mw=mw)
        attach(access, air, 2)
        sps_send(access, [0], [0])
        (_tags, to), (_, _, _, received) = access.advance(250)
        assert to.tolist() == ([1] if ok else [])
        assert received.tolist() == [int(ok)]
        assert access.tally().sum() == 1  # one packet, one receiver, one fate


def test_newer_packets_take_the_place_of_older_ones_and_old_ones_end() -> None:
    access = on_a_line([0.0, 100.0], carrier(t1=50, t2=60))
    sps_send(access, [0, 0], [0, 10])
    assert sorted(slots(access, 100).items())[0] == (0, -1)
    access = on_a_line([0.0, 100.0], carrier(t1=50, t2=60))
    sps_send(access, [0], [0], life=20)
    assert slots(access, 100) == {0: -1}


def test_channel_busy_ratio() -> None:
    access = on_a_line([0.0, 100.0, 5000.0], carrier(channels=4))
    sps_send(access, [0], [0])
    access.advance(100)
    assert access.busy_ratio().tolist() == pytest.approx([0.0, 1 / 400, 0.0])


traffic = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 290), st.booleans()), min_size=1, max_size=60)


def town(seed: int, n: int = 20) -> tuple[Doubles, Doubles]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 2500, n), random.uniform(0, 300, n)


@settings(max_examples=30)
@given(traffic, st.integers(0, 1000), st.sampled_from([0, 15]), st.randoms(use_true_random=False))
def test_the_order_of_stations_does_not_matter(packets, seed: int, retry: int, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(20))
    random.shuffle(order)
    x, y = town(seed)
    outcomes = []
    for sequence in (list(range(20)), order):
        air, access = links(deviation=4.0), carrier(errors=[SOFT], channels=2, t2=20, retry=retry)
        place(air, x[sequence], y[sequence], ids=np.array(sequence) + 1)
        attach(access, air, 20)
        slot = {station: k for k, station in enumerate(sequence)}
        for tag, (station, at, once) in enumerate(packets):
            none = np.zeros(1, np.int32)
            arrival = np.array([at], np.int64)
            access.submit(
                none + slot[station], none, arrival, arrival + 100, np.array([once], np.uint8), np.array([tag])
            )
        (tags, to), (done, sent, _, received) = access.advance(600)
        outcomes.append(
            (
                sorted((t, sequence[r]) for t, r in zip(tags.tolist(), to.tolist(), strict=True)),
                sorted(zip(done.tolist(), sent.tolist(), received.tolist(), strict=True)),
                access.tally().tolist(),
            )
        )
        assert sorted(done.tolist()) == list(range(len(packets)))  # each is done once
    assert outcomes[0] == outcomes[1]


@settings(max_examples=30)
@given(st.integers(0, 1000), st.lists(st.integers(1, 19), max_size=6))
def test_interference_never_helps(seed: int, others: list[int]) -> None:
    """One slot, one sub-channel: station 0's receivers among others' packets are among those it has alone."""
    x, y = town(seed)
    outcomes = []
    for senders in ([0], [0, *others]):
        air, access = links(deviation=3.0), carrier(errors=[SOFT], channels=1, t1=1, t2=1, sense=-200.0)
        place(air, x, y)
        attach(access, air, 20)
        sps_send(access, senders, [0] * len(senders), once=True)
        (tags, to), _ = access.advance(10)
        outcomes.append(set(to[tags == 0].tolist()))
    assert outcomes[1] <= outcomes[0]


@settings(max_examples=30)
@given(st.floats(-100.0, 0.0), st.integers(0, 1000))
def test_nothing_is_received_below_the_noise(power: float, seed: int) -> None:
    air, access = links(), carrier(errors=[SOFT], sense=-200.0)
    x, y = town(seed)
    place(air, x, y, mw=10.0 ** (power / 10.0))
    attach(access, air, 20)
    sps_send(access, np.arange(20), np.zeros(20), once=True)
    (tags, to), _ = access.advance(150)
    d = np.hypot(x[tags] - x[to], y[tags] - y[to])
    assert (power - 40.0 - 20.0 * np.log10(np.maximum(d, 3.0)) > -101.0 - 0.1).all()


def test_refusals() -> None:
    for wrong, words in (
        ({"t1": 5, "t2": 4}, "do not fit"),
        ({"window": 150}, "do not fit"),
        ({"keep": 1.5}, "out of range"),
        ({"plant": ("x",)}, "unknown planted"),
        ({"errors": []}, "no error table"),
    ):
        with pytest.raises(ValueError, match=words):
            carrier(**wrong)
    with pytest.raises(ValueError, match="station 5"):
        sps_send(on_a_line([0.0], carrier()), [5], [0])
