"""What tests share: a central system in another process, for as long as they need it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[3] / "scenarios" / "examples"


class Running:
    """One that runs; what it was told is there once it has ended."""

    def __init__(self, process: subprocess.Popen[str], out: Path) -> None:
        assert process.stdout is not None
        self.process, self.out = process, out
        said = process.stdout.readline()
        assert said.startswith("listening at "), process.communicate()[1]
        self.url = said.removeprefix("listening at ").strip()
        self.charges: dict[str, dict[str, Any]] = {}  # by transaction
        self.answers: list[Any] = []
        self.connections = 0

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            said, error = self.process.communicate(timeout=60)
            assert self.process.returncode == 0, error
            self.connections = int(said.split()[0])
            self.charges = json.loads(self.out.read_text())
            self.answers = json.loads(self.out.with_suffix(".answers").read_text())


@contextlib.contextmanager
def central_system(out: Path, **task: Any) -> Iterator[Running]:
    """One that behaves as `Task` has it."""
    command = [sys.executable, str(Path(__file__).with_name("system.py")), json.dumps(task), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES)}  # as by itself: nothing of wayside's takes part
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        running = Running(process, out)
        try:
            yield running
        finally:
            running.end()
