"""What a pile is by its connector: how it is fed, and the least that it can give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Connector:
    """A kind of plug, and what holds of it where nothing else is said."""

    phases: int  # 0: direct current
    volts: float  # of a phase against neutral; of a battery
    least_a: float  # a phase; direct current has no least by standard


# IEC 61851-1:2017, Annex A: the control pilot cannot tell a car to take less than 6 A a phase; below, it is paused.
_PILOT = 6.0
CONNECTORS = {
    "type1": Connector(1, 230.0, _PILOT),  # IEC 62196-2
    "type2": Connector(3, 230.0, _PILOT),
    "gbt-ac": Connector(1, 220.0, _PILOT),  # GB/T 20234.2
    "ccs1": Connector(0, 400.0, 0.0),  # IEC 62196-3
    "ccs2": Connector(0, 400.0, 0.0),
    "gbt-dc": Connector(0, 400.0, 0.0),  # GB/T 20234.3
    "chademo": Connector(0, 400.0, 0.0),
    "nacs": Connector(0, 400.0, 0.0),  # SAE J3400
}
_UNSAID = Connector(1, 230.0, 0.0)


def least_w(
    connector: str = "", phases: int | None = None, volts: float | None = None, least_a: float | None = None
) -> float:
    """The least that a pile can give without a pause, W at the pile; 0 where nothing is said.

    ValueError, which begins with the field, for a connector that is not known, and phases that it cannot have.
    """
    if connector and connector not in CONNECTORS:
        raise ValueError(f"connector = {connector!r}: must be one of {', '.join(CONNECTORS)}")
    kind = CONNECTORS.get(connector, _UNSAID)
    if phases is not None and not kind.phases:
        raise ValueError(f"phases = {phases}: {connector} has direct current")
    if phases is not None and phases not in (1, 2, 3):
        raise ValueError(f"phases = {phases}: must be 1, 2 or 3")
    lines = max(kind.phases if phases is None else phases, 1)
    return (kind.volts if volts is None else volts) * lines * (kind.least_a if least_a is None else least_a)


def plugs(connectors: Iterable[str]) -> int:
    """Connectors as the bits of a number, in the order of CONNECTORS; 0 where nothing is said, which fits all.

    ValueError for one that is not known.
    """
    found = 0
    for name in connectors:
        if name not in CONNECTORS:
            raise ValueError(f"{name!r}: must be one of {', '.join(CONNECTORS)}")
        found |= 1 << list(CONNECTORS).index(name)
    return found
