"""Maximum mean discrepancy: the distance of two domains in the space of a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state

from sktransfer._core.kernels import (
    KERNELS,
    Kernel,
    kernel_means,
    kernel_rows,
    kernel_scale,
)
from sktransfer._core.parameters import check_value, number, one_of
from sktransfer._core.sparse import is_sparse
from sktransfer.metrics._sides import check_sides, stack_rows

_PAIRS = 64  # rows of which only the diagonal of the kernel is used


def paired_kernel(block: Kernel, X: Any, Y: Any) -> NDArray[np.float64]:
    """Kernel of the i-th row of X with the i-th row of Y."""
    values = np.empty(X.shape[0])
    for start in range(0, X.shape[0], _PAIRS):
        at = slice(start, start + _PAIRS)
        values[at] = np.diagonal(block(X[at], Y[at]))
    return values


def mmd_quadratic(block: Kernel, X: Any, Y: Any, *, biased: bool) -> float:
    r"""Squared discrepancy from all pairs of rows.

    .. math:: \frac1{n^2}\sum_{ij} k(x_i, x_j) + \frac1{m^2}\sum_{ij} k(y_i, y_j)
        - \frac2{nm}\sum_{ij} k(x_i, y_j);

    the unbiased form leaves out :math:`i = j` in the first two sums and divides by
    :math:`n(n-1)` and :math:`m(m-1)`.
    """
    within = 0.0
    for Z in (X, Y):
        n = Z.shape[0]
        total = kernel_means(block, Z, Z).sum() * n
        if biased:
            within += total / n**2
        else:
            within += (total - paired_kernel(block, Z, Z).sum()) / (n * (n - 1))
    return float(within - 2 * kernel_means(block, X, Y).mean())


def mmd_linear(block: Kernel, X: Any, Y: Any) -> float:
    """Unbiased squared discrepancy from disjoint pairs of rows.

    The mean of :math:`k(x_1, x_2) + k(y_1, y_2) - k(x_1, y_2) - k(x_2, y_1)` over rows
    1 and 2, 3 and 4, ...
    """
    n = min(X.shape[0], Y.shape[0]) // 2 * 2
    x1, x2, y1, y2 = X[0:n:2], X[1:n:2], Y[0:n:2], Y[1:n:2]
    return float(
        np.mean(
            paired_kernel(block, x1, x2)
            + paired_kernel(block, y1, y2)
            - paired_kernel(block, x1, y2)
            - paired_kernel(block, x2, y1)
        )
    )


def mmd(
    X: Any,
    Y: Any,
    *,
    kernel: str | Callable[[Any, Any], NDArray[Any]] = "rbf",
    gamma: float | None = None,
    estimator: str = "unbiased",
    random_state: int | np.random.RandomState | None = 0,
) -> float:
    r"""Squared maximum mean discrepancy of two domains.

    The squared distance of the mean embeddings of both domains in the space of the
    kernel. It is 0 if the distributions are the same and, for "rbf" and "laplacian",
    only then.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_source, n_features)
        Rows of the source.
    Y : {array-like, sparse matrix} of shape (n_target, n_features)
        Rows of the target.
    kernel : str or callable, default="rbf"
        "rbf", "laplacian", "linear", "cosine" or "poly", which is
        ``(gamma * x @ y + 1)^3``, or a callable that maps two blocks of rows to a
        matrix.
    gamma : float, default=None
        Scale of "rbf", "laplacian" and "poly". None: the median heuristic on rows of
        both domains, and 1 / n_features for "poly". Give one value to compare several
        pairs of domains.
    estimator : {"unbiased", "biased", "linear"}, default="unbiased"
        "unbiased" has mean 0 for equal distributions, so it can be negative. "biased"
        is the distance of the two samples themselves and never negative. Both use all
        pairs of rows, a tile at a time. "linear" is unbiased and uses only as many
        pairs as there are rows, with more variance: for a million rows.
    random_state : int, RandomState instance or None, default=0
        Shuffles the rows for "linear". None: the rows keep their order, which must then
        be random.

    Returns
    -------
    squared : float
        The squared discrepancy.

    Raises
    ------
    ValueError
        If a side has too few rows, or the columns differ.

    References
    ----------
    A. Gretton et al., "A kernel two-sample test", Journal of Machine Learning Research
    13, 2012.

    Examples
    --------
    >>> from sktransfer.metrics import mmd
    >>> mmd([[0.0], [1.0]], [[2.0], [3.0]], kernel="linear", estimator="biased")
    4.0
    """
    check_value("estimator", estimator, one_of("unbiased", "biased", "linear"))
    check_value("kernel", kernel, one_of(*KERNELS), callable)
    check_value("gamma", gamma, number(above=0), None)
    X, Y = check_sides(X, Y, least=1 if estimator == "biased" else 2)
    if estimator == "linear" and random_state is not None:
        rng = check_random_state(random_state)
        X, Y = X[rng.permutation(X.shape[0])], Y[rng.permutation(Y.shape[0])]
    if is_sparse(X) != is_sparse(Y):
        X, Y = sparse.csr_array(X), sparse.csr_array(Y)
    if gamma is None:
        gamma = kernel_scale(stack_rows(X, Y), kernel, None)
    block, (X, Y) = kernel_rows(kernel, X, Y, gamma=gamma)
    if estimator == "linear":
        return mmd_linear(block, X, Y)
    return mmd_quadratic(block, X, Y, biased=estimator == "biased")
