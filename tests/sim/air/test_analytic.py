"""The closed forms against their authors' own figures, and the kernels against the closed forms."""

import csv

import numpy as np
import pytest

from benchmarks import measure, roads
from wayside.sim.air import analytic, errors
from wayside.sim.air.channel import Channel

CURVES = measure.ROOT.parent / "shared" / "data" / "radio" / "mode4_pdr.csv"
DISTANCE = np.arange(0.0, 500.0, 25.0)


def closed(road: roads.Road) -> analytic.Delivery:
    kind = road.technology
    channel = Channel("winner-b1", roads.FREQUENCY[kind], (1.5,), roads.ENVIRONMENT[kind])
    blocks = roads.DATA_BLOCKS.get(road.channels, roads.BLOCKS)
    table = errors.r1_160284(blocks) if kind == "mode4" else errors.sepulcre_2021(road.bit_rate)
    same = analytic.Road(
        density=road.density,
        rate=road.rate,
        power=road.power,
        loss=lambda d: channel.loss(d, 1.5, 1.5),
        deviation=3.0,
        errors=lambda sinr: np.interp(sinr, *table),
        noise=roads.NOISE - 10.0 * np.log10(roads.BLOCKS / blocks),
        sensing=roads.SENSING[kind],
    )
    if kind == "mode4":
        return analytic.mode4(same, DISTANCE, road.channels)
    return analytic.dot11p(same, DISTANCE, road.duration())


@pytest.mark.skipif(not CURVES.exists(), reason="../shared is not here")
@pytest.mark.parametrize("channels", [2, 4])
def test_mode4_is_what_its_authors_computed(channels: int) -> None:
    with CURVES.open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if int(row["subch"]) == channels and float(row["d_m"]) < 500]
    found = closed(roads.Road("mode4", 0.1, 10.0, 20.0, 190, channels=channels))
    for column, values in (
        ("PDR_an", found.delivered),
        ("HD_an", found.half_duplex),
        ("SEN_an", found.sensitivity),
        ("PRO_an", found.propagation),
        ("COL_an", found.collision),
    ):
        assert values == pytest.approx([float(row[column]) for row in rows], abs=1e-3)


@pytest.mark.parametrize(
    "road",
    [
        roads.Road("mode4", 0.1, 10.0, 20.0, 190, channels=4),
        roads.Road("mode4", 0.1, 20.0, 20.0, 190, channels=4),
        roads.Road("mode4", 0.2, 10.0, 20.0, 190, channels=4),
        roads.Road("11p", 0.06, 10.0, 23.0, 190, bit_rate=6.0),
        roads.Road("11p", 0.06, 10.0, 15.0, 190, bit_rate=6.0),
        roads.Road("11p", 0.06, 25.0, 23.0, 500, bit_rate=18.0),
    ],
    ids=roads.Road.name,
)
def test_the_kernels_agree_with_the_closed_forms(road: roads.Road) -> None:
    """Other densities, rates and powers than the published curves that the gates of `benchmarks radio` are for."""
    counts = [roads.simulate(road, seed, small=True) for seed in range(1, 7)]
    off = np.abs(roads.fates(counts, np.append(DISTANCE, 500.0))[:20, 0] - closed(road).delivered)
    assert off.mean() < 0.015
    assert off.max() < 0.04


def test_fates_add_up() -> None:
    for road in (
        roads.Road("mode4", 0.3, 20.0, 23.0, 190, channels=2),
        roads.Road("11p", 0.12, 25.0, 30.0, 500, bit_rate=6.0),
    ):
        found = closed(road)
        total = (
            found.delivered + found.half_duplex + found.sensitivity + found.busy + found.propagation + found.collision
        )
        assert total == pytest.approx(np.ones(len(DISTANCE)))
        assert min(found.delivered) >= 0.0
