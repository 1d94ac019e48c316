"""Rows brought within a public length, before and after rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MOST_UNITS = 2.0**30  # longest row, so that squared lengths fit into 64 bits
_SLACK = 2.0**-30  # more than float64 loses in a sum of squares of 2^20 columns


def norm_limit(row_norm: float, unit: float) -> int:
    """Largest squared length of a rounded row, in squared units.

    Parameters
    ----------
    row_norm : float
        Largest length of a row.
    unit : float
        Value of the integer 1.

    Returns
    -------
    limit : int
        Above ``(row_norm / unit) ** 2`` by what rounding errors of float64 may add.
    """
    return math.ceil((row_norm / unit) ** 2 * (1 + _SLACK))


def clip_rows(X: Any, row_norm: float, bound: float) -> Any:
    """Shorten the rows that are longer than a public length.

    Parameters
    ----------
    X : {ndarray, csr_array} of shape (n_samples, n_features)
        Rows. Not written to.
    row_norm : float
        Largest Euclidean length of a row; longer ones keep their direction.
    bound : float
        Largest absolute value of an entry, to which entries are cut off thereafter.

    Returns
    -------
    X : {ndarray, csr_array} of float64 of shape (n_samples, n_features)
        Clipped rows.

    Raises
    ------
    ValueError
        If an entry is not finite.
    """
    values = np.array(X.data if sparse.issparse(X) else X, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("Rows must be finite to be clipped; got NaN or infinity.")
    # each row over its largest entry first, so that no square overflows or vanishes
    if sparse.issparse(X):
        owner = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        top = np.full(X.shape[0], row_norm)
        np.maximum.at(top, owner, np.abs(values))
        squares = np.bincount(owner, (values / top[owner]) ** 2, X.shape[0])
        values *= _factors(squares, row_norm / top)[owner]
    else:
        top = np.maximum(np.abs(values).max(axis=1, initial=0.0), row_norm)
        squares = ((values / top[:, None]) ** 2).sum(axis=1)
        values *= _factors(squares, row_norm / top)[:, None]
    np.clip(values, -bound, bound, out=values)
    if sparse.issparse(X):
        return sparse.csr_array((values, X.indices, X.indptr), shape=X.shape)
    return values


def _factors(
    squares: NDArray[np.float64], row_norm: NDArray[np.float64]
) -> NDArray[np.float64]:
    norms = np.sqrt(squares)
    return np.where(norms > row_norm, row_norm / np.maximum(norms, row_norm), 1.0)


def within_limit(
    rounded: NDArray[np.float64], exact: NDArray[np.float64], limit: int, owner: Any
) -> NDArray[np.float64]:
    """Rounded rows, those that rounding made too long cut off towards 0 instead.

    Parameters
    ----------
    rounded : ndarray of float64
        Whole numbers: the entries of dense rows, or the stored ones of sparse rows.
    exact : ndarray of float64
        The same entries before rounding, in units.
    limit : int
        Largest squared length.
    owner : ndarray of intp or None
        Row of each stored entry; None for dense rows.

    Returns
    -------
    rounded : ndarray of float64
        Whole numbers, no row longer than the limit. Written in place.
    """
    q = rounded.astype(np.int64)
    if owner is None:
        squares = np.einsum("ij,ij->i", q, q)
        long = squares > limit
        rounded[long] = np.trunc(exact[long])
    else:
        squares = np.zeros(owner.max(initial=-1) + 1, dtype=np.int64)
        np.add.at(squares, owner, q * q)
        long = (squares > limit)[owner]
        rounded[long] = np.trunc(exact[long])
    return rounded
