"""Where the power that is drawn comes from: balances that must hold, and what the rule of storages is about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.metering import settle
from wayside.edge.charging.storage import Storage, Storages
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.day import Daily

HOUR = 3600.0
CLOSE = 1e-6
batteries = st.builds(
    Storage,
    st.sampled_from([1e3, 8e3]),
    st.sampled_from([1e3, 5e3]),
    st.sampled_from([0.8, 1.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
)


def town(at_a: Storage | None, at_b: Storage | None, sun_w: float, own: float = 4e3) -> Limits:
    """Sites a and b below a feeder of 7 kW, which has the meter; b has panels."""
    limits = Limits.of(("a", "b"), np.array([own, own]), {"f": (7e3, ["a", "b"])}, None, {"b": Daily.steady(sun_w)})
    limits = limits.billed(Meters.of(limits.names, limits.parent, {"t": (Tariff(Daily.steady(1.0)), ())}))
    rows = {node: one for node, one in enumerate((at_a, at_b)) if one is not None}
    return limits.stored(Storages.of(rows)) if rows else limits


@given(
    st.none() | batteries,
    st.none() | batteries,
    st.sampled_from([0.0, 2e3]),
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=6),
    st.none() | st.floats(-6e3, 6e3),
)
def test_what_holds(
    at_a: Storage | None,
    at_b: Storage | None,
    sun_w: float,
    drawn: list[tuple[float, float]],
    planned: float | None,
) -> None:
    """Whatever is drawn within the limits that policies see: no limit is exceeded, and nothing gets lost."""
    limits = town(at_a, at_b, sun_w)
    meters, storages = limits.meters, limits.storages
    assert meters is not None
    held, gave = (0.0, 0.0) if storages is None else (float(storages.stored_wh.sum()), 0.0)
    total = 0.0
    for t, part in enumerate(drawn):
        seen = limits.during(HOUR * t, HOUR * (t + 1)).limit_w
        at_sites = np.array(part) * seen[:2]
        at_sites *= min(1.0, seen[2] / max(at_sites.sum(), 1.0))
        plan = None if planned is None or storages is None else np.full(len(storages), planned)
        through, within = settle(limits, HOUR * t, HOUR, np.append(at_sites, at_sites.sum()), plan)
        assert (through <= within + CLOSE).all()
        total += float(at_sites.sum())
    if storages is not None:
        assert (storages.stored_wh >= -CLOSE).all()
        assert (storages.stored_wh <= storages.capacity_wh + CLOSE).all()
        lost = float(((1.0 - storages.efficiency) * storages.taken_wh).sum())
        gave = held - float(storages.stored_wh.sum()) - lost
        assert gave == pytest.approx(float((storages.given_wh - storages.taken_wh).sum()), abs=1e-3)
    from_grid = float(meters.energy_wh.sum() - meters.fed_wh.sum())
    assert from_grid + sun_w * len(drawn) + gave == pytest.approx(total, abs=1e-3)


def test_a_storage_gives_what_its_site_lacks_and_takes_what_is_left() -> None:
    """A battery of 3 kW and 6 kWh, half full, at a site of 4 kW: 6 kW are drawn for an hour, then 1 kW."""
    limits = town(Storage(6e3, 3e3, 1.0, 0.5), None, 0.0)
    assert limits.during(0.0, HOUR).limit_w.tolist() == [7e3, 4e3, 7e3]
    through, _ = settle(limits, 0.0, HOUR, np.array([6e3, 0.0, 6e3]))
    assert through.tolist() == [4e3, 0.0, 4e3]
    assert limits.during(HOUR, 2 * HOUR).limit_w.tolist() == [5e3, 4e3, 7e3]
    through, _ = settle(limits, HOUR, HOUR, np.array([1e3, 4e3, 5e3]))
    assert through.tolist() == [3e3, 4e3, 7e3], "as much as the feeder leaves"
    assert limits.storages is not None
    assert limits.storages.stored_wh.tolist() == [3e3]


def test_who_sees_them_cannot_write_to_them() -> None:
    limits = town(Storage(6e3, 3e3, 0.5, 0.5), None, 0.0)
    seen = limits.shown
    assert seen.storages is not None
    assert seen.meters is not None
    settle(limits, 0.0, HOUR, np.array([1e3, 0.0, 1e3]), np.array([2e3]))
    assert (seen.storages.stored_wh[0], seen.meters.fed_wh[0]) == (1e3, 1e3), "they are the live ones"
    for array in (seen.storages.stored_wh, seen.meters.peak_w, seen.limit_w):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.0


def test_a_plan_is_followed_as_far_as_can_be() -> None:
    limits = town(Storage(6e3, 3e3, 0.5, 0.5), None, 0.0)
    assert limits.storages is not None
    through, _ = settle(limits, 0.0, HOUR, np.array([1e3, 0.0, 1e3]), np.array([2e3]))
    assert (through[0], limits.storages.stored_wh[0]) == (-1e3, 1e3)
    settle(limits, HOUR, HOUR, np.array([1e3, 0.0, 1e3]), np.zeros(1))
    assert limits.storages.stored_wh[0] == 1e3
    settle(limits, 2 * HOUR, HOUR, np.array([1e3, 0.0, 1e3]), np.array([-9e3]))
    assert limits.storages.stored_wh[0] == 1e3 + 0.5 * 3e3
    assert limits.meters is not None
    assert (limits.meters.fed_wh[0], limits.meters.energy_wh[0]) == (1e3, 1e3 + 4e3)
