"""What is cited: this version, a run, and that CITATION.cff says the same."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sim.children import wayside
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.citation import AUTHOR, RELEASED, TITLE, of_run, this_version

ROOT = Path(__file__).parents[3]
SUMMARY = {
    "wayside": "0.1.0",
    "interrupted": False,
    "scenario": "my_town",
    "seed": 7,
    "begin_s": 0.0,
    "end_s": 300.0,
    "demand": {"replication": 3},
    "versions": {"eclipse-sumo": "1.28.0", "numpy": "2.4.6"},
    "kpis": {},
}
# Of the schema of the Citation File Format 1.2.0: what must be there, what may be, and what a value looks like.
NEEDED = {"cff-version": r"1\.2\.0", "message": ".+", "title": ".+", "authors": ".+"}
ALLOWED = {
    "abstract": ".+",
    "date-released": r"\d{4}-\d{2}-\d{2}",
    "doi": r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-\.\(\)\[\]\\]+",
    "keywords": ".+",
    "license": r"Apache-2\.0",
    "references": ".+",
    "repository-code": "https://.+",
    "type": "software|dataset",
    "version": ".+",
}
REFERENCE = {"type", "title", "authors", "collection-title", "year", "start", "end", "doi"}


def wrong(said: dict[str, Any]) -> list[str]:
    """What the schema would refuse."""
    found = [name for name in NEEDED if name not in said]
    for name, value in said.items():
        form = (NEEDED | ALLOWED).get(name)
        if form is None or not re.fullmatch(form, str(value), re.DOTALL):
            found.append(name)
    for person in [*said["authors"], *(one for work in said.get("references", ()) for one in work["authors"])]:
        found += [str(person)] if not person.keys() <= {"name", "family-names", "given-names"} else []
    for work in said.get("references", ()):
        found += sorted(work.keys() - REFERENCE) + sorted({"type", "title", "authors"} - work.keys())
    return found


def test_the_citation_file_says_the_same() -> None:
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert wrong(said) == []
    assert wrong({**said, "titel": "x"}) == ["titel"]
    assert wrong({**said, "date-released": "yesterday"}) == ["date-released"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert said["version"] == project["version"] == version("wayside")
    assert said["license"] == project["license"]
    assert [one["name"] for one in said["authors"]] == [one["name"] for one in project["authors"]] == [AUTHOR]
    assert said["title"] == TITLE
    assert said["date-released"] == RELEASED[said["version"]]


def fields(bibtex: str) -> dict[str, str]:
    """Of the first entry, whose braces must close."""
    assert bibtex.count("{") == bibtex.count("}")
    return dict(re.findall(r"^  (\w+) = \{(.*)\},?$", bibtex.partition("\n\n")[0], re.MULTILINE))


def test_this_version() -> None:
    done = wayside("cite")
    assert done.returncode == 0
    assert fields(done.stdout) == {
        "author": f"{{{AUTHOR}}}",
        "title": "{wayside}: a vehicle-road collaboration edge simulator",
        "version": version("wayside"),
        "year": RELEASED[version("wayside")][:4],
    }
    assert done.stdout.count("10.1109/ITSC.2018.8569938") == 2
    assert f"{TITLE} (Version {version('wayside')}) [Computer software]." in done.stdout
    assert this_version().note == ""


def test_a_run(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY))
    found = of_run(tmp_path)
    said = "seed 7, demand replication 3, 0 to 300 s; eclipse-sumo 1.28.0, numpy 2.4.6"
    assert found.note == f'Run of the scenario "my_town": {said}'
    assert fields(found.bibtex())["note"] == rf"Run of the scenario ``my\_town'': {said}"
    assert found.apa().splitlines()[0].endswith(f"[Computer software]. {found.note}.")
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY | {"wayside": "9.9", "interrupted": True, "demand": {}}))
    other = of_run(tmp_path)
    assert other.version == "9.9"
    assert ("(n.d.)" in other.apa(), "year" in fields(other.bibtex())) == (True, False)
    assert "seed 7, 0 to 300 s, broken off" in other.note


@pytest.mark.parametrize("lost", ["scenario", "seed", "versions"])
def test_a_broken_run(lost: str, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps({name: one for name, one in SUMMARY.items() if name != lost}))
    with pytest.raises(WaysideError) as error:
        of_run(tmp_path)
    assert str(error.value) == f"{tmp_path}: its summary is broken: it has no {lost}"


def test_no_run(tmp_path: Path) -> None:
    told = wayside("cite", tmp_path)
    assert (told.returncode, told.stderr) == (
        2,
        f"wayside: {tmp_path}: is no run's directory: it has no summary.json\n",
    )
