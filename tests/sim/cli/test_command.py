"""The command: bad input is one clear line and exit status 2; good input ends in a short table."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sim.children import hashes, run, wayside, words
from wayside import Scenario
from wayside.sim.cli.command import main
from wayside.sim.scenario.loading import BUILTIN

Told = Callable[..., str]


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the crossing that tests may damage copies of."""
    folder = tmp_path_factory.mktemp("crossing")
    for path in (BUILTIN / "crossing").glob("crossing.*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def here(crossing: Path, tmp_path: Path) -> Path:
    """A working directory with a copy of the crossing."""
    return Path(shutil.copytree(crossing, tmp_path / "here"))


def the_line(status: object, stdout: str, stderr: str) -> str:
    """What is said of a user's mistake: one line, nothing else, and status 2."""
    lines = [line for line in words(stderr) if "proj.db" not in line]
    assert status == 2, stderr
    assert "Traceback" not in stderr
    assert len(lines) == 1, stderr
    assert stdout == ""
    assert lines[0].startswith("wayside: ")
    return lines[0].removeprefix("wayside: ")


@pytest.fixture
def told(here: Path) -> Told:
    """What the command says of a mistake."""

    def tell(*arguments: object) -> str:
        done = wayside(*arguments, cwd=here)
        return the_line(done.returncode, done.stdout, done.stderr)

    return tell


@pytest.fixture
def told_at_once(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """The same in this process, for mistakes that are found before SUMO starts."""

    def tell(*arguments: object) -> str:
        monkeypatch.chdir(here)
        monkeypatch.setattr("sys.argv", ["wayside", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return the_line(left.value.code, out, err)

    return tell


def edit(config: Path, name: str, **changes: str) -> Path:
    text = config.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = config.with_name(name)
    path.write_text(text)
    return path


def scenario(here: Path, text: str) -> str:
    (here / "mine.toml").write_text(f'[sumo]\nconfig = "crossing.sumocfg"\n{text}\n')
    return "mine.toml"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], r"nosuch: no such scenario; built in are crossing, lingang, school"),
        (["crosing"], r'crosing: no such scenario; did you mean "crossing"\?'),
        (["gone.toml"], r"gone\.toml: no such file"),
        (["crossing", "--backend", "nativ"], r"--backend = 'nativ': must be one of native, libsumo, traci"),
        (["crossing", "--set", "nonsense"], r'--set "nonsense": must be section\.key=value'),
        (["crossing", "--set", "nonsense=3"], r"nonsense: no such section; known are scenario, sumo"),
        (["crossing", "--set", "scenario.ennd=3"], r'scenario\.ennd: no such field; did you mean "end"\?'),
        (["crossing", "--set", "v2x.penetration=2"], r"v2x\.penetration = 2: must be between 0 and 1"),
        (["crossing", "--set", "v2x.penetration=half"], r'v2x\.penetration = "half": must be a number'),
        (["crossing", "--set", "sumo.step_length=0.03"], r"sumo\.step_length = 0\.03: must be a multiple or a divisor"),
        (["crossing", "--set", "parking.policy=neerest"], r"policy = 'neerest': must be one of .*nearest.*did you"),
        (["crossing", "--set", "charging.power=equol"], r"charging\.power = 'equol': must be one of .*equal"),
        (["crossing", "--set", "v2x.radio=ideel"], r"v2x\.radio = 'ideel': must be one of .*ideal"),
        (["crossing", "--set", 'rsu.0.apps=["signls"]'], r"rsu\[0\]\.apps\[0\] = 'signls': must be one of .*signals"),
        (["crossing", "--set", 'rsu.0.apps=["no.such:App"]'], r"apps\[0\] = 'no\.such:App': cannot import no\.such"),
        (["crossing", "--set", 'rsu.0.apps=["math:pi"]'], r"rsu\[0\]\.apps\[0\] = 'math:pi': must be a class"),
        (["crossing", "--until", "0"], r"scenario\.end = 0(\.0)?: must be above 0"),
        (["crossing", "--until", "-5"], r"scenario\.end = -5(\.0)?: must be above 0"),
        (["crossing", "--until", "nan"], r"scenario\.end = nan: must be a finite number"),
        (["crossing", "--seed", "-1"], r"scenario\.seed = -1: must be between 0 and"),
        (["crossing", "--out", "/dev/null/x"], r"/dev/null/x: cannot be written"),
    ],
)  # fmt: skip
def test_bad_arguments(told_at_once: Told, arguments: list[str], said: str) -> None:
    assert re.search(said, told_at_once("run", *arguments))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[v2x", r"mine\.toml: line 3, column \d: expected '\]'"),
        ("[v2x]\npenetraton = 0.5", r'mine\.toml: v2x\.penetraton: no such field; did you mean "penetration"\?'),
        ("[v2x]\npenetration = '1'", r'mine\.toml: v2x\.penetration = "1": must be a number'),
        ("[v2x]\nrange = 0", r"mine\.toml: v2x\.range = 0: must be above 0"),
        ("[scenario]\nend = 5\nseed = 1.5", r"mine\.toml: scenario\.seed = 1\.5: must be a whole number"),
    ],
)
def test_bad_scenarios(here: Path, told_at_once: Told, text: str, said: str) -> None:
    assert re.search(said, told_at_once("run", scenario(here, text)))
    assert re.search(said, told_at_once("check", "mine.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[rsu]]\nat = { junctions = ['crosing'] }",
            r"mine\.toml: rsu\[0\]\.at\.junctions = 'crosing': no such junction .*did you mean 'crossing'",
        ),
        (
            "[[rsu]]\n[[rsu]]\nat = { edges = ['nowhere'] }",
            r"mine\.toml: rsu\[1\]\.at\.edges = 'nowhere': no such edge in the network",
        ),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_units_nowhere(here: Path, told: Told, command: str, text: str, said: str) -> None:
    assert re.search(said, told(command, scenario(here, text)))


def test_a_missing_file_of_sumos(here: Path, told_at_once: Told) -> None:
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{"crossing.net.xml.gz": "gone.net.xml"})
    assert told_at_once("run", config.name).endswith('a.sumocfg: net-file = "gone.net.xml": no such file')


def test_until_before_the_begin(here: Path, told_at_once: Told) -> None:
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{'<begin value="0"/>': '<begin value="500"/>'})
    assert "must be after the configuration's begin, 500 s" in told_at_once("run", config.name, "--until", 500)


@pytest.mark.parametrize("backend", ["native", "traci"])
def test_sumos_own_words(here: Path, told: Told, backend: str) -> None:
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{"<time>": '<time><flubber value="3"/>'})
    assert "No option with the name 'flubber' exists" in told("run", config.name, "--backend", backend)


@pytest.mark.parametrize("backend", ["native", "traci"])
def test_a_car_park_on_an_unknown_lane(here: Path, told: Told, backend: str) -> None:
    (here / "p.add.xml").write_text('<additional><parkingArea id="pa" lane="nowhere_0"/></additional>')
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{"crossing.add.xml.gz": "p.add.xml"})
    said = told("run", config.name, "--backend", backend)
    assert "nowhere_0" in said
    assert "'pa'" in said


def test_routes_that_break_off(here: Path, told: Told) -> None:
    """SUMO reads routes as it goes: it stops in the middle of the run."""
    routes = gzip.decompress((here / "crossing.rou.xml.gz").read_bytes())
    (here / "cut.rou.xml").write_bytes(routes[: len(routes) // 12])
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{"crossing.rou.xml.gz": "cut.rou.xml"})
    assert re.search(r"SUMO .*cut\.rou\.xml", told("run", config.name, "--out", "run"))
    summary = json.loads((here / "run" / "summary.json").read_text())
    assert summary["interrupted"] is True
    assert "cut.rou.xml" in summary["reason"]


def test_a_net_that_is_none(here: Path, told: Told) -> None:
    (here / "bad.net.xml").write_text("<net>")
    config = edit(here / "crossing.sumocfg", "a.sumocfg", **{"crossing.net.xml.gz": "bad.net.xml"})
    assert "bad.net.xml" in told("run", config.name)


def test_a_directory_that_holds_a_run(here: Path, told: Told) -> None:
    out = run("crossing", here / "run", "--until", 10)
    before = hashes(out)
    said = told("run", "crossing", "--until", 10, "--out", "run")
    assert said == "run: holds a finished run; name another directory, or replace it with --force"
    assert hashes(out) == before
    run("crossing", out, "--until", 20, "--force")
    assert json.loads((out / "summary.json").read_text())["end_s"] == 20
    (here / "other").mkdir()
    (here / "other" / "thesis.tex").touch()
    assert "is not replaced" in told("run", "crossing", "--until", 10, "--out", "other", "--force")


def test_the_table_at_the_end(here: Path) -> None:
    done = wayside("run", "crossing", "--until", 120, cwd=here)
    assert done.returncode == 0
    assert re.search(r"^crossing, radio ideal, seed 1: 120 s simulated in [\d.]+ s$", done.stdout, re.MULTILINE)
    for row in (r"vehicles +departed +\d+", r"messages +sent +[\d,]+", r"parking +searches +\d+"):
        assert re.search(row, done.stdout)
    assert {path.name for path in here.iterdir()} == {path.name for path in (BUILTIN / "crossing").glob("crossing.*")}


def test_check_and_scenarios(here: Path) -> None:
    done = wayside("check", "crossing", cwd=here)
    assert done.returncode == 0
    assert re.fullmatch(
        r"crossing: \d+ edges, 1 traffic light, 1 roadside unit, 2 car parks with 18 bays, "
        r"1 charging site with 4 piles\n",
        done.stdout,
    )
    listed = wayside("scenarios", cwd=here).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["crossing", "lingang", "school"]
    schema = json.loads(wayside("check", "--schema", cwd=here).stdout)
    assert {"scenario", "sumo", "v2x", "rsu"} <= schema["properties"].keys()


@pytest.mark.parametrize("arguments", [["run"], ["run", "crossing", "--until", "x"], ["frobnicate"]])
def test_a_command_line_that_is_none(here: Path, arguments: list[str]) -> None:
    done = wayside(*arguments, cwd=here)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run crossing --until -5", "--until: scenario.end = -5.0: must be above 0 and at most 1000000000"),
        ("run crossing --seed -1", "--seed: scenario.seed = -1: must be between 0 and 2147483647"),
        ("run crossing --set v2x.penetration=3", "--set: v2x.penetration = 3: must be between 0 and 1"),
        (
            "run crossing --set parking.policy=nearst",
            "--set: parking.policy = 'nearst': must be one of announce, batch, ",
        ),
        ("run crossing --set rsu[0].apps=['nope']", "--set: rsu[0].apps[0] = 'nope': must be one of "),
        ("run crossing --set rsu.0.aps=['nope']", '--set: rsu[0].aps: no such field; did you mean "apps"?'),
        (
            "check crossing --set charging.request_below=0.95",
            "scenario.toml: charging.target = 0.8: must be greater than charging.request_below (0.95) "
            "(charging.request_below is set by --set)",
        ),
        ("compare crossing --vary v2x.penetration=0,3 --out x", "--vary: v2x.penetration = 3: must be between"),
        ("compare crossing --vary v2x.penetration=0,1 --until -1 --out x", "--until: scenario.end = -1.0: must be"),
        ("compare study.toml --out x", "study.toml: scenario.end = -3: must be above 0"),
        ("compare study.toml --until 5 --set v2x.range=-1 --out x", "--set: v2x.range = -1: must be"),
        ("sweep crossing --over v2x.penetration=0:3 --out x", "--over: v2x.penetration = 3.0: must be between 0 and"),
        (
            "tune crossing --over parking.policy=nearest,nearst --figure a.b --out x",
            "--over: parking.policy = 'nearst'",
        ),
    ],
)
def test_a_mistake_is_told_of_the_flag_that_makes_it(told_at_once: Told, here: Path, command: str, said: str) -> None:
    (here / "study.toml").write_text('scenario = "crossing"\nset.scenario.end = -3\nvary.v2x.penetration = [0, 1]\n')
    line = told_at_once(*command.split())
    assert line.endswith(said) if "is set by" in said else line.startswith(said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run", "run: SCENARIO: missing"),
        ("run crossing --until x", 'run: --until = "x": must be a number'),
        ("run crossing --until=x", 'run: --until = "x": must be a number'),
        ("run crossing --seed 1.5", 'run: --seed = "1.5": must be a whole number'),
        ("run crossing --untl 3", 'run: --untl: no such option; did you mean "--until"?'),
        ("run crossing --until", "--until: a value must follow"),
        ("run crossing lingang", "run: lingang: one argument too many"),
        ("compare crossing --jobs two", 'compare: --jobs = "two": must be a whole number'),
        ("decode ff --count 0", 'decode: --count = "0": must be at least 1'),
        ("swep crossing", 'swep: no such command; did you mean "sweep"?'),
        ("qqq", "qqq: no such command; --help lists them"),
    ],
)
def test_a_command_that_is_used_wrongly_is_told_in_one_line(told_at_once: Told, command: str, said: str) -> None:
    assert told_at_once(*command.split()) == said


def test_without_a_command_there_is_help() -> None:
    done = wayside()
    assert done.returncode == 2
    assert "Usage: wayside " in done.stdout + done.stderr
    assert wayside("--help").returncode == 0


def test_a_built_in_scenario_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is the same scenario; nothing is replaced."""
    done = wayside("scenarios", "--copy", "crossing", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(path.name for path in tmp_path.iterdir())
    assert "crossing.toml" in done.stdout
    copy, built_in = Scenario.load(tmp_path / "crossing.toml"), Scenario.load("crossing")
    assert copy.replace("sumo.config", built_in.sumo.config) == built_in
    for path in tmp_path.glob("crossing.*.gz"):
        assert path.read_bytes() == (BUILTIN / "crossing" / path.name).read_bytes()
    for name, said in (("crossing", "is there already; it is not replaced"), ("crosing", 'did you mean "crossing"?')):
        done = wayside("scenarios", "--copy", name, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_table_that_names_nothing(told_at_once: Told) -> None:
    said = told_at_once("check", "crossing", "--set", "parking.policy={ us = 'nearest' }")
    assert said.endswith('must name code by "use": did you mean that by "us"?')


def test_nobody_is_heard_where_nobody_has_a_unit() -> None:
    heard = ("--set", "signals.control=greedy", "--set", "signals.detection=heard")
    told = wayside("run", "crossing", "--until", 2, *heard, "--set", "v2x.penetration=0").stderr
    assert "with v2x.penetration = 0 no vehicle is heard" in told
    assert "no vehicle is heard" not in wayside("run", "crossing", "--until", 2, *heard).stderr
