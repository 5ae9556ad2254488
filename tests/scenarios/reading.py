"""Reads a committed scenario back, independently of the code that wrote it."""

import gzip
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import sumolib

from wayside import scenarios

ROOT = Path(scenarios.__file__).parent


def text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()


def tree(path: Path) -> ET.Element:
    return ET.fromstring(text(path))


def params(item: ET.Element) -> dict[str, str]:
    return {p.get("key", ""): p.get("value", "") for p in item.findall("param")}


def bays(area: ET.Element) -> int:
    return int(area.get("roadsideCapacity", "0")) + len(area.findall("space"))


def points(shape: str) -> list[tuple[float, float]]:
    pairs = (point.split(",") for point in shape.split())
    return [(float(pair[0]), float(pair[1])) for pair in pairs]


def charging_areas(add: ET.Element) -> set[str]:
    return {station.get("parkingArea", "") for station in add.iter("chargingStation")}


def run(name: str, folder: Path, end: int, step: float) -> tuple[ET.Element, str]:
    """Plain SUMO on a copy of the scenario: its statistics and what it complained about."""
    here = folder / name
    shutil.copytree(ROOT / name, here, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    options = ["--end", str(end), "--step-length", str(step), "--statistic-output", str(here / "stats.xml")]
    command = [sumolib.checkBinary("sumo"), "-c", str(here / f"{name}.sumocfg"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    complaints = "\n".join(line for line in done.stderr.splitlines() if "proj.db" not in line)
    return ET.parse(here / "stats.xml").getroot(), complaints


def count(stats: ET.Element, tag: str, key: str) -> int:
    found = stats.find(tag)
    assert found is not None
    return int(found.get(key, "-1"))
