"""A small town with sidewalks, crossings and people: one junction of four roads, and who crosses there."""

from __future__ import annotations

from pathlib import Path

from tests.sim.networks import configure, netconvert

NODES = """<nodes>
    <node id="m" x="0" y="0" type="{}"/>
    <node id="w" x="-200" y="0"/><node id="e" x="200" y="0"/><node id="s" x="0" y="-200"/><node id="n" x="0" y="200"/>
</nodes>"""
ROADS = "".join(
    f'<edge id="{a}{b}" from="{a}" to="{b}" speed="13.8" numLanes="1"/>'
    for arm in "wesn"
    for a, b in ((arm, "m"), ("m", arm))
)
TYPES = """<vType id="car" sigma="0" {}/><vType id="bike" vClass="bicycle" maxSpeed="6"/>
<vType id="bus" vClass="bus"/><vType id="walker" vClass="pedestrian"/>"""


def town(folder: Path, junction: str = "priority", routes: str = "", erring: str = "", **options: object) -> Path:
    """A configuration. junction: SUMO's type of the middle; erring: attributes of the type `car`; routes: in it,
    by departure.
    """
    options_ = ("--sidewalks.guess", "true", "--crossings.guess", "true", "--walkingareas", "true")
    netconvert(folder, NODES.format(junction), f"<edges>{ROADS}</edges>", *options_)
    return configure(folder, TYPES.format(erring) + routes, end=options.pop("end", 60), **options)


def person(id: str, depart: float, start: str, end: str) -> str:
    """One who walks from an edge to another."""
    walk = f'<walk from="{start}" to="{end}" arrivalPos="30"/>'
    return f'<person id="{id}" type="walker" depart="{depart}" departPos="150">{walk}</person>'


def mixed() -> str:
    """Walkers, a cyclist, cars, and somebody who takes the bus, by departure."""
    bus = '<vehicle id="line" type="bus" depart="1"><route edges="wm me"/>'
    bus += (
        '<stop edge="wm" startPos="60" endPos="80" duration="8"/><stop edge="me" endPos="120" duration="3"/></vehicle>'
    )
    ride = '<person id="rider" type="walker" depart="0" departPos="70"><ride from="wm" to="me" lines="line"/>'
    ride += '<walk to="me" arrivalPos="190"/></person>'
    found = [(0.0, ride), (1.0, bus)]
    for k in range(12):
        start, end = ("wm", "mn") if k % 2 else ("sm", "me")
        found.append((2.0 * k, person(f"p{k}", 2.0 * k, start, end)))
        found.append((2.5 * k, f'<vehicle id="c{k}" type="car" depart="{2.5 * k}"><route edges="em mw"/></vehicle>'))
    found.append((3.0, '<vehicle id="b" type="bike" depart="3"><route edges="sm mn"/></vehicle>'))
    return "".join(text for _, text in sorted(found, key=lambda one: one[0]))
