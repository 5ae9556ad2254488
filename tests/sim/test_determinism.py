"""The same scenario, seed and version give the same bytes in every output, whatever the backend."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sim.children import TIMING, hashes, run

Runs = Callable[..., Path]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs by their arguments and a rank: the same arguments and rank are not run twice. From rank 1 on in processes of
    their own making, with sets in another order.
    """
    known: dict[tuple[object, ...], Path] = {}
    folder = tmp_path_factory.mktemp("runs")

    def get(what: str, *arguments: object, rank: int = 0) -> Path:
        key = (what, *arguments, rank)
        if key not in known:
            known[key] = run(what, folder / f"run-{len(known)}", *arguments, fresh=rank > 0)
        return known[key]

    return get


CROSSING = ("crossing", "--until", 300)
LINGANG = ("lingang", "--until", 60)
OVERLAPPED = ("--set", "scenario.pipeline=overlapped")


@pytest.mark.parametrize("what", [CROSSING, LINGANG, (*CROSSING, *OVERLAPPED), (*LINGANG, *OVERLAPPED)])
def test_twice_the_same(runs: Runs, what: tuple[str, ...]) -> None:
    first, second = (hashes(runs(*what, rank=rank)) for rank in range(2))
    assert {"summary.json", "scenario.toml", "vehicles.parquet", "sumo/tripinfo.xml"} <= first.keys()
    assert first == second


@pytest.mark.parametrize("backend", ["libsumo", "traci"])
def test_on_every_backend(runs: Runs, backend: str) -> None:
    other = runs(*CROSSING, "--backend", backend, rank=1)
    assert hashes(other) == hashes(runs(*CROSSING))
    assert json.loads((other / TIMING).read_text())["backend"] == backend


def test_everything_recorded_is_the_same_too(runs: Runs) -> None:
    what = ("crossing", "--until", 120, "--set", "record.messages=all", "--set", "record.trajectories=0.5")
    first, second = (hashes(runs(*what, rank=rank)) for rank in range(2))
    assert {"packets.parquet", "trajectories.parquet"} <= first.keys()
    assert first == second


def test_another_seed_is_another_run(runs: Runs) -> None:
    first, other = hashes(runs(*CROSSING)), hashes(runs(*CROSSING, "--seed", 2))
    assert first.keys() == other.keys()
    for name in ("summary.json", "vehicles.parquet", "messages.parquet", "rsu.parquet", "sumo/tripinfo.xml"):
        assert first[name] != other[name]


def test_a_step_later_is_another_run(runs: Runs) -> None:
    assert hashes(runs(*CROSSING)) != hashes(runs(*CROSSING, *OVERLAPPED))


def test_the_resolved_scenario_repeats_the_run(runs: Runs, tmp_path: Path) -> None:
    first = runs(*CROSSING)
    again = run(first / "scenario.toml", tmp_path / "again", fresh=True)
    assert hashes(again) == hashes(first)


def test_nothing_of_the_clock_but_in_timing(runs: Runs) -> None:
    one, other = (json.loads((runs(*CROSSING, rank=rank) / TIMING).read_text()) for rank in range(2))
    assert one != other


def test_a_planted_error_is_found(runs: Runs, tmp_path: Path) -> None:
    first = runs(*CROSSING)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in hashes(first):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes((first / name).read_bytes())
    assert hashes(copy) == hashes(first)
    data = bytearray((copy / "messages.parquet").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "messages.parquet").write_bytes(data)
    assert hashes(copy) != hashes(first)
