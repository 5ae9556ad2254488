"""Agent steps per second: the environment of traffic lights against sumo-rl (with libsumo) on the same net.

Both run RESCO's cologne8, eight lights in Cologne, as sumo-rl's package has it, for its hour, with the same random
wishes every 5 s: one environment on one core, then one for each core; of sumo-rl these are processes that need not talk
to anybody. An agent step is what one light sees, decides and
gains. Beside the wall clock stands the processor's time, which minds
less what else runs on the machine. How long SUMO's own steps took within sumo-rl's loop says how much any environment
on SUMO could gain. Then 64 of ours at once, for a short while: none may break off.

sumo-rl is installed by pip into an environment of the benchmark's own the first time. With --small no sumo-rl, a grid
of eight lights, minutes instead of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from benchmarks import measure

SUMO = ("libsumo", "eclipse-sumo", "traci", "sumolib")
PEER = ("sumo-rl==1.4.5", *(f"{name}=={version('libsumo')}" for name in SUMO))
PERIOD = 5.0  # s between two decisions
MANY = 64
MANY_S = 120.0  # s of simulation, each
AIM = 3.0  # times sumo-rl's
ROWS = ("sumo-rl", "wayside")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    peer = measure.RESULTS / "sumo-rl"
    parser.add_argument("--peer", type=Path, metavar="DIR", default=peer, help="an environment with sumo-rl")
    parser.add_argument("--repeats", type=int, help="rounds; the median counts (default 3, small 1)")


def run(options: argparse.Namespace) -> measure.Result:
    """Rounds of both, so that they share the machine's moods; then many environments."""
    rounds = options.repeats or (1 if options.small else 3)
    python = None if options.small else _peer(options.peer)
    with tempfile.TemporaryDirectory() as folder:
        config = grid(Path(folder)) if python is None else _cologne(options.peer, Path(folder))
        seconds = 60.0 if options.small else 3600.0
        found: list[measure.Result] = []
        for count in (1,) if options.small else (1, len(os.sched_getaffinity(0))):
            for number in range(rounds):
                measure.say(f"gym: {count} at a time, round {number + 1} of {rounds}")
                if python is not None:
                    found.append({"what": "sumo-rl", "count": count, **_theirs(python, config, count, seconds, number)})
                found.append({"what": "wayside", "count": count, **_ours(config, count, seconds, number)})
        many = 2 if options.small else MANY
        measure.say(f"gym: {many} at a time")
        return {"rows": _rows(found), "many": {"count": many, **_ours(config, many, min(MANY_S, seconds), 0)}}


def _peer(folder: Path) -> Path:
    """The interpreter of an environment that has sumo-rl."""
    python = folder / "bin" / "python"
    if not python.exists():
        measure.say(f"gym: installing sumo-rl into {folder}")
        measure.run([sys.executable, "-m", "venv", str(folder)], measure.cores(1))
        measure.run([str(python), "-m", "pip", "install", "-q", *PEER], measure.cores(1))
    return python


def nets(peer: Path) -> Path:
    """The folder of RESCO's nets in sumo-rl's package, which is installed where it is not there yet."""
    _peer(peer)
    found = list(peer.glob("lib/python*/site-packages/sumo_rl/nets/RESCO"))
    if not found:
        raise measure.BenchmarkError(f"{peer}: sumo-rl there has no nets of RESCO")
    return found[0]


def _cologne(peer: Path, folder: Path) -> Path:
    """RESCO's cologne8, from sumo-rl's package."""
    for file in (nets(peer) / "cologne8").glob("cologne8.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder / "cologne8.sumocfg"


def grid(folder: Path) -> Path:
    """Eight lights in two rows."""
    from wayside.sim.sumo.backend import sumo_home

    command = [str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.x-number=4", "--grid.y-number=2"]
    command += ["--grid.attach-length=200", "--default-junction-type=traffic_light", "-o", "grid.net.xml"]
    measure.run(command, measure.cores(1), cwd=folder)
    ways = (("left0A0", "D0right0"), ("left1A1", "D1right1"), ("bottom0A0", "A1top0"), ("bottom1B0", "B1top1"))
    flows = "".join(
        f'<flow id="f{k}" begin="0" end="3600" period="6" from="{start}" to="{end}"/>'
        for k, (start, end) in enumerate(ways)
    )
    (folder / "grid.rou.xml").write_text(f"<routes>{flows}</routes>", encoding="utf-8")
    inputs = '<net-file value="grid.net.xml"/><route-files value="grid.rou.xml"/>'
    text = f'<configuration><input>{inputs}</input><time><end value="3600"/></time></configuration>'
    (folder / "grid.sumocfg").write_text(text, encoding="utf-8")
    return folder / "grid.sumocfg"


def _ours(config: Path, count: int, seconds: float, seed: int) -> measure.Result:
    task = {"config": str(config), "count": count, "seconds": seconds, "period": PERIOD, "seed": seed}
    found, _ = measure.run_module("benchmarks.gym_loop", task, measure.cores(min(count, len(os.sched_getaffinity(0)))))
    result: measure.Result = found
    return result


def _theirs(python: Path, config: Path, count: int, seconds: float, seed: int) -> measure.Result:
    """So many processes at once, each on a core."""
    script = str(Path(__file__).with_name("gym_peer.py"))
    tasks = [
        {"config": str(config), "seconds": seconds, "period": PERIOD, "seed": seed + 100 * k, "core": core}
        for k, core in enumerate(measure.cores(count))
    ]
    with ThreadPoolExecutor(count) as pool:
        outputs = list(pool.map(lambda task: _peers(python, script, task), tasks))
    wall_s = max(one["wall_s"] for one in outputs)
    total = {name: sum(one[name] for one in outputs) for name in ("steps", "cpu_s", "sumo_s")}
    return {**total, "wall_s": wall_s, "started_s": max(one["started_s"] for one in outputs)}


def _peers(python: Path, script: str, task: dict[str, object]) -> measure.Result:
    began = time.perf_counter()
    done = subprocess.run([str(python), script, json.dumps(task)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise measure.BenchmarkError(f"sumo-rl: exit status {done.returncode}\n{done.stderr[-400:]}")
    found: measure.Result = json.loads(done.stdout.splitlines()[-1])
    return {**found, "started_s": time.perf_counter() - began - found["wall_s"]}


def _rows(found: list[measure.Result]) -> list[measure.Result]:
    """Medians over the rounds; a ratio is taken within its round."""
    rows = []
    for count in dict.fromkeys(one["count"] for one in found):
        by = {what: [one for one in found if one["count"] == count and one["what"] == what] for what in ROWS}
        for what, runs in by.items():
            if not runs:
                continue
            row = {"what": what, "count": count}
            for name in ("wall_s", "cpu_s"):
                rates = [one["steps"] / one[name] for one in runs]
                peers = [one["steps"] / one[name] for one in by["sumo-rl"]] or rates
                ratios = [rate / peer for rate, peer in zip(rates, peers, strict=True)]
                row[f"steps_per_{name}"] = measure.median(rates)
                row[f"ratio_{name}"] = measure.median(ratios)
            if what == "sumo-rl":
                row["sumo_share"] = measure.median(one["sumo_s"] / one["cpu_s"] for one in runs)
            rows.append(row)
    return rows


def show(result: measure.Result) -> None:
    """A table."""
    rows = [
        (
            f"{row['what']}, {row['count']} at a time",
            f"{row['steps_per_wall_s']:,.0f}",
            f"{row['ratio_wall_s']:.2f}",
            f"{row['steps_per_cpu_s']:,.0f}",
            f"{row['ratio_cpu_s']:.2f}",
            f"{row['sumo_share']:.0%}" if "sumo_share" in row else "",
        )
        for row in result["rows"]
    ]
    columns = ("", "agent steps/s", "x sumo-rl", "per s of CPU", "x sumo-rl", "SUMO's own steps")
    many = result["many"]
    rate = many["steps"] / many["wall_s"]
    notes = [
        f"{many['count']} environments at once: {many['steps']:,} agent steps, {rate:,.0f} per s, started in "
        f"{many['started_s']:.0f} s, {many['resident_mb']:,.0f} MB in all; none broke off"
    ]
    measure.show("agent steps of traffic lights", columns, rows, notes)


def status(result: measure.Result) -> int:
    """1 where the aim is missed."""
    ours = [row for row in result["rows"] if row["what"] == "wayside"]
    if any(row["what"] == "sumo-rl" for row in result["rows"]) and min(row["ratio_wall_s"] for row in ours) < AIM:
        print(f"missed: {AIM:g} times sumo-rl's", file=sys.stderr)
        return 1
    return 0
