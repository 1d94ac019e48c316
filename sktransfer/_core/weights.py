"""Weights of rows that a user passes."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight, _num_samples

from sktransfer._core.inputs import one_column


def row_weights(sample_weight: Any, X: Any, *, dtype: Any = None) -> NDArray[Any]:
    """One finite weight for each row, none below 0; 1 where None is given."""
    if sample_weight is not None and not isinstance(sample_weight, Number):
        sample_weight = one_column(sample_weight, "sample_weight")
    rows = np.empty(_num_samples(X))  # X may be of texts, or a frame
    weights = _check_sample_weight(sample_weight, rows, dtype=dtype)
    if weights.size and not weights.any():  # which scikit-learn 1.6 lets pass
        raise ValueError("Sample weights must contain at least one non-zero number.")
    negative = weights < 0
    if negative.any():
        raise ValueError(
            "sample_weight must be finite and not negative; got "
            f"{weights[negative][0]:g} among {weights.size} weights. A weight says "
            "how often a row counts; 0 leaves it out."
        )
    return weights


def check_sample_weight(
    sample_weight: Any, X: Any, *, dtype: Any = None
) -> NDArray[Any] | None:
    """The same, and None where None is given."""
    return None if sample_weight is None else row_weights(sample_weight, X, dtype=dtype)
