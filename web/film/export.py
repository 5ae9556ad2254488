"""A recording as one page that plays without a server: its script, its style and its streams stand in it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from wayside.sim.disk.rundir import disk_error
from wayside.web.film.pieces import FilmError
from wayside.web.film.reel import FilmFile, Stretch

# What the viewer's build makes for such pages.
BUILT = Path(__file__).resolve().parent.parent / "dist" / "film"
SCRIPT, STYLE = "film.js", "film.css"

# Nothing is fetched from anywhere.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def page(film: FilmFile, run: dict[str, Any], stretches: Sequence[Stretch]) -> Iterator[str]:
    """The page, in parts; run: as the live view tells of it; stretches: what is to be played, in order.

    FilmError where the viewer is not built.
    """
    for name in (SCRIPT, STYLE):
        if not (BUILT / name).is_file():
            raise FilmError("export: the live view's page is not built: make viewer, with Node.js installed")
    told = film.reel.index()
    told |= {
        "begin": stretches[0].begin,
        "end": stretches[-1].end,
        "stretches": [row for row in told["stretches"] if stretches[0].number <= row[0] <= stretches[-1].number],
    }
    world = {**film.world()["world"], "run": run["run"], "types": []}
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">\n'
        f'<meta name="color-scheme" content="dark light">\n<title>{escape(run["title"] or run["scenario"])}</title>\n'
        f"<style>{(BUILT / STYLE).read_text('utf-8')}</style>\n"
        f'</head>\n<body>\n<div id="app"></div>\n<noscript>This page needs JavaScript.</noscript>\n'
    )
    yield _element("recording", "application/json", _json({"run": run, "world": world, "index": told}))
    yield _octets("track", film.reel.track())
    yield _octets("reasons", film.reel.reasons())
    for stretch in stretches:
        yield _octets(f"stretch-{stretch.number}", stretch.bytes())
    script = (BUILT / SCRIPT).read_text("utf-8").replace("</script", "<\\/script").replace("<!--", "<\\!--")
    yield f'<script type="module">{script}</script>\n</body>\n</html>\n'


def leave(parts: Iterable[str], html: Path, recording: Path, force: bool) -> None:
    """Write a page's parts to `html`: all of them, or it stays as it was.

    Raises FilmError: `html` is `recording`, by whatever name, or is there and not to be replaced (`force`);
    OutputError: the disk will not have it.
    """
    try:
        if html.exists() and html.samefile(recording):
            raise FilmError(f"export: {html} is the recording itself: the page needs a file of its own")
        if os.path.lexists(html) and not force:
            raise FilmError(f"export: {html} is there already: --force replaces it")
        real = Path(os.path.realpath(html))
        if real.exists() and not real.is_file():  # a pipe or a device takes it as it comes
            _write(parts, real)
            return
        partial = real.with_name(f".{real.name}.partial-{os.getpid()}")
        try:
            _write(parts, partial)
            partial.replace(real)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(html, error) from None


def _write(parts: Iterable[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(parts)


def chosen(film: FilmFile, begin: float | None, end: float | None) -> list[Stretch]:
    """What of a recording is to be played, from begin to end, s; it begins where a stretch of it does.

    None: from its first or to its last moment. FilmError where these are outside what is recorded; a run's begin is
    not, though its first state is that after a step.
    """
    first, last = film.reel.span or (0.0, 0.0)
    earliest = min(first, film.world()["run"].get("begin", first))
    for flag, said, least in (("--from", begin, earliest), ("--to", end, first)):
        if said is not None and not least <= said <= last:
            raise FilmError(f"export: {flag} {said:g}: must be within what is recorded, {least:g} to {last:g} s")
    if begin is not None and end is not None and begin >= end:
        raise FilmError(f"export: --from {begin:g} --to {end:g}: it must begin before it ends")
    begin, end = first if begin is None else max(begin, first), last if end is None else end
    found = [one for one in film.reel.stretches if _overlaps(one, begin, end)]
    found = found or [one for one in film.reel.stretches if one.begin <= begin <= one.end][-1:]  # a moment
    if not found:
        raise FilmError(f"export: from {begin:g} to {end:g} s: nothing of it is recorded")
    return found


def _overlaps(one: Stretch, begin: float, end: float) -> bool:
    """Whether a stretch has more of that time than its edge; the last may be of one moment."""
    return (begin < one.end and one.begin < end) or begin <= one.begin == one.end <= end


def _json(value: object) -> str:
    """So that no element ends in it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _octets(id: str, data: bytes) -> str:
    return _element(id, "text/plain", base64.b64encode(data).decode("ascii"))


def _element(id: str, type: str, content: str) -> str:
    return f'<script type="{type}" id="{id}">{content}</script>\n'
