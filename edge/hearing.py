"""How an application hears what other stations say: methods marked with `on`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from wayside.edge.messages import Broadcast, Inbox, Response

if TYPE_CHECKING:
    from wayside.edge.app import App

_Message = TypeVar("_Message", bound=Broadcast)
_Method = TypeVar("_Method", bound=Callable[..., None])


class Cam:
    """Awareness messages, CAMs or BSMs: heard as columns, an `edge.ldm.VehicleView` of those of one tick."""


class Vam:
    """Awareness messages of vulnerable road users, VAMs: heard as `Cam`s are."""


@dataclass(frozen=True)
class Heard(Generic[_Message]):
    """A broadcast that a unit has received, decoded from its octets, and what its headers say."""

    message: _Message
    station: int  # the sender's number, as messages have it
    position: tuple[float, float]  # of the sender, m in the net's coordinates
    sent: float  # s; it may have waited before it went on the air


def on(kind: type) -> Callable[[_Method], _Method]:
    """Call the method with whatever the unit receives of a class, in the V2X tick in which it comes in.

    Of a class derived from `Broadcast`: once for each message, with a `Heard`. `Cam` and `Vam`: once a tick, with
    a `VehicleView`. Of a class derived from `Inbox` (requests of vehicles, notices of the platform): with each batch.
    These are not in `take` then, unless a method that waits for them takes them. TypeError for another class.
    """
    if not (isinstance(kind, type) and issubclass(kind, Broadcast | Inbox | Cam | Vam)):
        more = "; answers go to vehicles" if isinstance(kind, type) and issubclass(kind, Response) else ""
        raise TypeError(f"on({kind!r}): must be Cam or Vam, or a class of broadcasts, requests or notices{more}")

    def mark(method: _Method) -> _Method:
        if hasattr(method, "every_ticks"):
            raise TypeError(f"{method.__qualname__}: must be called by on() or by every(), not by both")
        method.hears = (*getattr(method, "hears", ()), kind)  # type: ignore[attr-defined]
        return method

    return mark


def hearing_methods(app: App) -> Iterator[tuple[type, Callable[[Any], None]]]:
    """An application's methods marked with `on`, in the order of definition: what each hears, and the method."""
    marked: dict[str, tuple[type, ...]] = {}
    for cls in reversed(type(app).__mro__):
        for name, member in vars(cls).items():
            if hears := getattr(member, "hears", ()):
                marked[name] = hears
            else:
                marked.pop(name, None)  # overridden by one that is not marked
    for name, hears in marked.items():
        for kind in hears:
            yield kind, getattr(app, name)
