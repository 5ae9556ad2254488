"""native_sumo.hpp rounds a battery's charge as SUMO prints it: against Python's own correctly rounded printing."""

import ctypes
import re
import subprocess
import sysconfig
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

HEADER = Path(__file__).parent.parent.parent / "ext" / "native_sumo.hpp"
WRAPPER = """#include <cmath>
{}
extern "C" double round_it(double value, double scale) {{ return as_printed(value, scale); }}
"""

Rounding = Callable[[float, float], float]


def build(folder: Path, edit: Callable[[str], str] = lambda text: text) -> Rounding:
    """The header's function as a small library of its own, with the flags that setup.py gives."""
    found = re.search(r"^inline double as_printed\(.*?^}", HEADER.read_text(), re.MULTILINE | re.DOTALL)
    assert found, "native_sumo.hpp has no as_printed any more"
    source, library = folder / "rounding.cpp", folder / "rounding.so"
    source.write_text(WRAPPER.format(edit(found[0])))
    compiler = (sysconfig.get_config_var("CXX") or "g++").split()[0]
    flags = ["-std=c++17", "-O3", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).round_it
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_double, ctypes.c_double]
    return lambda value, scale: float(function(value, scale))


@pytest.fixture(scope="module")
def as_printed(tmp_path_factory: pytest.TempPathFactory) -> Rounding:
    return build(tmp_path_factory.mktemp("rounding"))


ties = st.builds(lambda whole, eighths: whole + eighths / 8.0, st.integers(0, 10**6), st.integers(0, 7))
halves = st.builds(lambda n: (n + 0.5) / 100.0, st.integers(0, 10**8))  # next to a tie, seldom on it
charges = st.floats(0.0, 1e6, allow_subnormal=False) | ties | halves


@given(charges, st.sampled_from([0, 1, 2, 3, 6]))
@example(0.005, 2)
@example(0.125, 2)
@example(0.375, 2)
@example(2.675, 2)
@example(1.005, 2)
@example(0.5, 0)
@example(1.5, 0)
@example(999999.995, 2)
def test_as_printf_rounds(as_printed: Rounding, value: float, decimals: int) -> None:
    assert as_printed(value, 10.0**decimals) == float(f"{value:.{decimals}f}")


def test_a_planted_error_is_found(tmp_path: Path) -> None:
    without = build(tmp_path, lambda text: text.replace("residue > 0.0", "false"))
    cases = [(n + 0.5) / 100.0 for n in range(10_000)]
    assert any(without(value, 100.0) != float(f"{value:.2f}") for value in cases)
    assert any(Fraction(value) * 200 == round(Fraction(value) * 200) for value in cases)  # true ties among them
