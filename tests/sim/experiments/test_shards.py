"""A study made in shares, put together: the same bytes, and a line for each way in which shares do not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.sim.experiments.test_comparing import VARY, MadeUp, Told
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.merging import merge
from wayside.sim.experiments.shards import WHOLE, Shard, parse
from wayside.sim.experiments.study import Design, Study

FILES = ("results.parquet", "runs.parquet", "report.md", "report.html")


def made(out: Path, shard: Shard = WHOLE, executor: MadeUp | None = None, **said: Any) -> MadeUp:
    executor = executor or MadeUp()
    study = Study(**{"scenario": "crossing", "vary": VARY, "replications": 5, "set": {"scenario.end": 10.0}, **said})
    carry_out(Design(study), out, 2, Watch(), executor=executor, shard=shard)
    return executor


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders 1, 2 and 3 of a study in three shares, and `whole`."""
    folder = tmp_path_factory.mktemp("shares")
    made(folder / "whole")
    for number in (1, 2, 3):
        made(folder / str(number), Shard(number, 3), MadeUp(seed=number))
    return folder


@pytest.fixture
def copies(shares: Path, tmp_path: Path) -> list[Path]:
    """The three shares, to be spoiled."""
    return [Path(shutil.copytree(shares / str(number), tmp_path / str(number))) for number in (1, 2, 3)]


@given(some.integers(1, 40), some.integers(1, 60))
def test_every_replication_is_in_one_share(of: int, replications: int) -> None:
    shared = [number for k in range(1, of + 1) for number in Shard(k, of).among(replications)]
    assert sorted(shared) == list(range(replications))
    assert parse(str(Shard(of, of))) == Shard(of, of)


def test_merged_it_is_the_same(shares: Path, tmp_path: Path) -> None:
    out = tmp_path / "whole"
    for _ in range(2):  # a second time nothing changes
        merge([shares / name for name in "312"], out, Watch())
    for name in FILES:
        assert (out / name).read_bytes().replace(str(tmp_path).encode(), str(shares).encode()) == (
            shares / "whole" / name
        ).read_bytes()
    assert not (out / "shard.json").exists()
    assert {number for _, number in made(out, replications=7).made} == {5, 6}  # it goes on as a whole one
    with pytest.raises(WaysideError, match=r"holds a study of 7 replications, the shards have 5; name another"):
        merge([shares / name for name in "123"], out, Watch())


def test_a_share_makes_its_own_runs_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "share"
    assert {number for _, number in made(out, Shard(2, 3)).made} == {1, 4}
    assert made(out, Shard(2, 3)).made == []
    assert sorted(path.name for path in out.iterdir()) == ["runs.jsonl", "shard.json", "study.toml"]
    for shard, why in ((WHOLE, "holds shard 2/3, and all of it is asked for"), (Shard(1, 3), "and shard 1/3 is asked")):
        with pytest.raises(WaysideError, match=why):
            made(out, shard)


def test_a_whole_study_is_no_share(shares: Path) -> None:
    with pytest.raises(WaysideError, match="holds the whole study, no shard of it, and shard 1/3 is asked for"):
        made(shares / "whole", Shard(1, 3))


def test_failed_runs_are_merged_too(tmp_path: Path) -> None:
    def failing(arm: int, replication: int) -> dict[str, float] | str:
        return "no way" if arm == 1 else {}

    for number in (1, 2):
        made(tmp_path / str(number), Shard(number, 2), MadeUp(failing))
    told = Told()
    findings = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "out", told)
    assert findings.outcomes.finished.sum(axis=1).tolist() == [5, 0, 5]
    assert sum("no way" in line for line in told.lines) == 1


def told(folders: list[Path]) -> str:
    """Why shares are not put together: one line; nothing is written."""
    out = folders[0].parent / "out"
    with pytest.raises(WaysideError) as error:
        merge(folders, out, Watch())
    assert not out.exists()
    line = str(error.value)
    assert "\n" not in line
    return line


def test_missing_and_overlapping(copies: list[Path], shares: Path) -> None:
    one, two, three = copies
    assert told([two]) == "compare: --merge: shards 1/3, 3/3 missing"
    assert told([one, three]) == "compare: --merge: shard 2/3 missing"
    assert told([one, two, three, shares / "2"]) == f"{shares / '2'}: is shard 2/3, and so is {two}"
    assert told([one, two, two]).endswith("another `wayside compare` is at it now, or it is named twice")
    assert told([one, two, shares / "whole"]) == f"{shares / 'whole'}: holds a whole study, no shard"
    assert told([one, shares]) == f"{shares}: is no directory that `wayside compare --shard` has left"
    other = one.parent / "half"
    made(other, Shard(2, 2))
    assert told([one, other]) == f"{other}: is shard 2/2, but {one} is 1/3"


def test_of_other_studies(copies: list[Path]) -> None:
    text = (copies[1] / "study.toml").read_text()
    (copies[1] / "study.toml").write_text(text.replace("replications = 5", "replications = 6"))
    assert told(copies).endswith(f"a shard of another study: its replications is 6, but 5 in {copies[0]}")


def test_of_other_versions_and_inputs(copies: list[Path]) -> None:
    mark = copies[2] / "shard.json"
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps({**said, "code": "0" * 32}))
    assert told(copies).startswith(f"{copies[2]}: shard 3/3 has another wayside ")
    mark.write_text(json.dumps({**said, "versions": {**said["versions"], "numpy": "1.0"}}))
    assert told(copies).startswith(f"{copies[2]}: shard 3/3 has numpy 1.0, here it is ")
    mark.write_text("{}")
    assert told(copies) == f"{mark}: cannot be read as what `wayside compare --shard` leaves"
    mark.write_text(json.dumps(said))
    journal = copies[0] / "runs.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[1:]))
    assert told(copies).startswith(f"{copies[0]}: shard 1/3 is not finished: 1 of its 6 runs is missing")
    journal.write_text("".join([json.dumps({**json.loads(lines[0]), "key": "another"}) + "\n", *lines[1:]]))
    assert told(copies).endswith("shard 1/3: its runs were made with other inputs or options than are here")


def test_what_cannot_be_shared_out(tmp_path: Path) -> None:
    with pytest.raises(
        WaysideError, match=r"^compare: --shard = 6/6: there must be at most as many as replications, 5"
    ):
        made(tmp_path / "out", Shard(6, 6))
    with pytest.raises(WaysideError, match=r"^compare: --shard = 1/2: a share cannot tell whether precision"):
        made(tmp_path / "out", Shard(1, 2), precision={"calm.wait_s": "5%"})
    for text in ("0/3", "4/3", "1", "1/x", "-1/3", ""):
        with pytest.raises(WaysideError, match=r"must be one of so many, as 3/16"):
            parse(text)
    assert not (tmp_path / "out").exists()
