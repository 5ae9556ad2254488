"""The clock of the charging stations: simulation time as a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StationClock:
    """One for all stations of a run. It goes with the simulation, and is set by the central system's at the first boot,
    as a station's is (OCPP 2.0.1, B01.FR.06).
    """

    def __init__(self, at: float, date: datetime) -> None:
        """It is `date` at `at` s of the simulation."""
        self.start = at  # s of the simulation
        self.set(at, date)

    def set(self, at: float, date: datetime) -> None:
        """The same for another date."""
        self._zero = date - timedelta(seconds=at)

    def seconds(self, said: str) -> float:
        """A date of RFC 3339 as s of the simulation. ValueError where it is none."""
        date = datetime.fromisoformat(said)
        return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - self._zero).total_seconds()

    def said(self, at: float) -> str:
        """The date at `at` s of the simulation, in whole ms."""
        return (self._zero + timedelta(seconds=at)).astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
