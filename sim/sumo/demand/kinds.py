"""Kinds of vehicles: SUMO's types and distributions of them, as a replication's kinds and drivers have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import explain
from wayside.sim.scenario.distributions import walk
from wayside.sim.scenario.values import SUMO_VEHICLE_CLASSES
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.demand.drivers import NO_DRIVERS, driven
from wayside.sim.sumo.demand.elements import Node

VARIANTS = 16  # of a vehicle type, where drivers differ by vehicle
OWN = "~"  # in ids of our own: before the number of a repetition or a variant
USUAL = "DEFAULT_VEHTYPE"  # SUMO's type of a vehicle that names none
# Vehicle classes of SUMO's own types, which no file need define.
_CLASSES = {
    USUAL: "passenger",
    "DEFAULT_PEDTYPE": "pedestrian",
    "DEFAULT_BIKETYPE": "bicycle",
    "DEFAULT_TAXITYPE": "taxi",
    "DEFAULT_RAILTYPE": "rail",
    "DEFAULT_CONTAINERTYPE": "container",
}
_LOOPS = 8  # distributions within distributions that are followed


class _Kind(NamedTuple):
    """A vehicle type, or a distribution of types."""

    factor: float  # of how many vehicles of it there are
    weight: float = 1.0  # as a member of a distribution
    members: tuple[str, ...] = ()  # of a distribution: which are drawn, as far as that is known
    bounds: tuple[float, ...] = ()  # their weights, added up


class DemandTypes:
    """All types that the files have defined so far."""

    def __init__(self, draws: Draws, own_default: bool) -> None:
        """own_default: whether the files define the type of vehicles that name none."""
        self._draws = draws
        self._kinds: dict[str, _Kind] = {}
        self._found: set[str] = set()  # entries of `demand.kinds`
        self._names: set[str] = set()  # as the files have them
        self.usual = USUAL  # the type of vehicles that name none
        if draws.driving and not own_default:
            self.usual += OWN

    def own(self) -> Node | None:
        """A type of our own for vehicles that name none, where SUMO's has other drivers; it must be defined first."""
        if self.usual == USUAL or self.usual in self._kinds:
            return None
        return self.type(Node("vType", {"id": self.usual, "vClass": "passenger"}, []))

    def factor(self, type: str) -> float:
        """Of how many vehicles of a type or distribution there are."""
        found = self._kinds.get(type)
        return self._factor(type, _CLASSES.get(type, "")) if found is None else found.factor

    def member(self, type: str, who: str) -> str:
        """The type that somebody has: of a distribution whose members are known, one is drawn."""
        for depth in range(_LOOPS):
            found = self._kinds.get(type)
            if found is None or not found.members:
                break
            type = found.members[walk(found.bounds, self._draws.chance(f"type {depth}", who))]
        return type

    def _factor(self, id: str, vehicle_class: str) -> float:
        found = self._draws.kind(id, vehicle_class)
        if found is None:
            return 1.0
        self._found.add(found[0])
        return found[1]

    def type(self, node: Node) -> Node:
        """A vType as it is to be written: where drivers differ by vehicle, a distribution of variants."""
        attributes = node.attributes
        id = attributes.get("id", "")
        self._names.add(id)
        factor = self._factor(id, attributes.get("vClass", "passenger"))
        variants = self._variants(node)
        kind = _Kind(factor, _number(attributes.get("probability"), 1.0))
        if len(variants) == 1:
            self._kinds[id] = kind
            return variants[0]
        members = tuple(variant.attributes["id"] for variant in variants)
        self._kinds |= dict.fromkeys(members, _Kind(factor))
        self._kinds[id] = kind._replace(members=members, bounds=_added(1.0 for _ in members))
        return Node("vTypeDistribution", {"id": id}, variants)

    def _variants(self, node: Node) -> list[Node]:
        """A vehicle type as drivers change it: once, or for so many strata of those that differ by vehicle."""
        attributes = node.attributes
        if not self._draws.driving or attributes.get("vClass", "passenger") in NO_DRIVERS or "id" not in attributes:
            return [node]
        id = attributes["id"]
        every = self._draws.drivers(id, VARIANTS)
        models = [child.tag.startswith("carFollowing") for child in node.children]
        below = {
            name for child, is_model in zip(node.children, models, strict=True) if is_model for name in child.attributes
        }
        made = []
        for number, factors in enumerate(every):
            own = {name: factor for name, factor in factors.items() if name not in below}
            children = [
                _model(child, factors) if is_model else child
                for child, is_model in zip(node.children, models, strict=True)
            ]
            named = attributes if len(every) == 1 else {**attributes, "id": f"{id}{OWN}{number}"}
            made.append(Node(node.tag, driven(named, own), children))
        return made

    def distribution(self, node: Node) -> list[Node]:
        """A vTypeDistribution as it is to be written: its members as often as `demand.kinds` has it.

        Members of which there are variants are defined before it.
        """
        attributes = dict(node.attributes)
        id = attributes.get("id", "")
        self._names.add(id)
        before: list[Node] = []
        children: list[Node] = []
        parts: list[tuple[str, float]] = []  # of each member: id, weight
        named = attributes.get("vTypes", "").split()
        said = attributes.get("probabilities", "").split()
        weights = [_number(text, 1.0) for text in said] + [self._weight(name) for name in named[len(said) :]]
        for child in node.children:
            name = child.attributes.get("refId") or child.attributes.get("id", "")
            weight = _number(child.attributes.get("probability"), self._weight(name))
            if child.tag == "vType" and "refId" not in child.attributes:
                child = self.type(child)
            if child.tag == "vTypeDistribution":
                before.append(child)
                named.append(name)
                weights.append(weight)
                continue
            children.append(child)
            if child.tag == "vType":
                parts.append((name, weight))
        parts += zip(named, weights, strict=False)
        total = sum(weight for _, weight in parts)
        factor = self._factor(id, "")
        if id not in self._draws.demand.kinds and total > 0.0:
            factor = sum(weight * self.factor(name) for name, weight in parts) / total
            if factor > 0.0 and len({self.factor(name) for name, _ in parts}) > 1:
                parts = [(name, weight * self.factor(name)) for name, weight in parts]
                children = [child for child in map(self._reweighted, children) if child is not None]
        if named:
            shown = parts[len(parts) - len(named) :]
            shown = [part for part in shown if part[1] > 0.0]
            attributes["vTypes"] = " ".join(name for name, _ in shown)
            attributes["probabilities"] = " ".join(f"{weight:.9g}" for _, weight in shown)
            if not shown:
                del attributes["vTypes"], attributes["probabilities"]
        drawn = [] if "deterministic" in attributes else [part for part in parts if part[1] > 0.0]
        self._kinds[id] = _Kind(factor, 1.0, tuple(name for name, _ in drawn), _added(weight for _, weight in drawn))
        return [*before, Node(node.tag, attributes, children)]

    def _weight(self, type: str) -> float:
        return self._kinds[type].weight if type in self._kinds else 1.0

    def _reweighted(self, child: Node) -> Node | None:
        """A member of a distribution as often as its kind is; None where it is never."""
        if child.tag != "vType":
            return child
        name = child.attributes.get("refId") or child.attributes.get("id", "")
        weight = _number(child.attributes.get("probability"), self._weight(name)) * self.factor(name)
        return Node(child.tag, {**child.attributes, "probability": f"{weight:.9g}"}, child.children) if weight else None

    def unknown(self) -> list[str]:
        """A line for each entry of `demand.kinds` that no vehicle is of. ScenarioError for one that is no kind."""
        where, warnings = self._draws.where, []
        for name in self._draws.demand.kinds:
            if name in self._found:
                continue
            if name not in SUMO_VEHICLE_CLASSES:
                guess = explain.nearest(name, self._names | SUMO_VEHICLE_CLASSES)
                known = ", ".join(sorted(self._names)) or "none"
                hint = f'did you mean "{guess}"?' if guess else f"types are {known}"
                raise ScenarioError(f"{where}.kinds.{name}: no vehicle type or class of this name; {hint}")
            warnings.append(f"{where}.kinds.{name}: no vehicle is of this kind")
        return warnings


def _model(child: Node, factors: Mapping[str, float]) -> Node:
    """A car-following model in an element of its own, as older files have it."""
    said = {name: factor for name, factor in factors.items() if name in child.attributes}
    return Node(child.tag, driven(child.attributes, said), child.children)


def _number(text: str | None, default: float) -> float:
    try:
        return default if text is None else float(text)
    except ValueError:  # SUMO says what is wrong with it
        return default


def _added(weights: Iterable[float]) -> tuple[float, ...]:
    return tuple(accumulate(weights))
