"""Map projections against PROJ and sumolib."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pyproj
import pytest
import sumolib
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.edge.errors import ScenarioError
from wayside.ext.quantities import Polynomials
from wayside.sim.world.geo import Projection

# Of the Bologna scenario (acosta).
PARAMETER = "+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"
OFFSET = (-683542.41, -4928877.56)
BOUNDS = (0.0, 0.0, 1817.58, 1350.19)
NET = """<net version="1.20"><location netOffset="{offset}" convBoundary="{bounds}" origBoundary="0,0,1,1"
 projParameter="{parameter}"/><edge id="e" from="a" to="b"><lane id="e_0" index="0" speed="9" length="9"
 shape="0,0 9,0"/></edge><junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0"/>
 <junction id="b" type="dead_end" x="9" y="0" incLanes="e_0" intLanes="" shape="9,0"/></net>"""


def net(folder: Path, parameter: str = PARAMETER, offset: str = "", bounds: str = "", name: str = "a.net.xml") -> Path:
    text = NET.format(
        parameter=parameter, offset=offset or "{},{}".format(*OFFSET), bounds=bounds or ",".join(map(str, BOUNDS))
    )
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def ground(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two positions."""
    return pyproj.Geod(ellps="WGS84").inv(longitude, latitude, other_longitude, other_latitude)[2]


@pytest.mark.parametrize("name", ["a.net.xml", "a.net.xml.gz"])
def test_as_sumolib_converts(tmp_path: Path, name: str) -> None:
    path = net(tmp_path, name=name)
    theirs, ours = sumolib.net.readNet(str(path)), Projection.of_net(path)
    assert ours.to_degrees is not None
    random = np.random.default_rng(1)
    x, y = random.uniform(-1500, 3300, 40), random.uniform(-1500, 2800, 40)
    near = np.zeros((3, 40))
    assert ours.to_degrees.at(x, y, near, 40) == 0
    for k in range(40):
        longitude, latitude = theirs.convertXY2LonLat(x[k], y[k])
        found = ours.degrees(x[k], y[k])
        assert (float(found[0]), float(found[1])) == pytest.approx((latitude, longitude), abs=1e-12)
        assert ground(near[0, k], near[1, k], latitude, longitude) < 1e-3
        there = ours.metres(latitude, longitude)
        assert there == pytest.approx(theirs.convertLonLat2XY(longitude, latitude), abs=1e-6)
        assert there == pytest.approx((x[k], y[k]), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    zone=st.integers(1, 60),
    south=st.booleans(),
    east=st.floats(250e3, 750e3),
    north=st.floats(300e3, 8500e3),
    size=st.floats(100.0, 60e3),
    seed=st.integers(0, 1000),
)
def test_any_utm_zone(zone: int, south: bool, east: float, north: float, size: float, seed: int) -> None:
    """Both ways, and round trips; the judge is PROJ by way of the zone's own EPSG code."""
    parameter = f"+proj=utm +zone={zone}{' +south' if south else ''} +datum=WGS84 +units=m +no_defs"
    ours = Projection(parameter, (-east, -north), (0.0, 0.0, size, size / 2))
    theirs = pyproj.Transformer.from_crs(f"EPSG:{(32700 if south else 32600) + zone}", "EPSG:4326")
    random = np.random.default_rng(seed)
    x, y = random.uniform(-1999, size + 1999, 30), random.uniform(-1999, size / 2 + 1999, 30)
    latitude, longitude = theirs.transform(x + east, y + north)
    assert ours.to_degrees is not None
    assert ours.to_metres is not None
    near, back = np.zeros((3, 30)), np.zeros((3, 30))
    assert ours.to_degrees.at(x, y, near, 30) == 0
    assert ours.to_metres.at(near[1], near[0], back, 30) == 0
    assert max(ground(*there) for there in zip(near[0], near[1], latitude, longitude, strict=True)) < 1e-3
    np.testing.assert_allclose(back[:2], (x, y), rtol=0, atol=2e-3)
    np.testing.assert_allclose(near[2], back[2], rtol=0, atol=3e-4)
    exact = pyproj.Proj(parameter).get_factors(longitude, latitude).meridian_convergence
    np.testing.assert_allclose(near[2], exact, rtol=0, atol=2e-4)


@pytest.mark.parametrize("far", [False, True])
def test_near_enough(tmp_path: Path, far: bool) -> None:
    """Within 1 mm of PROJ, and where polynomials do not reach, PROJ's own."""
    ours = Projection.of_net(net(tmp_path))
    random = np.random.default_rng(2)
    x, y = random.uniform(0, 1800, 20), random.uniform(0, 1300, 20)
    if far:
        x[7] = 90_000.0
    latitude, longitude = ours.degrees(x, y)
    near = ours.near_degrees(x, y)
    assert max(ground(*there) for there in zip(*near, latitude, longitude, strict=True)) < 1e-3
    back = ours.near_metres(latitude, longitude)
    np.testing.assert_allclose(back, (x, y), rtol=0, atol=1e-3)
    assert np.array_equal(near, (latitude, longitude)) == far
    assert np.array_equal(back, ours.metres(latitude, longitude)) == far


@pytest.mark.parametrize("parameter", ["!", "-"])
def test_a_net_without_a_projection(tmp_path: Path, parameter: str) -> None:
    """(0, 0) is at the origin, east and north are what they say, metres are metres, whatever the offset."""
    ours = Projection.of_net(net(tmp_path, parameter, offset="700.00,-3.00"), origin=(30.9, 121.9))
    assert ours.degrees(0.0, 0.0) == pytest.approx((30.9, 121.9), abs=1e-12)
    for x, y, azimuth in ((1000.0, 0.0, 90.0), (0.0, 1000.0, 0.0), (-1000.0, 0.0, -90.0)):
        latitude, longitude = ours.degrees(x, y)
        found, _, distance = pyproj.Geod(ellps="WGS84").inv(121.9, 30.9, longitude, latitude)
        assert found == pytest.approx(azimuth, abs=0.01)
        assert distance == pytest.approx(1000.0, abs=0.01)
    assert float(ours.convergence(0.0, 0.0)) == pytest.approx(0.0, abs=1e-9)


def test_the_way_to_true_north() -> None:
    """East of a zone's middle the y axis points east of north: by tan(convergence) = tan(longitude) sin(latitude)."""
    ours = Projection(PARAMETER, OFFSET, BOUNDS)
    latitude, longitude = ours.degrees(900.0, 700.0)
    wanted = math.degrees(math.atan(math.tan(math.radians(longitude - 9.0)) * math.sin(math.radians(latitude))))
    assert wanted > 1.5
    assert float(ours.convergence(900.0, 700.0)) == pytest.approx(wanted, abs=2e-3)


def test_where_no_polynomial_is_near() -> None:
    """Across the 180th meridian longitudes jump: PROJ does it alone. So it does over half a continent."""
    ours = Projection("!", (0.0, 0.0), (-5000.0, -5000.0, 5000.0, 5000.0), (10.0, 180.0))
    assert ours.to_degrees is None
    assert ours.to_metres is None
    latitude, longitude = ours.degrees([-1000.0, 1000.0], 0.0)
    assert (longitude[0] > 179.9, longitude[1] < -179.9) == (True, True)
    np.testing.assert_allclose(ours.metres(latitude, longitude), ([-1000.0, 1000.0], [0.0, 0.0]), atol=1e-6)
    assert Projection(PARAMETER, (0.0, 0.0), (-3e6, 1e6, 4e6, 8e6)).to_degrees is None


def test_a_bad_fit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted error of 2 mm in all polynomials: none is near enough."""

    class Off:
        def __init__(self, coefficients: np.ndarray, *more: object) -> None:
            coefficients[0, 0] += 2e-3 / 111_320.0
            self.inner = Polynomials(coefficients, *more)  # type: ignore[arg-type]

        def at(self, *arguments: object) -> int:
            return self.inner.at(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("wayside.sim.world.geo.Polynomials", Off)
    assert Projection(PARAMETER, OFFSET, BOUNDS).to_degrees is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"parameter": "+proj=nope"}, "a.net.xml: location.projParameter = '+proj=nope': must be a projection that"),
        ({"parameter": "+proj=utm +zone=99"}, "a.net.xml: location.projParameter = '+proj=utm +zone=99': must be"),
        ({"offset": "1"}, "a.net.xml: location.netOffset = '1': must be 2 numbers"),
        ({"offset": "1,x"}, "a.net.xml: location.netOffset = '1,x': must be 2 numbers"),
        ({"bounds": "0,0,nan,1"}, "a.net.xml: location.convBoundary = '0,0,nan,1': must be 4 numbers"),
        ({"offset": "1e12,0"}, "must be one that puts the net, (0.0, 0.0, 1817.58, 1350.19), on the earth of"),
    ],
)
def test_nets_that_are_nowhere(tmp_path: Path, change: dict[str, str], told: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Projection.of_net(net(tmp_path, **change))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_net(tmp_path: Path) -> None:
    for text, told in (("<net/>", "it has no location"), ("nonsense", "not a SUMO network")):
        (tmp_path / "b.net.xml").write_text(text, "utf-8")
        with pytest.raises(ScenarioError, match=told):
            Projection.of_net(tmp_path / "b.net.xml")
    (tmp_path / "c.net.xml.gz").write_bytes(b"nonsense")
    for name in ("c.net.xml.gz", "d.net.xml"):
        with pytest.raises(ScenarioError, match="not a SUMO network"):
            Projection.of_net(tmp_path / name)
