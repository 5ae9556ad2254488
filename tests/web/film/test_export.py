"""A recording made into a page: which part of it, and where to; nothing is lost where that cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.film.test_reel import file_of, pieces, with_piece
from wayside.edge.errors import OutputError
from wayside.web.cli import export
from wayside.web.film.export import chosen, leave
from wayside.web.film.pieces import FilmError
from wayside.web.film.reel import FilmFile
from wayside.web.film.writing import FilmWriter

PARTS = ("<p>", "a page", "</p>")


def broken_off() -> Iterator[str]:
    yield "<p>"
    raise FilmError("in the middle")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return file_of(tmp_path, b"".join(pieces()))


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["view.film", "link", "hard", "../{}/view.film"])
def test_the_recording_itself_is_never_replaced(recording: Path, name: str, force: bool) -> None:
    folder, before = recording.parent, recording.read_bytes()
    (folder / "link").symlink_to(recording)
    os.link(recording, folder / "hard")
    html = folder / name.format(folder.name)
    with pytest.raises(FilmError) as error:
        leave(PARTS, html, recording, force)
    assert str(error.value) == f"export: {html} is the recording itself: the page needs a file of its own"
    assert recording.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["hard", "link", "view.film"]


def test_a_page_is_there_whole_or_not_at_all(recording: Path) -> None:
    folder = recording.parent
    html = folder / "a.html"
    with pytest.raises(FilmError, match="in the middle"):
        leave(broken_off(), html, recording, False)
    assert [path.name for path in folder.iterdir()] == ["view.film"]
    leave(PARTS, html, recording, False)
    with pytest.raises(FilmError, match=r"a\.html is there already: --force replaces it"):
        leave(("other",), html, recording, False)
    with pytest.raises(FilmError, match="in the middle"):
        leave(broken_off(), html, recording, True)
    assert html.read_text("utf-8") == "<p>a page</p>"
    (folder / "link").symlink_to(html)
    leave(("other",), folder / "link", recording, True)
    assert html.read_text("utf-8") == "other"
    assert (folder / "link").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["a.html", "link", "view.film"]


def test_where_no_file_can_be_is_one_line(recording: Path) -> None:
    folder = recording.parent
    for html, said in ((folder / "no" / "a.html", "no such file"), (folder, "directory"), (recording / "a", "a file")):
        with pytest.raises(OutputError, match="cannot be written: ") as error:
            leave(PARTS, html, recording, True)
        assert said in str(error.value).lower()
    leave(PARTS, Path(os.devnull), recording, True)
    assert Path(os.devnull).is_char_device()


@pytest.fixture
def built(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the viewer's page were built."""
    folder = tmp_path_factory.mktemp("dist")
    for name in ("film.js", "film.css"):
        (folder / name).write_text("")
    monkeypatch.setattr("wayside.web.film.export.BUILT", folder)


@pytest.mark.usefixtures("built")
def test_what_the_page_cannot_show_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, html = file_of(tmp_path, with_piece(1, b"\xff" * 9)), tmp_path / "a.html"
    export(tmp_path, html)
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith(f"wayside: {film}: the track: cannot be unpacked: ")
    assert line.endswith(": the page cannot show that")
    assert said.out == f"{html}: 0.0 MB\n"


def stretches(film: FilmFile, begin: float | None, end: float | None) -> list[int]:
    return [one.number for one in chosen(film, begin, end)]


def test_which_part_is_played(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces())))  # 0 to 4, 4 to 8, 8 to 12 s
    assert stretches(film, None, None) == stretches(film, 0.0, 12.0) == [0, 1, 2]
    assert stretches(film, 4.0, 8.0) == stretches(film, 5.0, 5.5) == [1]
    assert stretches(film, 7.9, None) == [1, 2]
    assert stretches(film, None, 4.1) == [0, 1]
    assert stretches(film, 12.0, None) == [2]
    assert stretches(film, None, 0.0) == [0]
    film.close()


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        (100.0, None, "--from 100: must be within what is recorded, 0 to 12 s"),
        (-5.0, None, "--from -5: must be within what is recorded, 0 to 12 s"),
        (5.0, 12.5, "--to 12.5: must be within what is recorded, 0 to 12 s"),
        (None, -1.0, "--to -1: must be within what is recorded, 0 to 12 s"),
        (float("nan"), None, "--from nan: must be within what is recorded, 0 to 12 s"),
        (None, float("inf"), "--to inf: must be within what is recorded, 0 to 12 s"),
        (8.0, 4.0, "--from 8 --to 4: it must begin before it ends"),
    ],
)
def test_what_is_not_recorded(tmp_path: Path, begin: float | None, end: float | None, said: str) -> None:
    film = FilmFile(file_of(tmp_path, b"".join(pieces())))
    with pytest.raises(FilmError) as error:
        chosen(film, begin, end)
    assert str(error.value) == f"export: {said}"
    film.close()


def states(*times: float) -> bytes:
    """A recording with a stretch for each of these states, as runs that end there leave it."""
    written: list[bytes] = []
    writer = FilmWriter([written.append])
    writer.world({"begin": 0.0}, {}, 0.0)
    for time in times:
        writer.key(time)
        writer.text({"type": "snapshot"}, time)
        writer.frame(bytes(100), time)
        writer.flush(time)
    writer.end("the run ended", times[-1])
    return b"".join(written)


@pytest.mark.usefixtures("built")
def test_one_step_is_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file_of(tmp_path, states(0.1))
    film = FilmFile(path)
    assert film.reel.span == (0.1, 0.1)
    for begin, end in ((None, None), (0.0, None), (0.0, 0.1), (0.1, None), (None, 0.1)):
        assert stretches(film, begin, end) == [0]
    with pytest.raises(FilmError, match=r"--from 1: must be within what is recorded, 0 to 0\.1 s"):
        chosen(film, 1.0, None)
    film.close()
    export(path, tmp_path / "a.html")
    assert capsys.readouterr().err == ""


def test_the_last_state_is_in_the_page(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, states(0.1, 10.0, 20.0)))
    assert stretches(film, None, None) == [0, 1, 2]
    assert stretches(film, 12.0, None) == stretches(film, 20.0, None)[-1:] == [2]
    film.close()


def test_where_nothing_is_recorded_in_between(tmp_path: Path) -> None:
    film = FilmFile(file_of(tmp_path, states(0.1, 10.0)))
    with pytest.raises(FilmError, match="from 5 to 6 s: nothing of it is recorded"):
        chosen(film, 5.0, 6.0)
    film.close()
