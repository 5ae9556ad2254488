"""What a replication draws: a point of the design for what holds for all or for an origin, a hash for a vehicle."""

from __future__ import annotations

import math
from functools import cache, cached_property

import numpy as np

from wayside.sim.chance import draws, number
from wayside.sim.scenario.demand import Demand
from wayside.sim.scenario.distributions import Quantiles

HALF = 2.0**-54  # half of a hash's resolution: neither 0 nor 1 is ever drawn
NEUTRAL = {"offset": 0.0}  # what changes nothing; of all others 1
REPEAT_WITHIN = 60.0  # s after the vehicle in which one that repeats it departs, about a signal's cycle


def stratum(seed: int, block: int, replication: int, name: str) -> float:
    """A number in (0, 1): the coordinate `name` of a replication's point in a Latin hypercube.

    Replications 0 to block - 1 are one hypercube, the next ones another, independent of it: so later replications leave
    the earlier ones alone, and a block's mean varies less than one of independent draws (McKay, Beckman and Conover
    1979, Technometrics 21(2)). A random Latin hypercube's coordinates are independent permutations, each with a place
    drawn within its stratum; so each coordinate is drawn alone, and is the same whatever else is drawn.
    """
    from scipy.stats import qmc  # it takes long to import

    hypercube, row = divmod(replication, block)
    rng = np.random.default_rng(number(seed, f"demand {name}", str(hypercube)))
    return float(np.clip(qmc.LatinHypercube(1, rng=rng).random(block)[row, 0], HALF, 1.0 - HALF))


class Draws:
    """The demand of one replication. Without a replication, a distribution stands for the files as they are."""

    def __init__(self, demand: Demand, where: str = "demand", scale: float = 1.0) -> None:
        """`where` is where the user says the section; `scale` is a further factor of how many there are."""
        self.demand = demand
        self.where = where
        self._more = scale
        self._replication = demand.replication or 0  # whose hashes: a number that is not drawn needs some, too
        known = demand.replication is not None
        self._variables = {name: one for name, one in demand.variables.items() if known or not one.drawn}
        self._quantiles: dict[str, Quantiles] = {name: one.quantiles() for name, one in self._variables.items()}
        self.origin_scale = cache(self._origin_scale)
        self._drawn = cache(lambda purpose: draws(demand.seed, f"demand {purpose} {self._replication}"))
        self._origin_offset = cache(lambda origin: self._at("offset", f"offset of {origin}"))

    def scaled(self, factor: float) -> Draws:
        """The same with a further factor of how many there are."""
        return Draws(self.demand, self.where, self._more * factor)

    @property
    def idle(self) -> bool:
        """Whether the files' demand stays as it is."""
        return all(self._is(name, NEUTRAL.get(name, 1.0)) for name in self._variables)

    def _level(self, name: str) -> str:
        one = self._variables.get(name)
        return "" if one is None else one.per if one.drawn else "replication"

    def _at(self, name: str, coordinate: str) -> float:
        """The value of a variable at a coordinate of the design; a plain number has no need of it."""
        one = self._variables[name]
        if one.value is not None:
            return one.value
        return self._quantiles[name](stratum(self.demand.seed, self.demand.block, self._replication, coordinate))

    @cached_property
    def values(self) -> dict[str, float]:
        """What is drawn once for the replication, by dotted name: plain numbers too."""
        return {name: self._at(name, name) for name in self._variables if self._level(name) == "replication"}

    @cached_property
    def scale(self) -> float:
        """Factor of how many there are, for all."""
        return self.values.get("scale", 1.0) * self._more

    def _origin_scale(self, origin: str) -> float:
        """Further factor of how many begin at an edge, a zone or a junction."""
        level = self._level("origins")
        return 1.0 if not level or not origin else self._at("origins", f"origin {origin}")

    @cached_property
    def by_origin(self) -> bool:
        """Whether it matters where somebody begins."""
        return self._level("offset") == "origin" or ("origins" in self._variables and not self._is("origins", 1.0))

    @cached_property
    def scaling(self) -> bool:
        """Whether there are more or fewer than in the files."""
        kinds = any(name.startswith("kinds.") and not self._is(name, 1.0) for name in self._variables)
        return self.scale != 1.0 or kinds or ("origins" in self._variables and not self._is("origins", 1.0))

    def _is(self, name: str, value: float) -> bool:
        """Whether a variable is this plain number."""
        return self._variables[name].value == value

    def kind(self, type: str, vehicle_class: str) -> tuple[str, float] | None:
        """Which entry of `kinds` is a vehicle type's, and its factor: the type's own before its class's."""
        for name in (type, vehicle_class):
            if name in self.demand.kinds:
                return name, self.values.get(f"kinds.{name}", 1.0)
        return None

    def chance(self, purpose: str, who: str) -> float:
        """A number in (0, 1), of the replication, the purpose and who alone."""
        return self._drawn(purpose)(who) or HALF

    def copies(self, who: str, factor: float) -> int:
        """As how many somebody comes, on average `factor`: never fewer with a greater factor."""
        return math.floor(factor + self.chance("copies", who)) if factor != 1.0 else 1

    @cached_property
    def moving(self) -> bool:
        """Whether departures are moved."""
        return "offset" in self._variables and not self._is("offset", 0.0)

    def offset(self, who: str, origin: str) -> float:
        """By how much later somebody departs, s."""
        level = self._level("offset")
        if level == "vehicle":
            return self._quantiles["offset"](self.chance("offset", who))
        return self._origin_offset(origin) if level == "origin" else self.values.get("offset", 0.0)

    @cached_property
    def least_offset(self) -> float:
        """The least that can be drawn, s: at most 0."""
        if not self.moving:
            return 0.0
        return min(0.0, self._quantiles["offset"](HALF) if self._variables["offset"].drawn else self.values["offset"])

    def gap(self, who: str) -> float:
        """How long after the one it repeats somebody departs, s."""
        return REPEAT_WITHIN * self.chance("gap", who)

    def stay(self, who: str) -> float:
        """Factor of the durations of somebody's stops at parking areas."""
        if self._level("stays") == "vehicle":
            return self._quantiles["stays"](self.chance("stay", who))
        return self.values.get("stays", 1.0)

    @cached_property
    def staying(self) -> bool:
        """Whether stays change."""
        return self._level("stays") == "vehicle" or self.values.get("stays", 1.0) != 1.0

    def drivers(self, type: str, variants: int) -> list[dict[str, float]]:
        """Factors of attributes for each of so many variants of a vehicle type; one, where none is drawn by vehicle.

        What is drawn by vehicle takes each stratum's middle once, in an order of its own for each attribute.
        """
        names = [name for name in self._variables if name.startswith("drivers.")]
        several = [name for name in names if self._level(name) == "vehicle"]
        common = {name: self.values[name] for name in names if name in self.values}
        found = [dict(common) for _ in range(variants if several else 1)]
        for name in several:
            rng = np.random.default_rng(number(self.demand.seed, f"demand {name} {self._replication}", type))
            for factors, k in zip(found, rng.permutation(variants).tolist(), strict=True):
                factors[name] = self._quantiles[name]((k + 0.5) / variants)
        return [{name.removeprefix("drivers."): factors[name] for name in names} for factors in found]

    @cached_property
    def driving(self) -> bool:
        """Whether attributes of vehicle types change."""
        names = [name for name in self._variables if name.startswith("drivers.")]
        return any(self._level(name) == "vehicle" or self.values[name] != 1.0 for name in names)

    @property
    def told(self) -> dict[str, float]:
        """What holds for all of the replication, by dotted name, as far as it changes anything."""
        return {name: value for name, value in self.values.items() if not self._is(name, NEUTRAL.get(name, 1.0))}
