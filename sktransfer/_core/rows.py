"""Rows picked and dealt into folds by what they hold, not by where they stand.

Rows are ordered along one fixed random direction. Picking them evenly in that order is
as good as a random sample, and gives the same rows in whatever order they come.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import is_sparse
from sktransfer._core.topk import row_blocks


def row_keys(X: Any, *, seed: int = 0) -> NDArray[np.float64]:
    """Position of each row along a fixed random direction."""
    direction = np.random.default_rng(seed).standard_normal(X.shape[1])
    n, step = X.shape
    largest = float(abs(X).max()) if n and step else 0.0
    if not largest > 0:
        return np.zeros(n)
    direction /= largest
    keys, mass = np.empty(n), np.empty(n)
    for rows in row_blocks(n, 1 if is_sparse(X) else step):
        keys[rows] = np.asarray(X[rows] @ direction).ravel()
        mass[rows] = np.asarray(abs(X[rows]) @ np.abs(direction)).ravel()
    # ten digits of each row's own size: one huge row must not make all others equal
    digit = 10.0 ** (np.floor(np.log10(np.maximum(mass, 1e-290))) - 9)
    return np.round(keys / digit) * digit + 0.0


def distinct_rows(X: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """One row of each kind, and the kind of each row."""
    _, first, kind = np.unique(row_keys(X), return_index=True, return_inverse=True)
    return first, kind.reshape(-1)


def spread_rows(X: Any, n: int) -> NDArray[np.intp]:
    """Rows taken evenly in their order along a fixed random direction."""
    order = np.argsort(row_keys(X), kind="stable")
    n_rows = X.shape[0]
    if n_rows <= n:
        return order
    return order[np.linspace(0, n_rows - 1, n).astype(np.intp)]


def spread_folds(
    X: Any,
    n_folds: int,
    *,
    strata: NDArray[Any] | None = None,
    codes: NDArray[np.intp] | None = None,
) -> NDArray[np.intp]:
    """Fold of each row: dealt in turn in their order along a fixed direction.

    Equal rows that are fewer than the folds share one; others are dealt in turn, in
    the order of their codes, so that the rows of a fold are the same in any order.
    """
    n = X.shape[0]
    keys = row_keys(X)
    folds = np.empty(n, np.intp)
    stratum = np.zeros(n, np.intp)
    if strata is not None:
        stratum = np.unique(strata, return_inverse=True)[1].reshape(-1)
    ties = np.zeros(n, np.intp) if codes is None else codes
    for c in range(int(stratum.max(initial=-1)) + 1):
        rows = np.flatnonzero(stratum == c)
        rows = rows[np.lexsort((ties[rows], keys[rows]))]
        kind, size = np.unique(keys[rows], return_inverse=True, return_counts=True)[1:]
        own_turn = size[kind] >= n_folds
        own_turn[np.cumsum(size) - size] = True
        folds[rows] = (np.cumsum(own_turn) - 1 + c) % n_folds
    return folds
