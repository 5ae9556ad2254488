"""A run's working folder: SUMO behaves as ever, writes here, and touches nothing of the user's."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wayside.edge.errors import OutputError, ScenarioError
from wayside.sim.sumo.outputs import settle
from wayside.sim.sumo.staging import Staged, stage, unlink_inputs

BOLOGNA = Path(__file__).parents[3] / "../shared/data/bologna-acosta"
needs_bologna = pytest.mark.skipif(not BOLOGNA.is_dir(), reason="no shared data here")


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("net") / "grid.net.xml"
    command = ["netgenerate", "--grid", "--grid.number", "3", "--default-junction-type", "traffic_light"]
    program(*command, "-o", str(path))
    return path


def program(name: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / name), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def run(staged: Staged, cwd: Path, *more: str) -> None:
    cwd.mkdir(exist_ok=True)
    program("sumo", "-c", str(staged.config), "--no-step-log", *more, cwd=cwd)
    assert list(cwd.iterdir()) == []  # nothing beside the folder either


def read_only(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return target


@needs_bologna
def test_bologna_runs_from_a_read_only_folder(tmp_path: Path) -> None:
    source = read_only(BOLOGNA, tmp_path / "bologna")
    source.chmod(0o755)
    (source / "e1_output.xml").write_text("an older run's")  # a plain run of the user's left it
    (source / "e1_output.xml").chmod(0o444)
    source.chmod(0o555)
    before = snapshot(source)
    folder = tmp_path / "run"
    staged = stage(source / "run.sumocfg", folder)
    assert all(path.is_symlink() for path in staged.links)
    assert not (folder / "e1_output.xml").exists()
    run(staged, tmp_path / "cwd", "--end", "100")
    assert {"tripinfos.xml", "e1_output.xml", "sumo_log.txt"} <= files(folder)
    assert snapshot(source) == before
    unlink_inputs(staged)
    assert files(folder) == {"tripinfos.xml", "e1_output.xml", "sumo_log.txt"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert b"<interval" in (folder / "e1_output.xml").read_bytes()


@needs_bologna
def test_staged_writes_what_plain_sumo_writes(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(BOLOGNA, plain)
    plain.chmod(0o755)
    program("sumo", "-c", str(plain / "run.sumocfg"), "--end", "200", "--seed", "3", cwd=tmp_path)
    folder = tmp_path / "run"
    staged = stage(BOLOGNA / "run.sumocfg", folder)
    run(staged, tmp_path / "cwd", "--end", "200", "--seed", "3")
    unlink_inputs(staged)
    settle(plain)
    settle(folder)
    for name in files(folder):
        assert (folder / name).read_bytes() == (plain / name).read_bytes(), name


ADDITIONAL = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- file="not.xml" --><additional>
<include href="../common/detectors.add.xml"/>
<variableSpeedSign id="v" lanes="A0A1_0" file="signs/vss %41.xml"/>
<calibrator id="c" lane="A0A1_0" pos="0" file="calibrator.xml" output="calibrated.xml"/>
<routeProbe id="r" edge="A0A1" freq="10" file='../probes/routes.xml'/>
<edgeData id="e" file="{out}/edges>.xml" edgesFile="some.txt" note="file='x'"/>
<e1Detector id="n" lane="A1A0_0" pos="5" freq="50" file="NUL"/>
<tlLogic id="B1" type="actuated" programID="x" offset="0"><param key="file" value="tls/actuated.xml"/>
<phase duration="30" state="GGGgrrrrGGGgrrrr" minDur="5" maxDur="40"/>
<phase duration="30" state="rrrrGGGgrrrrGGGg"/></tlLogic>
<timedEvent type="SaveTLSStates" source="B1" dest="tls/states.xml"/>
<poly id="p" imgFile="no-such.png" shape="0,0 1,1 2,0" color="red"/>
</additional>
"""
CONFIG = """<configuration><input><n v=" ../net/grid.net.xml"/><r>traffic.rou.xml.gz</r></input>
<a value="{folder}/extra.add.xml"/>
<tripinfo value="{out}/trips.xml"/><summary value="../out/summary%20of.xml"/><l value="deep/er/log.txt"/>
<statistic-output value="${{NOWHERE}}statistics_${{LOCALTIME}}.xml"/><stop-output value="stdout"/>
<output-prefix value="sub/TIME_"/><save-state.times value="20"/><end value="0:01:30"/></configuration>
"""
ROUTES = """<routes><vType id="c"><param key="has.ssm.device" value="true"/></vType>
<vType id="d"><param key="has.ssm.device" value="true"/><param key="device.ssm.file" value="ssm d.xml"/></vType>
<flow id="f" type="c" begin="0" end="60" number="5" from="A0A1" to="C1C2"/>
<flow id="g" type="d" begin="0" end="60" number="5" from="A0A1" to="C1C2"/></routes>
"""


def entangled(net: Path, folder: Path) -> Path:
    """A scenario with every trap: other folders, absolute paths, gzip, includes, odd names, old outputs."""
    scenario = folder / "scenario, 50% more"
    for name in ("signs", "tls"):
        (scenario / name).mkdir(parents=True)
    for name in ("net", "common", "probes"):
        (folder / name).mkdir()
    shutil.copy(net, folder / "net" / "grid.net.xml")
    out = folder / "absolute"
    # A comma in the path would cut a list: the additional file lies where its absolute path has none.
    (folder / "extra.add.xml").write_text(ADDITIONAL.format(out=out).replace('"../common', '"common'))
    (folder / "common/detectors.add.xml").write_text(
        '<additional><e1Detector id="i" lane="A0A1_0" pos="15" freq="50" file="e1.xml"/></additional>'
    )
    (folder / "signs").mkdir()
    (folder / "signs/vss %41.xml").write_text('<vss><step time="0" speed="5"/></vss>')
    (folder / "calibrator.xml").write_text("<calibrator/>")
    (scenario / "some.txt").write_text("edge:A0A1")
    (scenario / "traffic.rou.xml.gz").write_bytes(gzip.compress(ROUTES.encode()))
    for stale in ("common/e1.xml", "summary of.xml", "calibrated.xml"):
        (folder / stale).write_text("old")
    config = scenario / "run.sumocfg"
    config.write_text(CONFIG.format(folder=folder, out=out))
    return config


def test_an_entangled_scenario(net: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    config = entangled(net, source)
    before = snapshot(source)
    folder = tmp_path / "run & 'more'"
    staged = stage(config, folder)
    run(staged, tmp_path / "cwd")
    assert snapshot(source) == before
    unlink_inputs(staged)
    assert files(folder) == {
        "common/sub/_e1.xml",
        "tls/sub/_actuated.xml",
        "tls/sub/_states.xml",
        "sub/_calibrated.xml",
        "probes/sub/_routes.xml",
        "sub/_edges>.xml",
        "sub/_trips.xml",
        "out/sub/_summary of.xml",
        "deep/er/sub/_log.txt",
        "sub/_statistics_.xml",
        "sub/_ssm.xml",
        "sub/_ssm d.xml",
        "sub/_state_20.00.xml.gz",
    }
    assert settle(folder).truncated == []
    assert all(path.is_file() for path in folder.rglob("*") if not path.is_dir())


def test_two_runs_of_it_side_by_side_are_the_same(net: Path, tmp_path: Path) -> None:
    config = entangled(net, tmp_path / "source")
    written = []
    for name in ("a", "b longer"):
        staged = stage(config, tmp_path / name)
        run(staged, tmp_path / "cwd")
        unlink_inputs(staged)
        settle(tmp_path / name)
        written.append({f: (tmp_path / name / f).read_bytes() for f in files(tmp_path / name)})
    assert written[0] == written[1]


def test_a_file_that_needs_no_change_is_a_link(net: Path, tmp_path: Path) -> None:
    staged = stage(entangled(net, tmp_path / "source"), tmp_path / "run")
    linked = {str(path.relative_to(staged.folder)) for path in staged.links}
    assert {"net/grid.net.xml", "common/detectors.add.xml", "traffic.rou.xml.gz"} <= linked
    assert {path.name for path in staged.copies} == {"extra.add.xml", "run.sumocfg"}


def test_the_world_is_not_linked(net: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for i in range(3000):
        (source / f"{i}.xml").write_text("<a/>")
    shutil.copy(net, source / "grid.net.xml")
    (source / "run.sumocfg").write_text('<configuration><net-file value="grid.net.xml"/></configuration>')
    staged = stage(source / "run.sumocfg", tmp_path / "run")
    assert files(staged.folder) == {"grid.net.xml", "run.sumocfg"}


def test_options_go_before_the_configuration(net: Path, tmp_path: Path) -> None:
    config = entangled(net, tmp_path / "source")
    options = {
        "tripinfo-output": "mine.xml",
        "additional-files": "",
        "output-prefix": "",
        "no-warnings": True,
    }
    staged = stage(config, tmp_path / "run", options, reserved={"mine.xml"})
    run(staged, tmp_path / "cwd")
    unlink_inputs(staged)
    assert "2-mine.xml" in files(staged.folder)
    assert not any(name.endswith(("trips.xml", "e1.xml")) for name in files(staged.folder))
    assert "Warning" not in (staged.folder / "deep/er/log.txt").read_text()


def test_the_same_name_read_and_written(net: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(net, source / "grid.net.xml")
    (source / "run.sumocfg").write_text(
        '<configuration><n v="grid.net.xml"/><save-state.files value="s.xml"/><save-state.times value="5"/>'
        "<e v='10'/></configuration>"
    )
    program("sumo", "-c", str(source / "run.sumocfg"))
    before = snapshot(source)
    text = (source / "run.sumocfg").read_text().replace("<e v", '<load-state v="s.xml"/><e v')
    (source / "again.sumocfg").write_text(text.replace('"5"', '"8"'))
    staged = stage(source / "again.sumocfg", tmp_path / "run")
    run(staged, tmp_path / "cwd")
    assert snapshot(source).items() >= before.items()
    unlink_inputs(staged)
    assert files(staged.folder) == {"s.xml"}


def test_a_linked_folder_leads_where_it_leads(net: Path, tmp_path: Path) -> None:
    (tmp_path / "real/scenario").mkdir(parents=True)
    shutil.copy(net, tmp_path / "real/grid.net.xml")
    (tmp_path / "real/scenario/run.sumocfg").write_text('<configuration><n v="../grid.net.xml"/></configuration>')
    (tmp_path / "linked").symlink_to(tmp_path / "real/scenario")
    staged = stage(tmp_path / "linked/run.sumocfg", tmp_path / "run")
    assert (staged.folder / "grid.net.xml").samefile(net.parent / "grid.net.xml") is False
    assert (staged.folder / "grid.net.xml").samefile(tmp_path / "real/grid.net.xml")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('<n v="no.net.xml"/>', 'run.sumocfg: net-file = "no.net.xml": no such file'),
        ('<r v="."/>', 'run.sumocfg: route-files = ".": is a directory, not a file'),
        ('<r v="a.xml, b.xml"/>', 'run.sumocfg: route-files = "b.xml": no such file'),
        ('<a v="a.xml"/>', 'a.xml: rerouter file = "r.xml": no such file'),
    ],
)
def test_a_missing_input_is_one_line(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "a.xml").write_text('<additional>\n<rerouter id="r" edges="e" file="r.xml"/></additional>')
    (tmp_path / "run.sumocfg").write_text(f"<configuration>{lines}</configuration>")
    if lines == '<r v="a.xml, b.xml"/>':
        (tmp_path / "r.xml").write_text("<rerouter/>")
    with pytest.raises(ScenarioError) as caught:
        stage(tmp_path / "run.sumocfg", tmp_path / "run")
    assert str(caught.value) == f"{tmp_path}/{message}"


def including(names: list[str]) -> str:
    return "<additional>" + "".join(f'<include href="{name}"/>' for name in names) + "</additional>"


INCLUDES = "a.xml: include href = {}: must not lead back to this file{}"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.xml": ["a.xml"]}, INCLUDES.format('"a.xml"', "")),
        ({"a.xml": ["b.xml", "./a.xml"], "b.xml": []}, INCLUDES.format('"./a.xml"', "")),
        (
            {"a.xml": ["deep/b.xml"], "deep/b.xml": ["c.xml"], "deep/c.xml": ["../a.xml"]},
            INCLUDES.format('"deep/b.xml"', " by way of {0}/deep/b.xml, {0}/deep/c.xml"),
        ),
    ],
)
@pytest.mark.parametrize("option", ["additional-files", "route-files", "net-file"])
def test_files_that_include_themselves_are_one_line(
    tmp_path: Path, option: str, files: dict[str, list[str]], message: str
) -> None:
    """SUMO itself follows such a circle until its stack ends, and takes this process with it."""
    (tmp_path / "deep").mkdir()
    for name, included in files.items():
        (tmp_path / name).write_text(
            "<additional>" + "".join(f'<include href="{n}"/>' for n in included) + "</additional>"
        )
    (tmp_path / "run.sumocfg").write_text(f'<configuration><{option} value="a.xml"/></configuration>')
    with pytest.raises(ScenarioError) as caught:
        stage(tmp_path / "run.sumocfg", tmp_path / "run")
    assert str(caught.value) == f"{tmp_path}/{message.format(tmp_path)}"


def test_included_twice_is_no_circle(tmp_path: Path) -> None:
    for name, included in {"a.xml": ["b.xml", "c.xml"], "b.xml": ["c.xml"], "c.xml": []}.items():
        (tmp_path / name).write_text(
            "<additional>" + "".join(f'<include href="{n}"/>' for n in included) + "</additional>"
        )
    (tmp_path / "run.sumocfg").write_text('<configuration><a value="a.xml"/></configuration>')
    assert {"a.xml", "b.xml", "c.xml"} <= files(stage(tmp_path / "run.sumocfg", tmp_path / "run").folder)


def test_a_broken_configuration_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "run.sumocfg").write_text("<configuration>\n  <n v=</configuration>")
    with pytest.raises(ScenarioError) as caught:
        stage(tmp_path / "run.sumocfg", tmp_path / "run")
    assert str(caught.value) == (
        f"{tmp_path}/run.sumocfg: line 2, column 8: not a SUMO configuration: not well-formed (invalid token)"
    )


def test_a_folder_that_cannot_be_written_is_one_line(net: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        stage(entangled(net, tmp_path / "source"), tmp_path / "file" / "run")
    assert str(caught.value) == f"{tmp_path}/file/run: cannot be written: a part of its path is a file"


@pytest.mark.parametrize("name", ["run%20", "one, two"])
def test_a_folder_that_sumo_would_misread_is_one_line(net: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        stage(entangled(net, tmp_path / "source"), tmp_path / name)
    expected = 'SUMO cannot work in a folder with "%" or "," in its path'
    assert str(caught.value) == f"{tmp_path / name}: {expected}"


def test_what_sumo_says_is_sumos(net: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "run.sumocfg").write_text("<configuration><foo value='3'/></configuration>")
    staged = stage(source / "run.sumocfg", tmp_path / "run")
    command = [str(Path(sys.executable).parent / "sumo"), "-c", str(staged.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    assert "No option with the name 'foo' exists." in done.stderr
