"""Free bays told to everybody, from which drivers choose by themselves."""

from __future__ import annotations

from typing import Annotated, ClassVar

from wayside.edge.parking.messages import FreeBays
from wayside.edge.parking.policies import BlindSearch
from wayside.edge.plugin import Option


class Announcement(BlindSearch):
    """Reserves nothing: units tell what is free around them, and drivers choose from what they have heard of late.

    A driver goes to where a bay was free and the straight walk is shortest, as `nearest` would send it; but so do
    others who have heard the same. Who hears on the way that nothing is free there any more, or finds it full, chooses
    anew.
    """

    says: ClassVar[tuple[type, ...]] = (FreeBays,)

    period: Annotated[int, Option("time between two announcements of a unit", "s", ge=1, le=3600)] = 1
    most: Annotated[int, Option("car parks that a unit tells of, the nearest to it", ge=1, le=1000)] = 16
    trust: Annotated[float, Option("how long drivers believe what they have heard", "s", gt=0)] = 60.0
    walk: Annotated[float, Option("longest straight walk that drivers take", "m", gt=0)] = 1000.0
