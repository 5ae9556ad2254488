"""What all tests share. `HYPOTHESIS_PROFILE=search pytest` looks for new counterexamples; otherwise runs repeat."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from wayside.sim.scenario.registry import Entry, entries, installed

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

# Workers of pytest-xdist keep all cores busy; a BLAS with a thread for each core then mostly waits for its own.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("repeat", deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("search", deadline=None, max_examples=3000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

LONGEST = "test_wheel.py"  # builds the package; begun last, all cores but one would wait for it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first; the others in the order in which they are found."""
    items.sort(key=lambda item: item.path.name != LONGEST)


@pytest.fixture(scope="session")
def bologna() -> Path:
    """The configuration of Bologna's acosta district, which is none of ours."""
    path = SHARED / "data" / "bologna-acosta" / "run.sumocfg"
    if not path.exists():
        pytest.skip("../shared is not there")
    return path


@pytest.fixture(scope="session")
def outsider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH, with the package of tests/outsider installed in it as pip does."""
    folder = tmp_path_factory.mktemp("outsider")
    source = folder / "source"  # a build leaves things behind
    shutil.copytree(ROOT / "tests" / "outsider", source, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder / "installed")]
    subprocess.run([*pip, *offline, str(source)], check=True, capture_output=True, text=True)
    return folder / "installed"


@pytest.fixture
def everybody(outsider: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Entry]]:
    """Everything registered, by an outsider too."""
    monkeypatch.syspath_prepend(outsider)
    installed.cache_clear()
    yield list(entries())
    installed.cache_clear()
