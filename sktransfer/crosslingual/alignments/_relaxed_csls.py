"""RelaxedCSLSAlignment: a map that is good at what it is used for, CSLS retrieval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.linalg import svd
from sklearn.utils import check_array

from sktransfer._core.linalg import unit_rows
from sktransfer.crosslingual.alignments._base import (
    FLOATS,
    Alignment,
    check_number,
    fit_first,
)
from sktransfer.crosslingual.alignments._csls import check_count, ranked_rows
from sktransfer.crosslingual.alignments._procrustes import Procrustes

CONSTRAINTS = ("spectral", "frobenius", None)


def spectral_projection(M: NDArray[np.float64]) -> NDArray[np.float64]:
    """Closest matrix whose singular values are at most 1."""
    U, s, Vt = svd(M, full_matrices=False)
    return (U * np.minimum(s, 1)) @ Vt


def _frobenius_projection(M: NDArray[np.float64]) -> NDArray[np.float64]:
    """Closest matrix that is no longer than an orthogonal one."""
    return M * min(1.0, np.sqrt(M.shape[0]) / np.linalg.norm(M))


def relaxed_csls_gradient(
    M: NDArray[np.float64],
    X: NDArray[Any],
    Y: NDArray[Any],
    k: int,
    source_rows: NDArray[Any],
    target_rows: NDArray[Any],
) -> NDArray[np.float64]:
    r"""Subgradient of the relaxed CSLS loss; the loss is its inner product with M.

    .. math:: L(M) = \frac1n \sum_i \Bigl( -2 x_i^\top M y_i
              + \tfrac1k \sum_{y \in N_Y(M^\top x_i)} x_i^\top M y
              + \tfrac1k \sum_{x \in N_X(y_i)} x^\top M y_i \Bigr)

    Each sum over the k nearest rows is a maximum over sets, so that L is convex and
    piecewise linear.
    """
    W = M.astype(X.dtype)
    near = _neighbors(X @ W, target_rows, k)
    G = X.T @ (near @ target_rows - 2 * Y)
    near = _neighbors(Y, source_rows @ W, k)
    G += source_rows.T @ (near.T @ Y)
    return G.astype(np.float64) / X.shape[0]


def _neighbors(X: NDArray[Any], Y: NDArray[Any], k: int) -> sparse.csr_array:
    """1 / k at the k rows of Y with the largest inner product with each row of X."""
    k = min(k, Y.shape[0])
    columns, _ = ranked_rows(X, Y, None, k)
    parts = (
        np.full(columns.size, 1 / k, dtype=X.dtype),
        columns.ravel(),
        np.arange(0, columns.size + 1, k),
    )
    return sparse.csr_array(parts, shape=(X.shape[0], Y.shape[0]))


def descend(
    gradient: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    M: NDArray[np.float64],
    project: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    learning_rate: float,
    max_iter: int,
    tol: float,
) -> tuple[NDArray[np.float64], list[float]]:
    """Projected subgradient steps that halve where they do not lower the loss."""
    G = gradient(M)
    losses = [float(np.sum(G * M))]
    for _ in range(max_iter):
        candidate = project(M - learning_rate * G)
        G_candidate = gradient(candidate)
        loss = float(np.sum(G_candidate * candidate))
        if loss >= losses[-1] - tol:
            learning_rate /= 2
            if learning_rate < 1e-3:
                break
        if loss < losses[-1]:
            M, G = candidate, G_candidate
            losses.append(loss)
    return M, losses


class RelaxedCSLSAlignment(Alignment):
    r"""Linear map of the source that minimises the relaxed CSLS loss.

    Retrieval compares a mapped word with the density of its neighbourhood (CSLS).
    Least squares and rotations do not know that; here the map is learnt for it:

    .. math:: L(M) = \frac1n \sum_i -2\, x_i^\top M y_i
              + \frac1k \sum_{y \in N_Y(M^\top x_i)} x_i^\top M y
              + \frac1k \sum_{x \in N_X(y_i)} x^\top M y_i ,

    a convex function on the convex hull of the orthogonal matrices, the ball of the
    spectral norm.

    Parameters
    ----------
    initial : alignment, default=None
        Fitted first; brings both sides into one space, in which M begins as the unit
        matrix. None: :class:`~sktransfer.crosslingual.Procrustes`. It also is where
        rows are normalised.
    k : int, default=10
        Size of the neighbourhoods.
    constraint : {"spectral", "frobenius"} or None, default="spectral"
        "spectral": singular values of M are at most 1. "frobenius": M is at most as
        long as an orthogonal matrix, which leaves it more freedom. None: nothing;
        take few iterations then, since the loss has no minimum.
    learning_rate : float, default=1.0
        First length of a step. Halved where the loss does not go down.
    max_iter : int, default=20
        Largest number of steps.
    tol : float, default=1e-4
        A step that lowers the loss by less is halved.

    Attributes
    ----------
    initial_ : alignment
        The fitted initial alignment.
    map_ : ndarray of float64 of shape (n_features_out, n_features_out)
        M, which takes rows mapped by ``initial_`` and scaled to unit length.
    losses_ : list of float
        Loss at the beginning and after each step that was taken.
    n_iter_ : int
        Number of steps that were taken.
    n_target_features_in_ : int
        Number of features of the target side.

    See Also
    --------
    Procrustes : Where it begins.
    csls_neighbors : The retrieval that it is made for.

    Notes
    -----
    float32 rows stay float32.

    References
    ----------
    .. [1] A. Joulin, P. Bojanowski, T. Mikolov, H. Jégou, E. Grave, "Loss in
           translation: learning bilingual word mapping with a retrieval criterion",
           EMNLP 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.crosslingual import RelaxedCSLSAlignment
    >>> rng = np.random.default_rng(0)
    >>> Y = rng.normal(size=(300, 8))
    >>> X = Y @ rng.normal(size=(8, 8)) + 0.1 * rng.normal(size=(300, 8))
    >>> alignment = RelaxedCSLSAlignment().fit(X[:200], Y[:200])
    >>> alignment.losses_[-1] < alignment.losses_[0]
    True
    """

    def __init__(
        self,
        initial: Alignment | None = None,
        *,
        k: int = 10,
        constraint: str | None = "spectral",
        learning_rate: float = 1.0,
        max_iter: int = 20,
        tol: float = 1e-4,
    ) -> None:
        self.initial = initial
        self.k = k
        self.constraint = constraint
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        source_rows: ArrayLike | None = None,
        target_rows: ArrayLike | None = None,
    ) -> RelaxedCSLSAlignment:
        """Learn the map from paired rows.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Source vectors.
        y : array-like of shape (n_pairs, n_target_features) or (n_pairs,)
            Target vectors; row i means the same as row i of X.
        source_rows : array-like of shape (n_rows, n_source_features), default=None
            Vectors that the neighbours of target words are taken from, such as those of
            the frequent words. None: X.
        target_rows : array-like of shape (n_rows, n_target_features), default=None
            The same of the target. None: y.

        Returns
        -------
        self : RelaxedCSLSAlignment
            Fitted.

        Raises
        ------
        ValueError
            If the sides have different numbers of rows, or a parameter is out of
            range.
        """
        self._check_parameters()
        X, Y, _ = self._check_pairs(X, y, None)
        self.n_target_features_in_ = Y.shape[1]
        initial = Procrustes() if self.initial is None else self.initial
        self.initial_, X, Y = fit_first(initial, X, Y)
        rows = {"source": X, "target": Y}
        for side, given in (("source", source_rows), ("target", target_rows)):
            if given is not None:
                given = check_array(given, dtype=FLOATS, input_name=f"{side}_rows")
                rows[side] = unit_rows(self.initial_.map_rows(given, side))
            rows[side] = rows[side].astype(X.dtype, copy=False)
        Y = Y.astype(X.dtype, copy=False)

        def gradient(M: NDArray[np.float64]) -> NDArray[np.float64]:
            return relaxed_csls_gradient(
                M, X, Y, self.k, rows["source"], rows["target"]
            )

        project = {
            "spectral": spectral_projection,
            "frobenius": _frobenius_projection,
            None: np.asarray,
        }[self.constraint]
        self.map_, self.losses_ = descend(
            gradient,
            np.eye(X.shape[1]),
            project,
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.n_iter_ = len(self.losses_) - 1
        self._n_features_out = X.shape[1]
        return self

    def _check_parameters(self) -> None:
        check_count(self.k, "k")
        check_count(self.max_iter, "max_iter", least=0)
        check_number(self.learning_rate, "learning_rate")
        check_number(self.tol, "tol")
        if self.constraint not in CONSTRAINTS:
            raise ValueError(
                f'constraint must be "spectral", "frobenius" or None; got '
                f"{self.constraint!r}."
            )

    def _map(self, Z: NDArray[Any], side: str) -> NDArray[Any]:
        Z = unit_rows(self.initial_.map_rows(Z, side))
        return Z @ self.map_.astype(Z.dtype) if side == "source" else Z
