"""What a sensor at a roadside unit is like."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sensor:
    """What a unit senses with; ground truth is told of through it alone (`sim.sensors`).

    sectors: bearings from which on it looks and how wide [degrees clockwise from north]; none: all around. Of pairs the
    first is near the sensor, the second at the end of its range, with a straight line between.
    """

    range_m: float
    height_m: float  # over the ground
    every: int  # V2X ticks between two looks
    latency: int  # V2X ticks from a look until what it shows is there
    detection: tuple[float, float]  # probability
    position_m: tuple[float, float]  # standard deviation along each axis
    speed_m_s: float  # standard deviation along each axis
    heading_deg: float  # standard deviation
    false_alarms: float  # per second
    shadow: bool
    visible: float  # share of the lines of sight to a road user that must be free
    sectors: tuple[tuple[float, float], ...] = ()


# Of `redundancy`, in the order of their bits in `ext.tracks`.
RULES = ("self-announcement", "frequency", "dynamics", "confidence", "distance")


@dataclass(frozen=True)
class Telling:
    """When a unit tells of what it senses (TS 103 324 V2.1.1; redundancy: TR 103 562 V2.1.1).

    every: V2X ticks between two messages at least; 0: it tells nothing. redundancy: names of RULES.
    """

    every: int
    redundancy: tuple[str, ...] = ()
    window: int = 10  # V2X ticks for which what others tell counts
    most: int = 1  # times in the window that others may tell of an object before it is left out
    moved_m: float = 4.0
    faster_m_s: float = 0.5
    distance_m: float = 50.0

    @property
    def rules(self) -> int:
        """The rules as bits."""
        return sum(1 << RULES.index(rule) for rule in self.redundancy)


@dataclass(frozen=True)
class Following:
    """How looks become tracks."""

    acceleration_m_s2: float = 4.0  # standard deviation of what road users do between two looks
    gate: float = 18.47  # squared Mahalanobis distance: 99.9 % of chi-squared with four degrees of freedom
    confirm: int = 3  # looks in which one must have been found
    keep_s: float = 1.0  # for which one is kept that is found no more
    heard_m: float = 1.5  # standard deviation of positions in awareness messages


@dataclass(frozen=True)
class Perceiving:
    """All of a unit's sensing."""

    sensor: Sensor
    telling: Telling
    following: Following = Following()
