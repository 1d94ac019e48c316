"""Selection of source rows by clusters of both domains."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.utils.metaestimators import available_if

from sktransfer._core.kernels import int32_index
from sktransfer._core.parameters import HasMethods, integer, number, one_of
from sktransfer._core.rows import row_keys
from sktransfer.weighting._base import InstanceWeighter

_MANY_ROWS = 10_000  # from here on in small batches


def cluster_ratios(
    source: NDArray[np.intp], target: NDArray[np.intp], n_clusters: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of both domains in each cluster, compared."""
    tau = np.bincount(target, minlength=n_clusters) / len(target)
    sigma = np.bincount(source, minlength=n_clusters) / len(source)
    share = np.divide(tau, tau + sigma, out=np.zeros(n_clusters), where=tau > 0)
    ratio = np.divide(tau, sigma, out=np.zeros(n_clusters), where=sigma > 0)
    return share, ratio


class ClusterInstanceSelector(InstanceWeighter):
    r"""Source rows of the clusters in which the target is present.

    Rows of both domains are clustered together. Source rows in clusters that hold
    (nearly) no target row get the weight 0. The others weigh the same, or as the ratio
    of the shares of both domains in their cluster, which re-balances the structure of
    the source to that of the target [1]_ [2]_.

    Parameters
    ----------
    clusterer : clusterer, default=None
        Any with ``fit_predict``. None: k-means.
    n_clusters : int, default=None
        Number of clusters of k-means. None takes the square root of half the number
        of rows, at most 50.
    min_share : float, default=0.01
        Clusters are kept where the target share reaches this: 0.5 means as many of
        the target's rows as of the source's, in proportion; 0 keeps all.
    weighting : {"equal", "ratio"}, default="equal"
        Weights of the rows that are kept.
    random_state : int, RandomState instance or None, default=None
        Of k-means.
    flatten : float or "auto" or None, default="auto"
        Power, between 0 and 1, that the weights are raised to: less variance for some
        bias. "auto": the largest power with an effective sample size of at least half
        the source rows; 1 if the weights have that already. None: 1.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, dropped ones (0)
        counted in; 1 in target rows.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power used.
    labels_ : ndarray of int of shape (n_samples,)
        Cluster of each row; set where `sample_domain` was given.
    target_shares_ : ndarray of shape (n_clusters,)
        Target share of each cluster, as compared with `min_share`.
    clusterer_ : clusterer
        The fitted clusterer.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    InformationInstanceSelector : Drops rows that surprise a model of the target.

    Notes
    -----
    K-means gets the rows in an order that follows from their values, so the result does
    not depend on the order in which they come. Scale the features first, as for any
    clustering.

    References
    ----------
    .. [1] J. Ren, X. Shi, W. Fan and P. S. Yu, "Type-Independent Correction of Sample
       Selection Bias via Structural Discovery and Re-balancing", SDM 2008.
    .. [2] C. Cortes, M. Mohri, M. Riley and A. Rostamizadeh, "Sample Selection Bias
       Correction Theory", ALT 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import ClusterInstanceSelector
    >>> X = np.array([[0.0], [0.1], [5.0], [5.1], [5.0], [5.2]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> selector = ClusterInstanceSelector(n_clusters=2, random_state=0)
    >>> selector.fit(X, sample_domain=d).weights_
    array([0., 0., 2., 2., 1., 1.])
    """

    _remedy = "Lower min_share or n_clusters"

    _part_examples: ClassVar[dict[str, str]] = {"clusterer": "KMeans()"}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **InstanceWeighter._parameter_constraints,
        "clusterer": [HasMethods("fit_predict"), None],
        "n_clusters": [integer(1), None],
        "min_share": [number(0, 1)],
        "weighting": [one_of("equal", "ratio")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        clusterer: Any = None,
        *,
        n_clusters: int | None = None,
        min_share: float = 0.01,
        weighting: str = "equal",
        random_state: Any = None,
        flatten: float | str | None = "auto",
    ) -> None:
        self.clusterer = clusterer
        self.n_clusters = n_clusters
        self.min_share = min_share
        self.weighting = weighting
        self.random_state = random_state
        self.flatten = flatten

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Weights of the clusters of the source rows.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            0 where the target is absent.
        """
        source = sample_domain > 0
        keys = row_keys(X)
        order = np.argsort(keys, kind="stable")
        self.clusterer_ = self._new_clusterer(keys.size, np.unique(keys).size)
        self._divisor = 1.0
        if self.clusterer is None:  # the squares of large values would overflow
            self._divisor = float(abs(X).max()) or 1.0
        given = self.clusterer_.fit_predict(int32_index(X[order] / self._divisor))
        self._names, codes = np.unique(given, return_inverse=True)
        labels = np.empty(len(keys), np.intp)
        labels[order] = codes.reshape(-1)
        self.target_shares_, ratio = cluster_ratios(
            labels[source], labels[~source], self._names.size
        )
        weight = ratio if self.weighting == "ratio" else np.ones_like(ratio)
        kept = self.target_shares_ >= self.min_share
        self._cluster_weights = np.where(kept, weight, 0.0)
        self.labels_ = labels
        return self._cluster_weights[labels[source]]

    def _new_clusterer(self, n_rows: int, n_distinct: int) -> Any:
        if self.clusterer is not None:
            return clone(self.clusterer)
        n = self.n_clusters
        n = max(2, min(50, int(np.sqrt(n_rows / 2)))) if n is None else n
        kind = KMeans if n_rows < _MANY_ROWS else MiniBatchKMeans
        return kind(min(n, n_distinct), n_init=3, random_state=self.random_state)

    @available_if(
        lambda self: self.clusterer is None or hasattr(self.clusterer, "predict")
    )
    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """Weights of the clusters that rows fall into.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            0 where the target is absent.
        """
        found = self.clusterer_.predict(int32_index(X / self._divisor))
        where = np.searchsorted(self._names, found).clip(0, self._names.size - 1)
        return self._cluster_weights[where]
