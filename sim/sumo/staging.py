"""The working folder of a run: links to the scenario's inputs, so that SUMO's outputs land here.

SUMO writes what a configuration or a detector names beside the file that names it. So the configuration is
copied into the folder, and every input it names, or that these name, gets a link at the same place relative to
it; what lies outside of the configuration's folder is brought inside, its path without the leading `..`. A file
stays a link where all it names then lies at the right place, seen from the link; where not (absolute paths,
`..`), a copy with these names changed stands in. So it is with files of demand where this is drawn (sim/sumo/demand).
The name of an output is never linked. An output to the console or to a socket, where SUMO would wait for a reader, is
written for nobody, with a warning.
"""

import gzip
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from wayside.edge.errors import OutputError, ScenarioError
from wayside.sim.disk.rundir import disk_error
from wayside.sim.scenario.configuration import (
    Configuration,
    ConfigurationOption,
    canonical,
    read_configuration,
    read_time,
    with_options,
)
from wayside.sim.scenario.explain import shown, unreadable
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.demand.files import DemandFiles, Drawn
from wayside.sim.sumo.references import (
    INCLUDE,
    INPUT_OPTIONS,
    NOTHING,
    XML_INPUT_OPTIONS,
    Reference,
    is_file,
    is_nothing,
    is_output_option,
    open_unpacked,
    references,
)
from wayside.sim.sumo.unheeded import leave_out

# Without a name for it SUMO writes one file per vehicle into the working directory (1.28).
_DEFAULTS = {"device.ssm.file": "ssm.xml"}
_AFFIXES = ("output-prefix", "output-suffix", "save-state.suffix")
_UNFIT = re.compile(r"[%,]")  # SUMO takes the path of its configuration apart at these
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True)
class Staged:
    """A run's working folder, ready for SUMO."""

    config: Path  # all that SUMO needs: sumo -c CONFIG
    folder: Path
    links: tuple[Path, ...]  # inputs: links to the user's files
    copies: tuple[Path, ...]  # inputs with paths changed, the configuration among them
    folders: tuple[Path, ...]  # made for inputs and outputs
    sources: Mapping[str, Path] = field(default_factory=dict)  # the user's file that each input stands for
    warnings: tuple[str, ...] = ()  # one line each: what is not obeyed
    demand: Drawn | None = None  # None where it is that of the files

    def plainly(self, text: str, outputs: Path) -> str:
        """What SUMO says of files in this folder, said of the user's; of its outputs, as if they stood in `outputs`."""
        if str(self.folder) not in text:
            return text
        for place, source in self.sources.items():
            text = text.replace(f"{self.folder}/{place}", str(source))
        return text.replace(str(self.folder), str(outputs))


@dataclass
class _Plan:
    """What is to stand where: a place in the folder ("det/e1.xml") for each of the user's paths."""

    root: Path  # the configuration's own folder
    files: set[str]  # places taken
    folders: set[str] = field(default_factory=set)  # parents of places taken
    inputs: dict[Path, str] = field(default_factory=dict)
    outputs: dict[Path, str] = field(default_factory=dict)
    contents: dict[Path, list[Reference]] = field(default_factory=dict)  # of XML inputs
    warnings: list[str] = field(default_factory=list)

    def place(self, target: Path, is_output: bool, only_name: bool = False) -> str:
        """The place of `target`, given one if it has none yet."""
        places = self.outputs if is_output else self.inputs
        if target not in places:
            parts = [part for part in Path(os.path.relpath(target, self.root)).parts if part != ".."]
            if only_name and not target.is_relative_to(self.root):
                parts = parts[-1:]
            places[target] = self._free([re.sub(r"[:,]", "_", part) for part in parts] if is_output else parts)
        return places[target]

    def _free(self, parts: list[str]) -> str:
        """A place like `parts` that nothing else has."""
        number, name = 1, parts[-1]
        while True:
            place = "/".join(parts)
            above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
            if not (place in self.files or place in self.folders or above & self.files):
                self.files.add(place)
                self.folders |= above
                return place
            number += 1
            parts = [*parts[:-1], f"{number}-{name}"]


def stage(
    config: Path,
    folder: Path,
    options: Mapping[str, object] | None = None,
    reserved: Collection[str] = (),
    said_in: str = "sumo.options",
    draws: Draws | None = None,
) -> Staged:
    """Mirror what `config` reads in `folder`, which is made where it does not exist.

    `options` are further SUMO options: they go before the configuration's own, their paths count from its
    folder, and they stand in the staged configuration; `said_in` is where the user says them. Nothing gets a name
    out of `reserved`. `draws` is what is made of the demand; SUMO's option `scale` is then a further factor of it.
    Raises ScenarioError for an input that cannot be read and for what cannot be run, OutputError where the folder
    cannot be written.
    """
    config, folder = _absolute(Path.cwd(), str(config)), Path(os.path.abspath(folder))
    if _UNFIT.search(str(folder)):
        raise OutputError(f'{folder}: SUMO cannot work in a folder with "%" or "," in its path')
    options = options or {}
    configuration = read_configuration(config)
    named = {canonical(name) for name in options} | {entry.name for entry in configuration.entries}
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in named}
    configuration = with_options(configuration, {**options, **defaults})
    configuration, warnings = leave_out(configuration, {canonical(name) for name in options}, said_in)

    if draws is not None and not draws.idle:
        configuration, draws = _take_scale(configuration, draws)
    plan = _Plan(config.parent, {*reserved, _config_name(config)}, warnings=warnings)
    _find_inputs(configuration, plan)
    _refuse_circles(plan)
    _place_outputs(configuration, plan)  # before the inputs: their names are what the user will look for
    for target in list(plan.contents):
        plan.place(target, is_output=False)
    demand = None if draws is None or draws.idle else _demand(configuration, plan, draws)
    try:
        return _build(configuration, plan, folder, demand)
    except OSError as error:
        raise disk_error(Path(error.filename or folder), error) from None


def unlink_inputs(staged: Staged) -> None:
    """Take the inputs out of the folder again; what SUMO wrote stays."""
    for path in staged.links:
        if path.is_symlink():
            path.unlink()
    for path in staged.copies:
        path.unlink(missing_ok=True)
    for path in sorted(staged.folders, reverse=True):  # the deepest first
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _config_name(config: Path) -> str:
    return re.sub(r"[%,:]", "_", config.name)


def _paths(entry: ConfigurationOption, root: Path) -> list[tuple[str, Path]]:
    """The files in an option's value: as written, and the path that SUMO makes of it."""
    values = [part.strip() for part in entry.value.split(",")]
    return [(value, _absolute(root, unquote(value))) for value in values if is_file(value)]


def _absolute(base: Path, value: str) -> Path:
    head, tail = os.path.split(base / value)  # `..` after a linked folder is where the link leads
    return Path(os.path.realpath(head), tail)


def _target(reference: Reference, owner: Path, root: Path) -> Path:
    return _absolute(root if reference.from_cwd else owner.parent, reference.value)


def _find_inputs(configuration: Configuration, plan: _Plan) -> None:
    """Everything that is read: what the options name, and what these name in turn."""
    found: list[tuple[Path, bool]] = []
    for entry in configuration.entries:
        if entry.name not in INPUT_OPTIONS:
            continue
        for value, target in _paths(entry, plan.root):
            if target.is_dir() and entry.name == "phemlight-path":
                continue
            if trouble := unreadable(target):
                raise ScenarioError(f"{configuration.path}: {entry.name} = {shown(value)}: {trouble}")
            found.append((target, entry.name in XML_INPUT_OPTIONS))
    while found:
        path, is_xml = found.pop(0)
        if plan.contents.get(path):  # known, and looked into
            continue
        plan.contents[path] = references(path) if is_xml else []
        for reference in plan.contents[path]:
            if reference.is_output or not is_file(reference.value):
                continue
            target = _target(reference, path, plan.root)
            trouble = unreadable(target)
            if trouble and reference.is_needed:
                raise ScenarioError(f"{path}: {reference.label} = {shown(reference.value)}: {trouble}")
            if not trouble and target not in plan.contents:
                found.append((target, reference.is_xml))


def _refuse_circles(plan: _Plan) -> None:
    """ScenarioError where files include one another in a circle: SUMO follows it until its stack ends."""
    includes = {
        owner: [_target(reference, owner, plan.root) for reference in found if reference.label == INCLUDE]
        for owner, found in plan.contents.items()
    }
    try:
        TopologicalSorter(includes).prepare()
    except CycleError as error:
        owner, *between, _ = reversed(error.args[1])  # each is included by the next
        following = between[0] if between else owner
        named = next(
            reference.value
            for reference in plan.contents[owner]
            if reference.label == INCLUDE and _target(reference, owner, plan.root) == following
        )
        way = f" by way of {', '.join(map(str, between))}" if between else ""
        said = f"{owner}: {INCLUDE} = {shown(named)}: must not lead back to this file{way}"
        raise ScenarioError(said) from None


def _place_outputs(configuration: Configuration, plan: _Plan) -> None:
    for entry in configuration.entries:
        if is_output_option(entry.name):
            for value, target in _paths(entry, plan.root):
                plan.place(target, is_output=True, only_name=value.startswith("/"))
            if _is_elsewhere(value := entry.value.strip()):
                plan.warnings.append(_nobody(f"{configuration.path}: {entry.name}", value))
    for owner, found in plan.contents.items():
        for reference in found:
            if reference.is_output and is_file(reference.value):
                target = _target(reference, owner, plan.root)
                plan.place(target, is_output=True, only_name=reference.value.startswith("/"))
            elif reference.is_output and _is_elsewhere(reference.value):
                plan.warnings.append(_nobody(f"{owner}: {reference.label}", reference.value))


def _is_elsewhere(value: str) -> bool:
    """Whether an output goes to the console, or to a socket, where SUMO waits for a reader."""
    return bool(value) and not is_file(value) and not is_nothing(value)


def _nobody(what: str, value: str) -> str:
    return f"{what} = {shown(value)} is left out: must be a file, to be found among the run's results"


def _take_scale(configuration: Configuration, draws: Draws) -> tuple[Configuration, Draws]:
    """SUMO's own scale, as a factor of ours: SUMO keeps every so manieth, whoever that is."""
    said = configuration.get("scale")
    if said is None:
        return configuration, draws
    try:
        factor = float(said)
    except ValueError:
        factor = -1.0
    if not 0.0 <= factor <= 1e6:
        raise ScenarioError(f"{configuration.path}: scale = {shown(said)}: must be a number of 0 or more")
    return with_options(configuration, {"scale": 1}), draws.scaled(factor)


def _demand(configuration: Configuration, plan: _Plan, draws: Draws) -> DemandFiles:
    """The files that may hold demand, in the order in which SUMO loads them; included ones before those that do."""
    files: dict[Path, bool] = {}

    def add(path: Path, in_order: bool) -> None:
        for reference in plan.contents.get(path, ()):
            if reference.label == INCLUDE:
                add(_target(reference, path, plan.root), in_order)
        files.setdefault(path, in_order)

    for option, in_order in (("additional-files", False), ("route-files", True)):
        for entry in configuration.entries:
            if entry.name == option:
                for _, target in _paths(entry, plan.root):
                    add(target, in_order)
    begin = configuration.get("begin")
    loaded = configuration.get("load-state")
    return DemandFiles(draws, files, 0.0 if begin is None else read_time(begin), loaded is not None and is_file(loaded))


def _build(configuration: Configuration, plan: _Plan, folder: Path, demand: DemandFiles | None) -> Staged:
    """Make what was planned."""
    links: list[Path] = []
    copies: list[Path] = []
    made: list[Path] = []
    _make(folder, [])
    for target, place in plan.inputs.items():
        path = folder / place
        _make(path.parent, made)
        edits = _edits(target, plan, folder)
        if demand is not None and target in demand.files:
            copies.append(path)
        elif edits:
            copies.append(path)
            _copy_edited(target, path, edits)
        else:
            path.symlink_to(target)
            links.append(path)
    if demand is not None:
        for target in demand.files:
            edits = _edits(target, plan, folder)
            plan.warnings += demand.rewrite(target, folder / plan.inputs[target], _by_offset(edits))
        plan.warnings += demand.ended()
    config = folder / _config_name(configuration.path)
    prefix = _rewrite(configuration, plan)
    for place in plan.outputs.values():
        head, _, tail = place.rpartition("/")
        _make((folder / head / (prefix + tail)).parent, made)  # the prefix goes before the last part
    copies.append(config)
    configuration.tree.write(config, encoding="UTF-8", xml_declaration=True)
    sources = {place: target for target, place in plan.inputs.items()} | {config.name: configuration.path}
    longest_first = dict(sorted(sources.items(), key=lambda source: -len(source[0])))
    drawn = None if demand is None else demand.drawn
    return Staged(config, folder, tuple(links), tuple(copies), tuple(made), longest_first, tuple(plan.warnings), drawn)


def _make(path: Path, made: list[Path]) -> None:
    """Make a folder and those above it, noting the new ones."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    made.extend(missing)


def _edits(owner: Path, plan: _Plan, folder: Path) -> list[tuple[Reference, str]]:
    """The references in an input that would miss the place of what they name, with what they must say."""
    here = os.path.dirname(plan.inputs[owner])
    edits: list[tuple[Reference, str]] = []
    for reference in plan.contents[owner]:
        if reference.is_output and _is_elsewhere(reference.value):
            edits.append((reference, NOTHING))
            continue
        places = plan.outputs if reference.is_output else plan.inputs
        place = places.get(_target(reference, owner, plan.root))
        if place is None or not is_file(reference.value):  # a picture that is not there; the console
            continue
        if reference.from_cwd:
            edits.append((reference, str(folder / place)))
        elif os.path.normpath(os.path.join(here, reference.value)) != place:
            edits.append((reference, os.path.relpath(place, here or ".")))
    return edits


def _by_offset(edits: list[tuple[Reference, str]]) -> dict[int, dict[str, str]]:
    """New values of attributes, by the offset of their element."""
    found: dict[int, dict[str, str]] = {}
    for reference, value in edits:
        found.setdefault(reference.offset, {})[reference.attribute] = value
    return found


def _copy_edited(source: Path, path: Path, edits: list[tuple[Reference, str]]) -> None:
    """Write `source` to `path` with other values for some references, nothing else changed."""
    with open_unpacked(source) as stream:
        data = stream.read()
        packed = isinstance(stream, gzip.GzipFile)
    pieces: list[tuple[int, int, bytes]] = []
    for reference, value in edits:
        for match in _ATTRIBUTE.finditer(data, reference.offset):
            if match[1].decode() == reference.attribute:
                pieces.append((*match.span(2), quoteattr(value).encode("ascii", "xmlcharrefreplace")))
                break
    out, at = bytearray(), 0
    for start, end, new in sorted(pieces):
        out += data[at:start] + new
        at = end
    out += data[at:]
    path.write_bytes(gzip.compress(out, mtime=0) if packed else bytes(out))


def _rewrite(configuration: Configuration, plan: _Plan) -> str:
    """Put the places into the configuration's tree; the output prefix as it then is."""
    prefix = ""
    for entry in configuration.entries:
        if entry.name in INPUT_OPTIONS:
            entry.write(_list(entry, lambda target: plan.inputs.get(target, str(target)), plan.root))
        elif is_output_option(entry.name) and _is_elsewhere(entry.value.strip()):
            entry.write(NOTHING)
        elif is_output_option(entry.name):
            entry.write(_list(entry, lambda target: plan.outputs[target], plan.root))
        elif entry.name in _AFFIXES:
            # TIME would be the wall clock's; `..` would lead out of the folder
            affix = "/".join(part for part in entry.value.replace("TIME", "").split("/") if part != "..")
            entry.write(affix.replace("/", "_") if entry.name == "save-state.suffix" else affix)
            prefix = affix.lstrip("/") if entry.name == "output-prefix" else prefix
    root = configuration.tree.getroot()
    for attribute in list(root.attrib):  # the schema does not know options outside of their sections
        if attribute.startswith("{"):
            del root.attrib[attribute]
    return prefix


def _list(entry: ConfigurationOption, place: Callable[[Path], str], root: Path) -> str:
    """An option's value with each file in it replaced by its place."""
    values = [part.strip() for part in entry.value.split(",")]
    known = dict(_paths(entry, root))
    return ",".join(place(known[v]).replace("%", "%25") if v in known else v for v in values)
