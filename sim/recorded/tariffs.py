"""What recorded sessions pay: a tariff in a file of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.errors import WaysideError
from wayside.sim.onboard.charging_grid import tariff_of
from wayside.sim.scenario import explain
from wayside.sim.scenario.charging import TariffSection


def read_tariff(path: Path) -> Tariff:
    """The tariff of a TOML file that has the fields of a scenario's [charging.tariffs.NAME], but for `of`.

    WaysideError, one line with file and field, for whatever cannot be.
    """
    if (why := explain.unreadable(path)) is not None:
        raise WaysideError(f"{path}: {why}")
    with explain.reading(path):
        try:
            said = TariffSection(**tomllib.loads(path.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WaysideError(explain.line(f"is no TOML: {error}")) from None
        except ValidationError as error:
            raise WaysideError(explain.one_line(error, TariffSection)) from None
        if said.of:
            raise WaysideError(explain.line("of: recorded sessions have one site, which has the meter"))
    return tariff_of(said)


def billed(limits: Limits, tariff: Tariff | None) -> Limits:
    """Limits with a new meter at each root, where there is a tariff."""
    if tariff is None:
        return limits
    return limits.billed(Meters.of(limits.names, limits.parent, {"tariff": (tariff, ())}))
