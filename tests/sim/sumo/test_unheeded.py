"""What a run does not obey of a configuration: left out with a line, or refused; and nothing written elsewhere."""

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sumolib

from tests.sim.children import wayside
from tests.sim.networks import configure, netconvert
from wayside.edge.errors import ScenarioError
from wayside.sim.scenario.configuration import canonical
from wayside.sim.sumo.references import INPUT_OPTIONS, is_output_option
from wayside.sim.sumo.staging import Staged, stage
from wayside.sim.sumo.unheeded import LEFT_OUT, REFUSED


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    netconvert(folder)
    return folder


def staged(town: Path, folder: Path, options: dict[str, Any] | None = None, **said: object) -> Staged:
    return stage(configure(town, "", name="one", **said), folder / "run", options, said_in="s.toml: sumo.options")


LEFT = [
    ("remote-port", "9911", "SUMO would wait for a TraCI client"),
    ("num-clients", "2", "SUMO would wait for a TraCI client"),
    ("C", "saved.sumocfg", "SUMO would write it and end"),
    ("save-template", "/tmp/t.xml", "SUMO would write it and end"),
    ("version", "true", "SUMO would write it and end"),
    ("X", "always", "SUMO would fetch schemas over the network"),
    ("xml-validation.net", "auto", "SUMO would fetch schemas over the network"),
    ("demo", "1", "it is for SUMO's own window alone"),
    ("B", "10,20", "it is for SUMO's own window alone"),
    ("configuration-file", "other.sumocfg", "SUMO reads no configuration that another one names"),
    ("tripinfo-output", "localhost:9999", "must be a file"),
    ("fcd-output", "stdout", "must be a file"),
    ("l", "/dev/stderr", "must be a file"),
    ("summary", "-", "must be a file"),
]


@pytest.mark.parametrize(("option", "value", "why"), LEFT, ids=[option for option, *_ in LEFT])
def test_left_out_with_a_line(town: Path, tmp_path: Path, option: str, value: str, why: str) -> None:
    found = staged(town, tmp_path, **{option: value})
    (line,) = found.warnings
    assert line.startswith(f'{town / "one.sumocfg"}: {canonical(option)} = "{value}" is left out: {why}')
    assert f'<{option} value="{value}"' not in found.config.read_text()


@pytest.mark.parametrize(
    ("option", "value"),
    [("remote-port", "0"), ("help", "false"), ("xml-validation", "local"), ("num-clients", "1"), ("l", "/dev/null")],
)
def test_what_is_off_is_no_matter(town: Path, tmp_path: Path, option: str, value: str) -> None:
    assert staged(town, tmp_path, **{option: value}).warnings == ()


def test_a_group_whose_options_are_left_out_goes_with_them(town: Path, tmp_path: Path) -> None:
    """SUMO takes an empty element for an option without a value, and says so on the console."""
    file = configure(town, "", name="grouped")
    group = "<traci_server><remote-port value='9911'/></traci_server></configuration>"
    file.write_text(file.read_text().replace("</configuration>", group))
    found = stage(file, tmp_path / "run", None, said_in="s.toml: sumo.options")
    assert len(found.warnings) == 1
    assert "traci_server" not in {element.tag for element in ElementTree.parse(found.config).iter()}


def test_of_the_scenarios_own_options(town: Path, tmp_path: Path) -> None:
    (line,) = staged(town, tmp_path, {"demo": True}).warnings
    assert line.startswith('s.toml: sumo.options.demo = "true" is left out')


@pytest.mark.parametrize("option", sorted(REFUSED))
def test_refused(town: Path, tmp_path: Path, option: str) -> None:
    with pytest.raises(ScenarioError, match=rf'one\.sumocfg: {option} = "true": must be false: SUMO\'s mesoscopic'):
        staged(town, tmp_path, **{option: "true"})
    with pytest.raises(ScenarioError, match=rf'^s\.toml: sumo\.options\.{option} = "true"'):
        staged(town, tmp_path / "other", {option: True})


@pytest.mark.parametrize(
    "element",
    [
        '<e1Detector id="d" lane="in_0" pos="5" freq="50" file="{}"/>',
        '<laneAreaDetector id="d" lane="in_0" pos="5" length="9" freq="50" file="{}"/>',
        '<edgeData id="d" file="{}"/>',
        '<vTypeProbe id="d" freq="9" file="{}"/>',
        '<routeProbe id="d" edge="in" freq="9" file="{}"/>',
        '<calibrator id="d" edge="in" pos="0" freq="9" output="{}"/>',
        '<timedEvent type="SaveTLSStates" source="middle" dest="{}"/>',
        '<tlLogic id="middle" type="actuated" programID="x"><param key="file" value="{}"/></tlLogic>',
    ],
)
def test_what_is_written_by_additional_files(town: Path, tmp_path: Path, element: str) -> None:
    """Into the run's folder from wherever it was to go, and to a socket or a console not at all."""
    (town / "other").mkdir(exist_ok=True)
    for value in ("/etc/out.xml", "../../out.xml", "/dev/shm/out.xml"):
        found = stage(configure(town, "", element.format(value), name="two"), tmp_path / "files")
        text = (found.folder / "two.add.xml").read_text()
        place = ElementTree.fromstring(text)[0]
        (named,) = [node.get(a) for node in place.iter() for a in ("file", "output", "dest", "value") if node.get(a)]
        assert named is not None
        assert (found.folder / named).resolve().is_relative_to(found.folder)
        assert found.warnings == ()
        for path in [*found.links, *found.copies]:
            path.unlink()
    for value in ("localhost:9999", "stdout", "-"):
        found = stage(configure(town, "", element.format(value), name="two"), tmp_path / value)
        (line,) = found.warnings
        assert line.startswith(f"{town / 'two.add.xml'}: ")
        assert line.endswith(f'= "{value}" is left out: must be a file, to be found among the run\'s results')
        assert f'"{value}"' not in (found.folder / "two.add.xml").read_text()


def test_every_option_that_names_a_file_is_known(tmp_path: Path) -> None:
    """SUMO itself tells which these are; a new one is neither linked nor moved before somebody has looked at it."""
    template = tmp_path / "all.xml"
    subprocess.run([sumolib.checkBinary("sumo"), "--save-template", str(template)], check=True, capture_output=True)
    options = [option for section in ElementTree.parse(template).getroot() for option in section]
    files = {option.tag for option in options if option.get("type") == "FILE"}
    assert len(files) > 50
    assert {
        name for name in files if not (name in INPUT_OPTIONS or is_output_option(name) or name in LEFT_OUT)
    } == set()


def test_it_ends(town: Path) -> None:
    """The cases that waited for ever, and one that left a traceback."""
    config = configure(
        town, "", name="waits", remote_port=9911, num_clients=2, fcd_output="localhost:9911", help="true"
    )
    done = wayside("check", config)
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[2].split(" = ")[0] for line in done.stderr.splitlines() if "is left out" in line] == [
        "remote-port",
        "num-clients",
        "help",
        "fcd-output",
    ]


def test_sumos_words_name_the_users_files(town: Path) -> None:
    config = configure(town, '<trip id="a" depart="0" from="in" to="nowhere"/>', name="lost", end=5)
    done = wayside("run", config)
    assert done.returncode == 2
    assert len([line for line in done.stderr.splitlines() if "nowhere" in line]) == 1
    assert "wayside-" not in done.stderr
    late = configure(town, '<trip id="a" depart="0" from="in" to="out"/><trip id="b" depart="500" bad="', name="late")
    done = wayside("run", late)
    assert done.returncode == 2
    assert str(town / "late.rou.xml") in done.stderr
    assert "wayside-" not in done.stderr
    assert "Traceback" not in done.stderr
