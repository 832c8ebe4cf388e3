"""Bars that figures have to meet, and whether they do."""

from __future__ import annotations

from collections.abc import Mapping

Bars = Mapping[str, tuple[str, float]]  # by a figure's name: ">=" or "<=", and the bar


def met(name: str, value: float, bars: Bars) -> bool:
    """True if a figure meets its bar, or has none."""
    sign, bar = bars.get(name, ("", 0.0))
    return not sign or (value >= bar if sign == ">=" else value <= bar)


def line(name: str, value: float, bars: Bars) -> str:
    """A figure with its bar beside it, as a line of a table.

    >>> line("seconds", 2.0, {"seconds": ("<=", 1)}).split(maxsplit=2)
    ['seconds', '2.000', '(bar <= 1: MISSED)']
    """
    told = f"  {name:54} {value:12.3f}"
    if name not in bars:
        return told
    sign, bar = bars[name]
    return f"{told}  (bar {sign} {bar}: {'met' if met(name, value, bars) else 'MISSED'})"
