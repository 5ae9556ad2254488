"""Asking a policy, which may be anybody's code: it sees arrays that it cannot write to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import PluginError, as_named, code_of
from wayside.ext.arrays import Doubles, Ints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


_T = TypeVar("_T", bound="DataclassInstance")


def checked(assignment: Any, named: str, requests: int, facilities: int) -> Ints:
    """A copy of what an assignment has chosen: one facility number in -1..facilities-1 for each request.

    PluginError, one line that begins with `named`, for anything else. It is a copy, as arrays may be used again by
    whoever made them.
    """
    chosen = getattr(assignment, "chosen", None)
    if not isinstance(chosen, np.ndarray) or chosen.shape != (requests,) or chosen.dtype.kind not in "iu":
        seen = "None" if assignment is None else f"a {type(assignment).__name__}"
        if isinstance(chosen, np.ndarray):
            seen += f" with {'x'.join(map(str, chosen.shape))} of {chosen.dtype}"
        elif assignment is not None:
            seen += " without `chosen`" if chosen is None else f" with a {type(chosen).__name__}"
        wanted = f"must answer an assignment with {requests} whole numbers as `chosen`, an array"
        raise PluginError(f"{named}: {wanted}, not {seen}")
    if requests and not (chosen.min() >= -1 and chosen.max() < facilities):
        raise PluginError(f"{named}: facility numbers must be within -1..{facilities - 1}")
    return chosen.astype(np.int32)


def foreseen(policy: object, facilities: DataclassInstance, count: int, after_s: float) -> Doubles | None:
    """How many places of each facility a policy expects to be taken `after_s` seconds from now, as its method
    `forecast(facilities, after_s)` tells; None: it has none, or knows nothing yet. It sees read-only arrays.

    PluginError, one line, for what is not `count` numbers of at least 0, and for whatever it raises.
    """
    forecast = getattr(policy, "forecast", None)
    if not callable(forecast):
        return None
    named = f"{name_of(policy)}.forecast"
    with code_of(named):
        said = forecast(read_only(facilities), after_s)
    if said is None:
        return None
    if not isinstance(said, np.ndarray) or said.shape != (count,) or said.dtype.kind not in "fiu":
        raise PluginError(f"{named}: must answer {count} numbers, or None")
    if not (np.isfinite(said).all() and (said >= 0.0).all()):
        raise PluginError(f"{named}: must answer numbers of at least 0")
    return said.astype(np.float64)


def outside(*seen: Any) -> None:
    """Decides nothing: requests stay open until a script commits decisions between two steps."""


def name_of(policy: object) -> str:
    """module:name of a policy."""
    code = policy.func if isinstance(policy, partial) else policy  # with its options
    named = code if hasattr(code, "__qualname__") else type(code)
    return as_named(f"{getattr(named, '__module__', '?')}:{getattr(named, '__qualname__', '?')}")


def read_only(table: _T) -> _T:
    """A copy of a dataclass whose arrays are the same ones, but cannot be written to."""
    copy = object.__new__(type(table))  # as it is: nothing is worked out anew
    vars(copy).update({name: _shown(value) for name, value in vars(table).items()})
    return copy


def _shown(value: Any) -> Any:
    if isinstance(value, tuple) and value and isinstance(value[0], np.ndarray):
        return tuple(map(locked, value))
    return locked(value) if isinstance(value, np.ndarray) else value


def locked(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, not to be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
