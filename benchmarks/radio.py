"""Delivery ratio over distance on the road of two papers, through the simulation's own kernels, against their curves.

Gonzalez-Martin et al. 2019 (LTE-V2X mode 4, Veins) and Sepulcre et al. 2021 (802.11p): a straight road with vehicles at
a constant density that all send alike. A configuration is `met` where it stays within the gates below; one that is
`missed` makes the exit status 1, a table that cannot be read 2. Without a file, all tables of ../shared/data/radio are
run. Each gets three runs, and more where their scatter leaves open which it is.

Beside them stations of 802.11p that always have a packet to send, against Bianchi 2000 (`saturation.py`), and NR-V2X
mode 2 on a road of another simulator (`mode2.py`).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import measure, mode2, roads, saturation
from wayside.ext.arrays import Doubles

DATA = measure.ROOT.parent / "shared" / "data" / "radio"
GATES = {"mode4": (0.03, 0.06), "11p": (0.02, 0.05)}  # mean and largest deviation of the delivery ratio
CBR_GATE = 0.03
DEAF_GATE = 0.004  # mean deviation of the loss to half duplex, where a table has it: without it nothing else shows
SEEDS = 3  # runs of a configuration at least, and how many more at a time while it is undecided
MOST = 12  # runs of a configuration at most
CLEAR = 2.0  # standard errors between a deviation and its gate from which a configuration is decided
SATURATED = (2, 3, 5)  # stations
SATURATED_GATE = 0.015  # of the share of packets that begin together, and of those lost to half duplex

_ROAD = ("beta_veh_per_m", "lambda_Hz", "Pt_dBm", "payload_B")


@dataclass(frozen=True)
class Published:
    """One configuration: what was sent, and the curve or the busy ratio that a paper has for it."""

    road: roads.Road
    distance: Doubles  # m; empty where only the busy ratio is published
    ratio: Doubles
    busy: float | None = None
    deaf: Doubles | None = None  # share lost because the receiver was sending itself


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may follow `radio`."""
    parser.add_argument("tables", nargs="*", type=Path, metavar="FILE.csv", help="tables in the columns of those there")
    parser.add_argument("--plant", action="append", default=[], choices=roads.PLANTS, help="an error, to be found out")


def run(options: argparse.Namespace) -> measure.Result:
    """Every configuration of every table."""
    files = options.tables or sorted(DATA.glob("*_*.csv"))
    published = _joined(one for file in files for one in read(file))
    if not published:
        raise measure.BenchmarkError(f"no configuration in {', '.join(map(str, files)) or DATA}")
    counts: list[list[roads.Counts]] = [[] for _ in published]

    def simulate(task: tuple[int, int]) -> roads.Counts:
        one, seed = task
        return roads.simulate(replace(published[one].road, plant=tuple(options.plant)), seed, options.small)

    # A run's ratios scatter with where its vehicles stand and when they send, which its length does little about: what
    # lies near a gate gets more runs until the scatter between them says on which side it is.
    undecided, done = list(range(len(published))), 0
    with ThreadPoolExecutor(len(measure.cores(2))) as pool:
        while undecided and done < MOST:
            more = range(done + 1, done + 1 + (1 if options.small else SEEDS))
            tasks = [(one, seed) for one in undecided for seed in more]
            for (one, _), count in zip(tasks, pool.map(simulate, tasks), strict=True):
                counts[one].append(count)
            done = more[-1]
            undecided = [] if options.small else [k for k in undecided if not decided(published[k], counts[k])]
    rows = [_row(one, mine) for one, mine in zip(published, counts, strict=True)]
    saturated = [_saturated(stations, options.plant) for stations in SATURATED]
    another = [mode2.compare(setting, options.plant) for setting in mode2.MEASURED]
    met = all(row["met"] for row in (*rows, *saturated, *another))
    return {
        "seeds": list(range(1, done + 1)),
        "configurations": rows,
        "saturated": saturated,
        "mode2": another,
        "met": met,
    }


def decided(one: Published, counts: list[roads.Counts]) -> bool:
    """Whether every deviation is `CLEAR` standard errors below its gate, or one as far above; errors by the scatter
    between runs.
    """
    if len(counts) < 2:
        return False
    values, gates = [], []  # of each run, signed as the deviation of all
    if len(one.distance):
        mean, largest = GATES[one.road.technology]
        apart = np.nan_to_num([roads.fates([count], one.distance)[:, :2] for count in counts])
        off = np.nan_to_num(roads.fates(counts, one.distance)[:, 0]) - one.ratio
        signed = (apart[:, :, 0] - one.ratio) * np.where(off < 0.0, -1.0, 1.0)
        values += [signed.mean(1), signed[:, np.abs(off).argmax()]]
        gates += [mean, largest]
        if one.deaf is not None:
            values.append(np.abs(apart[:, :, 1].mean(0) - one.deaf).mean() + np.zeros(len(counts)))
            gates.append(DEAF_GATE)
    if one.busy is not None:
        busy = np.array([count.busy for count in counts])
        values.append((busy - one.busy) * (1.0 if busy.mean() > one.busy else -1.0))
        gates.append(CBR_GATE)
    found = np.array(values)
    away = np.array(gates) - found.mean(1)
    error = CLEAR * found.std(1, ddof=1) / np.sqrt(len(counts))
    return bool((away >= error).all() or (away < -error).any())


def _saturated(stations: int, plant: list[str]) -> measure.Result:
    wanted = saturation.bianchi(stations)
    found = saturation.simulate(stations, plant=set(plant) - {"antenna-height"})
    row: measure.Result = {"stations": stations, "bianchi": wanted, "together": found.together}
    row["met"] = abs(found.together - wanted) <= SATURATED_GATE
    if stations == 2:
        row["half_duplex"] = found.deaf
        row["met"] = bool(row["met"] and abs(found.deaf - wanted) <= SATURATED_GATE)
    return row


def read(file: Path) -> list[Published]:
    """The configurations of a table: columns as in the tables of ../shared/data/radio.

    What mode 4's authors plot as delivered leaves out packets whose announcement alone was lost; a column SA_sim says
    how many, and they count as lost, as they are to a receiver.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            rows = list(csv.DictReader(text))
    except OSError as error:
        raise measure.BenchmarkError(f"{file}: {error.strerror}") from error
    except (UnicodeError, csv.Error) as error:
        raise measure.BenchmarkError(f"{file}: not a table: {error}") from error
    if not rows:
        raise measure.BenchmarkError(f"{file}: no rows")
    columns = set(rows[0])
    if set(_ROAD) - columns:
        # Another kind of table, such as the error curves that stand beside them.
        if "SINR_PER50" in columns:
            return []
        raise measure.BenchmarkError(f"{file}: no column {', '.join(sorted(set(_ROAD) - columns))}")
    value = "PDR_sim" if "PDR_sim" in columns else "PDR" if "PDR" in columns else "meanCBR"
    kind = "subch" if "subch" in columns else "rate_Mbps"
    needed = {value, kind} | (set() if value == "meanCBR" else {"d_m"})
    if needed - columns:
        raise measure.BenchmarkError(f"{file}: no column {', '.join(sorted(needed - columns))}")
    groups: dict[tuple[float, ...], list[tuple[float, float, float]]] = {}
    for number, row in enumerate(rows, 2):
        where = f"{file}:{number}"
        key = tuple(_number(row, name, where) for name in (*_ROAD, kind))
        for name, whole in (("payload_B", key[3]), ("subch", key[4] if kind == "subch" else 0.0)):
            if whole % 1.0:
                raise measure.BenchmarkError(f"{where}: {name} {whole:g}: must be a whole number")
        at = _number(row, "d_m", where, roads.BINS - 1.0) if value != "meanCBR" else 0.0
        deaf = _number(row, "HD_sim", where, 1.0) if "HD_sim" in columns else np.nan
        points = groups.setdefault(key, [])
        if any(at == other for other, *_ in points):
            raise measure.BenchmarkError(f"{where}: a second {value} of one road" + f" at {at:g} m" * (at > 0.0))
        unannounced = _number(row, "SA_sim", where, 1.0) if "SA_sim" in columns else 0.0
        points.append((at, _number(row, value, where, 1.0) - unannounced, deaf))
    found = []
    for (density, rate, power, payload, last), points in groups.items():
        road = roads.Road("mode4" if kind == "subch" else "11p", density, rate, power, int(payload))
        road = replace(road, channels=int(last)) if kind == "subch" else replace(road, bit_rate=last)
        problem = road.problem()
        if problem:
            raise measure.BenchmarkError(f"{file}: {problem}")
        if value == "meanCBR":
            found.append(Published(road, np.empty(0), np.empty(0), points[0][1]))
        else:
            distance, ratio, deaf_at = np.array(sorted(points)).T
            found.append(Published(road, distance, ratio, deaf=None if np.isnan(deaf_at).any() else deaf_at))
    return found


def _number(row: dict[str, str], name: str, where: str, most: float | None = None) -> float:
    """A finite number; between 0 and `most` where that is given."""
    try:
        number = float(row[name])
    except (TypeError, ValueError):
        raise measure.BenchmarkError(f"{where}: {name} {row[name]!r}: not a number") from None
    if not np.isfinite(number) or (most is not None and not 0.0 <= number <= most):
        limits = "finite" if most is None else f"from 0 to {most:g}"
        raise measure.BenchmarkError(f"{where}: {name} {number:g}: must be {limits}")
    return number


def _joined(published: Iterable[Published]) -> list[Published]:
    """A curve and a busy ratio of one road belong together."""
    found: dict[roads.Road, Published] = {}
    for one in published:
        known = found.get(one.road)
        if known is None:
            found[one.road] = one
        elif one.busy is not None:
            found[one.road] = replace(known, busy=one.busy)
        else:
            found[one.road] = replace(one, busy=known.busy)
    return list(found.values())


def _row(one: Published, counts: list[roads.Counts]) -> measure.Result:
    row: measure.Result = {"road": one.road.name(), "runs": len(counts), "met": True}
    if len(one.distance):
        fates = roads.fates(counts, one.distance)
        ratio = fates[:, 0]
        if np.isnan(ratio).any():
            alone = one.distance[np.isnan(ratio)][0]
            raise measure.BenchmarkError(f"{one.road.name()}: no two vehicles were ever {alone:g} m apart")
        off = np.abs(ratio - one.ratio)
        mean, largest = GATES[one.road.technology]
        row |= {
            "distance_m": one.distance.tolist(),
            "published": one.ratio.tolist(),
            "measured": ratio.tolist(),
            "mean_deviation": float(off.mean()),
            "largest_deviation": float(off.max()),
        }
        row["met"] = bool(off.mean() <= mean and off.max() <= largest)
        if one.deaf is not None:
            row["half_duplex_deviation"] = float(np.abs(fates[:, 1] - one.deaf).mean())
            row["met"] = bool(row["met"] and row["half_duplex_deviation"] <= DEAF_GATE)
    if one.busy is not None:
        busy = float(np.mean([count.busy for count in counts]))
        row |= {"published_cbr": one.busy, "measured_cbr": busy}
        row["met"] = bool(row["met"] and abs(busy - one.busy) <= CBR_GATE)
    return row


def show(result: measure.Result) -> None:
    """A line per configuration, and the curves below."""
    titles = ("road", "runs", "mean off", "largest", "half duplex", "CBR", "published", "")
    lines = [
        (
            row["road"],
            str(row["runs"]),
            f"{row['mean_deviation']:.4f}" if "mean_deviation" in row else "",
            f"{row['largest_deviation']:.4f}" if "mean_deviation" in row else "",
            f"{row['half_duplex_deviation']:.4f}" if "half_duplex_deviation" in row else "",
            f"{row['measured_cbr']:.3f}" if "measured_cbr" in row else "",
            f"{row['published_cbr']:.3f}" if "measured_cbr" in row else "",
            "met" if row["met"] else "missed",
        )
        for row in result["configurations"]
    ]
    measure.show("delivery against the published curves", titles, lines)
    always = [
        (
            str(row["stations"]),
            f"{row['bianchi']:.3f}",
            f"{row['together']:.3f}",
            f"{row['half_duplex']:.3f}" if "half_duplex" in row else "",
            "met" if row["met"] else "missed",
        )
        for row in result["saturated"]
    ]
    heads = ("stations", "Bianchi", "begin together", "half duplex", "")
    measure.show("802.11p, always a packet to send: share that begins together", heads, always)
    others = [
        (
            row["setting"],
            f"{row['mean_deviation']:.4f}",
            f"{row['largest_deviation']:.4f}",
            *(f"{here:.3f} {there:.3f}" for here, there in zip(row["measured"], row["there"], strict=True)),
            "met" if row["met"] else "missed",
        )
        for row in result["mode2"]
    ]
    columns = ("NR-V2X", "mean off", "largest", *(f"{d:.0f} m" for d in mode2.DISTANCE), "")
    measure.show("delivery measured and in WiLabV2Xsim", columns, others)
    curves = [row for row in result["configurations"] if "measured" in row]
    at = sorted({d for row in curves for d in row["distance_m"]})
    body = []
    for d in at:
        line = [f"{d:.0f} m"]
        for row in curves:
            if d in row["distance_m"]:
                k = row["distance_m"].index(d)
                line.append(f"{row['measured'][k]:.3f} {row['published'][k]:.3f}")
            else:
                line.append("")
        body.append(line)
    if curves:
        measure.show(
            "measured and published delivery ratio, roads in the order above",
            ("distance", *(str(k + 1) for k in range(len(curves)))),
            body,
        )


def status(result: measure.Result) -> int:
    """1 where a configuration is missed."""
    return 0 if result["met"] else 1
