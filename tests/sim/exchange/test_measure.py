"""What a run measures, against all packets of the run and what each receiver made of them, counted anew."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import hashes, in_child, in_fresh_child
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses
from wayside.ext.arrays import Longs
from wayside.sim.air import BIN_M, BINS, FATES
from wayside.sim.engine import Simulation
from wayside.sim.exchange.measure import Measures
from wayside.sim.onboard.parking import Drivers
from wayside.sim.results.recorder import SAMPLE, sampled
from wayside.sim.scenario import Scenario
from wayside.sim.stations.histograms import Times, mean_bin, percentile, quantile
from wayside.sim.stations.packets import Packets

END = 60.0
SENSITIVITY = FATES.index("below-sensitivity")


@dataclass
class Seen:
    """What a listener, and a look after each V2X tick, have counted in Python."""

    fates: Longs = field(default_factory=lambda: np.zeros((BINS, len(FATES)), np.int64))
    tally: Longs = field(default_factory=lambda: np.zeros((BINS, len(FATES)), np.int64))
    ages: list[float] = field(default_factory=list)
    vehicles_busy: list[float] = field(default_factory=list)
    units_busy: list[list[float]] = field(default_factory=list)
    busy_of: dict[int, list[float]] = field(default_factory=dict)  # by vehicle's station


def scenario(messages: str, *more: tuple[str, object]) -> Scenario:
    """Broadcasts only, so that whoever receives takes up; a V2X tick a step."""
    return Scenario.load("crossing").replace(
        {
            "scenario.end": END,
            "sumo.step_length": 0.1,
            "v2x.radio": "wayside.sim.air.itsg5:ItsG5Radio",
            "v2x.penetration": 1.0,
            "air.size": 2000,  # so that there are collisions
            "v2x.neighbours": True,
            "rsu": [{"at": "traffic-lights", "apps": ["signals"]}],
            "record.messages": messages,
            **dict(more),
        }
    )


def watch(out: Path) -> Seen:
    seen = Seen()
    with Simulation(scenario("all"), out) as simulation:
        exchange, fleet = simulation.exchange, simulation.fleet
        units = len(exchange.units)
        exchange.radio.trace(True)

        def told(packets: Packets) -> None:
            traces = exchange.radio.recall(packets.row)
            for packet, receiver, fate in zip(*(column.tolist() for column in traces), strict=True):
                slot = receiver - units
                x = exchange.roadside.x[receiver] if slot < 0 else fleet.x[slot]
                y = exchange.roadside.y[receiver] if slot < 0 else fleet.y[slot]
                apart = float(np.hypot(x - packets.x[packet], y - packets.y[packet]))
                seen.fates[min(int(apart / BIN_M + 0.5), BINS - 1), fate] += 1

        exchange.listeners.append(told)
        for tick in simulation:
            busy = exchange.radio.busy_ratio
            assert busy is not None
            seen.units_busy.append(busy[:units].tolist())
            for slot in np.flatnonzero(fleet.active[: fleet.vehicles.extent]).tolist():
                seen.vehicles_busy.append(float(busy[units + slot]))
                seen.busy_of.setdefault(int(fleet.vehicles.station[slot]), []).append(float(busy[units + slot]))
            for unit in exchange.units:
                seen.ages += (tick.time - unit.ldm.heard).tolist()
        tally = exchange.radio.tally
        assert tally is not None
        seen.tally = tally
    return seen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measured")


@pytest.fixture(scope="module")
def seen(folder: Path) -> Seen:
    return in_child(watch, folder / "all")


@pytest.fixture(scope="module")
def kpis(seen: Seen, folder: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / "all" / "summary.json").read_text())["kpis"]
    return found


@pytest.fixture(scope="module")
def packets(seen: Seen, folder: Path) -> dict[str, Any]:
    table = pq.read_table(folder / "all" / "packets.parquet")
    return {name: table[name].combine_chunks().to_numpy(zero_copy_only=False) for name in table.column_names}


def check_fates(tally: Longs, fates: Longs) -> None:
    """The same packets x receivers: fate by fate exactly; by distance but for those on the air as a tick ended."""
    told = [fate for fate in range(len(FATES)) if fate != SENSITIVITY]
    assert tally[:, told].sum(axis=0).tolist() == fates[:, told].sum(axis=0).tolist()
    assert np.abs(tally[:, told] - fates[:, told]).sum() <= 0.01 * tally.sum()


def test_fates_are_those_of_the_receivers(seen: Seen) -> None:
    check_fates(seen.tally, seen.fates)
    assert seen.tally[:, FATES.index("collision")].sum() + seen.tally[:, FATES.index("propagation")].sum() > 0
    there = np.flatnonzero(seen.tally.sum(axis=0)).tolist()
    assert FATES.index("received") in there
    assert len(there) > 1
    for fate in there:
        planted = seen.tally.copy()
        planted[:, fate] *= 2
        with pytest.raises(AssertionError):
            check_fates(planted, seen.fates)


def test_delivery_is_recorded_whole(seen: Seen, folder: Path, packets: dict[str, Any]) -> None:
    table = pq.read_table(folder / "all" / "delivery.parquet").to_pydict()
    found = np.zeros((BINS, len(FATES)), np.int64)
    bins = np.round(np.array(table["distance_m"]) / BIN_M).astype(int)
    for fate, name in enumerate(FATES):
        np.add.at(found[:, fate], bins, np.array(table[name.replace("-", "_")]))
    assert found.tolist() == seen.tally.tolist()
    # Packets that were on the air at the end have been received by some and not been told.
    received = packets["received_by_vehicles"].sum() + packets["received_by_units"].sum()
    assert 0 <= found[:, 0].sum() - received <= 20


def test_key_figures_of_delivery(seen: Seen, kpis: dict[str, float]) -> None:
    tally = seen.tally
    assert kpis["radio.pairs"] == tally.sum()
    assert kpis["radio.delivery_100m"] == pytest.approx(tally[4, 0] / tally[4].sum(), rel=1e-12)
    assert kpis["radio.delivery_300m"] == pytest.approx(tally[12, 0] / tally[12].sum(), rel=1e-12)
    shares = [kpis["radio.received"], *(value for name, value in kpis.items() if name.startswith("radio.lost."))]
    assert len(shares) == len(FATES)
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_latency_and_sizes_are_those_of_the_packets(kpis: dict[str, float], packets: dict[str, Any]) -> None:
    kinds = set(packets["kind"].tolist())
    assert {"cam", "spatem"} <= kinds
    for kind in sorted(kinds):
        mine = packets["kind"] == kind
        delay = packets["delay_s"][mine].astype(float)
        lost = np.isnan(delay)
        assert kpis[f"messages.{kind}.dropped"] == lost.sum()
        assert 0 <= kpis[f"messages.{kind}.sent"] - mine.sum() <= 3  # the others are on the air as the run ends
        assert kpis[f"messages.{kind}.mean_octets"] == pytest.approx(packets["octets"][mine].mean(), rel=1e-3)
        assert kpis[f"messages.{kind}.latency_mean_s"] == pytest.approx(delay[~lost].mean(), rel=1e-5)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            expected = float(np.quantile(delay[~lost], share))
            assert kpis[f"messages.{kind}.latency_{name}_s"] == pytest.approx(expected, rel=1 / 16)


def test_ages_are_those_of_the_maps(seen: Seen, kpis: dict[str, float]) -> None:
    assert kpis["radio.age_mean_s"] == pytest.approx(np.mean(seen.ages), rel=1e-9)
    late = np.sort(np.round(seen.ages, 1))[int(np.ceil(0.95 * len(seen.ages))) - 1]
    assert kpis["radio.age_p95_s"] == pytest.approx(late, abs=1e-9)


def test_busy_ratio_is_the_mean_of_all_ticks(seen: Seen, kpis: dict[str, float], folder: Path) -> None:
    assert kpis["radio.busy_ratio_mean"] == pytest.approx(np.mean(seen.vehicles_busy), rel=1e-6)
    units = np.mean(seen.units_busy, axis=0)
    assert kpis["radio.busy_ratio_rsu_max"] == pytest.approx(units.max(), rel=1e-6)
    rows = pq.read_table(folder / "all" / "vehicles.parquet").to_pylist()
    told = {row["station"]: row["busy_ratio"] for row in rows if not np.isnan(row["busy_ratio"])}
    assert told.keys() == seen.busy_of.keys()
    for station, values in seen.busy_of.items():
        assert told[station] == pytest.approx(np.mean(values), rel=1e-5)
    channel = pq.read_table(folder / "all" / "channel.parquet").to_pydict()
    assert len(channel["time_s"]) == END
    assert np.nanmean(channel["busy_mean"]) == pytest.approx(kpis["radio.busy_ratio_mean"], rel=0.3)
    for low, middle, high in zip(channel["busy_p05"], channel["busy_p50"], channel["busy_p95"], strict=True):
        assert np.isnan(middle) or low <= middle <= high


def test_gaps_are_recorded_whole(folder: Path, kpis: dict[str, float], seen: Seen) -> None:
    table = pq.read_table(folder / "all" / "gaps.parquet").to_pydict()
    near = [k for k, metres in enumerate(table["distance_m"]) if abs(metres - 100.0) < BIN_M]
    gaps = np.repeat(np.array(table["gap_s"])[near], np.array(table["count"])[near])
    assert len(gaps) > 100
    assert kpis["radio.gap_mean_100m"] == pytest.approx(gaps.mean(), rel=1e-9)
    late = np.sort(gaps)[int(np.ceil(0.95 * len(gaps))) - 1]
    assert kpis["radio.gap_p95_100m"] == pytest.approx(late, abs=1e-9)


def just_run(out: Path, messages: str) -> None:
    with Simulation(scenario(messages), out) as simulation:
        simulation.run()


def test_figures_do_not_depend_on_who_looks(folder: Path, seen: Seen, kpis: dict[str, float]) -> None:
    """Nor does the sample: it is the same packets as among all."""
    for messages in ("sampled", "counts"):
        in_fresh_child(just_run, folder / messages, messages)
        assert json.loads((folder / messages / "summary.json").read_text())["kpis"] == kpis
    whole, some, none = (hashes(folder / name) for name in ("all", "sampled", "counts"))
    different = {"scenario.toml", "packets.parquet"}
    assert {name: whole[name] for name in whole.keys() - different} == {
        name: none[name] for name in none.keys() - different
    }
    assert {name: some[name] for name in some.keys() - different} == {
        name: none[name] for name in none.keys() - different
    }
    all_of_them = pq.read_table(folder / "all" / "packets.parquet")
    sample = pq.read_table(folder / "sampled" / "packets.parquet")
    kept = np.isin(all_of_them["packet"].to_numpy(), sample["packet"].to_numpy())
    assert all_of_them.filter(kept).to_pylist() == sample.to_pylist()
    assert 0.5 < kept.sum() / len(kept) * SAMPLE < 2.0


def test_one_packet_in_a_hundred() -> None:
    senders = np.arange(1000, dtype=np.uint64)
    kept = np.array([sampled(senders, 0, step / 10.0) for step in range(1000)])
    assert abs(kept.mean() * SAMPLE - 1.0) < 0.03
    for stride in (2, 7, 100):  # whatever rhythm the traffic has
        assert abs(kept[::stride].mean() * SAMPLE - 1.0) < 0.35
        assert abs(kept[:, ::stride].mean() * SAMPLE - 1.0) < 0.35
    other = np.array([sampled(senders, 1, step / 10.0) for step in range(1000)])
    assert (kept & other).mean() < 2.0 / SAMPLE**2  # another kind's sample is another one


def sample_of(out: Path, apps: list[str]) -> list[dict[str, Any]]:
    """The awareness messages of the sample, where the units say so much besides."""
    said = {"scenario.end": 60.0, "v2x.penetration": 1.0, "record.messages": "sampled", "rsu.0.apps": apps}
    with Simulation(Scenario.load("crossing").replace(said), out) as simulation:
        simulation.run()
    rows = pq.read_table(out / "packets.parquet").to_pylist()
    return [{"time": row["time_s"], "x": row["x_m"], "y": row["y_m"]} for row in rows if row["kind"] == "cam"]


def test_who_is_in_the_sample_does_not_depend_on_what_others_say(tmp_path: Path) -> None:
    quiet = in_fresh_child(sample_of, tmp_path / "quiet", [])
    assert len(quiet) > 10
    assert quiet == in_fresh_child(sample_of, tmp_path / "loud", ["signals"])


def ideal(out: Path) -> dict[str, float]:
    with Simulation(scenario("counts", ("v2x.radio", "ideal"), ("v2x.neighbours", False)), out) as simulation:
        return simulation.run()


def test_what_a_radio_does_not_model_is_left_out(tmp_path: Path) -> None:
    kpis = in_child(ideal, tmp_path / "run")
    named = {name for name in kpis if name.startswith("radio.")}
    assert named == {"radio.dropped", "radio.age_mean_s", "radio.age_p95_s"}
    assert kpis["messages.cam.latency_p99_s"] == 0.0
    tables = {path.stem for path in (tmp_path / "run").glob("*.parquet")}
    assert not tables & {"delivery", "channel", "gaps"}
    assert {"rsu", "latency"} <= tables


class _Table:
    capacity = 4


class _Fleet:
    vehicles = _Table()


def parking(vehicle: list[int]) -> tuple[ParkingRequests, ParkingResponses]:
    who, none = np.array(vehicle, np.int32), np.zeros(len(vehicle))
    station = who.astype(np.int64)
    return ParkingRequests(who, station, who, none, none, none), ParkingResponses(who, station, who)


def test_answers_count_from_the_first_request() -> None:
    measures = Measures(None, None, _Fleet(), 1, 9, None, (Drivers,))  # type: ignore[arg-type]
    request, response = parking([1, 3])
    measures.asked(request, 10.0)
    measures.asked(request, 12.0)  # the first was lost
    measures.answered(response, np.array([0]), np.array([12.25]))
    assert measures.service.mean(0) == pytest.approx(2.25)
    measures.answered(response, np.array([0]), np.array([12.5]))  # told once more: it is no second answer
    measures.asked(request, 40.0)  # vehicle 3 had given up meanwhile
    measures.answered(response, np.array([1]), np.array([40.5]))
    assert measures.service.counts.sum() == 2
    assert measures.service.mean(0) == pytest.approx((2.25 + 0.5) / 2)
    measures.asked(request, 50.0)
    measures.admit(np.array([1], np.int32))  # another vehicle has the slot
    measures.answered(response, np.array([0]), np.array([51.0]))
    assert measures.service.counts.sum() == 2


def test_histograms_of_nothing() -> None:
    times = Times(9)
    assert np.isnan(times.mean(0))
    assert np.isnan(times.quantile(0, 0.5))
    empty = np.zeros((2, 5), np.int64)
    assert percentile(empty, 0.95).tolist() == [-1, -1]
    assert np.isnan(mean_bin(empty)).all()


def test_quantiles_within_bins() -> None:
    edges = np.array([0.0, 1.0, 2.0, np.inf])
    counts = np.array([2, 4, 2])
    assert quantile(counts, edges, 0.0) == 0.0
    assert quantile(counts, edges, 0.5) == 1.5
    assert quantile(counts, edges, 1.0) == 2.0, "an unbounded bin's lower end"
    assert percentile(counts[None], 0.75).tolist() == [1]
    assert percentile(counts[None], 0.76).tolist() == [2]
