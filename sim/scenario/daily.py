"""What a scenario says of a day: a number, or rows of times of day with a number each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SerializerFunctionWrapHandler, WrapSerializer

from wayside.edge.day import DAY, Daily
from wayside.sim.scenario.values import Section, refuse

_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def seconds_of(told: str) -> float:
    """Of a time of day as "07:30", s since midnight."""
    return int(told[:2]) * 3600.0 + int(told[3:]) * 60.0


def _time(value: str) -> str:
    if not _TIME.fullmatch(value) or seconds_of(value) > DAY:
        raise refuse('must be a time of day, "00:00" to "24:00"')
    return value


def _as_text(value: object) -> object:
    """TOML has times of day of its own, with seconds: 07:30:00."""
    if not isinstance(value, time):
        return value
    if value.second or value.microsecond:
        raise refuse("must be a time of day in whole minutes")
    return f"{value:%H:%M}"


TimeOfDay = Annotated[str, BeforeValidator(_as_text), AfterValidator(_time)]


class DailyRow(Section):
    """A part of the day: all have a begin and an end, and one number more."""

    begin: TimeOfDay = Field(description='From this time of day on, as "07:30"')
    end: TimeOfDay = Field(description="Before this one; at or before begin: of the next day")


def daily(rows: tuple[DailyRow, ...], name: str, clock_s: float = 0.0) -> Daily:
    """The values `name` of rows, of a simulation whose second 0 is at `clock_s`. ValueError as `Daily.of`."""
    parts = [(seconds_of(row.begin), seconds_of(row.end), float(getattr(row, name))) for row in rows]
    return Daily.of(parts, clock_s)


def as_rows(name: str, most: float) -> Callable[[object], object]:
    """A number alone is short for the whole day. name: of what rows hold, which is within 0..most."""

    def read(value: object) -> object:
        if isinstance(value, (list, tuple)):
            if not value:
                raise refuse("must not be empty")
            return tuple(value)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0.0 <= value <= most:
            raise refuse(f'must be a number, 0..{most:g}, or rows, as {{ begin = "07:00", end = "22:00", {name} = 1 }}')
        return ({"begin": "00:00", "end": "24:00", name: float(value)},)

    return read


def whole(name: str) -> AfterValidator:
    """Rows must tell of every time of the day, once."""

    def check(rows: tuple[DailyRow, ...]) -> tuple[DailyRow, ...]:
        try:
            daily(rows, name)
        except ValueError as error:
            raise refuse(f"must tell of each time of the day once: {error}") from None
        return rows

    return AfterValidator(check)


def short(name: str) -> WrapSerializer:
    """One row for the whole day is its number alone."""

    def write(rows: tuple[Any, ...], handler: SerializerFunctionWrapHandler) -> Any:
        if len(rows) == 1 and (rows[0].begin, rows[0].end) == ("00:00", "24:00"):
            return getattr(rows[0], name)
        return handler(rows)

    return WrapSerializer(write)
