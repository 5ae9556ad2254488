"""Where scenarios come from: the built-in ones, TOML files, Python scripts, SUMO configurations.

Which of these a file is, its content says, whatever it is called; where that is broken, its name says what was meant.
"""

import ast
import re
import shutil
import tomllib
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wayside.edge.errors import OutputError, ScenarioError, WaysideError, as_named
from wayside.sim.scenario import Scenario, beside, explain
from wayside.sim.scenario.configuration import read_configuration

BUILTIN = Path(__file__).parents[2] / "scenarios"  # found by its place: sim imports nothing of scenarios
KINDS = (".toml", ".py", ".sumocfg")
ALLOWED = "a scenario is a TOML file, a Python script with a `scenario`, or a SUMO configuration (XML)"
_TOML_VALUES = (str, int, float, bool, list, dict)


def builtin_names() -> list[str]:
    """Names of the built-in scenarios, sorted."""
    return sorted(path.parent.name for path in BUILTIN.glob("*/scenario.toml"))


def builtin_scenarios() -> dict[str, Scenario]:
    """The built-in scenarios by name."""
    return {name: load(name) for name in builtin_names()}


def copied(name: str, folder: Path) -> list[Path]:
    """The files of a built-in scenario, copied into a folder: its .toml, called as it is, and what SUMO reads.

    ScenarioError where there is no such scenario, OutputError where a file is there already or cannot be written.
    """
    if name not in builtin_names():
        raise ScenarioError(_no_such(name))
    suffixes = (".toml", ".sumocfg", ".gz", ".xml")
    files = sorted(path for path in (BUILTIN / name).iterdir() if path.suffix in suffixes)
    places = [folder / (f"{name}.toml" if path.suffix == ".toml" else path.name) for path in files]
    if there := [place for place in places if place.exists()]:
        raise OutputError(f"{there[0]}: is there already; it is not replaced")
    try:
        for path, place in zip(files, places, strict=True):
            shutil.copyfile(path, place)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None
    return places


def load(what: str | Path) -> Scenario:
    """The scenario that `what` names: see `Scenario.load`."""
    if isinstance(what, str) and (BUILTIN / what / "scenario.toml").is_file() and re.fullmatch(r"[\w-]+", what):
        return _from_toml(BUILTIN / what / "scenario.toml", what)
    path = Path(what)
    if not str(what) or (not path.exists() and path.suffix not in KINDS and "/" not in str(what)):
        raise ScenarioError(_no_such(str(what)))
    with explain.reading(path):
        if trouble := explain.unreadable(path):
            raise ScenarioError(explain.line(trouble))
        kind = _kind(path)
    if kind == ".toml":
        return _from_toml(path, path.stem)
    if kind == ".py":
        return _from_script(path)
    return _from_sumo(path)


def _kind(path: Path) -> str:
    """What a file is, by its content: one of `KINDS`. Called within `explain.reading(path)`."""
    with path.open("rb") as stream:
        if stream.read(2) == b"\x1f\x8b":
            raise ScenarioError(explain.line(f"is packed with gzip: {ALLOWED}, unpacked"))
    if path.suffix in KINDS and not _looks_like_xml(path):
        return path.suffix
    if _looks_like_xml(path):
        return ".sumocfg"
    text = _text(path)
    try:
        if tomllib.loads(text):
            return ".toml"
    except (tomllib.TOMLDecodeError, RecursionError):
        pass
    if _is_script(text):
        return ".py"
    raise ScenarioError(explain.line(f"is none of these: {ALLOWED}"))


def _looks_like_xml(path: Path) -> bool:
    """Whether a file's first letter is XML's, in whatever encoding."""
    with path.open("rb") as stream:
        return re.match(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<", stream.read(4096)) is not None


def _is_script(text: str) -> bool:
    """Whether a text is Python that makes a `scenario`. It is not run."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names = {
        node.id
        for part in body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    names |= {part.name for part in body if isinstance(part, ast.FunctionDef)}
    names |= {a.asname or a.name for part in body if isinstance(part, ast.Import | ast.ImportFrom) for a in part.names}
    return "scenario" in names


def parse_override(text: str) -> tuple[str, object]:
    """`section.key=value` of `--set` as path and value: a TOML literal, else a plain string."""
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not re.fullmatch(r"[^\s=]+", path):
        raise ScenarioError(f"--set {explain.shown(text)}: must be section.key=value")
    try:
        table = tomllib.loads(f"value = {value}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return path, value
    literal = table["value"]
    return path, literal if len(table) == 1 and isinstance(literal, _TOML_VALUES) else value


def overridden(overrides: Iterable[str], seed: int | None = None, until: float | None = None) -> dict[str, object]:
    """The values that a command line sets, by path: those of `--set`, of `--seed` and of `--until` [s]."""
    changes: dict[str, object] = dict(parse_override(override) for override in overrides)
    if seed is not None:
        changes["scenario.seed"] = seed
    if until is not None:
        changes["scenario.end"] = until
    return changes


def _no_such(name: str) -> str:
    known = builtin_names()
    guess = explain.nearest(name, known)
    hint = f'did you mean "{guess}"? ' if guess else ""
    return f"{explain.shown(name)[1:-1]}: no such scenario; {hint}built in are {', '.join(known) or 'none'}"


def _default_name(stem: str) -> str:
    """A scenario's name made of a file's."""
    return re.sub(r"[^\w .+-]", "-", stem).lstrip(" .+-")[:100] or "scenario"


def _text(path: Path) -> str:
    """The text of a file for people; called within `explain.reading(path)`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioError(explain.line(f"cannot be read: {error.strerror}")) from None
    if not data.strip():
        raise ScenarioError(explain.line("is empty"))
    if b"\0" in data:
        raise ScenarioError(explain.line("is binary, not text"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(explain.line(f"line {row}: is not UTF-8 (byte 0x{data[error.start]:02x})")) from None


def _from_toml(path: Path, name: str) -> Scenario:
    with explain.reading(path):
        try:
            data: dict[str, Any] = tomllib.loads(_text(path))
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(explain.line(_toml_mistake(str(error)))) from None
        except RecursionError:
            raise ScenarioError(explain.line("is nested too deeply")) from None
        return _named(data, name)


def _named(data: dict[str, Any], name: str) -> Scenario:
    """The scenario of `data`, called `name` where it does not say otherwise."""
    run = data.get("scenario", {})
    if isinstance(run, dict):
        data = {**data, "scenario": {"name": _default_name(name), **run}}
    return Scenario(**data)


def _toml_mistake(said: str) -> str:
    """Tomllib's message with the place first."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|(end of document))\)", said, re.DOTALL)
    if not match:
        return said
    place = match[4] or f"line {match[2]}, column {match[3]}"
    return f"{place}: {match[1][:1].lower()}{match[1][1:]}"


def _from_sumo(path: Path) -> Scenario:
    with explain.reading(path):
        _text(path)
        root = str(read_configuration(path).tree.getroot().tag)
        if "configuration" not in root.lower() and path.suffix != ".sumocfg":
            raise ScenarioError(explain.line(f"is XML, but a <{root}>: {ALLOWED}"))
        return _named({"sumo": {"config": path.name}}, re.sub(r"(?:\.(?:xml|cfg|sumo|sumocfg))+$", "", path.name))


def _from_script(path: Path) -> Scenario:
    with explain.reading(path):
        _text(path)
        found = _run_script(path)
        if not isinstance(found, Scenario):
            raise ScenarioError(
                explain.line(
                    f"`scenario` is a {type(found).__name__}; it must be a Scenario, or a function returning one"
                )
            )
    if "name" not in found.scenario.model_fields_set:
        found = found.replace("scenario.name", _default_name(path.stem))
    return found.said_in(path)  # whatever it was derived from: its plug-ins lie beside the script


def _run_script(path: Path) -> object:
    """What the script's `scenario` is or returns. Whatever it raises becomes one line."""
    try:
        module = beside.run(path.absolute())
        if not hasattr(module, "scenario"):
            raise ScenarioError(explain.line("has no `scenario`: a Scenario, or a function that returns one"))
        found = module.scenario
        return found() if callable(found) else found
    except (Exception, SystemExit) as error:
        raise ScenarioError(_script_mistake(path, error)) from None


def _script_mistake(path: Path, error: BaseException) -> str:
    """`error`, with the line of the script it came from."""
    if isinstance(error, SyntaxError) and error.filename == str(path.absolute()):
        return f"{path}:{error.lineno}: {error.msg}"
    frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path.absolute())]
    where = f"{path}:{frames[-1]}" if frames else str(path)
    said = as_named(" ".join(str(error).split()))
    if isinstance(error, WaysideError):
        return f"{where}: {said.removeprefix(f'{path}: ')}"
    return f"{where}: {type(error).__name__}{': ' if said else ''}{said}"
