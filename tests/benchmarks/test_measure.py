"""What benchmarks print."""

import pytest

from benchmarks import measure


def test_a_table_into_a_file_keeps_its_numbers_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    columns = [f"column {number}" for number in range(40)]
    numbers = [f"{10**9 + number:,}" for number in range(40)]
    note = "a note " * 60
    measure.show("a title that is longer than the table's lines " * 9, columns, [numbers], [note.strip()])
    title, header, row, last = capsys.readouterr().out.splitlines()
    assert title.strip() == ("a title that is longer than the table's lines " * 9).strip()
    assert header.split() == " ".join(columns).split()
    assert row.split() == numbers
    assert last == note.strip()
