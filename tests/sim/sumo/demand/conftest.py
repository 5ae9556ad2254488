"""What the tests of demand share."""

import subprocess
from pathlib import Path

import pytest

from tests.sim.sumo.demand.town import BIN, Town


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("net") / "grid.net.xml"
    command = [
        str(BIN / "netgenerate"),
        "--grid",
        "--grid.number",
        "3",
        "--sidewalks.guess",
        "--sidewalks.guess.max-speed",
    ]
    subprocess.run([*command, "20", "-o", str(path)], check=True, capture_output=True)
    return path


@pytest.fixture
def town(tmp_path: Path, net: Path) -> Town:
    return Town(tmp_path, net)
