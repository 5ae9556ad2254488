"""What all tests share. `HYPOTHESIS_PROFILE=search pytest` looks for new counterexamples; otherwise runs repeat."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

# Workers of pytest-xdist keep all cores busy; a BLAS with a thread for each core then mostly waits for its own.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("repeat", deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("search", deadline=None, max_examples=3000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))


@pytest.fixture(scope="session")
def bologna() -> Path:
    """The configuration of Bologna's acosta district, which is none of ours."""
    path = SHARED / "data" / "bologna-acosta" / "run.sumocfg"
    if not path.exists():
        pytest.skip("../shared is not there")
    return path
