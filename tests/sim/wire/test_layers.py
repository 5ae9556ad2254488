"""MAPEMs of junctions that are too big for one: divided into layers, and put together again."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.sim.wire.cities import EPOCH, Flat
from tests.sim.wire.test_units import pycrates
from wayside.edge.messages import Broadcast, Mapem, build
from wayside.edge.messages.build_roads import Lane, joined, layer_id, mapem
from wayside.edge.messages.kinds import FIRST_UNIT
from wayside.edge.net import btp
from wayside.sim.wire.junctions import Junction, Told
from wayside.sim.wire.lights import MOST_SDU
from wayside.sim.wire.table import kinds_of
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import Signals

PLACE = (30.9, 121.9)
MOST = MOST_SDU - btp.SIZE


def lane(number: int, approach: int, ingress: bool, points: int = 2) -> Lane:
    """One that leads away from the junction, to one other lane."""
    nodes = [(3.2 * number + 0.5 * k, 20.0 + 30.0 * k) for k in range(points)]
    ways = [(number + 1, number, ("maneuverStraightAllowed",))] if ingress else []
    return Lane(number, nodes, approach, ingress, ways, ("maneuverStraightAllowed",) if ingress else ())


def units(lanes: list[Lane]) -> UnitMessages:
    """Three units, at a light with these lanes."""
    signals = Signals(["a"], [1])
    junction = Junction("a", 0, 1, np.ones(1, np.int32), PLACE, tell=lambda _: Told(tuple(lanes)))
    return UnitMessages(kinds_of([], "etsi"), EPOCH, Flat(), np.zeros(3), np.zeros(3), signals, [junction])


def octets_of(said: UnitMessages, unit: int, part: Broadcast) -> bytes:
    return said.broadcasts(np.array([unit], np.int32), [said.say(unit, part, 7.0)], 7.0).one(0)


def big(lanes: int, an_approach: int = 17) -> list[Lane]:
    """So many lanes, half of them towards the junction."""
    return [lane(k + 1, k // an_approach + 1, k < lanes // 2) for k in range(lanes)]


@pytest.mark.parametrize("count", [100, 254])
def test_a_big_junction_is_told_in_layers(count: int) -> None:
    """Each layer fits; another decoder finds every lane once, an approach in one layer, and all as in one message."""
    lanes = big(count)
    said = units(lanes)
    parts = said.parts(Mapem(0))
    assert 1 < len(parts) <= 9
    octets = [octets_of(said, 2, part) for part in parts]
    assert all(len(one) <= MOST for one in octets)
    assert sum(map(len, octets)) > (len(parts) - 1) * (MOST - 17 * 30)  # as few as it takes: an approach's room is left
    values = [pycrates("MAPEM", one)["map"] for one in octets]
    assert [value["layerID"] for value in values] == [10 * len(parts) + k for k in range(1, len(parts) + 1)]
    assert {value["layerType"] for value in values} == {"intersectionData"}
    geometry = [value["intersections"][0] for value in values]
    whole = pycrates("MAPEM", mapem(FIRST_UNIT + 2, 0, PLACE, lanes, region=0, width=3.2).encode())
    assert [one for layer in geometry for one in layer["laneSet"]] == whole["map"]["intersections"][0]["laneSet"]
    told = [{(one.get("ingressApproach"), one.get("egressApproach")) for one in layer["laneSet"]} for layer in geometry]
    assert sum(map(len, told)) == len(set.union(*told))
    assert [said.understood(one) for one in octets] == list(parts)


def test_layers_are_put_together_again() -> None:
    """In any order, with repetitions; not before all are there."""
    lanes = big(200)
    said = units(lanes)
    octets = [octets_of(said, 1, part) for part in said.parts(Mapem(0))]
    received = [build.decode("MAPEM", one) for one in octets]
    assert joined([]) is None
    assert joined(received[1:]) is None
    shuffled = random.Random(1).sample(received * 2, 2 * len(received))
    found = joined(shuffled)
    whole = build.decode("MAPEM", mapem(FIRST_UNIT + 1, 0, PLACE, lanes, region=0, width=3.2).encode())
    assert found == whole.value["map"]["intersections"][0]
    assert joined([whole]) == found
    other = build.decode("MAPEM", octets_of(said, 2, said.parts(Mapem(0))[0]))
    with pytest.raises(ValueError, match="different stations"):
        joined([*received, other])


def test_what_is_small_stays_whole_and_what_is_too_big_is_not_divided() -> None:
    assert units(big(8)).parts(Mapem(0)) == [Mapem(0)]
    long = [lane(k + 1, 1, True, points=63) for k in range(254)]  # more than nine layers
    said = units(long)
    assert said.parts(Mapem(0)) == [Mapem(0)]
    assert said.say(0, Mapem(0), 0.0).length > MOST


def test_an_approach_that_fits_no_layer_is_divided() -> None:
    lanes = [lane(k + 1, 1, True, points=20) for k in range(60)]
    said = units(lanes)
    parts = said.parts(Mapem(0))
    octets = [octets_of(said, 0, part) for part in parts]
    assert len(parts) > 1
    assert all(len(one) <= MOST for one in octets)
    found = joined([build.decode("MAPEM", one) for one in octets])
    assert found is not None
    assert [one["laneID"] for one in found["laneSet"]] == list(range(1, 61))


@pytest.mark.parametrize(("number", "of"), [(0, 1), (2, 1), (1, 10)])
def test_layers_that_cannot_be_numbered(number: int, of: int) -> None:
    with pytest.raises(ValueError, match="must be of at most 9"):
        layer_id(number, of)
