"""Frames of vehicles, octet for octet against NumPy; the vectors of docs/live.md are tested in tests/web."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ext import plain_frames as plain
from tests.ext.plain_frames import CHARGING, PARKING, SIGNALS, Vehicles, head
from wayside.ext.arrays import Doubles
from wayside.ext.frames import Packer

FLAGS = np.array([0, 0, 0, 1, 1, 2, 4, 8, 17, 32, 64, 128, 32 | 128], np.uint8)


def packer() -> Packer:
    return Packer(PARKING, CHARGING, SIGNALS)


def draw(random: np.random.Generator, n: int, stations: int) -> Vehicles:
    return Vehicles(
        (random.random(n) < 0.8).astype(np.uint8),
        (random.permutation(max(n, 1))[:n] * (stations // max(n, 1))).astype(np.int64),
        *random.uniform(-5e4, 5e4, (2, n)).round(3),
        random.uniform(0, 360, n),
        random.uniform(0, 80, n),
        random.choice(FLAGS, n),
    )


def later(random: np.random.Generator, before: Vehicles, leaps: float, renewed: float) -> Vehicles:
    """A moment on: some leap, some have left and others stand in their slots, some slots are new."""
    n, come = len(before.alive), int(random.integers(0, 3))
    more = draw(random, come, come)
    unused = int(before.station.max(initial=0)) + 1  # no station twice

    def grown(old: Doubles, new: Doubles) -> Doubles:
        return np.concatenate((old, new))

    far = np.where(random.random((2, n)) < leaps, 1000.0, 30.0) * random.uniform(-1, 1, (2, n))
    still = random.random(n) < 0.3
    far[:, still] = 0.0
    station = np.where(random.random(n) < renewed, unused + random.permutation(max(n, 1))[:n], before.station)
    return Vehicles(
        np.concatenate((np.where(random.random(n) < 0.9, before.alive, 1 - before.alive), more.alive)).astype(np.uint8),
        np.concatenate((station, more.station + unused + n)),
        grown(before.x + far[0], more.x),
        grown(before.y + far[1], more.y),
        grown(np.where(still, before.heading, random.uniform(0, 360, n)), more.heading),
        grown(random.uniform(0, 80, n), more.speed),
        np.concatenate((np.where(random.random(n) < 0.9, before.flags, random.choice(FLAGS, n)), more.flags)),
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.sampled_from([0, 1, 2, 7, 40, 300]),
    stations=st.sampled_from([300, 5000, 2**31, 2**32 - 2000]),
    leaps=st.sampled_from([0.0, 0.2]),
    renewed=st.sampled_from([0.0, 0.2]),
)
def test_octets_are_those_of_numpy(seed: int, n: int, stations: int, leaps: float, renewed: float) -> None:
    """A keyframe, deltas to it, another keyframe: one packer through all of them."""
    random = np.random.default_rng(seed)
    kernel, seen = packer(), draw(random, n, stations)
    for sequence in (5, 9):
        frame, state = plain.pack_keyframe(seen, sequence)
        assert kernel.keyframe(head(1, sequence), *seen.columns()) == frame
        assert kernel.slots.tolist() == state.slot.tolist()
        assert (kernel.reference, kernel.on_road) == (sequence, state.on_road)
        for step in (1, 2):
            seen = later(random, seen, leaps, renewed)
            assert kernel.delta(head(2, sequence + step), *seen.columns()) == plain.pack_delta(
                seen, state, sequence + step
            )


def still(n: int) -> Vehicles:
    return Vehicles(
        np.ones(n, np.uint8), np.arange(n), *np.zeros((2, n)), np.zeros(n), np.zeros(n), np.zeros(n, np.uint8)
    )


def test_halves_go_to_the_even_neighbour() -> None:
    halves = np.array([0.005, 0.015, 0.025, -0.005, -0.015, 0.125])
    seen = replace(still(6), x=halves, y=-halves, speed=np.array([0.125, 0.375, 0.625, 0.0, 63.7, 64.0]))
    frame = packer().keyframe(head(1, 1), *seen.columns())
    assert frame == plain.pack_keyframe(seen, 1)[0]
    assert struct.unpack_from("<6i", frame, 32 + 24) == tuple(np.rint(halves * 100.0).astype(int))


def test_what_does_not_fit_is_the_largest_that_does() -> None:
    """No integer holds it: nothing undefined happens, and the others are right."""
    lost = replace(still(4), x=np.array([np.nan, np.inf, -1e300, 1.0]), speed=np.array([np.nan, -5.0, np.inf, 1.0]))
    frame = packer().keyframe(head(1, 1), *lost.columns())
    assert struct.unpack_from("<4i", frame, 32 + 16) == (-(2**31), 2**31 - 1, -(2**31), 100)
    assert tuple(frame[32 + 56 : 32 + 60]) == (0, 0, 255, 4)


def test_a_planted_difference_is_seen() -> None:
    seen = draw(np.random.default_rng(1), 40, 5000)
    frame = packer().keyframe(head(1, 1), *seen.columns())
    moved = replace(seen, x=seen.x + 0.01)
    assert frame != plain.pack_keyframe(moved, 1)[0]


@pytest.mark.parametrize("place", range(1, 10))
def test_columns_of_other_lengths_are_refused(place: int) -> None:
    columns = list(still(4).columns())
    columns[place] = columns[place][:3]
    for pack in (packer().keyframe, packer().delta):
        with pytest.raises(ValueError, match="different lengths"):
            pack(head(1, 1), *columns)


def test_a_wrong_header_or_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="header of 31 octets"):
        packer().keyframe(head(1, 1)[:-1], *still(1).columns())
    with pytest.raises(ValueError, match="must be 8, 8, 16"):
        Packer(PARKING, CHARGING[:-1], SIGNALS)


def test_fewer_slots_than_in_the_keyframe() -> None:
    """Whose slot is not there any more has left."""
    kernel, seen = packer(), still(4)
    kernel.keyframe(head(1, 1), *seen.columns())
    frame = kernel.delta(head(2, 2), *still(3).columns())
    assert frame is not None
    assert struct.unpack_from("<IIII", frame, 32) == (1, 0, 1, 0)
    assert frame[-4:] == struct.pack("<I", 3)
