"""The house is as docs/design.md has it: who may import whom, what stands where, what must not be committed."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("edge", "sim", "ext", "web", "scenarios")
# What a folder's modules may import of ours; `wayside` is the package itself, which offers the layers' names to users.
ALLOWED = {
    "ext": {"ext"},
    "edge": {"edge", "ext"},
    "sim": {"sim", "edge", "ext"},
    "web": {"web", "sim", "edge", "ext"},
    "scenarios": {"scenarios", "sim", "edge", "ext", "wayside"},
}
# The modules that are a service's own: they, and no others, know it by name.
OWN = {
    "parking": (
        "edge/apps/parking.py",
        "edge/parking/",
        "sim/presenter/concert.py",
        "sim/onboard/announced.py",
        "sim/onboard/parking.py",
        "sim/onboard/opening.py",
        "sim/onboard/searches.py",
        "sim/recorded/bays.py",
        "sim/recorded/occupancy.py",
        "sim/cli/hindsight.py",
        "sim/cli/park_data.py",
        "sim/results/plots/parking.py",
        "sim/results/reconcile/parking.py",
        "sim/scenario/parking.py",
        "sim/wire/parking.py",
        "sim/environments/parking.py",
        "web/server/services/parking.py",
    ),
    "charging": (
        "edge/apps/charging.py",
        "edge/charging/",
        "sim/onboard/charging.py",
        "sim/onboard/charging_cars.py",
        "sim/onboard/charging_limits.py",
        "sim/onboard/charging_grid.py",
        "sim/grid/",
        "sim/onboard/charging_lookout.py",
        "sim/onboard/charging_session.py",
        "sim/onboard/charging_tally.py",
        "sim/ocpp/",
        "sim/recorded/charging.py",
        "sim/recorded/hindsight.py",
        "sim/recorded/policies.py",
        "sim/recorded/sessions.py",
        "sim/recorded/sites.py",
        "sim/recorded/tables.py",
        "sim/cli/charge.py",
        "sim/results/plots/charging.py",
        "sim/results/reconcile/charging.py",
        "sim/scenario/charging.py",
        "sim/wire/charging.py",
        "sim/environments/charging.py",
        "sim/presenter/surge.py",
        "web/server/services/charging.py",
    ),
}
# Who knows services by name all the same, and why.
EXEMPT = {
    "scenarios/": "built-in cities: each says which services it has",
    "sim/environments/kinds.py": "the table of environments",
    "sim/results/plots/__init__.py": "the table of plots",
    "sim/results/plots/style.py": "a colour for each kind of message",
    "sim/results/reconcile/__init__.py": "the table of what is held against SUMO's outputs",
    "sim/scenario/__init__.py": "the table of sections",
    "sim/scenario/sections.py": "which services there are where a scenario does not say",
    "sim/wire/table.py": "the table of the kinds of messages",
    "sim/sumo/": "SUMO's own facilities, which are there whatever is offered",
    "sim/world/facilities.py": "the same",
    "sim/cli/command.py": "the table of commands",
    "web/server/tours.py": "what the page colours by, and what it looks for",
}
# Names that two classes share, and why; the modules of standards have the standards' own names.
SHARED = {
    "Signals": "the lights of the city, and the application that tells of one: named as the scenario names it",
    "View": "what the page shows of a service, one in each module of web/server/services",
    "Watch": "a message of the page's, named as it is on the wire; who is told how a study goes on",
    "Ends": "of lights' states; of runs",
}
# The rooms of `sim`, in the order of the path of data: each imports from itself and from those before it.
ROOMS = (
    "observers",  # the interface alone
    "chance",
    "machine",
    "pacing",  # simulation time and the wall clock
    "disk",
    "scenario",
    "world",
    "sumo",
    "air",
    "stations",
    "wire",
    "sensors",
    "control",
    "grid",  # files of power grids
    "onboard",
    "exchange",
    "results",
    "doubts",  # what a scenario asks for and nothing will come of
    "plugins",  # what the scenario's names stand for, in all the rooms above
    "assembly",  # the parts that a scenario asks for
    "ocpp",  # a central system of others that decides about power
    "city",  # the parts put together
    "engine",
    "presenter",
    "children",
    "experiments",
    "environments",
    "recorded",  # of others, without traffic
    "cli",
)
# Modules that import one another all the same, and why.
CIRCLES = {("sim.scenario", "sim.scenario.loading"): "`Scenario.load` is where users look for loading"}
CYTHON_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+c?import\b|c?import[ \t]+([\w., \t]+))", re.MULTILINE)
MACHINE_PATH = re.compile(rb"(?<![\w.*/-])/(?:tmp|root|work)/")


def upward(path: Path, text: str) -> list[str]:
    """The imports in a source file, `path` counted from the root, that its folder must not have."""
    found = _of_python(path, text) if path.suffix in (".py", ".pyi") else _of_cython(path, text)
    return [f"{path}: {name}" for name in found if _layer(name) not in {None, *ALLOWED[path.parts[0]]}]


def _layer(module: str) -> str | None:
    """The folder that a module stands in; None for those of others."""
    parts = module.split(".")
    if parts[0] != "wayside":
        # A folder of ours by its bare name is wrong everywhere: it only works in this directory.
        return "" if parts[0] in FOLDERS else None
    return parts[1] if len(parts) > 1 and parts[1] in FOLDERS else "wayside"


@cache
def _of_python(path: Path, text: str) -> tuple[str, ...]:
    return tuple(_imports(path, ast.parse(text)))


@cache
def _words(text: str) -> tuple[tuple[int, str, object], ...]:
    """The attributes and constants that a Python file names: line, as it is written, value."""
    found: list[tuple[int, str, object]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            found.append((node.lineno, f".{node.attr}", node.attr))
        elif isinstance(node, ast.Constant):
            found.append((node.lineno, repr(node.value), node.value))
    return tuple(found)


def _imports(path: Path, tree: ast.AST) -> Iterator[str]:
    package = ["wayside", *path.parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from wayside import sim` names a module of the layer, `from wayside import App` the package.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _of_cython(path: Path, text: str) -> Iterator[str]:
    package = ["wayside", *path.parts[:-1]]
    for base, names in CYTHON_IMPORT.findall(text):
        for name in [base] if base else re.split(r"[, \t]+", names):
            dots = len(name) - len(name.lstrip("."))
            yield ".".join([*package[: len(package) - dots + 1], name[dots:]]) if dots else name


@cache
def modules() -> dict[str, set[str]]:
    """Which module of ours imports which others when it runs: not for types alone."""
    paths = [p for p in tracked() if p.parts[0] in FOLDERS and p.suffix == ".py"]
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    found = {}
    for name, path in names.items():
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        imported = (one.removeprefix("wayside.") for one in _imports(path, _Running().visit(tree)))
        known = (one if one in names else one.rpartition(".")[0] for one in imported)
        found[name] = {one for one in known if one in names and one != name}
    return found


class _Running(ast.NodeTransformer):
    """Leaves out what stands under `if TYPE_CHECKING`."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def back(imports: dict[str, set[str]]) -> list[str]:
    """Imports within `sim` from a later room."""
    found = []
    for name, others in imports.items():
        for other in others:
            (here, room), (there, wanted) = ([*one.split("."), ""][:2] for one in (name, other))
            if here == there == "sim" and room and wanted and ROOMS.index(wanted) > ROOMS.index(room):
                found.append(f"{name}: {other}")
    return sorted(found)


def circles(imports: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Modules that import one another, each group sorted."""
    after: dict[str, set[str]] = {}  # what each comes to, on whatever way
    for name in imports:
        reached, ahead = set[str](), [name]
        while ahead:
            new = imports.get(ahead.pop(), set()) - reached
            reached |= new
            ahead += new
        after[name] = reached
    return sorted({tuple(sorted(o for o in after[name] if name in after[o])) for name in after if name in after[name]})


def tracked() -> list[Path]:
    """The files that git tracks or would, from the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


def test_imports_go_down_only() -> None:
    sources = [p for p in tracked() if p.parts[0] in FOLDERS and p.suffix in (".py", ".pyi", ".pyx", ".pxd")]
    assert {path.parts[0] for path in sources} == set(FOLDERS)
    assert {path.suffix for path in sources} >= {".py", ".pyi", ".pyx"}
    assert [violation for path in sources for violation in upward(path, (ROOT / path).read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("file", "planted"),
    [
        ("edge/unit.py", "from wayside.sim import world"),
        ("edge/apps/signals.py", "def f():\n    import wayside.sim.engine"),
        ("edge/apps/signals.py", "from ...sim.world import Signals"),
        ("edge/apps/signals.py", "from wayside import sim"),
        ("edge/apps/signals.py", "from wayside import App"),
        ("sim/engine.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from wayside.web import server"),
        ("sim/scenario/loading.py", "from wayside.scenarios import lingang"),
        ("sim/engine.py", "import edge.app"),
        ("scenarios/roads.py", "import wayside.web"),
        ("ext/grid.pyi", "from wayside.edge.unit import RoadsideUnit"),
        ("ext/grid.pyx", "from wayside.edge.ldm cimport Map"),
        ("ext/grid.pyx", "    import numpy, wayside.sim.world"),
        ("ext/grid.pyx", "from ..sim import world"),
    ],
)
def test_an_import_upward_is_found(file: str, planted: str) -> None:
    assert len(upward(Path(file), planted)) == 1


@pytest.mark.parametrize(
    ("file", "innocent"),
    [
        ("edge/apps/signals.py", "from ..app import App\nfrom wayside.ext import grid\nimport numpy as np"),
        ("scenarios/roads.py", "from wayside import Scenario"),
        ("web/__init__.py", "from wayside.sim.engine import Simulation"),
        ("ext/grid.pyx", 'cdef extern from "grid.hpp":\n    pass\nfrom libcpp cimport bool\nfrom . cimport shared'),
    ],
)
def test_an_import_downward_is_not(file: str, innocent: str) -> None:
    assert upward(Path(file), innocent) == []


def test_rooms_are_entered_in_the_order_of_data() -> None:
    imports = modules()
    rooms = {name.split(".")[1] for name in imports if name.startswith("sim.")}
    assert rooms == set(ROOMS)
    assert back(imports) == []
    assert back({**imports, "sim.world.geo": {"sim.stations.fleet"}}) == ["sim.world.geo: sim.stations.fleet"]


def test_no_circles() -> None:
    imports = modules()
    assert len(imports) > 200
    assert circles(imports) == list(CIRCLES)
    planted = {**imports, "sim.world": {*imports["sim.world"], "sim.world.geo"}, "sim.world.geo": {"sim.world"}}
    assert ("sim.world", "sim.world.geo") in circles(planted)
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}) == [("a", "b", "c"), ("e",)]


def test_the_folders_stand_at_the_top() -> None:
    for folder in FOLDERS:
        assert (ROOT / folder / "__init__.py").is_file()
        assert (ROOT / "wayside" / folder).readlink() == Path("..", folder)
    assert (ROOT / "wayside" / "py.typed").is_file()
    assert (ROOT / "benchmarks" / "__main__.py").is_file()


def test_one_version_of_sumo() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = dict(line.split("==") for line in project["dependencies"] if "==" in line)
    versions = {pins[name] for name in ("eclipse-sumo", "libsumo", "traci", "sumolib")}
    assert len(versions) == 1


def test_every_extension_says_its_types() -> None:
    modules = {path.stem for path in (ROOT / "ext").glob("*.pyx")}
    assert modules
    assert modules == {path.stem for path in (ROOT / "ext").glob("*.pyi")}


def machine_paths(content: bytes) -> list[bytes]:
    """Lines that name a folder of somebody's machine."""
    return [line for line in content.splitlines() if MACHINE_PATH.search(line)]


def test_no_path_of_a_machine() -> None:
    found = {path: machine_paths((ROOT / path).read_bytes()) for path in tracked() if path.parts[0] != "tests"}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_path_of_a_machine_is_found() -> None:
    assert machine_paths(b'x\nHERE = "/work/main/sim"\ny') == [b'HERE = "/work/main/sim"']
    assert machine_paths(b"see runs/tmp/x, ../work/y and https://root/work/") == []


def knows(path: Path, text: str, service: str) -> list[str]:
    """Where a Python file, `path` counted from the root, knows a service by name: imports of that one's own modules,
    and its name as a string or an attribute.
    """
    own = {f"wayside.{place.removesuffix('.py').rstrip('/').replace('/', '.')}" for place in OWN[service]}
    found = [f"import {name}" for name in _of_python(path, text) if any(f"{name}.".startswith(f"{o}.") for o in own)]
    found += [f"line {line}: {written}" for line, written, value in _words(text) if value == service]
    return [f"{path}: {one}" for one in found]


def known_by_name() -> dict[str, list[str]]:
    """By file: where it knows a service that is not its own."""
    sources = [p for p in tracked() if p.parts[0] in FOLDERS and p.suffix == ".py"]
    found: dict[str, list[str]] = {}
    for path in sources:
        text = (ROOT / path).read_text("utf-8")
        for service, own in OWN.items():
            if not path.as_posix().startswith(own) and (lines := knows(path, text, service)):
                found.setdefault(path.as_posix(), []).extend(lines)
    return found


def test_no_service_is_known_by_name() -> None:
    found = known_by_name()
    assert [line for path, lines in found.items() if not path.startswith(tuple(EXEMPT)) for line in lines] == []
    # An exemption that nobody needs any more goes.
    assert [place for place in EXEMPT if not any(path.startswith(place) for path in found)] == []
    for own in OWN.values():
        assert all((ROOT / place).exists() for place in own)


@pytest.mark.parametrize(
    ("file", "planted"),
    [
        ("sim/engine.py", "from wayside.sim.onboard.parking import Drivers"),
        ("sim/engine.py", "from wayside.sim.onboard import parking"),
        ("sim/exchange/exchange.py", "def f():\n    import wayside.edge.parking.state"),
        ("sim/results/recorder.py", "def f(simulation):\n    return simulation.onboard.parking"),
        ("web/server/world.py", "SERVICES = ('signals', 'parking')"),
        ("web/server/world.py", "from .services import parking"),
    ],
)
def test_a_service_known_by_name_is_found(file: str, planted: str) -> None:
    assert len(knows(Path(file), planted, "parking")) == 1
    assert knows(Path(file), planted, "charging") == []


def test_a_service_is_not_known_by_words() -> None:
    text = '"""The parking of cars."""\nfrom wayside.sim.onboard.service import Onboard\nparking_lots = 3'
    assert knows(Path("sim/engine.py"), text, "parking") == []


@cache
def _points(group: str) -> dict[str, str]:
    """The plug-ins of the house, of a group of entry points."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points: dict[str, str] = project["entry-points"][group]
    return points


def controllers_known(path: Path, text: str) -> list[str]:
    """Where a Python file knows a signal controller of the house: imports, and names that mean nothing else."""
    points = _points("wayside.control")
    modules = {point.partition(":")[0] for point in points.values()}
    found = [
        f"import {name}" for name in _of_python(path, text) if any(f"{name}.".startswith(f"{m}.") for m in modules)
    ]
    names = points.keys() - {"program", "actuated", "queue"}  # the first two are SUMO's words, the last is anybody's
    words = (word for word in _words(text) if not word[1].startswith("."))
    return found + [f"line {line}: {written}" for line, written, value in words if value in names]


def test_no_controller_is_known_by_name() -> None:
    found = {}
    for path in tracked():
        own = path.as_posix().startswith(("edge/control/", "scenarios/"))
        if path.parts[0] in FOLDERS and path.suffix == ".py" and not own:
            found[path.as_posix()] = controllers_known(path, (ROOT / path).read_text("utf-8"))
    assert {path: lines for path, lines in found.items() if lines} == {}
    for planted in ("from wayside.edge.control import greedy", "NAMES = ('max-pressure', 'other')"):
        assert len(controllers_known(Path("sim/engine.py"), planted)) == 1


def classes(text: str) -> list[str]:
    """Those of a Python or Cython file that others may use."""
    return re.findall(r"^(?:cdef )?class ([A-Z]\w*)", text, re.MULTILINE)


def arrays(text: str) -> list[str]:
    """The names that a file gives to arrays of one kind of number."""
    return re.findall(r"^(\w+)(?:: *\w+)? *= *NDArray\[np\.\w+\]$", text, re.MULTILINE)


def test_two_things_have_two_names() -> None:
    places: dict[str, list[str]] = {}
    for path in tracked():
        if path.parts[0] in ("edge", "sim", "ext", "web") and path.suffix in (".py", ".pyx"):
            for name in classes((ROOT / path).read_text("utf-8")):
                places.setdefault(name, []).append(path.as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in SHARED} == {}
    assert [name for name in SHARED if len(places.get(name, ())) < 2] == []  # no exemption that nobody needs


def test_arrays_are_named_in_one_place() -> None:
    sources = [path.as_posix() for path in tracked() if path.suffix in (".py", ".pyi")]
    assert [path for path in sources if arrays((ROOT / path).read_text("utf-8"))] == ["ext/arrays.py"]


def test_a_second_name_is_found() -> None:
    text = "class A:\n    class B: ...\nclass _C: ...\ncdef class D:\nInts = NDArray[np.int32]\n"
    assert classes(text) == ["A", "D"]
    assert arrays(text) == ["Ints"]
