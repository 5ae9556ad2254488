"""How wayside, or a run of it, is cited: BibTeX, and a line as the American Psychological Association has it.

`CITATION.cff` says the same of this version; a test holds them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from wayside.edge.errors import OutputError
from wayside.sim.disk.rundir import INTERRUPTED_KEY, RUN_KEY
from wayside.sim.experiments.rerun import read_summary
from wayside.sim.results.origin import ORIGIN, Origin

AUTHOR = "The wayside founders"
TITLE = "wayside: a vehicle-road collaboration edge simulator"
RELEASED = {"0.1.0": "2026-11-29"}  # when a version was
SUMO_BIBTEX = """@inproceedings{sumo2018,
  author = {Alvarez Lopez, Pablo and Behrisch, Michael and Bieker-Walz, Laura and Erdmann, Jakob and
    Fl{\\"o}tter{\\"o}d, Yun-Pang and Hilbrich, Robert and L{\\"u}cken, Leonhard and Rummel, Johannes and
    Wagner, Peter and Wie{\\ss}ner, Evamarie},
  title = {Microscopic Traffic Simulation using {SUMO}},
  booktitle = {21st {IEEE} International Conference on Intelligent Transportation Systems ({ITSC})},
  year = {2018},
  pages = {2575--2582},
  doi = {10.1109/ITSC.2018.8569938}
}"""
SUMO_APA = (
    "Alvarez Lopez, P., Behrisch, M., Bieker-Walz, L., Erdmann, J., Flötteröd, Y.-P., Hilbrich, R., Lücken, L., "
    "Rummel, J., Wagner, P., & Wießner, E. (2018). Microscopic traffic simulation using SUMO. In 21st IEEE "
    "International Conference on Intelligent Transportation Systems (ITSC) (pp. 2575-2582). "
    "https://doi.org/10.1109/ITSC.2018.8569938"
)


@dataclass(frozen=True)
class Citation:
    """Of a version, or of a run of one."""

    version: str
    note: str = ""  # which run

    @property
    def year(self) -> str:
        """When the version came out; empty where this one does not know."""
        return RELEASED.get(self.version, "")[:4]

    def bibtex(self) -> str:
        """An entry, and SUMO's."""
        fields = {
            "author": f"{{{AUTHOR}}}",  # a name that is not to be taken apart
            "title": re.sub(r"^wayside", "{wayside}", TITLE),
            "version": self.version,
            "year": self.year,
            "note": _tex(self.note),
        }
        said = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        return f"@software{{wayside-{self.version},\n{said}\n}}\n\n{SUMO_BIBTEX}"

    def apa(self) -> str:
        """A line for the list of references, and SUMO's."""
        note = f" {self.note}." if self.note else ""
        ours = f"{AUTHOR}. ({self.year or 'n.d.'}). {TITLE} (Version {self.version}) [Computer software].{note}"
        return f"{ours}\n\n{SUMO_APA}"


def this_version() -> Citation:
    """Of wayside itself."""
    return Citation(version("wayside"))


def of_run(folder: Path) -> Citation:
    """Of a run, from its directory: scenario, seed, demand, times, versions, and where wayside's code stood.

    OutputError, one line, for a directory that is none or is broken.
    """
    summary = read_summary(folder)
    names = {"scenario": str, "seed": int, "begin_s": (int, float), "end_s": (int, float), "versions": dict}
    if wrong := [name for name, kind in names.items() if not isinstance(summary.get(name), kind)]:  # type: ignore[arg-type]
        raise OutputError(f"{folder}: its summary is broken: it has no {wrong[0]}")
    pieces = [f"seed {summary['seed']}"]
    if (demand := summary.get("demand")) and demand.get("replication") is not None:
        pieces.append(f"demand replication {demand['replication']}")
    broken = ", broken off" if summary[INTERRUPTED_KEY] else ""
    pieces.append(f"{summary['begin_s']:g} to {summary['end_s']:g} s{broken}")
    versions = dict(summary["versions"])
    if (folder / ORIGIN).exists():
        origin = Origin.read(folder)
        versions |= {name: one for name, one in origin.versions.items() if name != "wayside"}
        if (state := origin.git.get("wayside")) is not None:
            pieces.append(f"wayside's commit {state.commit[:12]}{' with changes' if state.changed else ''}")
    said = ", ".join(f"{name} {one}" for name, one in versions.items())
    return Citation(str(summary[RUN_KEY]), f'Run of the scenario "{summary["scenario"]}": {", ".join(pieces)}; {said}')


def _tex(text: str) -> str:
    """A text with what TeX takes for its own made plain."""
    quoted = re.sub(r'"([^"]*)"', r"``\1''", text)
    return re.sub(r"([&%$#_{}])", r"\\\1", quoted)
