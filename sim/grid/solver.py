"""power-grid-model, an optional dependency."""

from __future__ import annotations

from typing import Any

from wayside.edge.errors import WaysideError


def solver() -> Any:
    """The package. WaysideError, which says what to install, where it is not there."""
    try:
        import power_grid_model
    except ImportError:
        raise WaysideError("charging.grid: power-grid-model is not installed: pip install 'wayside[grid]'") from None
    return power_grid_model
