"""The Cython extensions and the list of packages; everything else stands in pyproject.toml."""

from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

ROOT = Path(__file__).parent
# `wayside/` holds links to the folders at the top, so that there is one import namespace (docs/design.md).
FOLDERS = ("edge", "sim", "ext", "web", "scenarios")

extensions = [
    Extension(
        f"wayside.ext.{source.stem}",
        [f"wayside/ext/{source.name}"],
        language="c++",
        depends=sorted(str(header) for header in (ROOT / "ext").glob("*.hpp")),
        # No fused multiply-add that the source does not ask for: the same bytes on every machine.
        extra_compile_args=["-std=c++17", "-O3", "-ffp-contract=off"],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        include_dirs=[numpy.get_include(), "ext"],
    )
    for source in sorted((ROOT / "ext").glob("*.pyx"))
]

packages = ["wayside"] + [
    f"wayside.{name}" for folder in FOLDERS for name in [folder, *(f"{folder}.{sub}" for sub in find_packages(folder))]
]

setup(
    packages=packages,
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
)
