"""What a city's units share over the backhaul: their reports, and a ledger for each service, of its facilities and who
has them.
"""

from __future__ import annotations

from typing import Any

from wayside.edge.pool import Answer, Pool
from wayside.edge.reports import CityReports


class CityPlatform:
    """The city-wide ledgers, each an attribute by its service's name; every unit reads and writes the same ones.

    pools: of open requests, of the services that have one; reports: of the units, as far as they have arrived.
    """

    def __init__(self, reports: CityReports | None = None, **ledgers: Any) -> None:
        self.reports = CityReports() if reports is None else reports
        self.ledgers: dict[str, Any] = {}
        self.pools: list[Pool] = []
        for service, ledger in ledgers.items():
            self.enter(service, ledger)

    def enter(self, service: str, ledger: Any) -> None:
        """Let a service have a ledger. ValueError where it has one already."""
        if service in self.ledgers:
            raise ValueError(f"the service {service!r} has a ledger already")
        self.ledgers[service] = ledger
        if isinstance(pool := getattr(ledger, "pool", None), Pool):
            self.pools.append(pool)

    def __getattr__(self, name: str) -> Any:
        ledgers = self.__dict__.get("ledgers", {})
        if name in ledgers:
            return ledgers[name]
        raise AttributeError(f"the city has no {name!r}: it has {', '.join(ledgers) or 'no service'}")

    def look(self, tick: int, now: float) -> None:
        """V2X tick `tick`: take in reports, then let the policies decide what is due."""
        self.reports.look(now)
        for pool in self.pools:
            pool.look(tick, now)

    def lock(self, locked: bool) -> None:
        """Whether nobody may commit decisions."""
        for pool in self.pools:
            pool.locked = locked

    @property
    def decided(self) -> bool:
        """Whether answers are still to be sent."""
        for pool in self.pools:  # noqa: SIM110 - asked some times in each V2X tick, and any() takes thrice as long
            if pool.answers:
                return True
        return False

    def take(self) -> list[Answer]:
        """What has been decided since the last call, in the order of the units and of their applications."""
        found = [answer for pool in self.pools for answer in pool.take()]
        return sorted(found, key=lambda answer: (answer.desk.unit.number, answer.desk.unit.apps.index(answer.desk)))
