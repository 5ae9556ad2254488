"""The live view's frames per second in a browser without a GPU: the page's own scene with made-up traffic.

A grid city of 10,000 road polylines in 1280 x 720 pixels, all vehicles moving, states at 10 Hz as the server sends
them, in Chromium with SwiftShader. Beside it what one would write instead: a 2D canvas with the roads drawn once on
another below it, vehicles as squares. Work is that of the main thread for one frame; the bundle is what a browser
loads, each file compressed by itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

from benchmarks import measure
from benchmarks.measure import BenchmarkError, Result

VIEWER = measure.ROOT / "web" / "viewer"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LANES = 10_000
SIZE = (1280, 720)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--vehicles", type=int, nargs="+", help="default 1000 5000 20000, small 1000")
    parser.add_argument("--seconds", type=float, help="measured each (default 8, small 2)")
    parser.add_argument("--chromium", help=f"the browser (default: the first found of {', '.join(BROWSERS)})")


def run(options: argparse.Namespace) -> Result:
    """All tasks in one browser, one after the other."""
    seconds = options.seconds or (2.0 if options.small else 8.0)
    counts = options.vehicles or ([1000] if options.small else [1000, 5000, 20_000])
    tasks: list[dict[str, Any]] = [_task("scene", count, seconds) for count in counts]
    tasks += [_task("canvas", count, seconds) for count in counts]
    if not options.small:
        tasks += [
            _task("scene", 5000, seconds, span=600.0),
            _task("scene", 5000, seconds, tilt=50.0, span=600.0),
            _task("scene", 5000, seconds, fly=True, span=600.0),
            _task("scene", 5000, seconds, fly=True, tilt=50.0, span=600.0),
        ]
    what = {"chromium": options.chromium or _browser(), "tasks": tasks, "size": SIZE}
    node = shutil.which("node")
    if node is None:
        raise BenchmarkError("the viewer is built with Node.js, which is not on the PATH")
    if not (VIEWER / "node_modules").is_dir():
        raise BenchmarkError("the viewer's packages are missing: npm ci in web/viewer")
    finished = measure.run([node, "bench.mjs", json.dumps(what)], measure.cores(2), cwd=VIEWER)
    found: Result = json.loads(finished.output.splitlines()[-1])
    if found["troubles"]:
        raise BenchmarkError(f"the page complained: {found['troubles'][0]}")
    sizes = {"bytes": sum(file["bytes"] for file in found["bundle"]), "gzip": sum(f["gzip"] for f in found["bundle"])}
    return {"lanes": LANES, "pixels": SIZE, "browser": found["browser"], "total": sizes, **found}


def _task(
    what: str, vehicles: int, seconds: float, tilt: float = 0.0, span: float | None = None, fly: bool = False
) -> dict[str, Any]:
    return {
        "what": what,
        "lanes": LANES,
        "vehicles": vehicles,
        "seconds": seconds,
        "tilt": tilt,
        "span": span,
        "fly": fly,
    }


def _browser() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise BenchmarkError(f"no browser: none of {', '.join(BROWSERS)} is on the PATH; --chromium PATH names one")


def show(result: Result) -> None:
    """A row for each task."""
    total = result["total"]
    width, height = result["pixels"]
    measure.show(
        f"the viewer in software: {result['lanes']} polylines, {width} x {height}, Chromium {result['browser']}",
        ("drawn by", "view", "vehicles", "frames/s", "resolution", "drawing, ms", "work, ms", "95 %, ms", "data, ms"),
        [_row(row) for row in result["results"]],
        (
            "resolution: of the full one, which the scene lowers where it is too slow",
            "drawing: CPU time of the process that draws, a frame, on all its threads; what else runs does not matter",
            "work: main thread, a frame, median; data: taking in a tenth of a second's frame, median",
            f"bundle: {total['gzip'] / 1000:.0f} kB gzip, {total['bytes'] / 1000:.0f} kB plain",
        ),
    )


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    view = "city" if row["span"] is None else f"{row['span']:.0f} m"
    view += ", tilted" if row["tilt"] else ""
    view += ", moving" if row["fly"] else ""
    name = "wayside" if row["what"] == "scene" else "2D canvas, roads once"
    return (
        name,
        view,
        str(row["vehicles"]),
        f"{row['framesPerSecond']:.1f}",
        f"{row['resolution']:.0%}",
        "" if row["drawMs"] is None else f"{row['drawMs']:.0f}",
        f"{row['workMs']:.2f}",
        f"{row['workMs95']:.2f}",
        f"{row['takeMs']:.2f}",
    )
