"""SUMO's outputs, settled: two real runs leave the same bytes, and nothing but the wall clock is lost."""

import gzip
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wayside.edge.errors import OutputError
from wayside.sim.sumo import outputs
from wayside.sim.sumo.outputs import settle

OPTIONS = {
    "tripinfo-output": "trips.xml",
    "vehroute-output": "routes.xml.gz",
    "statistic-output": "statistics.xml",
    "summary-output": "summary.xml",
    "person-summary-output": "persons.csv",
    "fcd-output": "fcd.csv",
    "queue-output": "queues.parquet",
    "edgedata-output": "edges.xml",
    "log": "log.txt",
    "message-log": "messages.txt",
    "error-log": "errors.log",
    "vtk-output": "vtk",
    "save-state.times": "20",
    "device.ssm.probability": "0.2",
    "device.ssm.file": "ssm.xml",
    "device.rerouting.probability": "1",
    "device.rerouting.period": "10",
}
ROUTES = """<routes><vType id="c"/>
<flow id="f" type="c" begin="0" end="60" number="20" from="A0A1" to="C1C2"/></routes>"""


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("net") / "grid.net.xml"
    command = ["netgenerate", "--grid", "--grid.number", "3", "--default-junction-type", "traffic_light"]
    run(*command, "-o", str(path))
    return path


def run(program: str, *arguments: str, cwd: Path | None = None) -> None:
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def simulate(net: Path, folder: Path, *more: str, options: dict[str, str] = OPTIONS) -> Path:
    folder.mkdir(parents=True)
    (net.parent / "grid.rou.xml").write_text(ROUTES)
    config = folder / "run.sumocfg"
    lines = "".join(f'<{name} value="{value}"/>' for name, value in options.items())
    config.write_text(f"<configuration><net-file value='{net}'/>{lines}<end value='90'/></configuration>")
    run("sumo", "-c", str(config), "-r", str(net.parent / "grid.rou.xml"), "--no-step-log", *more)
    config.unlink()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def differing(a: Path, b: Path) -> list[str]:
    one, two = contents(a), contents(b)
    assert one.keys() == two.keys()
    return [name for name in one if one[name] != two[name]]


@pytest.mark.parametrize(
    "more", [(), ("--log.timestamps", "--log.processid", "-H"), ("--write-metadata", "--write-license")]
)
def test_two_runs_leave_the_same_bytes(net: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    first = simulate(net, tmp_path / "one", "--duration-log.statistics", *more)
    time.sleep(0.05)
    second = simulate(net, tmp_path / "longer name" / "two", "--duration-log.statistics", *more)
    assert len(differing(first, second)) >= 8  # else this test sees nothing
    for folder in (first, second):
        settled = settle(folder)
        assert settled.truncated == []
        assert {"trips.xml", "statistics.xml", "summary.xml", "persons.csv"} <= set(settled.facts)
    assert differing(first, second) == []
    before = contents(first)
    again = settle(first)
    assert contents(first) == before
    assert not again.facts
    assert not again.truncated


def test_a_planted_difference_stays(net: Path, tmp_path: Path) -> None:
    first = simulate(net, tmp_path / "one")
    second = simulate(net, tmp_path / "two", "--seed", "7")
    settle(first)
    settle(second)
    assert {"trips.xml", "fcd.csv", "routes.xml.gz", "summary.xml"} <= set(differing(first, second))


@pytest.mark.parametrize("suffix", ["xml", "xml.gz", "csv", "csv.gz", "parquet"])
def test_summary_in_every_format(net: Path, tmp_path: Path, suffix: str) -> None:
    options = {"summary-output": f"summary.{suffix}", "person-summary-output": f"persons.{suffix}"}
    first = simulate(net, tmp_path / "one", options=options)
    path = first / f"summary.{suffix}"
    before = read_table(path)
    facts = settle(first).facts
    assert "steps_ms" in facts[f"summary.{suffix}"]
    assert "steps_ms" in facts[f"persons.{suffix}"]
    after = read_table(path)
    assert after == [re.sub(r'( duration="\d*"|[;,]\d+(?=$)|[;,]step_duration)', "", line) for line in before]
    assert "duration" not in after[-1] + after[0]
    second = simulate(net, tmp_path / "two", options=options)
    settle(second)
    assert differing(first, second) == []


def read_table(path: Path) -> list[str]:
    """The lines of a table without the head of an XML file."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return [
            ";".join(table.column_names),
            *(";".join(map(str, row.values())) for row in table.to_pylist()),
        ]
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = data.decode().splitlines()
    return [line for line in lines if "<step" in line] or lines


def test_only_the_head_of_a_plain_output_goes(net: Path, tmp_path: Path) -> None:
    folder = simulate(net, tmp_path / "run", options={"tripinfo-output": "trips.xml"})
    before = (folder / "trips.xml").read_text()
    facts = settle(folder).facts
    assert (folder / "trips.xml").read_text() == re.sub(r"<!-- generated on.*?-->\s*", "", before, flags=re.DOTALL)
    assert facts == {"trips.xml": {"generated": re.search(r"generated on (\S+)", before)[1]}}  # type: ignore[index]


def test_statistics_keep_what_is_no_clock(net: Path, tmp_path: Path) -> None:
    folder = simulate(net, tmp_path / "run", options={"statistic-output": "s.xml"})
    facts = settle(folder).facts["s.xml"]
    assert '<performance begin="0.00" end="90.00" duration="90.00"/>' in (folder / "s.xml").read_text()
    assert set(facts) >= {
        "clockBegin",
        "clockDuration",
        "realTimeFactor",
        "vehicleUpdatesPerSecond",
        "generated",
    }


def test_log_keeps_its_words(net: Path, tmp_path: Path) -> None:
    options = {"log": "log.txt", "duration-log.statistics": "true"}
    folder = simulate(net, tmp_path / "run", "--seed", "5", options=options)
    facts = settle(folder).facts["log.txt"]
    text = (folder / "log.txt").read_text()
    assert "Reason: The final simulation step has been reached." in text
    assert " Inserted: 20\n" in text
    assert re.search(r"^ Duration: [\d.]+$", text, re.MULTILINE)  # of trips: simulation time
    assert "ms)" not in text
    assert "UPS" not in text
    assert str(tmp_path) not in text.replace(str(net.parent), "")
    assert {"Duration", "UPS", "Real time factor", "done_ms"} <= set(facts)


TRACI = """***Starting server on port 34463 ***
Simulation version 1.28.0 started with time: 0.00.
Reason: TraCI requested termination.
Performance:
 Duration: 0.05s
 TraCI-Duration: 0.01s
 Real time factor: 1224.49
 UPS: 7959.1
Vehicles:
 Inserted: 12
"""
LIBSUMO = """Simulation version 1.28.0 started via libsumo with time: 0.00.
Reason: Libsumo requested termination.
Performance:
 Duration: 0.04s
Vehicles:
 Inserted: 12
"""


def test_logs_of_libsumo_and_traci_are_one(tmp_path: Path) -> None:
    for i, text in enumerate((TRACI, LIBSUMO)):
        (tmp_path / f"{i}").mkdir()
        (tmp_path / f"{i}" / "log.txt").write_text(text)
        settle(tmp_path / f"{i}")
    assert differing(tmp_path / "0", tmp_path / "1") == []
    assert "Inserted: 12" in (tmp_path / "0" / "log.txt").read_text()


@pytest.mark.parametrize("name", ["trips.xml", "routes.xml.gz", "queues.parquet", "fcd.csv", "persons.csv"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.99])
def test_a_cut_file_is_told(net: Path, tmp_path: Path, name: str, share: float) -> None:
    folder = simulate(net, tmp_path / "run")
    data = (folder / name).read_bytes()
    cut = data[: int(len(data) * share)]
    (folder / name).write_bytes(cut[:-1] if cut.endswith(b"\n") else cut)
    expected = [] if share == 0 and name.endswith(".csv") else [name]
    assert settle(folder).truncated == expected


def test_large_files_are_cut_at_chunks_without_harm(net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = simulate(net, tmp_path / "one"), simulate(net, tmp_path / "two")
    settle(first)
    monkeypatch.setattr(outputs, "_CHUNK", 499)
    settle(second)
    assert differing(first, second) == []


def test_links_and_our_own_files_are_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.xml"
    theirs.write_text('<?xml version="1.0"?>\n<!-- generated on x by y -->\n<a></a>\n')
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link.xml").symlink_to(theirs)
    (folder / "summary.json").write_text('{"done (3ms)": 1}')
    before = contents(folder)
    assert settle(folder) == outputs.Settled()
    assert contents(folder) == before
    assert (folder / "link.xml").is_symlink()


def test_a_full_disk_is_one_line_and_loses_nothing(net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = simulate(net, tmp_path / "run", options={"summary-output": "summary.xml"})
    before = contents(folder)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(outputs, "_sink", full)
    with pytest.raises(OutputError) as caught:
        settle(folder)
    assert str(caught.value) == f"{folder / 'summary.xml'}: cannot be written: the disk is full"
    assert contents(folder) == before
