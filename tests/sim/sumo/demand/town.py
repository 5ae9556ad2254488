"""A folder with a SUMO configuration of files that a test writes, and what SUMO itself makes of it."""

import gzip
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from wayside.sim.scenario.demand import Demand
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.staging import Staged, stage

BIN = Path(sys.executable).parent


class Town:
    """A folder with a configuration of the files that a test writes."""

    def __init__(self, folder: Path, net: Path) -> None:
        self.folder = folder / "town"
        self.folder.mkdir()
        self.net = net
        self.runs = 0

    def write(self, name: str, content: str, root: str = "routes") -> Path:
        text = f"<{root}>\n{content}\n</{root}>\n" if not content.startswith("<?xml") else content
        path = self.folder / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    def stage(
        self, routes: Sequence[str] = ("a.rou.xml",), additional: Sequence[str] = (), more: str = "", **demand: object
    ) -> Staged:
        options = f'<route-files value="{",".join(routes)}"/>' if routes else ""
        options += f'<additional-files value="{",".join(additional)}"/>' if additional else ""
        config = self.folder / "run.sumocfg"
        config.write_text(f'<configuration><net-file value="{self.net}"/>{options}{more}</configuration>')
        self.runs += 1
        where = self.folder.parent / f"run{self.runs}"
        return stage(config, where, draws=Draws(Demand.model_validate(demand), "s.toml: demand"))


def written(staged: Staged, name: str = "a.rou.xml") -> ET.Element:
    data = (staged.folder / name).read_bytes()
    return ET.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def ids(root: ET.Element, *tags: str) -> list[str]:
    return [element.attrib["id"] for element in root if not tags or element.tag in tags]


class Loaded:
    """What SUMO itself makes of a staged configuration."""

    def __init__(self, staged: Staged, *more: str) -> None:
        trips = staged.folder / "judge.trips.xml"
        options = ["--no-step-log", "--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished", *more]
        options += ["--tripinfo-output.write-undeparted", "--statistic-output", str(staged.folder / "judge.stat.xml")]
        command = [str(BIN / "sumo"), "-c", str(staged.config), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.said = done.stderr
        self.staged = staged
        assert done.returncode == 0, done.stderr
        statistics = ET.parse(staged.folder / "judge.stat.xml").getroot()
        self.vehicles = int(statistics.find("vehicles").attrib["loaded"])  # type: ignore[union-attr]
        self.persons = int(statistics.find("persons").attrib["loaded"])  # type: ignore[union-attr]
        self.trips = {trip.attrib["id"]: trip.attrib for trip in ET.parse(trips).getroot() if trip.tag == "tripinfo"}
