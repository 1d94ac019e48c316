"""Diagrams of estimators in notebooks, as scikit-learn draws them."""

from __future__ import annotations

from typing import Any

try:
    from sklearn.utils._repr_html.estimator import _VisualBlock
except ImportError:  # scikit-learn < 1.7
    from sklearn.utils._estimator_html_repr import _VisualBlock

MOST_SHOWN = 20  # parts of a diagram


def parts_side_by_side(parts: list[tuple[str, Any]]) -> Any:
    """Block of named parts; a part that is a str stands for itself."""
    if len(parts) > MOST_SHOWN:
        left = f"and {len(parts) - MOST_SHOWN} more"
        parts = [*parts[:MOST_SHOWN], ("...", left)]
    names, estimators = zip(*parts)
    return _VisualBlock(
        "parallel",
        list(estimators),
        names=list(names),
        name_details=[str(part) for part in estimators],
    )
