"""What is said of the one site of recorded sessions, and of what it pays: in files of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.storage import Storages
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.errors import WaysideError
from wayside.sim.onboard.charging_limits import tariff_of
from wayside.sim.scenario import explain
from wayside.sim.scenario.charging import ChargingSite, TariffSection
from wayside.sim.scenario.daily import daily
from wayside.sim.scenario.values import Section

_NAME = "site"
_Said = TypeVar("_Said", bound=Section)


def read_tariff(path: Path) -> Tariff:
    """The tariff of a TOML file that has the fields of a scenario's [charging.tariffs.NAME], but for `of`.

    WaysideError, one line with file and field, for whatever cannot be.
    """
    said = _read(path, TariffSection)
    if said.of:
        raise WaysideError(f"{path}: of: recorded sessions have one site, which has the meter")
    return tariff_of(said)


def read_site(path: Path) -> ChargingSite:
    """The site of a TOML file that has `limit_w`, `pv_w` and `storage` of a scenario's [charging.sites.NAME]. Errors
    likewise.
    """
    said = _read(path, ChargingSite)
    if other := sorted(said.model_fields_set - {"limit_w", "pv_w", "storage"}):
        raise WaysideError(f"{path}: {other[0]}: is said by --volts, --amps and --min-amps")
    return said


def limits_of(cap_w: float, said: ChargingSite | None) -> Limits:
    """The limits of one site, of its cap where no file says more."""
    if said is None:
        return Limits.of((_NAME,), np.array([cap_w]), {})
    of_day = {_NAME: daily(said.limit_w, "limit_w")} if said.limit_w else {}
    sun = {_NAME: daily(said.pv_w, "pv_w")} if said.pv_w else {}
    limits = Limits.of((_NAME,), np.array([cap_w]), {}, of_day, sun)
    return limits if said.storage is None else limits.stored(Storages.of({0: said.storage.made()}))


def billed(limits: Limits, tariff: Tariff | None) -> Limits:
    """Limits with a new meter at each root, where there is a tariff."""
    if tariff is None:
        return limits
    return limits.billed(Meters.of(limits.names, limits.parent, {"tariff": (tariff, ())}))


def _read(path: Path, kind: type[_Said]) -> _Said:
    if (why := explain.unreadable(path)) is not None:
        raise WaysideError(f"{path}: {why}")
    with explain.reading(path):
        try:
            return kind(**tomllib.loads(path.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WaysideError(explain.line(f"is no TOML: {error}")) from None
        except ValidationError as error:
            told = explain.one_line(error, kind).replace("no such section", "no such field")
            raise WaysideError(told) from None
