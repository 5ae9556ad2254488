"""What must be refused, each with a clear answer, while the run and the other clients go on."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.web.server.serving import Served, served, viewing
from wayside.web.server.safety import Bucket, DeniedError, Guard, split_host
from wayside.web.server.session import Start

VIEW, CONTROL = "only-to-look", "to-control"


def strict(host: str, port: int) -> Guard:
    """The rules of a server that others can reach, here on loopback."""
    return Guard(host, port, VIEW, CONTROL)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(Start("crossing", speed=1.0), guard=strict) as one:
        one.begun()
        yield one


@pytest.fixture(autouse=True)
def alive(server: Served) -> Iterator[None]:
    """Whatever a test does: the run goes on."""
    before = server.get("/api/status").json["run"]
    yield
    after = server.get("/api/status").json["run"]
    assert (after["run"], after["state"]) == (before["run"], "running")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer wrong", 401), ("Bearer ", 401), ("Basic x", 401), (f"Bearer {VIEW}", 200)],
)
def test_a_token_is_needed_to_look(server: Served, authorization: str | None, status: int) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    token, server.token = server.token, ""
    try:
        answer = server.call("GET", "/api/status", **headers)
    finally:
        server.token = token
    assert answer.status == status
    if status == 401:
        assert "token" in answer.detail


@pytest.mark.parametrize("path", ["/api/run/pause", "/api/actions/unit", "/api/run"])
def test_control_without_the_right(server: Served, path: str) -> None:
    answer = server.post(path, {}, Authorization=f"Bearer {VIEW}")
    assert (answer.status, answer.detail) == (403, "this token allows to view, not to control")


def test_a_forwarded_port(server: Served) -> None:
    """As behind ssh -L 9000:localhost:8000: the page's own address is the forwarder's."""
    there = {"Host": "127.0.0.1:9000", "Origin": "http://127.0.0.1:9000"}
    assert server.get("/api/status", **there).status == 200
    assert server.get("/api/status", **{**there, "Origin": "http://127.0.0.1:9001"}).status == 403
    assert server.get("/api/status", **{**there, "Host": "evil.example:9000"}).status == 400


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "evil.example", 400),
        ("Host", "evil.example:{port}", 400),
        ("Host", "127.0.0.1:1", 200),  # a forwarded port
        ("Host", "127.0.0.1:{port}@evil.example", 400),
        ("Host", "[::1]:{port}", 200),
        ("Origin", "http://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", "http://127.0.0.1:1", 403),
        ("Origin", "http://127.0.0.1:{port}", 200),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Sec-Fetch-Site", "same-origin", 200),
        ("Sec-Fetch-Site", "none", 200),
    ],
)
def test_host_and_origin(server: Served, header: str, value: str, status: int) -> None:
    answer = server.get("/api/status", **{header: value.format(port=server.port)})
    assert answer.status == status
    if status != 200:
        assert header in answer.detail

    async def shake_hands() -> int:
        # Host can only be said by hand.
        if header == "Host":
            return status
        try:
            async with viewing(server, **{header: value.format(port=server.port)}):
                return 200
        except InvalidStatus as error:
            return error.response.status_code

    assert asyncio.run(shake_hands()) == status


def test_a_link_from_elsewhere_may_be_followed(server: Served) -> None:
    assert server.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status in (200, 404)
    assert server.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/status", "GET"),
        ("GET", "/api/run", "POST"),
        ("PATCH", "/api/run/pause", "POST"),
        ("DELETE", "/api/objects/unit/0", "GET"),
        ("POST", "/", "GET, HEAD"),
        ("PUT", "/assets/x.js", "GET, HEAD"),
    ],
)
def test_what_a_path_takes_is_said(server: Served, method: str, path: str, allowed: str) -> None:
    answer = server.call(method, path, {})
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert (answer.status, headers["allow"]) == (405, allowed)


def test_refused_handshakes_leave_nothing_in_the_log(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    async def shake_hands() -> None:
        for _ in range(3):
            with pytest.raises(InvalidStatus):
                async with viewing(server, Origin="http://evil.example"):
                    pass

    asyncio.run(shake_hands())
    assert not caplog.records


def test_too_many_clients_from_one_address(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayside.web.server.stream.MOST_FROM_ONE", 1)

    async def talk() -> tuple[int, str]:
        async with viewing(server):
            with pytest.raises(InvalidStatus) as refused:
                async with viewing(server):
                    pass
        async with viewing(server):  # the first has left
            pass
        body = json.loads(refused.value.response.body or b"{}")
        return refused.value.response.status_code, body["detail"]

    assert asyncio.run(talk()) == (503, "1 clients of this address are connected: no more")


def test_a_websocket_with_a_foreign_host(server: Served) -> None:
    request = (
        f"GET /api/stream HTTP/1.1\r\nHost: evil.example:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: wayside.1, token.{CONTROL}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(request.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("offered", [["wayside.1"], ["wayside.1", "token.wrong"], ["token."]])
def test_a_websocket_without_a_token(server: Served, offered: list[str]) -> None:
    async def shake_hands() -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{server.port}/api/stream", subprotocols=offered):  # type: ignore[arg-type]
                pass
        assert refused.value.response.status_code == 401
        body = json.loads(refused.value.response.body or b"{}")
        assert "token" in body["detail"]

    asyncio.run(shake_hands())


def test_what_a_token_allows_is_said(server: Served) -> None:
    async def hello(token: str) -> object:
        server.token, before = token, server.token
        try:
            async with viewing(server) as viewer:
                return (await viewer.text("hello"))["rights"]
        finally:
            server.token = before

    assert asyncio.run(hello(VIEW)) == ["view"]
    assert asyncio.run(hello(CONTROL)) == ["view", "control"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"type": "explode"}', "explode"),
        ('{"type": "ack"}', "sequence"),
        ('{"type": "ack", "sequence": -1}', "sequence"),
        ('{"type": "ack", "sequence": "1"}', "sequence"),
        ('{"type": "ack", "sequence": 1, "more": 2}', "more"),
        ('{"type": "watch", "refs": ["../../etc/passwd"]}', "not a reference"),
        ('{"type": "watch", "refs": ["vehicle/99999999999"]}', "not a reference"),
        (json.dumps({"type": "watch", "refs": ["park/0"] * 9}), "8"),
        ('{"type": "watch", "refs": "park/0"}', "refs"),
        (b"\x00\x01", "binary"),
        ("[" * 3000, "JSON"),
    ],
)
def test_malformed_messages_are_refused(server: Served, message: str | bytes, reason: str) -> None:
    async def talk() -> str:
        async with viewing(server) as viewer:
            await viewer.text("snapshot")
            await viewer.socket.send(message)
            refused: str = (await viewer.text("refused"))["reason"]
            await viewer.frame(1, 2)  # and it is still served
            return refused

    assert reason in asyncio.run(talk())


async def ended(socket: ClientConnection) -> int | None:
    """The code with which a connection is closed."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None


def test_an_oversized_message_ends_the_connection(server: Served) -> None:
    async def talk() -> int | None:
        async with viewing(server) as other, viewing(server) as viewer:
            await viewer.socket.send("x" * 5000)
            code = await ended(viewer.socket)
            await other.frame(2)
            return code

    assert asyncio.run(talk()) == 1009


def test_a_flood_ends_the_connection(server: Served) -> None:
    async def talk() -> int | None:
        async with viewing(server) as other, viewing(server) as viewer:
            for number in range(300):
                await viewer.socket.send(json.dumps({"type": "ack", "sequence": number}))
            code = await ended(viewer.socket)
            await other.frame(2)
            return code

    assert asyncio.run(talk()) == 1008


def test_too_many_objects_watched_by_all(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayside.web.server.session.MOST_WATCHED", 2)

    async def talk() -> str:
        async with viewing(server) as viewer:
            await viewer.say({"type": "watch", "refs": ["park/0", "park/1", "unit/0"]})
            reason: str = (await viewer.text("refused"))["reason"]
            return reason

    assert asyncio.run(talk()) == "more than 2 objects are watched by all clients together"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        (
            "/api/run",
            {"scenario": "atlantis"},
            404,
            "'atlantis': no such scenario; there are crossing, lingang, school",
        ),
        ("/api/run", {"scenario": "../../../etc/passwd"}, 404, "no such scenario"),
        ("/api/run", {"scenario": "crossing.toml"}, 404, "no such scenario"),
        ("/api/run", {"scenario": "crossing", "seed": -1}, 400, "seed"),
        ("/api/run", {"scenario": "crossing", "seed": True}, 400, "seed"),
        ("/api/run", {}, 400, "scenario: Field required"),
        ("/api/run", {"scenario": "crossing", "out": "/x"}, 400, "out: Extra inputs"),
        ("/api/run", {"scenario": "crossing", "overrides": {"sumo.config": "/etc/passwd"}}, 400, "cannot be changed"),
        ("/api/run", {"scenario": "crossing", "overrides": {"sumo.options.log": "/x"}}, 400, "cannot be changed"),
        ("/api/run", {"scenario": "crossing", "overrides": {"record.messages": "all"}}, 400, "cannot be changed"),
        ("/api/run", {"scenario": "crossing", "overrides": {"rsu.0.apps": "os:system"}}, 400, "cannot be changed"),
        ("/api/run", {"scenario": "crossing", "overrides": {"parking.policy": "os:system"}}, 400, "registered name"),
        ("/api/run", {"scenario": "crossing", "overrides": {"v2x.penetration": 7}}, 400, "v2x.penetration"),
        ("/api/run", {"scenario": "crossing", "overrides": {"v2x.penetration": "all"}}, 400, "v2x.penetration"),
        ("/api/run/step", {"steps": 0}, 400, "steps"),
        ("/api/run/step", {"steps": 10**9}, 400, "steps"),
        ("/api/run/speed", {"factor": 0.01}, 400, "factor"),
        ("/api/run/speed", {}, 400, "factor"),
        ("/api/run/speed", {"factor": True}, 400, "factor: Input should be a valid number"),
        ("/api/run/speed", {"factor": "2"}, 400, "factor: Input should be a valid number"),
        ("/api/run/goto", {"time": True}, 400, "time: Input should be a valid number"),
        ("/api/run/step", {"steps": 1.5}, 400, "steps: Input should be a valid integer"),
        ("/api/actions/road", {"edge": True, "closed": True}, 400, "edge: Input should be a valid integer"),
        ("/api/actions/road", {"edge": 99999.0, "closed": True}, 404, "edge 99999"),
        ("/api/actions/concert", {"count": 1, "x": "1", "y": 2}, 400, "x: Input should be a valid number"),
        ("/api/run/goto", {"time": -5}, 400, "time"),
        ("/api/run/goto", b'{"time": NaN}', 400, "time"),
        ("/api/run/goto", b"{", 400, "JSON"),
        ("/api/actions/unit", {"unit": 99, "on": False}, 404, "unit 99: there is none of this number"),
        ("/api/actions/road", {"edge": 99999, "closed": True}, 404, "edge 99999"),
        ("/api/actions/surge", {"count": 10**6, "charge": 0.1}, 400, "count"),
        ("/api/actions/surge", {"count": 1, "charge": 2}, 400, "charge"),
        ("/api/actions/concert", {"count": 1, "x": 1e6, "y": 1e6}, 409, "no car park within"),
        ("/api/nothing", {}, 404, "/api/nothing: there is no such call"),
    ],
)
def test_bad_calls(server: Served, path: str, body: object, status: int, words: str) -> None:
    time.sleep(0.05)  # calls are counted
    answer = server.post(path, body)
    assert (answer.status, words in answer.detail) == (status, True), answer.detail


@pytest.mark.parametrize("ref", ["vehicle/99999", "unit/99", "edge/-1", "edge/x", "ship/1", "park/1e9"])
def test_objects_that_there_are_not(server: Served, ref: str) -> None:
    assert server.get(f"/api/objects/{ref}").status == 404


def test_a_body_that_is_too_large(server: Served) -> None:
    answer = server.post("/api/run", b'{"scenario": "' + b"x" * 20_000 + b'"}')
    assert answer.status == 413
    chunked = server.call("POST", "/api/run", b"{}", Transfer_Encoding="chunked")
    assert chunked.status == 413


def test_too_many_control_calls(server: Served) -> None:
    codes = [server.post("/api/run/speed", {"factor": 1.0}).status for _ in range(60)]
    assert 429 in codes
    assert codes[0] == 200
    assert server.get("/api/status").status == 200  # looking is not counted
    time.sleep(3.2)


def test_one_pages_calls_do_not_use_up_anothers(server: Served) -> None:
    async def calls(*clients: str) -> list[int]:
        def call(client: str) -> int:
            return server.post("/api/run/speed", {"factor": 1.0}, Wayside_Client=client).status

        return await asyncio.gather(*(asyncio.to_thread(call, client) for client in clients))

    async def talk() -> tuple[list[int], list[int], list[int]]:
        async with viewing(server) as greedy, viewing(server) as other:
            names = [(await viewer.text("hello"))["client"] for viewer in (greedy, other)]
            # A name that nobody has makes no room: those count by their address.
            made_up = await calls(*(f"nobody-{number}" for number in range(80)))
            return await calls(*names[:1] * 80), await calls(names[1]), made_up

    greedy, fair, made_up = asyncio.run(talk())
    assert 429 in greedy
    assert fair == [200]
    assert 429 in made_up
    time.sleep(3.2)


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fpyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/../../cli.py",
    ],
)
def test_no_way_out_of_the_pages_folder(server: Served, path: str) -> None:
    answer = server.get(path)
    assert answer.status in (404, 405)
    assert b"wayside.sim" not in answer.body
    assert b"root:" not in answer.body


def test_headers(server: Served) -> None:
    for path in ("/", "/api/status", "/api/docs", "/nothing"):
        headers = {name.lower(): value for name, value in server.get(path).headers.items()}
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_hosts_are_taken_apart() -> None:
    assert split_host("localhost:8080") == ("localhost", 8080)
    assert split_host("LocalHost") == ("localhost", 80)
    assert split_host("[::1]:99") == ("::1", 99)
    assert split_host("[::1]") == ("::1", 80)
    assert split_host("a:b")[1] == -1
    assert split_host("")[0] == ""


def test_a_name_of_elsewhere_is_none_of_ours() -> None:
    """A page of somebody else's, whose name has been made to point here, cannot reach the server."""
    open_to_all = Guard("0.0.0.0", 8080, VIEW, CONTROL, {"box"})
    for host in ("box:8080", "192.168.1.5:8080", "0.0.0.0:8080", "box:81"):
        open_to_all.check({"host": host}, "192.168.1.5")
    for host in ("rebound.example:8080", "192.168.1.6:8080", "127.0.0.1:8080"):
        with pytest.raises(DeniedError):
            open_to_all.check({"host": host}, "192.168.1.5")


def test_tokens_are_made_where_others_can_come() -> None:
    assert Guard.of("127.0.0.1", 1).control_token == ""
    assert Guard.of("::1", 1).control_token == ""
    assert Guard.of("127.0.0.1", 1).rights(None) == ["view", "control"]
    one, other = Guard.of("0.0.0.0", 1), Guard.of("0.0.0.0", 1)
    assert len({one.view_token, one.control_token, other.view_token, other.control_token}) == 4
    assert len(one.control_token) >= 22
    with pytest.raises(DeniedError):
        one.rights(None)


def test_the_bucket_with_a_clock_of_its_own() -> None:
    now = [0.0]
    bucket = Bucket(10.0, 3.0, lambda: now[0])
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
    now[0] = 0.1
    assert [bucket.take(), bucket.take()] == [True, False]
    now[0] = 100.0
    assert sum(bucket.take() for _ in range(10)) == 3
