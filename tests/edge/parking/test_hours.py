"""Opening hours, minute by minute."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.parking.hours import OpeningHours, hours_of

MINUTES = 24 * 60
TIMES = st.integers(0, MINUTES - 1)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@given(st.lists(st.tuples(TIMES, TIMES).filter(lambda span: span[0] != span[1]), min_size=1, max_size=4))
def test_open_in_the_minutes_told(spans: list[tuple[int, int]]) -> None:
    text = ", ".join(f"{clock(begin)}-{clock(end)}" for begin, end in spans)
    told = np.zeros(MINUTES, int)
    for begin, end in spans:
        told[(begin + np.arange((end - begin) % MINUTES)) % MINUTES] += 1
    if told.max() > 1:
        with pytest.raises(ValueError, match="is said twice"):
            hours_of(text)
        return
    hours = hours_of(text)
    day = 86_400.0  # the second day is as the first
    assert [hours.at(day + 60.0 * minute) for minute in range(MINUTES)] == told.tolist()
    assert [hours.at(60.0 * minute + 59.9) for minute in range(MINUTES)] == told.tolist()


@pytest.mark.parametrize("text", ["", "all day", "6:00-22:00", "06:00", "06:00-25:00", "06:00-22:60", "06:00-22:00,"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="must be spans of the day"):
        hours_of(text)


@pytest.mark.parametrize("text", ["08:00-08:00", "24:00-08:00", "08:00-24:30"])
def test_what_never_comes(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' never comes"):
        hours_of(text)


def test_those_of_a_city() -> None:
    day, night = hours_of("06:00-22:00"), hours_of("22:00-06:00")
    of = OpeningHours.of([None, day, night, hours_of("06:00-22:00"), None])
    assert len(of.kinds) == 2
    assert of.open_at(12 * 3600.0).tolist() == [True, True, False, True, True]
    assert of.open_at(23 * 3600.0).tolist() == [True, False, True, False, True]
    assert hours_of("00:00-24:00").at(0.0) == 1.0
