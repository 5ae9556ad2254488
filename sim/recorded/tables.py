"""What recorded sessions came to, as Parquet tables: a row by session and by period, of each policy and cap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayside.sim.disk.rundir import disk_error

if TYPE_CHECKING:
    from wayside.sim.recorded.charging import Charged
    from wayside.sim.recorded.sessions import RecordedSessions


def write(folder: Path, sessions: RecordedSessions, found: Sequence[tuple[float, str, Charged]]) -> None:
    """sessions.parquet and power.parquet in a folder. found: by cap [kW] and policy. WaysideError for a bad disk."""
    n = len(sessions)
    by_session = [
        {
            "cap_kw": pa.array(np.full(n, cap)),
            "policy": pa.array([name] * n),
            "session": pa.array(sessions.session),
            "station": pa.array([sessions.stations[k] for k in sessions.station.tolist()]),
            "arrival_s": pa.array(sessions.arrival * sessions.period_s),
            "departure_s": pa.array(sessions.departure * sessions.period_s),
            "requested_wh": pa.array(sessions.energy_wh),
            "delivered_wh": pa.array(result.delivered_wh),
        }
        for cap, name, result in found
    ]
    by_period = [
        {
            "cap_kw": pa.array(np.full(len(result.power_w), cap)),
            "policy": pa.array([name] * len(result.power_w)),
            "time_s": pa.array(np.arange(len(result.power_w)) * sessions.period_s),
            "power_w": pa.array(result.power_w),
        }
        for cap, name, result in found
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, tables in (("sessions", by_session), ("power", by_period)):
            pq.write_table(pa.concat_tables([pa.table(table) for table in tables]), folder / f"{name}.parquet")
    except OSError as error:
        raise disk_error(folder, error) from None
