"""A recording made into a page: which part of it, and where to; nothing is lost where that cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.film.test_reel import file_of, pieces, with_piece
from wayside.edge.errors import OutputError
from wayside.web.cli import export
from wayside.web.film.export import leave
from wayside.web.film.pieces import FilmError

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
