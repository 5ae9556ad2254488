"""CSMA/CA: single exchanges by the rules of the standard, then properties over random traffic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ext.radio_doubles import CLEAN, SOFT, attach, csma_send, links, place
from wayside.ext.arrays import Doubles
from wayside.ext.csma import Csma

AIFS_VI = 32_000 + 3 * 13_000
AIFS_BE = 32_000 + 6 * 13_000
US = 1000
# With 200 mW and 40 dB + 20 dB per decade: -57 dBm at 100 m, -71 at 500 m, -77 at 1000 m.
RECEIVED, HALF_DUPLEX, SENSITIVITY, BUSY, PROPAGATION, COLLISION = range(6)


def channel(**more: object) -> Csma:
    settings_: dict[str, object] = {"errors": [CLEAN], "noise": -95.0, "bin_m": 100.0, "bins": 12, "seed": 1}
    return Csma(**(settings_ | more))  # type: ignore[arg-type]


def on_a_line(x: list[float], access: Csma, **more: object) -> Csma:
    air = links(**more)  # type: ignore[arg-type]
    place(air, x, [0.0] * len(x))
    attach(access, air, len(x))
    return access


def heard(access: Csma, until: int = 10**9) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """(packet, receiver) pairs and when each packet was sent."""
    (tags, to), (done, sent, *_) = access.advance(until)
    return sorted(zip(tags.tolist(), to.tolist(), strict=True)), dict(zip(done.tolist(), sent.tolist(), strict=True))


# All stations count slots from the same moment before the first: they begin at 5, 18, 31 us ...
FIRST = 5 * US


def flight(metres: float) -> int:
    """Nanoseconds."""
    return round(metres / 0.299792458)


def test_an_idle_medium_is_used_at_the_next_slot() -> None:
    access = on_a_line([0.0, 100.0, 300.0], channel())
    csma_send(access, [0], [7 * US])
    assert heard(access) == ([(0, 1), (0, 2)], {0: FIRST + 13 * US})


def test_a_busy_medium_is_waited_for() -> None:
    access = on_a_line([0.0, 100.0, 200.0], channel())
    csma_send(access, [0, 1], [0, 100 * US], duration=500 * US)
    pairs, sent = heard(access)
    assert pairs == [(0, 1), (0, 2), (1, 0), (1, 2)]
    slots = (sent[1] - FIRST - 500 * US - flight(100.0) - AIFS_BE) / 13_000
    assert slots in range(16)


def test_higher_queues_go_first_and_count_down_less() -> None:
    waits = []
    for seed in range(30):
        access = on_a_line([0.0, 100.0], channel(seed=seed))
        csma_send(access, [0], [0], duration=500 * US)
        csma_send(access, [1], [100 * US], queue=3)
        csma_send(access, [1], [101 * US], queue=1)
        (_, _), (_, sent, *_) = access.advance(10**9)
        assert sent[0] == FIRST
        assert sent[1] < sent[2]
        waits.append((sent[1] - FIRST - 500 * US - flight(100.0) - AIFS_VI) / 13_000)
    assert set(waits) <= set(range(8))
    assert len(set(waits)) > 4


def test_queues_of_one_station_collide_inside_it() -> None:
    # Both are drawn the same slot sooner or later; no two frames of a station overlap.
    for seed in range(20):
        access = on_a_line([0.0, 100.0], channel(seed=seed, aifsn=(2, 2, 2, 2), window=(1, 1, 1, 1)))
        csma_send(access, [1], [0], duration=500 * US)
        csma_send(access, [0], [100 * US], queue=1, duration=500 * US)
        csma_send(access, [0], [100 * US], queue=2, duration=500 * US)
        (_, to), (_, sent, *_) = access.advance(10**9)
        assert np.diff(np.sort(sent)).min() >= 500 * US
        assert to.tolist().count(1) == 2


def test_what_is_too_old_is_dropped() -> None:
    access = on_a_line([0.0, 100.0], channel())
    csma_send(access, [0], [0], duration=500 * US)
    csma_send(access, [1], [100 * US], life=300 * US)
    pairs, sent = heard(access)
    assert pairs == [(0, 1)]
    assert -1 in sent.values()


def test_a_full_queue_drops_its_oldest() -> None:
    access = on_a_line([0.0, 100.0], channel(depth=2))
    csma_send(access, [1], [0], duration=500 * US)
    who, at = np.zeros(4, np.int32), np.array([110, 120, 130, 140]) * US
    none = np.zeros(4, np.int32)
    access.submit(who, none, none, at, at + 10**9, np.full(4, 500 * US), np.arange(10, 14))
    _, sent = heard(access)
    assert [tag for tag, at_ in sent.items() if at_ < 0] == [10, 11]


def test_hidden_terminals_collide_and_are_told_apart() -> None:
    # 0 and 2 do not hear each other (1800 m); both reach 1 in the middle, where neither is 0 dB above the other.
    access = on_a_line([0.0, 900.0, 1800.0], channel())
    csma_send(access, [0, 2], [0, 200 * US], duration=500 * US)
    pairs, sent = heard(access)
    assert pairs == []
    assert sent == {0: FIRST, 1: FIRST + 195 * US}
    fates = access.tally().sum(axis=0)
    assert (fates[COLLISION], fates[BUSY], fates.sum()) == (1, 1, 2)


def test_the_same_without_hidden_terminals_is_a_planted_error() -> None:
    access = on_a_line([0.0, 900.0, 1800.0], channel(plant=("hidden-off",)))
    csma_send(access, [0, 2], [0, 200 * US], duration=500 * US)
    assert heard(access)[0] == [(0, 1)]


def test_capture_takes_over_the_stronger_later_frame() -> None:
    def deliveries(capture: float | None) -> list[tuple[int, int]]:
        access = on_a_line([0.0, 900.0, 1050.0], channel(capture=capture))
        csma_send(access, [0, 2], [0, 200 * US], duration=500 * US)
        return heard(access)[0]

    assert deliveries(None) == []
    assert deliveries(10.0) == [(1, 1)]  # 15.6 dB stronger
    assert deliveries(20.0) == []


def faint(x: list[float], **more: object) -> Csma:
    """With 0.2 mW: -87 dBm at 100 m, -93 at 200, -81 at 50."""
    air, access = links(), channel(**more)
    place(air, x, [0.0] * len(x), mw=0.2)
    attach(access, air, len(x))
    return access


def test_reception_goes_by_sinr_and_not_by_carrier_sense() -> None:
    for floor, fate in ((-100.0, RECEIVED), (-85.0, SENSITIVITY), (-86.0, SENSITIVITY), (-88.0, RECEIVED)):
        access = faint([0.0, 100.0], sensitivity=floor)
        csma_send(access, [0], [0])
        assert heard(access)[0] == ([(0, 1)] if fate == RECEIVED else [])
        assert access.tally().sum(axis=0)[fate] == 1
    for noise, pairs in ((-88.0, [(0, 1)]), (-86.0, [])):  # 1 dB above the noise, and below it
        access = faint([0.0, 100.0], noise=noise)
        csma_send(access, [0], [0])
        assert heard(access)[0] == pairs


def test_what_is_too_weak_for_carrier_sense_is_not_waited_for() -> None:
    def second(sense: float) -> tuple[list[tuple[int, int]], dict[int, int], list[int]]:
        access = faint([0.0, 100.0], sense=sense)
        csma_send(access, [0, 1], [0, 100 * US], duration=500 * US)
        pairs, sent = heard(access)
        return pairs, sent, access.tally().sum(axis=0).tolist()

    pairs, sent, fates = second(-85.0)
    # Station 1 follows what it gives up when it begins itself; station 0 is still sending then.
    assert (pairs, sent) == ([], {0: FIRST, 1: FIRST + 104 * US})
    assert fates[HALF_DUPLEX] == 2
    pairs, sent, _ = second(-90.0)
    assert pairs == [(0, 1), (1, 0)]
    assert sent[1] >= FIRST + 500 * US


def test_the_channel_is_busy_beside_a_weak_frame_that_is_followed() -> None:
    """Station 1 follows -87 dBm and cannot take over 6 dB more, but has to wait for it."""
    access = faint([0.0, 100.0, 150.0], capture=10.0)
    csma_send(access, [0, 2, 1], [0, 100 * US, 200 * US], duration=400 * US)
    pairs, sent = heard(access)
    assert (sent[0], sent[1]) == (FIRST, FIRST + 104 * US)  # -89.5 dBm between them: neither waits for the other
    assert sent[2] >= sent[1] + 400 * US
    assert (2, 0) in pairs
    assert (2, 2) in pairs
    assert access.tally().sum(axis=0)[BUSY] == 1


def test_who_notices_nothing_senses_nothing() -> None:
    """Whatever the power from which a frame would keep the channel busy."""
    access = faint([0.0, 50.0], sensitivity=-80.0)
    csma_send(access, [0, 1], [0, 100 * US], duration=500 * US)
    assert heard(access)[1] == {0: FIRST, 1: FIRST + 104 * US}


def test_who_sends_does_not_hear() -> None:
    # Both begin in one slot: neither hears the other.
    access = on_a_line([0.0, 100.0], channel())
    csma_send(access, [0, 1], [0, 5 * US])
    assert heard(access) == ([], {0: FIRST, 1: FIRST})
    assert access.tally().sum(axis=0)[HALF_DUPLEX] == 2
    access = on_a_line([0.0, 100.0], channel(plant=("half-duplex-off",)))
    csma_send(access, [0, 1], [0, 5 * US])
    assert heard(access)[0] == [(0, 1), (1, 0)]


@pytest.mark.parametrize("ids", [[1, 2, 3], [3, 2, 1]])
def test_of_two_in_a_slot_the_nearer_is_followed(ids: list[int]) -> None:
    # 18 dB between them at station 1, where the nearer one's frame arrives 2.3 us before the other one's.
    air, access = links(), channel()
    place(air, [0.0, 100.0, 900.0], [0.0] * 3, ids=ids)
    attach(access, air, 3)
    csma_send(access, [0, 2], [0, 0])
    assert heard(access)[0] == [(0, 1)]
    assert access.tally().sum(axis=0)[BUSY] == 1


def test_slots_are_counted_from_when_an_end_is_heard() -> None:
    access = on_a_line([0.0, 300.0, 900.0], channel(window=(0, 0, 0, 0)))
    csma_send(access, [0, 1, 2], [0, 100 * US, 100 * US], duration=500 * US)
    ready = FIRST + 500 * US + AIFS_BE
    assert heard(access)[1] == {0: FIRST, 1: ready + flight(300.0), 2: ready + flight(900.0)}


@pytest.mark.parametrize(("last", "received"), [(0.0, []), (1200.0, [(2, 3)])])
def test_of_two_in_a_slot_the_first_is_followed(last: float, received: list[tuple[int, int]]) -> None:
    # Stations 1 and 2 send after the frame of station 0. Station 2 is by 300 m nearer to station 3, but where 0 stands
    # behind 1, it hears 0 later by nearly as much and has a longer way: at station 3 the other frame is first by 14 ns.
    air, access = links(), channel(window=(0, 0, 0, 0))
    place(air, [last, 300.0, 600.0, 650.0], [0.0, 0.0, 20.0, 0.0])
    attach(access, air, 4)
    csma_send(access, [0, 1, 2], [0, 100 * US, 100 * US], duration=500 * US)
    pairs, _ = heard(access)
    assert [pair for pair in pairs if pair[0] > 0 and pair[1] == 3] == received


@pytest.mark.parametrize(("before", "noticed"), [(7 * US, False), (9 * US, True)])
def test_a_start_is_noticed_after_8_us(before: int, noticed: bool) -> None:
    # Station 1 counts slots from the end of station 0, whom station 2 does not hear. Its own begins so long after 2's
    # frame has come from 900 m away.
    access = on_a_line([0.0, 900.0, 1800.0], channel(window=(0, 0, 0, 0)))
    begin = FIRST + 100 * 13 * US
    who, at = np.array([0, 1, 2], np.int32), np.array([0, 100 * US, begin])
    none = np.zeros(3, np.int32)
    lasting = np.array([begin + before - FIRST - AIFS_BE, 500 * US, 500 * US])
    access.submit(who, none + 2, none, at, at + 10**9, lasting, np.arange(3))
    _, sent = heard(access)
    assert sent[2] == begin
    wait = 500 * US + AIFS_BE if noticed else before
    assert sent[1] == begin + flight(900.0) + wait


@pytest.mark.parametrize("ids", [[1, 2, 3], [3, 2, 1]])
def test_of_two_in_a_slot_the_stronger_is_followed_if_wished(ids: list[int]) -> None:
    for preamble, received in ((0, []), (13 * US, [(1, 1)])):
        # The farther one has 40 dB more power.
        air, access = links(), channel(preamble=preamble)
        x, none = np.array([0.0, 100.0, 900.0]), np.zeros(3)
        mw = np.array([200.0, 200.0, 2e6], np.float32)
        air.update(
            x, none, np.ones(3, np.uint8), np.array(ids, np.uint64), none.astype(np.uint8), mw, np.ones(3, np.float32)
        )
        attach(access, air, 3)
        csma_send(access, [0, 2], [0, 0])
        assert heard(access)[0] == received


def test_a_back_off_counts_the_boundary_at_which_the_medium_turns_busy() -> None:
    # EDCA: who stands beside with k slots left when another one begins has k - 1 left, so that from the second busy
    # time on it can begin together with a fresh draw of 0 (with DCF's rule only the last sender could).
    first = 0
    for seed in range(200):
        access = on_a_line([0.0, 100.0, 200.0], channel(seed=seed, window=(3, 3, 3, 3)))
        csma_send(access, [0, 1, 2], [0, 100 * US, 100 * US], duration=500 * US)
        _, sent = heard(access)
        early, late = sorted((sent[1], sent[2]))
        if late - early - 500 * US - flight(100.0) == AIFS_BE:
            first += 1
    # Draws of 0..3 that differ by one: 6 of 16.
    assert 50 <= first <= 100


def test_a_post_backoff_that_is_over_does_not_count_again() -> None:
    # Two slots. Station 1's post-backoff is over long before its second packet finds the medium busy and draws anew: 0
    # in half of the cases, not in three quarters, as if a post-backoff of 0 were still there.
    waits = []
    for seed in range(400):
        access = on_a_line([0.0, 100.0], channel(seed=seed, window=(1, 1, 1, 1)))
        csma_send(access, [1, 0, 1], [0, 2000 * US, 2100 * US], duration=500 * US)
        _, sent = heard(access)
        waits.append((sent[2] - sent[1] - 500 * US - AIFS_BE) // 13_000)
    assert set(waits) == {0, 1}
    assert 160 <= waits.count(0) <= 240


def test_after_a_slot_it_would_have_been_heard() -> None:
    access = on_a_line([0.0, 100.0], channel())
    csma_send(access, [0, 1], [0, 13 * US])
    assert heard(access)[0] == [(0, 1), (1, 0)]
    access = on_a_line([0.0, 100.0], channel(plant=("sensing-off",)))
    csma_send(access, [0, 1], [0, 13 * US])
    assert heard(access)[0] == []


def test_energy_alone_holds_back_who_missed_the_preamble() -> None:
    # 1 sends while 2 begins far away from 0's frame: only energy tells 1 that 0 is still there.
    strong, weak = on_a_line([0.0, 100.0, 400.0], channel()), on_a_line([0.0, 400.0, 700.0], channel())
    ends = {}
    for name, access in (("strong", strong), ("weak", weak)):
        csma_send(access, [1, 0, 1], [0, 5 * US, 50 * US], duration=100 * US)
        _, sent = heard(access)
        ends[name] = sent[2]
    # Within a slot of each other: station 1's first frame ends at 100 us, station 0's at 105 us.
    assert ends["strong"] > 105 * US + AIFS_BE - 1
    assert ends["weak"] >= 100 * US + AIFS_BE


def test_channel_busy_ratio() -> None:
    access = on_a_line([0.0, 100.0, 5000.0], channel())
    csma_send(access, [0], [0], duration=400 * US)
    access.advance(1000 * US)
    assert access.busy_ratio().tolist() == pytest.approx([0.0, 0.4, 0.0])
    access.advance(2000 * US)
    assert access.busy_ratio().tolist() == [0.0, 0.0, 0.0]


def test_a_station_that_leaves_takes_its_frame_along() -> None:
    air = links()
    access = channel()
    place(air, [0.0, 100.0, 200.0], [0.0] * 3)
    attach(access, air, 3)
    csma_send(access, [0, 1], [0, 50 * US], duration=500 * US)
    access.advance(100 * US)
    place(air, [0.0, 100.0, 200.0], [0.0] * 3, on=[0, 1, 1])
    attach(access, air, 3)
    pairs, sent = heard(access)
    assert pairs == [(1, 2)]
    assert sent[0] == -1
    assert access.levels().tolist() == [0, 0, 0]


def test_what_a_station_leaves_behind_is_told_as_dropped() -> None:
    air, access = links(), channel()
    place(air, [0.0, 100.0], [0.0] * 2)
    attach(access, air, 2)
    # On the air, in the queue, and not yet handed down.
    csma_send(access, [0, 0, 0], [0, 50 * US, 900 * US], duration=500 * US)
    access.advance(100 * US)
    place(air, [0.0, 100.0], [0.0] * 2, ids=[7, 2])
    attach(access, air, 2)
    csma_send(access, [0], [200 * US])
    (tags, to), (done, sent, spent, received) = access.advance(10**9)
    assert sorted(zip(done.tolist(), (sent >= 0).tolist(), received.tolist(), strict=True)) == [
        (0, False, 0),
        (0, True, 1),  # the new owner's, who has tags of its own
        (1, False, 0),
        (2, False, 0),
    ]
    assert (spent >= 0).all()
    assert (tags.tolist(), to.tolist()) == ([0], [1])


def test_time_spent_runs_from_being_handed_over_to_the_end() -> None:
    access = on_a_line([0.0, 100.0], channel())
    csma_send(access, [0], [7 * US], duration=500 * US)
    _, (_, sent, spent, _) = access.advance(10**9)
    assert spent.tolist() == [sent[0] + 500 * US - 7 * US]


def test_traces_are_kept_while_wished() -> None:
    access = on_a_line([0.0, 900.0, 1800.0], channel())
    access.trace(True)
    csma_send(access, [0, 2], [0, 200 * US], duration=500 * US)
    access.advance(10**9)
    tags, to, fates = access.traced()
    assert sorted(zip(tags.tolist(), to.tolist(), fates.tolist(), strict=True)) == [(0, 1, COLLISION), (1, 1, BUSY)]
    assert not len(access.traced()[0])
    access.trace(False)
    csma_send(access, [0], [10**9])
    access.advance(2 * 10**9)
    assert not len(access.traced()[0])


traffic = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 20_000)), min_size=1, max_size=60)


def town(seed: int, n: int = 20) -> tuple[Doubles, Doubles]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 2500, n), random.uniform(0, 300, n)


@settings(max_examples=40)
@given(traffic, st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_stations_does_not_matter(packets, seed: int, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(20))
    random.shuffle(order)
    x, y = town(seed)
    outcomes = []
    for sequence in (list(range(20)), order):
        air, access = links(deviation=4.0), channel(errors=[SOFT])
        place(air, x[sequence], y[sequence], ids=np.array(sequence) + 1)
        attach(access, air, 20)
        slot = {station: k for k, station in enumerate(sequence)}
        csma_send(access, [slot[s] for s, _ in packets], [at * US for _, at in packets])
        (tags, to), (done, sent, _, received) = access.advance(10**9)
        outcomes.append(
            (
                sorted((t, sequence[r]) for t, r in zip(tags.tolist(), to.tolist(), strict=True)),
                sorted(zip(done.tolist(), sent.tolist(), received.tolist(), strict=True)),
                access.tally().tolist(),
            )
        )
        assert not access.levels().any()  # every frame took away what it had added
    assert outcomes[0] == outcomes[1]


@settings(max_examples=40)
@given(traffic, st.integers(0, 1000))
def test_every_pair_has_one_fate_and_delivery_is_counted_once(packets, seed: int) -> None:  # type: ignore[no-untyped-def]
    air, access = links(deviation=4.0), channel(errors=[SOFT])
    x, y = town(seed)
    place(air, x, y)
    attach(access, air, 20)
    csma_send(access, [s for s, _ in packets], [at * US for _, at in packets])
    (tags, to), (_, sent, _, received) = access.advance(10**9)
    start, _, power = air.table()
    reached = {i: int((power[start[i] : start[i + 1]] > 0).sum()) for i in range(20)}
    assert access.tally().sum() == sum(reached[s] for s, _ in packets)
    assert access.tally()[:, RECEIVED].sum() == received.sum() == len(tags)
    assert (sent >= 0).all()
    assert len(set(zip(tags.tolist(), to.tolist(), strict=True))) == len(tags)


@settings(max_examples=40)
@given(st.floats(-100.0, 0.0), st.integers(0, 1000))
def test_nothing_is_received_below_the_noise(power: float, seed: int) -> None:
    air, access = links(), channel(errors=[SOFT], sense=-200.0)
    x, y = town(seed)
    place(air, x, y, mw=10.0 ** (power / 10.0))
    attach(access, air, 20)
    csma_send(access, list(range(20)), [k * 1000 * US for k in range(20)])
    (tags, to), _ = access.advance(10**9)
    d = np.hypot(x[tags] - x[to], y[tags] - y[to])
    level = power - 40.0 - 20.0 * np.log10(np.maximum(d, 3.0))
    assert (level > -95.0 - 0.1).all()


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(0, 19), st.floats(0.0, 400.0))
def test_interference_never_helps(seed: int, disturber: int, begin: float) -> None:
    """The first frame's receivers with a second one in the air are among those without it."""
    x, y = town(seed)
    outcomes = []
    for packets in ([0], [0, disturber]):
        air, access = links(deviation=3.0), channel(errors=[SOFT], plant=("sensing-off",))
        place(air, x, y)
        attach(access, air, 20)
        csma_send(access, packets, [0, int(begin * US)][: len(packets)])
        (tags, to), _ = access.advance(10**9)
        outcomes.append(set(to[tags == 0].tolist()))
    assert outcomes[1] <= outcomes[0]


def test_refusals() -> None:
    access = on_a_line([0.0, 100.0], channel())
    with pytest.raises(ValueError, match="station 7"):
        csma_send(access, [7], [0])
    with pytest.raises(ValueError, match="no error table"):
        channel(errors=[])
    with pytest.raises(ValueError, match="unknown planted errors"):
        channel(plant=("nonsense",))
