"""`wayside serve`: what it says, what it refuses, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.sim.children import wayside


def start(*arguments: object, cwd: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wayside", "serve", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return [int(child) for child in found]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    server = start(
        "crossing", "--port", 0, "--seed", 4, "--speed", "max", "--until", 3000, "--out", "runs", cwd=tmp_path
    )
    assert server.stdout is not None
    assert server.stderr is not None
    said = server.stdout.readline()
    assert said.startswith("wayside: http://127.0.0.1:")
    address = said.split()[1]
    end = time.monotonic() + 60.0
    run: dict[str, object] = {}
    while run.get("state") != "running":
        assert time.monotonic() < end
        with urllib.request.urlopen(f"{address}api/status") as answer:
            run = json.load(answer)["run"]
        time.sleep(0.05)
    assert (run["seed"], run["end"], run["speed"]) == (4, 3000.0, None)
    (child,) = children(server.pid)
    server.send_signal(number)
    server.wait(30)
    assert (server.returncode, server.stderr.read()) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    summary = json.loads((tmp_path / "runs" / "1-crossing" / "summary.json").read_text("utf-8"))
    assert summary["interrupted"] is True
    server.stdout.close()
    server.stderr.close()


def test_elsewhere_than_on_loopback_it_prints_two_links() -> None:
    server = start("crossing", "--host", "0.0.0.0", "--port", 0, "--paused")
    try:
        assert server.stdout is not None
        assert server.stderr is not None
        control, view = server.stdout.readline(), server.stdout.readline()
        assert control.startswith("wayside: to look and to control: http://")
        assert view.startswith("wayside: to look only:")
        tokens = [line.strip().rpartition("#token=")[2] for line in (control, view)]
        assert len(set(tokens)) == 2
        port = int(control.rpartition("/")[0].rpartition(":")[2])
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status")
        assert refused.value.code == 401
        refused.value.close()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/status", headers={"Authorization": f"Bearer {tokens[1]}"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_a_server_that_is_killed_leaves_no_child() -> None:
    server = start("crossing", "--port", 0)
    assert server.stdout is not None
    server.stdout.readline()
    end = time.monotonic() + 30.0
    while not (found := children(server.pid)):
        assert time.monotonic() < end
        time.sleep(0.02)
    server.kill()
    server.communicate()
    while Path(f"/proc/{found[0]}").exists():
        assert time.monotonic() < end + 30.0
        time.sleep(0.05)


def test_a_taken_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = wayside("serve", "crossing", "--port", port)
    assert (done.returncode, done.stderr) == (
        2,
        f"wayside: 127.0.0.1:{port}: cannot listen there: address already in use\n",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("atlantis",), "wayside: atlantis: no such scenario; built in are crossing, lingang, school\n"),
        (("crossing", "--host", "no.such.host.invalid"), "wayside: --host 'no.such.host.invalid': no address of this"),
        (("crossing", "--host", "192.0.2.1"), "wayside: 192.0.2.1:8080: cannot listen there: cannot assign"),
        (("crossing", "--speed", "fast"), "wayside: --speed 'fast': must be a number from 0.1 to 1000, or max\n"),
        (("crossing", "--speed", "5000"), "wayside: --speed '5000': must be"),
        (("crossing", "--set", "v2x.penetration=7"), "v2x.penetration = 7"),
        (("crossing", "--set", "nonsense"), "wayside: --set"),
        ((), "wayside: serve: name a scenario, or two recorded runs: --runs DIR DIR\n"),
        (("crossing", "--against", "v2x.penetratoin=0"), 'no such field; did you mean "penetration"?'),
        (("crossing", "--against", "scenario.seed=2"), "both are runs of one replication"),
        (("crossing", "--against", "lingang"), "lingang has other streets than crossing"),
        (("crossing", "--against", "lingang", "--against", "school"), "--against school: one other scenario is shown"),
        (("crossing", "--study", "nowhere"), "serve: --study tells of two runs side by side"),
        (("--runs", "nowhere", "elsewhere"), "nowhere: there is no such file or directory"),
        (("crossing", "--runs", "nowhere", "elsewhere"), "crossing: --runs shows two recorded runs, and nothing else"),
        (("--runs", "nowhere", "elsewhere", "--seed", "3"), "--seed is for a scenario that runs"),
    ],
)
def test_mistakes_are_one_line(arguments: tuple[str, ...], words: str) -> None:
    done = wayside("serve", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_two_scenarios_of_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        source = Path(__file__).parents[2] / "scenarios" / "crossing" / "crossing.sumocfg"
        (tmp_path / folder / "town.toml").write_text(f'[sumo]\nconfig = "{source}"\n')
    done = wayside("serve", tmp_path / "a" / "town.toml", tmp_path / "b" / "town.toml")
    assert done.returncode == 2
    assert "there is already a scenario 'town'" in done.stderr


def test_the_other_commands_are_there() -> None:
    done = wayside("--help")
    assert all(f" {name} " in done.stdout for name in ("run", "check", "scenarios", "serve"))
