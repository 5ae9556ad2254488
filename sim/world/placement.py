"""Where roadside units stand: what a scenario's `[[rsu]]` entries mean on a network."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.scenario.sections import Edges, Junctions, Positions, Rsu
from wayside.sim.scenario.uses import Use
from wayside.sim.world import RoadNetwork, Signals, point_along
from wayside.sim.world.facilities import Facilities

MOST = 100_000  # units along an edge
MANY = 2000  # units from which a run is slow
FARTHEST = 100_000.0  # m beyond the net's bounds, as far as the greatest v2x.range


@dataclass(frozen=True)
class Site:
    """A place for a unit: its id, position [m], traffic light (number or -1) and applications.

    cellular: not at the roadside, but the platform's own station.
    """

    id: str
    position: tuple[float, float]
    light: int
    apps: tuple[Use, ...]
    cellular: bool = False


def place_units(scenario: Scenario, network: RoadNetwork, signals: Signals, facilities: Facilities) -> list[Site]:
    """All units of a scenario, in its order; a warning for an entry that places none, and for very many.

    Entries that put two units at one traffic light are merged into one unit with the applications of both.
    ScenarioError for a junction or an edge that the network lacks, and for a position far from it.
    """
    sites: dict[str, Site] = {}
    source = scenario.source or scenario.sumo.config
    for number, rsu in enumerate(scenario.rsu):
        prefix = f"{rsu.name}-" if rsu.name else ""
        field = f"{source}: rsu[{number}].at"
        found = list(_sites(rsu, network, signals, facilities, field))
        if not found:
            lacks = {"car-parks": "car park", "charging-stations": "charging station"}
            what = lacks.get(str(rsu.at), "traffic light, no car park and no charging station")
            warnings.warn(f"{field} = {rsu.at!r}: no roadside unit: the network has no {what}", stacklevel=2)
        elif rsu.at == "traffic-lights" and not _lights(network, signals):
            warnings.warn(
                f"{field} = {rsu.at!r}: the network has none: units stand at its car parks and charging stations",
                stacklevel=2,
            )
        for site in found:
            id = prefix + site.id
            known = sites.get(id)
            apps = site.apps if known is None else tuple(dict.fromkeys(known.apps + site.apps))
            sites[id] = Site(id, site.position, site.light, apps)
    wanted = len(facilities.car_parks.ids) + len(facilities.chargers.ids)
    if wanted and scenario.v2x.services and not scenario.rsu and not cellular_services(scenario):
        warnings.warn(f"{source}: rsu = []: no roadside unit, and v2x.uu is off: nobody is guided", stacklevel=2)
    if len(sites) >= MANY:
        warnings.warn(f"{source}: rsu: {len(sites):,} roadside units will make the run slow", stacklevel=2)
    return list(sites.values())


def cellular_services(scenario: Scenario) -> tuple[Use, ...]:
    """The applications among which are those that the city's platform offers by cellular where that is had.

    They are those of the units; of a scenario without any, the usual ones.
    """
    v2x = scenario.v2x
    if v2x.uu == "off" and [radio.use for radio in v2x.radios] != ["uu"]:
        return ()
    return tuple(dict.fromkeys(app for rsu in scenario.rsu or (Rsu(),) for app in rsu.apps))


def _sites(rsu: Rsu, network: RoadNetwork, signals: Signals, facilities: Facilities, field: str) -> Iterable[Site]:
    at = rsu.at
    if isinstance(at, Positions):
        for x, y in at.positions:
            _check_near(x, y, network, field)
            yield Site(f"at-{x:.12g}-{y:.12g}", (x, y), -1, rsu.apps)
    elif isinstance(at, Junctions):
        for junction in at.junctions:
            yield _at_junction(junction, network, signals, rsu.apps, field)
    elif isinstance(at, Edges):
        for edge in at.edges:
            yield from _along(edge, at.spacing, network, rsu.apps, field)
    elif at == "car-parks":
        yield from _at_car_parks(facilities, rsu.apps)
    elif at == "charging-stations":
        yield from _at_chargers(facilities, rsu.apps)
    else:
        lights = _lights(network, signals)
        for light, id in lights:
            yield Site(id, network.signal_xy[id], light, rsu.apps)
        if not lights:
            yield from _at_car_parks(facilities, rsu.apps)
            yield from _at_chargers(facilities, rsu.apps)


def _lights(network: RoadNetwork, signals: Signals) -> list[tuple[int, str]]:
    """Number and id of the traffic lights that control a connection. Others stand nowhere and have nobody to tell."""
    return [(light, id) for light, id in enumerate(signals.ids) if id in network.signal_xy]


def _at_car_parks(facilities: Facilities, apps: tuple[Use, ...]) -> Iterable[Site]:
    """One in the middle of each."""
    parks = facilities.car_parks
    for id, x, y in zip(parks.ids, parks.x.tolist(), parks.y.tolist(), strict=True):
        yield Site(f"car-park-{id}", (x, y), -1, apps)


def _at_chargers(facilities: Facilities, apps: tuple[Use, ...]) -> Iterable[Site]:
    """One in the middle of each site, which may be several charging stations."""
    chargers = facilities.chargers
    for id, here in zip(chargers.sites, chargers.at_site, strict=True):
        yield Site(f"charging-{id}", (float(chargers.x[here].mean()), float(chargers.y[here].mean())), -1, apps)


def _check_near(x: float, y: float, network: RoadNetwork, field: str) -> None:
    xmin, ymin, xmax, ymax = network.bounds
    if max(xmin - x, x - xmax, ymin - y, y - ymax) > FARTHEST:
        bounds = f"{xmin:g}, {ymin:g} to {xmax:g}, {ymax:g}"
        raise ScenarioError(f"{field} = [{x:g}, {y:g}]: must be within {FARTHEST / 1e3:g} km of the net ({bounds} m)")


def _at_junction(junction: str, network: RoadNetwork, signals: Signals, apps: tuple[Use, ...], field: str) -> Site:
    if junction in network.signal_xy:
        return Site(junction, network.signal_xy[junction], signals.ids.index(junction), apps)
    number = _number(junction, network.junction_ids, "junction", f"{field}.junctions")
    x, y = network.junction_xy[number].tolist()
    return Site(junction, (x, y), -1, apps)


def _along(edge: str, spacing: float, network: RoadNetwork, apps: tuple[Use, ...], field: str) -> Iterable[Site]:
    """Units every `spacing` m, the first half a spacing from the edge's begin; one in the middle of a short edge."""
    number = _number(edge, network.edge_ids[: network.normal_edges], "edge", f"{field}.edges")
    length = float(network.edge_length[number])
    if length / spacing > MOST:
        raise ScenarioError(f"{field}.spacing = {spacing:g}: makes more than {MOST:,} units of one edge")
    shape = network.lane_shapes[network.edge_first_lane[number]]
    for rank, at in enumerate(np.arange(min(spacing, length) / 2.0, length, spacing).tolist()):
        yield Site(f"{edge}-{rank}", point_along(shape, at / length), -1, apps)


def _number(id: str, known: Sequence[str], what: str, field: str) -> int:
    if id in known:
        return known.index(id)
    nearest = difflib.get_close_matches(id, known, 1)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise ScenarioError(f"{field} = {id!r}: no such {what} in the network{hint}")
