"""Attributes that an estimator has learned."""

from __future__ import annotations

from typing import Any


def forget_learned(estimator: Any) -> None:
    """Delete what an earlier fit has learned, but for what is known of the columns."""
    for name in [name for name in estimator.__dict__ if name.endswith("_")]:
        if name not in ("n_features_in_", "feature_names_in_"):
            delattr(estimator, name)
