"""Small road networks made by netconvert, and what stands on them."""

import subprocess
from pathlib import Path

import sumolib

NODES = """<nodes>
    <node id="west" x="0" y="0"/>
    <node id="middle" x="400" y="0" type="traffic_light"/>
    <node id="east" x="800" y="0"/>
    <node id="north" x="400" y="300"/>
</nodes>"""
EDGES = """<edges>
    <edge id="in" from="west" to="middle" numLanes="2" speed="20"/>
    <edge id="out" from="middle" to="east" numLanes="2" speed="10"/>
    <edge id="up" from="middle" to="north" speed="10"/>
    <edge id="down" from="north" to="middle" speed="10"/>
    <edge id="back" from="east" to="middle" speed="20"/>
    <edge id="home" from="middle" to="west" speed="20"/>
</edges>"""


def netconvert(folder: Path, nodes: str = NODES, edges: str = EDGES, *options: str) -> Path:
    """A net of plain nodes and edges: net.net.xml in `folder`."""
    (folder / "nodes.nod.xml").write_text(nodes)
    (folder / "edges.edg.xml").write_text(edges)
    net = folder / "net.net.xml"
    command = [sumolib.checkBinary("netconvert"), "-n", "nodes.nod.xml", "-e", "edges.edg.xml", "-o", net.name]
    command += ["--no-turnarounds", "true"]
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
    return net


def configure(folder: Path, routes: str, additional: str = "", name: str = "town", **options: object) -> Path:
    """A configuration over net.net.xml with these routes, additional elements and options."""
    (folder / f"{name}.rou.xml").write_text(f"<routes>{routes}</routes>")
    (folder / f"{name}.add.xml").write_text(f"<additional>{additional}</additional>")
    said = {
        "net-file": "net.net.xml",
        "route-files": f"{name}.rou.xml",
        "additional-files": f"{name}.add.xml",
        "no-step-log": "true",
        **{key.replace("_", "-"): value for key, value in options.items()},
    }
    lines = "".join(f'<{key} value="{value}"/>' for key, value in said.items())
    path = folder / f"{name}.sumocfg"
    path.write_text(f"<configuration>{lines}</configuration>")
    return path
