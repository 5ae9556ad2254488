"""`analytic-itsg5`: 802.11p by the closed form of Sepulcre et al. 2021, for straight roads."""

from __future__ import annotations

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.air import RadioContext, errors
from wayside.sim.air.analytic import forms
from wayside.sim.air.analytic.radio import ClosedForm
from wayside.sim.air.itsg5 import CURVES, LONGEST, STEP, airtime


class AnalyticItsG5Radio(ClosedForm):
    """Packets have the times on the air and the error curves of `itsg5`.

    The form has no half-duplex losses (who senses hardly ever sends at the same time) and one access category. It does
    not say how long a packet waits for the channel: the delay is the time on the air alone.
    """

    sensing = -85.0

    def __init__(self, site: RadioContext) -> None:
        settings = site.air
        if settings.rate not in errors.RATES:
            known = ", ".join(f"{rate:g}" for rate in errors.RATES)
            raise ScenarioError(f"air.rate = {settings.rate:g}: must be one of {known} Mbit/s")
        sizes = range(STEP, LONGEST + 1, STEP) if settings.size is None else [settings.size]
        self._tables = [self.table(size, site) for size in sizes]
        super().__init__(site)

    def table(self, size: int, site: RadioContext) -> forms.Errors:
        """Packet error over SINR for packets of so many octets."""
        try:
            sinr, error = errors.table("11p", errors.RATES[site.air.rate], size, site.air.curves or CURVES)
        except ScenarioError as mistake:
            raise ScenarioError(f"air: {mistake}") from None
        return lambda at: np.interp(at, sinr, error)

    def formats(self, size: Ints) -> tuple[Ints, Longs]:
        """As `itsg5` has them: a table for every 50 octets; ns on the air."""
        if self.settings.size is not None:
            size = np.full(len(size), self.settings.size, np.int32)
            return np.zeros(len(size), np.int32), airtime(size, self.settings.rate)
        table = np.clip((size + STEP // 2) // STEP, 1, LONGEST // STEP) - 1
        return table.astype(np.int32), airtime(size, self.settings.rate)

    def errors(self, format: int) -> tuple[forms.Errors, float]:
        return self._tables[format], self.noise

    def solve(self, road: forms.Road, reception: forms.Reception, amount: float) -> forms.Delivery:
        return forms.dot11p(road, reception, amount * 1e-9)

    def busy(self, neighbours: Doubles, rate: Doubles, amount: Doubles) -> Doubles:
        return forms.dot11p_busy(neighbours, rate, amount * 1e-9)

    def delay(self, amount: Longs) -> Doubles:
        return amount.astype(np.float64) * 1e-9
