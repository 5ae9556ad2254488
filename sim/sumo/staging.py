"""The working folder of a run: links to the scenario's inputs, so that SUMO's outputs land here.

SUMO writes what a configuration or a detector names beside the file that names it. So the configuration is
copied into the folder, and every input it names, or that these name, gets a link at the same place relative to
it; what lies outside of the configuration's folder is brought inside, its path without the leading `..`. A file
stays a link where all it names then lies at the right place, seen from the link; where not (absolute paths,
`..`), a copy with these names changed stands in. The name of an output is never linked.
"""

import gzip
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from wayside.edge.errors import OutputError, ScenarioError
from wayside.sim.explain import shown, unreadable
from wayside.sim.rundir import disk_error
from wayside.sim.sumo.configuration import Configuration, Entry, canonical, read_configuration, with_options
from wayside.sim.sumo.references import (
    INPUT_OPTIONS,
    XML_INPUT_OPTIONS,
    Reference,
    is_file,
    is_output_option,
    open_unpacked,
    references,
)

# Without a name for it SUMO writes one file per vehicle into the working directory (1.28).
_DEFAULTS = {"device.ssm.file": "ssm.xml"}
_AFFIXES = ("output-prefix", "output-suffix")
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


@dataclass
class _Plan:
    """What is to stand where: a place in the folder ("det/e1.xml") for each of the user's paths."""

    root: Path  # the configuration's own folder
    files: set[str]  # places taken
    folders: set[str] = field(default_factory=set)  # parents of places taken
    inputs: dict[Path, str] = field(default_factory=dict)
    outputs: dict[Path, str] = field(default_factory=dict)
    contents: dict[Path, list[Reference]] = field(default_factory=dict)  # of XML inputs

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
    config: Path, folder: Path, options: Mapping[str, object] | None = None, reserved: Collection[str] = ()
) -> Staged:
    """Mirror what `config` reads in `folder`, which is made where it does not exist.

    `options` are further SUMO options: they go before the configuration's own, their paths count from its
    folder, and they stand in the staged configuration. Nothing gets a name out of `reserved`. Raises
    ScenarioError for an input that cannot be read, OutputError where the folder cannot be written.
    """
    config, folder = _absolute(Path.cwd(), str(config)), Path(os.path.abspath(folder))
    if _UNFIT.search(str(folder)):
        raise OutputError(f'{folder}: SUMO cannot work in a folder with "%" or "," in its path')
    options = options or {}
    configuration = read_configuration(config)
    named = {canonical(name) for name in options} | {entry.name for entry in configuration.entries}
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in named}
    configuration = with_options(configuration, {**options, **defaults})

    plan = _Plan(config.parent, {*reserved, _config_name(config)})
    _find_inputs(configuration, plan)
    _place_outputs(configuration, plan)  # before the inputs: their names are what the user will look for
    for target in list(plan.contents):
        plan.place(target, is_output=False)
    try:
        return _build(configuration, plan, folder)
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


def _paths(entry: Entry, root: Path) -> list[tuple[str, Path]]:
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


def _place_outputs(configuration: Configuration, plan: _Plan) -> None:
    for entry in configuration.entries:
        if is_output_option(entry.name):
            for value, target in _paths(entry, plan.root):
                plan.place(target, is_output=True, only_name=value.startswith("/"))
    for owner, found in plan.contents.items():
        for reference in found:
            if reference.is_output and is_file(reference.value):
                target = _target(reference, owner, plan.root)
                plan.place(target, is_output=True, only_name=reference.value.startswith("/"))


def _build(configuration: Configuration, plan: _Plan, folder: Path) -> Staged:
    """Make what was planned."""
    links: list[Path] = []
    copies: list[Path] = []
    made: list[Path] = []
    _make(folder, [])
    for target, place in plan.inputs.items():
        path = folder / place
        _make(path.parent, made)
        edits = _edits(target, plan, folder)
        if edits:
            copies.append(path)
            _copy_edited(target, path, edits)
        else:
            path.symlink_to(target)
            links.append(path)
    config = folder / _config_name(configuration.path)
    prefix = _rewrite(configuration, plan)
    for place in plan.outputs.values():
        head, _, tail = place.rpartition("/")
        _make((folder / head / (prefix + tail)).parent, made)  # the prefix goes before the last part
    copies.append(config)
    configuration.tree.write(config, encoding="UTF-8", xml_declaration=True)
    return Staged(config, folder, tuple(links), tuple(copies), tuple(made))


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
        places = plan.outputs if reference.is_output else plan.inputs
        place = places.get(_target(reference, owner, plan.root))
        if place is None or not is_file(reference.value):  # a picture that is not there; the console
            continue
        if reference.from_cwd:
            edits.append((reference, str(folder / place)))
        elif os.path.normpath(os.path.join(here, reference.value)) != place:
            edits.append((reference, os.path.relpath(place, here or ".")))
    return edits


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
        elif is_output_option(entry.name):
            entry.write(_list(entry, lambda target: plan.outputs[target], plan.root))
        elif entry.name in _AFFIXES:
            # TIME would be the wall clock's; `..` would lead out of the folder
            affix = "/".join(part for part in entry.value.replace("TIME", "").split("/") if part != "..")
            entry.write(affix)
            prefix = affix.lstrip("/") if entry.name == "output-prefix" else prefix
    root = configuration.tree.getroot()
    for attribute in list(root.attrib):  # the schema does not know options outside of their sections
        if attribute.startswith("{"):
            del root.attrib[attribute]
    return prefix


def _list(entry: Entry, place: Callable[[Path], str], root: Path) -> str:
    """An option's value with each file in it replaced by its place."""
    values = [part.strip() for part in entry.value.split(",")]
    known = dict(_paths(entry, root))
    return ",".join(place(known[v]).replace("%", "%25") if v in known else v for v in values)
