"""The environments of open requests, held against Gymnasium's and PettingZoo's checkers and a script of one's own."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from pettingzoo.test import parallel_api_test, parallel_seed_test

import wayside.gym
from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.gym import LearningError, parallel_env
from wayside.sim.environments.kinds import KINDS

SET = {
    "scenario.end": 30.0,
    "v2x.penetration": 1.0,
    "parking.request_distance": 2000.0,
    "demand.scale": 4.0,
}
AT = {"positions": [[0.0, 10.0], [0.0, -10.0]]}
KINDS_BY_ID = [kind.id for kind in KINDS.values()]


def made(id: str = "wayside/Parking-v0", **settings: Any) -> Any:
    return gymnasium.make(id, **{"scenario": "crossing", "set": SET, **settings}).unwrapped


@pytest.fixture(scope="module")
def parking() -> Iterator[Any]:
    env = made()
    yield env
    env.close()


def played(env: Any, action: int = 0, **how: Any) -> tuple[list[Any], float, dict[str, Any]]:
    """What was seen, the sum of rewards and the last info of an episode in which the same is always done."""
    seen, info = env.reset(**how)
    all_seen, gained, over = [(seen, info["time"])], 0.0, False
    while not over:
        seen, reward, terminated, truncated, info = env.step(action)
        all_seen.append((seen, info["time"]))
        gained += reward
        over = terminated or truncated
    return all_seen, gained, info


@pytest.mark.parametrize("id", KINDS_BY_ID)
def test_gymnasiums_checker(id: str) -> None:
    env = made(id, set={**SET, **({"charging.request_below": 0.6} if "Charging" in id else {})})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*maximum value is infinity")
        check_env(env, skip_render_check=True)
    seen, _, _ = played(env, seed=1)
    assert len(seen) > 2
    assert env.observation_space.contains(seen[0][0])
    assert seen[0][0].any()
    assert len(env.session.columns) == len(seen[0][0])
    env.close()


def script(replication: int) -> dict[str, float]:
    """The same as always taking the first candidate, in a script as docs/extending.md has one."""
    scenario = Scenario.load("crossing").replace({**SET, "parking.policy": "outside"})
    assert scenario.seed is not None
    with Simulation(scenario.replace("scenario.seed", scenario.seed + replication)) as simulation:
        ledger = simulation.platform.parking
        for tick in simulation:  # noqa: B007 - its last figures
            while len((requests := ledger.pool.open).station):
                walk = np.hypot(ledger.car_parks.x - requests.x[0], ledger.car_parks.y - requests.y[0])
                walk[ledger.car_parks.free <= 0] = np.inf
                ledger.pool.commit(requests.station[:1], [int(walk.argmin()) if np.isfinite(walk.min()) else -1])
        return dict(tick.kpis)


def test_an_episode_is_the_run_of_a_script(parking: Any) -> None:
    """Decisions through the environment give the figures of the same decisions in one's own loop."""
    _, gained, info = played(parking, options={"replication": 7})
    assert info["kpis"] == in_child(script, 7)
    assert info["kpis"]["parking.reserved"] > 1
    # The changes of a figure add up to what it is at the end.
    assert gained == pytest.approx(-0.01 * info["kpis"]["parking.search_time_s"])
    assert "parking.walking_distance_m" not in info["kpis"]  # nobody has parked yet


def test_seeds(parking: Any) -> None:
    """The same seed gives the same episodes, in another process too; the next reset is another demand."""
    other = made(observation=["walk", "time"], reward={"refused": 1.0, "walk": -1.0}, candidates=1)
    first, again = played(parking, seed=5), played(parking)
    assert parking.reset(seed=5)[1]["replication"] == other.reset(seed=5)[1]["replication"]
    repeated = played(parking, seed=5)
    assert [time for _, time in first[0]] == [time for _, time in repeated[0]]
    assert all(np.array_equal(one, same) for (one, _), (same, _) in zip(first[0], repeated[0], strict=True))
    assert first[1:][0] == repeated[1]
    assert first[2]["kpis"] == repeated[2]["kpis"] != again[2]["kpis"]
    assert [time for _, time in played(other, seed=5)[0]] == [time for _, time in first[0]]
    other.close()


def test_refusing_and_waiting() -> None:
    env = made(action=["candidates", "wait", "refuse"], reward="refused", hold=2.0)
    assert env.action_space.n == 4
    _, gained, info = played(env, 3, seed=1)
    assert gained > 0
    assert info["kpis"]["parking.reserved"] == 0
    assert info["kpis"]["parking.rejected"] == 1.0
    with pytest.warns(UserWarning, match=r"parking.policy: \d+ requests, and none was decided"):
        waited, gained, info = played(env, 2, seed=1)
    assert gained == 0
    assert info["kpis"]["parking.reserved"] == 0
    assert "parking.answer_mean_s" not in info["kpis"]
    # One request, until another one comes.
    assert waited[1][1] - waited[0][1] <= 2.0
    env.close()


def test_pieces_of_a_users(tmp_path: Path) -> None:
    """In a module beside the scenario."""
    for file in Scenario.load("crossing").sumo.config.parent.glob("crossing.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "city.toml").write_text(
        '[sumo]\nconfig = "crossing.sumocfg"\n[[rsu]]\napps = ["parking"]\n[v2x]\npenetration = 1.0\n'
        "[scenario]\nend = 60.0\n[parking]\nrequest_distance = 2000.0\n"
    )
    (tmp_path / "seen.py").write_text(
        "def stay(case):\n    return case.of_request('duration')\n"
        "def prices(case):\n    return case.of_offers('price_per_hour')\n"
        "def paid(case, rank):\n    return prices(case)[rank] if rank >= 0 else 0.0\n"
    )
    settings = {"scenario": tmp_path / "city.toml", "set": {}, "observation": ["seen:stay", "seen:prices"]}
    env = made(**settings, reward="seen:paid")
    assert env.session.columns == ("seen:stay", "seen:prices[0]", "seen:prices[1]")
    seen, _ = env.reset(seed=1)
    assert seen[0] > 60
    assert env.step(0)[1] == pytest.approx(seen[1])
    env.close()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_vectors_are_those_of_gymnasium(mode: AutoresetMode, both: tuple[Any, Any]) -> None:
    """Step by step the same as Gymnasium's own vector of single environments."""
    for envs in both:
        envs.autoreset_mode = mode
    ours, theirs = both
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.action_space == theirs.action_space
    found = [envs.reset(seed=3) for envs in both]
    ended = 0
    for _ in range(9):
        assert np.array_equal(found[0][0], found[1][0])
        if len(found[0]) == 5:
            assert all(np.array_equal(found[0][k], found[1][k]) for k in (1, 2, 3))
        mine, other = found[0][-1], found[1][-1]
        assert mine.keys() == other.keys()
        assert np.array_equal(mine["time"][mine["_time"]], other["time"][other["_time"]])
        if "final_obs" in mine:
            for one, same in zip(mine["final_obs"], other["final_obs"], strict=True):
                assert np.array_equal(one, same)
            assert mine["final_info"].keys() == other["final_info"].keys()
        over = found[0][2] | found[0][3] if len(found[0]) == 5 else np.zeros(2, bool)
        ended += int(over.sum())
        if mode == AutoresetMode.DISABLED and over.any():
            found = [envs.reset(options={"reset_mask": over.copy()}) for envs in both]
        else:
            found = [envs.step(np.array([0, 2])) for envs in both]
    assert ended >= 2


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Any, Any]]:
    """Two environments by ours and by Gymnasium's."""
    how: dict[str, Any] = {"num_envs": 2, "scenario": "crossing", "set": SET}
    ours = gymnasium.make_vec("wayside/Parking-v0", **how)
    assert type(ours).__name__ == "Environments"
    theirs = gymnasium.make_vec("wayside/Parking-v0", vectorization_mode="sync", **how)
    yield ours, theirs
    ours.close()
    theirs.close()


def test_pettingzoos_checkers() -> None:
    def agents() -> Any:
        return parallel_env("wayside/Parking-v0", "crossing", set={**SET, "rsu.0.at": AT})

    env = agents()
    assert len(env.possible_agents) == 2
    parallel_api_test(env, 20)
    env.close()
    parallel_seed_test(agents, 10)


def test_one_agent_for_several() -> None:
    """It sees what they see, one after the other, and does what they do."""
    how: dict[str, Any] = {"set": {**SET, "rsu.0.at": AT}, "scope": "unit"}
    one, several = made(**how), parallel_env("wayside/Parking-v0", "crossing", set=how["set"])
    assert one.observation_space.shape == (2 * len(one.session.columns),)
    seen, info = one.reset(seed=1)
    theirs, infos = several.reset(seed=1)
    over = False
    while not over:
        assert np.array_equal(seen, np.concatenate([theirs[agent] for agent in several.possible_agents]))
        masks = [infos[agent]["action_mask"] for agent in several.possible_agents]
        assert np.array_equal(info["action_mask"], np.concatenate(masks))
        seen, reward, terminated, truncated, info = one.step([0, 1])
        actions = dict(zip(several.possible_agents, [0, 1], strict=True))
        theirs, rewards, _, _, infos = several.step(actions)
        assert reward == pytest.approx(np.mean(list(rewards.values())))
        over = terminated or truncated
    with pytest.raises(LearningError, match=r"action = 1: must be whole numbers of shape \(2,\) in 0..2"):
        one.step(1)
    with pytest.raises(LearningError, match=r"action = \[0 3\]: must be a whole number in 0..2 of at-0"):
        one.step([0, 3])
    one.close()
    several.close()


def test_two_agents_and_one_bay() -> None:
    """Who comes second to the last bay is asked again, at the same time."""
    env = parallel_env(
        "wayside/Parking-v0",
        "crossing",
        set={**SET, "rsu.0.at": AT, "scenario.end": 45.0, "demand.scale": 8.0},
        candidates=1,
    )
    env.reset(options={"replication": 1})
    both = 0
    while env.agents:
        infos = env.step(dict.fromkeys(env.agents, 0))[-1]
        both += sum(info["asked"] for info in infos.values()) == 2
    kpis = infos[env.possible_agents[0]]["kpis"]
    assert kpis["parking.reserved"] > 3
    env.close()


def test_a_child_that_dies(parking: Any) -> None:
    """One clear line; the next reset goes on with another process."""
    parking.reset(seed=1)
    os.kill(parking.session._children[0].pid, signal.SIGKILL)
    with pytest.raises(LearningError, match=r"^wayside/Parking-v0: the simulation has died: .* was ended by SIGKILL$"):
        parking.step(0)
    with pytest.raises(LearningError, match=r"^wayside/Parking-v0: step before reset$"):
        parking.step(0)
    assert played(parking, seed=1)[2]["kpis"]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    for way in ("closed", "forgotten", "killed"):
        env = made()
        with pytest.raises(LearningError, match=r"^wayside/Parking-v0: step before reset$"):
            env.step(0)
        env.reset(seed=1)
        (pid,) = (child.pid for child in env.session._children)
        assert list(tmp_path.iterdir())
        if way == "killed":
            os.kill(pid, signal.SIGKILL)
        if way == "forgotten":
            del env
            gc.collect()
        else:
            env.close()
            env.close()
            with pytest.raises(LearningError, match=r"^wayside/Parking-v0: it has been closed$"):
                env.reset()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert list(tmp_path.iterdir()) == []
        assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"scenario": "crosing"}, 'scenario: crosing: no such scenario; did you mean "crossing"'),
        ({"scenario": 3}, "scenario = 3: must be a built-in name, a file, or a Scenario"),
        ({"observation": "walk"}, 'observation = "walk": must be a list'),
        ({"reward": {"walk": "x"}}, 'the weight of "walk" must be a number, not "x"'),
        ({"replications": [5, 5]}, r"replications = \[5, 5\]: must be two numbers in 0..2147483648"),
        ({"action": ["candidates"]}, 'must have "candidates", and "wait" or "refuse"'),
        ({"candidates": 0}, "candidates = 0: must be between 1 and 1000"),
        ({"candidate": 1}, r"candidate: no such option; did you mean \"candidates\""),
        # These are found by the simulation's process.
        ({"reward": "prking.taken"}, "reward = 'prking.taken': there is no such key figure; did you mean 'parking.tak"),
        ({"set": {"rsu.0.apps": ["signals"]}}, r"no unit offers parking: name it in the apps of an \[\[rsu\]\]"),
    ],
)
def test_mistakes_at_making(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(LearningError, match=rf"^wayside/Parking-v0: [^\n]*{told}[^\n]*$"):
        made(**settings)


@pytest.mark.parametrize("action", [3, -1, 0.5, "a", None, [0, 1]])
def test_wrong_actions(parking: Any, action: object) -> None:
    parking.reset(seed=1)
    with pytest.raises(LearningError, match=r"^wayside/Parking-v0: action = .*: must be a whole number in 0..2$"):
        parking.step(action)


def test_mistakes_in_use() -> None:
    env = made()
    with pytest.raises(LearningError, match=r"^wayside/Parking-v0: step before reset$"):
        env.step(0)
    with pytest.raises(
        LearningError, match=r"^wayside/Parking-v0: options: replication = -1: must be in 0..2147483647$"
    ):
        env.reset(options={"replication": -1})
    env.close()
    with pytest.raises(LearningError, match=r"^wayside/Parking-v0: it has been closed$"):
        env.reset()
    with pytest.raises(LearningError, match=r"^'wayside/Praking-v0': must be one of .*did you mean 'wayside/Park"):
        parallel_env("wayside/Praking-v0")
    agents = parallel_env("wayside/Parking-v0", "crossing", set=SET)
    agents.reset(seed=1)
    with pytest.raises(LearningError, match=r"actions: agent 'tl_crossing' is missing: agents are tl_crossing$"):
        agents.step({})
    with pytest.raises(LearningError, match=r"actions: agent 'x' is unknown"):
        agents.step({"tl_crossing": 0, "x": 0})
    agents.close()
    assert wayside.gym.__all__ == ["LearningError", "parallel_env"]
