"""A roadside application and the scenario that runs it, in one file.

Try `wayside run scenarios/examples/queue_warning.py --until 300 --out runs/queue`.
"""

from wayside import App, Scenario, every
from wayside.edge.messages import denm


class QueueWarning(App):
    """Warn approaching drivers of a queue at this junction."""

    @every(1.0)
    def look(self) -> None:
        """Five slow vehicles within 120 m are a queue."""
        queue = self.ldm.near(self.position, radius=120).slower_than(2.0)
        if len(queue) >= 5:
            self.send(denm(cause="traffic-jam", position=queue.centroid, validity=10.0), radius=400)


scenario = Scenario.load("crossing").replace(
    {
        "scenario.name": "queue-warning",
        "v2x.penetration": 1.0,
        "rsu.0.apps": ("signals", "parking", "charging", "queue_warning:QueueWarning"),
    }
)
