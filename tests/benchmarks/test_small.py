"""Each benchmark in its small form, on the smallest city: that it runs and what it writes, not what it took."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import applications, measure, sites
from benchmarks.overhead import VARIANTS
from tests.sim.children import benchmark


def result(folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    """What a benchmark writes; its table must name what is compared."""
    path = folder / "result.json"
    done = benchmark(name, "--small", "--city", "crossing", *arguments, "--json", path)
    assert done.returncode == 0, done.stderr
    assert "crossing" in done.stdout
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert found["benchmark"] == name
    assert found["small"] is True
    assert set(found["versions"]) == {"wayside", "eclipse-sumo", "numpy"}
    assert all(math.isfinite(number) for number in _numbers(found))
    return found


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)
    elif isinstance(value, (int, float)):
        yield value


def test_overhead(tmp_path: Path) -> None:
    found = result(tmp_path, "overhead", "--step", "1.0")
    (table,) = found["tables"]
    assert (table["city"], table["step_s"]) == ("crossing", 1.0)
    rows = {row["variant"]: row for row in table["rows"]}
    assert list(rows) == [variant.name for variant in VARIANTS]
    plain = rows["plain sumo"]
    assert plain["loop_ratio"] == plain["process_ratio"] == plain["loop_ratio_per_update"] == 1.0
    for row in rows.values():
        assert row["loop_s"] < row["process_s"]
        assert row["updates"] > 0
    # The same traffic is counted: whatever reads alone changes none of it.
    assert rows["traci, subscriptions"]["updates"] == rows["libsumo, 4 getters a vehicle"]["updates"]


def test_what_applications_add(tmp_path: Path) -> None:
    (table,) = result(tmp_path, "overhead", "--apps")["applications"]
    assert (table["city"], table["units"]) == ("crossing", 1)
    rows = {row["row"]: row for row in table["rows"]}
    assert list(rows) == list(applications.ROWS)
    assert rows[applications.NONE]["ratio"] == 1.0
    # Advice changes no traffic in so few seconds, and whoever drives is the same in each row.
    assert len({row["driving"] for row in rows.values()}) == 1
    assert all(row["step_ms"] > 0.0 for row in rows.values())


def test_film(tmp_path: Path) -> None:
    found = result(tmp_path, "film", "--seconds", "20", "--seeks", "3")
    assert found["bytes"] > 1000
    assert found["vehicle_s"] >= found["driving_s"] > 0.0
    assert found["recorder_cpu_s"] > 0.0
    assert len(found["seek_bytes"]) == 3


def test_bridge(tmp_path: Path) -> None:
    (table,) = result(tmp_path, "bridge")["tables"]
    rows = {row["way"]: row for row in table["rows"]}
    assert list(rows) == ["native (C++)", "libsumo, getters", "libsumo, subscriptions", "traci, subscriptions"]
    assert rows["native (C++)"]["ratio"] == 1.0
    assert all(row["us_per_vehicle_step"] > 0.0 for row in (rows["native (C++)"], rows["libsumo, getters"]))


def test_load(tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    done = benchmark("load", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    roads, lights = json.loads(path.read_text("utf-8"))["nets"]
    assert (roads["wayside"]["units"], lights["wayside"]["units"]) == (0, 16)
    assert all(0.0 < net[who]["cpu_s"] < math.inf for net in (roads, lights) for who in ("sumo", "wayside"))


def test_memory(tmp_path: Path) -> None:
    found = result(tmp_path, "memory")
    assert [sample[0] for sample in found["samples"]] == [0.0, 60.0, 120.0, 180.0]
    assert found["end"] == {
        "time_s": 180.0,
        "memory_mb": found["samples"][-1][1],
        "vehicles": found["samples"][-1][2],
    }
    assert 10.0 < found["begin"]["memory_mb"] <= found["peak_mb"]


def test_dispatch(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.json"
    done = benchmark("dispatch", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    assert "200 requests, 100 facilities" in done.stdout
    (table,) = json.loads(path.read_text("utf-8"))["tables"]
    rows = {row["solver"]: row for row in table["rows"]}
    assert list(rows) == ["wayside", "scipy, matching", "OR-Tools, flow", "greedy"]
    assert len({row["objective"] for name, row in rows.items() if name != "greedy"}) == 1
    assert rows["greedy"]["objective"] > rows["wayside"]["objective"]
    assert 0 < rows["wayside"]["rejected"] <= rows["greedy"]["rejected"]
    assert table["search_s"] < table["scipy_search_s"]


def test_sites(tmp_path: Path) -> None:
    path = tmp_path / "sites.json"
    done = benchmark("sites", "--small", "--no-check", "--json", path)
    assert done.returncode == 0, done.stderr
    alone, charging, parking = json.loads(path.read_text("utf-8"))["rows"]
    assert alone == {"city": "the grid alone"}
    assert [one["policy"] for one in charging["policies"]] == list(sites.CHARGING)
    assert [one["policy"] for one in parking["policies"]] == list(sites.PARKING)
    assert all(one["given"] > 0 < one["median_ms"] for row in (charging, parking) for one in row["policies"])


def test_the_list_of_benchmarks() -> None:
    command = [sys.executable, "-m", "benchmarks"]
    listed = subprocess.run(command, cwd=measure.ROOT, capture_output=True, text=True, check=True).stdout
    assert all(name in listed for name in ("overhead", "bridge", "memory"))


def test_a_child_that_fails_is_told() -> None:
    with pytest.raises(measure.BenchmarkError, match=r"(?s)exit status 3.*no such moon"):
        measure.run([sys.executable, "-c", "import sys; print('no such moon', file=sys.stderr); sys.exit(3)"], [0])


def test_a_child_keeps_to_its_cores() -> None:
    (core,) = measure.cores(1)
    code = "import os; print(sorted(os.sched_getaffinity(0)))"
    assert measure.run([sys.executable, "-c", code], [core]).output.strip() == str([core])
