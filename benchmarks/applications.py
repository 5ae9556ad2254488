"""What the roadside's applications add to a step without them: `python -m benchmarks overhead --apps`.

Lingang with twice its demand while about 1,000 vehicles drive, each equipped, with its express buses, its breakdown
and road works, and a unit at each of its lights. Without applications vehicles and units are on the air all the same,
and units keep their maps. All the applications are on with what vehicles do about them, at their defaults, but for a
road work and a stretch with a variable limit, without which two of them had nothing to do.

It is the CPU time of the process that counts: other programs hardly matter to it. Rows are run in turn, and a ratio is
taken within its round. Vehicles that are advised drive otherwise, so that it is also told for one vehicle and step.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from benchmarks import measure
from benchmarks.cities import City
from benchmarks.loops import Task
from benchmarks.measure import Result, median

STEP: Final = 0.1  # s
ALLOWED: Final = 1.15  # of a step without applications
NONE: Final = "no application"
REST: Final = "all but perception and forwarding"
BOTH: Final = "all"
# Of each row, whether there are applications at all, perception, and forwarding.
ROWS: Final = {
    NONE: (False, False, False),
    REST: (True, False, False),
    "these with perception": (True, True, False),
    "these with forwarding": (True, False, True),
    BOTH: (True, True, True),
}
SERVICES: Final = ("parking", "charging", "hazards", "signage", "signal_advice", "priority", "collision")
APPS: Final = ("signals", "parking", "charging", "priority", "collision", "platform")
# What is beyond the scenario's own, by city: SUMO's inputs, and what hazards and signage are about.
INPUTS: Final[dict[str, dict[str, object]]] = {
    "lingang": {
        "sumo.options.route-files": "lingang.rou.xml.gz,express.rou.xml.gz",
        "sumo.options.additional-files": "lingang.add.xml.gz,buildings.add.xml.gz,incident.add.xml",
        "demand.scale": 2.0,
    }
}
EDGES: Final = {
    "lingang": ("outer_ese-outer_sse_ese", "tide_ene-tide_e_ene"),
    "crossing": ("east-crossing", "west-crossing"),
}
TIMES: Final = {"lingang": (80.0, 100.0), "crossing": (20.0, 40.0)}  # s, between which it is measured
SMALL: Final = {"lingang": (20.0, 25.0), "crossing": (5.0, 15.0)}


def settings(city: str, apps: bool, perception: bool, forwarding: bool) -> dict[str, object]:
    """What is set in a city's scenario for one row."""
    works, stretch = EDGES[city]
    uses: list[object] = [
        *APPS,
        {"use": "hazards", "sites": [{"cause": "roadworks", "edge": works}]},
        {"use": "signage", "variable": [{"edge": stretch}]},
        *["perception"] * perception,
    ]
    return {
        **INPUTS.get(city, {}),
        "rsu": [{"at": "traffic-lights", "apps": uses if apps else []}],
        "v2x.services": [*SERVICES, *["perception"] * perception] if apps else [],
        "v2x.forwarding": forwarding,
    }


def run(city: City, rounds: int, small: bool) -> Result:
    """Each round runs every row once. BenchmarkError for a city of which it is not said what applications do there."""
    if city.name not in TIMES:
        raise measure.BenchmarkError(f"--apps: {city.name}: must be one of {', '.join(TIMES)}")
    begin, end = (SMALL if small else TIMES)[city.name]
    measured: dict[str, list[Result]] = {row: [] for row in ROWS}
    for number in range(rounds):
        for row, on in ROWS.items():
            measure.say(f"overhead: {city.name}, {row}, round {number + 1} of {rounds}")
            task = Task("wayside", city.what, STEP, end, settings=settings(city.name, *on), begin=begin)
            measured[row].append(measure.run_module("benchmarks.loops", asdict(task), measure.cores(1))[0])
    steps = round((end - begin) / STEP)
    rows = [_row(name, runs, measured[NONE], steps) for name, runs in measured.items()]
    return {"city": city.name, "from_s": begin, "end_s": end, "units": measured[NONE][0]["units"], "rows": rows}


def _row(name: str, runs: list[Result], without: list[Result], steps: int) -> Result:
    pairs = list(zip(runs, without, strict=True))
    ratios = [run["cpu_s"] / none["cpu_s"] for run, none in pairs]
    return {
        "row": name,
        "step_ms": median(1000.0 * run["cpu_s"] / steps for run in runs),
        "driving": median(run["driving"] for run in runs),
        "ratio": median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "ratio_per_update": median(
            run["cpu_s"] / run["updates"] / (none["cpu_s"] / none["updates"]) for run, none in pairs
        ),
        "runs": runs,
    }


def show(result: Result) -> None:
    """A table."""
    measure.show(
        f"\n{result['city']}, {result['from_s']:g} to {result['end_s']:g} s, steps of {STEP:g} s, "
        f"{result['units']} units",
        ("", "drive at the end", "CPU, ms a step", "ratio", "(range)", "per vehicle"),
        [
            (
                row["row"],
                f"{row['driving']:,.0f}",
                f"{row['step_ms']:.2f}",
                f"{row['ratio']:.2f}",
                "{:.2f}-{:.2f}".format(*row["ratio_range"]),
                f"{row['ratio_per_update']:.2f}",
            )
            for row in result["rows"]
        ],
        (f"Ratio: to no application in the same round, of which {ALLOWED:g} is allowed. SUMO's part is in both.",),
    )
