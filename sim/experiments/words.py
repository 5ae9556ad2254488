"""Numbers as people read them, in tables, reports and on the terminal."""

from __future__ import annotations

import math

DIGITS = 4  # that count
SMALL, GREAT = 1e-3, 1e9  # numbers outside are written with a power of ten
NONE = "–"


def counted(count: int, what: str) -> str:
    """So many of something, whose plural ends in s."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def number(value: float, sign: bool = False) -> str:
    """Four digits that count; a dash where there is no number."""
    if not math.isfinite(value):
        return NONE if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0.0:
        return "0"
    if not SMALL <= abs(value) < GREAT:
        mantissa, _, power = f"{value:{'+' if sign else ''}.{DIGITS - 1}e}".partition("e")
        return f"{_trimmed(mantissa)}e{int(power)}".replace("-", "−")
    places = max(DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    return _trimmed(f"{value:{'+' if sign else ''},.{places}f}").replace("-", "−")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float) -> str:
    """A share with its sign."""
    if not math.isfinite(value):
        return NONE
    text = f"{value:+.1%}"
    return (text[1:] if text[1:] == "0.0%" else text).replace("-", "−").replace("%", " %")


def p_value(p: float) -> str:
    """A probability, down to 0.001."""
    if math.isnan(p):
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def interval(low: float, high: float, sign: bool = False) -> str:
    """From here to there."""
    return NONE if math.isnan(low) else f"{number(low, sign)} to {number(high, sign)}"
