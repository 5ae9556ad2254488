"""Learn the weights of a policy of `weighted.py` in an environment, by an evolution strategy (`pip install cma`).

python -m wayside.scenarios.examples.learn signals --generations 10

A candidate is worth what the same episodes, of drawn demands, have yielded. The last lines are the command that holds
what was learned against the policies that there are, on demands that were not learned from.
"""

import argparse
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np

import wayside.gym


@dataclass(frozen=True)
class Lesson:
    """What is learned: the environment, the pieces that are weighed, and what they are weighed with at first."""

    id: str
    begin: dict[str, float]
    reward: dict[str, float]
    path: str  # of the scenario, that names the plug-in
    plugin: str
    rivals: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)  # of the environment, and of the plug-in


LESSONS = {
    "signals": Lesson(
        "wayside/Signals-v0",
        {"demand": 1.0, "pressure": 0.0, "red": 0.0, "phase": 0.0},
        {"vehicles.mean_speed_m_s": 1.0},
        "signals.control",
        "Lights",
        ("program", "greedy", "max-pressure"),
        {"rsu": [], "v2x.penetration": 0.0, "v2x.services": [], "sumo.step_length": 1.0, "scenario.end": 1800.0},
        {"period": 5.0, "reach": 100.0},
    ),
    "parking": Lesson(
        "wayside/Parking-v0",
        {"walk": -1.0, "drive": 0.0, "free": 0.0},
        {"parking.search_time_s": -0.01, "parking.walking_distance_m": -0.01},
        "parking.policy",
        "bays",
        ("nearest",),
        {"scenario.end": 900.0, "v2x.penetration": 1.0, "demand.scale": {"normal": [2.0, 0.2]}},
    ),
    "charging": Lesson(
        "wayside/Charging-v0",
        {"drive": -1.0, "wait": -1.0, "charge": -60.0, "free": 0.0},
        {"charging.energy_kwh": 1.0},
        "charging.policy",
        "piles",
        ("least-completion",),
        {"scenario.end": 900.0, "v2x.penetration": 1.0, "charging.request_below": 0.6},
    ),
}
FIRST = 1000  # of the replications that are learned from: a comparison begins with 0


def made(lesson: Lesson, scenario: str) -> Any:
    """An environment that shows what is weighed."""
    return gymnasium.make(
        lesson.id,
        scenario=scenario,
        set=lesson.settings,
        observation=list(lesson.begin),
        reward=lesson.reward,
        **lesson.options,
    ).unwrapped


def best(env: Any, seen: Any, mask: Any, weights: Any) -> Any:
    """The possible action of the greatest weighted sum, for each agent."""
    session = env.session
    columns = np.array([name.partition("[")[0] for name in session.columns])
    counts = session.actions
    actions, at = [], 0
    for mine, count in zip(np.reshape(seen, (len(counts), -1)), counts, strict=True):
        pieces = [mine[columns == name] for name in dict.fromkeys(columns)]
        offered = min(map(len, pieces))
        worth = sum(weight * piece[:offered] for weight, piece in zip(weights, pieces, strict=True))
        possible = mask[at : at + count][:offered] == 1
        at += count
        actions.append(int(np.where(possible, worth, -np.inf).argmax()) if possible.any() else count - 1)
    return actions if len(actions) > 1 else actions[0]


def episode(env: Any, weights: Any, replication: int) -> float:
    """What these weights yield on a drawn demand."""
    seen, info = env.reset(options={"replication": replication})
    gained, over = 0.0, False
    while not over:
        seen, reward, terminated, truncated, info = env.step(best(env, seen, info["action_mask"], weights))
        gained += float(reward)
        over = terminated or truncated
    return gained


def learn(lesson: Lesson, scenario: str, generations: int, episodes: int, jobs: int, say: Callable[[str], None]) -> Any:
    """The weights after so many generations; each candidate is tried on so many episodes, the same for all of one."""
    import cma

    strategy = cma.CMAEvolutionStrategy(list(lesson.begin.values()), 0.5, {"seed": 1, "verbose": -9, "popsize": 8})
    envs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    every = [made(lesson, scenario) for _ in range(jobs)]
    for env in every:
        envs.put(env)

    def tried(task: tuple[Any, int]) -> float:
        env = envs.get()
        try:
            return episode(env, *task)
        finally:
            envs.put(env)

    try:
        with ThreadPoolExecutor(jobs) as pool:
            for number in range(generations):
                candidates = strategy.ask()
                of = [FIRST + number * episodes + k for k in range(episodes)]
                yields = list(pool.map(tried, [(one, replication) for one in candidates for replication in of]))
                means = np.reshape(yields, (len(candidates), episodes)).mean(axis=1)
                strategy.tell(candidates, (-means).tolist())
                say(f"generation {number + 1}: mean {means.mean():.3f}, best {means.max():.3f}")
    finally:
        for env in every:
            env.close()
    return strategy.result.xfavorite


def command(lesson: Lesson, scenario: str, weights: Any) -> str:
    """How what was learned is held against other policies."""
    said = {"reach": lesson.options["reach"]} if "reach" in lesson.options else {}
    said |= dict(zip(lesson.begin, np.round(weights, 3).tolist(), strict=True))
    options = ", ".join(f"{name} = {value}" for name, value in said.items())
    learned = f"{{ use = 'wayside.scenarios.examples.weighted:{lesson.plugin}', {options} }}"
    settings = " ".join(f'--set "{path}={shown(value)}"' for path, value in lesson.settings.items())
    figures = ",".join(lesson.reward)
    arms = ",".join((*lesson.rivals, learned))
    return f'wayside compare {scenario} {settings} --vary "{lesson.path}={arms}" --figures {figures} --replications 10'


def shown(value: Any) -> str:
    """A value as the command line takes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {shown(one)}" for name, one in value.items()) + " }"
    return str(value)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", choices=LESSONS)
    parser.add_argument("--scenario", default="crossing")
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--episodes", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    assert wayside.gym
    lesson = LESSONS[options.lesson]
    weights = learn(lesson, options.scenario, options.generations, options.episodes, options.jobs, print)
    print(command(lesson, options.scenario, weights))


if __name__ == "__main__":
    main()
