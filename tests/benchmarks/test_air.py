"""`python -m benchmarks air`: that it runs, and that what it compares finds the same links."""

import json
from pathlib import Path

import numpy as np

from benchmarks import air
from tests.sim.children import benchmark


def test_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "air.json"
    done = benchmark("air", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text("utf-8"))
    rows, ticks = found["rows"], found["ticks"]
    assert [row["layout"] for row in rows] == ["square", "roads"]
    assert all(row[name] > 0 for row in rows for name in ("links_1", "links_2", "csma", "sps", "scipy", "numpy"))
    assert [(row["blockage"], row["threads"]) for row in ticks] == [
        ("drawn", 1),
        ("drawn", 2),
        ("vehicles", 1),
        ("vehicles", 2),
    ]
    # Threads change what it takes, not what is received.
    assert ticks[0]["received"] == ticks[1]["received"] > 0
    assert ticks[2]["received"] == ticks[3]["received"] > 0


def test_runs(tmp_path: Path) -> None:
    path = tmp_path / "air.json"
    done = benchmark("air", "--run", "--small", "--city", "crossing", "--json", path)
    assert done.returncode == 0, done.stderr
    one, two = json.loads(path.read_text("utf-8"))["runs"]
    assert (one["threads"], two["threads"]) == (1, 2)
    assert one["vehicles"] == two["vehicles"] > 0
    assert all(row[name] > 0 for row in (one, two) for name in ("links", "carried", "run"))
    assert one["links"] == two["links"]
    assert "air: channel access" in done.stdout


def test_scipy_finds_the_links_that_are_listed() -> None:
    random = np.random.default_rng(1)
    x, y = air.place("roads", 500, random)
    links = air._links()
    n = len(x)
    links.update(
        x, y, np.ones(n, np.uint8), np.arange(1, n + 1, dtype=np.uint64), np.zeros(n, np.uint8),
        np.ones(n, np.float32), np.ones(n, np.float32),
    )  # fmt: skip
    start, other, power = links.table()
    rows = np.repeat(np.arange(n), np.diff(start))
    mine = {(int(i), int(j)) for i, j in zip(rows[power > 0], other[power > 0], strict=True)}
    # A millimetre about the range itself is left to rounding.
    theirs = {(int(i), int(j)) for i, j in air._scipy(x, y)}
    differ = np.array(sorted({pair for pair in mine if pair[0] < pair[1]} ^ theirs)).reshape(-1, 2)
    i, j = differ[:, 0], differ[:, 1]
    assert np.allclose(np.hypot(x[i] - x[j], y[i] - y[j]), air.RANGE, atol=1e-3)
    assert len(theirs) > 1000
