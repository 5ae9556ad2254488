"""ITS-G5 in a run: times on the air, access categories, moments within the tick, lifetimes, fates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.air.towns import Town, line, site, town
from wayside.edge.errors import ScenarioError
from wayside.sim.air import FATES, Traces
from wayside.sim.air.itsg5 import HEADERS, LONGEST, ItsG5Radio, airtime
from wayside.sim.scenario.sections import Air

MS = 1e-3
QUIET = Air(propagation="free-space")  # 1 km is near enough to hear everything


def road(x: list[float], units: tuple[float, ...] = (), **air: object) -> Town:
    return line(ItsG5Radio(site(QUIET.model_copy(update=air))), x, units)


def many(sender: int, n: int, **more: object) -> dict[str, object]:
    return {"sender": np.full(n, sender, np.int32), **more}


@pytest.mark.parametrize(
    ("size", "rate", "us"),
    [
        # 8 us for each symbol of 4 x rate x 2 bits, of 16 + 8 (size + 38) + 6 bits in all, after 40 us.
        (100, 6.0, 40 + 8 * 24),
        (300, 6.0, 40 + 8 * 57),
        (300, 3.0, 40 + 8 * 114),
        (300, 12.0, 40 + 8 * 29),
        (1, 4.5, 40 + 8 * 10),
    ],
)
def test_time_on_the_air(size: int, rate: float, us: float) -> None:
    assert airtime(np.array([size]), rate).tolist() == [us * 1000]


@given(st.integers(1, 4000), st.sampled_from([3.0, 4.5, 6.0, 9.0, 12.0]))
def test_time_on_the_air_is_the_bits_rounded_up_to_symbols(size: int, rate: float) -> None:
    plain = 40e3 + (22 + 8 * (size + HEADERS)) / rate * 1e3
    assert -1e-6 <= airtime(np.array([size]), rate)[0] - plain < 8e3


def test_an_idle_channel_delays_by_the_time_on_the_air() -> None:
    where = road([0.0, 100.0])
    for size in (100, 300, 1400):
        delay = where.tick(many(0, 1, size=size)).delay[0]
        if len(where.pending):
            delay = where.tick().delay[0]
        on_air = airtime(np.array([size]), 6.0)[0] * 1e-9
        assert on_air <= delay <= on_air + 13e-6 + 1e-8  # the next slot boundary


def test_all_packets_are_as_long_as_wished() -> None:
    where = road([0.0, 100.0], size=200)
    delays = where.tick(many(0, 1, size=1400)).delay
    assert delays[0] < airtime(np.array([200]), 6.0)[0] * 1e-9 + 14e-6


def test_longer_packets_are_lost_more_often() -> None:
    received = []
    for size in (100, 2000):
        # A receiver so noisy that what is sensed is not always read.
        where = road([0.0, *np.linspace(200, 900, 60)], noise_figure=22.0)
        received.append(sum(int(where.tick(many(0, 1, size=size)).at_vehicles.sum()) for _ in range(20)))
    assert received[0] > 1.1 * received[1] > 0


def test_sizes_beyond_the_tables_are_taken() -> None:
    where = road([0.0, 20.0])
    assert where.tick(many(0, 1, size=LONGEST + 500)).at_vehicles.sum() + len(where.pending) == 1


def test_moments_fill_the_tick_and_are_the_stations_own() -> None:
    """With nobody in reach of another, delays tell nothing; when a packet ends, pending tells who begins last."""
    n = 400
    where = line(ItsG5Radio(site(Air(reach=10.0))), [1000.0 * k for k in range(n)])
    late = []
    for _ in range(3):
        where.tick(where.speak() | {"size": 1400})
        late.append(where.out.sender[where.pending].tolist())
        assert not len(where.tick().pending)
    assert late[0] == late[1] == late[2]
    share = airtime(np.array([1400]), 6.0)[0] / 1e8
    assert len(late[0]) / n == pytest.approx(share, abs=0.02)


def test_a_units_packets_have_moments_of_their_own() -> None:
    where = road([50.0], (0.0,))
    carried = where.tick(many(0, 6, size=400, category=1))
    # At one moment they would queue: the last would wait for the five before it.
    on_air = airtime(np.array([400]), 6.0)[0] * 1e-9
    assert np.nanmax(carried.delay) < 3 * on_air


def test_higher_categories_wait_less() -> None:
    waits = []
    for category in (0, 3):
        where = town(ItsG5Radio(site(QUIET)), n=130, share_on=1.0)
        delays = []
        for _ in range(6):
            carried = where.tick(where.speak() | {"size": 800}, many(0, 3, size=100, category=category))
            new = where.out.sender == 0
            delays += carried.delay[new & np.isfinite(carried.delay)].tolist()
        waits.append(np.mean(delays))
    assert waits[0] < 0.7 * waits[1]


def saturated(ticks: int, periodic: bool) -> tuple[list[int], list[float], int]:
    """Eight stations with eight packets of 5.4 ms each in a first tick: how many wait, delays, how many are dropped."""
    where = road([10.0 * k for k in range(8)])
    waiting, late, dropped = [], [], 0
    for tick in range(ticks):
        load = [many(k, 8, size=4000, periodic=periodic) for k in range(8)] if tick == 0 else []
        carried = where.tick(*load)
        done = np.ones(len(where.out), bool)
        done[carried.pending] = False
        dropped += int(np.isnan(carried.delay[done]).sum())
        late += carried.delay[np.isfinite(carried.delay)].tolist()
        waiting.append(len(carried.pending))
    return waiting, late, dropped


def test_overload_carries_over_then_drops_what_is_too_old() -> None:
    waiting, late, dropped = saturated(4, periodic=True)
    assert waiting[0] > 15
    assert waiting[-1] == 0
    assert dropped > 5
    assert dropped + len(late) == 64
    assert 0.09 < max(late) < 0.1 + 0.0055  # awareness of 100 ms ago is no longer sent


def test_one_shots_live_longer_than_awareness() -> None:
    waiting, late, dropped = saturated(4, periodic=False)
    assert (waiting[-1], dropped, len(late)) == (0, 0, 64)
    assert max(late) > 0.11


def share(distance: float, **air: object) -> float:
    """What arrives of 50 packets at a station so far away that sends nothing: with the middle one of 31 shadows."""
    shares = []
    for seed in range(1, 32):
        where = line(ItsG5Radio(site(QUIET.model_copy(update={"size": 300, **air}), seed=seed)), [0.0, distance], ())
        shares.append(sum(int(where.tick(many(0, 1)).at_vehicles.sum()) for _ in range(50)) / 50.0)
    return float(np.median(shares))


def test_the_noise_decides_and_not_carrier_sense() -> None:
    """-88 dBm at 100 m, 7 dB above the noise of a receiver with 9 dB, where 3 Mbit/s have no errors."""
    weak: dict[str, object] = {"power": 0.0, "rate": 3.0, "curves": "G5-HighwayLOS", "propagation": "free-space"}
    air, floor = weak, weak | {"sensitivity": -85.0}
    assert share(100.0, **air) == 1.0
    assert share(100.0, **floor) == 0.0
    # Free space takes 6 dB for twice the distance: 1 dB at 200 m, -5 dB at 400 m.
    assert 0.5 < share(200.0, **air) < 1.0
    assert share(400.0, **air) < 0.05
    assert share(400.0, **air, noise_figure=0.0) > 0.95
    assert share(100.0, **air, noise_figure=20.0) < 0.4
    assert share(400.0, **air, noise_figure=0.0, sensitivity=-99.0) == 0.0


@pytest.mark.parametrize("curves", ["G5-HighwayLOS", "G5-UrbanLOS", "G5-HighwayNLOS"])
def test_noise_figures_differ_on_a_road(curves: str) -> None:
    got = []
    for figure in (0.0, 9.0, 13.0):
        where = road([25.0 * k for k in range(41)], propagation="winner-b1", curves=curves, noise_figure=figure)
        got.append(sum(int(where.tick(many(0, 1, size=350)).at_vehicles.sum()) for _ in range(20)))
    assert got[0] > 1.2 * got[1]
    assert got[1] > 1.1 * got[2]


def test_carrier_sense_is_a_setting_of_its_own() -> None:
    """Two at some -88 dBm of one another wait for one another, or never do; what each hears of the other follows."""
    deaf = []
    for sense in (-75.0, -98.0):
        where = road([0.0, 100.0], power=0.0, carrier_sense=sense)
        where.radio.trace(True)
        deaf.append(0)
        for _ in range(10):
            where.tick(many(0, 8, size=2300), many(1, 8, size=2300))
            deaf[-1] += int((where.fates().fate == FATES.index("half-duplex")).sum())
    assert deaf[0] > 2 * deaf[1]


def fates_of(traces: Traces, name: str) -> set[tuple[int, int]]:
    which = traces.fate == FATES.index(name)
    return set(zip(traces.packet[which].tolist(), traces.receiver[which].tolist(), strict=True))


def test_fates_are_told_for_every_receiver_that_senses() -> None:
    where = town(ItsG5Radio(site(Air(propagation="winner-b1", reach=2000.0))), n=150, share_on=1.0)
    where.radio.trace(True)
    seen: set[int] = set()
    for _ in range(6):
        where.tick(where.speak() | {"size": 500})
        traces = where.fates()
        seen |= set(traces.fate.tolist())
        pairs = list(zip(traces.packet.tolist(), traces.receiver.tolist(), strict=True))
        assert len(set(pairs)) == len(pairs)
    assert FATES.index("below-sensitivity") not in seen
    assert {FATES.index(name) for name in ("received", "half-duplex", "receiver-busy", "collision")} <= seen
    tally = where.radio.tally
    assert tally is not None
    assert tally[:, FATES.index("below-sensitivity")].sum() > 0


def test_traces_and_tally_tell_the_same() -> None:
    where = town(ItsG5Radio(site(Air())), n=150, share_on=1.0)
    where.radio.trace(True)
    counts = np.zeros(len(FATES), np.int64)
    for tick in range(5):
        where.tick(*([where.speak()] if tick < 4 else []))
        counts += np.bincount(where.fates().fate, minlength=len(FATES))
    tally = where.radio.tally
    assert tally is not None
    told = tally.sum(axis=0)
    told[FATES.index("below-sensitivity")] = 0
    assert counts.tolist() == told.tolist()


def test_without_tracing_there_is_nothing_to_recall() -> None:
    where = road([0.0, 50.0])
    where.tick(where.speak())
    with pytest.raises(RuntimeError, match="nothing was traced"):
        where.fates()


def test_two_in_reach_that_begin_in_one_slot_never_hear_each_other() -> None:
    """Half duplex, directly: both lose the other's packet, and it is told as such."""
    where = road([0.0, 50.0])
    where.radio.trace(True)
    lost, got = [0, 0], 0
    # Both wait for the same frames, and choose the same slot now and then.
    for tick in range(24):
        where.tick(*(many(k, 8, size=2300) for k in range(2) if tick < 20))
        traces = where.fates()
        deaf, received = fates_of(traces, "half-duplex"), fates_of(traces, "received")
        assert len(deaf) + len(received) == len(traces.packet)
        got += len(received)
        for _, receiver in deaf:
            lost[receiver] += 1
    assert lost[0] == lost[1] > 0
    assert got + 2 * lost[0] == 320


def test_busy_ratio_is_the_share_of_the_tick_that_others_send() -> None:
    where = road([0.0, 50.0, 100_000.0])
    where.tick(many(0, 4, size=1000))
    where.tick(many(0, 4, size=1000))
    busy = where.radio.busy_ratio
    assert busy is not None
    share = 4 * airtime(np.array([1000]), 6.0)[0] / 1e8
    assert busy.tolist() == pytest.approx([0.0, share, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("air", "words"),
    [
        ({"rate": 7.0}, "air.rate = 7: must be one of 3, 4.5, 6"),
        ({"rate": 27.0}, "air: MCS 7 of 11p: G5-UrbanLOS has 0 to 4"),
        ({"curves": "nowhere"}, "air: error curves 'nowhere': must be one of"),
    ],
)
def test_refusals(air: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        ItsG5Radio(site(Air(**air)))  # type: ignore[arg-type]
