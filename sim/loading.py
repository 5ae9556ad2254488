"""Where scenarios come from: the built-in ones, TOML files, Python scripts, SUMO configurations."""

import importlib.util
import re
import sys
import tomllib
import traceback
from pathlib import Path
from typing import Any

from wayside.edge.errors import ScenarioError, WaysideError
from wayside.sim import explain
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.configuration import read_configuration

BUILTIN = Path(__file__).parent.parent / "scenarios"  # found by its place: sim imports nothing of scenarios
KINDS = (".toml", ".py", ".sumocfg")
_TOML_VALUES = (str, int, float, bool, list, dict)


def builtin_names() -> list[str]:
    """Names of the built-in scenarios, sorted."""
    return sorted(path.parent.name for path in BUILTIN.glob("*/scenario.toml"))


def builtin_scenarios() -> dict[str, Scenario]:
    """The built-in scenarios by name."""
    return {name: load(name) for name in builtin_names()}


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
        if path.suffix not in KINDS:
            raise ScenarioError(explain.line("a scenario is a .toml, a .py or a .sumocfg"))
    if path.suffix == ".toml":
        return _from_toml(path, path.stem)
    if path.suffix == ".py":
        return _from_script(path)
    return _from_sumo(path)


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
        read_configuration(path)
        return _named({"sumo": {"config": path.name}}, path.stem)


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
    home = str(path.absolute().parent)
    spec = importlib.util.spec_from_file_location(f"wayside_script_{path.stem}", path.absolute())
    if spec is None or spec.loader is None:
        raise ScenarioError(explain.line("is not a Python script"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses and pickle look themselves up there
    sys.path.insert(0, home)  # as for a script that Python runs: what lies beside it can be imported
    dont_write, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        if not hasattr(module, "scenario"):
            raise ScenarioError(explain.line("has no `scenario`: a Scenario, or a function that returns one"))
        found = module.scenario
        return found() if callable(found) else found
    except (Exception, SystemExit) as error:
        raise ScenarioError(_script_mistake(path, error)) from None
    finally:
        sys.dont_write_bytecode = dont_write
        if home in sys.path:
            sys.path.remove(home)


def _script_mistake(path: Path, error: BaseException) -> str:
    """`error`, with the line of the script it came from."""
    if isinstance(error, SyntaxError) and error.filename == str(path.absolute()):
        return f"{path}:{error.lineno}: {error.msg}"
    frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path.absolute())]
    where = f"{path}:{frames[-1]}" if frames else str(path)
    said = " ".join(str(error).split())
    if isinstance(error, WaysideError):
        return f"{where}: {said.removeprefix(f'{path}: ')}"
    return f"{where}: {type(error).__name__}{': ' if said else ''}{said}"
