"""Reading a SUMO configuration as SUMO itself does, and the facts in it that a run must know beforehand."""

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wayside.edge.errors import ScenarioError

SUMO_SEED = 23423  # SUMO's default for --seed
SUMO_STEP = 1.0  # s, SUMO's default for --step-length

# Options that SUMO also knows by other names (`sumo --save-template`, 1.28), as far as we look at them.
SYNONYMS = {
    "a": "additional-files",
    "abs-rand": "random",
    "additional": "additional-files",
    "B": "breakpoints",
    "b": "begin",
    "c": "configuration-file",
    "configuration": "configuration-file",
    "C": "save-configuration",
    "save-config": "save-configuration",
    "D": "demo",
    "data-files": "edgedata-files",
    "device.fcd-replay.file": "device.fcd-replay.files",
    "e": "end",
    "G": "game",
    "g": "gui-settings-file",
    "l": "log",
    "log-file": "log",
    "m": "edgedata-files",
    "n": "net-file",
    "N": "alternative-net-file",
    "ndump": "netstate-dump",
    "net": "net-file",
    "netstate": "netstate-dump",
    "netstate-output": "netstate-dump",
    "person-fcd": "person-fcd-output",
    "personinfo": "personinfo-output",
    "personroutes": "personroute-output",
    "r": "route-files",
    "routes": "route-files",
    "srand": "seed",
    "statistics-output": "statistic-output",
    "summary": "summary-output",
    "tripinfo": "tripinfo-output",
    "V": "version",
    "vehroutes": "vehroute-output",
    "w": "weight-files",
    "weights": "weight-files",
    "X": "xml-validation",
}
_WALL_CLOCK = re.compile(r"\$\{(?:LOCALTIME|UTC|PID)\}")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class ConfigurationOption:
    """One option of a configuration: `attribute` of the element holds its value, or its text where None."""

    name: str  # as SUMO calls it first, see SYNONYMS
    value: str  # with ${VARIABLES} filled in
    element: ET.Element
    attribute: str | None

    def write(self, value: str) -> None:
        """Change the value in the tree."""
        if self.attribute is None:
            self.element.text = value
        else:
            self.element.set(self.attribute, value)


@dataclass(frozen=True)
class Configuration:
    """A .sumocfg as read: its tree, and its options in the order of the file."""

    path: Path
    tree: "ET.ElementTree[ET.Element]"
    entries: tuple[ConfigurationOption, ...]

    def get(self, name: str) -> str | None:
        """The value of option `name` by any of its names, None where it is not set."""
        return next((entry.value for entry in self.entries if entry.name == canonical(name)), None)


@dataclass(frozen=True)
class Clock:
    """When and how SUMO will run: what scenario and configuration say together."""

    begin: float  # s of SUMO's clock
    end: float | None  # s of SUMO's clock; None: until all vehicles have left
    step_length: float  # s
    seed: int
    keep: float = 0.0  # s for which SUMO is to know vehicles that have arrived
    options: dict[str, str] = field(default_factory=dict)  # further options SUMO must be given
    warnings: tuple[str, ...] = ()  # one line each, for the user

    def arguments(self) -> list[str]:
        """What SUMO is told of it on its command line."""
        told = ["--seed", str(self.seed), "--step-length", _seconds(self.step_length), "--no-step-log", "true"]
        # What a vehicle drove and charged in the step of its arrival can be asked for when the step is over.
        told += ["--keep-after-arrival", _seconds(max(self.keep, self.step_length))]
        if self.end is not None:
            told += ["--end", _seconds(self.end)]
        for name, value in self.options.items():
            told += [f"--{name}", value]
        return told


def canonical(option: str) -> str:
    """SUMO's first name of an option."""
    return SYNONYMS.get(option, option)


def substitute(value: str) -> str:
    """`value` with ${VARIABLES} of the environment filled in, as SUMO does.

    SUMO's own ${LOCALTIME}, ${UTC} and ${PID} become empty: a file named after the clock cannot be the same
    twice.
    """
    return _VARIABLE.sub(lambda match: os.environ.get(match[1], ""), _WALL_CLOCK.sub("", value))


def read_configuration(path: Path) -> Configuration:
    """Read a .sumocfg; one ScenarioError line where it is not XML. Unknown options are left to SUMO."""
    try:
        tree = ET.parse(path)
    except ET.ParseError as error:
        line, column = error.position
        what = str(error).split(":")[0]
        raise ScenarioError(f"{path}: line {line}, column {column + 1}: not a SUMO configuration: {what}") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist, or is not kept to
        raise ScenarioError(f"{path}: cannot be read: {error}") from None
    return Configuration(path, tree, _entries(tree))


def with_options(configuration: Configuration, options: Mapping[str, object]) -> Configuration:
    """The configuration with `options` (by name) in place of its own. It shares, and changes, the tree."""
    root = configuration.tree.getroot()
    names = {canonical(name) for name in options}
    for parent in list(root.iter()):
        for element in list(parent):
            if len(element) == 0 and isinstance(element.tag, str) and canonical(element.tag) in names:
                parent.remove(element)
    drop_empty(root)
    for name, value in options.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        root.append(root.makeelement(name, {"value": text}))
    return Configuration(configuration.path, configuration.tree, _entries(configuration.tree))


def drop_empty(root: ET.Element) -> None:
    """Remove the groups whose last option has been taken out: SUMO takes an empty element for an option."""
    for element in list(root):
        if len(element) == 0 and not element.attrib and not (element.text or "").strip():
            root.remove(element)


def _entries(tree: "ET.ElementTree[ET.Element]") -> tuple[ConfigurationOption, ...]:
    """The options in a configuration's tree. SUMO takes a value from `value`, from `v`, or from the text."""
    entries: list[ConfigurationOption] = []
    for element in tree.getroot().iter():
        if not isinstance(element.tag, str):
            continue
        for attribute in ("value", "v"):
            if element.get(attribute):
                value = substitute(element.attrib[attribute])
                entries.append(ConfigurationOption(canonical(element.tag), value, element, attribute))
        if len(element) == 0 and element.text and element.text.strip():
            entries.append(ConfigurationOption(canonical(element.tag), substitute(element.text.strip()), element, None))
    return tuple(entries)


def read_time(text: str) -> float:
    """SUMO's notation of a time, in s: seconds, H:M:S or D:H:M:S. ValueError where it is none of these."""
    parts = [float(part) for part in text.split(":")]
    if len(parts) not in (1, 3, 4) or not all(abs(part) < 1e12 for part in parts):
        raise ValueError(text)
    seconds = 0.0
    for part, unit in zip(reversed(parts), (1, 60, 3600, 86400), strict=False):
        seconds += part * unit
    return round(seconds, 3)


def read_clock(config: Path, options: Mapping[str, object]) -> Clock:
    """What the configuration says of time and chance, `options` (by name) going before it."""
    configuration = read_configuration(config)
    ahead = {canonical(name): str(value) for name, value in options.items()}

    def value(name: str) -> str | None:
        return ahead.get(name, configuration.get(name))

    def time(name: str, default: float | None) -> float | None:
        text = value(name)
        try:
            return default if text is None else read_time(text)
        except ValueError:
            raise ScenarioError(f'{config}: {name} = "{text}": must be seconds or "H:M:S"') from None

    seed = value("seed") or str(SUMO_SEED)
    try:
        number = int(seed)
    except ValueError:
        raise ScenarioError(f'{config}: seed = "{seed}": must be a whole number') from None
    end = time("end", None)
    extra: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    if (value("random") or "").strip().lower() in ("true", "1", "t", "yes", "y", "on", "x"):
        extra["random"] = "false"
        warnings = (f"{config}: random = true is not obeyed, as no run could be repeated; its seed is {number}",)
    return Clock(
        begin=time("begin", 0.0) or 0.0,
        end=None if end is None or end < 0 else end,
        step_length=time("step-length", SUMO_STEP) or SUMO_STEP,
        seed=number,
        keep=time("keep-after-arrival", 0.0) or 0.0,
        options=extra,
        warnings=warnings,
    )


def _seconds(value: float) -> str:
    """For SUMO, which knows milliseconds."""
    return f"{value:.3f}"
