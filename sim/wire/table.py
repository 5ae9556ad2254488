"""The kinds of messages of a run: the built-in ones, and those that its applications bring."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getattr_static
from typing import Any, Final

from wayside.edge.errors import PluginError
from wayside.edge.messages.catalogue import check_own
from wayside.edge.messages.kinds import Kind, Kinds
from wayside.sim.wire import awareness, charging, hazards, maps, parking, perceived, priority, services, signals, signs

# In the order of their numbers in tables.
BUILT_IN: Final[tuple[Kind, ...]] = (
    awareness.CAM,
    hazards.DENM,
    signals.SPATEM,
    services.SAEM,
    parking.PARKING_REQUEST,
    parking.PARKING_RESPONSE,
    charging.CHARGING_REQUEST,
    charging.CHARGING_RESPONSE,
    maps.MAPEM,
    signs.IVIM,
)
# These are in the table of a run whose applications or services say or hear them, in this order, behind the others.
WHERE_USED: Final[tuple[Kind, ...]] = (priority.SREM, priority.SSEM, perceived.CPM, parking.POIM)


def kinds_of(users: Iterable[Any], family: str, vru: bool = False) -> Kinds:
    """The built-in kinds, those of `WHERE_USED`, VAMs where vulnerable road users have devices (`vru`), then those in
    `kinds` of a run's applications and services, by name.

    So a package that is installed and not used changes nothing. PluginError, one line, for what is no kind, and for
    two that cannot be told apart.
    """
    added: dict[str, Kind] = {}
    used: set[type] = set()
    for user in users:
        used |= _contents(user)
        declared = getattr(user, "kinds", ())
        if not isinstance(declared, tuple | list):
            raise PluginError(f"{user.__qualname__}.kinds = {declared!r}: must be a tuple of kinds of messages")
        for kind in declared:
            try:
                check_own(kind)
            except PluginError as error:
                raise PluginError(f"{user.__qualname__}.kinds: {error}") from None
            if added.setdefault(kind.name, kind) is not kind:
                raise PluginError(f"{user.__qualname__}.kinds: two kinds of messages are named {kind.name!r}")
    more = [kind for kind in WHERE_USED if kind.content in used] + ([awareness.VAM] if vru else [])
    return Kinds([*BUILT_IN, *more, *(added[name] for name in sorted(added))], family)


def _contents(user: Any) -> set[type]:
    """The classes of messages that an application or a service names as those that it says or hears."""
    named = (content for name in ("says", "asks", "hears", "reads") for content in getattr(user, name, ()))
    heard = (kind for name in dir(user) for kind in getattr(getattr_static(user, name, None), "hears", ()))
    return {content for content in (*named, *heard) if isinstance(content, type)}
