"""What a unit offers, as SAEM: a service for each application, with its name as application data.

No ITS-AID is registered for guidance to a bay or a charger; all have the same number, the last there is.
"""

from __future__ import annotations

from typing import Any, Final

from wayside.edge.messages import Saem
from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.etsi import wsa
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Id, Kind
from wayside.sim.wire.forms import in_both

SERVICE: Final = 270549119  # ITS-AID
_PER_FIVE_SECONDS: Final = 5
_REPEAT_RATE, _LOCATION, _APPLICATION_DATA = 17, 5, 85  # RefExt
_MESSAGE_ID: Final = 12  # TS 102 894-2, MessageId


class Services(BroadcastCodec):
    """The same in both families."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context

    def encode(self, unit: int, message: Saem, time: float) -> bytes:
        """The octets, with the unit's position."""
        latitude, longitude = (round(value * 1e7) for value in self._context.positions[unit])
        where = {"latitude": {"fill": (0, 1), "lat": latitude}, "longitude": longitude}
        body: dict[str, Any] = {
            "changeCount": {"saID": 0, "contentCount": 0},
            "extensions": [
                {"extensionId": _REPEAT_RATE, "value": _PER_FIVE_SECONDS},
                {"extensionId": _LOCATION, "value": where},
            ],
            "serviceInfos": [_service(name) for name in message.services],
        }
        header = {"protocolVersion": 1, "messageID": _MESSAGE_ID, "stationID": self._context.station(unit)}
        return schema("SAEM").encode({"header": header, "sam": {"version": wsa.VERSION, "body": body}})

    def decode(self, octets: bytes) -> Saem:
        """The services announced. DecodeError where they are no SAEM."""
        services = schema("SAEM").decode(octets)["sam"]["body"].get("serviceInfos", [])
        named = (element for service in services for element in service["chOptions"].get("extensions", ()))
        return Saem(tuple(e["value"].decode(errors="replace") for e in named if e["extensionId"] == _APPLICATION_DATA))


def _service(name: str) -> dict[str, Any]:
    data = {"extensionId": _APPLICATION_DATA, "value": name.encode()}
    number = ("extension", ("extension", ("extension", SERVICE)))
    return {"serviceID": number, "channelIndex": 0, "chOptions": {"extensions": [data]}}


SAEM: Final = Kind(
    Saem,
    Services,
    *in_both("saem", "SAEM", Id(_MESSAGE_ID)),
    routine=True,
)
