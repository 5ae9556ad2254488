"""Modules of a scenario's own, in the folder of its file.

They are loaded from their files under names of their own, so that two folders may each have a `mine.py`, and nothing
that lies beside a scenario is ever taken for a module of the standard library, of an installed package, or of ours:
`sys.path` stays as it is. What such a module imports by name is found beside it as well, as for a script that Python
runs, but for names of the standard library. Pickle does not find its classes by name in another process.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from wayside.edge.errors import BESIDE

OURS = "wayside"


def load(name: str, folders: Iterable[Path]) -> ModuleType:
    """A module by its dotted name, from the first of the folders that has it, else as any import. Raises what it does.

    One that an ordinary import finds in the same place is imported so: it is one module, not two.
    """
    top = name.partition(".")[0]
    for folder in folders:
        spec = None if top == OURS else _spec_in(folder, top)
        if spec is not None and not _is_ordinary(top, spec):
            return importlib.import_module(f"{_package(folder)}.{name}")
    return importlib.import_module(name)


def run(file: Path) -> ModuleType:
    """A script, run anew; other modules beside it may import it by its name."""
    name = f"{_package(file.parent)}.{file.stem.replace('.', '_')}"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Loader(name, str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there, and who names the script as a module
    spec.loader.exec_module(module)
    return module


def _spec_in(folder: Path, top: str) -> ModuleSpec | None:
    """Of a module or a package in a folder."""
    return PathFinder.find_spec(top, [str(folder)])


def _is_ordinary(top: str, spec: ModuleSpec) -> bool:
    """Whether an ordinary import would find the same file, or anything instead of a folder without `__init__.py`."""
    try:
        known = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if known is None or spec.origin is None:
        return known is not None
    return known.origin is not None and _same(known.origin, spec.origin)


def _same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def _package(folder: Path) -> str:
    """The package that stands for a folder; made when first asked for."""
    folder = folder.resolve()
    name = BESIDE + blake2b(str(folder).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    if name not in sys.modules:
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    importlib.invalidate_caches()  # a file may just have been written
    return name


class _Finder(MetaPathFinder):
    """Finds modules in such packages."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(BESIDE) or path is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Loads a module that looks beside itself for what it imports. It leaves no bytecode there."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        package = module.__name__.partition(".")[0]
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _importer(package)}
        super().exec_module(module)


def _importer(package: str) -> Callable[..., Any]:
    """What the import statement calls in a module beside a scenario."""
    folder = Path(sys.modules[package].__path__[0])

    def import_(
        name: str, globals: Any = None, locals: Any = None, fromlist: tuple[str, ...] | None = (), level: int = 0
    ) -> Any:
        top = name.partition(".")[0]
        ordinary = level or top == OURS or top in sys.stdlib_module_names
        spec = None if ordinary or f"{package}.{top}" in sys.modules else _spec_in(folder, top)
        if ordinary or (f"{package}.{top}" not in sys.modules and (spec is None or _is_ordinary(top, spec))):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        found = builtins.__import__(f"{package}.{name}", globals, locals, fromlist or (), 0)
        return found if fromlist else sys.modules[f"{package}.{top}"]

    return import_
