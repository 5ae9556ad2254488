"""The static world as the viewer wants it: `GET /api/world` of docs/live.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.sim.engine import Simulation
from wayside.sim.sumo.network import net_file
from wayside.sim.sumo.scenery import Bay, Scenery, read_scenery
from wayside.sim.world import VehicleType

STOREY = 9.0  # m: the height of a building that does not say its own


def describe(simulation: Simulation) -> dict[str, Any]:
    """All that does not change during a run, but `run` and `types`, which are added by others."""
    network = simulation.network
    additional = [Path(file) for file in simulation.backend.option("additional-files").split(",") if file]
    scenery = read_scenery(net_file(simulation.staged.config), additional, network)
    return {
        "scenario": simulation.scenario.name,
        "title": simulation.scenario.title,
        "bounds": [round(value, 2) for value in network.bounds],
        "kinds": list(simulation.exchange.kinds),
        "range": simulation.scenario.v2x.range,
        "losses": simulation.exchange.radio.tally is not None or simulation.scenario.v2x.uu == "field",
        "edges": {
            "ids": list(network.edge_ids),
            "names": scenery.edge_names,
            "internal": [int(number >= network.normal_edges) for number in range(len(network.edge_ids))],
        },
        "lanes": {
            "ids": list(network.lane_ids),
            "edge": network.lane_edge.tolist(),
            "width": network.lane_width.round(2).tolist(),
            "kind": scenery.lane_kinds,
            "shapes": [_flat(shape) for shape in network.lane_shapes],
        },
        "junctions": {"ids": scenery.junction_ids, "shapes": [_flat(shape) for shape in scenery.junction_shapes]},
        "lights": _lights(simulation, scenery),
        "buildings": [
            {
                "shape": _flat(polygon.shape),
                "height": round(polygon.height, 1) if polygon.height == polygon.height else STOREY,
                "kind": polygon.use,
            }
            for polygon in scenery.polygons
            if polygon.kind == "building"
        ],
        "areas": [
            {"shape": _flat(polygon.shape), "kind": polygon.kind}
            for polygon in scenery.polygons
            if polygon.kind != "building"
        ],
        "parks": _parks(simulation, scenery),
        "sites": _sites(simulation, scenery),
        "units": [
            {
                "id": unit.id,
                "x": round(unit.position[0], 2),
                "y": round(unit.position[1], 2),
                "apps": [app.name or type(app).__name__ for app in unit.apps],
                "light": unit.light,
            }
            for unit in simulation.units
        ],
    }


def types(known: Iterable[VehicleType]) -> list[list[Any]]:
    """Vehicle types as rows, by their numbers."""
    return [[number, type.id, type.kind, type.length, type.width, type.height] for number, type in enumerate(known)]


def _lights(simulation: Simulation, scenery: Scenery) -> list[dict[str, Any]]:
    lights = []
    for light in simulation.signals.ids:
        x, y = simulation.network.signal_xy.get(light, (0.0, 0.0))
        heads = [
            {
                "lane": head.lane,
                "x": round(head.x, 2),
                "y": round(head.y, 2),
                "heading": round(head.heading, 1),
                "links": list(head.links),
            }
            for head in scenery.heads.get(light, [])
        ]
        lights.append({"id": light, "x": round(x, 2), "y": round(y, 2), "heads": heads})
    return lights


def _parks(simulation: Simulation, scenery: Scenery) -> list[dict[str, Any]]:
    parks = simulation.platform.parking.car_parks
    return [
        {
            "id": id,
            "name": parks.names[number],
            "kind": parks.kinds[number],
            "x": round(float(parks.x[number]), 2),
            "y": round(float(parks.y[number]), 2),
            "edge": int(parks.edge[number]),
            "capacity": int(parks.capacity[number]),
            "price_per_hour": float(parks.price_per_hour[number]),
            "bays": _bays(scenery.bays.get(id, [])),
        }
        for number, id in enumerate(parks.ids)
    ]


def _sites(simulation: Simulation, scenery: Scenery) -> list[dict[str, Any]]:
    chargers = simulation.platform.charging.chargers
    areas = simulation.facilities.charger_area
    sites = []
    for site, id in enumerate(chargers.sites):
        members = np.flatnonzero(chargers.site == site).tolist()
        limit = float(chargers.site_limit_w[site])
        groups = [
            {
                "id": chargers.ids[group],
                "piles": int(chargers.piles[group]),
                "power_w": float(chargers.power_w[group]),
                "price_per_kwh": float(chargers.price_per_kwh[group]),
                "x": round(float(chargers.x[group]), 2),
                "y": round(float(chargers.y[group]), 2),
                "edge": int(chargers.edge[group]),
                "bays": _bays(scenery.bays.get(areas[group] or chargers.ids[group], [])),
            }
            for group in members
        ]
        sites.append(
            {
                "id": id,
                "x": round(float(chargers.x[members].mean()), 2),
                "y": round(float(chargers.y[members].mean()), 2),
                "limit_w": limit if np.isfinite(limit) else None,
                "groups": groups,
            }
        )
    return sites


def _bays(bays: Sequence[Bay]) -> list[list[float]]:
    return [
        [round(bay.x, 2), round(bay.y, 2), round(bay.heading, 1), round(bay.length, 2), round(bay.width, 2)]
        for bay in bays
    ]


def _flat(shape: NDArray[np.float64]) -> list[float]:
    return shape.round(2).ravel().tolist()
