"""The town's plan as data: rings, avenues, lanes and the port.

Around a round lake lie four ring roads (Lake Promenade, Tide Ring, Harbour Ring, Outer Ring), crossed by
twelve avenues. Between the rings, quiet lanes (Garden Lane, Orchard Lane and a street halfway between any two
avenues) cut each sector into blocks; they join the big roads right-in, right-out, so that only ring and
avenue crossings need signals. In the east lies the port: Port Avenue and Customs Road with warehouses
between, two gates, two container terminals, and the sea. Seven avenues and both ends of Port Avenue leave
the map; these are the town's borders.

The fixed-time signals share a cycle of 90 s. Driving from one to the next along a ring takes about half of
it, so neighbours are offset by half a cycle and platoons meet green in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..geometry import Point, polar
from ..roads import Network, Street
from ..signals import CYCLE

LAKE: Point = (2000.0, 2000.0)  # m, the lake's middle
LAKE_RADIUS = 470.0  # m
QUAY_X = 4790.0  # m, where the sea begins
EXTENT = (5000.0, 4000.0)  # m

KMH = 1 / 3.6
COMPASS = ("e", "ene", "nne", "n", "nnw", "wnw", "w", "wsw", "ssw", "s", "sse", "ese")
STEP = 30  # degrees between avenues

AVENUE_NAMES = (
    "Harbour Gate Avenue",
    "Heron Avenue",
    "Lighthouse Avenue",
    "North Star Avenue",
    "Willow Avenue",
    "Reed Avenue",
    "Sunset Avenue",
    "Cormorant Avenue",
    "Saltmarsh Avenue",
    "South Sea Avenue",
    "Pilot Avenue",
    "Tideway Avenue",
)
HALFWAY_NAMES = (
    "Plover Street",
    "Curlew Street",
    "Sandpiper Street",
    "Egret Street",
    "Teal Street",
    "Bittern Street",
    "Avocet Street",
    "Dunlin Street",
    "Kestrel Street",
    "Osprey Street",
    "Petrel Street",
    "Fulmar Street",
)


@dataclass(frozen=True)
class Ring:
    """`kind` is what its crossings with the avenues are (see `Junction`)."""

    key: str
    radius: float  # m
    street: Street
    kind: str


RINGS = (
    Ring("lake", 560.0, Street("Lake Promenade", 2, 40 * KMH, 7, arterial=True), "actuated"),
    Ring("tide", 900.0, Street("Tide Ring", 2, 50 * KMH, 10, arterial=True), "signal"),
    Ring("garden", 1100.0, Street("Garden Lane", 1, 30 * KMH, 3), "side"),
    Ring("harbour", 1300.0, Street("Harbour Ring", 3, 60 * KMH, 11, arterial=True), "signal"),
    Ring("orchard", 1500.0, Street("Orchard Lane", 1, 30 * KMH, 3), "side"),
    Ring("outer", 1700.0, Street("Outer Ring", 3, 70 * KMH, 12, arterial=True), "signal"),
)
RADIUS = {ring.key: ring.radius for ring in RINGS}

# Where avenues leave the map, and where two of them reach Port Avenue.
BORDERS: dict[str, Point] = {
    "w": (0.0, 2000.0),
    "wnw": (0.0, 3155.0),
    "wsw": (0.0, 845.0),
    "n": (2000.0, 4000.0),
    "nne": (3155.0, 4000.0),
    "s": (2000.0, 0.0),
    "sse": (3155.0, 0.0),
}
PORT_LINKS = {"ene": 2900, "e": 2000, "ese": 1100}  # avenue -> the row of Port Avenue

PORT_X, WAREHOUSE_X, CUSTOMS_X = 3980.0, 4170.0, 4360.0  # m
ROWS = {
    600: "Chandlers Road",
    1100: "Tideway Avenue",
    1550: "South Gate Road",
    2000: "Harbour Gate Avenue",
    2450: "North Gate Road",
    2900: "Heron Avenue",
    3400: "Sailmakers Road",
}
GATES = {"south": 1550, "north": 2450}  # terminal -> the row of its gate
BOOTHS_X = (4450.0, 4470.0)  # m
YARD_X, BERTH_X = 4510.0, 4745.0  # m, the terminals' inner roads
TERMINAL_SPAN = {"south": (1130.0, 1920.0), "north": (2080.0, 2870.0)}  # m, from y to y

PORT_AVENUE = Street("Port Avenue", 3, 60 * KMH, 11, arterial=True)
CUSTOMS_ROAD = Street("Customs Road", 2, 50 * KMH, 9, arterial=True)
WAREHOUSE_LANE = Street("Warehouse Lane", 1, 30 * KMH, 3)
FREIGHT = "truck trailer delivery emergency authority"


def avenue(index: int) -> Street:
    lanes = 3 if index % 3 == 0 else 2
    return Street(AVENUE_NAMES[index], lanes, 50 * KMH, 9, arterial=True)


def halfway(index: int) -> Street:
    return Street(HALFWAY_NAMES[index], 1, 30 * KMH, 4)


def point_key(step: int) -> str:
    """The name of one of the 24 directions: 'n' for an avenue, 'n_nnw' for the street after it."""
    index, half = divmod(step % 24, 2)
    return f"{COMPASS[index]}_{COMPASS[(index + 1) % 12]}" if half else COMPASS[index]


def arc(radius: float, start: float, end: float, spacing: float = 2.5) -> list[Point]:
    """The bends between two directions (degrees), ends left out."""
    count = max(2, round(abs(end - start) / spacing))
    return [polar(LAKE, radius, start + (end - start) * i / count) for i in range(1, count)]


def town() -> Network:
    network = Network()
    _add_crossings(network)
    _add_rings(network)
    _add_avenues(network)
    _add_halfway_streets(network)
    _add_borders(network)
    _add_port(network)
    return network


def _add_crossings(network: Network) -> None:
    for order, ring in enumerate(RINGS):
        for step in range(24):
            half = step % 2 == 1
            kind = ring.kind
            if half:
                kind = "open" if ring.kind == "side" else "side"
            shift = (CYCLE // 2) * ((order // 2 + step // 2) % 2) if kind == "signal" else 0
            network.junction(f"{ring.key}_{point_key(step)}", polar(LAKE, ring.radius, step * 15), kind, shift)


def _add_rings(network: Network) -> None:
    for ring in RINGS:
        for step in range(24):
            a, b = f"{ring.key}_{point_key(step)}", f"{ring.key}_{point_key(step + 1)}"
            network.link(a, b, ring.street, arc(ring.radius, step * 15, step * 15 + 15))


def _add_avenues(network: Network) -> None:
    for index, name in enumerate(COMPASS):
        for inner, outer in pairwise(RINGS):
            lanes = 2 if inner.key == "lake" else avenue(index).lanes
            network.link(f"{inner.key}_{name}", f"{outer.key}_{name}", avenue(index), there=lanes, back=lanes)


def _add_halfway_streets(network: Network) -> None:
    for index in range(12):
        name = point_key(2 * index + 1)
        for inner, outer in pairwise(RINGS):
            network.link(f"{inner.key}_{name}", f"{outer.key}_{name}", halfway(index))


def _add_borders(network: Network) -> None:
    for name, at in BORDERS.items():
        network.junction(f"border_{name}", at, "end")
        network.link(f"outer_{name}", f"border_{name}", avenue(COMPASS.index(name)))


def _add_port(network: Network) -> None:
    for y in ROWS:
        network.junction(f"port_{y}", (PORT_X, y), "actuated")
        network.junction(f"warehouse_{y}", (WAREHOUSE_X, y), "side")
        corner = y in (600, 3400)
        network.junction(f"customs_{y}", (CUSTOMS_X, y), "auto" if corner else "actuated")
    for y, name in ROWS.items():
        row = Street(name, 2, 50 * KMH, 8, arterial=True)
        network.link(f"port_{y}", f"warehouse_{y}", row)
        network.link(f"warehouse_{y}", f"customs_{y}", row)
    for a, b in pairwise(ROWS):
        network.link(f"port_{a}", f"port_{b}", PORT_AVENUE)
        network.link(f"warehouse_{a}", f"warehouse_{b}", WAREHOUSE_LANE)
        network.link(f"customs_{a}", f"customs_{b}", CUSTOMS_ROAD)
    for end, border_y, last in (("south", 0.0, 600), ("north", 4000.0, 3400)):
        network.junction(f"border_port_{end}", (PORT_X, border_y), "end")
        network.link(f"port_{last}", f"border_port_{end}", PORT_AVENUE)
    for name, y in PORT_LINKS.items():
        x0, y0 = network.junctions[f"outer_{name}"].at
        bends = [(x0 + 130, y0 + (y - y0) * 0.75), (PORT_X - 180, y)] if name != "e" else []
        network.link(f"outer_{name}", f"port_{y}", avenue(COMPASS.index(name)), bends)
    for terminal in GATES:
        _add_terminal(network, terminal)


def _add_terminal(network: Network, terminal: str) -> None:
    """A gate with three lanes in and two out, where lorries crawl past the booths, and a loop of yard and
    berth roads; for freight only.
    """
    gate_y = GATES[terminal]
    low, high = TERMINAL_SPAN[terminal]
    yard = Street(f"{terminal.title()} Yard", 1, 30 * KMH, 5, allow=FREIGHT)
    gate = Street(f"{terminal.title()} Gate", 2, 30 * KMH, 6, arterial=True, allow=FREIGHT)
    booths = Street(f"{terminal.title()} Gate Booths", 2, 6 * KMH, 6, arterial=True, allow=FREIGHT)
    name = f"{terminal}_gate"
    corners: dict[str, Point] = {
        f"{terminal}_booths_out": (BOOTHS_X[0], gate_y),
        f"{terminal}_booths_in": (BOOTHS_X[1], gate_y),
        name: (YARD_X, gate_y),
        f"{terminal}_yard_low": (YARD_X, low),
        f"{terminal}_yard_high": (YARD_X, high),
        f"{terminal}_berth_low": (BERTH_X, low),
        f"{terminal}_berth_high": (BERTH_X, high),
        f"{terminal}_berth": (BERTH_X, gate_y),
    }
    for id, at in corners.items():
        network.junction(id, at, "auto")
    network.link(f"customs_{gate_y}", f"{terminal}_booths_out", gate, there=3)
    network.link(f"{terminal}_booths_out", f"{terminal}_booths_in", booths, there=3)
    network.link(f"{terminal}_booths_in", name, gate, there=3)
    for a, b in (
        (name, f"{terminal}_yard_low"),
        (name, f"{terminal}_yard_high"),
        (f"{terminal}_yard_low", f"{terminal}_berth_low"),
        (f"{terminal}_yard_high", f"{terminal}_berth_high"),
        (f"{terminal}_berth_low", f"{terminal}_berth"),
        (f"{terminal}_berth", f"{terminal}_berth_high"),
        (name, f"{terminal}_berth"),
    ):
        network.link(a, b, yard)
