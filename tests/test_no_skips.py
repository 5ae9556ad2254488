"""The plugin of `make test` finds planted skips, in one process and in the workers of pytest-xdist."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_house import ROOT

PASSES = "def test_passes():\n    pass\n"
# What a file has besides a test that passes, and whether it is a skip.
FILES = {
    "by_call": ("import pytest\ndef test_planted():\n    pytest.skip('no moon')\n", True),
    "by_mark": ("import pytest\n@pytest.mark.skip('no moon')\ndef test_planted():\n    pass\n", True),
    "by_module": ("import pytest\npytest.skip('no moon', allow_module_level=True)\n", True),
    "by_nothing": ("", False),
    "by_expectation": ("import pytest\n@pytest.mark.xfail\ndef test_planted():\n    assert False\n", False),
}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin on a folder of its own."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    # Without what the pytest around this one has said and was told.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.no_skips", *options],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def plant(folder: Path) -> list[str]:
    """Write the files; the names of those that have a skip."""
    for name, (text, _) in FILES.items():
        (folder / f"test_{name}.py").write_text(text + PASSES)
    return sorted(f"test_{name}.py" for name, (_, skip) in FILES.items() if skip)


@pytest.mark.parametrize("workers", [(), ("-n", "2", "--dist", "loadfile")], ids=["one process", "workers"])
def test_planted_skips_are_forbidden(tmp_path: Path, workers: tuple[str, ...]) -> None:
    planted = plant(tmp_path)
    done = run(tmp_path, *workers, "--skips=forbid")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    told = done.stdout.partition("3 skipped, and --skips=forbid")[2].splitlines()[1:4]
    assert sorted(line.partition("::")[0] for line in told) == planted


def test_planted_skips_are_told(tmp_path: Path) -> None:
    plant(tmp_path)
    done = run(tmp_path)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert done.stdout.count("no moon") == 3


def test_without_skips(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PASSES)
    done = run(tmp_path, "--skips=forbid")
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
