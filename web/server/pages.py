"""What a browser is served besides the API: the viewer's files, what to do without them, the API's reference."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

# Everything comes from this server; nothing is run that does not lie in a file of its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
{body}
</body>
</html>
"""

_MISSING = """<h1>wayside is running; its viewer is not built</h1>
<p>The page of the live view is made by Node.js, version 20.19 or newer, which was not there when wayside was
installed. The simulation, its <a href="api/docs">API</a> and its data stream work without it.</p>
<p>To get the page:</p>
<ol>
<li>install Node.js: <code>sudo apt install nodejs npm</code>, or from nodejs.org;</li>
<li>in the folder of wayside's sources, run <code>make viewer</code>; an installed package is installed anew;</li>
<li>load this page again.</li>
</ol>
"""


def viewer(dist: Path) -> ASGIApp:
    """The built viewer, or a page that says how to get it; looked for at each call, so that a build is seen."""
    files: StaticFiles | None = None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal files
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        if files is None and (dist / "index.html").is_file():
            files = _Files(directory=dist, html=True)
        if files is not None:
            await files(scope, receive, send)
        else:
            page = _PAGE.format(title="wayside", body=_MISSING)
            status = 200 if scope["path"] in ("", "/", "/index.html") else 404
            await HTMLResponse(page, status)(scope, receive, send)

    return serve


class _Files(StaticFiles):
    """Vite names assets by their content, so they may be kept; the page itself is asked for again."""

    def file_response(self, full_path: Any, *arguments: Any, **named: Any) -> Any:
        response = super().file_response(full_path, *arguments, **named)
        kept = "/assets/" in str(full_path)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def reference(openapi: dict[str, Any]) -> str:
    """The API's reference as one page of plain HTML: it needs no script and nothing from elsewhere."""
    parts = [
        f"<h1>{escape(openapi['info']['title'])}: API</h1>",
        f"<p>{escape(openapi['info'].get('summary', ''))}. As data: <a href='openapi.json'>openapi.json</a>; "
        "the websocket and the binary frames are described in docs/live.md.</p>",
    ]
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation.get('summary', ''))}</p>")
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if content:
                parts.append(_fields(_resolved(content["schema"], openapi), openapi))
            codes = [f"{code} {escape(said['description'])}" for code, said in operation["responses"].items()]
            parts.append(f"<p><small>Answers: {'; '.join(codes)}</small></p>")
    return _PAGE.format(title="wayside: API", body="\n".join(parts))


def _fields(schema: dict[str, Any], openapi: dict[str, Any]) -> str:
    rows = []
    required = schema.get("required", ())
    for name, said in schema.get("properties", {}).items():
        said = _resolved(said, openapi)
        needed = "required" if name in required else f"default {escape(repr(said.get('default')))}"
        rows.append(f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(said))}</td><td>{needed}</td></tr>")
    head = "<tr><th>field</th><th>type</th><th></th></tr>"
    return f"<p>{escape(schema.get('description', ''))}</p><table>{head}{''.join(rows)}</table>"


def _type(said: dict[str, Any]) -> str:
    if "anyOf" in said:
        return " or ".join(_type(one) for one in said["anyOf"])
    limits = [
        f"{word} {said[key]}"
        for key, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most characters"))
        if key in said
    ]
    return " ".join([said.get("type", "any"), *limits])


def _resolved(schema: dict[str, Any], openapi: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    found: dict[str, Any] = openapi["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    return found
