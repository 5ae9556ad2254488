"""Free bays as POIM: what is said is heard, in messages of 8 car parks (tests/edge/messages judges their octets)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.wire.test_perceived import BOLOGNA, EPOCH
from wayside.edge.messages.kinds import CodecContext
from wayside.edge.parking.messages import FreeBays, ParkNews
from wayside.sim.wire.parking import FreeBaysCodec

CODEC = FreeBaysCodec(CodecContext("etsi", EPOCH, BOLOGNA, [(44.5, 11.3)], None, None))

names = st.text("abcdefghij \u00e9\u4e2d", max_size=40)
news = st.builds(
    ParkNews,
    st.integers(0, 300_000),
    names,
    st.tuples(st.floats(-500.0, 2000.0), st.floats(-500.0, 2000.0)),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
)


@given(st.lists(news, min_size=1, max_size=20, unique_by=lambda one: one.car_park))
def test_what_is_said_is_heard(parks: list[ParkNews]) -> None:
    parts = CODEC.parts(FreeBays(tuple(parks)))
    assert [one for part in parts for one in part.car_parks] == parks
    assert all(len(part.car_parks) <= 8 for part in parts)
    heard = [one for part in parts for one in CODEC.decode(CODEC.encode(0, part, 12.0)).car_parks]
    for said, one in zip(parks, heard, strict=True):
        assert (one.car_park, one.name) == (said.car_park, said.name[:31] or "-")
        assert (one.free, one.capacity) == (min(said.free, 16382), min(said.capacity, 16382))
        assert one.position == pytest.approx(said.position, abs=0.02)
