"""No controller but SUMO: its own programs run the lights."""

from __future__ import annotations

from typing import Annotated, ClassVar

from wayside.edge.control.controller import Controller
from wayside.edge.plugin import Option


class OwnProgram(Controller):
    """SUMO's own programs, fixed or actuated, as the net has them: nobody interferes but an application's request.

    kind: SUMO's type that all programs are made before SUMO starts; empty: they are left as they are. parameters: what
    its programs are told further, by SUMO's name of it, and the option that says it.
    """

    controls: ClassVar[bool] = False
    period: ClassVar[float] = 0.0  # type: ignore[misc]  # no option: nobody is asked
    reach: ClassVar[float] = 0.0  # type: ignore[misc]
    kind: ClassVar[str] = ""
    parameters: ClassVar[dict[str, str]] = {}


class FixedTimes(OwnProgram):
    """Each phase for its usual duration, whatever type the program is of."""

    kind: ClassVar[str] = "static"


class Actuated(OwnProgram):
    """SUMO's own actuated programs of the net's phases: green lasts as long as vehicles come with short gaps, within
    the least and the longest duration of its phase. SUMO lays the loops.
    """

    kind: ClassVar[str] = "actuated"
    parameters: ClassVar[dict[str, str]] = {"max-gap": "gap", "detector-gap": "headway"}
    gap: Annotated[float, Option("time without a vehicle that ends a green", unit="s", gt=0, le=60)] = 3.0
    headway: Annotated[float, Option("how far before the stop line the loops lie, in time", unit="s", gt=0, le=60)] = (
        2.0
    )
    longest: Annotated[float, Option("of a green whose program says none", unit="s", ge=1, le=600)] = 50.0
