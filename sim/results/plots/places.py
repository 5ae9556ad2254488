"""What plots of services have in common: their facilities over time, and how long vehicles waited for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from wayside.ext.arrays import Doubles, Flags
from wayside.sim.onboard.survival import survival
from wayside.sim.results.plots.runs import PlottedRun, Table
from wayside.sim.results.plots.style import FAINT, share


def facilities_of(run: PlottedRun, service: str) -> Table | None:
    """The rows of a service's facilities over time, None where there are none."""
    table = run.table("facilities", "time_s", "facility", "service", "capacity", "occupied", "reserved", "power_w")
    if table is None:
        return None
    mine = table["service"] == service
    return {name: column[mine] for name, column in table.items()} if mine.any() else None


def end_of(run: PlottedRun) -> float:
    """When a run ended, s."""
    return float(run.summary.get("end_s", np.nan))


def by_then(axes: Axes, seconds: Doubles, found: Flags, **options: Any) -> None:
    """The share whose time is over, with those counted who were still waiting when last seen (Kaplan and Meier)."""
    times, share = survival(seconds, found)
    last = max(float(seconds.max(initial=0.0)), float(times[-1]) if len(times) else 0.0)
    still = np.concatenate(([1.0], share, share[-1:] if len(share) else [1.0]))
    options["label"] = f"{options['label']} ({int(found.sum())} of {len(found)})"
    axes.step(np.concatenate(([0.0], times, [last])), 1.0 - still, where="post", **options)


def spread(axes: Axes, title: str, label: str, drawn: bool) -> None:
    """Finish the axes of a distribution of times."""
    if not drawn:
        axes.set_axis_off()
        axes.text(
            0.5, 0.5, f"{label.split(' [')[0]}: none in this run", transform=axes.transAxes, ha="center", color=FAINT
        )
        return
    axes.set_title(title)
    axes.set_xlabel(label)
    axes.set_xlim(left=0.0)
    share(axes, top=1.02)
    axes.legend(loc="lower right")
