"""A recording as a file: what is written can be played, also where it breaks off; what is none is told in a line."""

from __future__ import annotations

import json
import os
import re
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.web.film.check import doubts
from wayside.web.film.pieces import (
    FILE,
    HEADER,
    MAGIC,
    RECORD,
    FilmError,
    PieceKind,
    RecordKind,
    deflated,
    inflated,
    packed,
    parsed,
)
from wayside.web.film.reel import FilmFile, Reel, find
from wayside.web.film.writing import FilmWriter

STRETCHES, SECONDS = 3, 4


def pieces() -> list[bytes]:
    """Three stretches of four seconds, with a frame, a text and a line of the track each."""
    written: list[bytes] = []
    writer = FilmWriter([written.append])
    writer.world({"scenario": "made-up"}, {"kinds": ["cam"]}, 0.0)
    for second in range(STRETCHES * SECONDS):
        if second % SECONDS == 0:
            writer.key(float(second))
            writer.text({"type": "snapshot"}, float(second))
        writer.frame(bytes([second]) * 100, float(second))
        writer.track({"type": "kpis", "time": second, "values": {"a": second}})
        if second == 5:
            writer.reason({"vehicle": 7})
        writer.flush(second + 1.0)
    writer.end("the run ended", float(STRETCHES * SECONDS))
    return written


def file_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / FILE
    path.write_bytes(data)
    return path


def with_piece(place: int, payload: bytes) -> bytes:
    """A recording with something else in one of its pieces; its checksum is right."""
    written = pieces()
    _, kind, _, _, begin, end = HEADER.unpack_from(written[place])
    written[place] = packed(PieceKind(kind), payload, begin, end)
    return b"".join(written)


def of_world(text: bytes) -> bytes:
    return with_piece(0, deflated(text))


def records(stream: bytes) -> list[tuple[int, float, bytes]]:
    """Of a stretch, read as docs/recordings.md says: kind, time, content."""
    data, at, found = zlib.decompress(stream, -15), 0, []
    while at < len(data):
        size, kind, time = RECORD.unpack_from(data, at)
        at += RECORD.size
        found.append((kind, time, data[at : at + size]))
        at += size
    return found


def test_what_is_written_is_read(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces())))
    assert film.warning() == ""
    assert film.reel.span == (0.0, 12.0)
    assert film.reel.ended == {"words": "the run ended", "time": 12.0}
    assert film.world() == film.reel.world() == {"run": {"scenario": "made-up"}, "world": {"kinds": ["cam"]}}
    index = film.reel.index()
    assert [row[:3] for row in index["stretches"]] == [[0, 0.0, 4.0], [1, 4.0, 8.0], [2, 8.0, 12.0]]
    for number in range(STRETCHES):
        stream = film.reel.stretch(number)
        assert stream is not None
        text, *frames = records(stream)
        assert text == (RecordKind.TEXT, 4.0 * number, b'{"type":"snapshot"}')
        assert frames == [(RecordKind.FRAME, float(s), bytes([s]) * 100) for s in range(4 * number, 4 * number + 4)]
    assert film.reel.stretch(3) is film.reel.stretch(-1) is None
    # Each of the streams is a whole one for any reader of deflate.
    lines = zlib.decompress(film.reel.track(), -15).splitlines()
    assert [json.loads(line)["time"] for line in lines] == list(range(12))
    assert zlib.decompress(film.reel.reasons(), -15) == b'{"vehicle":7}\n'
    film.close()


def test_a_file_that_breaks_off_plays_up_to_its_last_second(tmp_path: Path) -> None:
    written = pieces()
    whole = b"".join(written)
    first = len(written[0]) + len(written[1]) + len(written[2])  # world, track and the first second
    ends, at = [], 0  # where pieces of a stretch end, and up to when they go
    for piece in written:
        at += len(piece)
        if piece[4] in (PieceKind.KEY, PieceKind.MORE):
            ends.append((at, HEADER.unpack_from(piece)[5]))
    for cut in range(first, len(whole), 7):
        film = FilmFile(file_of(tmp_path, whole[:cut]))
        assert film.reel.span == (0.0, max(until for end, until in ends if end <= cut))
        assert "it plays up to" in film.warning()
        assert "\n" not in film.warning()
        stream = film.reel.stretch(len(film.reel.stretches) - 1)
        assert stream is not None
        assert records(stream)
        film.close()


def test_killed_is_told_apart_from_ended(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces()[:-1])))
    assert film.warning().endswith("has no end: the run was killed, or is still going on; it plays up to 12 s")
    film.close()


@given(st.data())
def test_a_bit_that_has_flipped_is_found(data: st.DataObject) -> None:
    import tempfile

    whole = bytearray(b"".join(pieces()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    with tempfile.TemporaryDirectory() as folder:
        try:
            film = FilmFile(file_of(Path(folder), bytes(whole)))
        except FilmError as error:
            (_,) = str(error).splitlines()
            return
        # But for times and reserved octets in headers nothing can change and not be seen.
        header = any(start <= place < start + HEADER.size for start in starts())
        assert film.broken or header
        film.close()


def starts() -> list[int]:
    found, at = [], 0
    for piece in pieces():
        found.append(at)
        at += len(piece)
    return found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: there is nothing to play"),
        (b"PAR1 and what follows in a table of the run", "is no recording of the live view: there is nothing to play"),
        (packed(PieceKind.WORLD, b"", 0.0, 0.0), "has no end: the run was killed, or is still going on: there is"),
        (
            b"".join(pieces()).replace(MAGIC, b"WSF2"),
            "is a recording of another version (WSF2; this wayside plays WSF1): there is nothing to play",
        ),
        (b"".join(pieces()).replace(MAGIC, b"WSF\n"), "is no recording of the live view: there is nothing to play"),
        (b"".join(pieces()[1:]), "has no world: it cannot be played"),
        (of_world(b"[]"), "its world is no object of JSON: it cannot be played"),
        (of_world(b"{"), "its world is no JSON: Expecting property name"),
        (of_world(b"\xff"), "its world is no JSON: "),
        (of_world(b"[" * 100_000), "its world is no JSON: "),
        (of_world(b'{"run":{"begin":NaN}}'), "its world is no JSON: NaN is no number: it cannot be played"),
        (of_world(b'{"run":{},"world":{"bounds":[1e999]}}'), "its world is no JSON: 1e999 is no number: it cannot be"),
        (of_world(b'{"run":1,"world":null}'), "its world: run: must be an object of JSON: it cannot be played"),
        (of_world(b'{"run":{},"world":[]}'), "its world: world: must be an object of JSON: it cannot be played"),
        (of_world(b'{"run":{"title":1},"world":{}}'), "its world: run.title: must be a text: it cannot be played"),
        (of_world(b'{"run":{"end":[]},"world":{}}'), "its world: run.end: must be a number: it cannot be played"),
        (with_piece(0, b"\xff" * 9), "its world cannot be unpacked: Error -3 while decompressing data: "),
        (with_piece(0, b""), "its world cannot be unpacked: it has no end: it cannot be played"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FilmError) as error:
        FilmFile(file_of(tmp_path, content))
    assert said in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / FILE}: ")


@pytest.mark.parametrize("payload", [b"rubbish", b"", deflated(b"rubbish"), b"\xff" * 40])
@pytest.mark.parametrize("kind", [PieceKind.KEY, PieceKind.MORE, PieceKind.TRACK, PieceKind.REASONS])
def test_what_a_piece_says_and_cannot_be_played_is_told(tmp_path: Path, kind: PieceKind, payload: bytes) -> None:
    place = next(number for number, piece in enumerate(pieces()) if piece[4] == kind)
    film = FilmFile(file_of(tmp_path, with_piece(place, payload)))
    found = doubts(film.reel, film.reel.stretches)
    film.close()
    if payload == b"" and kind != PieceKind.KEY:  # less than there was, and sound
        return
    what = {PieceKind.TRACK: "the track: ", PieceKind.REASONS: "the reasons: "}.get(kind, "0 to 4 s: ")
    (line,) = found
    assert line.startswith(what)
    assert "\n" not in line


def test_a_sound_recording_leaves_no_doubt(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces())))
    assert doubts(film.reel, film.reel.stretches) == []
    film.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not say how it begins"),
        (b"\x09", "breaks off within a record"),
        (RECORD.pack(9, RecordKind.TEXT, 0.0) + b"{}", "breaks off within a record"),
        (RECORD.pack(2, RecordKind.TEXT, float("nan")) + b"{}", "breaks off within a record"),
        (RECORD.pack(2, RecordKind.TEXT, 0.0) + b"[]", "is no object of JSON"),
        (RECORD.pack(2, RecordKind.TEXT, 0.0) + b"{}", "does not say how it begins"),
        (RECORD.pack(9, 7, 0.0) + bytes(9), "a record is of the unknown kind 7, or empty"),
        (RECORD.pack(0, RecordKind.FRAME, 0.0), "a record is of the unknown kind 1, or empty"),
    ],
)
def test_records_are_looked_at(content: bytes, said: str) -> None:
    reel = Reel()
    squeezing = zlib.compressobj(wbits=-15)
    reel.take(packed(PieceKind.KEY, squeezing.compress(content) + squeezing.flush(zlib.Z_SYNC_FLUSH), 0.0, 1.0))
    assert doubts(reel, reel.stretches) == [f"0 to 1 s: {said}"]


def test_what_is_unpacked_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayside.web.film.reel.inflated", partial(inflated, most=1000))
    with pytest.raises(FilmError, match=r"view\.film: its world cannot be unpacked: it is larger than 0\.001 MB"):
        FilmFile(file_of(tmp_path, of_world(b" " * 100_000)))
    assert inflated(deflated(b" " * 1000), 1000) == b" " * 1000
    with pytest.raises(FilmError, match=r"cannot be unpacked: it is larger than 0\.001 MB"):
        inflated(deflated(b" " * 1001), 1000)
    with pytest.raises(FilmError, match="it goes on after its end"):
        inflated(deflated(b"{}") + b"x")
    assert parsed(b'{"a":1.5}') == {"a": 1.5}


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"time":NaN}'])
def test_an_odd_end_ends_what_can_be_played(tmp_path: Path, text: bytes) -> None:
    film = FilmFile(file_of(tmp_path, with_piece(-1, deflated(text))))
    assert "is broken at byte" in film.warning()
    film.close()


def test_times_are_numbers(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces()[:-1]) + packed(PieceKind.MORE, b"", 0.0, float("inf"))))
    assert "is broken at byte" in film.warning()
    film.close()


def test_where_a_recording_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FilmError, match="no such file or directory"):
        find(tmp_path / "nothing")
    with pytest.raises(FilmError, match=r"has no recording \(view.film\): run with --set record.view=true"):
        find(tmp_path)
    partial = tmp_path / ".out.partial-1"
    partial.mkdir()
    left = file_of(partial, b"x")
    assert find(tmp_path / "out") == left  # of a run that was killed
    (tmp_path / "out").mkdir()
    assert find(tmp_path / "out") == left
    (tmp_path / "out" / "else").write_text("")
    (tmp_path / "link").symlink_to("out")
    assert find(tmp_path / "link") == left
    monkeypatch.chdir(tmp_path / "out")
    assert find(Path()) == left
    here = file_of(tmp_path, b"x")
    assert find(tmp_path) == find(here) == here


def test_of_several_the_newest(tmp_path: Path) -> None:
    for number, age in ((1, 10), (22, 1), (3, 5)):
        partial = tmp_path / f".a[1].partial-{number}"
        partial.mkdir()
        left = file_of(partial, b"x")
        os.utime(left, (1e9 - age, 1e9 - age))
    newest = tmp_path / ".a[1].partial-22" / FILE
    with pytest.warns(UserWarning, match=f"{re.escape(str(newest))} is the newest of 3$"):
        assert find(tmp_path / "a[1]") == newest


def test_the_oldest_goes_where_there_is_no_room() -> None:
    written = pieces()
    sizes = [len(piece) - HEADER.size for piece in written if piece[4] in (PieceKind.KEY, PieceKind.MORE)]
    reel = Reel(sum(sizes[-6:]))
    for piece in written:
        reel.take(piece)
    index: dict[str, Any] = reel.index()
    assert index["whole"] is False
    assert [row[0] for row in index["stretches"]] == [2]
    assert reel.span == (8.0, 12.0)
    assert reel.stretch(0) is reel.stretch(1) is None
    kept = reel.stretch(2)
    assert kept is not None
    assert [time for _, time, _ in records(kept)] == [8.0, 8.0, 9.0, 10.0, 11.0]
    # Names, figures and events of all of it stay.
    assert len(inflated(reel.track()).splitlines()) == 12


def test_all_of_it_where_there_is_room() -> None:
    reel = Reel(1 << 20)
    for piece in pieces():
        reel.take(piece)
    assert reel.index()["whole"] is True
    assert reel.span == (0.0, 12.0)
