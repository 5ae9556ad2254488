"""The real server with a real SUMO, as a user starts it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 60.0  # s; a busy machine takes its time


@dataclass
class Served:
    """A running `wayside serve`; `links`: the addresses that it printed, that with control first."""

    process: "subprocess.Popen[str]"
    links: list[str]

    @property
    def port(self) -> int:
        """Where it listens."""
        found = re.search(r":(\d+)/", self.links[0])
        assert found
        return int(found[1])

    def call(self, path: str, body: dict[str, object]) -> None:
        """A call of its API, as soon as the run has begun."""
        data = json.dumps(body).encode()
        request = Request(f"{self.links[0]}api/{path}", data, {"Content-Type": "application/json"})
        end = time.monotonic() + PATIENCE
        while True:
            try:
                urlopen(request).close()
            except HTTPError as error:
                with error:
                    if error.code != 409 or time.monotonic() > end:  # 409: not yet
                        raise
                time.sleep(0.25)  # more than ten calls a second are too many
            else:
                return

    def children(self) -> list[int]:
        """The processes that it has started."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()


def serve(*arguments: object, links: int = 1, command: str = "serve") -> Served:
    """Start it and wait until it listens: as many links as it prints."""
    words = [sys.executable, "-u", "-m", "wayside", command, *map(str, arguments)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said, found = "", []
    while len(found) < links:
        line = process.stdout.readline()
        said += line
        if not line:
            process.wait(20)
            process.stdout.close()
            raise AssertionError(f"wayside {command} ended:\n{said}")
        found += re.findall(r"https?://\S+", line)
    return Served(process, found)


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gone(port: int) -> None:
    """Wait until nobody listens at a port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError(f"somebody still listens at {port}")
