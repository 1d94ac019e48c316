"""Fitting a weighter and checking its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples

from sktransfer._core.parts.pipelines import fit_part, last_step


def fit_weights(
    weighter: Any, Z: Any, y: Any, sample_domain: Any
) -> NDArray[np.floating]:
    """Fit a weighter and read the weight of each row."""
    last, n = last_step(weighter), _num_samples(Z)
    if hasattr(weighter, "fit"):
        fit_part(weighter, Z, y, sample_domain)
        last = last_step(weighter)  # a Pipeline may fit copies of its steps
    name = type(last).__name__
    if not hasattr(last, "weights_"):
        raise TypeError(
            f"weighter must set weights_ in fit, one weight per row; {name} does not. "
            "Use a weighter of sktransfer.weighting, or any estimator with fit(X, y, "
            "sample_domain) and weights_, alone or as the last step of a Pipeline."
        )
    weights = np.asarray(last.weights_)
    if weights.shape != (n,):
        raise ValueError(
            f"weighter {name} must give one weight per row; got shape "
            f"{weights.shape} for {n} rows."
        )
    if not np.all(np.isfinite(weights)) or np.any(weights < 0) or not weights.any():
        raise ValueError(
            f"weighter {name} must give finite weights, none negative and not all "
            f"zero; got minimum {weights.min()} and maximum {weights.max()}."
        )
    return weights
