"""The Cython extensions, the live view's page and the list of packages; everything else stands in pyproject.toml."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

import numpy
from Cython.Build import cythonize
from setuptools import Command, Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.modified import newer_group

# `wayside/` holds links to the folders at the top, so that there is one import namespace (docs/design.md). All paths
# here go through the links: in an unpacked sdist they are the folders themselves, and there are none at the top.
SOURCES = Path("wayside/ext")
VIEWER = Path("wayside/web/viewer")
PAGE = Path("wayside/web/dist/index.html")
NODE = (20, 19)  # what Vite needs


class BuildExtensions(build_ext):
    """Without the paths of the machine that builds: a Python made by pyenv or conda adds its own to every library."""

    def build_extensions(self) -> None:
        """Make C++ of all of them, compile and link it. Only here: an sdist and metadata need none."""
        made = {one.name: one.sources for one in cythonize(self.extensions, **CYTHON)}
        for extension in self.extensions:
            extension.sources = made[extension.name]
        for name in ("linker_so", "linker_so_cxx"):  # for C and for C++
            linker = getattr(self.compiler, name, [])
            linker[:] = [part for part in linker if not part.startswith("-Wl,-rpath")]
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        """Build one; or take that of the checkout, if it is newer than all that it is made of. Else pip's editable
        install and `build_ext --inplace` after it would each build all of them.
        """
        here = SOURCES / Path(self.get_ext_filename(ext.name)).name
        if self.force or newer_group([*ext.sources, *ext.depends], str(here)):
            super().build_extension(ext)
        else:
            to = Path(self.get_ext_fullpath(ext.name))
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here, to)


def node_lacks() -> str:
    """Why the viewer cannot be built on this machine; empty where it can."""
    wanted = f"Node {NODE[0]}.{NODE[1]} or newer"
    if not shutil.which("node") or not shutil.which("npm"):
        return f"{wanted} with npm is not installed"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)\.(\d+)", said)
    if not version or tuple(map(int, version.groups())) < NODE:
        return f"{wanted} is needed, and this is {said or 'none'}"
    return ""


def build_page() -> None:
    """Make the page anew where it is missing or older than what it is made of. Who comes meanwhile waits: `make test`
    wants it at the same time as pip, which it runs.
    """
    lock, installed = VIEWER / "package-lock.json", VIEWER / "node_modules" / ".package-lock.json"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        sources = [path for path in VIEWER.rglob("*") if "node_modules" not in path.parts and path.is_file()]
        if PAGE.exists() and PAGE.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
            return
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run(["npm", "ci"], cwd=VIEWER, check=True, stdin=subprocess.DEVNULL)
        subprocess.run(["npm", "run", "build"], cwd=VIEWER, check=True, stdin=subprocess.DEVNULL)


class BuildViewer(Command):
    """`setup.py build_viewer`: the page alone, for the Makefile."""

    user_options: ClassVar[list[tuple[str, str, str]]] = []

    def initialize_options(self) -> None:
        """Nothing to set."""

    def finalize_options(self) -> None:
        """Nothing to set."""

    def run(self) -> None:
        """Build it, or say what is missing."""
        if lacks := node_lacks():
            print(f"make: {lacks}: the live view's page is not built, everything else works")
            return
        try:
            build_page()
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"make: `{' '.join(error.cmd)}` failed in web/viewer: see above") from None


class BuildPackages(build_py):
    """With the live view's page among the package's data. A build without Node, or without npm's registry, goes on."""

    def run(self) -> None:
        """Build the page first: the list of data files is made when it is first asked for."""
        lacks = node_lacks()
        if not lacks:
            try:
                build_page()
            except subprocess.CalledProcessError as error:
                lacks = f"`{' '.join(error.cmd)}` failed"
        if lacks:
            self.warn(f"{lacks}: built without the live view's page, everything else works")
        super().run()


PARTS = sorted(str(path) for path in SOURCES.iterdir() if path.suffix in (".hpp", ".pxd", ".pxi"))

# What memoryviews are made of, once, as C: else each extension has a copy, which is more than half of its C++.
SHARED = "wayside.ext._shared"
# No fused multiply-add that the source does not ask for: the same bytes on every machine. Nobody looks at errno or at
# the processor's flags, and roots and comparisons become vector code.
# No debug information: it is nine tenths of the size, and holds the builder's paths.
FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-g0"]

# How Cython makes C++ of them.
CYTHON = {
    "shared_utility_qualified_name": SHARED,
    "nthreads": 2,
    "compiler_directives": {
        "language_level": 3,
        "boundscheck": False,
        "wraparound": False,
        "cdivision": True,
        "freethreading_compatible": False,
    },
}
extensions = [
    Extension(
        f"wayside.ext.{source.stem}",
        [str(source)],
        language="c++",
        # With this file among them, other flags mean other extensions.
        depends=["setup.py", *PARTS],
        extra_compile_args=["-std=c++17", *FLAGS],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        include_dirs=[numpy.get_include(), str(SOURCES)],
    )
    for source in sorted(SOURCES.glob("*.pyx"))
]
if not extensions:
    raise SystemExit(f"setup.py: no .pyx in {SOURCES.absolute()}: build from a checkout or an sdist, in its own folder")

setup(
    packages=find_packages(include=["wayside", "wayside.*"]),
    package_data={
        "wayside": ["py.typed"],
        "wayside.ext": ["*.pyi"],
        "wayside.web": ["dist/*", "dist/assets/*", "dist/film/*"],
        "wayside.web.server": ["tour.json"],
        "wayside.scenarios": ["*/*.toml", "*/*.sumocfg", "*/*.xml", "*/*.xml.gz"],
    },
    ext_modules=[Extension(SHARED, [str(SOURCES / "_shared.c")], extra_compile_args=FLAGS), *extensions],
    cmdclass={"build_ext": BuildExtensions, "build_py": BuildPackages, "build_viewer": BuildViewer},
    options={"build_ext": {"parallel": os.cpu_count()}},
)
