r"""Density ratios as sums of Gaussian kernels at target rows.

:math:`r(x) = \sum_l \theta_l\, e^{-\gamma |x - c_l|^2}` with the centres c among target
rows. Rows enter block by block, so time and memory are linear in their number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.kernels import kernel_means, kernel_rows, median_gamma
from sktransfer._core.rows import spread_rows
from sktransfer._core.sparse import is_sparse
from sktransfer._core.topk import row_blocks

# gamma around the median heuristic: widths from an eighth of it to four times it
GAMMA_FACTORS = (1 / 16, 1 / 4, 1.0, 4.0, 16.0, 64.0)


_SAMPLE = 250  # rows a side for the median heuristic


class RatioModel(NamedTuple):
    """A density ratio that can be evaluated anywhere."""

    centres: Any  # (n_centres, n_features)
    coefficients: NDArray[np.float64]  # (n_centres,)
    gamma: float


def positive_values(name: str, value: Any) -> tuple[float, ...]:
    """A parameter that is a positive number, or several of them to choose from."""
    values = np.atleast_1d(np.asarray(value, np.float64))
    if values.ndim != 1 or not (values.size and (values > 0).all()):
        raise ValueError(
            f"{name} must be a positive number, or a sequence of them to choose from; "
            f"got {value!r}."
        )
    return tuple(values.tolist())


def candidate_gammas(gamma: Any, source: Any, target: Any) -> list[float]:
    """Scales of the kernel to choose from."""
    if gamma is None:
        sides = [X[spread_rows(X, _SAMPLE)] for X in (source, target)]
        stack = sparse.vstack(sides, "csr") if is_sparse(source) else np.r_[*sides]
        return [median_gamma(stack) * factor for factor in GAMMA_FACTORS]
    return sorted(positive_values("gamma", gamma))


def kernel_features(X: Any, centres: Any, gamma: float) -> NDArray[np.float64]:
    """Gaussian kernel of each row with each centre."""
    block, (A, C) = kernel_rows("rbf", X, centres, gamma=gamma)
    K = np.empty((X.shape[0], centres.shape[0]))
    for rows in row_blocks(*K.shape):
        K[rows] = block(A[rows], C)
    return K


def ratio_values(model: RatioModel, X: Any) -> NDArray[np.float64]:
    """Values of a density ratio, not below 0."""
    values = np.empty(X.shape[0])
    for rows in row_blocks(X.shape[0], model.centres.shape[0]):
        K = kernel_features(X[rows], model.centres, model.gamma)
        values[rows] = K @ model.coefficients
    return np.maximum(values, 0)


def source_kernel_means(source: Any, centres: Any, gamma: float) -> NDArray[np.float64]:
    """Mean over the source rows of the kernel with each centre."""
    block, (C, S) = kernel_rows("rbf", centres, source, gamma=gamma)
    return kernel_means(block, C, S)
