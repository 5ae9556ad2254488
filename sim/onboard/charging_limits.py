"""The tree of limits and the meters in it that a scenario asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wayside.edge.charging.limits import Limits
from wayside.edge.charging.piles import least_w
from wayside.edge.charging.state import Chargers
from wayside.edge.charging.storage import Storages
from wayside.edge.charging.tariffs import Meters, Tariff
from wayside.edge.day import Daily
from wayside.sim.scenario.charging import Charging, TariffSection
from wayside.sim.scenario.daily import daily


def tree_of(section: Charging, chargers: Chargers, clock_s: float = 0.0) -> Limits:
    """The limits of sites and feeders, and what is billed where; `clock_s`: since midnight, at second 0. `chargers` are
    told the sites' own limits.

    ValueError, which begins with the field, for a name that there is not, or what contradicts itself.
    """
    found = {name: site.limit_w for name, site in section.sites.items()}
    for name in found:
        if name not in chargers.sites:
            raise ValueError(f"sites.{name}: no such site: must be one of {', '.join(chargers.sites)}")
    limits = {name: rows for name, rows in found.items() if rows}
    limits |= {name: feeder.limit_w for name, feeder in section.feeders.items() if name not in chargers.sites}
    of_day = {name: daily(rows, "limit_w", clock_s) for name, rows in limits.items()}
    for name in section.sites:
        if name in of_day:
            chargers.site_limit_w[chargers.sites.index(name)] = of_day[name].at(0.0)
    _tell_piles(section, chargers)
    feeders = {name: (of_day[name].at(0.0) if name in of_day else 0.0, f.of) for name, f in section.feeders.items()}
    varying = {name: one for name, one in of_day.items() if one.varies}
    sun = {name: daily(said.pv_w, "pv_w", clock_s) for name, said in section.sites.items() if said.pv_w}
    _check_least(chargers, of_day, sun)
    try:
        tree = Limits.of(chargers.sites, chargers.site_limit_w, feeders, varying, sun)
    except ValueError as error:
        raise ValueError(f"feeders.{error}") from None
    storages = {chargers.sites.index(name): one.storage for name, one in section.sites.items() if one.storage}
    if storages:
        tree = tree.stored(Storages.of({site: said.made() for site, said in storages.items()}))
    if not section.tariffs:
        return tree
    tariffs = {name: (tariff_of(said, clock_s), said.of) for name, said in section.tariffs.items()}
    try:
        return tree.billed(Meters.of(tree.names, tree.parent, tariffs))
    except ValueError as error:
        raise ValueError(f"tariffs.{error}") from None


def _tell_piles(section: Charging, chargers: Chargers) -> None:
    """The least that piles can give, of sites of which the scenario says more than SUMO's files."""
    connectors = list(chargers.connectors)
    for name, said in section.sites.items():
        if (said.connector, said.phases, said.volts, said.min_current_a) == (None,) * 4:
            continue
        for group in np.flatnonzero(chargers.site == chargers.sites.index(name)).tolist():
            connectors[group] = said.connector or connectors[group]
            try:
                least = least_w(connectors[group], said.phases, said.volts, said.min_current_a)
            except ValueError as error:
                raise ValueError(f"sites.{name}.{error}") from None
            if least > chargers.power_w[group]:
                told = f"{chargers.ids[group]} gives {chargers.power_w[group]:g} W at most"
                raise ValueError(f"sites.{name}: its piles' least current makes {least:g} W, but {told}")
            chargers.least_w[group] = least
    chargers.name_connectors(connectors)


def _check_least(chargers: Chargers, of_day: Mapping[str, Daily], sun: Mapping[str, Daily]) -> None:
    """A pile must at some time of the day be able to give its least."""
    for group, site in enumerate(chargers.site.tolist()):
        name = chargers.sites[site]
        most = float(of_day[name].value.max()) if name in of_day else float(chargers.site_limit_w[site])
        if chargers.least_w[group] > most + (float(sun[name].value.max()) if name in sun else 0.0):
            raise ValueError(
                f"sites.{name}.limit_w = {most:g}: below the {chargers.least_w[group]:g} W that a pile of "
                f"{chargers.ids[group]} gives at least: none could ever charge"
            )


def tariff_of(said: TariffSection, clock_s: float = 0.0) -> Tariff:
    """A tariff as a scenario says it, where second 0 is at `clock_s` since midnight."""
    return Tariff(daily(said.price, "price_per_kwh", clock_s), said.demand_charge, said.demand_period, said.feed_in)
