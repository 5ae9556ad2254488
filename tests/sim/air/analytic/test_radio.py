"""The closed forms as radios: against their authors' figures on a straight road; what they measure and refuse."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import measure
from tests.sim.air.towns import Town, line, site
from tests.sim.children import hashes, in_child, run, wayside
from tests.sim.networks import configure, netconvert
from wayside import Scenario, Simulation
from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles, Longs
from wayside.sim.air import FATES, RECEIVED, RadioContext, errors
from wayside.sim.air.analytic import curves as kept
from wayside.sim.air.analytic import forms
from wayside.sim.air.analytic import radio as drawn
from wayside.sim.air.analytic.curves import CAR_CLASS, World
from wayside.sim.air.analytic.itsg5 import AnalyticItsG5Radio
from wayside.sim.air.analytic.lte_v2x import AnalyticLteV2xRadio
from wayside.sim.air.analytic.radio import ClosedForm
from wayside.sim.air.analytic.road import STEPS, WINDOW, direction, figures, rounded, surroundings
from wayside.sim.scenario.sections import Air

DATA = measure.ROOT.parent / "shared" / "data" / "radio"
NAMES = ("analytic-itsg5", "analytic-lte-v2x")
BOTH = (AnalyticItsG5Radio, AnalyticLteV2xRadio)
DISTANCE = np.arange(0.0, 500.0, 25.0)
LENGTH = 5000.0  # m

# Both papers: WINNER+ B1, antennas at 1.5 m, of which 802.11p takes 0.5 m off. 163 octets are 201 with the headers.
DOT11P = Air(propagation="winner-b1", frequency=5.89, height=1.0, power=23.0, rate=6.0, size=163)
# 10 resource blocks of data, not the sub-channel's 12: so much less noise.
MODE4 = Air(
    propagation="winner-b1", frequency=5.91, height=1.5, power=20.0, size=100, noise_figure=9.0 - 10.0 * np.log10(1.2)
)


class Dot11p(AnalyticItsG5Radio):
    """With the authors' own packet error."""

    def table(self, size: int, site: RadioContext) -> forms.Errors:
        return lambda at: np.interp(at, *errors.sepulcre_2021(6.0))


class Mode4(AnalyticLteV2xRadio):
    """With the authors' own packet error."""

    def table(self, mcs: int, block: int, site: RadioContext) -> forms.Errors:
        if mcs > 7:
            raise ScenarioError("no curves")
        return lambda at: np.interp(at, *errors.r1_160284(10))


def shares(radio: ClosedForm, density: float, ticks: int = 60) -> tuple[Longs, Doubles, float]:
    """On a road on which everybody sends ten times a second: how many pairs of stations there were around each of
    `DISTANCE`, the share of each fate there, and the busy ratio; of senders in the middle 2 km.
    """
    n = round(density * LENGTH)
    random = np.random.default_rng(3)
    x = (np.arange(n) + random.uniform(size=n)) / density
    where = line(radio, x.tolist())
    where.radio.trace(True)
    middle = np.abs(x - LENGTH / 2.0) < 1000.0
    apart = np.abs(x[:, None] - x[None, :])
    bins = (apart / 25.0 + 0.5).astype(int)
    mine = middle[:, None] & ~np.eye(n, dtype=bool) & (apart < radio.settings.reach)
    pairs = np.bincount(bins[mine], minlength=60)[: len(DISTANCE)] * ticks
    found = np.zeros((60, len(FATES)))
    busy = []
    for _ in range(ticks):
        where.tick(where.speak())
        traces = where.radio.recall(np.flatnonzero(middle))
        np.add.at(found, (bins[np.flatnonzero(middle)[traces.packet], traces.receiver], traces.fate), 1)
        busy.append(float(radio.busy_ratio[middle].mean()))
    found = found[: len(DISTANCE)]
    found[:, FATES.index("below-sensitivity")] = pairs - found.sum(1)
    return pairs, found / pairs[:, None], float(np.mean(busy))


def published(name: str, **where: float) -> dict[str, Doubles]:
    """Columns of a table of the authors', of one road."""
    with (DATA / name).open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if all(float(row[key]) == value for key, value in where.items())]
    rows = [row for row in rows if float(row["d_m"]) < 500]
    assert len(rows) == len(DISTANCE)
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


def agree(pairs: Longs, share: Doubles, expected: Doubles, step: float = 0.004) -> None:
    """AssertionError unless a share is the expected one: within 4 standard errors, and what is due to bins of 25 m,
    the rounding of the road's figures and the uneven places of vehicles.
    """
    error = np.sqrt(np.clip(expected * (1.0 - expected), 1e-4, None) / pairs)
    assert (np.abs(share - expected) < 4.0 * error + step).all(), np.abs(share - expected).max()


@pytest.mark.skipif(not DATA.exists(), reason="../shared is not here")
def test_mode4_is_what_its_authors_computed() -> None:
    table = published("mode4_pdr.csv", subch=4)
    pairs, share, busy = shares(Mode4(site(MODE4)), 0.1)
    for fate, column in (
        ("received", "PDR_an"),
        ("half-duplex", "HD_an"),
        ("below-sensitivity", "SEN_an"),
        ("propagation", "PRO_an"),
        ("collision", "COL_an"),
    ):
        agree(pairs, share[:, FATES.index(fate)], table[column])
    assert not share[:, FATES.index("receiver-busy")].any()
    assert np.abs(share[:, RECEIVED] - table["PDR_sim"]).mean() < 0.03
    assert busy == pytest.approx(0.229, abs=0.01)


@pytest.mark.skipif(not DATA.exists(), reason="../shared is not here")
def test_802_11p_is_what_its_authors_simulated() -> None:
    """Their table has no column of the closed form; it is off by as much as they say, and their gates are met."""
    table = published("80211p_pdr.csv", rate_Mbps=6, lambda_Hz=10, payload_B=190)
    _, share, busy = shares(Dot11p(site(DOT11P)), 0.06)
    off = np.abs(share[:, RECEIVED] - table["PDR"])
    assert off.mean() < 0.012
    assert off.max() < 0.025
    for fate, column in (("below-sensitivity", "d_SEN"), ("receiver-busy", "d_RXB"), ("collision", "d_COL")):
        assert np.abs(share[:, FATES.index(fate)] - table[column]).max() < 0.012
    assert busy == pytest.approx(0.103, abs=0.01)


def solved(radio: ClosedForm, density: float) -> forms.Delivery:
    """The form itself, without draws, for cars that send ten times a second."""
    power = radio.settings.power
    world = World(0, round(2.0 * power))
    _, amount = radio.formats(np.array([1], np.int32))
    car = (round(power * 10.0) + 1000) << 10 | CAR_CLASS << 8
    reception = radio.curves.reception(world, car, CAR_CLASS)
    return radio.solve(radio.curves.road(world, density, 10.0), reception, float(amount[0]))


@pytest.mark.parametrize(
    "air",
    [Air(propagation="winner-b1", size=100), Air(propagation="highway", size=100), Air(propagation="urban", size=100)],
    ids=lambda air: air.propagation,
)
@pytest.mark.parametrize("of", BOTH)
def test_draws_follow_the_form(of: type[ClosedForm], air: Air) -> None:
    """At a load that is no step of the rounded figures."""
    radio = of(site(air))
    pairs, share, busy = shares(radio, 0.07, ticks=30)
    form = solved(radio, 0.07)
    kinds = (form.delivered, form.half_duplex, form.sensitivity, form.busy, form.propagation, form.collision)
    for fate, values in enumerate(kinds):
        agree(pairs, share[:, fate], np.interp(DISTANCE, radio.curves.distance, values), 0.006)
    assert busy == pytest.approx(form.busy_ratio, rel=0.04)


@pytest.mark.skipif(not DATA.exists(), reason="../shared is not here")
@pytest.mark.parametrize("planted", ["half-duplex off", "twice as dense", "no rate", "antenna", "draws"])
def test_the_judges_can_fail(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted errors, each of which one of the judges above finds."""
    air, solve, around = MODE4, Mode4.solve, surroundings
    if planted == "half-duplex off":

        def deaf(self: Mode4, road: forms.Road, reception: forms.Reception, amount: float) -> forms.Delivery:
            found = solve(self, road, reception, amount)
            return replace(found, delivered=found.delivered + found.half_duplex, half_duplex=0.0 * found.half_duplex)

        monkeypatch.setattr(Mode4, "solve", deaf)
    elif planted in ("twice as dense", "no rate"):

        def wrong(*columns: object) -> tuple[Doubles, Doubles, Doubles]:
            density, rate, size = around(*columns)  # type: ignore[arg-type]
            return (2.0 * density, rate, size) if planted == "twice as dense" else (density, 0.3 * rate, size)

        monkeypatch.setattr(drawn, "surroundings", wrong)
    elif planted == "antenna":
        air = MODE4.model_copy(update={"height": 1.0})
    else:
        monkeypatch.setattr(drawn, "_unit", lambda hashes: (hashes >> np.uint64(40)) * 2.0**-24 * 0.98)
    table = published("mode4_pdr.csv", subch=4)
    pairs, share, _ = shares(Mode4(site(air)), 0.1, ticks=30)
    failed = 0
    for fate, column in (("received", "PDR_an"), ("half-duplex", "HD_an"), ("collision", "COL_an")):
        try:
            agree(pairs, share[:, FATES.index(fate)], table[column])
        except AssertionError:
            failed += 1
    assert failed


@given(
    st.lists(st.tuples(st.floats(0, 3000), st.booleans(), st.integers(0, 3)), max_size=30),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_the_road_around_a_station(stations: list[tuple[float, bool, int]], random: object) -> None:
    place = np.array([row[0] for row in stations], np.float64)
    on = np.array([row[1] for row in stations], np.uint8)
    sent = np.array([row[2] for row in stations], np.int64) * on
    ticks, amount = 10 * on.astype(np.int64), sent * 300
    density, rate, size = surroundings(place, on, ticks, sent, amount, 0.1)
    for k in range(len(place)):
        near = (np.abs(place - place[k]) <= WINDOW) & (on == 1)
        if not on[k]:
            assert (density[k], rate[k]) == (1e-4, 1e-2)
            continue
        assert density[k] == max((near.sum() - 1) / (2.0 * WINDOW), 1e-4)
        assert rate[k] == pytest.approx(max(sent[near].sum() / near.sum(), 1e-2))
        assert size[k] == (300.0 if sent[near].any() else 1.0)


def test_figures_are_rounded_right_on_average() -> None:
    random = np.random.default_rng(1)
    values = [np.full(20_000, value) for value in (0.07, 8.3, 312_000.0)]
    keys = rounded(values, [random.random(20_000).astype(np.float32) for _ in values])
    known = {key: figures(key) for key in np.unique(keys).tolist()}
    assert len(known) == 8
    for k, value in enumerate((0.07, 8.3, 312_000.0)):
        logarithms = np.log2([known[key][k] for key in keys.tolist()])
        assert np.abs(logarithms - np.log2(value)).max() < 1.0 / STEPS
        assert logarithms.mean() == pytest.approx(np.log2(value), abs=4.0 / STEPS / 2.0 / np.sqrt(20_000))


def lanes(*shapes: list[tuple[float, float]]) -> RadioContext:
    found = [np.array(shape, np.float64) for shape in shapes]
    return replace(site(), lanes=lambda: found, named='road.toml: v2x.radio = "analytic-itsg5"')


MOTORWAY = [[(0.0, k * 3.5), (2500.0, k * 3.5), (5000.0, k * 3.5)] for k in range(-5, 6)]


def turned(shapes: list[list[tuple[float, float]]], angle: float) -> list[list[tuple[float, float]]]:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [[tuple(point) for point in (np.array(shape) @ turn + 1e4).tolist()] for shape in shapes]


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_straight_roads(angle: float) -> None:
    stubs = [[(5000.0, 0.0), (5060.0, 90.0)], [(0.0, 0.0), (-10.0, -200.0)]]
    for shapes in (MOTORWAY, MOTORWAY + stubs):
        along = direction(lanes(*turned(shapes, angle)))
        assert abs(along[0] * np.cos(angle) + along[1] * np.sin(angle)) == pytest.approx(1.0, abs=1e-4)


def arc(radius: float, length: float) -> list[tuple[float, float]]:
    angle = np.linspace(0.0, length / radius, 200)
    return list(zip((radius * np.sin(angle)).tolist(), (radius - radius * np.cos(angle)).tolist(), strict=True))


@pytest.mark.parametrize(
    "shapes",
    [
        [*MOTORWAY, [(2500.0, 0.0), (2500.0, 3000.0)]],  # a side road
        [[(0.0, 0.0), (400.0, 0.0)]],  # short
        [[(0.0, 0.0), (1000.0, 0.0)], [(0.0, 60.0), (1000.0, 60.0)]],  # two roads side by side
        [arc(5000.0, 2500.0)],
        [arc(20.0, 125.0)],  # a small roundabout
    ],
    ids=["crossing", "short", "parallel", "bend", "roundabout"],
)
def test_roads_that_are_not_straight(shapes: list[list[tuple[float, float]]]) -> None:
    with pytest.raises(ScenarioError, match=r'^road\.toml: v2x\.radio = "analytic-itsg5": .*50 m wide .* 500 m long'):
        direction(lanes(*shapes))


@pytest.mark.parametrize(
    ("of", "air", "said"),
    [
        (AnalyticItsG5Radio, Air(rate=5.0), "air.rate = 5: must be one of 3, 4.5, 6,"),
        (AnalyticItsG5Radio, Air(blockage="vehicles"), 'air.blockage = "vehicles": must be "drawn" with this radio'),
        (AnalyticItsG5Radio, Air(curves="nowhere"), "air: error curves 'nowhere': must be one of"),
        (AnalyticLteV2xRadio, Air(curves="nowhere"), "air: error curves 'nowhere': must be one of"),
        (AnalyticLteV2xRadio, Air(keep=0.4), "air.keep = 0.4: must be 0 with this radio, whose form has none"),
        (AnalyticLteV2xRadio, Air(retransmit=True), "air.retransmit = true: must be false with this radio"),
        (AnalyticLteV2xRadio, Air(threshold=-100.0), "air.threshold = -100: must be -110 with this radio, whose form"),
        (AnalyticLteV2xRadio, Air(channels=20), "air.channels = 20: must be at most 12 in 10 MHz of LTE-V2X"),
        (AnalyticLteV2xRadio, Air(mcs=0), "air: MCS 0 of LTE: G5-UrbanLOS has 4 to 11"),
        (AnalyticLteV2xRadio, Air(size=4000), "air.size = 4000: must be at most 984"),
    ],
)
def test_what_the_forms_do_not_have(of: type[ClosedForm], air: Air, said: str) -> None:
    with pytest.raises(ScenarioError, match="^" + re.escape(said)):
        of(site(air))


def total(of: Callable[[RadioContext], ClosedForm], where: RadioContext, tall: bool = False) -> int:
    """How many receptions there are on a road with a unit."""
    town = line(of(where), np.linspace(0.0, 2000.0, 100).tolist(), (1000.0,))
    town.tall[:] = tall
    carried = town.tick(town.speak())
    return int(carried.at_vehicles.sum() + carried.at_units.sum())


@pytest.mark.parametrize("of", BOTH)
def test_options_do_something(of: type[ClosedForm]) -> None:
    plain = total(of, site())
    assert total(of, site(Air(power=10.0))) < plain < total(of, site(Air(power=26.0, gain=2.0)))
    assert total(of, site(Air(reach=200.0))) < plain
    assert total(of, site(Air(size=800))) < plain
    assert total(of, site(Air(propagation="highway"))) != plain
    high = Air(propagation="winner-b1", unit_height=30.0)
    assert total(of, site(high)) > total(of, site(Air(propagation="winner-b1", unit_height=1.0)))
    weak = np.full(100, 0.0, np.float32)
    assert total(of, replace(site(), power=lambda: weak)) == total(of, site(Air(power=0.0)))
    assert total(of, site(), tall=True) != plain
    if of is AnalyticLteV2xRadio:
        assert total(of, site(Air(mcs=11))) != plain
        assert total(of, site(Air(channels=2))) != plain
    else:
        assert total(of, site(Air(rate=12.0))) != plain


@pytest.mark.parametrize("of", BOTH)
@pytest.mark.parametrize(
    "air",
    [
        Air(power=-50.0, unit_power=-50.0, gain=-20.0, frequency=100.0),
        Air(power=40.0, unit_power=40.0, gain=20.0, frequency=0.5, propagation="free-space"),
        Air(propagation="two-ray", reach=5000.0),
        Air(reach=1.0),
    ],
    ids=["faint", "loud", "far", "near"],
)
def test_extremes(of: type[ClosedForm], air: Air) -> None:
    """Ever so faint or loud, alone or all in one place: probabilities, and figures within their bounds."""
    for x in ([0.0], [5.0] * 300, np.linspace(0.0, 3000.0, 60).tolist()):
        radio = of(site(air))
        where = line(radio, x, (0.0,))
        for _ in range(2):
            where.tick(*[where.speak()] * 3)
        assert ((radio.busy_ratio >= 0.0) & (radio.busy_ratio <= 1.0)).all()
        upper = radio.curves.upper[:, : len(radio.curves)]
        assert ((upper > -1e-6) & (upper < 1.0 + 1e-6)).all()
        assert (np.diff(upper, axis=0) > -1e-6).all()


@pytest.mark.parametrize("of", BOTH)
def test_looking_on_changes_nothing(of: type[ClosedForm]) -> None:
    """Whether fates are kept or not, and however few pairs are looked at together."""
    counts: list[Longs] = []
    for traced, at_once in ((False, 32768), (True, 32768), (False, 50)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(drawn, "_AT_ONCE", at_once)
            radio = of(site())
            where = line(radio, np.random.default_rng(1).uniform(0.0, 2000.0, 80).tolist(), (700.0, 900.0))
            radio.trace(traced)
            got = [where.tick(where.speak(), move=3.0) for _ in range(3)]
            counts.append(np.concatenate([carried.at_vehicles + carried.at_units for carried in got]))
            counts.append(radio.tally)
    for k in (2, 4):
        assert np.array_equal(counts[k], counts[0])
        assert np.array_equal(counts[k + 1], counts[1])


def test_a_packet_too_long_is_not_sent() -> None:
    where = line(AnalyticLteV2xRadio(site()), [10.0, 20.0], (0.0,))
    with pytest.warns(UserWarning, match="a packet of 3000 octets does not fit into the carrier"):
        carried = where.tick({**where.speak(), "size": 3000})
    assert np.isnan(carried.delay).all()
    assert not carried.at_vehicles.any()


def test_delays() -> None:
    """802.11p: time on the air; mode 4: half the selection window."""
    for of, expected in ((AnalyticItsG5Radio, 368e-6), (AnalyticLteV2xRadio, 0.05)):
        where: Town = line(of(site(Air(size=200))), [10.0, 20.0])
        assert where.tick(where.speak()).delay == pytest.approx(expected)


def test_curves_are_worked_out_anew_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing changes by it."""
    heard: list[Longs] = []
    for most in (2048, 3):
        monkeypatch.setattr(kept, "_MOST", most)
        where = line(AnalyticItsG5Radio(site()), np.random.default_rng(1).uniform(0.0, 3000.0, 80).tolist())
        for _ in range(5):
            where.tick(where.speak(), move=3.0)
        assert where.radio.tally is not None
        heard.append(where.radio.tally)
    assert np.array_equal(heard[0], heard[1])


NODES = """<nodes>
    <node id="a" x="0" y="0"/> <node id="b" x="1500" y="0"/> <node id="c" x="3000" y="0"/>
    <node id="d" x="3050" y="60"/>
</nodes>"""
EDGES = """<edges>
    <edge id="there" from="a" to="b" numLanes="2" speed="30"/> <edge id="on" from="b" to="c" numLanes="2" speed="30"/>
    <edge id="back" from="c" to="b" numLanes="2" speed="30"/> <edge id="home" from="b" to="a" numLanes="2" speed="30"/>
    <edge id="out" from="c" to="d" speed="15"/>
</edges>"""
FLOWS = """
    <vType id="car" sigma="0.5"/> <vType id="truck" vClass="truck"/>
    <flow id="forth" type="car" begin="0" end="200" vehsPerHour="1800" departLane="free" departSpeed="max">
        <route edges="there on"/> </flow>
    <flow id="off" type="truck" begin="0" end="200" vehsPerHour="200" departSpeed="max">
        <route edges="there on out"/> </flow>
    <flow id="home" type="car" begin="0" end="200" vehsPerHour="1800" departLane="free" departSpeed="max">
        <route edges="back home"/> </flow>"""


@pytest.fixture(scope="module")
def motorway(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three kilometres, both ways, with an exit and a unit."""
    folder = tmp_path_factory.mktemp("motorway")
    netconvert(folder, NODES, EDGES)
    configure(folder, FLOWS)
    file = folder / "road.toml"
    file.write_text(
        "[scenario]\nend = 60.0\nseed = 4\n[sumo]\nconfig = 'town.sumocfg'\nstep_length = 0.5\n"
        "[v2x]\npenetration = 1.0\n[air]\npropagation = 'highway'\n[[rsu]]\nat = [1500.0, 12.0]\n"
    )
    return file


# What the papers of the forms have, and the kernels only where they are told.
PAPERS = {"itsg5": {"air.sensitivity": -85.0, "air.carrier_sense": -85.0}, "lte-v2x": {"air.emission": False}}


def on_it(file: Path, radio: str) -> dict[str, float]:
    scenario = Scenario.load(str(file)).replace("v2x.radio", radio)
    for field, value in PAPERS.get(radio, {}).items():
        scenario = scenario.replace(field, value)
    with Simulation(scenario) as simulation:
        return simulation.run()


@pytest.mark.parametrize(("name", "kernel"), [("analytic-itsg5", "itsg5"), ("analytic-lte-v2x", "lte-v2x")])
def test_a_motorway(motorway: Path, name: str, kernel: str) -> None:
    """In a whole run the form is near the kernel at low load."""
    found, other = in_child(on_it, motorway, name), in_child(on_it, motorway, kernel)
    assert found["messages.cam.sent"] == other["messages.cam.sent"] > 5000
    for metres in (50, 100, 200):
        key = f"radio.delivery_{metres}m"
        assert found[key] == pytest.approx(other[key], abs=0.06)
    assert found["radio.busy_ratio_mean"] == pytest.approx(other["radio.busy_ratio_mean"], rel=0.25)
    # Fewer, since nothing below the threshold of the papers is received.
    assert 0.85 < found["messages.cam.received"] / other["messages.cam.received"] < 1.1


def test_the_same_bytes_twice_and_its_name_in_the_results(motorway: Path, tmp_path: Path) -> None:
    said = ("--set", f"v2x.radio={NAMES[1]}", "--until", "20")
    one, other = (hashes(run(motorway, tmp_path / name, *said, fresh=name == "other")) for name in ("one", "other"))
    assert one == other
    assert f'radio = "{NAMES[1]}"' in (tmp_path / "one" / "scenario.toml").read_text()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (f"v2x.radio={NAMES[0]}", f'v2x.radio = "{NAMES[0]}"'),
        ('v2x.radio_of={bus="analytic-lte-v2x"}', f'v2x.radio_of.bus = "{NAMES[1]}"'),
    ],
)
def test_a_crossing_is_refused(said: str, field: str) -> None:
    done = wayside("run", "crossing", "--set", said)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if "proj.db" not in line]
    assert len(lines) == 1
    assert f"--set: {field}: is a closed form for straight roads" in lines[0]
