"""The static world as the viewer wants it: `GET /api/world` of docs/live.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wayside.ext.arrays import Doubles
from wayside.sim.engine import Simulation
from wayside.sim.sumo.network import net_file
from wayside.sim.sumo.scenery import Scenery, read_scenery
from wayside.sim.world import VehicleType
from wayside.web.server.view import Views

STOREY = 9.0  # m: the height of a building that does not say its own


def describe(views: Views) -> dict[str, Any]:
    """All that does not change during a run, but `run` and `types`, which are added by others."""
    simulation = views.simulation
    network = simulation.network
    additional = [Path(file) for file in simulation.backend.option("additional-files").split(",") if file]
    scenery = read_scenery(net_file(simulation.staged.config), additional, network)
    return {
        "scenario": simulation.scenario.name,
        "title": simulation.scenario.title,
        "bounds": [round(value, 2) for value in network.bounds],
        "kinds": list(simulation.exchange.kinds),
        "routine": [int(kind.routine) for kind in simulation.exchange.messages.kinds],
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
        **views.world(scenery),
        "units": [
            {
                "id": unit.id,
                "x": round(unit.position[0], 2),
                "y": round(unit.position[1], 2),
                "apps": [app.name or type(app).__name__ for app in unit.apps],
                "light": unit.light,
                "sensor": _sensor(simulation, unit.number),
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


def _sensor(simulation: Simulation, unit: int) -> dict[str, Any] | None:
    """How far a unit's sensor sees [m], and its sectors [degrees]; None where it has none."""
    perceived = simulation.maps.perceived
    if perceived is None or unit not in perceived.by_unit:
        return None
    of = perceived.by_unit[unit].sensor
    return {"range": of.range_m, "sectors": [list(sector) for sector in of.sectors]}


def _flat(shape: Doubles) -> list[float]:
    return shape.round(2).ravel().tolist()
