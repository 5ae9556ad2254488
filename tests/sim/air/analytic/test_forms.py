"""The closed forms against their authors' own figures, and the kernels against the closed forms."""

import csv

import numpy as np
import pytest

from benchmarks import measure, roads
from wayside.ext.arrays import Doubles
from wayside.sim.air import errors
from wayside.sim.air.analytic import forms
from wayside.sim.air.channel import Channel

CURVES = measure.ROOT.parent / "shared" / "data" / "radio" / "mode4_pdr.csv"
DISTANCE = np.arange(0.0, 500.0, 25.0)
THEIRS = {4: 10, 2: 12}  # resource blocks of their closed form of mode 4


def closed(road: roads.Road, table: errors.Table | None = None, blocks: int | None = None) -> forms.Delivery:
    """By default with the packet error and the resource blocks that its authors give it."""
    kind = road.technology
    channel = Channel("winner-b1", roads.FREQUENCY[kind], (1.5,), roads.ENVIRONMENT[kind])
    blocks = blocks or THEIRS.get(road.channels, roads.BLOCKS)
    curve = table or (errors.r1_160284(blocks) if kind == "mode4" else errors.sepulcre_2021(road.bit_rate))
    noise = roads.NOISE - 10.0 * np.log10(roads.BLOCKS / blocks)
    signal = forms.Signal(road.power, forms.lognormal(lambda d: channel.loss(d, 1.5, 1.5), 3.0))
    sensing = roads.SENSING[kind]
    same = forms.Road(road.density, road.rate, signal, sensing)

    def lost(sinr: Doubles) -> Doubles:
        return np.interp(sinr, *curve)

    reception = forms.Reception(signal, signal, signal, lost, noise, sensing, DISTANCE)
    if kind == "mode4":
        return forms.mode4(same, reception, road.channels)
    return forms.dot11p(same, reception, road.duration())


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


@pytest.mark.skipif(not CURVES.exists(), reason="../shared is not here")
def test_their_simulation_has_the_block_errors_of_their_later_code() -> None:
    """Losses to noise alone in what they simulated: those of `sempere_2020`, not of the table of their closed form."""
    with CURVES.open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if int(row["subch"]) == 4 and float(row["d_m"]) < 500]
    simulated = np.array([float(row["PRO_sim"]) for row in rows])
    road = roads.Road("mode4", 0.1, 10.0, 20.0, 190, channels=4)
    mcs, blocks = roads.SCHEMES[4, 190]
    assert np.abs(closed(road, errors.sempere_2020(mcs, 190), blocks).propagation - simulated).max() < 2.5e-4
    assert np.abs(closed(road).propagation - simulated).max() > 1.5e-3


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
    counts = [roads.simulate(road, seed) for seed in ((1,) if road.density > 0.15 else (1, 2))]
    same: dict[str, object] = {}
    if road.technology == "mode4":
        mcs, blocks = roads.SCHEMES[road.channels, road.payload]
        same = {"table": errors.sempere_2020(mcs, road.payload), "blocks": blocks}
    off = np.abs(roads.fates(counts, np.append(DISTANCE, 500.0))[:20, 0] - closed(road, **same).delivered)  # type: ignore[arg-type]
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
