"""Scenarios: read, checked, changed and written; every mistake is told in one line."""

import gzip
import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario, clock, loading, resolved, to_toml
from wayside.sim.scenario.charging import ChargingSite
from wayside.sim.scenario.loading import ALLOWED, builtin_scenarios, load, parse_override
from wayside.sim.scenario.sections import V2X, Edges, Junctions, Positions

PLACES = (
    'must be "traffic-lights", "car-parks", "charging-stations", [x, y], { junctions = [...] }, '
    "{ positions = [...] } or { edges = [...], spacing = 300.0 }"
)
STEP = "must be a multiple or a divisor of 0.1 s, in whole milliseconds"
NAMES = "must be letters, digits, spaces and . _ + -, beginning with a letter or digit"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a configuration `a.sumocfg` and a scenario `a.toml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sumocfg").write_text("<configuration><begin value='0:10:00'/></configuration>")
    (tmp_path / "a.toml").write_text('[sumo]\nconfig = "a.sumocfg"\n')
    return tmp_path


def message(what: str | Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(what)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def of_toml(text: str | bytes) -> str:
    """What is said of a file `b.toml` with this text."""
    Path("b.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return message("b.toml")


def test_defaults(folder: Path) -> None:
    scenario = Scenario.load("a.toml")
    assert (scenario.name, scenario.end, scenario.seed, scenario.pipeline) == ("a", None, None, "lockstep")
    assert scenario.sumo.config == folder / "a.sumocfg"
    assert scenario.rsu[0].at == "traffic-lights"
    assert scenario.rsu[0].apps == ("signals", "parking", "charging")
    assert scenario.source == Path("a.toml")
    assert scenario == load(folder / "a.sumocfg") == load("./a.sumocfg")
    assert len({scenario, load("a.sumocfg")}) == 1


def test_every_way_to_place_units(folder: Path) -> None:
    text = """[sumo]
config = "a.sumocfg"
[[rsu]]
at = [1, 2.5]
[[rsu]]
at = { positions = [[0, 0], [10.0, -3]] }
name = "gate"
[[rsu]]
at = { junctions = ["J1"] }
apps = ["module.of:Class"]
[[rsu]]
at = { edges = ["E1"], spacing = 100 }
[[rsu]]
at = { edges = ["E1", "E2"] }
"""
    (folder / "b.toml").write_text("\ufeff" + text.replace("\n", "\r\n"))
    assert [unit.at for unit in load("b.toml").rsu] == [
        Positions(positions=((1, 2.5),)),
        Positions(positions=((0, 0), (10, -3))),
        Junctions(junctions=("J1",)),
        Edges(edges=("E1",), spacing=100),
        Edges(edges=("E1", "E2"), spacing=300),
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("v2x.penetration", 1.7, "v2x.penetration = 1.7: must be between 0 and 1"),
        ("v2x.penetration", "all", 'v2x.penetration = "all": must be a number'),
        ("v2x.penetration", True, "v2x.penetration = true: must be a number"),
        ("v2x.penetration", math.nan, "v2x.penetration = nan: must be a finite number"),
        ("v2x.penetraton", 1, 'v2x.penetraton: no such field; did you mean "penetration"?'),
        ("v2x.x", 1, f"v2x.x: no such field; known are {', '.join(V2X.model_fields)}"),
        ("v2x", 3, "v2x = 3: must be a table"),
        ("v2x.range", 0, "v2x.range = 0: must be above 0 and at most 100000"),
        ("v2x.range", -math.inf, "v2x.range = -inf: must be a finite number"),
        ("v2x.radio", "a b", 'v2x.radio = "a b": must be a name or module:Class'),
        ("v2xx.range", 1, 'v2xx: no such section; did you mean "v2x"?'),
        ("air.threshold", -130, "air.threshold = -130: must be between -128 and 0"),
        ("air.threshold", 2, "air.threshold = 2: must be between -128 and 0"),
        ("scenario.seed", -1, "scenario.seed = -1: must be between 0 and 2147483647"),
        ("scenario.seed", 2**31, "scenario.seed = 2147483648: must be between 0 and 2147483647"),
        ("scenario.seed", 1.5, "scenario.seed = 1.5: must be a whole number"),
        ("scenario.end", "1:00:00", 'scenario.end = "1:00:00": must be a number'),
        ("scenario.clock", "25:00", 'scenario.clock = "25:00": must be a time of day, "00:00" to "24:00"'),
        ("scenario.end", 0, "scenario.end = 0: must be above 0 and at most 1000000000"),
        ("scenario.pipeline", "fast", 'scenario.pipeline = "fast": must be "lockstep" or "overlapped"'),
        ("scenario.name", "a/b", f'scenario.name = "a/b": {NAMES}'),
        ("scenario.name", "", f'scenario.name = "": {NAMES}'),
        ("scenario.name", 5, "scenario.name = 5: must be a string"),
        ("scenario.title", "a\nb", 'scenario.title = "a\\nb": must be one line of printable text'),
        ("sumo.config", "gone", 'sumo.config = "gone": no such file ({folder}/gone)'),
        ("sumo.config", ".", 'sumo.config = ".": is a directory, not a file ({folder})'),
        ("sumo.config", 3, "sumo.config = 3: must be the path of a SUMO configuration"),
        ("sumo.config", "/dev/null", 'sumo.config = "/dev/null": is not a regular file'),
        ("sumo.step_length", 11, "sumo.step_length = 11: must be above 0 and at most 10"),
        ("scenario.name", "a\n", f'scenario.name = "a\\n": {NAMES}'),
        (
            "sumo.step_length",
            0.03,
            f"sumo.step_length = 0.03: {STEP}",
        ),
        ("sumo.step_length", 0.0125, "sumo.step_length = 0.0125: must be whole milliseconds"),
        ("sumo.options.seed", 1, "sumo.options.seed: wayside sets this itself: say it as scenario.seed"),
        ("sumo.options.e", 1, "sumo.options.e: wayside sets this itself: say it as scenario.end"),
        ("sumo.options.remote-port", 1, "sumo.options.remote-port: wayside sets this itself"),
        (
            "sumo.options.--x",
            1,
            "sumo.options.--x: must be the name of a SUMO option, without dashes before it",
        ),
        ("sumo.options.x", [1], "sumo.options.x = [1]: must be a string, a number, true or false"),
        ("sumo.options.x", math.inf, "sumo.options.x = inf: must be a finite number"),
        ("rsu.0.at", "lights", f'rsu[0].at = "lights": {PLACES}'),
        ("rsu[0].at", {"junction": ["J"]}, f'rsu[0].at = {{"junction": ["J"]}}: {PLACES}'),
        ("rsu.0.at", {"junctions": []}, "rsu[0].at.junctions = []: must not be empty"),
        ("rsu.0.at", {"junctions": [""]}, 'rsu[0].at.junctions[0] = "": must not be empty'),
        ("rsu.0.at", [1, "a"], 'rsu[0].at.positions[0][1] = "a": must be a number'),
        (
            "rsu.0.at",
            {"positions": [[1, 2, 3]]},
            "rsu[0].at.positions[0] = [1, 2, 3]: must have 2 entries",
        ),
        (
            "rsu.0.at",
            {"edges": ["E"], "spacing": 0},
            "rsu[0].at.spacing = 0: must be above 0 and at most 100000",
        ),
        ("rsu.0.at", {"edges": ["E"], "space": 1}, 'rsu[0].at.space: no such field; did you mean "spacing"?'),
        ("rsu.0.apps", "signals", 'rsu[0].apps = "signals": must be a list'),
        ("rsu.0.apps", ["signals", "1"], 'rsu[0].apps[1] = "1": must be a name or module:Class'),
        ("rsu.0.app", ["signals"], 'rsu[0].app: no such field; did you mean "apps"?'),
        ("rsu.7.apps", [], "rsu.7.apps: there is no number 7; they count from 0, to 0"),
        ("rsu", 5, "rsu = 5: must be a list"),
        (
            "charging.target",
            0.3,
            "charging.target = 0.3: must be greater than charging.request_below (0.3)",
        ),
        (
            "charging.request_below",
            0.9,
            "charging.target = 0.8: must be greater than charging.request_below (0.9)",
        ),
        ("record.interval", 0.25, "record.interval = 0.25: must be a multiple of 0.1 s"),
        ("record.interval", 0, "record.interval = 0: must be above 0 and at most 1000000"),
        ("record.messages", "some", 'record.messages = "some": must be "counts", "sampled" or "all"'),
        ("record.messages.x", 1, 'record.messages.x: no such field: "x" lies below a single value'),
        ("sumo", None, "sumo: missing: it must be given"),
    ],
)
def test_a_wrong_value_is_one_line(folder: Path, path: str, value: object, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("a.toml").replace(path, value)
    assert str(caught.value) == "a.toml: " + said.replace("{folder}", str(folder))


def test_the_file_says_the_same(folder: Path) -> None:
    text = '[sumo]\nconfig = "a.sumocfg"\n[v2x]\npenetration = 1.7\nrange = 0\n'
    assert of_toml(text) == "b.toml: v2x.range = 0: must be above 0 and at most 100000 (and 1 more mistake)"
    (folder / "deep").mkdir()
    (folder / "deep/c.toml").write_text(text.replace("a.sumo", "../a.sumo").replace("range = 0", ""))
    assert message("deep/c.toml") == "deep/c.toml: v2x.penetration = 1.7: must be between 0 and 1"
    assert message(folder / "deep/c.toml").startswith(f"{folder}/deep/c.toml: v2x.penetration = 1.7")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "[charging.sites.mill]\nfoo = 1",
            f"mill.foo: no such field; known are {', '.join(ChargingSite.model_fields)}",
        ),
        ("[charging.sites.mill]\nlimit = 1", 'mill.limit: no such field; did you mean "limit_w"?'),
        (
            "[charging.sites.mill.storage]\ncapacity = 1\npower_w = 1",
            'mill.storage.capacity: no such field; did you mean "capacity_wh"? (and 1 more mistake)',
        ),
        (
            '[charging.sites.mill]\nlimit_w = [{ begin = "07:00", end = "07:00", pv_w = 1 }]',
            "mill.limit_w[0].pv_w: no such field; known are begin, end, limit_w (and 1 more mistake)",
        ),
        ("[charging.sites.mill]\nlimit_w = []", "charging.sites.mill.limit_w = []: must not be empty"),
        ("[charging.sites.mill]\npv_w = []", "charging.sites.mill.pv_w = []: must not be empty"),
        ("[charging.tariffs.day]\nprice = []", "charging.tariffs.day.price = []: must not be empty"),
        ("[charging.sites]\nmill = 3", "mill = 3: must be a table"),
        ("[charging.sites.mill.storage]\ncapacity_wh = 0\npower_w = -1", "(and 1 more mistake)"),
    ],
)
def test_a_mistake_below_a_name_is_told_to_its_end(folder: Path, table: str, said: str) -> None:
    """Names of the user's own stand in these paths."""
    assert said in of_toml(f'[sumo]\nconfig = "a.sumocfg"\n{table}')


def test_files_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_toml("[v2x\n") == "b.toml: line 1, column 5: expected ']' at the end of a table declaration"
    assert of_toml("[v2x]\nrange = ") == "b.toml: end of document: invalid value"
    assert of_toml("a = 1\na = 2") == "b.toml: end of document: cannot overwrite a value"
    assert of_toml(" \n ") == "b.toml: is empty"
    assert of_toml("# nothing") == "b.toml: sumo: missing: it must be given"
    assert of_toml("[sumo]") == (
        "b.toml: sumo.config: missing: SUMO configuration; relative to the folder of the scenario's file"
    )
    assert of_toml(b"a\n = '\xff'") == "b.toml: line 2: is not UTF-8 (byte 0xff)"
    assert of_toml(b"PK\x00\x01") == "b.toml: is binary, not text"
    assert of_toml("a = " + "[" * 5000).startswith("b.toml: ")
    assert message("gone.toml") == "gone.toml: no such file"
    assert message("gone/lingang") == "gone/lingang: no such file"
    assert message(folder) == f"{folder}: is a directory, not a file"
    (folder / "d.toml").mkdir()
    assert message("d.toml") == "d.toml: is a directory, not a file"
    (folder / "a.xml").write_text("<a/>")
    assert message("a.xml") == f"a.xml: is XML, but a <a>: {ALLOWED}"
    os.mkfifo(folder / "f.toml")
    assert message("f.toml") == "f.toml: is not a regular file"
    monkeypatch.setattr(Path, "open", _denied)
    assert message("a.toml") == "a.toml: cannot be read: Permission denied"


def _denied(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_sumo_configuration(folder: Path) -> None:
    (folder / "odd (name).sumocfg").write_text("<configuration/>")
    assert load("odd (name).sumocfg").name == "odd -name-"
    (folder / "b.sumocfg").write_text("<configuration>\n<n v=</configuration>")
    assert message("b.sumocfg") == (
        "b.sumocfg: line 2, column 6: not a SUMO configuration: not well-formed (invalid token)"
    )
    (folder / "c.sumocfg").write_text("")
    assert message("c.sumocfg") == "c.sumocfg: is empty"


@pytest.mark.parametrize("name", ["a.sumo.cfg", "city.xml", "city", "city.cfg", "city.toml"])
def test_a_configuration_by_any_name(folder: Path, name: str) -> None:
    """Told by its content, with a prolog and in other encodings too."""
    (folder / name).write_text('\n<?xml version="1.0"?><sumoConfiguration/>'.lstrip())
    scenario = load(name)
    assert scenario.sumo.config == folder / name
    assert scenario.name == name.removesuffix(".cfg").removesuffix(".sumo").removesuffix(".xml")


def test_others_by_any_name(folder: Path) -> None:
    (folder / "one.scenario").write_text('[sumo]\nconfig = "a.sumocfg"\n')
    assert load("one.scenario").sumo.config == folder / "a.sumocfg"
    (folder / "two").write_text('from wayside import Scenario\nscenario = Scenario(sumo={"config": "a.sumocfg"})\n')
    assert load("./two").name == "two"


@pytest.mark.parametrize("text", ["hello", "print(1)", "raise SystemExit(3)", "a,b\n1,2\n"])
def test_what_is_none_of_these(folder: Path, text: str) -> None:
    """And is not run to see what it is."""
    (folder / "x.txt").write_text(text)
    assert message("x.txt") == f"x.txt: is none of these: {ALLOWED}"


def test_a_packed_configuration(folder: Path) -> None:
    """SUMO 1.28 does not read these either."""
    (folder / "x.sumocfg.gz").write_bytes(gzip.compress(b"<configuration/>"))
    assert message("x.sumocfg.gz") == f"x.sumocfg.gz: is packed with gzip: {ALLOWED}, unpacked"


def test_builtin_scenarios(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lingang", "crossing"):
        (folder / "built" / name).mkdir(parents=True)
        (folder / "built" / name / "scenario.toml").write_text('[sumo]\nconfig = "../../a.sumocfg"\n')
    monkeypatch.setattr(loading, "BUILTIN", folder / "built")
    assert [(name, s.name) for name, s in builtin_scenarios().items()] == [
        ("crossing", "crossing"),
        ("lingang", "lingang"),
    ]
    (folder / "lingang").mkdir()  # an output of that name in the working directory is not in the way
    assert load("lingang").name == "lingang"
    known = "built in are crossing, lingang"
    assert message("lingan") == f'lingan: no such scenario; did you mean "lingang"? {known}'
    assert message("") == f": no such scenario; {known}"
    assert message("paris") == f"paris: no such scenario; {known}"
    assert message("a\nb") == f"a\\nb: no such scenario; {known}"


def script(text: str) -> Path:
    Path("s.py").write_text("from wayside.sim.scenario import Scenario\n" + text)
    return Path("s.py")


def test_scripts(folder: Path) -> None:
    made = 'Scenario(sumo={"config": "a.sumocfg"}, scenario={"seed": 4})'
    for text in (f"scenario = {made}", f"def scenario():\n    return {made}"):
        scenario = load(script(text))
        assert (scenario.name, scenario.seed, scenario.source) == ("s", 4, Path("s.py"))
    (folder / "beside.py").write_text("range = 50.0")
    found = load(script('import beside\nscenario = Scenario.load("a.toml").replace("v2x.range", beside.range)'))
    assert (found.v2x.range, found.name) == (50, "a")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "s.py").write_text(f"from wayside.sim.scenario import Scenario\nscenario = {made}")
    assert message("elsewhere/s.py") == (
        f'elsewhere/s.py:2: sumo.config = "a.sumocfg": no such file ({folder}/elsewhere/a.sumocfg)'
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenario = 1 / 0", "s.py:2: ZeroDivisionError: division by zero"),
        ("def scenario():\n    raise ValueError('two\\nlines')", "s.py:3: ValueError: two lines"),
        ("def scenario(:", "s.py:2: invalid syntax"),
        ("import no_such_module", "s.py:2: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "s.py:2: SystemExit: 3"),
        ("x = 1", "s.py: has no `scenario`: a Scenario, or a function that returns one"),
        ("scenario = 5", "s.py: `scenario` is a int; it must be a Scenario, or a function returning one"),
        ("scenario = Scenario()", "s.py:2: sumo: missing: it must be given"),
        ("scenario = Scenario.load('gone.toml')", "s.py:2: gone.toml: no such file"),
    ],
)
def test_a_script_that_fails_is_one_line(folder: Path, text: str, said: str) -> None:
    assert message(script(text)) == said


def test_replace(folder: Path) -> None:
    scenario = load("a.toml")
    changed = scenario.replace({"rsu.0.apps": ["signals"], "sumo.options.device.x.y": 1, "scenario.seed": 3})
    assert changed.rsu[0].apps == ("signals",)
    assert changed.sumo.options == {"device.x.y": 1}
    assert scenario.rsu[0].apps == ("signals", "parking", "charging")
    assert changed.replace("scenario.seed", None).seed is None
    assert scenario.replace("rsu", []).rsu == ()
    assert scenario.replace("v2x.range", 50).source == Path("a.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v2x.penetration=0.3", ("v2x.penetration", 0.3)),
        ("scenario.seed=7", ("scenario.seed", 7)),
        ("parking.policy=nearest", ("parking.policy", "nearest")),
        ('scenario.name="5"', ("scenario.name", "5")),
        ("scenario.title=a = b # c", ("scenario.title", "a = b # c")),
        ("rsu.0.apps=['signals']", ("rsu.0.apps", ["signals"])),
        ("rsu[0].at={junctions=['J']}", ("rsu[0].at", {"junctions": ["J"]})),
        ("sumo.options.no-warnings=true", ("sumo.options.no-warnings", True)),
        ("scenario.title=2026-01-01", ("scenario.title", "2026-01-01")),
        ("scenario.title=1\nother = 2", ("scenario.title", "1\nother = 2")),
        ("scenario.title=", ("scenario.title", "")),
    ],
)
def test_overrides(text: str, expected: tuple[str, object]) -> None:
    assert parse_override(text) == expected


@pytest.mark.parametrize("text", ["v2x.penetration", "=3", "v2x range=3", ""])
def test_a_wrong_override_is_one_line(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_override(text)
    assert str(caught.value) == f"--set {json.dumps(text)}: must be section.key=value"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", (0.0, None, 1.0, 23423)),
        (
            '<begin value="600"/><end value="0:20:00"/><step-length value="0.1"/><seed value="5"/>',
            (600, 1200, 0.1, 5),
        ),
        ('<time><b v="1:0:0:0.5"/><e>90000</e></time><srand value="6"/>', (86400.5, 90000, 1.0, 6)),
        ('<end value="-1"/>', (0.0, None, 1.0, 23423)),
        ('<random value="true"/><seed value="5"/>', (0.0, None, 1.0, 5)),
    ],
)
def test_resolved(folder: Path, lines: str, expected: tuple[float, float | None, float, int]) -> None:
    (folder / "b.sumocfg").write_text(f"<configuration>{lines}</configuration>")
    found = clock(load("b.sumocfg"))
    assert (found.begin, found.end, found.step_length, found.seed) == expected
    whole = resolved(load("b.sumocfg"))
    assert (whole.end, whole.sumo.step_length, whole.seed) == expected[1:]
    assert resolved(whole) == whole
    if "random" in lines:
        assert found.options == {"random": "false"}
        assert found.warnings == (
            f"{folder}/b.sumocfg: random = true is not obeyed, as no run could be repeated; its seed is 5",
        )
    else:
        assert not found.options
        assert not found.warnings


def test_what_the_scenario_says_goes_before_the_configuration(folder: Path) -> None:
    text = '<end value="1200"/><step-length value="0.3"/><seed value="5"/><begin value="700"/>'
    (folder / "b.sumocfg").write_text(f"<configuration>{text}</configuration>")
    scenario = load("b.sumocfg").replace(
        {"scenario.end": 900, "scenario.seed": 9, "sumo.step_length": 0.05, "sumo.options.b": "600"}
    )
    found = clock(scenario)
    assert (found.begin, found.end, found.step_length, found.seed) == (600, 900, 0.05, 9)


@pytest.mark.parametrize(
    ("lines", "change", "said"),
    [
        (
            '<step-length value="0.03"/>',
            {},
            f"{{folder}}/b.sumocfg: step-length = 0.03: {STEP}; set sumo.step_length to another",
        ),
        (
            '<begin value="600"/>',
            {"scenario.end": 600},
            "b.sumocfg: scenario.end = 600: must be after the configuration's begin, 600 s",
        ),
        (
            '<begin value="600"/><end value="300"/>',
            {},
            "{folder}/b.sumocfg: end = 300: must be after the configuration's begin, 600 s",
        ),
        ('<end value="1:00"/>', {}, '{folder}/b.sumocfg: end = "1:00": must be seconds or "H:M:S"'),
        ('<end value="nan"/>', {}, '{folder}/b.sumocfg: end = "nan": must be seconds or "H:M:S"'),
        ('<seed value="x"/>', {}, '{folder}/b.sumocfg: seed = "x": must be a whole number'),
        (
            '<seed value="-3"/>',
            {},
            "b.sumocfg: scenario.seed = -3: must be between 0 and 2147483647",
        ),
    ],
)
def test_a_clock_that_cannot_be(folder: Path, lines: str, change: dict[str, object], said: str) -> None:
    (folder / "b.sumocfg").write_text(f"<configuration>{lines}</configuration>")
    with pytest.raises(ScenarioError) as caught:
        resolved(load("b.sumocfg").replace(change))
    assert str(caught.value) == said.replace("{folder}", str(folder))


def test_the_schema_tells_every_field(folder: Path) -> None:
    schema = Scenario.model_json_schema()
    json.dumps(schema)
    for name, part in schema["$defs"].items():
        for field, told in part.get("properties", {}).items():
            assert told.get("description"), f"{name}.{field}"


names = st.from_regex(r"[A-Za-z_][\w.-]{0,8}(:[A-Za-z_]\w{0,5})?", fullmatch=True)
lines_of_text = st.text(max_size=20).filter(str.isprintable)
ids = lines_of_text.filter(bool)
numbers = st.floats(-1e6, 1e6, allow_nan=False)
plain = st.one_of(lines_of_text, st.booleans(), st.integers(-(2**53), 2**53), numbers)
values = st.dictionaries(
    st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True).filter(lambda name: name not in ("use", "share")),
    plain | st.lists(plain, max_size=3) | st.dictionaries(st.text(max_size=3), plain, max_size=2) | st.just(math.inf),
    max_size=3,
)
uses = names | st.builds(lambda name, options: {"use": name, **options}, names, values)
lengths = st.floats(1e-3, 1e5)
shares = st.floats(0, 1)
places = st.one_of(
    st.just("traffic-lights"),
    st.fixed_dictionaries({"junctions": st.lists(ids, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"positions": st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"edges": st.lists(ids, min_size=1, max_size=3), "spacing": lengths}),
)
units = st.fixed_dictionaries({"at": places, "apps": st.lists(uses, max_size=3)}, optional={"name": ids})
option_names = st.from_regex(r"x[A-Za-z0-9.-]{0,9}", fullmatch=True)
option_values = st.one_of(lines_of_text, st.booleans(), st.integers(-(2**53), 2**53), numbers)
changes = st.fixed_dictionaries(
    {},
    optional={
        "scenario.name": st.from_regex(r"[\w][\w .+-]{0,20}", fullmatch=True),
        "scenario.title": lines_of_text,
        "scenario.end": st.floats(1e-3, 1e9),
        "scenario.seed": st.integers(0, 2**31 - 1),
        "scenario.pipeline": st.sampled_from(["lockstep", "overlapped"]),
        "sumo.step_length": st.sampled_from([0.001, 0.05, 0.1, 0.5, 1.0, 1]),
        "sumo.options": st.dictionaries(option_names, option_values, max_size=3),
        "v2x.radio": uses,
        "v2x.radio_of": st.dictionaries(
            st.sampled_from(["bus", "taxi"]),
            uses | st.builds(lambda name, options: {name: {"share": 0.5, **options}}, names, values),
        ),
        "v2x.range": lengths,
        "v2x.penetration": shares,
        "rsu": st.lists(units, max_size=3),
        "parking.policy": uses,
        "charging": st.fixed_dictionaries(
            {"request_below": st.floats(0, 0.49), "target": st.floats(0.5, 1), "power": uses}
        ),
        "record.interval": st.integers(1, 10**6).map(lambda n: n / 10),
        "record.messages": st.sampled_from(["counts", "all"]),
        "record.trajectories": st.integers(0, 10**6).map(lambda n: n / 10),
    },
)


@settings(max_examples=300, deadline=None)
@given(change=changes)
def test_toml_there_and_back(tmp_path_factory: pytest.TempPathFactory, change: dict[str, object]) -> None:
    folder = tmp_path_factory.getbasetemp() / "there and back"
    folder.mkdir(exist_ok=True)
    (folder / 'a "b".sumocfg').write_text("<configuration/>")
    scenario = Scenario(sumo={"config": folder / 'a "b".sumocfg'}).replace(change)
    (folder / "again.toml").write_text(to_toml(scenario))
    again = load(folder / "again.toml")
    assert again == scenario
    assert to_toml(again) == to_toml(scenario)
