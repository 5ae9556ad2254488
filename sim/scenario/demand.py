"""The section [demand]: the traffic as a random variable."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wayside.sim.scenario import explain
from wayside.sim.scenario.distributions import Variable, checked
from wayside.sim.scenario.values import Name, Section, refuse

# What of a vehicle type is a driver's, and SUMO's bounds for it.
DRIVER_ATTRIBUTES = ("accel", "decel", "minGap", "sigma", "speedFactor", "tau")


def _driver_attribute(name: str) -> str:
    if name not in DRIVER_ATTRIBUTES:
        guess = explain.nearest(name, DRIVER_ATTRIBUTES)
        hint = f'did you mean "{guess}"?' if guess else f"known are {', '.join(DRIVER_ATTRIBUTES)}"
        raise refuse(f'"{name}" is no attribute of drivers; {hint}')
    return name


_SAID = float | Variable
_Scale = Annotated[Variable, BeforeValidator(checked(0.0, 100.0, "replication"), json_schema_input_type=_SAID)]
_OriginScale = Annotated[Variable, BeforeValidator(checked(0.0, 100.0, "origin"), json_schema_input_type=_SAID)]
_Offset = Annotated[
    Variable,
    BeforeValidator(checked(-86400.0, 86400.0, "replication", "origin", "vehicle"), json_schema_input_type=_SAID),
]
_Factor = Annotated[
    Variable, BeforeValidator(checked(0.01, 100.0, "replication", "vehicle"), json_schema_input_type=_SAID)
]


class Demand(Section):
    """[demand]: what is made of the traffic in the SUMO configuration's files; these are not touched."""

    replication: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="Number of the demand that is drawn; without it nothing is, and the files' demand runs, changed "
        "only by what is a plain number here",
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="Seed of the draws; they depend on it and on the replication, not on scenario.seed",
    )
    block: int = Field(
        default=10,
        ge=1,
        le=100_000,
        description="Replications that make one Latin hypercube: 0 to block - 1, then as many more, and so on; "
        "1: independent draws",
    )
    scale: _Scale = Field(default=Variable(value=1.0), description="Factor of how many vehicles and people there are")
    origins: _OriginScale = Field(
        default=Variable(value=1.0),
        description="Further factor of how many there are, drawn for each edge where they begin",
    )
    kinds: dict[Name, _Scale] = Field(
        default_factory=dict,
        description="Further factors of how many there are of some kinds, by vehicle type, distribution of types, or "
        "vehicle class of SUMO, as { truck = 1.5 }",
    )
    offset: _Offset = Field(
        default=Variable(value=0.0), description="By how much departures are later, s; nobody departs before the begin"
    )
    drivers: dict[Annotated[str, AfterValidator(_driver_attribute)], _Factor] = Field(
        default_factory=dict,
        description="Factors of attributes of vehicle types: accel, decel, minGap, sigma, speedFactor, tau",
    )
    stays: _Factor = Field(default=Variable(value=1.0), description="Factor of the durations of stops at parking areas")

    @property
    def variables(self) -> dict[str, Variable]:
        """All that may be drawn, by dotted name."""
        return {
            "scale": self.scale,
            "origins": self.origins,
            **{f"kinds.{name}": self.kinds[name] for name in sorted(self.kinds)},
            "offset": self.offset,
            **{f"drivers.{name}": self.drivers[name] for name in sorted(self.drivers)},
            "stays": self.stays,
        }
