"""A roadside application and the scenario that runs it, in one file.

Try `wayside run scenarios/examples/queue_warning.py --until 300 --out runs/queue`, and then
`--set "rsu[0].apps[3].vehicles=8"`.
"""

from typing import Annotated

from wayside import App, Option, Scenario, every
from wayside.edge.messages import denm


class QueueWarning(App):
    """Warn approaching drivers of a queue at this junction."""

    vehicles: Annotated[int, Option("slow vehicles that make a queue", ge=1)] = 5
    radius: Annotated[float, Option("how far from the unit they are counted", unit="m", gt=0, le=1000)] = 120.0

    @every(1.0)
    def look(self) -> None:
        """Count them."""
        queue = self.ldm.near(self.position, self.radius).slower_than(2.0)
        if len(queue) >= self.vehicles:
            self.send(denm(cause="traffic-jam", position=queue.centroid, validity=10.0), radius=400)


scenario = Scenario.load("crossing").replace(
    {
        "scenario.name": "queue-warning",
        "v2x.penetration": 1.0,
        "rsu.0.apps": ("signals", "parking", "charging", "queue_warning:QueueWarning"),
    }
)
