"""The road network, read from SUMO's net file with sumolib."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sumolib

from wayside.edge.errors import ScenarioError, SumoError
from wayside.sim.sumo.configuration import read_configuration
from wayside.sim.world import RoadNetwork


def read_network(path: Path) -> RoadNetwork:
    """The network of a `.net.xml` or `.net.xml.gz`. SumoError where sumolib cannot read it."""
    try:
        net = sumolib.net.readNet(str(path), withInternal=True, withLatestPrograms=True)
    except Exception as error:  # sumolib raises whatever its XML parser met
        raise SumoError(f"{path}: not a SUMO network: {' '.join(str(error).split())}") from None
    if not net.getEdges():
        raise SumoError(f"{path}: not a SUMO network: it has no edges")
    edges = sorted(net.getEdges(withInternal=True), key=lambda edge: edge.getID().startswith(":"))
    normal = sum(not edge.getID().startswith(":") for edge in edges)
    edge_number = {edge.getID(): number for number, edge in enumerate(edges)}
    nodes = [node for node in net.getNodes() if node.getType() != "internal"]
    node_number = {node.getID(): number for number, node in enumerate(nodes)}
    lanes = [lane for edge in edges for lane in edge.getLanes()]
    follows = sorted(
        (edge_number[edge.getID()], edge_number[follower.getID()])
        for edge in edges[:normal]
        for follower in edge.getOutgoing()
    )
    shapes = tuple(np.array([point[:2] for point in lane.getShape()], np.float64) for lane in lanes)
    xmin, ymin, xmax, ymax = net.getBoundary()
    return RoadNetwork(
        edge_ids=tuple(edge_number),
        edge_length=np.array([edge.getLength() for edge in edges], np.float64),
        edge_speed=np.array([edge.getSpeed() for edge in edges], np.float64),
        edge_first_lane=np.cumsum([0] + [len(edge.getLanes()) for edge in edges[:-1]], dtype=np.int32),
        edge_from=np.array([node_number.get(edge.getFromNode().getID(), -1) for edge in edges], np.int32),
        edge_to=np.array([node_number.get(edge.getToNode().getID(), -1) for edge in edges], np.int32),
        edge_after=np.array([edge_number[_after(edge).getID()] for edge in edges], np.int32),
        normal_edges=normal,
        successors=(
            np.array([pair[0] for pair in follows], np.int32),
            np.array([pair[1] for pair in follows], np.int32),
        ),
        lane_ids=tuple(lane.getID() for lane in lanes),
        lane_edge=np.array([edge_number[lane.getEdge().getID()] for lane in lanes], np.int32),
        lane_shapes=shapes,
        lane_width=np.array([lane.getWidth() for lane in lanes], np.float64),
        junction_ids=tuple(node_number),
        junction_xy=np.array([node.getCoord()[:2] for node in nodes], np.float64).reshape(-1, 2),
        signal_xy={light.getID(): _centre(light) for light in net.getTrafficLights()},
        bounds=(xmin, ymin, xmax, ymax),
        edge_number=edge_number,
        lane_number={lane.getID(): number for number, lane in enumerate(lanes)},
    )


def _after(edge: sumolib.net.edge.Edge) -> sumolib.net.edge.Edge:
    """The first normal edge from here on; the edge itself if it is one, or leads nowhere."""
    while edge.getID().startswith(":") and edge.getOutgoing():
        edge = next(iter(edge.getOutgoing()))
    return edge


def net_file(config: Path) -> Path:
    """The network that a configuration names. ScenarioError where it names none."""
    name = read_configuration(config).get("net-file")
    if not name:
        raise ScenarioError(f"{config}: net-file is missing: a SUMO configuration names its network")
    return config.parent / name


def _centre(light: sumolib.net.TLS) -> tuple[float, float]:
    """The mean position of the junctions that a traffic light controls, m."""
    nodes = {connection[0].getEdge().getToNode() for connection in light.getConnections()}
    points = np.array(sorted(node.getCoord()[:2] for node in nodes))
    x, y = points.mean(axis=0)
    return float(x), float(y)
