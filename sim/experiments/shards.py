"""A share of a study's runs, for whoever has several machines and nothing that joins them (`merging` does that later).

Replication r is in share r mod n + 1 of n, with all its arms: what is paired is made in one place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from wayside.sim.experiments import keys
from wayside.sim.experiments.study import Study, StudyError
from wayside.sim.scenario import explain

SHARD = "shard.json"  # in a study's directory: it holds a share only


class Shard(NamedTuple):
    """One of so many shares."""

    number: int  # from 1
    of: int

    def __str__(self) -> str:
        """As it is said on the command line."""
        return f"{self.number}/{self.of}"

    def among(self, replications: int) -> range:
        """Which of so many replications are in this share."""
        return range(self.number - 1, replications, self.of)


WHOLE = Shard(1, 1)


def parse(text: str) -> Shard:
    """`3/16`. StudyError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    shard = Shard(int(match[1]), int(match[2])) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise StudyError(
            f"compare: --shard = {explain.shown(text)}: must be one of so many, as 3/16, from 1/16 to 16/16"
        )
    return shard


def check(shard: Shard, study: Study) -> None:
    """StudyError where a study cannot be shared out so."""
    if study.precision:
        raise StudyError(
            f"compare: --shard = {shard}: a share cannot tell whether precision is reached: give the number "
            "of replications, and go on for precision when the shards are merged"
        )
    if shard.of > study.replications:
        raise StudyError(
            f"compare: --shard = {shard}: there must be at most as many as replications, {study.replications}: "
            "the runs of a replication stay together"
        )


@dataclass(frozen=True)
class Mark:
    """Which share a directory holds, and with what its runs are made."""

    shard: Shard
    wayside: keys.Wayside

    @classmethod
    def of(cls, shard: Shard) -> Mark:
        """Of runs that are made here and now."""
        return cls(shard, keys.wayside())

    def to_json(self) -> str:
        """As a file."""
        said = {"shard": self.shard, "code": self.wayside.code, "versions": self.wayside.versions}
        return json.dumps(said, indent=2) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Mark | None:
        """Of a study's directory; None where it holds the whole study. StudyError where it cannot be read."""
        path = folder / SHARD
        if not path.exists():
            return None
        try:
            said = json.loads(path.read_text("utf-8"))
            number, of = map(int, said["shard"])
            versions = {str(name): str(value) for name, value in said["versions"].items()}
            return cls(Shard(number, of), keys.Wayside(str(said["code"]), versions))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise StudyError(f"{path}: cannot be read as what `wayside compare --shard` leaves") from None

    def other(self) -> str | None:
        """What differs from wayside as it is here, in words; None where nothing does."""
        return keys.difference(self.wayside, keys.wayside())
