"""Green light optimal speed advice: the speed at which a vehicle comes to the line when it may pass."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Doubles


def speed_for(distance: Doubles, speed: Doubles, seconds: Doubles, braking: float) -> Doubles:
    """The speed [m/s] to take on now and keep so as to come to the line in so many seconds; 0 where even that is too
    fast. One entry a vehicle.

    distance [m] to the line and speed [m/s] now; braking: how hard it slows down [m/s^2]. Who keeps v after slowing
    down from v0 at b goes d = v t + (v0 - v)^2 / 2b in t; this is that equation, solved for v. Who is slower than d / t
    speeds up at once, as good as.
    """
    seconds = np.maximum(seconds, 1e-6)
    too_far = speed * seconds - distance  # beyond the line at that time at the speed of now
    root = (braking * seconds) ** 2 - 2.0 * braking * too_far
    slower = speed - (braking * seconds - np.sqrt(np.maximum(root, 0.0)))
    return np.where(too_far <= 0.0, distance / seconds, np.where(root < 0.0, 0.0, np.maximum(slower, 0.0)))
