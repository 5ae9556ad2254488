"""Between a net's coordinates and degrees of WGS84: exactly by PROJ, and for ticks by polynomials as near as 1 mm."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import pyproj
from numpy.typing import ArrayLike

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles
from wayside.ext.quantities import Polynomials

_Both = Callable[[Doubles, Doubles], tuple[Doubles, Doubles]]

UNPROJECTED: Final = ("", "!", "-")  # of a net that is nowhere on earth: drawn, or of SUMO's own simple projection
_MARGIN, _SHARE = 2000.0, 0.2  # m, and of the net's size: how far beyond the net's bounds positions may be
_NEAR: Final = 0.9e-3  # m; what comes from a grid between the points of which all is checked is below 1 mm
_NEAR_TURNED: Final = 1e-4  # degrees
_DEGREES: Final = range(2, 11)  # of the polynomials
_CHECKED: Final = 65  # points of the grid, each way
_ELLIPSOID: Final = pyproj.Geod(ellps="WGS84")
_METRES = 111_320.0  # of a degree of latitude, about


class Projection:
    """Positions on earth of a net's points, and the other way round.

    parameter: PROJ's, as in the net's <location>; offset [m]: what was added to the projection's x and y (netOffset);
    bounds: xmin, ymin, xmax, ymax of the net [m]; origin: latitude and longitude [degrees] of the net's point (0, 0),
    for a net without a projection, which lies there on a transverse Mercator projection of its own; where: named in
    errors. ScenarioError for a parameter that PROJ refuses, and for bounds that are nowhere on its earth.
    """

    def __init__(
        self,
        parameter: str,
        offset: tuple[float, float],
        bounds: tuple[float, float, float, float],
        origin: tuple[float, float] = (0.0, 0.0),
        where: str = "the net",
    ) -> None:
        if parameter in UNPROJECTED:
            parameter = f"+proj=tmerc +lat_0={origin[0]!r} +lon_0={origin[1]!r} +k=1 +ellps=WGS84 +units=m +no_defs"
            offset = (0.0, 0.0)
        try:
            self._proj = pyproj.Proj(projparams=parameter)
        except pyproj.exceptions.ProjError as error:
            raise ScenarioError(
                f"{where}: location.projParameter = {parameter!r}: must be a projection that PROJ knows: "
                f"{' '.join(str(error).split())}"
            ) from None
        self.parameter = parameter
        self.offset = offset
        xmin, ymin, xmax, ymax = bounds
        x, y = np.array([xmin, xmax, xmin, xmax]), np.array([ymin, ymin, ymax, ymax])
        if not np.isfinite(self.degrees(x, y)).all():
            raise ScenarioError(
                f"{where}: location.netOffset = {offset}: must be one that puts the net, {bounds}, on the earth of "
                f"{parameter!r}"
            )
        margin = np.maximum(_MARGIN, _SHARE * np.array([xmax - xmin, ymax - ymin]))
        self._box = (np.array([xmin, ymin]) - margin, np.array([xmax, ymax]) + margin)

    @classmethod
    def of_net(cls, path: Path, origin: tuple[float, float] = (0.0, 0.0)) -> Projection:
        """That of a `.net.xml` or `.net.xml.gz`. ScenarioError where it has no <location>."""
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                for _, element in ElementTree.iterparse(file, ("start",)):
                    if element.tag == "location":
                        return cls._of_location(element.attrib, origin, str(path))
        except (OSError, EOFError, ElementTree.ParseError) as error:
            raise ScenarioError(f"{path}: not a SUMO network: {' '.join(str(error).split())}") from None
        raise ScenarioError(f"{path}: not a SUMO network: it has no location")

    @classmethod
    def _of_location(cls, said: dict[str, str], origin: tuple[float, float], where: str) -> Projection:
        numbers = {}
        for name, count in (("netOffset", 2), ("convBoundary", 4)):
            try:
                numbers[name] = tuple(map(float, said.get(name, "").split(",")))
            except ValueError:
                numbers[name] = ()
            if len(numbers[name]) != count or not np.isfinite(numbers[name]).all():
                raise ScenarioError(
                    f"{where}: location.{name} = {said.get(name)!r}: must be {count} numbers, separated by commas"
                )
        (dx, dy), (xmin, ymin, xmax, ymax) = numbers["netOffset"], numbers["convBoundary"]
        return cls(said.get("projParameter", "!").strip(), (dx, dy), (xmin, ymin, xmax, ymax), origin, where)

    def degrees(self, x: ArrayLike, y: ArrayLike) -> tuple[Doubles, Doubles]:
        """Latitudes and longitudes [degrees] of points [m], by PROJ; infinite where there are none."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        longitude, latitude = self._proj(x - self.offset[0], y - self.offset[1], inverse=True)
        return np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)

    def metres(self, latitude: ArrayLike, longitude: ArrayLike) -> tuple[Doubles, Doubles]:
        """The x and y [m] of positions [degrees], by PROJ; infinite where there are none."""
        east, north = np.broadcast_arrays(np.asarray(longitude, np.float64), np.asarray(latitude, np.float64))
        x, y = self._proj(east, north)
        return np.asarray(x, np.float64) + self.offset[0], np.asarray(y, np.float64) + self.offset[1]

    def near_degrees(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """As `degrees`, of one dimension, and quicker: within 1 mm."""
        found = np.empty((3, len(x)))
        if self.to_degrees is None or self.to_degrees.at(x, y, found, len(x)):
            return self.degrees(x, y)
        return found[0], found[1]

    def near_metres(self, latitude: Doubles, longitude: Doubles) -> tuple[Doubles, Doubles]:
        """As `metres`, of one dimension, and quicker: within 1 mm."""
        found = np.empty((3, len(latitude)))
        if self.to_metres is None or self.to_metres.at(longitude, latitude, found, len(latitude)):
            return self.metres(latitude, longitude)
        return found[0], found[1]

    def convergence(self, x: ArrayLike, y: ArrayLike) -> Doubles:
        """How far the y axis points clockwise of true north at points [m], degrees.

        What a message has for a heading is told from true north, what the net has from its y axis.
        """
        y = np.asarray(y, np.float64)
        (south, west), (north, east) = self.degrees(x, y - 0.5), self.degrees(x, y + 0.5)
        there = np.isfinite(south) & np.isfinite(north)
        west, south, east, north = (np.where(there, value, 0.0) for value in (west, south, east, north))
        turned, _, _ = _ELLIPSOID.inv(west, south, east, north)
        return np.where(there, turned, np.nan)

    @cached_property
    def to_degrees(self) -> Polynomials | None:
        """Latitude, longitude and convergence [degrees] by x and y [m], all within 1 mm of `degrees` in the margin.

        None where no polynomial is as near: then `degrees` and `convergence` do it.
        """

        def wanted(x: Doubles, y: Doubles) -> Doubles:
            latitude, longitude = self.degrees(x, y)
            return np.stack((latitude, longitude, self.convergence(x, y)))

        def near(x: Doubles, y: Doubles, off: Doubles) -> bool:
            latitude, _ = self.degrees(x, y)
            east = off[1] * np.cos(np.radians(latitude))
            return bool((np.hypot(off[0], east) * _METRES < _NEAR).all() and (np.abs(off[2]) < _NEAR_TURNED).all())

        return _fitted(*self._box, wanted, near)

    @cached_property
    def to_metres(self) -> Polynomials | None:
        """The other way round: x, y [m] and convergence [degrees] by longitude and latitude [degrees]."""
        (xmin, ymin), (xmax, ymax) = self._box
        x, y = np.meshgrid(np.linspace(xmin, xmax, _CHECKED), np.linspace(ymin, ymax, _CHECKED))
        latitude, longitude = self.degrees(x, y)
        low = np.array([longitude.min(), latitude.min()])
        high = np.array([longitude.max(), latitude.max()])

        def wanted(longitude: Doubles, latitude: Doubles) -> Doubles:
            x, y = self.metres(latitude, longitude)
            return np.stack((x, y, self.convergence(x, y)))

        def near(longitude: Doubles, latitude: Doubles, off: Doubles) -> bool:
            return bool((np.hypot(off[0], off[1]) < _NEAR).all() and (np.abs(off[2]) < _NEAR_TURNED).all())

        return _fitted(low, high, wanted, near)


def _fitted(
    low: Doubles,
    high: Doubles,
    wanted: Callable[[Doubles, Doubles], Doubles],
    near: Callable[[Doubles, Doubles, Doubles], bool],
) -> Polynomials | None:
    """Polynomials of the lowest degree that are near to what is wanted everywhere in a box; None where none is."""
    middle, half = (low + high) / 2, (high - low) / 2
    if not (np.isfinite(half).all() and (half > 0.0).all()):
        return None
    u, v = (middle[k] + half[k] * np.linspace(-1.0, 1.0, _CHECKED) for k in (0, 1))
    us, vs = (grid.reshape(-1) for grid in np.meshgrid(u, v))
    exact = wanted(us, vs)
    if not np.isfinite(exact).all():
        return None
    found = np.empty_like(exact)
    for degree in _DEGREES:
        nodes = np.cos(np.pi * (np.arange(2 * degree + 2) + 0.5) / (2 * degree + 2))
        s, t = (grid.reshape(-1) for grid in np.meshgrid(nodes, nodes))
        terms = np.stack([s**i * t**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=1)
        values = wanted(middle[0] + half[0] * s, middle[1] + half[1] * t)
        coefficients, *_ = np.linalg.lstsq(terms, values.T, rcond=None)
        polynomials = Polynomials(np.ascontiguousarray(coefficients.T), degree, middle.tolist(), half.tolist())
        polynomials.at(us, vs, found, len(us))
        if near(us, vs, found - exact):
            return polynomials
    return None
