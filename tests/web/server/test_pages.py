"""The viewer's files, the page without them, and what must not be served."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message

from wayside.web.server import pages


def get(app: ASGIApp, path: str, type: str = "http") -> tuple[int, dict[str, str], bytes]:
    """One GET, past everything that a client or a server might do to the path."""
    said: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # nothing more is said
        raise AssertionError

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": type,
        "method": "GET",
        "path": path,
        "root_path": "",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "extensions": {},
    }
    asyncio.run(app(scope, receive, send))
    if said[0]["type"] == "websocket.close":
        return 0, {}, b""
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], headers, b"".join(message.get("body", b"") for message in said[1:])


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the city</title>")
    (folder / "assets" / "app-1a2b.js").write_text("go()")
    (tmp_path / "secret.txt").write_text("not to be seen")
    (folder / "leads-out").symlink_to(tmp_path / "secret.txt")
    return folder


def test_the_viewer_is_served(dist: Path) -> None:
    app = pages.viewer(dist)
    status, headers, body = get(app, "/")
    assert (status, b"the city" in body, headers["cache-control"]) == (200, True, "no-cache")
    status, headers, body = get(app, "/assets/app-1a2b.js")
    assert (status, body) == (200, b"go()")
    assert "immutable" in headers["cache-control"]
    assert "javascript" in headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..\\..\\secret.txt",
        "//secret.txt",
        "/./../secret.txt",
        "/leads-out",
        "/%2e%2e/secret.txt",
        "/assets/app-1a2b.js/../../../secret.txt",
        "/\0",
    ],
)
def test_nothing_from_outside(dist: Path, path: str) -> None:
    app = pages.viewer(dist)
    with pytest.raises(HTTPException) as refused:
        get(app, path)
    assert refused.value.status_code == 404


def test_without_it_the_page_says_what_is_missing(tmp_path: Path) -> None:
    app = pages.viewer(tmp_path / "none")
    status, _, body = get(app, "/")
    assert status == 200
    for words in (b"Node.js", b"20.19", b"make viewer", b"apt install"):
        assert words in body
    assert get(app, "/assets/x.js")[0] == 404


def test_it_is_found_once_it_is_built(tmp_path: Path) -> None:
    app = pages.viewer(tmp_path / "dist")
    assert b"not built" in get(app, "/")[2]
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<title>the city</title>")
    assert b"the city" in get(app, "/")[2]


def test_other_websockets_are_closed(dist: Path) -> None:
    assert get(pages.viewer(dist), "/elsewhere", "websocket")[0] == 0


def test_what_a_schema_says_is_escaped() -> None:
    schema = {
        "info": {"title": "<b>t</b>", "summary": ""},
        "paths": {"/<i>": {"get": {"summary": "<script>", "responses": {"200": {"description": "<u>"}}}}},
        "components": {"schemas": {}},
    }
    page = pages.reference(schema)
    assert not any(tag in page for tag in ("<b>t", "<i>", "<script>", "<u>"))
