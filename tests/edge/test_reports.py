"""The units' reports: against what the last one to arrive is by sorting, and what an application hands in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.doubles import hears, unit
from wayside.edge.apps.platform import CityReporting
from wayside.edge.context import Context
from wayside.edge.reports import FIGURES, CityReports, Report

SENT = st.tuples(
    st.integers(0, 2), st.integers(0, 50), st.none() | st.floats(0.0, 30.0, allow_nan=False), st.integers(0, 9)
)


@given(st.lists(SENT, max_size=30, unique_by=lambda one: one[:2]), st.floats(0.0, 60.0))
def test_the_last_one_that_has_arrived_counts(sent: list[tuple[int, int, float | None, int]], now: float) -> None:
    reports = CityReports()
    reports.enter("abc", np.zeros((3, 2)))
    for who, time, delay, count in sent:
        reports.hand_in(who, float(time), Report(count, 0, 0.0, 0, 0), delay)
    for moment in sorted({now / 2.0, now}):
        reports.look(moment)
    for number in range(3):
        known = [
            (t, count) for who, t, delay, count in sent if who == number and delay is not None and t + delay <= now
        ]
        time, count = max(known, default=(math.nan, math.nan))
        np.testing.assert_equal([reports.time[number], reports.vehicles[number]], [time, count])
        np.testing.assert_equal(reports.age(now)[number], np.nan_to_num(now - time, nan=math.inf))
    assert (reports.sent, reports.lost) == (len(sent), sum(delay is None for _, _, delay, _ in sent))


def test_nobody_writes_in_them() -> None:
    reports = CityReports()
    reports.enter(["a"], np.array([[1.0, 2.0]]))
    for name in ("x", "y", "time", *FIGURES):
        with pytest.raises(ValueError, match="read-only"):
            getattr(reports, name)[0] = 5.0
    assert reports.kpis() == {}


def test_what_a_unit_reports() -> None:
    here = unit()
    reports = here.platform.reports
    reports.enter(["here"], np.array([here.position]))
    app = CityReporting(here)
    app.context = Context(1, ("rsu.apps", "platform"), lambda: here.time, None, reports)  # type: ignore[arg-type]
    app.delay, app.jitter = 0.5, 0.0
    hears(here, (100.0, 60.0, 0.0), (110.0, 50.0, 10.0), (1000.0, 50.0, 10.0))
    app.report()
    here.platform.look(4, 0.4)
    assert math.isnan(reports.time[0])
    here.platform.look(5, 0.5)
    assert [getattr(reports, name)[0] for name in FIGURES] == [2, 1, 5.0, 3, 0]
    assert reports.kpis() == {"platform.reports": 1, "platform.lost": 0, "platform.delay_s": 0.5}
    app.loss, here.time = 1.0, 1.0
    app.report()
    assert reports.kpis()["platform.lost"] == 1


def test_a_plug_in_reads_alone() -> None:
    reports = CityReports()
    reports.enter(["a"], np.array([[1.0, 2.0]]))
    city = Context(1, ("parking.policy", "mine"), lambda: 0.0, None, reports).city  # type: ignore[arg-type]
    assert (city.ids, city.x.tolist(), city.age(5.0).tolist()) == (("a",), [1.0], [math.inf])
    for name in ("vehicles", "ids", "sent", "new"):
        with pytest.raises(AttributeError, match=f"context.city.{name}: can be read alone"):
            setattr(city, name, ())
    for name in ("sent", "enter", "hand_in"):
        with pytest.raises(AttributeError, match=f"context.city has no '{name}'"):
            getattr(city, name)
