"""The Cython extensions and the list of packages; everything else stands in pyproject.toml."""

import os
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

# `wayside/` holds links to the folders at the top, so that there is one import namespace (docs/design.md). All paths
# here go through the links: in an unpacked sdist they are the folders themselves, and there are none at the top.
SOURCES = Path("wayside/ext")


class BuildExtensions(build_ext):
    """Without the paths of the machine that builds: a Python made by pyenv or conda adds its own to every library."""

    def build_extensions(self) -> None:
        """Compile and link all of them."""
        linker = getattr(self.compiler, "linker_so_cxx", None) or self.compiler.linker_so
        linker[:] = [part for part in linker if not part.startswith("-Wl,-rpath")]
        super().build_extensions()


extensions = [
    Extension(
        f"wayside.ext.{source.stem}",
        [str(source)],
        language="c++",
        # With this file among them, other flags mean other extensions.
        depends=["setup.py", *sorted(str(header) for header in SOURCES.glob("*.hpp"))],
        # No fused multiply-add that the source does not ask for: the same bytes on every machine.
        # No debug information: it is nine tenths of the size, and holds the builder's paths.
        extra_compile_args=["-std=c++17", "-O3", "-ffp-contract=off", "-g0"],
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
        "wayside.scenarios": ["*/*.toml", "*/*.sumocfg", "*/*.xml", "*/*.xml.gz"],
    },
    ext_modules=cythonize(
        extensions,
        nthreads=2,
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "freethreading_compatible": False,
        },
    ),
    cmdclass={"build_ext": BuildExtensions},
    options={"build_ext": {"parallel": os.cpu_count()}},
)
