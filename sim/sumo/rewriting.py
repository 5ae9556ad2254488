"""Files of a run's folder as SUMO is to read them: copies with another text."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import replace

from wayside.sim.scenario.configuration import read_configuration
from wayside.sim.sumo.references import INCLUDE, open_unpacked, references
from wayside.sim.sumo.staging import Staged


def rewritten(staged: Staged, options: Iterable[str], change: Callable[[bytes], bytes]) -> Staged:
    """The folder with copies of all files that these options of the configuration name, and that those include, as
    `change` makes them of their text. What it leaves as it is stays as it is.
    """
    configuration = read_configuration(staged.config)
    named = ",".join(configuration.get(option) or "" for option in options).split(",")
    files = [staged.folder / name.strip() for name in named if name.strip()]
    copies = list(staged.copies)
    for file in files:
        files += [file.parent / one.value for one in references(file) if one.label == INCLUDE]
        with open_unpacked(file) as stream:
            text, packed = stream.read(), isinstance(stream, gzip.GzipFile)
        told = change(text)
        if told != text:
            file.unlink()
            file.write_bytes(gzip.compress(told, mtime=0) if packed else told)
            copies.append(file)
    links = tuple(link for link in staged.links if link not in copies)
    return replace(staged, links=links, copies=tuple(dict.fromkeys(copies)))
