"""A pytest plugin for `make test`: every skipped test is told, and with --skips=forbid it fails the run.

A test that needs the shared folder may skip where there is none, with a reason that has the word "shared".
"""

from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--skips", choices=("allow", "forbid"), default="allow", help="what a skipped test means")


def pytest_configure(config: pytest.Config) -> None:
    config.option.reportchars += "s"
    config.pluginmanager.register(_Skips(config.getoption("skips") == "forbid"))


class _Skips:
    def __init__(self, forbid: bool) -> None:
        self.forbid = forbid
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._note(report.nodeid, report.skipped, report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report.nodeid, report.skipped, report.longrepr)

    def _note(self, test: str, skipped: bool, why: Any) -> None:
        if not (self.forbid and skipped):
            return
        reason = str(why[2] if isinstance(why, tuple) else why)
        if "shared" not in reason or SHARED.is_dir():
            self.refused.append(test)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.write_sep("=", f"{len(self.refused)} skipped, and --skips=forbid", red=True)
            for test in self.refused:
                terminalreporter.write_line(test)
