"""Which loss a link has: the tables of path loss and shadowing for the classes of stations in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext import propagation
from wayside.ext.arrays import Doubles
from wayside.ext.links import Links

MODELS = ("highway", "urban", "winner-b1", "two-ray", "free-space")
_STEP = 1.0  # m
_LOS, _NLOS = 3.0, 4.0  # dB: standard deviations of shadowing, TR 37.885 clause 6.2.1
DECORRELATION = {"highway": 25.0, "urban": 10.0}  # m, TR 37.885 clause 6.2.1; others as on a highway
CAR, TRUCK = 1.6, 3.0  # m: heights of vehicles, and of trucks' and buses' antennas, TR 37.885 clause 6.1.2


@dataclass(frozen=True)
class Channel:
    """Propagation between stations; one class of stations per antenna height."""

    model: str = "urban"  # of MODELS
    frequency: float = 5.9  # GHz
    heights: Sequence[float] = (1.6,)  # m, antennas of each class above the ground
    environment: float = 0.0  # m, taken off the heights by WINNER+ B1
    shadowing: float | None = None  # dB; None: as the model has it
    blockage: str = "drawn"  # vehicles in between (highway and urban): drawn, or looked for among the "vehicles"
    range_m: float = 1500.0  # beyond, nothing is computed

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.model not in MODELS:
            raise ScenarioError(f"propagation {self.model!r}: must be one of {', '.join(MODELS)}")
        if not self.heights or min(self.heights) <= self.environment:
            raise ScenarioError(f"antennas at {list(self.heights)} m: must stand above {self.environment} m")

    def loss(self, d: Doubles, one: float, other: float) -> Doubles:
        """Path loss in dB over d [m] with a line of sight, antennas at these heights [m]."""
        f = self.frequency
        if self.model == "winner-b1":
            return propagation.winner_b1(d, f, one - self.environment, other - self.environment)
        if self.model == "two-ray":
            return propagation.two_ray(d, f, one, other)
        plain = {
            "highway": propagation.highway_los,
            "urban": propagation.urban_los,
            "free-space": propagation.free_space,
        }
        return plain[self.model](d, f)

    def links(self, seed: int, skin: float = 60.0, floor: float | None = None) -> Links:
        """The links of a run; stations' classes are numbers of `heights`, the others as `Links` has them."""
        d = np.arange(0.0, self.range_m + 2.0 * _STEP, _STEP)
        classes = len(self.heights)
        shape = (classes, classes, len(d))
        loss, deviation = np.empty(shape), np.full(shape, _LOS if self.shadowing is None else self.shadowing)
        blocked, spread = np.zeros((2, *shape)), np.zeros((2, *shape))
        for i, one in enumerate(self.heights):
            for j, other in enumerate(self.heights):
                loss[i, j] = self.loss(d, one, other)
                for k, blocker in enumerate((CAR, TRUCK)):
                    blocked[k, i, j], spread[k, i, j] = propagation.blockage(d, one, other, blocker)
        extra: dict[str, object] = {}
        if self.model in DECORRELATION:
            behind = np.full(shape, _NLOS if self.shadowing is None else self.shadowing)
            sight = np.broadcast_to(propagation.sight(d, self.model == "urban"), shape)
            extra = {"sight": sight, "blocked": blocked, "spread": spread, "blocked_deviation": behind}
            if self.blockage == "vehicles":
                extra["heights"] = self.heights
        return Links(
            range_m=self.range_m,
            loss=loss,
            deviation=deviation,
            step=_STEP,
            decorrelation=DECORRELATION.get(self.model, DECORRELATION["highway"]),
            skin=skin,
            floor=floor,
            seed=seed,
            **extra,  # type: ignore[arg-type]
        )
