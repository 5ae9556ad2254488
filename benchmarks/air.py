"""Radio links evaluated per second: neighbours, losses, shadowing, access and reception, against NumPy and SciPy.

A link is one directed pair of stations within range. `search` finds all of them and gives them a power for the first
time, `links` works out the power of each after all stations moved; `csma` and `sps` carry 10 packets a second of each
station, every packet judged at every receiver in range, and work out who hears it by themselves. Beside them in the
same run: SciPy's cKDTree, which finds the pairs, and NumPy, which renews each pair's loss, line of sight and correlated
shadowing. CPU time, but for two threads and the one thread that they are held against.

A second table has whole ticks of `itsg5` in a town with houses, every vehicle sending in each: how much of the 100 ms
that a tick lasts it takes, with vehicles in between drawn and looked for.

`--run` has a run of a city instead, every vehicle equipped, with one thread and with two: over how many links a second
it carries packets, each from the sender's power at that moment to what becomes of the packet there, to be held against
those of the kernels; and which part of it takes how long.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from benchmarks import measure
from benchmarks.cities import City, add_city_option, chosen
from wayside import Scenario, Simulation
from wayside.ext.arrays import Doubles, Longs
from wayside.ext.csma import Csma
from wayside.ext.links import Links
from wayside.ext.sps import Sps
from wayside.sim.air import Outgoing, RadioContext, errors
from wayside.sim.air.channel import Channel
from wayside.sim.air.itsg5 import ItsG5Radio
from wayside.sim.air.medium import Medium
from wayside.sim.results.profile import Profile
from wayside.sim.scenario.sections import Air

STATIONS = (1000, 5000, 10000)
DENSITY = 400.0  # stations per km2 in the square, about what a busy town has
SPACING = 250.0  # m between the roads of the grid
RANGE = 500.0  # m
REPEATS = 5
POWER = 200.0  # mW
_ACCESS = "air: channel access"
TOWN, TICKS = 1500, 20  # vehicles and ticks of the second table


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--run`."""
    parser.add_argument("--run", action="store_true", help="a run of a city instead of the kernels alone")
    parser.add_argument("--radio", choices=("itsg5", "lte-v2x", "nr-v2x"), default="itsg5", help="with --run")
    add_city_option(parser)


def run(options: argparse.Namespace) -> measure.Result:
    """All layouts and sizes, or the runs."""
    if options.run:
        until = 30.0 if options.small else 600.0
        runs = [_run(city, options.radio, threads, until) for city in chosen(options) for threads in (1, 2)]
        return {"radio": options.radio, "runs": runs}
    sizes = STATIONS[:1] if options.small else STATIONS
    repeats = 2 if options.small else REPEATS
    rows = [_one(layout, n, repeats) for layout in ("square", "roads") for n in sizes]
    n, ticks = (TOWN // 5, 6) if options.small else (TOWN, TICKS)
    towns = [
        {"blockage": blockage, "threads": threads, "vehicles": n} | _ticks(n, ticks, blockage, threads)
        for blockage in ("drawn", "vehicles")
        for threads in (1, 2)
    ]
    return {"range_m": RANGE, "rows": rows, "ticks": towns}


def place(layout: str, n: int, random: np.random.Generator) -> tuple[Doubles, Doubles]:
    """X and y [m] of n stations: anywhere in a square, or along a grid of roads in it."""
    side = 1000.0 * np.sqrt(n / DENSITY)
    x, y = random.uniform(0.0, side, n), random.uniform(0.0, side, n)
    if layout == "roads":
        across = random.integers(0, 2, n) == 0
        x = np.where(across, np.round(x / SPACING) * SPACING, x)
        y = np.where(across, y, np.round(y / SPACING) * SPACING)
    return x, y


def _one(layout: str, n: int, repeats: int) -> measure.Result:
    random = np.random.default_rng(1)
    x, y = place(layout, n, random)
    row: measure.Result = {"layout": layout, "stations": n}
    columns = (np.ones(n, np.uint8), np.arange(1, n + 1, dtype=np.uint64), np.zeros(n, np.uint8))
    mw, gain = np.full(n, POWER, np.float32), np.ones(n, np.float32)
    for threads in (1, 2):
        links = _links()
        spent, waited = [], []
        for step in range(repeats + 1):
            # The first finds the neighbours; then all stations move, none so far that it must be done again.
            at_x, at_y = x + 1.5 * step, y.copy()
            # CPU time hardly minds what else runs; what two threads gain only the wall clock shows.
            began, begun = time.process_time(), time.perf_counter()
            links.update(at_x, at_y, *columns, mw, gain)
            row["links"] = links.renew(threads)
            spent.append(time.process_time() - began)
            waited.append(time.perf_counter() - begun)
        row[f"search_{threads}"] = row["links"] / (spent if threads == 1 else waited)[0]
        row[f"links_{threads}"] = row["links"] / measure.median((spent if threads == 1 else waited)[1:])
        row[f"wait_{threads}"] = measure.median(waited[1:])
    row["csma"], row["sps"] = _csma(links, n), _sps(links, n)
    pairs = _scipy(x, y)
    plain, moved = _Numpy(pairs), np.full(n, 1.5)
    row["scipy"] = row["links"] / _timed(lambda: _scipy(x, y), min(repeats, 3))
    row["numpy"] = row["links"] / _timed(lambda: plain.renew(x, y, moved), min(repeats, 3))
    return row


def houses(side: float) -> list[Doubles]:
    """36 houses of 20 m x 15 m in each block between the roads."""
    found: list[Doubles] = []
    at = 25.0 + 37.0 * np.arange(6)
    for block_x in np.arange(0.0, side, SPACING):
        for block_y in np.arange(0.0, side, SPACING):
            for x in block_x + at:
                found += [np.array([[x, y], [x + 20, y], [x + 20, y + 15], [x, y + 15]]) for y in block_y + at]
    return found


def _ticks(n: int, ticks: int, blockage: str, threads: int) -> measure.Result:
    """Mean of CPU and wall time of a tick [ms], and packets received in it."""
    random = np.random.default_rng(1)
    x, y = place("roads", n, random)
    across = y == np.round(y / SPACING) * SPACING
    outlines = houses(1000.0 * float(np.sqrt(n / DENSITY)))
    radio = ItsG5Radio(
        RadioContext(RANGE, Air(threads=threads).model_copy(update={"blockage": blockage}), 1, lambda: outlines)
    )
    none, ones = np.zeros(0), np.ones(n, np.uint8)
    radio.place_units(none, none, ones[:0])
    tall = (random.uniform(size=n) < 0.1).astype(np.uint8)
    out, pending = Outgoing(0), np.empty(0, np.intp)
    spent, waited, received = 0.0, 0.0, 0
    for tick in range(ticks + 2):
        step = 1.2 * tick
        at_x, at_y = x + step * across, y + step * ~across
        out.begin(pending)
        out.add(np.arange(n, dtype=np.int32), 350, 2, periodic=True)
        out.close()
        began, begun = time.process_time(), time.perf_counter()
        radio.place_vehicles(at_x, at_y, ones, tall)
        carried = radio.carry(out)
        pending = carried.pending
        if tick < 2:
            continue  # everybody is new: neighbours, walls and vehicles in between are looked for at once
        spent += time.process_time() - began
        waited += time.perf_counter() - begun
        received += int(carried.at_vehicles.sum())
    return {"cpu_ms": 1e3 * spent / ticks, "wall_ms": 1e3 * waited / ticks, "received": received / ticks}


def _run(city: City, radio: str, threads: int, until: float) -> measure.Result:
    """Links per second of wall clock in a run's channel access and in all of it; and its parts [s]."""
    changes = {"v2x.radio": radio, "v2x.penetration": 1.0, "air.threads": threads, "scenario.end": until}
    most = vehicles = 0
    with Simulation(Scenario.load(city.what).replace(changes)) as simulation:
        medium = simulation.exchange.radio
        assert isinstance(medium, Medium)
        profile = Profile(simulation)
        profile._wrap(medium, "_exchange", _ACCESS)
        began = time.perf_counter()
        for _ in simulation:
            vehicles = int(simulation.fleet.active.sum())
            most = max(most, vehicles)
        wall = time.perf_counter() - began
        parts, carried = profile.parts(), int(medium._access.links)
    rates = {"carried": carried / max(parts[_ACCESS], 1e-9), "run": carried / max(wall, 1e-9)}
    row: measure.Result = {"city": city.name, "threads": threads, "s": until, "vehicles": most, "wall_s": wall}
    return row | {"links": carried} | rates | {"parts": parts}


def _links() -> Links:
    return Channel(model="urban", range_m=RANGE).links(1)


def _timed(work: Callable[[], object], repeats: int) -> float:
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return measure.median(spent)


def _csma(links: Links, n: int) -> float:
    """Links per second of CPU time with 10 packets a second of each station for a tenth of a second."""
    access = Csma(errors=[errors.table("11p", 2, 350, "G5-UrbanLOS")], noise=-95.0, seed=1)
    none = np.zeros(n, np.uint8)
    access.attach(links, none, none)
    random = np.random.default_rng(2)
    station, zeros = np.arange(n, dtype=np.int32), np.zeros(n, np.int32)
    arrival = random.integers(0, 100_000_000, n)
    access.submit(
        station, zeros + 2, zeros, arrival, arrival + 100_000_000, np.full(n, 547_000), np.arange(n, dtype=np.int64)
    )
    began = time.process_time()
    access.advance(100_000_000)
    return access.links / (time.process_time() - began)


def _sps(links: Links, n: int) -> float:
    access = Sps(errors=[errors.table("LTE", 7, 350, "G5-UrbanLOS")], noise=-101.0, seed=1)
    none = np.zeros(n, np.uint8)
    access.attach(links, none, none)
    random = np.random.default_rng(2)
    station, zeros = np.arange(n, dtype=np.int32), np.zeros(n, np.int32)
    began = time.process_time()
    for tick in range(2):
        arrival = 100 * tick + random.integers(0, 100, n)
        access.submit(station, zeros, arrival, arrival + 101, none, np.arange(n, dtype=np.int64))
        access.advance(100 * (tick + 1))
    return access.links / (time.process_time() - began)


def _scipy(x: Doubles, y: Doubles) -> Longs:
    """The pairs within range."""
    return cKDTree(np.column_stack([x, y])).query_pairs(RANGE, output_type="ndarray")


class _Numpy:
    """The same links renewed by NumPy: each pair once, what it loses without a line of sight drawn beforehand."""

    def __init__(self, pairs: Longs) -> None:
        self.i, self.j = pairs[:, 0], pairs[:, 1]
        self.random = np.random.default_rng(3)
        self.shadow = self.random.standard_normal(len(pairs))
        self.state = self.random.uniform(size=len(pairs))
        self.more = np.maximum(0.0, 9.0 + 4.5 * self.random.standard_normal(len(pairs)))

    def renew(self, x: Doubles, y: Doubles, moved: Doubles) -> Doubles:
        """Power of each pair [mW]."""
        i, j = self.i, self.j
        d = np.maximum(np.hypot(x[i] - x[j], y[i] - y[j]), 3.0)
        loss = 38.77 + 16.7 * np.log10(d) + 18.2 * np.log10(5.9)
        hidden = self.state > np.minimum(1.0, 1.05 * np.exp(-0.0114 * d))
        loss += np.where(hidden, self.more, 0.0)
        keep = np.exp(-(moved[i] + moved[j]) / 10.0)
        self.shadow = keep * self.shadow + np.sqrt(1.0 - keep * keep) * self.random.standard_normal(len(d))
        power: Doubles = POWER * 10.0 ** ((np.where(hidden, 4.0, 3.0) * self.shadow - loss) / 10.0)
        return power


def show(result: measure.Result) -> None:
    """A line per layout and size, or per run."""
    if "runs" in result:
        show_runs(result)
        return
    columns = (
        "",
        "stations",
        "links",
        "renewed",
        "2 threads",
        "NumPy",
        "searched",
        "2 threads",
        "cKDTree",
        "csma",
        "sps",
    )
    lines = [
        (
            row["layout"],
            str(row["stations"]),
            f"{row['links']:,}",
            *(
                f"{row[name] / 1e6:.1f}"
                for name in ("links_1", "links_2", "numpy", "search_1", "search_2", "scipy", "csma", "sps")
            ),
        )
        for row in result["rows"]
    ]
    measure.show(f"millions of directed links per second, range {result['range_m']:.0f} m", columns, lines)
    gains = [f"{row['wait_1'] / row['wait_2']:.2f}" for row in result["rows"]]
    print(f"two threads renew links {', '.join(gains)} times as fast as one, by the wall clock")
    lines = [
        (
            row["blockage"],
            str(row["threads"]),
            str(row["vehicles"]),
            f"{row['received']:,.0f}",
            f"{row['cpu_ms']:.1f}",
            f"{row['wall_ms']:.1f}",
            f"{100.0 / row['wall_ms']:.1f}",
        )
        for row in result["ticks"]
    ]
    titles = ("vehicles in between", "threads", "vehicles", "received", "CPU ms", "wall ms", "times real time")
    measure.show("a tick of itsg5 (100 ms) in a town, every vehicle sending", titles, lines)


def show_runs(result: measure.Result) -> None:
    """A line per run, and one per part."""
    runs = result["runs"]
    lines = [
        (
            row["city"],
            str(row["threads"]),
            str(row["vehicles"]),
            f"{row['wall_s']:.1f}",
            *(f"{row[name] / 1e6:.1f}" for name in ("links", "carried", "run")),
        )
        for row in runs
    ]
    columns = ("", "threads", "vehicles", "s", "links, millions", "a second of access", "a second of the run")
    title = f"directed links over which packets went in runs with {result['radio']}, every vehicle equipped"
    measure.show(title, columns, lines)
    names = list(dict.fromkeys(part for row in runs for part in row["parts"]))
    lines = [(name, *(f"{row['parts'].get(name, 0.0):.2f}" for row in runs)) for name in names]
    heads = ("", *(f"{row['city']} {row['threads']}" for row in runs))
    measure.show("where the time goes, s, by city and threads", heads, lines)
