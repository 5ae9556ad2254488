"""Asking a policy, which may be anybody's code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import PluginError, told_by


class Chooses(Protocol):
    """An assignment: a facility for each request, or -1."""

    @property
    def chosen(self) -> NDArray[np.int32]: ...


_A = TypeVar("_A", bound=Chooses)


def ask(policy: Callable[..., _A], field: str, requests: int, facilities: int, *arguments: Any) -> _A:
    """A policy's assignment, checked: one facility number in -1..facilities-1 for each request.

    PluginError, one line with the scenario's field, for anything else and for whatever it raises.
    """
    try:
        assignment = policy(*arguments)
    except Exception as error:
        raise PluginError(f"{field} {name_of(policy)}: {told_by(error)}") from error
    chosen = getattr(assignment, "chosen", None)
    if not isinstance(chosen, np.ndarray) or chosen.shape != (requests,) or chosen.dtype.kind not in "iu":
        raise PluginError(f"{field} {name_of(policy)}: must answer an Assignment with {requests} whole numbers")
    if requests and not (chosen.min() >= -1 and chosen.max() < facilities):
        raise PluginError(f"{field} {name_of(policy)}: facility numbers must be within -1..{facilities - 1}")
    return assignment


def name_of(policy: object) -> str:
    """module:name of a policy."""
    named = policy if hasattr(policy, "__qualname__") else type(policy)
    return f"{getattr(named, '__module__', '?')}:{getattr(named, '__qualname__', '?')}"
