"""A recording as a file: what is written can be played, also where it breaks off; what is none is told in a line."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.web.film.pieces import FILE, HEADER, RECORD, FilmError, PieceKind, RecordKind, inflated, packed
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
    assert film.reel.world() == {"run": {"scenario": "made-up"}, "world": {"kinds": ["cam"]}}
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
    ],
)
def test_what_is_no_recording(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FilmError) as error:
        FilmFile(file_of(tmp_path, content))
    assert said in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / FILE}: ")


def test_where_a_recording_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="no such file or directory"):
        find(tmp_path / "nothing")
    with pytest.raises(FilmError, match=r"has no recording \(view.film\): run with --set record.view=true"):
        find(tmp_path)
    partial = tmp_path / ".out.partial-1"
    partial.mkdir()
    left = file_of(partial, b"x")
    assert find(tmp_path / "out") == left  # of a run that was killed
    here = file_of(tmp_path, b"x")
    assert find(tmp_path) == find(here) == here


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
