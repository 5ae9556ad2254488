"""A study from its first run to its tables: what is there is not made again, and precision is gone on for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import filter

from wayside.sim.experiments.commands import run_command
from wayside.sim.experiments.execution import Executor
from wayside.sim.experiments.findings import Findings, unknown
from wayside.sim.experiments.keys import Keys
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.shards import WHOLE, Shard
from wayside.sim.experiments.store import KEPT, STUDY, Store
from wayside.sim.experiments.study import Design
from wayside.sim.experiments.tables import Outcomes

At = tuple[int, int]  # the numbers of arm and replication


class Watch:
    """One who is told how a study goes on; whoever wants to know more than nothing overrides."""

    def planned(self, outcomes: Outcomes, ahead: int) -> None:
        """So many runs are to be made now; the outcomes so far."""

    def share(self, task: Task, share: float) -> None:
        """So much of a run is done."""

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        """A run has ended; it is among the outcomes."""

    def say(self, line: str) -> None:
        """A line for people."""


class Runner:
    """Makes the runs of a study that are not done yet."""

    def __init__(
        self,
        design: Design,
        store: Store,
        jobs: int | None,
        executor: Executor,
        watch: Watch,
        keep: bool = False,
        shard: Shard = WHOLE,
    ) -> None:
        self._design = design
        self._store = store
        self._jobs = jobs
        self._execute = executor
        self._watch = watch
        self._keep = keep
        self._shard = shard
        self._keys = Keys()
        self._key_of: dict[At, str] = {}
        self._said: set[tuple[str, str]] = set()

    def run(self, retry: bool, whole: bool = False) -> Findings:
        """All of them; what was found. `retry`: make runs again that have failed.

        whole: the study does not become smaller: what is found is of all replications that are there, however few are
        asked for, and so says the study from now on.
        """
        there = self._there() if whole else 0
        if there > self._design.study.replications and not self._design.study.precision:
            self._keep_all(there)
        study = self._design.study
        self._check_age(study.replications)
        findings = self._batch(study.replications, retry)
        most = max(study.most, study.replications)
        while (wanted := findings.wanting()) > 0:
            now = findings.outcomes.replications
            if now >= most:
                self._watch.say(f"the precision asked for is not reached with {now} replications, the most allowed")
                break
            findings = self._batch(min(max(wanted, now + 1), most), retry=False)
        if there > findings.outcomes.replications:
            self._say_all(there)
            findings = self._batch(there, retry=False)
        return findings

    def _keep_all(self, there: int) -> None:
        """The study has as many replications as are there, and says so from now on."""
        self._say_all(there)
        self._design.study = self._design.study.model_copy(update={"replications": there})
        self._store.write(STUDY, self._design.study.to_toml())

    def _say_all(self, there: int) -> None:
        self._watch.say(f"{self._store.path}: has {there} replications of this study, and all of them count")

    def _there(self) -> int:
        """How many replications are there, from the first on, in all arms of which anything is there."""
        whole = 0
        arms = [arm for arm in range(len(self._design.arms)) if self._key(arm, 0) in self._store.done]
        while arms and all(self._key(arm, whole) in self._store.done for arm in arms):
            whole += 1
        return whole

    def _batch(self, replications: int, retry: bool) -> Findings:
        at = [(arm, number) for number in self._shard.among(replications) for arm in range(len(self._design.arms))]
        ahead = [one for one in at if not self._is_done(one, retry)]
        outcomes = self._outcomes(replications)
        self._watch.planned(outcomes, len(ahead))
        for ended in outcomes.ended.values():
            self._tell(ended)
        if ahead:
            self._make(ahead, outcomes)
        findings = Findings(self._outcomes(replications))
        findings.check()
        return findings

    def _make(self, ahead: list[At], outcomes: Outcomes) -> None:
        arms = {arm.name: number for number, arm in enumerate(self._design.arms)}
        known = dict(outcomes.ended)
        looked = set[int]()
        for ended in self._execute(self._tasks(ahead), self._jobs, self._store.scratch, self._watch.share):
            self._store.add(ended)
            known[arms[ended.arm], ended.replication - self._design.study.skip] = ended
            self._tell(ended)
            if ended.figures and (arm := arms[ended.arm]) not in looked:
                looked.add(arm)
                if len(looked) == (1 if self._design.ranges else len(arms)):
                    self._look_for_figures(known.values(), len(looked))
            self._watch.ended(Outcomes(self._design, self._key_of, known, outcomes.replications), ended)

    def _tasks(self, at: Iterable[At]) -> Iterator[Task]:
        for arm, number in at:
            key = self._key(arm, number)
            keep = self._store.path / KEPT / key if self._keep else None
            one = self._design.arms[arm]
            yield Task.of(key, one.name, one.number(number), one.replication(number), keep)

    def _key(self, arm: int, number: int) -> str:
        if (arm, number) not in self._key_of:
            self._key_of[arm, number] = self._keys.of(self._design.arms[arm].replication(number))
        return self._key_of[arm, number]

    def _is_done(self, at: At, retry: bool) -> bool:
        key = self._key(*at)
        ended = self._store.done.get(key)
        if ended is None or (retry and ended.state != "finished"):
            return False
        return not self._keep or ended.state != "finished" or (self._store.path / KEPT / key).exists()

    def _outcomes(self, replications: int) -> Outcomes:
        arms, done = range(len(self._design.arms)), self._store.done
        at = [(arm, number) for number in self._shard.among(replications) for arm in arms]
        keys = {one: self._key(*one) for one in at}
        return Outcomes(self._design, keys, {at: done[key] for at, key in keys.items() if key in done}, replications)

    def _check_age(self, replications: int) -> None:
        names = [arm.name for arm in self._design.arms]
        mine, skip = self._shard.among(replications), self._design.study.skip
        keys = {(names[a], skip + n): self._key(a, n) for n in mine for a in range(len(names))}
        if count := self._store.outdated(keys):
            runs = "1 run there was" if count == 1 else f"{count} runs there were"
            self._watch.say(f"{runs} made with other inputs, options or code, and must be made again")

    def _tell(self, ended: Ended) -> None:
        """What is to be said of a run: each warning once, and why runs fail once for each arm, whatever the times and
        other numbers in it are.
        """
        said = [("", f"warning: {line}") for line in ended.warnings]
        if ended.line:
            said.append((ended.arm, ended.line))
        for arm, line in said:
            alike = (arm, re.sub(r"\d+(\.\d+)?", "0", line) if arm else line)
            if alike not in self._said:
                self._said.add(alike)
                self._watch.say(f"{arm}: replication {ended.replication} failed: {line}" if arm else line)
                if arm:
                    broken = next(one for one in self._design.arms if one.name == arm)
                    self._watch.say(
                        f"  repeat it: {run_command(self._design, broken, ended.replication - self._design.study.skip)}"
                    )

    def _look_for_figures(self, some: Iterable[Ended], arms: int) -> None:
        """A name that no run of any arm knows is probably wrong; a mean over nothing may still come. Points of a range
        have the same figures, so one of them tells.
        """
        known = sorted({name for ended in some for name in ended.figures})
        so_far = "one run" if arms == 1 else f"a run of each of the {arms} arms"
        for pattern in self._design.study.asked:
            if not filter(known, pattern):
                self._watch.say(f"warning: {unknown(pattern, known)} (so far there is {so_far})")
