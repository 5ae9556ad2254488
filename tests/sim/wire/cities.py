"""A crossing and a city with traffic lights, somewhere on earth, without a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import sumolib

from tests.conftest import ROOT
from wayside.edge.messages import local
from wayside.ext.arrays import Doubles
from wayside.sim.sumo.network import read_network
from wayside.sim.wire.junctions import Junction, read_junctions
from wayside.sim.wire.table import kinds_of
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import RoadNetwork, Signals

EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z
ORIGIN = (30.9, 121.9)


class Flat:
    """The net lies flat at a place, its y axis to the north."""

    def degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        latitude, longitude = local.degrees(ORIGIN, np.asarray(x), np.asarray(y))
        return latitude, longitude

    def metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        x, y = local.metres(ORIGIN, np.asarray(latitude), np.asarray(longitude))
        return x, y

    near_degrees, near_metres = degrees, metres


@cache
def net_of(name: str) -> tuple[Path, RoadNetwork]:
    path = ROOT / "scenarios" / name / f"{name}.net.xml.gz"
    return path, read_network(path)


def city(name: str) -> tuple[RoadNetwork, Signals, tuple[Junction, ...]]:
    """Its network, lights (each green, until 30 s) and junctions."""
    path, network = net_of(name)
    lights = sumolib.net.readNet(str(path), withLatestPrograms=True).getTrafficLights()
    links = {light.getID(): max(index for _, _, index in light.getConnections()) + 1 for light in lights}
    signals = Signals(sorted(links), [links[id] for id in sorted(links)])
    signals.state[:] = ord("G")
    signals.next_switch[:] = 30.0
    return network, signals, read_junctions(network, signals, Flat())


def messages(family: str, name: str = "crossing", added: Sequence[type] = ()) -> UnitMessages:
    """Of three units, one at each light and two elsewhere; added: applications with kinds of their own."""
    _, signals, junctions = city(name)
    x, y = np.array([5.0, 120.0, -300.0]), np.array([-7.0, 80.0, 250.0])
    return UnitMessages(kinds_of(added, family), EPOCH, Flat(), x, y, signals, junctions)
