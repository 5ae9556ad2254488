"""A linear program that is put together part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.ext.arrays import Doubles, Indices, Ints

_Numbers = Indices | Ints


class LinearProgram:
    """Variables with costs and bounds, and rows of which each sum must not be above its bound: the least cost."""

    def __init__(self) -> None:
        self._columns: list[tuple[Doubles, Doubles, Doubles]] = []  # cost, least, most
        self._entries: list[tuple[_Numbers, _Numbers, Doubles]] = []  # row, column, value
        self._bounds: list[Doubles] = []
        self._charges: list[tuple[_Numbers, Doubles]] = []
        self._variables = self._rows = 0

    def columns(self, cost: Doubles, least: float, most: Doubles) -> _Numbers:
        """The numbers of new variables, with what one of each costs, and bounds."""
        self._columns.append((cost, np.full(len(cost), least), most))
        self._variables += len(cost)
        return np.arange(self._variables - len(cost), self._variables)

    def charge(self, column: _Numbers, cost: Doubles) -> None:
        """Let variables cost so much more."""
        self._charges.append((column, cost))

    def rows(self, row: _Numbers, column: _Numbers, value: Doubles, bound: Doubles) -> None:
        """As many new rows as bounds; an entry for each value in them. Values at one place add up."""
        self._entries.append((row + self._rows, column, value))
        self._bounds.append(bound)
        self._rows += len(bound)

    def solve(self) -> Doubles:
        """The variables, by HiGHS. RuntimeError, in its own words, where there is no solution."""
        from scipy.optimize import linprog  # it takes long to import, and few runs need it
        from scipy.sparse import csr_array

        cost, least, most = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        for variables, more in self._charges:
            cost[variables] += more
        row, column, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        within: Any = csr_array((value, (row, column)), shape=(self._rows, self._variables))
        bounds: Any = np.stack((least, most), 1)
        solved = linprog(cost, within, np.concatenate(self._bounds), bounds=bounds, method="highs")
        if solved.x is None:
            raise RuntimeError(f"HiGHS: {solved.message}")
        found: Doubles = solved.x
        return found
