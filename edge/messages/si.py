"""Between SI units and the standards' integers: NaN is what is not known, which they have a value for."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.messages.columns import MISSING
from wayside.edge.messages.schema import Integer
from wayside.ext.arrays import Doubles, Longs

MICRODEGREE: Final = 1e-7  # a tenth of one: the step of latitudes and longitudes in both families
# Standard deviations within which 95 % of normal errors lie, which is what the standards mean by a confidence: of one
# number, as along an axis; and of a place in the plane, equal in all directions: sqrt(-2 ln 0.05).
ONE_IN_95_PERCENT: Final = 1.959964
PLANE_IN_95_PERCENT: Final = 2.447746830680816
_EPOCH: Final = 1_072_915_200  # 2004-01-01T00:00:00Z, s since 1970
# When a leap second had been added since then, s since 1970: TimestampIts counts them (TS 102 894-2, TimestampIts).
_LEAPS: Final = (1_136_073_600, 1_230_768_000, 1_341_100_800, 1_435_708_800, 1_483_228_800)
# As the standards name these values; two of the names are misspelt there.
_UNKNOWN: Final = ("unavailable", "unknown", "undefined", "invalid")
_BELOW: Final = ("negativeOutOfRange", "negativeOutofRange")
_ABOVE: Final = ("outOfRange", "positiveOutOfRange", "postiveOutOfRange", "later")


def steps(type: Integer, values: ArrayLike, step: float) -> Longs:
    """Quantities [SI] as a field's integers of `step` [SI] each, rounded to the nearest.

    NaN becomes the field's value for it; what is above or below its range becomes what `held` has for that. Where the
    field has no value for NaN, the encoder refuses it.
    """
    numbers = np.rint(np.asarray(values, np.float64) / step)
    said = np.where(np.isnan(numbers), max(unavailable(type), -(2**62)), np.clip(numbers, *held(type)))
    return said.astype(np.int64)


def unavailable(type: Integer) -> int:
    """The integer that says that a value is not known; one out of the range where the field has none."""
    found = _first(type, _UNKNOWN)
    return MISSING if found is None else found


def out_of_range(type: Integer) -> tuple[int | None, int | None]:
    """The integers that stand for all below, and for all above, what a field can express; None where there is none."""
    return _first(type, _BELOW), _first(type, _ABOVE)


def held(type: Integer) -> tuple[int, int]:
    """What stands for all below, and for all above, what a field can express: the standard's integer for it, or the
    last one that is a quantity.
    """
    assert type.low is not None
    assert type.high is not None
    below, above = out_of_range(type)
    unknown = unavailable(type)
    lowest, highest = type.low + (type.low == unknown), type.high - (type.high == unknown)
    return lowest if below is None else below, highest if above is None else above


def _first(type: Integer, names: tuple[str, ...]) -> int | None:
    return next((type.named[name] for name in names if name in type.named), None)


def quantities(type: Integer, numbers: Longs, step: float) -> Doubles:
    """The other way round: NaN where it is not known, or not there."""
    found = np.asarray(numbers * step, np.float64)
    found[(numbers == unavailable(type)) | (numbers == MISSING)] = np.nan
    return found


def turned(degrees: ArrayLike, step: float) -> Longs:
    """Directions [degrees clockwise from north] as integers of `step` [degrees] in one turn; not for NaN."""
    return np.rint(np.asarray(degrees, np.float64) / step).astype(np.int64) % round(360.0 / step)


def direction(degrees: float | None, step: float) -> float | None:
    """A direction [degrees] as `turned` rounds it; None stays None."""
    return None if degrees is None else float(turned(degrees, step)) * step


def timestamp_its(utc: float) -> int:
    """TimestampIts [ms] of a time [s since 1970, UTC]: since 2004, leap seconds counted."""
    leaps = sum(utc >= leap for leap in _LEAPS)
    return round((utc - _EPOCH + leaps) * 1000.0)


def utc_of(seconds: int) -> int:
    """UTC [s since 1970] of a time in TAI seconds since 2004-01-01T00:00:00 UTC: the other way round."""
    leaps = sum(seconds >= leap - _EPOCH + before for before, leap in enumerate(_LEAPS, 1))
    return seconds + _EPOCH - leaps
