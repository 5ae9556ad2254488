"""`analytic-lte-v2x`: LTE-V2X mode 4 by the closed form of Gonzalez-Martin et al. 2019, for straight roads."""

from __future__ import annotations

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.air import RadioContext, errors, transport
from wayside.sim.air.analytic import forms
from wayside.sim.air.analytic.radio import ClosedForm
from wayside.sim.air.lte_v2x import LteV2xRadio, formats, lte_subchannels, warn_too_long
from wayside.sim.scenario.sections import Air

_WINDOW = 0.1  # s: the selection window of `lte-v2x`


class AnalyticLteV2xRadio(ClosedForm):
    """Packets have the transport blocks and the error curves of `lte-v2x`.

    The form has packets of one sub-channel: where they take more on average, the carrier has so many fewer resources.
    All are taken to be periodic. The delay is half of the selection window, since a resource is chosen at random in it.
    """

    sensing = -90.5

    def __init__(self, site: RadioContext) -> None:
        settings = site.air
        if settings.keep:
            raise ScenarioError(f"air.keep = {settings.keep:g}: must be 0 with {site.named}, whose form has none")
        if settings.retransmit:
            raise ScenarioError(f"air.retransmit = true: must be false with {site.named}, whose form has none")
        default = Air.model_fields["threshold"].default
        if settings.threshold != default:
            raise ScenarioError(
                f"air.threshold = {settings.threshold:g}: must be {default:g} with {site.named}, whose form has its own"
            )
        self._channels, self._blocks = lte_subchannels(settings)
        self._room, self._tables = formats(
            settings,
            self._channels,
            LteV2xRadio.headers,
            lambda mcs, width: transport.lte_block(mcs, width, self._blocks),
            lambda mcs, block: self.table(mcs, block, site),
        )
        self._warned = False
        super().__init__(site)

    def table(self, mcs: int, block: int, site: RadioContext) -> forms.Errors:
        """Packet error over SINR for transport blocks of so many octets. ScenarioError where there are no curves."""
        sinr, error = errors.table("LTE", mcs, max(block, 1), site.air.curves or LteV2xRadio.curves)
        return lambda at: np.interp(at, sinr, error)

    def formats(self, size: Ints) -> tuple[Ints, Longs]:
        """As `lte-v2x` has them; sub-channels."""
        if self.settings.size is not None:
            size = np.full(len(size), self.settings.size, np.int32)
        format = np.searchsorted(self._room, size).astype(np.int32)
        width = np.minimum(format + 1, self._channels).astype(np.int64)
        long = format == len(self._room)
        if long.any():
            if not self._warned:
                warn_too_long(int(size.max()), int(self._room[-1]))
            self._warned = True
        return np.where(long, np.int32(-1), format), width

    def errors(self, format: int) -> tuple[forms.Errors, float]:
        width = min(format + 1, self._channels)
        return self._tables[format], self.noise + transport.noise_share(width * self._blocks)

    def solve(self, road: forms.Road, reception: forms.Reception, amount: float) -> forms.Delivery:
        return forms.mode4(road, reception, self._channels / amount)

    def busy(self, neighbours: Doubles, rate: Doubles, amount: Doubles) -> Doubles:
        return forms.mode4_busy(neighbours, rate, self._channels / amount)

    def delay(self, amount: Longs) -> Doubles:
        return np.full(len(amount), _WINDOW / 2.0)
