"""Density ratios from nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.metaestimators import available_if

from sktransfer._core.parameters import integer, number, one_of
from sktransfer._core.rows import distinct_rows
from sktransfer.weighting._base import InstanceWeighter, split_sides


def neighbor_share_ratio(
    n_target: NDArray[Any], k: NDArray[Any], *, prior: float, smoothing: float
) -> NDArray[np.float64]:
    r"""Density ratio from the number of target rows among k neighbours.

    .. math:: \frac{t + \sigma\, \pi}{k - t + \sigma (1 - \pi)} \cdot
              \frac{1 - \pi}{\pi}
    """
    t = np.asarray(n_target, np.float64)
    odds = (t + smoothing * prior) / (k - t + smoothing * (1 - prior))
    return odds * (1 - prior) / prior


class KNNInstanceWeighter(InstanceWeighter):
    r"""Weights of source rows by their nearest neighbours.

    ``method="share"`` looks around each source row: of its `n_neighbors` nearest rows
    of both domains, t are target rows, and the weight is the smoothed ratio of t to
    the others, corrected for the sizes of the domains. ``method="voronoi"`` looks
    around each target row, and counts how often each source row is among its
    `n_neighbors` nearest source rows; with one neighbour that is the number of target
    rows in its Voronoi cell [1]_.

    Parameters
    ----------
    n_neighbors : int, default=None
        Number of neighbours. None takes the square root of the number of rows, at
        most 50, for "share" and 1 for "voronoi".
    method : {"share", "voronoi"}, default="share"
        What is counted.
    smoothing : float, default=1.0
        Added to both sides of the count, in the overall proportion ("share"), or to
        the count relative to its mean ("voronoi"). 0 gives rows without any target
        neighbour the weight 0.
    metric : str or callable, default="euclidean"
        Distance, as in :class:`sklearn.neighbors.NearestNeighbors`. "cosine" suits
        text. Sparse rows take "euclidean", "cosine" or "manhattan".
    n_jobs : int, default=None
        Number of parallel jobs of the search.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias. "auto": the largest power with an effective sample size of at least half
        the source rows; 1 if the weights have that already. None: 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power used.
    n_neighbors_ : int
        The number of neighbours used; set where `sample_domain` was given.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    DiscriminatorInstanceWeighter : By a classifier instead of neighbours.

    Notes
    -----
    A source row is no neighbour of its own. Equal rows are counted together, so their
    order does not matter. ``score_samples`` exists for "share"; rows given to it are
    compared with all rows of `fit`, so that a row of `fit` finds itself there. The time
    is that of the search: the square of the number of rows for sparse rows, and for
    dense ones of many columns.

    References
    ----------
    .. [1] M. Loog, "Nearest Neighbor-Based Importance Weighting", IEEE International
       Workshop on Machine Learning for Signal Processing, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import KNNInstanceWeighter
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [2.1], [3.1]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> weighter = KNNInstanceWeighter(method="voronoi", smoothing=0.0)
    >>> weighter.fit(X, sample_domain=d).weights_
    array([0., 0., 2., 2., 1., 1.])
    """

    _remedy = "Raise n_neighbors or smoothing, flatten the weights (flatten='auto')"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "n_neighbors": [integer(1), None],
        "method": [one_of("share", "voronoi")],
        "smoothing": [number(0)],
        "metric": [str, callable],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        n_neighbors: int | None = None,
        method: str = "share",
        smoothing: float = 1.0,
        metric: str | Callable[[Any, Any], float] = "euclidean",
        n_jobs: int | None = None,
        flatten: float | str | None = "auto",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.method = method
        self.smoothing = smoothing
        self.metric = metric
        self.n_jobs = n_jobs
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Density ratios of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            By the neighbours, as `method` says.
        """
        if self.method == "voronoi":
            return self._voronoi_weights(*split_sides(X, sample_domain))
        n = X.shape[0]
        k = min(50, int(np.sqrt(n))) if self.n_neighbors is None else self.n_neighbors
        self.n_neighbors_ = max(1, min(k, n - 1))
        source = sample_domain > 0
        first, kind = distinct_rows(X)
        self._n_target = np.bincount(kind[~source], minlength=first.size)
        self._n_all = np.bincount(kind)
        self._search = self._index(X[first], min(self.n_neighbors_ + 1, first.size))
        # each row is at distance 0 of itself, and does not count
        found = self._neighbors(X[first])
        own = found == np.arange(first.size)[:, None]
        t, size = self._count_neighbors(found, own)
        used = np.unique(kind[source])
        if not t[used].any():
            return np.zeros(int(source.sum()))
        return self._ratio(t, size)[kind[source]]

    def _index(self, X: Any, k: int) -> NearestNeighbors:
        search = NearestNeighbors(n_neighbors=k, metric=self.metric, n_jobs=self.n_jobs)
        return search.fit(X)

    def _neighbors(self, X: Any) -> NDArray[np.intp]:
        distance, found = self._search.kneighbors(X)
        if not np.isfinite(distance).all():
            raise ValueError(
                f"the distances of the rows overflow: values up to {abs(X).max():.3g} "
                "are too large to square. Scale the features first (StandardScaler)."
            )
        return found

    def _count_neighbors(
        self, found: NDArray[np.intp], own: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Target rows among the nearest rows, and how many rows that are.

        Equal rows are counted together; of the last ones, as many as are missing,
        mixed as they are.
        """
        size = self._n_all[found].astype(np.float64)
        if own is not None:
            size -= own  # a source row is left out of its own neighbours
        before = np.cumsum(size, axis=1) - size
        taken = np.clip(self.n_neighbors_ - before, 0, size)
        share = np.divide(taken, size, out=np.zeros_like(size), where=size > 0)
        return (self._n_target[found] * share).sum(axis=1), taken.sum(axis=1)

    def _ratio(
        self, t: NDArray[np.float64], size: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        prior = self._n_target.sum() / self._n_all.sum()
        # without smoothing, as if half a neighbour were left on the source's side
        size = np.where((t >= size) & (self.smoothing == 0), t + 0.5, size)
        return neighbor_share_ratio(t, size, prior=prior, smoothing=self.smoothing)

    def _voronoi_weights(self, source: Any, target: Any) -> NDArray[np.float64]:
        first, kind = distinct_rows(source)
        k = 1 if self.n_neighbors is None else self.n_neighbors
        self.n_neighbors_ = k = min(k, first.size)
        self._search = self._index(source[first], k)
        found = self._neighbors(target)
        counts = np.bincount(found.ravel(), minlength=first.size) / np.bincount(kind)
        counts = counts[kind]  # equal rows share what falls to them
        return counts / counts.mean() + self.smoothing

    @available_if(lambda self: self.method == "share")
    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Density ratios of any rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            By their neighbours among the rows of `fit`.
        """
        return self._ratio(*self._count_neighbors(self._neighbors(X)))
