"""From a `Network` to a SUMO net, by way of SUMO's plain files. The plan's coordinates are kept."""

from __future__ import annotations

from pathlib import Path

from .files import document, element, number, points, run_tool, save, without_comments
from .roads import LANE_WIDTH, Movement, Network, Piece
from .signals import programs

OPTIONS: dict[str, str | Path] = {
    "--offset.disable-normalization": "true",
    "--no-turnarounds": "true",
    "--default.lanewidth": number(LANE_WIDTH),
    "--default.junctions.radius": "8",
    "--junctions.corner-detail": "5",
    "--junctions.small-radius": "2",
    "--seed": "1",
}


def build_net(network: Network, work: Path) -> Path:
    """Plain files, netconvert, signal programs, netconvert again; the path of the finished net."""
    pieces = network.pieces()
    movements = network.movements(pieces)
    plain = _write_plain(network, pieces, movements, work)
    draft, final = work / "draft.net.xml", work / "final.net.xml"
    run_tool("netconvert", {**plain, **OPTIONS, "--output-file": draft})
    signals = work / "signals.tll.xml"
    save(signals, document("tlLogics", programs(network, movements, draft)))
    run_tool("netconvert", {**plain, **OPTIONS, "--tllogic-files": signals, "--output-file": final})
    final.write_text(without_comments(final.read_text()))
    return final


def _write_plain(
    network: Network, pieces: list[Piece], movements: dict[str, list[Movement]], work: Path
) -> dict[str, str | Path]:
    kinds = {"signal": "traffic_light", "actuated": "traffic_light", "end": "dead_end"}
    nodes = []
    for junction in network.junctions.values():
        x, y = junction.at
        node = element("node", id=junction.id, x=x, y=y, type=kinds.get(junction.kind, "priority"))
        if junction.signalled:
            node.set("tl", f"tl_{junction.id}")
        nodes.append(node)
    edges = []
    for piece in pieces:
        street = piece.street
        edge = element(
            "edge",
            id=piece.id,
            from_=piece.source,
            to=piece.target,
            numLanes=piece.lanes,
            speed=street.speed,
            priority=street.priority,
            name=street.name,
            shape=points(piece.shape),
        )
        if street.allow:
            edge.set("allow", street.allow)
        edges.append(edge)
    connections = [
        element("connection", from_=m.source, to=m.target, fromLane=a, toLane=b)
        for moves in movements.values()
        for m in moves
        for a, b in m.lanes
    ]
    save(work / "town.nod.xml", document("nodes", nodes))
    save(work / "town.edg.xml", document("edges", edges))
    save(work / "town.con.xml", document("connections", connections))
    return {
        "--node-files": work / "town.nod.xml",
        "--edge-files": work / "town.edg.xml",
        "--connection-files": work / "town.con.xml",
    }
