"""What a simulation is put together from, each part made from what the scenario says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.edge.failures import Failures
from wayside.edge.journal import Journal
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.air import Overhearing, Radio, RadioContext
from wayside.sim.air.itsg5 import airtime
from wayside.sim.air.mixed import Mixed
from wayside.sim.air.uu import UuRadio, beside
from wayside.sim.chance import number
from wayside.sim.control.control import SignalControl
from wayside.sim.control.detection import AllTraffic, Detection, HeardTraffic
from wayside.sim.control.loops import LoopTraffic
from wayside.sim.plugins import Plugins
from wayside.sim.scenario import Scenario
from wayside.sim.scenario.configuration import read_configuration
from wayside.sim.sensors.senses import Senses, perceiving
from wayside.sim.sensors.sights import VehicleSights
from wayside.sim.stations.congestion import Congestion
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.logics import all_logics
from wayside.sim.sumo.reservable import reserves, with_reservations
from wayside.sim.sumo.staging import Staged
from wayside.sim.sumo.stationfinder import device, finds, with_finders
from wayside.sim.world import RoadNetwork, Signals, VehicleTable
from wayside.sim.world.facilities import Facilities
from wayside.sim.world.geo import Projection
from wayside.sim.world.placement import Site, cellular_services, place_units

if TYPE_CHECKING:
    from wayside.edge.control.controller import ControlledLight

USUAL_PACKET = 100  # octets, of a CAM with its headers: what congestion control reckons with at first
CELLULAR_ID = "platform"  # the id of the station that is asked by cellular where no unit is heard
PROGRAMS = "wayside-lights.add.xml"  # in the run's working folder: programs that stand for the net's own
ITS_G5 = "itsg5"  # the radio that has congestion control


def sites_of(
    scenario: Scenario,
    plugins: Plugins,
    network: RoadNetwork,
    signals: Signals,
    facilities: Facilities,
    projection: Projection,
) -> list[Site]:
    """Where units stand, and behind them the station that is asked by cellular, if any.

    ScenarioError where one is outside the net's projection.
    """
    sites = place_units(scenario, network, signals, facilities)
    if cellular := tuple(use for use in cellular_services(scenario) if plugins.apps[use].code.service):
        xmin, ymin, xmax, ymax = network.bounds
        sites.append(Site(CELLULAR_ID, ((xmin + xmax) / 2.0, (ymin + ymax) / 2.0), -1, cellular, cellular=True))
    x, y = positions_of(sites)
    if (lost := np.flatnonzero(~np.isfinite(projection.degrees(x, y)).all(axis=0))).size:
        first, where = sites[int(lost[0])], scenario.source or scenario.sumo.config
        raise ScenarioError(
            f"{where}: rsu: {first.id}: must be where the net's projection reaches, not at {first.position}"
        )
    return sites


def positions_of(sites: Sequence[Site | RoadsideUnit]) -> tuple[Doubles, Doubles]:
    """X and y [m] of each."""
    x, y = np.array([site.position for site in sites], np.float64).reshape(-1, 2).T.copy()
    return x, y


def units_of(
    sites: Sequence[Site],
    plugins: Plugins,
    maps: LocalDynamicMaps,
    platform: CityPlatform,
    signals: Signals,
    control: SignalControl,
    begin: float,
    failures: Failures,
    journal: Journal,
) -> list[RoadsideUnit]:
    """The unit at each site, with its applications; begin: SUMO's clock [s]."""
    units = [
        RoadsideUnit(
            site.id,
            number,
            site.position,
            maps,
            platform,
            site.light,
            len(signals.ids),
            control,
            site.cellular,
            begin,
            failures=failures,
            journal=journal,
        )
        for number, site in enumerate(sites)
    ]
    for unit in units:
        unit.city = units
    for unit, site in zip(units, sites, strict=True):
        unit.install([plugins.apps[use] for use in site.apps])
    return units


def programs_of(staged: Staged, network: RoadNetwork, plugins: Plugins, scenario: Scenario) -> tuple[Staged, list[str]]:
    """A run's folder with the programs of lights that stand for the net's own, and what SUMO is told of them; the
    folder as it is, and nothing, where the net's own run. SUMO reserves bays, and lets vehicles find stations, where a
    policy leaves it that.
    """
    if any(map(reserves, plugins.policies.values())):
        staged = with_reservations(staged)
    own: list[str] = []
    for policy in filter(finds, plugins.policies.values()):
        staged, own = with_finders(staged, scenario), device(policy, scenario, staged)
    files = (read_configuration(staged.config).get("additional-files") or "").split(",")
    additional = [staged.config.parent / file.strip() for file in files if file.strip()]
    text = plugins.control.programs(all_logics(network.controls.programs, additional))
    if not text:
        return staged, own
    path = staged.folder / PROGRAMS
    path.write_bytes(text)
    told = ["--additional-files", ",".join(map(str, (*additional, path)))]
    return replace(staged, copies=(*staged.copies, path)), [*told, *own]


def detection_of(
    scenario: Scenario,
    network: RoadNetwork,
    vehicles: VehicleTable,
    signals: Signals,
    units: Callable[[], Sequence[RoadsideUnit]],
) -> Callable[[dict[int, ControlledLight], float], Detection]:
    """What controllers see by, made from their lights and their reach [m]."""
    if scenario.signals.detection == "heard":
        return lambda lights, reach: HeardTraffic(lights, network, units, reach)
    if scenario.signals.detection == "loops":
        back_m = scenario.signals.loops
        assert back_m is not None, "a scenario says it once its names have been looked up"
        return lambda lights, reach: LoopTraffic(lights, network, vehicles, signals, back_m)
    return lambda lights, reach: AllTraffic(lights, network, vehicles, reach)


def radio_of(
    scenario: Scenario,
    plugins: Plugins,
    network: RoadNetwork,
    fleet: Fleet,
    units: Sequence[RoadsideUnit],
    buildings: Callable[[], Sequence[Doubles]],
    seed: int,
) -> tuple[Radio, Mixed | None]:
    """The radio of all stations, and the same where it is several at once; buildings: outlines, read where needed."""
    v2x, air = scenario.v2x, scenario.air
    lanes, hilly = network.lane_shapes, network.elevated
    site = RadioContext(
        v2x.range,
        air,
        seed,
        cache(buildings),
        v2x.uu,
        (lambda: fleet.power) if air.power_of else None,
        lambda: lanes,
        (lambda: fleet.z) if hilly else None,
        (lambda: np.array([network.ground(*unit.position) for unit in units])) if hilly else None,
        identity=lambda: fleet.identity,
        unit_identity=lambda: np.array([number(0, "unit", unit.id) for unit in units], np.uint64),
    )
    radio, *others = plugins.radios
    main, mixed = radio(site), None
    _check_forwarding(scenario, v2x.radio.use, main)
    if others:
        # Chance of their own: stations of different radios have nothing to do with one another.
        names = [radio.use for radio in v2x.radios]
        twins = [f"{name} {n}" if (n := names[:k].count(name)) else name for k, name in enumerate(names)]
        seeds = [number(seed, "radio", name) % 2**31 for name in twins[1:]]
        rest = [other(replace(site, seed=own)) for other, own in zip(others, seeds, strict=True)]
        for use, one in zip(v2x.radios[1:], rest, strict=True):
            _check_forwarding(scenario, use.use, one)
        main = mixed = Mixed([main, *rest], lambda: fleet.radio)
    return main if v2x.uu == "off" or isinstance(main, UuRadio) else beside(main, site), mixed


def _check_forwarding(scenario: Scenario, use: str, radio: Radio) -> None:
    """ScenarioError where packets are to be forwarded and cannot be."""
    if scenario.v2x.forwarding is None:
        return
    where = f"{scenario.source or scenario.sumo.config}: v2x.forwarding"
    if scenario.v2x.family != "etsi":
        raise ScenarioError(f'{where}: is for v2x.family = "etsi": the DSMP of the Chinese set forwards nothing')
    if isinstance(radio, UuRadio):
        raise ScenarioError(f'{where}: is for a sidelink: with the radio "{use}" the network reaches all of an area')
    if not isinstance(radio, Overhearing):
        raise ScenarioError(f'{where}: the radio "{use}" does not tell who would overhear whom (`sim.air.Overhearing`)')


def senses_of(
    units: Sequence[RoadsideUnit],
    maps: LocalDynamicMaps,
    network: RoadNetwork,
    fleet: Fleet,
    buildings: Callable[[], Sequence[Doubles]],
    seed: int,
) -> Senses | None:
    """The units' sensors; None where none has one. buildings: outlines, read where something shadows.

    ScenarioError where two applications bring a sensor to one unit.
    """
    by_unit = perceiving(units)
    if not by_unit:
        return None
    outlines = buildings() if any(how.sensor.shadow for how, _ in by_unit.values()) else ()
    off = units[0].failures.off
    return Senses(
        units,
        by_unit,
        maps,
        VehicleSights(fleet).look,
        lambda: fleet.vehicles.station,
        outlines,
        network.ground,
        seed,
        lambda app: id(app) in off,
    )


def congestion_of(scenario: Scenario, units: int, vehicles: int, mixed: Mixed | None) -> Congestion:
    """Congestion control for so many units and slots of vehicles. ScenarioError where no radio has it."""
    air, radios = scenario.air, [radio.use for radio in scenario.v2x.radios]
    if air.dcc != "off" and ITS_G5 not in radios:
        where = scenario.source or scenario.sumo.config
        allowed = f'is for v2x.radio = "{ITS_G5}", or a vehicle class that has it by v2x.radio_of'
        raise ScenarioError(f'{where}: air.dcc = "{air.dcc}": {allowed}; here is {", ".join(radios)}')
    channel = None
    if mixed is not None and ITS_G5 in radios:
        channel = partial(mixed.channel, radios.index(ITS_G5))

    def seconds(size: Ints) -> Doubles:
        octets = size if air.size is None else np.full_like(size, air.size)
        return airtime(octets, air.rate).astype(np.float64) / 1e9

    usual = float(seconds(np.array([USUAL_PACKET], np.int32))[0])
    return Congestion(air.dcc, units, vehicles, usual, seconds, channel)
