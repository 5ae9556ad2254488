"""XML in and out with stable bytes, and SUMO's tools."""

from __future__ import annotations

import gzip
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import sumolib

from .geometry import Point


def number(value: float) -> str:
    """Two decimals at most, no negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points(line: Iterable[Point]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in line)


def element(tag: str, /, **attributes: str | float) -> ET.Element:
    """An XML element; a trailing underscore in a name is dropped (`from_`), floats are rounded."""
    texts = {name.rstrip("_"): value if isinstance(value, str) else number(value) for name, value in attributes.items()}
    return ET.Element(tag, texts)


def param(key: str, value: str | float) -> ET.Element:
    return element("param", key=key, value=value)


def document(root: str, children: Iterable[ET.Element]) -> str:
    top = ET.Element(root)
    top.extend(children)
    ET.indent(top, "  ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def save(path: Path, text: str) -> None:
    """Write `text`; a `.gz` name is compressed without time or name, so equal text gives equal bytes."""
    data = text.encode()
    if path.suffix != ".gz":
        path.write_bytes(data)
        return
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(data)


def without_comments(text: str) -> str:
    """SUMO's header names the time and this machine's paths: drop it."""
    return re.sub(r"<!--.*?-->\n*", "", text, flags=re.DOTALL)


def run_tool(tool: str, options: dict[str, str | Path]) -> None:
    """Run one of SUMO's programs; what it complains about is shown."""
    command = [sumolib.checkBinary(tool), *(str(part) for pair in options.items() for part in pair)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "proj.db" not in line]
    if complaints:
        print("\n".join(complaints))
    if done.returncode:
        raise SystemExit(f"{tool} failed with status {done.returncode}")
