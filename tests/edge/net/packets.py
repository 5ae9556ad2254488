"""Packets of every kind, drawn by hypothesis, and messages to fill them with."""

from __future__ import annotations

from hypothesis import strategies as st

from wayside.edge.messages import build, build_roads
from wayside.edge.messages.build import Said
from wayside.edge.net import geonetworking as gn

HERE = (31.0000001, 121.8512345)
TIME = 1_767_225_661.25  # 2026-01-01T00:01:01.25Z
MAC = bytes.fromhex("020000000007")


def scaled(low: int, high: int, scale: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda number: number / scale)


latitudes, longitudes = scaled(-(9 * 10**8), 9 * 10**8, 10**7), scaled(-(18 * 10**8), 18 * 10**8, 10**7)
words = st.integers(0, 0xFFFF)
addresses = st.builds(gn.Address, st.binary(min_size=6, max_size=6), st.integers(0, 31), st.booleans())
positions = st.builds(
    gn.Position,
    addresses,
    st.integers(0, 2**32 - 1),
    latitudes,
    longitudes,
    scaled(-16384, 16383, 100),
    scaled(0, 3599, 10),
    st.booleans(),
)
circles = st.builds(gn.Area, st.just("circle"), latitudes, longitudes, words.map(float))
areas = circles | st.builds(
    gn.Area,
    st.sampled_from(gn.SHAPES[1:]),
    latitudes,
    longitudes,
    words.map(float),
    words.map(float),
    st.integers(0, 360).map(float),
)
headers = st.one_of(
    st.builds(gn.Beacon, positions),
    st.builds(gn.SingleHop, positions, st.binary(min_size=4, max_size=4)),
    st.builds(gn.GeoBroadcast, positions, words, areas),
)
lifetimes = st.one_of(*(st.integers(0, 63).map(lambda n, base=base: n * base) for base in gn.BASES))


@st.composite
def packets(draw: st.DrawFn) -> gn.Packet:
    hops = draw(st.integers(0, 255))
    return gn.Packet(
        draw(headers),
        draw(st.binary(max_size=60)),
        draw(st.sampled_from(gn.NEXT)),
        draw(lifetimes),
        hops,
        draw(st.integers(0, hops)),
        draw(st.integers(0, 63)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.booleans()),
    )


def ivim() -> Said:
    """Signs by their number alone."""
    provider = {"countryCode": (0b1010101010, 10), "providerIdentifier": 7}
    mandatory = {
        "serviceProviderId": provider,
        "iviIdentificationNumber": 3,
        "timeStamp": 694_310_466.25,
        "iviStatus": 0,
    }
    header = {"protocolVersion": 2, "messageID": 6, "stationID": 9}
    return build.said("IVIM", {"header": header, "ivi": {"mandatory": mandatory}})


def messages() -> dict[str, Said]:
    """One of each that tshark knows."""
    light = build_roads.Light("stop-And-Remain", TIME + 5, TIME + 9.96, TIME + 7)
    lane = build_roads.Lane(1, [(3.0, 10.0), (3.5, 60.2)], 1)
    return {
        "CAM": build.cam(7, HERE, TIME, heading=359.97, speed=13.89, lights=["fogLightOn"], path=[(1e-5, -2e-5, 0.5)]),
        "DENM": build.denm(9, "accident", HERE, TIME, sequence=5, traces=[[(1e-4, 0.0, None)]]),
        "SPATEM": build_roads.spatem(9, 1001, {1: light}, TIME),
        "MAPEM": build_roads.mapem(9, 1001, HERE, [lane]),
        "IVIM": ivim(),
    }
