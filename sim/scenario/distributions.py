"""A number of a scenario that may be a distribution: `1.2`, or `{ normal = [1.0, 0.15], within = [0.7, 1.3] }`."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer

from wayside.sim.scenario import explain
from wayside.sim.scenario.values import Section, as_tuple, refuse

Level = Literal["replication", "origin", "vehicle"]
Quantiles = Callable[[float], float]

_LEAST, _GREATEST = 2.0**-1000, 1.0 - 2.0**-53  # probabilities that have a normal quantile
_MASS = 1e-6  # the least share of a distribution that bounds may leave of it
_OPTIONS = ("within", "per")
# Parameters by distribution, as they are told to people; a choice has any number.
_PARAMETERS = {
    "normal": ("mean", "standard deviation"),
    "lognormal": ("mean", "standard deviation"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "choice": (),
}
_EXAMPLE = "must be a number, or a distribution, as { normal = [1.0, 0.15] }"

_Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
_Triple = Annotated[tuple[float, float, float], BeforeValidator(as_tuple)]
_Several = Annotated[tuple[float, ...], BeforeValidator(as_tuple)]


class Variable(Section):
    """A number, or one of the distributions. All parameters are in the unit of the field."""

    value: float | None = Field(default=None, description="The same in every replication; short: the number alone")
    normal: _Pair | None = Field(default=None, description="[mean, standard deviation]")
    lognormal: _Pair | None = Field(
        default=None, description="[mean, standard deviation], of the value and not of its logarithm"
    )
    uniform: _Pair | None = Field(default=None, description="[low, high]")
    triangular: _Triple | None = Field(default=None, description="[low, mode, high]")
    choice: _Several | None = Field(default=None, description="Numbers, each as likely as the others")
    within: _Pair | None = Field(
        default=None,
        description="[low, high] at which the distribution is cut off; by default a normal and a lognormal are cut off "
        "at the field's own bounds",
    )
    per: Level = Field(
        default="replication", description="For whom a value is drawn: replication, or (where allowed) origin, vehicle"
    )

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> Any:
        if self.value is not None:
            return self.value
        said = {name: value for name, value in whole(self).items() if value is not None}
        return {name: value for name, value in said.items() if name != "per" or value != "replication"}

    @property
    def drawn(self) -> bool:
        """Whether it is a distribution."""
        return self.value is None

    def quantiles(self) -> Quantiles:
        """The quantile function, of probabilities between 0 and 1, both excluded."""
        if self.value is not None:
            value = self.value
            return lambda _: value
        if self.choice is not None:
            values = self.choice
            return lambda u: values[int(u * len(values))]
        quantile, cumulative = self._whole()
        if self.within is None:
            return quantile
        low, high = self.within
        below = cumulative(low)
        share = cumulative(high) - below
        return lambda u: min(max(quantile(below + u * share), low), high)

    def _whole(self) -> tuple[Quantiles, Quantiles]:
        """Quantiles and cumulative probabilities of the distribution before it is cut off."""
        if self.uniform is not None:
            low, high = self.uniform
            return lambda u: low + u * (high - low), lambda x: min(max((x - low) / (high - low), 0.0), 1.0)
        if self.triangular is not None:
            return _triangular(*self.triangular)
        if self.normal is not None:
            normal = NormalDist(*self.normal)
            return lambda u: normal.inv_cdf(min(max(u, _LEAST), _GREATEST)), normal.cdf
        assert self.lognormal is not None
        mean, deviation = self.lognormal
        variance = math.log1p((deviation / mean) ** 2)
        logarithm = NormalDist(math.log(mean) - variance / 2.0, math.sqrt(variance))
        return (
            lambda u: math.exp(logarithm.inv_cdf(min(max(u, _LEAST), _GREATEST))),
            lambda x: logarithm.cdf(math.log(x)) if x > 0.0 else 0.0,
        )


def _triangular(low: float, mode: float, high: float) -> tuple[Quantiles, Quantiles]:
    span, left, right = high - low, mode - low, high - mode
    peak = left / span

    def quantile(u: float) -> float:
        return low + math.sqrt(u * span * left) if u < peak else high - math.sqrt((1.0 - u) * span * right)

    def cumulative(x: float) -> float:
        if x <= low or x >= high:
            return float(x > low)
        return (x - low) ** 2 / (span * left) if x < mode else 1.0 - (high - x) ** 2 / (span * right)

    return quantile, cumulative


def checked(low: float, high: float, *levels: Level) -> Callable[[object], object]:
    """What makes a `Variable` between `low` and `high` of what a scenario says, drawn for one of `levels`.

    Whatever is wrong is refused with what is allowed.
    """

    def check(value: object) -> object:
        if isinstance(value, Variable):
            value = value.model_dump()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"value": _number(value, low, high)}
        if not isinstance(value, Mapping):
            raise refuse(_EXAMPLE)
        kinds = [name for name in value if name not in _OPTIONS]
        for name in kinds:
            if name not in _PARAMETERS:
                guess = explain.nearest(str(name), _PARAMETERS)
                hint = f'did you mean "{guess}"?' if guess else f"known are {', '.join(_PARAMETERS)}"
                raise refuse(f"no such distribution: {explain.shown(name)}; {hint}")
        if len(kinds) != 1:
            raise refuse(f"must have one distribution of {', '.join(_PARAMETERS)}")
        found = {kinds[0]: _parameters(kinds[0], value[kinds[0]], low, high)}
        per = value.get("per", levels[0])
        if per not in levels:
            raise refuse(f"per must be {' or '.join(explain.shown(level) for level in levels)}")
        said = value.get("within")
        if said is None and kinds[0] in ("normal", "lognormal"):
            said = (low, high)
        if said is None:
            return {**found, "per": per}
        return {**found, "within": _within(found, said, low, high), "per": per}

    return check


def _number(value: object, low: float, high: float) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise refuse("must be a number")
    if not math.isfinite(value):
        raise refuse("must be a finite number")
    if not low <= value <= high:
        raise refuse(f"must be between {low:g} and {high:g}")
    return float(value)


def _list(name: str, value: object, names: tuple[str, ...]) -> tuple[float, ...]:
    """Finite numbers, as many as `names`, or any number of them."""
    if not isinstance(value, (list, tuple)) or not value or (names and len(value) != len(names)):
        raise refuse(f"{name} must be [{', '.join(names)}]" if names else f"{name} must be a list of numbers")
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) or not math.isfinite(one) for one in value):
        raise refuse(f"{name} must be a list of finite numbers")
    return tuple(map(float, value))


def _parameters(name: str, value: object, low: float, high: float) -> tuple[float, ...]:
    found = _list(name, value, _PARAMETERS[name])
    if name in ("normal", "lognormal"):
        mean, deviation = found
        if deviation <= 0.0:
            raise refuse(f"the standard deviation of {name} must be above 0")
        if name == "lognormal" and mean <= 0.0:
            raise refuse("the mean of lognormal must be above 0")
        return found
    if name != "choice" and not (found[0] < found[-1] and list(found) == sorted(found)):
        raise refuse(f"{name} must be [{', '.join(_PARAMETERS[name])}], ascending")
    if min(found) < low or max(found) > high:
        raise refuse(f"{name} must be between {low:g} and {high:g}")
    return found


def _within(found: Mapping[str, Any], said: object, low: float, high: float) -> tuple[float, ...]:
    if "choice" in found:
        raise refuse("within is for other distributions than choice")
    within = _list("within", said, ("low", "high"))
    if within[0] >= within[1]:
        raise refuse("within must be [low, high], ascending")
    if within[0] < low or within[1] > high:
        raise refuse(f"within must be between {low:g} and {high:g}")
    cumulative = Variable(**found)._whole()[1]
    if cumulative(within[1]) - cumulative(within[0]) < _MASS:
        raise refuse(f"within = [{within[0]:g}, {within[1]:g}] must leave more of the distribution")
    return within


def walk(bounds: Sequence[float], u: float) -> int:
    """Which of several is drawn by u in [0, 1), whose weights add up to `bounds`."""
    return min(bisect_right(bounds, u * bounds[-1]), len(bounds) - 1)
