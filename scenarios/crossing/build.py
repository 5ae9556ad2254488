"""Makes the smallest built-in scenario: `python -m wayside.scenarios.crossing.build [--out DIR]`.

Mill Street (west to east, two lanes each way) crosses Bridge Street (south to north, one lane) at a signal.
On the eastern arm lie a car park with 12 bays and a charging site with 2 piles of 60 kW and 2 of 7 kW;
a row of kerb bays on the northern arm is the alternative. It loads at once and is meant for tests.
"""

from __future__ import annotations

import argparse
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import sumolib

from ..building import build_net
from ..files import document, element, param, run_tool, save, without_comments
from ..lots import CarPark, Drafter, Piles, Site, charging_elements, parking_element, rerouter_elements
from ..roads import Network, Street

KMH = 1 / 3.6
ARM = 400.0  # m from the crossing to each end
END = 3600.0  # s
SEED = 7
VEHICLES = 600  # in END seconds
SEEKER_EVERY = 4  # every fourth car looks for a bay
ELECTRIC_EVERY = 3

MILL = Street("Mill Street", 2, 50 * KMH, 9, arterial=True)
BRIDGE = Street("Bridge Street", 1, 50 * KMH, 7, arterial=True)
ENDS = {"west": (-ARM, 0.0), "east": (ARM, 0.0), "south": (0.0, -ARM), "north": (0.0, ARM)}


def town() -> Network:
    network = Network()
    network.junction("crossing", (0.0, 0.0), "signal")
    for name, at in ENDS.items():
        network.junction(name, at, "turn")
        network.link("crossing", name, MILL if name in ("west", "east") else BRIDGE)
    return network


def facilities(drafter: Drafter) -> tuple[list[CarPark], Site]:
    lot = drafter.lot("park_mill", "Mill Street lot", "surface", "crossing-east", 150.0, (-6, 0), 2, 4.0)
    kerb = drafter.kerb("park_bridge", "Bridge Street kerb", "crossing-north", 120.0, 6, 6.0)
    groups = tuple(
        Piles(
            "mill",
            kilowatts,
            drafter.lot(
                f"charge_mill_{kilowatts}",
                f"Mill Street charging {kilowatts} kW",
                "surface",
                "crossing-east",
                150.0,
                (column, column + 1),
                2,
                4.0,
            ),
        )
        for kilowatts, column in ((60, 2), (7, 4))
    )
    return [lot, kerb], Site("mill", "Mill Street charging", 80_000.0, 1.5, groups)


def type_elements() -> list[ET.Element]:
    car = element("vType", id="car", vClass="passenger", length=4.5, color="230,230,230")
    electric = element(
        "vType",
        id="car_ev",
        vClass="evehicle",
        length=4.6,
        emissionClass="Energy/unknown",
        mass="1750",
        color="90,200,180",
    )
    electric.append(param("has.battery.device", "true"))
    electric.append(param("device.battery.capacity", "60000"))
    return [car, electric]


def trips(parks: list[CarPark]) -> list[ET.Element]:
    """Cars from each end to another, evenly spread over the time; eight already stand in the bays."""
    random = np.random.default_rng(SEED)
    found = [
        _car(random, i, f"parked_{i}", 0.0, parks[i % 2].edge, _exit(random, ""), parks[i % 2], "stop")
        for i in range(8)
    ]
    for i in range(VEHICLES):
        depart = round(i * END / VEHICLES + float(random.uniform(0, 4)), 1)
        source = list(ENDS)[int(random.integers(4))]
        goal = parks[int(random.choice(2, p=(0.7, 0.3)))] if i % SEEKER_EVERY == 0 else None
        if goal and goal.edge == f"crossing-{source}":
            source = "west"
        target = goal.edge if goal else _exit(random, source)
        found.append(_car(random, i, f"car_{i:03d}", depart, f"{source}-crossing", target, goal, "base"))
    return found


def _exit(random: np.random.Generator, source: str) -> str:
    options = [name for name in ENDS if name != source]
    return f"crossing-{options[int(random.integers(len(options)))]}"


def _car(
    random: np.random.Generator,
    index: int,
    id: str,
    depart: float,
    source: str,
    target: str,
    goal: CarPark | None,
    where: str,
) -> ET.Element:
    electric = index % ELECTRIC_EVERY == 0
    trip = element(
        "trip",
        id=id,
        type="car_ev" if electric else "car",
        depart=depart,
        from_=source,
        to=goal.edge if goal else target,
        departPos=where,
        departLane="0" if where == "stop" else "best",
        departSpeed="0" if where == "stop" else "max",
    )
    if electric:
        trip.append(param("device.battery.chargeLevel", str(round(60000 * float(random.uniform(0.1, 0.9))))))
    if goal:
        duration = random.uniform(60, 400) if where == "stop" else random.uniform(120, 480)
        trip.append(element("stop", parkingArea=goal.id, duration=str(round(float(duration)))))
    return trip


def build(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        net_file = build_net(town(), work)
        net = sumolib.net.readNet(str(net_file))
        parks, site = facilities(Drafter(net))
        additionals = [parking_element(park) for park in parks] + charging_elements(site)
        additionals += rerouter_elements(net, parks, 1000.0, 4)
        save(work / "add.xml", document("additional", additionals))
        save(work / "trips.xml", document("routes", type_elements() + trips(parks)))
        run_tool(
            "duarouter",
            {
                "--net-file": net_file,
                "--additional-files": work / "add.xml",
                "--route-files": work / "trips.xml",
                "--output-file": work / "rou.xml",
                "--seed": "1",
                "--no-step-log": "true",
            },
        )
        save(out / "crossing.net.xml.gz", net_file.read_text())
        save(out / "crossing.add.xml.gz", (work / "add.xml").read_text())
        save(out / "crossing.rou.xml.gz", without_comments((work / "rou.xml").read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
