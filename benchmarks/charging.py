"""A month of real charging sessions under a cap: wayside's policies against acnportal's, in one run.

Both read the sessions of ../shared/data/charging as acn-reference.txt there says, at caps of 30 and 20 kW. acnportal is
installed by pip into an environment of the benchmark's own the first time. With --small only wayside, one cap.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import measure

PEER = ("acnportal==0.3.3", "numpy<2", "pandas<2", "setuptools<81")
SESSIONS = measure.ROOT.parent / "shared" / "data" / "charging" / "caltech-2019-05-08.csv.gz"
MONTH = "2019-05"
AIM = 30.0  # times acnportal's speed
CLOSE_DELIVERED, CLOSE_MET = 0.2, 1.0  # percentage points
# wayside's names by acnportal's.
POLICIES = {
    "FCFS": "first-come",
    "LCFS": "last-come",
    "EDF": "earliest-deadline",
    "LLF": "least-laxity",
    "LRPT": "longest-remaining",
    "RR": "round-robin",
    "none": "uncontrolled",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--sessions", type=Path, metavar="FILE", default=SESSIONS, help="a table as ACN-Data has it")
    parser.add_argument("--month", default=MONTH, help="those that arrive in it (default 2019-05)")
    parser.add_argument(
        "--peer", type=Path, metavar="DIR", default=measure.RESULTS / "acnportal", help="its environment"
    )
    parser.add_argument("--policies", default=",".join(POLICIES), help="acnportal's names, with commas")


def run(options: argparse.Namespace) -> measure.Result:
    """Each policy at each cap."""
    caps = (30.0,) if options.small else (30.0, 20.0)
    names = options.policies.split(",")
    if unknown := [name for name in names if name not in POLICIES]:
        raise measure.BenchmarkError(f"--policies {unknown[0]}: must be one of {', '.join(POLICIES)}")
    ours = _ours(options, caps, names)
    python = None if options.small else _peer(options.peer)
    rows = []
    for cap in caps:
        for name in names:
            row = {"cap_kw": cap, "policy": name, "wayside": ours[cap, name]}
            if python is not None:
                measure.say(f"charging: acnportal, {name} at {cap:g} kW")
                row["acnportal"] = _theirs(python, options, cap, name)
            rows.append(row)
    return {"rows": rows}


def _ours(
    options: argparse.Namespace, caps: tuple[float, ...], names: list[str]
) -> dict[tuple[float, str], measure.Result]:
    command = [sys.executable, "-m", "wayside", "charge", str(options.sessions), "--month", options.month, "--json"]
    command += ["--cap-kw", ",".join(f"{cap:g}" for cap in caps), "--power", ",".join(POLICIES[name] for name in names)]
    said = json.loads(measure.run(command, measure.cores(1)).output)
    back = {ours: theirs for theirs, ours in POLICIES.items()}
    return {(row["cap_kw"], back[row["policy"]]): row for row in said["policies"]}


def _peer(folder: Path) -> Path:
    """The interpreter of an environment that has acnportal."""
    python = folder / "bin" / "python"
    if not python.exists():
        measure.say(f"charging: installing acnportal into {folder}")
        measure.run([sys.executable, "-m", "venv", str(folder)], measure.cores(1))
        measure.run([str(python), "-m", "pip", "install", "-q", *PEER], measure.cores(1))
    return python


def _theirs(python: Path, options: argparse.Namespace, cap: float, name: str) -> measure.Result:
    task = {"sessions": str(options.sessions), "month": options.month, "cap_kw": cap, "policy": name}
    task["core"] = measure.cores(1)[0]
    script = str(Path(__file__).with_name("charging_peer.py"))
    done = subprocess.run([str(python), script, json.dumps(task)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise measure.BenchmarkError(f"acnportal: exit status {done.returncode}\n{done.stderr[-400:]}")
    found: measure.Result = json.loads(done.stdout.splitlines()[-1])
    return found


def show(result: measure.Result) -> None:
    """A table."""
    rows = []
    for row in result["rows"]:
        ours, theirs = row["wayside"], row.get("acnportal")
        both = [f"{row['cap_kw']:g} kW, {row['policy']}"]
        for name, digits in (("delivered_pct", 2), ("met_pct", 2), ("peak_kw", 2), ("cpu_s", 2)):
            both.append(f"{ours[name]:.{digits}f}")
            both.append(f"{theirs[name]:.{digits}f}" if theirs else "")
        both.append(f"{theirs['cpu_s'] / ours['cpu_s']:.0f}" if theirs else "")
        rows.append(both)
    columns = ("", "delivered %", "acnportal", "met %", "acnportal", "peak kW", "acnportal", "CPU s", "acnportal", "x")
    measure.show("a month of recorded sessions", columns, rows)


def status(result: measure.Result) -> int:
    """1 where a figure is too far from acnportal's, or the speed below the aim."""
    missed = []
    for row in result["rows"]:
        ours, theirs = row["wayside"], row.get("acnportal")
        if not theirs:
            continue
        named = f"{row['policy']} at {row['cap_kw']:g} kW"
        if abs(ours["delivered_pct"] - theirs["delivered_pct"]) > CLOSE_DELIVERED:
            missed.append(f"{named}: energy delivered")
        if abs(ours["met_pct"] - theirs["met_pct"]) > CLOSE_MET:
            missed.append(f"{named}: sessions met")
        if theirs["cpu_s"] < AIM * ours["cpu_s"]:
            missed.append(f"{named}: {theirs['cpu_s'] / ours['cpu_s']:.0f} times acnportal's speed instead of {AIM:g}")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return int(bool(missed))
