"""`python -m benchmarks` lists the benchmarks, `python -m benchmarks NAME --help` says how to run one."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks import measure

NAMES = (
    "overhead",
    "bridge",
    "memory",
    "load",
    "stream",
    "viewer",
    "film",
    "radio",
    "air",
    "wire",
    "broadcasts",
    "compare",
    "gym",
    "signals",
    "power",
    "charging",
    "dispatch",
    "sites",
    "ocpp",
)


def main() -> int:
    """Run one benchmark, or `all` of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # Only what is asked for: all of them import half a dozen peers.
    names = tuple(name for name in sys.argv[1:2] if name in NAMES) or NAMES
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--small", action="store_true", help="short runs, few repeats: does it work, roughly how fast")
    common.add_argument("--json", type=Path, metavar="FILE", help="instead of benchmarks/results/NAME.json")
    commands = parser.add_subparsers(dest="name", title="benchmarks")
    for name, module in modules.items():
        summary = str(module.__doc__).splitlines()[0]
        module.add_options(commands.add_parser(name, parents=[common], help=summary, description=module.__doc__))
    commands.add_parser("all", parents=[common], help="one after the other")
    options = parser.parse_args()
    if options.name is None:
        parser.print_help()
        return 0
    if options.name == "all":
        if options.json:
            parser.error("--json: name one benchmark")
        small = ["--small"] if options.small else []
        return max([_run(name, parser.parse_args([name, *small])) for name in NAMES])
    return _run(options.name, options)


def _run(name: str, options: argparse.Namespace) -> int:
    module = importlib.import_module(f"benchmarks.{name}")
    result = module.run(options)
    path = options.json or measure.RESULTS / f"{name}{'-small' if options.small else ''}.json"
    measure.write(path, name, options.small, result)
    module.show(result)
    print(f"written to {path}")
    # A benchmark that measures against a gate says whether it was met.
    return module.status(result) if hasattr(module, "status") else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except measure.BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)  # 1 says that a gate was missed
