"""Sets of numbers that are joined two by two (union-find; Galler and Fischer, 1964)."""

from __future__ import annotations


class Union:
    """Sets of numbers that are joined; the root of a set is its least number."""

    def __init__(self, size: int) -> None:
        self._up = list(range(size))

    def root(self, number: int) -> int:
        """The least number of the set that a number (0 … size - 1) is in."""
        while self._up[number] != number:
            self._up[number] = number = self._up[self._up[number]]
        return number

    def unite(self, one: int, other: int) -> None:
        """Join the sets that two numbers are in."""
        one, other = self.root(one), self.root(other)
        self._up[max(one, other)] = min(one, other)
