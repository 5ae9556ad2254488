"""How a run is broken off: at the next step, and what is said where that does not come."""

import os
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest

from wayside.sim.cli import driving

SAID = "the run ends with this step; once more breaks it off\n"


@pytest.mark.parametrize(("stuck", "said"), [(0.5, SAID), (0.0, "")])
def test_who_asks_a_stuck_run_to_end_is_told(
    stuck: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(driving, "PATIENCE", 0.1)
    simulation: Any = SimpleNamespace(interrupted=False)
    before = signal.getsignal(signal.SIGINT)
    with driving.between_steps(simulation):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(stuck)
    time.sleep(0.2)
    assert simulation.interrupted
    assert capsys.readouterr().err == said
    assert signal.getsignal(signal.SIGINT) == before
