"""The lanes of junctions, as MAPEM or as a Chinese MAP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wayside.edge.errors import DecodeError
from wayside.edge.messages import Mapem, build, build_csae, build_roads
from wayside.edge.messages.build import Said
from wayside.sim.wire.junctions import Junction

_TICKS: Final = 10.0  # of 100 ms in a second: MAP's count goes up with each


class Maps:
    """Made when they are first asked for. Of a light that controls no lanes of the net, they say nothing."""

    def __init__(self, family: str, epoch: float, junctions: Sequence[Junction]) -> None:
        self.etsi = family == "etsi"
        self.epoch = epoch
        self.junctions = junctions
        self._mapems: dict[tuple[int, int], bytes] = {}  # by unit and light
        self._maps: dict[int, Said] = {}  # by light

    def octets(self, unit: int, light: int, time: float) -> bytes:
        """What a unit says of a light's junction at a time [s]."""
        junction = self.junctions[light]
        if not self.etsi:
            return self._map(junction, time)
        if (unit, light) not in self._mapems:
            region, number = junction.node
            said = build_roads.mapem(
                unit, number, junction.reference, junction.lanes, region=region, width=junction.width
            )
            if not junction.lanes:
                del said.value["map"]["intersections"]
            self._mapems[unit, light] = said.encode()
        return self._mapems[unit, light]

    def _map(self, junction: Junction, time: float) -> bytes:
        """The number of the message and the minute are of the moment."""
        if junction.number not in self._maps:
            nodes: dict[build_csae.NodeId, Any] = {junction.node: (junction.reference, junction.roads)}
            self._maps[junction.number] = build_csae.map_data(nodes, self.epoch)
        said = self._maps[junction.number]
        minute, _ = build_roads.minute_and_millisecond(self.epoch + time)
        content: dict[str, Any] = said.value[1]
        content |= {"msgCnt": round(time * _TICKS) % 128, "timeStamp": minute}
        return said.encode()


def understood(octets: bytes, family: str) -> Mapem:
    """The light that a map is of. DecodeError where the octets are no map of one intersection."""
    if family == "etsi":
        intersections = build.decode("MAPEM", octets).value["map"].get("intersections", ())
        if len(intersections) != 1:
            raise DecodeError(f"MAPEM: of {len(intersections)} intersections: must be of one")
        (intersection,) = intersections
        return Mapem(intersection["id"].get("region", 0) << 16 | intersection["id"]["id"])
    kind, content = build.decode("MESSAGE_FRAME", octets).value
    if kind != "mapFrame":
        raise DecodeError(f"MESSAGE_FRAME: is a {kind}: must be a mapFrame")
    node = content["nodes"][0]["id"]
    return Mapem(node.get("region", 0) << 16 | node["id"])
