"""How long a big net takes to be set up, beside plain SUMO, and what memory it takes.

A net of 10,200 roads, 60,580 edges with those within junctions, and a grid of 3,600 traffic lights, each with a unit,
97,920 edges. Plain SUMO loads each and makes one step; wayside does the same. Pairs run one after the other; the
figures are medians of CPU time, which what else runs on the machine hardly changes, and of the wall clock.
"""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sumolib

from benchmarks import measure
from benchmarks.measure import Result

REPEATS = 3


@dataclass(frozen=True)
class Grid:
    """A net of netgenerate's: junctions each way, and what stands at them."""

    name: str
    junctions: int
    kind: str


GRIDS = (Grid("10,000 roads", 51, "priority"), Grid("3,600 lights", 60, "traffic_light"))
SMALL = (Grid("40 roads", 4, "priority"), Grid("16 lights", 4, "traffic_light"))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Only how often."""
    parser.add_argument("--repeats", type=int, help=f"pairs, by default {REPEATS}")


def run(options: argparse.Namespace) -> Result:
    """Both nets."""
    repeats = options.repeats or (1 if options.small else REPEATS)
    with TemporaryDirectory(prefix="wayside-benchmark-") as folder:
        return {"repeats": repeats, "nets": [_net(grid, Path(folder), repeats) for grid in _grids(options.small)]}


def _grids(small: bool) -> tuple[Grid, ...]:
    return SMALL if small else GRIDS


def make(grid: Grid, folder: Path) -> Path:
    """Its scenario, with a unit at each light; one vehicle drives."""
    net = folder / "net.net.xml"
    command = [sumolib.checkBinary("netgenerate"), "--grid", "--grid.number", str(grid.junctions)]
    command += ["--grid.length", "100", "--default-junction-type", grid.kind, "-o", str(net)]
    subprocess.run(command, check=True, capture_output=True)
    edge = next(sumolib.xml.parse_fast(str(net), "edge", ["id", "from", "to"])).id
    (folder / "a.rou.xml").write_text(f'<routes><trip id="v" depart="0" from="{edge}" to="{edge}"/></routes>')
    (folder / "a.sumocfg").write_text(
        '<configuration><input><net-file value="net.net.xml"/><route-files value="a.rou.xml"/></input></configuration>'
    )
    scenario = folder / "scenario.toml"
    scenario.write_text(
        '[scenario]\nname = "load"\nend = 1.0\n\n[sumo]\nconfig = "a.sumocfg"\n\n'
        '[[rsu]]\nat = "traffic-lights"\napps = ["signals"]\n'
    )
    return scenario


def _net(grid: Grid, folder: Path, repeats: int) -> Result:
    place = folder / grid.kind
    place.mkdir()
    scenario = make(grid, place)
    sumo = [sumolib.checkBinary("sumo"), "-c", str(place / "a.sumocfg"), "--end", "1", "--no-step-log", "true"]
    on = measure.cores(1)
    samples: dict[str, list[dict[str, float]]] = {"sumo": [], "wayside": []}
    for rank in range(repeats):
        measure.say(f"{grid.name}: {rank + 1} of {repeats}")
        samples["sumo"].append(_child({"command": sumo}, on))
        samples["wayside"].append(_child({"scenario": str(scenario)}, on))
    found: Result = {**asdict(grid), "samples": samples}
    for who, all_ in samples.items():
        found[who] = {name: measure.median(sample[name] for sample in all_) for name in all_[0]}
    return found


def _child(task: dict[str, object], on: tuple[int, ...]) -> dict[str, float]:
    found, _ = measure.run_module("benchmarks.loading", task, on)
    return {name: float(value) for name, value in found.items()}


def show(result: Result) -> None:
    """One row for each net."""
    rows = []
    for net in result["nets"]:
        sumo, ours = net["sumo"], net["wayside"]
        rows.append(
            (
                net["name"],
                f"{sumo['cpu_s']:.2f}",
                f"{ours['cpu_s']:.2f}",
                f"{ours['cpu_s'] / sumo['cpu_s']:.2f}",
                f"{sumo['peak_mb']:,.0f}",
                f"{ours['peak_mb']:,.0f}",
                f"{sumo['wall_s']:.2f}",
                f"{ours['wall_s']:.2f}",
                f"{ours['edges']:,.0f}",
                f"{ours['units']:,.0f}",
            )
        )
    columns = ("net", "sumo CPU s", "wayside CPU s", "ratio", "sumo MB", "wayside MB", "sumo s", "wayside s")
    measure.show(
        f"Loading and one step, medians of {result['repeats']}",
        (*columns, "edges", "units"),
        rows,
        ["wayside without its imports; MB: peak of resident memory, imports included"],
    )
