"""All messages that there are schemas of, by name; each is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from wayside.edge.messages.program import Message

# Name -> its module here. TR 103 562's CPM is `CPM_TR`, TS 101 556-3's reservation `EV_RSR`; `own` has stand-ins.
MODULES: Final = {
    "CAM": "etsi.cam",
    "DENM": "etsi.denm",
    "SPATEM": "etsi.spatem",
    "MAPEM": "etsi.mapem",
    "IVIM": "etsi.ivim",
    "SREM": "etsi.srem",
    "SSEM": "etsi.ssem",
    "RTCMEM": "etsi.rtcmem",
    "VAM": "etsi.vam",
    "CPM": "etsi.cpm",
    "CPM_TR": "etsi.cpm_tr103562",
    "EVCSN": "etsi.evcsn",
    "EV_RSR": "etsi.evrsr",
    "POIM": "etsi.poim",
    "SAEM": "etsi.saem",
    "MESSAGE_FRAME": "csae.frame",
    "PARKING_REQUEST": "own",
    "PARKING_RESPONSE": "own",
}


def message(name: str) -> Message:
    """A message by its name; ValueError for one that there is none of."""
    if name not in MODULES:
        raise ValueError(f"message {name!r}: must be one of {', '.join(MODULES)}")
    found = getattr(import_module(f"{__package__}.{MODULES[name]}"), name)
    assert isinstance(found, Message)
    return found
