"""tshark as a judge of our frames: its dissection, and what it complains of."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from wayside.edge.net import pcap

# What it flags: cut short or beyond its dissector, any expert information, and octets that nobody took.
COMPLAINTS = "_ws.malformed || _ws.expert || _ws.short || _ws.unreassembled || data"
TIME = 1_767_225_661_250_000_000  # ns


def captured(path: Path, frames: Sequence[bytes]) -> Path:
    """A capture of frames, a millisecond apart."""
    offsets = np.cumsum([0, *map(len, frames)])
    with pcap.Writer(path) as writer:
        buffer = np.frombuffer(b"".join(frames), np.uint8)
        writer.write(buffer, offsets, TIME + 1_000_000 * np.arange(len(frames)))
    return path


def run(path: Path, *arguments: str) -> list[str]:
    """The lines it prints of a capture."""
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")
    done = subprocess.run([program, "-n", "-r", str(path), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def complaints(path: Path) -> list[str]:
    """A line for each frame that it complains of."""
    return run(path, "-Y", COMPLAINTS)


def fields(path: Path, *names: str) -> list[list[str]]:
    """The named fields of each frame, as it prints them."""
    wanted = [argument for name in names for argument in ("-e", name)]
    return [line.split("\t") for line in run(path, "-T", "fields", "-E", "occurrence=f", *wanted)]
