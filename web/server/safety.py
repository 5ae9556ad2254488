"""Who may do what: tokens, hosts, origins, and how often (docs/live.md, Safety)."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

SUBPROTOCOL = "wayside.1"
_TOKEN = "token."


class DeniedError(Exception):
    """An HTTP status and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Guard:
    """The rules of one server, which listens on `host` and `port`. Without tokens everybody may do everything."""

    host: str
    port: int
    view_token: str = ""
    control_token: str = ""
    names: Collection[str] = field(default_factory=frozenset)  # further names of this machine, in lower case

    @classmethod
    def of(cls, host: str, port: int) -> Guard:
        """Tokens where the address can be reached from elsewhere."""
        if is_loopback(host):
            return cls(host, port, names=frozenset({"localhost"}))
        names = {socket.gethostname().lower(), socket.getfqdn().lower(), "localhost"}
        return cls(host, port, secrets.token_urlsafe(18), secrets.token_urlsafe(18), frozenset(names))

    def rights(self, token: str | None) -> list[str]:
        """What a token allows. DeniedError (401) for none where one is needed, and for a wrong one."""
        if not self.control_token:
            return ["view", "control"]
        if not token:
            raise DeniedError(401, "a token is needed: use the link that wayside serve printed")
        given = token.encode("utf-8", "replace")
        control = hmac.compare_digest(given, self.control_token.encode())
        view = hmac.compare_digest(given, self.view_token.encode())
        if control:
            return ["view", "control"]
        if view:
            return ["view"]
        raise DeniedError(401, "wrong token: use the link that wayside serve printed")

    def check(self, headers: dict[str, str], address: str) -> None:
        """Host, Origin and, of browsers that say it, Sec-Fetch-Site of a request that came to `address`.

        DeniedError (400, 403). A link to the page may stand anywhere: following it is a navigation. Host's port is not
        looked at: behind a forwarded port (ssh -L 9000:localhost:8000) it is the forwarder's. The name is what tells a
        foreign site that has its own name lead here.
        """
        host = headers.get("host", "")
        if not self._is_mine(split_host(host)[0], address):
            raise DeniedError(400, f"Host {host[:100]!r}: this server does not listen there")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
            raise DeniedError(403, f"Origin {origin[:100]!r}: only this server's own page may do that")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and headers.get("sec-fetch-mode") != "navigate":
            raise DeniedError(403, f"Sec-Fetch-Site {site[:100]!r}: only this server's own page may do that")

    def _is_mine(self, name: str, address: str) -> bool:
        if name in self.names or name == self.host.lower():
            return True
        try:
            said = ipaddress.ip_address(name)
            here = ipaddress.ip_address(address)
        except ValueError:
            return False
        return said == here or (said.is_loopback and here.is_loopback)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def split_host(host: str) -> tuple[str, int]:
    """A Host header's name, in lower case and without brackets, and port; 80 without one, -1 for nonsense."""
    name, colon, port = host.rpartition(":")
    if not colon or name.startswith("[") != name.endswith("]"):
        name, port = host, "80"
    if not (port.isascii() and port.isdecimal() and len(port) <= 5):
        return "", -1
    return name.lower().removeprefix("[").removesuffix("]"), int(port)


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    """An ASGI scope's headers by name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def bearer(headers: dict[str, str]) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def offered(subprotocols: Collection[str]) -> str | None:
    """The token among a websocket's subprotocols."""
    return next((name.removeprefix(_TOKEN) for name in subprotocols if name.startswith(_TOKEN)), None)


class Bucket:
    """Lets through `per_second` on average and `burst` at once; the clock is injected."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._level = burst
        self._looked = clock()

    def take(self) -> bool:
        """Whether one more may pass."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._looked) * self._rate)
        self._looked = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True

    @property
    def full(self) -> bool:
        """Whether nothing of the burst is used up."""
        return self._level + (self._clock() - self._looked) * self._rate >= self._burst


class Buckets:
    """A bucket for each caller, kept while some of it is used up."""

    _MANY = 1000

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._new = partial(Bucket, per_second, burst, clock)
        self._of: dict[str, Bucket] = {}

    def take(self, caller: str) -> bool:
        """Whether one more of this caller may pass."""
        if caller not in self._of:
            if len(self._of) >= self._MANY:
                self._of = {one: bucket for one, bucket in self._of.items() if not bucket.full}
            self._of[caller] = self._new()
        return self._of[caller].take()
