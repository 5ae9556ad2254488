"""Where roadside units stand: what a scenario's `[[rsu]]` entries mean on a network."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.sections import Edges, Junctions, Positions, Rsu
from wayside.sim.world import RoadNetwork, Signals, point_along


@dataclass(frozen=True)
class Site:
    """A place for a unit: its id, position [m], traffic light (number or -1) and applications by name."""

    id: str
    position: tuple[float, float]
    light: int
    apps: tuple[str, ...]


def place_units(scenario: Scenario, network: RoadNetwork, signals: Signals) -> list[Site]:
    """All units of a scenario, in its order. ScenarioError for a junction or an edge that the network lacks.

    Entries that put two units at one traffic light are merged into one unit with the applications of both.
    """
    sites: dict[str, Site] = {}
    for number, rsu in enumerate(scenario.rsu):
        source = scenario.source or scenario.sumo.config
        prefix = f"{rsu.name}-" if rsu.name else ""
        for site in _sites(rsu, network, signals, f"{source}: rsu[{number}].at"):
            id = prefix + site.id
            known = sites.get(id)
            apps = site.apps if known is None else tuple(dict.fromkeys(known.apps + site.apps))
            sites[id] = Site(id, site.position, site.light, apps)
    return list(sites.values())


def _sites(rsu: Rsu, network: RoadNetwork, signals: Signals, field: str) -> Iterable[Site]:
    at = rsu.at
    if isinstance(at, Positions):
        for x, y in at.positions:
            yield Site(f"at-{x:.12g}-{y:.12g}", (x, y), -1, rsu.apps)
    elif isinstance(at, Junctions):
        for junction in at.junctions:
            yield _at_junction(junction, network, signals, rsu.apps, field)
    elif isinstance(at, Edges):
        for edge in at.edges:
            yield from _along(edge, at.spacing, network, rsu.apps, field)
    else:
        for light, id in enumerate(signals.ids):
            yield Site(id, network.signal_xy[id], light, rsu.apps)


def _at_junction(junction: str, network: RoadNetwork, signals: Signals, apps: tuple[str, ...], field: str) -> Site:
    if junction in network.signal_xy:
        return Site(junction, network.signal_xy[junction], signals.ids.index(junction), apps)
    number = _number(junction, network.junction_ids, "junction", f"{field}.junctions")
    x, y = network.junction_xy[number].tolist()
    return Site(junction, (x, y), -1, apps)


def _along(edge: str, spacing: float, network: RoadNetwork, apps: tuple[str, ...], field: str) -> Iterable[Site]:
    """Units every `spacing` m, the first half a spacing from the edge's begin; one in the middle of a short edge."""
    number = _number(edge, network.edge_ids[: network.normal_edges], "edge", f"{field}.edges")
    length = float(network.edge_length[number])
    shape = network.lane_shapes[network.edge_first_lane[number]]
    for rank, at in enumerate(np.arange(min(spacing, length) / 2.0, length, spacing).tolist()):
        yield Site(f"{edge}-{rank}", point_along(shape, at / length), -1, apps)


def _number(id: str, known: Sequence[str], what: str, field: str) -> int:
    if id in known:
        return known.index(id)
    nearest = difflib.get_close_matches(id, known, 1)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise ScenarioError(f"{field} = {id!r}: no such {what} in the network{hint}")
