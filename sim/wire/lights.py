"""The city as codecs of signals and maps must know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wayside.edge.messages.kinds import CodecContext
from wayside.sim.wire.junctions import Junction
from wayside.sim.world import Signals

# Octets of a BTP packet (itsGnMaxSduSize, EN 302 636-4-1, annex H), and of a DSM: what IEEE 1609.3 took for WSMs
# (WsmMaxLength), as the Chinese text could not be seen.
MOST_SDU: Final = 1398
MOST_DSM: Final = 1400


@dataclass(frozen=True)
class Lights(CodecContext):
    """With its lights, and the junctions that these stand at."""

    signals: Signals
    junctions: Sequence[Junction]
