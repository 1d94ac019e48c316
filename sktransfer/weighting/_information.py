"""Selection of source rows that are probable under a model of the target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.parameters import number, one_of
from sktransfer._core.rows import spread_folds
from sktransfer._core.sparse import is_sparse
from sktransfer.weighting._base import InstanceWeighter, split_sides
from sktransfer.weighting._surprisal import (
    Model,
    difference_of,
    fit_gaussian,
    fit_unigram,
    surprisal,
)

KEPT = tuple(np.linspace(0.1, 1.0, 10).round(1).tolist())


def kept_rows(difference: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Rows of the smallest differences, all of those that tie with the last."""
    n = max(1, int(np.ceil(share * difference.size - 1e-9)))
    return difference <= np.partition(difference, n - 1)[n - 1]


class InformationInstanceSelector(InstanceWeighter):
    r"""Source rows that carry information about the target's distribution.

    One probability model is fitted to each domain. A source row is judged by the
    difference of its surprisals, :math:`-\log p_t(x) + \log p_s(x)`: low where the
    row is more typical of the target than of the source. The rows of the lowest
    difference are kept; the others get the weight 0. For text this is the selection by
    cross-entropy difference of language modelling [1]_ and machine translation [2]_.

    Parameters
    ----------
    model : {"auto", "unigram", "gaussian"}, default="auto"
        "unigram" is for counts or tf-idf (not negative), and its surprisal is per
        token; "gaussian" for dense features, with a shrunk covariance. "auto" takes
        "unigram" for sparse and "gaussian" for dense rows.
    keep : float or "auto", default=0.8
        Share of the source rows to keep, above 0. "auto" tries 0.1, 0.2, ..., 1 and
        takes the share whose rows make the best model of target rows that were held
        out when the source rows were ranked [1]_; that is often few, and for training
        a classifier too few.
    smoothing : float, default=1.0
        Occurrences added to every feature by "unigram".

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: over source rows equal where kept, 0 elsewhere,
        with mean 1; 1 in target rows.
    effective_sample_size_ : float
        Number of source rows that were kept.
    differences_ : ndarray of shape (n_source,)
        Difference of the surprisals of each source row, in their order, in nats. Set
        where `sample_domain` was given.
    keep_ : float
        The share asked for.
    threshold_ : float
        Largest difference of a kept row.
    cv_surprisals_ : dict of float to float
        Mean surprisal of held-out target rows by a model of the kept rows, for each
        share tried; empty where one was given.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    ClusterInstanceSelector : Drops clusters in which the target is absent.

    Notes
    -----
    Rows that tie with the last one kept are kept as well: equal domains keep all.

    References
    ----------
    .. [1] R. C. Moore and W. Lewis, "Intelligent Selection of Language Model Training
       Data", ACL 2010.
    .. [2] A. Axelrod, X. He and J. Gao, "Domain Adaptation via Pseudo In-Domain Data
       Selection", EMNLP 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import InformationInstanceSelector
    >>> X = np.array([[3, 0, 1], [0, 4, 1], [2, 1, 0], [0, 2, 2], [0, 5, 3]])
    >>> d = [1, 1, 1, 1, -1]
    >>> selector = InformationInstanceSelector(model="unigram", keep=0.5)
    >>> selector.fit(X, sample_domain=d).weights_
    array([0., 2., 0., 2., 1.])
    """

    _remedy = "Raise keep"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "model": [one_of("auto", "unigram", "gaussian")],
        "keep": [number(most=1, above=0), one_of("auto")],
        "smoothing": [number(above=0)],
    }

    def __init__(
        self,
        *,
        model: str = "auto",
        keep: float | str = 0.8,
        smoothing: float = 1.0,
    ) -> None:
        self.model = model
        self.keep = keep
        self.smoothing = smoothing

    def _begin_fit(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        if self.model == "gaussian" and is_sparse(X):
            raise ValueError(
                "model='gaussian' needs dense rows; got a sparse matrix. Reduce it "
                "first (TruncatedSVD), or use model='unigram'."
            )

    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """1 for the source rows that are kept, 0 for the others.

        Parameters
        ----------
        X, y, sample_domain : array-like
            Rows of both sides, labels (ignored) and domains, as checked by `fit`.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Zeros and ones.
        """
        source, target = split_sides(X, sample_domain)
        fit_model = self._model_fitter(source, target)
        self.cv_surprisals_ = {}
        if isinstance(self.keep, str):  # "auto"
            self.cv_surprisals_ = self._held_out_surprisals(fit_model, source, target)
            largest_first = sorted(self.cv_surprisals_, reverse=True)
            self.keep_ = min(largest_first, key=self.cv_surprisals_.__getitem__)
        else:
            self.keep_ = self.keep
        self._by_target, self._by_source = fit_model(target), fit_model(source)
        self.differences_ = self._difference(source)
        kept = kept_rows(self.differences_, self.keep_)
        self.threshold_ = float(self.differences_[kept].max())
        return kept.astype(np.float64)

    def _difference(self, X: Any) -> NDArray[np.float64]:
        return difference_of(self._by_target, self._by_source, X)

    def _held_out_surprisals(
        self, fit_model: Callable[[Any], Model], source: Any, target: Any
    ) -> dict[float, float]:
        """Surprisal of held-out target rows for each share of kept source rows."""
        half = spread_folds(target, 2)
        ranked, judged = target[half == 0], target[half == 1]
        if not judged.shape[0]:
            return {1.0: float(surprisal(fit_model(source), target).mean())}
        by_target, by_source = fit_model(ranked), fit_model(source)
        difference = difference_of(by_target, by_source, source)
        models = {s: fit_model(source[kept_rows(difference, s)]) for s in KEPT}
        return {s: float(surprisal(m, judged).mean()) for s, m in models.items()}

    def _model_fitter(self, source: Any, target: Any) -> Callable[[Any], Model]:
        """Function that fits the chosen model to rows."""
        both_sparse = is_sparse(source)
        kind = self.model
        if kind == "auto":
            kind = "unigram" if both_sparse else "gaussian"
        if kind == "gaussian":
            return self._gaussian_fitter(source, target)
        if min(source.min(), target.min()) < 0:
            raise ValueError(
                "model='unigram' needs counts or tf-idf, which are not negative; got "
                f"a minimum of {min(source.min(), target.min()):.3g}. Use "
                "model='gaussian' on dense features."
            )
        stored = [X.data if both_sparse else X for X in (source, target)]
        total = sum(float(v.sum(dtype=np.float64)) for v in stored)
        n = sum(int(np.count_nonzero(v)) for v in stored)
        unit = total / n if n else 1.0

        return partial(fit_unigram, smoothing=self.smoothing, unit=unit)

    @staticmethod
    def _gaussian_fitter(source: Any, target: Any) -> Callable[[Any], Model]:
        largest = max(float(np.abs(X).max()) for X in (source, target))
        if largest > 1e150:
            raise ValueError(
                f"values up to {largest:.3g} are too large to square. Scale the "
                "features first (StandardScaler)."
            )
        # one percent of the spread over both domains, the same for every model
        total = [X.var(axis=0, dtype=np.float64) for X in (source, target)]
        gap = source.mean(axis=0, dtype=np.float64) - target.mean(
            axis=0, dtype=np.float64
        )
        floor = 0.01 * (sum(total) / 2 + gap**2 / 4)
        floor = np.where(floor > 0, floor, 1.0)

        return partial(fit_gaussian, floor=floor)

    def raw_scores(self, X: Any) -> NDArray[np.float64]:
        """1 for rows that would be kept, 0 for the others.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Rows, as checked by `score_samples`.

        Returns
        -------
        weights : ndarray of shape (n_samples,)
            Zeros and ones.
        """
        return (self._difference(X) <= self.threshold_).astype(np.float64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.model != "gaussian"
        return tags
