"""All messages that there are schemas of, by name; each is loaded when it is first asked for."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from wayside.edge.errors import BREAKS, PluginError, told_by
from wayside.edge.messages import schema as s
from wayside.edge.messages.kinds import FAMILIES, Kind, Kinds
from wayside.edge.messages.program import Message
from wayside.edge.net import btp, dsmp

GROUP: Final = "wayside.messages"  # entry points of installed packages: kinds with a schema of their own

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
    "J2735_FRAME": "sae",
    "PARKING_REQUEST": "own",
    "PARKING_RESPONSE": "own",
}

# What else people call these: the messages of a frame, by which alone one does not know whose frame it is in.
ALSO: Final = {
    **dict.fromkeys(("BSM", "MAP", "RSM", "SPAT", "RSI"), "MESSAGE_FRAME"),
    "J2735": "J2735_FRAME",
    "EVRSR": "EV_RSR",
}

LATER_VAM: Final = 16  # from TS 103 300-3 V2.2.1 on, of other types: what reads it as the first edition reads nonsense
# By the messageID of the ITS header; TS 102 894-2, MessageId. 14 was CPM's first, and VAM's first edition has it too.
# It gives no message the numbers 250 and above: `own`'s.
IDS: Final = {
    1: "DENM",
    2: "CAM",
    3: "POIM",
    4: "SPATEM",
    5: "MAPEM",
    6: "IVIM",
    7: "EV_RSR",
    9: "SREM",
    10: "SSEM",
    11: "EVCSN",
    12: "SAEM",
    13: "RTCMEM",
    14: "CPM",
    LATER_VAM: "VAM",
    250: "PARKING_REQUEST",
    251: "PARKING_RESPONSE",
}


def message(name: str) -> Message:
    """A message by its name, of an installed package's too; ValueError for one that there is none of."""
    if name not in MODULES:
        for kind in installed():
            if kind.schema is not None and kind.schema.name == name:
                return kind.schema
        raise ValueError(f"message {name!r}: must be one of {', '.join(names())}")
    found = getattr(import_module(f"{__package__}.{MODULES[name]}"), name)
    assert isinstance(found, Message)
    return found


def names() -> tuple[str, ...]:
    """Of all messages, those of installed packages last."""
    return *MODULES, *(kind.schema.name for kind in installed() if kind.schema is not None)


@cache
def installed() -> tuple[Kind, ...]:
    """The kinds that installed packages bring, in the order of their entry points' names.

    One that cannot be had, or taken for another, is left out with a warning.
    """
    found: list[Kind] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            kind = entry.load()
            check_own(kind)
            Kinds([*found, kind])
        except BREAKS as error:
            said = str(error) if isinstance(error, PluginError) else told_by(error)
            warnings.warn(f"{GROUP}: {entry.name} = {entry.value!r}: {said}", stacklevel=2)
        else:
            found.append(kind)
    return tuple(found)


def check_own(kind: object) -> None:
    """PluginError, one line, for what is no kind with a schema of its own, or could be taken for a message here."""
    if not isinstance(kind, Kind):
        raise PluginError(f"{kind!r}: must be a Kind of wayside.edge.messages.kinds")
    where = f"message kind {kind.name!r} of {kind.content.__module__}"
    if kind.schema is None or kind.codec is None:
        raise PluginError(f"{where}: must have a schema and a codec of its own")
    if kind.schema.name in MODULES or kind.schema.name in ALSO:
        raise PluginError(f"{where}: schema name {kind.schema.name!r} is taken: must be another")
    if not _begins_with_header(kind.schema.type):
        raise PluginError(
            f"{where}: {kind.schema.name} must be a sequence that begins with an ItsPduHeader, without optional "
            "members or an extension marker, which would stand before it"
        )
    if not 0 <= kind.category <= 3:
        raise PluginError(f"{where}: category {kind.category}: must be 0..3")
    for family in FAMILIES:
        form = kind.form(family)
        if form.id.framed or form.id.body is not None or not 0 <= form.id.number <= 255:
            raise PluginError(f"{where}: {form.id}: must be a messageID, 0..255")
        if form.id.number in IDS:
            raise PluginError(f"{where}: {form.id} is that of {IDS[form.id.number]}: must be another")
    taken = {port: name for name, port in btp.PORTS.items()}
    if kind.etsi.port in taken or not 0 < kind.etsi.port <= 65535:
        told = f" is that of {taken[kind.etsi.port]}" if kind.etsi.port in taken else ""
        raise PluginError(f"{where}: BTP port {kind.etsi.port}{told}: must be another of 1..65535")
    if kind.csae.port in dsmp.SET or not 0 <= kind.csae.port < dsmp.MOST_AIDS:
        raise PluginError(
            f"{where}: DSMP AID {kind.csae.port}: must be one of 0..{dsmp.MOST_AIDS - 1} that is not of a MessageFrame"
        )


def _begins_with_header(type: s.Type) -> bool:
    from wayside.edge.messages.etsi import cdd

    if not isinstance(type, s.Sequence) or type.grows or not type.members:
        return False
    members = list(type.members.values())
    return s.resolved(members[0]) is cdd.ItsPduHeader and not any(isinstance(m, s.Optional) for m in members)
