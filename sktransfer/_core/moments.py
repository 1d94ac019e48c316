"""Mergeable moments of rows: what transfer maths reads instead of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sktransfer._core.linalg import add_outer, add_scatter, mirror_lower

_BLOCK = 1 << 21  # numbers in one dense block: 16 MB of float64
_SPARSE_ROWS = 1 << 14
_TILE = 256  # columns of a sparse product that are made dense at once


@dataclass(frozen=True, eq=False)
class MomentState:
    r"""Weight, mean and scatter of the rows seen so far; immutable.

    States of disjoint rows merge to the state of all rows, in any order and
    grouping. Everything is centred, so offsets of the columns do not cancel digits:
    with :math:`\delta = \mu_2 - \mu_1` and :math:`w = w_1 + w_2`,

    .. math:: \mu = \mu_1 + \tfrac{w_2}{w} \delta, \qquad
              S = S_1 + S_2 + \tfrac{w_1 w_2}{w} \delta \delta^\top .

    Parameters
    ----------
    weight : float
        Sum of the sample weights; the number of rows where no weights were given.
    n_rows : int
        Number of rows with a positive weight.
    mean : ndarray of float64 of shape (n_features,)
        Weighted mean of the rows; 0 where there is none.
    scatter : ndarray of float64
        Weighted sum of squared deviations from the mean, of the shape that the
        subclass names.

    See Also
    --------
    Moments : With the whole scatter matrix.
    ColumnMoments : With one number for each column.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise
           algorithm for computing sample variances", Stanford University, 1979.
    """

    weight: float
    n_rows: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]

    _ndim: ClassVar[int]

    def __post_init__(self) -> None:
        for name in ("mean", "scatter"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __reduce__(self) -> tuple[Any, ...]:
        # through the constructor, so that unpickled arrays are read-only too
        state = (self.weight, self.n_rows, np.array(self.mean), np.array(self.scatter))
        return type(self), state

    @classmethod
    def empty(cls, n_features: int) -> Self:
        """State of no rows, the unit of ``merge``.

        Parameters
        ----------
        n_features : int
            Number of columns.

        Returns
        -------
        state : MomentState
            Weight 0, mean 0, scatter 0.
        """
        shape = (n_features,) * cls._ndim
        return cls(0.0, 0, np.zeros(n_features), np.zeros(shape))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.mean.shape[0]

    def update(self, X: Any, sample_weight: ArrayLike | None = None) -> Self:
        """State of the rows seen so far and those of ``X``.

        Rows are read in blocks and cast to float64 before any product, so integers do
        not wrap and half precision does not overflow.

        Parameters
        ----------
        X : {array-like, sparse matrix, sparse array} of shape (n_samples, n_features)
            Rows. Never written to, never made dense as a whole.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; None means 1 each. A weight of 2 counts as two rows,
            a weight of 0 as none.

        Returns
        -------
        state : MomentState
            A new state; this one stays as it is.

        Raises
        ------
        ValueError
            If the shape of ``X`` or of the weights does not fit, or a weight is
            negative or not finite.
        """
        X, w = _check_rows(X, sample_weight, self.n_features)
        if X.shape[0] == 0:
            return self
        scatter = np.array(self.scatter, order="C")
        weight, mean = self.weight, np.array(self.mean)
        accumulate = self._add_sparse if sparse.issparse(X) else self._add_dense
        for weight_b, mean_b in accumulate(scatter, X, w):
            # accumulate has added the scatter within the block; this is between blocks
            delta = mean_b - mean
            total = weight + weight_b
            self._add_between(scatter, delta, weight * (weight_b / total))
            mean += delta * (weight_b / total)
            weight = total
        self._finish(scatter)
        return type(self)(weight, self.n_rows + X.shape[0], mean, scatter)

    def merge(self, other: Self) -> Self:
        """State of the rows of both states.

        Parameters
        ----------
        other : MomentState
            A state of the same kind over the same columns, of other rows.

        Returns
        -------
        state : MomentState
            A new state; both inputs stay as they are.

        Raises
        ------
        ValueError
            If the kinds or the numbers of columns differ.
        """
        if type(other) is not type(self) or other.n_features != self.n_features:
            got = (
                f"{type(other).__name__} of {getattr(other, 'n_features', '?')} columns"
            )
            raise ValueError(
                f"{type(self).__name__} of {self.n_features} columns merges only with "
                f"its like; got {got}. Both states must be built over the same columns."
            )
        if other.weight == 0:
            return self
        if self.weight == 0:
            return other
        scatter = np.add(self.scatter, other.scatter, order="C")
        delta = other.mean - self.mean
        weight = self.weight + other.weight
        share = other.weight / weight
        self._add_between(scatter, delta, self.weight * share)
        self._finish(scatter)
        n_rows = self.n_rows + other.n_rows
        return type(self)(weight, n_rows, self.mean + delta * share, scatter)

    def _normalizer(self, ddof: float) -> float:
        if self.weight <= ddof:
            raise ValueError(
                f"The state holds rows of total weight {self.weight:g}; dividing by "
                f"weight - ddof needs more than ddof={ddof:g}. Update it with rows."
            )
        return self.weight - ddof


class Moments(MomentState):
    """Moments with the whole scatter matrix, of shape (n_features, n_features).

    Memory is one such matrix and a block of rows. `MomentState` says what the fields
    are and how states merge.

    Parameters
    ----------
    weight : float
        Sum of the sample weights.
    n_rows : int
        Number of rows with a positive weight.
    mean : ndarray of float64 of shape (n_features,)
        Weighted mean of the rows.
    scatter : ndarray of float64 of shape (n_features, n_features)
        Weighted sum of the outer products of the deviations from the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer._core.moments import Moments
    >>> a = Moments.empty(2).update(np.array([[0, 0], [2, 2]]))
    >>> b = Moments.empty(2).update(np.array([[4, 1]]))
    >>> a.merge(b).mean
    array([2., 1.])
    >>> a.merge(b).gram()
    array([[20.,  8.],
           [ 8.,  5.]])
    """

    _ndim = 2

    def covariance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Covariance matrix.

        Parameters
        ----------
        ddof : float, default=0
            What is taken off the weight in the divisor; 1 gives the unbiased estimate.

        Returns
        -------
        covariance : ndarray of shape (n_features, n_features)
            The scatter over ``weight - ddof``.

        Raises
        ------
        ValueError
            If the weight is not above ``ddof``.
        """
        return self.scatter / self._normalizer(ddof)

    def gram(self) -> NDArray[np.float64]:
        """Uncentred second moments, ``X.T @ X`` with the rows weighted.

        Returns
        -------
        gram : ndarray of shape (n_features, n_features)
            The scatter about 0.
        """
        gram = np.array(self.scatter, order="C")
        self._add_between(gram, np.array(self.mean), self.weight)
        self._finish(gram)
        return gram

    def _add_dense(self, scatter, X, w):
        for rows in _row_blocks(X):
            B, weight, mean = _centred_block(X[rows], None if w is None else w[rows])
            add_scatter(scatter, B)
            del B  # or two blocks would be alive at once
            yield weight, mean

    def _add_sparse(self, scatter, X, w):
        # A column stored in under half of the rows has a variance above its squared
        # mean, so its raw product loses no digits. The others, where offsets would
        # cancel, are about as small when dense: those are centred as dense columns.
        full = _stored_share(X, w) >= 0.5
        dense, rest = np.flatnonzero(full), np.flatnonzero(~full)
        size = min(_SPARSE_ROWS, max(_BLOCK // max(dense.size, 1), 256))
        for rows in _slices(X.shape[0], size):
            X_b, w_b = X[rows], None if w is None else w[rows]
            mean = np.zeros(X.shape[1])
            B, weight, mean[dense] = _centred_block(X_b[:, dense].toarray(), w_b)
            R = X_b[:, rest].astype(np.float64)
            if w_b is None:
                mean[rest] = R.sum(axis=0) / weight
            else:
                mean[rest] = (R.T @ w_b) / weight
                R = sparse.csr_array(R.multiply(np.sqrt(w_b)[:, None]))
            Rt = R.T.tocsr()
            for tile in _slices(rest.size, _TILE):
                at = np.ix_(rest[tile], rest) if dense.size else tile
                scatter[at] += (Rt[tile] @ R).toarray()
            centre = np.zeros(X.shape[1])
            centre[rest] = mean[rest]
            add_outer(scatter, centre, -weight)
            if dense.size:
                scatter[np.ix_(dense, dense)] += B.T @ B
                cross = (Rt @ B).T  # B is centred, so R need not be
                scatter[np.ix_(dense, rest)] += cross
                scatter[np.ix_(rest, dense)] += cross.T
            yield weight, mean

    _add_between = staticmethod(add_outer)
    _finish = staticmethod(mirror_lower)


class ColumnMoments(MomentState):
    """Moments of each column alone: memory grows with the columns, not their square.

    `MomentState` says what the fields are and how states merge.

    Parameters
    ----------
    weight : float
        Sum of the sample weights.
    n_rows : int
        Number of rows with a positive weight.
    mean : ndarray of float64 of shape (n_features,)
        Weighted mean of the rows.
    scatter : ndarray of float64 of shape (n_features,)
        Weighted sum of squared deviations from the mean, for each column.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer._core.moments import ColumnMoments
    >>> state = ColumnMoments.empty(2).update(np.array([[0, 5], [2, 5]]))
    >>> state.variance()
    array([1., 0.])
    """

    _ndim = 1

    def variance(self, ddof: float = 0) -> NDArray[np.float64]:
        """Variance of each column.

        Parameters
        ----------
        ddof : float, default=0
            What is taken off the weight in the divisor; 1 gives the unbiased estimate.

        Returns
        -------
        variance : ndarray of shape (n_features,)
            The scatter over ``weight - ddof``.

        Raises
        ------
        ValueError
            If the weight is not above ``ddof``.
        """
        return self.scatter / self._normalizer(ddof)

    def constant(self) -> NDArray[np.bool_]:
        """Which columns hold one value, up to rounding.

        Returns
        -------
        constant : ndarray of bool of shape (n_features,)
            True where the variance is no more than what rounding leaves of 0.
        """
        # the bound that sklearn.preprocessing.StandardScaler uses
        eps = np.finfo(np.float64).eps
        variance, n = self.variance(), self.n_rows
        return variance <= n * eps * variance + (n * self.mean * eps) ** 2

    def _add_dense(self, scatter, X, w):
        for rows in _row_blocks(X):
            B, weight, mean = _centred_block(X[rows], None if w is None else w[rows])
            scatter += np.einsum("ij,ij->j", B, B)
            del B
            yield weight, mean

    def _add_sparse(self, scatter, X, w):
        n_features = X.shape[1]
        for rows in _slices(X.shape[0], _SPARSE_ROWS):
            X_b = X[rows]
            w_b = np.ones(X_b.shape[0]) if w is None else w[rows]
            weight, values = float(w_b.sum()), X_b.data.astype(np.float64)
            w_entry = np.repeat(w_b, np.diff(X_b.indptr))
            stored = np.bincount(X_b.indices, w_entry, minlength=n_features)
            count = np.bincount(X_b.indices, minlength=n_features)
            absent = np.where(count == X_b.shape[0], 0.0, weight - stored).clip(0)
            mean = np.bincount(X_b.indices, w_entry * values, n_features) / weight
            squares = w_entry * (values - mean[X_b.indices]) ** 2
            scatter += np.bincount(X_b.indices, squares, n_features) + absent * mean**2
            yield weight, mean

    @staticmethod
    def _add_between(scatter, delta, factor):
        scatter += factor * delta**2

    @staticmethod
    def _finish(scatter):
        pass


def update_by_domain(
    states: Mapping[int, MomentState],
    X: Any,
    sample_domain: NDArray[np.int64] | None,
    kind: type[MomentState],
) -> dict[int, MomentState]:
    """Update one state for each domain.

    Parameters
    ----------
    states : mapping of int to MomentState
        State of each domain seen so far, by its signed number. Stays as it is.
    X : {ndarray, sparse matrix, sparse array} of shape (n_samples, n_features)
        Validated rows.
    sample_domain : ndarray of int64 of shape (n_samples,) or None
        Validated signed domains; None stands for rows that are source and target at
        once, whose state has the key 0.
    kind : type
        The subclass of `MomentState` for domains that are new.

    Returns
    -------
    states : dict of int to MomentState
        The states after ``X``, by increasing key.

    Raises
    ------
    ValueError
        If domains are given after chunks without, or the other way round.
    """
    if states and (0 in states) != (sample_domain is None):
        raise ValueError(
            "sample_domain must be given to every call of partial_fit or to none; "
            f"got {'none' if sample_domain is None else 'one'} after chunks "
            f"{'without' if 0 in states else 'with'} it."
        )
    states = dict(states)
    parts = {0: X}
    if sample_domain is not None:
        domains = np.unique(sample_domain).tolist()
        parts = {d: X[np.flatnonzero(sample_domain == d)] for d in domains}
    for d, rows in parts.items():
        states[d] = states.get(d, kind.empty(X.shape[1])).update(rows)
    return dict(sorted(states.items()))


def target_state(states: Mapping[int, MomentState], empty: MomentState) -> MomentState:
    """State of all target rows.

    Parameters
    ----------
    states : mapping of int to MomentState
        State of each domain by its signed number; 0 is source and target at once.
    empty : MomentState
        What no target row gives.

    Returns
    -------
    state : MomentState
        Of the domains that are not positive, merged.
    """
    for domain, state in states.items():
        if domain <= 0:
            empty = empty.merge(state)
    return empty


def _check_rows(X, sample_weight, n_features):
    """Rows as ndarray or canonical CSR, positive weights; rows of weight 0 dropped."""
    X = sparse.csr_array(X) if sparse.issparse(X) else np.asarray(X)
    if X.ndim != 2 or X.shape[1] != n_features:
        raise ValueError(
            f"X must be two-dimensional with {n_features} columns, as the state has; "
            f"got shape {X.shape}."
        )
    if sparse.issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if sample_weight is None:
        return X, None
    w = np.asarray(sample_weight, dtype=np.float64)
    if w.shape != (X.shape[0],):
        raise ValueError(
            f"sample_weight must hold one number for each of the {X.shape[0]} rows; "
            f"got shape {w.shape}."
        )
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError(
            "sample_weight must be finite and not negative; got "
            f"{w[~(np.isfinite(w) & (w >= 0))][0]:g}."
        )
    if np.all(w > 0):
        return X, w
    return X[w > 0], w[w > 0]


def _slices(n, size):
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def _row_blocks(X):
    return _slices(X.shape[0], max(_BLOCK // max(X.shape[1], 1), 256))


def _centred_block(X, w):
    """Rows minus their mean, times the root of the weights; total weight; mean."""
    B = np.array(X, dtype=np.float64, order="C")
    if w is None:
        weight, mean = float(B.shape[0]), B.mean(axis=0)
        B -= mean
        return B, weight, mean
    weight = float(w.sum())
    first = B[0].copy()  # deviations from any row keep what an offset would cancel
    B -= first
    shift = (w @ B) / weight
    B -= shift
    B *= np.sqrt(w)[:, None]
    return B, weight, first + shift


def _stored_share(X, w):
    """Weighted share of the rows that store a value, for each column."""
    if w is None:
        return np.bincount(X.indices, minlength=X.shape[1]) / X.shape[0]
    w_entry = np.repeat(w, np.diff(X.indptr))
    return np.bincount(X.indices, w_entry, minlength=X.shape[1]) / w.sum()
