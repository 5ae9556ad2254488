"""Who runs a city's lights best: other people's nets, under other people's rules.

RESCO's nets as sumo-rl's package has them (`sumo_rl/nets/RESCO`; several are CC BY-NC-SA, so they are fetched and never
shipped), by RESCO's rules: a decision every 10 s, 3 s of yellow (arterial4x4: 5 s and 2 s), teleporting off, the hour
of the configuration. The figure is the mean over vehicles of timeLoss + departDelay, by SUMO's own tripinfo, those that
could not depart among them. All arms run the same drawn demands, a normal scale of 15 %. `fixed` is the program as the
net has it. Beside the medians stands what an independent run of the same rules gave with the files' own demand.

Then the best controller with what the units at the lights hear alone, over ITS-G5, with a part of the vehicles
equipped.

sumo-rl is installed by pip into an environment of the benchmark's own the first time. With --small a grid of our own,
one drawn demand, minutes instead of an hour.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from benchmarks import gym, measure
from wayside.sim.experiments import statistics

OURS = "rolling-horizon"
CONTROLLERS = ("fixed", "greedy", "max-pressure", OURS)
# Medians of five seeds on SUMO 1.28, with the files' own demand: an independent run of the same rules.
REFERENCE = {
    "cologne1": {"fixed": 43.0, "greedy": 19.5, "max-pressure": 23.1},
    "cologne3": {"fixed": 35.7, "greedy": 19.6, "max-pressure": 22.6},
    "ingolstadt1": {"fixed": 30.4, "greedy": 14.4, "max-pressure": 14.8},
}
TOLERANCE = 1.05  # of the reference
DEMANDS = 10
EQUIPPED = (1.0, 0.6, 0.3)
PARTS = ("perfect", "heard")
SCALE = {"normal": [1.0, 0.15]}


@dataclass(frozen=True)
class Rule:
    """Of a net: time between two decisions, and of yellow [s]."""

    period: float = 10.0
    yellow: float = 3.0


RULES = {"arterial4x4": Rule(5.0, 2.0)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which nets, and how much of it."""
    peer = measure.RESULTS / "sumo-rl"
    parser.add_argument("--peer", type=Path, metavar="DIR", default=peer, help="an environment with sumo-rl")
    parser.add_argument("--nets", type=Path, metavar="DIR", help="folder of NET/NET.sumocfg, instead of sumo-rl's")
    parser.add_argument("--net", action="append", metavar="NAME", help=f"by default {', '.join(REFERENCE)}")
    parser.add_argument("--demands", type=int, help=f"drawn demands (default {DEMANDS}, small 1)")
    parser.add_argument("--part", choices=PARTS, help="only this one")


def run(options: argparse.Namespace) -> measure.Result:
    """All runs, as many at once as there are cores."""
    demands = range(options.demands or (1 if options.small else DEMANDS))
    parts = (options.part,) if options.part else PARTS[: 1 if options.small else 2]
    with tempfile.TemporaryDirectory(prefix="wayside-benchmark-") as folder:
        if options.small:
            nets = {"grid": gym.grid(Path(folder))}
        else:
            base = options.nets or gym.nets(options.peer)
            nets = {name: _config(base, name) for name in options.net or REFERENCE}
        made = {name: by_rules(config, RULES.get(name, Rule()), Path(folder) / name) for name, config in nets.items()}
        tasks = []
        for demand in demands:
            for name, config in nets.items():
                for arm, changes in _arms(parts, RULES.get(name, Rule())).items():
                    changes = {**changes, "demand.scale": SCALE, "demand.replication": demand}
                    if options.small:
                        changes["scenario.end"] = 300.0
                    task = {"config": str(config if arm == "fixed" else made[name]), "set": changes}
                    tasks.append(({"net": name, "arm": arm, "demand": demand}, task))
        return {"runs": _all(tasks), "demands": len(demands)}


def _arms(parts: Sequence[str], rule: Rule) -> dict[str, dict[str, Any]]:
    """What a scenario says, by arm."""
    found: dict[str, dict[str, Any]] = {}
    alone = {"rsu": [], "v2x.penetration": 0.0}
    ours = {"use": OURS, "period": rule.period}
    if "perfect" in parts:
        found = {"fixed": {**alone, "signals.control": "program"}}
        for name in CONTROLLERS[1:]:
            found[name] = {**alone, "signals.control": {"use": name, "period": rule.period}}
    if "heard" in parts:
        found.setdefault(OURS, {**alone, "signals.control": ours})
        units = {"rsu": [{"at": "traffic-lights", "apps": []}], "v2x.radio": "itsg5", "v2x.range": 500.0}
        for share in EQUIPPED:
            told = {"signals.control": ours, "signals.detection": "heard", "v2x.penetration": share}
            found[f"{OURS}, {share:.0%} heard"] = {**units, **told}
    return found


def _config(base: Path, name: str) -> Path:
    config = base / name / f"{name}.sumocfg"
    if not config.exists():
        raise measure.BenchmarkError(f"{config}: is not there")
    return config


def by_rules(config: Path, rule: Rule, folder: Path) -> Path:
    """The same configuration with each program's yellow of `rule`, in a folder of its own."""
    folder.mkdir()
    tree = ElementTree.parse(config)
    inputs = tree.getroot().find("input")
    if inputs is None:
        raise measure.BenchmarkError(f"{config}: has no input")
    net = None
    for option in inputs:
        files = [str((config.parent / part.strip()).resolve()) for part in option.get("value", "").split(",")]
        option.set("value", ",".join(files))
        net = files[0] if option.tag == "net-file" else net
    programs = ElementTree.Element("additional")
    for logic in ElementTree.parse(str(net)).getroot().iter("tlLogic"):
        other = copy.deepcopy(logic)
        other.set("programID", "rules")
        for phase in other.iter("phase"):
            if "y" in phase.get("state", ""):
                phase.set("duration", f"{rule.yellow:g}")
        programs.append(other)
    ElementTree.ElementTree(programs).write(folder / "rules.add.xml")
    more = inputs.find("additional-files")
    if more is None:
        more = ElementTree.SubElement(inputs, "additional-files", {"value": ""})
    more.set("value", ",".join(filter(None, (more.get("value", ""), str(folder / "rules.add.xml")))))
    made = folder / config.name
    tree.write(made)
    return made


def _all(tasks: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[measure.Result]:
    cores = measure.cores(len(os.sched_getaffinity(0)))

    def one(numbered: tuple[int, tuple[dict[str, Any], dict[str, Any]]]) -> measure.Result:
        number, (row, task) = numbered
        found, _ = measure.run_module("benchmarks.signals_run", task, cores)
        measure.say(f"signals: {number + 1} of {len(tasks)}: {row['net']}, {row['arm']}: {found['delay_s']:.1f} s")
        return {**row, **found}

    with ThreadPoolExecutor(len(cores)) as pool:
        return list(pool.map(one, enumerate(tasks)))


def table(runs: Iterable[measure.Result]) -> list[measure.Result]:
    """By net and arm: the median, the share of gridlocked runs, and the mean difference from the best other controller
    of the same demands with its interval.
    """
    by: dict[str, dict[str, dict[int, measure.Result]]] = {}
    for one in runs:
        by.setdefault(one["net"], {}).setdefault(one["arm"], {})[one["demand"]] = one
    rows = []
    for net, arms in by.items():
        medians = {arm: measure.median(one["delay_s"] for one in found.values()) for arm, found in arms.items()}
        against = OURS if OURS in arms else min(medians, key=lambda arm: medians[arm])
        for arm, found in arms.items():
            differences = [found[k]["delay_s"] - arms[against][k]["delay_s"] for k in sorted(found)]
            low, high = statistics.mean_interval(np.array(differences), symmetric=True)
            reference = REFERENCE.get(net, {}).get(arm)
            rows.append(
                {
                    "net": net,
                    "arm": arm,
                    "median_s": medians[arm],
                    "gridlocked": sum(one["gridlocked"] for one in found.values()) / len(found),
                    "median_difference_s": measure.median(differences),
                    "difference_s": float(np.mean(differences)),
                    "low_s": None if np.isnan(low) else low,
                    "high_s": None if np.isnan(high) else high,
                    "reference_s": reference,
                }
            )
    return rows


def show(result: measure.Result) -> None:
    """A table."""
    rows = [
        (
            f"{row['net']}: {row['arm']}",
            f"{row['median_s']:.1f}",
            "–" if row["reference_s"] is None else f"{row['reference_s']:.1f}",
            f"{row['gridlocked']:.0%}",
            f"{row['median_difference_s']:+.1f}",
            f"{row['difference_s']:+.1f}",
            "–" if row["low_s"] is None else f"{row['low_s']:+.1f} to {row['high_s']:+.1f}",
        )
        for row in table(result["runs"])
    ]
    columns = ("s lost per vehicle", "median", "reference", "gridlocked", f"less {OURS}", "mean", "95 %")
    measure.show(f"{result['demands']} drawn demands", columns, rows)


def missed(rows: Sequence[measure.Result]) -> list[str]:
    """The gates that are missed: greedy and max-pressure near their reference, ours below both."""
    found = []
    for net in dict.fromkeys(row["net"] for row in rows):
        arms = {row["arm"]: row for row in rows if row["net"] == net}
        for arm in CONTROLLERS[1:3]:
            row = arms.get(arm)
            if row and row["reference_s"] is not None and row["median_s"] > TOLERANCE * row["reference_s"]:
                found.append(f"{net}: {arm}: {row['median_s']:.1f} s, of {row['reference_s']:.1f} in the reference")
        others = [arms[arm]["median_s"] for arm in CONTROLLERS[:3] if arm in arms]
        if net in REFERENCE and others and OURS in arms and arms[OURS]["median_s"] >= min(others):
            found.append(f"{net}: {OURS}: {arms[OURS]['median_s']:.1f} s, not below {min(others):.1f}")
    return found


def status(result: measure.Result) -> int:
    """1 where a gate is missed."""
    lines = missed(table(result["runs"]))
    for line in lines:
        print(f"missed: {line}", file=sys.stderr)
    return int(bool(lines))
