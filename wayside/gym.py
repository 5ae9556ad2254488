"""Learning agents: importing this registers the environments with Gymnasium; `parallel_env` makes PettingZoo's.

import gymnasium
import wayside.gym

env = gymnasium.make("wayside/Parking-v0", scenario="crossing")
"""

from wayside.sim.environments.parallel import parallel_env
from wayside.sim.environments.registration import register
from wayside.sim.environments.settings import LearningError

__all__ = ["LearningError", "parallel_env"]

register()
