"""A central system (CSMS) of one's own, by OCPP 2.0.1: all who charge in the city have equal parts of so many watts.

Start it, and in another terminal a run whose piles are its stations; end it by Ctrl-C. It needs the extra `ocpp`.

    python scenarios/examples/csms.py --port 9000 --watts 50000
    wayside run crossing --csms ws://localhost:9000 --speed 10
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import math
import signal
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PROTOCOL = "ocpp2.0.1"


@dataclass
class Charge:
    """A transaction, as it has been told."""

    station: str
    evse: int
    vehicle: str = ""
    first_wh: float | None = None  # the meter when it began, and as it was told last
    last_wh: float = 0.0
    sequence: list[int] = field(default_factory=list)  # numbers of its events, as they came
    offline: int = 0  # of them, told afterwards
    values: int = 0  # meter values
    ended: bool = False
    reason: str = ""
    limit_w: float | None = None  # what it was let have last

    @property
    def energy_wh(self) -> float:
        """Drawn so far."""
        return self.last_wh - (self.first_wh or 0.0)


class StationProxy(ChargePoint):
    """The central system's end of a station's connection."""

    def __init__(self, name: str, connection: ServerConnection, system: CentralSystem) -> None:
        super().__init__(name, connection)
        self.system = system

    @on("BootNotification")
    def boots(self, **_: Any) -> call_result.BootNotification:
        """A station is there: it is taken, and told the time."""
        return call_result.BootNotification(datetime.now(UTC).isoformat(), 300, "Accepted")

    @on("Heartbeat")
    def beats(self, **_: Any) -> call_result.Heartbeat:
        """It still is."""
        return call_result.Heartbeat(datetime.now(UTC).isoformat())

    @on("StatusNotification")
    def is_so(self, evse_id: int, connector_status: str, **_: Any) -> call_result.StatusNotification:
        """A pile is free, or taken."""
        self.system.status[self.id, evse_id] = connector_status
        return call_result.StatusNotification()

    @on("TransactionEvent")
    def happens(self, **event: Any) -> call_result.TransactionEvent:
        """A charge begins, goes on, or ends."""
        self.system.hear(self.id, event)
        return call_result.TransactionEvent()


class CentralSystem:
    """All stations, and who charges. watts: for all together; None: as much as anybody wants."""

    def __init__(self, watts: float | None = None, proxy: type[StationProxy] = StationProxy) -> None:
        self.watts, self.proxy = watts, proxy
        self.stations: dict[str, StationProxy] = {}  # those that are connected
        self.status: dict[tuple[str, int], str] = {}
        self.charges: dict[str, Charge] = {}  # by transaction
        self.connections = 0
        self._changed = asyncio.Event()

    def hear(self, station: str, event: dict[str, Any]) -> None:
        """Note down what is told of a charge; what is told twice counts once."""
        of = event["transaction_info"]["transaction_id"]
        charge = self.charges.setdefault(of, Charge(station, event["evse"]["id"]))
        if event["seq_no"] in charge.sequence:
            return
        charge.sequence.append(event["seq_no"])
        charge.offline += event.get("offline", False)
        charge.vehicle = event.get("id_token", {}).get("id_token", charge.vehicle)
        for value in event.get("meter_value", ()):
            for sample in value["sampled_value"]:
                if sample["measurand"] == "Energy.Active.Import.Register":
                    charge.first_wh = sample["value"] if charge.first_wh is None else charge.first_wh
                    charge.last_wh = sample["value"]
                    charge.values += 1
        if event["event_type"] == "Ended":
            charge.ended, charge.reason = True, event["transaction_info"].get("stopped_reason", "")
        if event["event_type"] != "Updated":
            self._changed.set()

    async def share(self) -> None:
        """For ever: whenever a charge has begun or ended, let all who charge have equal parts."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            now = {of: charge for of, charge in self.charges.items() if not charge.ended}
            if self.watts is None or not now:
                continue
            part = round(self.watts / len(now), 1)
            # Who gets less comes first, so that all together never get more.
            for of, charge in sorted(now.items(), key=lambda one: -(one[1].limit_w or 0.0)):
                if charge.limit_w != part and await self.limit(charge, of, part):
                    charge.limit_w = part

    async def limit(self, charge: Charge, transaction: str, watts: float) -> bool:
        """Let a charge have so much from now on; whether its station says that it will."""
        if (station := self.stations.get(charge.station)) is None:
            return False
        schedule = {
            "id": 1,
            "charging_rate_unit": "W",
            "charging_schedule_period": [{"start_period": 0, "limit": watts}],
        }
        profile = {
            "id": charge.evse,
            "stack_level": 0,
            "charging_profile_purpose": "TxProfile",
            "charging_profile_kind": "Relative",
            "transaction_id": transaction,
            "charging_schedule": [schedule],
        }
        try:
            answer = await station.call(call.SetChargingProfile(charge.evse, profile), suppress=False)
        except (OCPPError, ConnectionClosed, TimeoutError):
            return False  # the charge is over, or its station away
        return bool(answer.status == "Accepted")

    async def meet(self, connection: ServerConnection) -> None:
        """A station has called: listen until it is gone."""
        assert connection.request is not None
        name = unquote(connection.request.path.rpartition("/")[2])
        station = self.stations[name] = self.proxy(name, connection, self)
        self.connections += 1
        with contextlib.suppress(ConnectionClosed):
            await station.start()
        if self.stations.get(name) is station:
            del self.stations[name]

    async def run(self, port: int, out: Path | None = None) -> None:
        """Listen until somebody asks it to end; then write the charges as JSON."""
        asked = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        sharing = asyncio.ensure_future(self.share())
        async with serve(self.meet, "localhost", port, subprotocols=[PROTOCOL], compression=None) as server:  # type: ignore[list-item]
            print(f"listening at ws://localhost:{next(iter(server.sockets)).getsockname()[1]}", flush=True)
            await asked.wait()
        sharing.cancel()
        ended = [charge for charge in self.charges.values() if charge.ended]
        energy = sum(charge.energy_wh for charge in ended) / 1000.0
        print(f"{self.connections} connections, {len(self.charges)} charges, {len(ended)} ended with {energy:.3f} kWh")
        if out is not None:
            charges = {of: asdict(charge) | {"energy_wh": charge.energy_wh} for of, charge in self.charges.items()}
            out.write_text(json.dumps(charges, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9000, help="to listen at; 0: any that is free")
    parser.add_argument("--watts", type=float, help="for all who charge together; without, nobody is limited")
    parser.add_argument("--out", type=Path, help="where the charges are written at the end, as JSON")
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error(f"--port {options.port}: must be from 0 to 65535")
    if options.watts is not None and not 0.0 <= options.watts < math.inf:
        parser.error(f"--watts {options.watts:g}: must be a number, at least 0")
    if options.out is not None and not options.out.absolute().parent.is_dir():
        parser.error(f"--out {options.out}: there is no such folder to write in")
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    asyncio.run(CentralSystem(options.watts).run(options.port, options.out))


if __name__ == "__main__":
    main()
