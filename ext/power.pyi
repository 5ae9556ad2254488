from typing import Any

from wayside.ext.arrays import Doubles, Indices, Ints

class Tree:
    nodes: int
    sites: int
    def __init__(self, parent: Ints, sites: int) -> None: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def totals(tree: Tree, site: Ints, power: Doubles) -> Doubles: ...
def fill(
    tree: Tree,
    wanted: Doubles,
    site: Ints,
    limit: Doubles,
    weight: Doubles | None = None,
    offset: Doubles | None = None,
) -> Doubles: ...
def in_order(
    tree: Tree, order: Indices, wanted: Doubles, site: Ints, limit: Doubles, granted: Doubles | None = None
) -> Doubles: ...
def begun(
    tree: Tree, order: Indices, least: Doubles, granted: Doubles, site: Ints, limit: Doubles, anybody: bool
) -> Doubles: ...
def in_rounds(tree: Tree, order: Indices, wanted: Doubles, site: Ints, limit: Doubles, step: float) -> Doubles: ...
def ascending(keys: Doubles) -> Indices: ...
