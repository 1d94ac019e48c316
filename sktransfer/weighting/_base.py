"""What all weighters share: rules of ``weights_``, flattening, the diagnostic."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sktransfer._core.domains import DomainMasks, domain_masks, require_both_sides


def effective_sample_size(weights: ArrayLike) -> float:
    """Number of equally weighted rows that say as much as the weighted ones."""
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()  # squares of tiny weights would vanish
    return float(w.sum() ** 2 / (w @ w))


def unit_mean(weights: ArrayLike) -> NDArray[np.float64]:
    """Weights divided by their mean, without overflow on the way."""
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()
    return w / w.mean()


def unit_sum(shares: ArrayLike) -> NDArray[np.float64]:
    """Shares divided by their sum."""
    s = np.asarray(shares, dtype=np.float64)
    return s / s.sum()


def flattened(weights: ArrayLike, alpha: float) -> NDArray[np.float64]:
    """Weights to a power, with mean 1."""
    w = unit_mean(weights)
    if alpha == 1:
        return w
    return unit_mean(np.where(w > 0, w**alpha, 0.0))


def flattening_power(weights: ArrayLike, share: float) -> float:
    r"""Largest power at which weights keep a share of their rows effective.

    The effective sample size of :math:`w^\alpha` falls as alpha grows (the log of
    :math:`\sum_i w_i^\alpha` is convex in it), so the power is found by bisection.
    """
    w = unit_mean(weights)
    least = share * np.count_nonzero(w)

    def enough(alpha: float) -> bool:
        return effective_sample_size(flattened(w, alpha)) >= least

    if enough(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def class_ratio_weights(
    codes: NDArray[Any], shares: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Weights under which the classes have given shares."""
    shares = np.asarray(shares, np.float64)
    w = np.ones(len(codes)) if weights is None else np.array(weights, np.float64)
    known = codes >= 0
    now = np.bincount(codes[known], weights=w[known], minlength=shares.size)
    ratio = np.divide(shares * now.sum(), now, out=np.zeros_like(shares), where=now > 0)
    w[known] *= ratio[codes[known]]
    return w


# At half of the rows the variance of a weighted mean is twice that of a plain one.
AUTO_SHARE = 0.5
# Under this share of the source rows, or under this many of them, a warning is due.
LOW_SHARE, LOW_ROWS = 0.05, 20

FLATTEN = [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"}), None]


def two_sides(X: Any, masks: DomainMasks) -> tuple[Any, Any]:
    """Source rows and target rows."""
    return X[np.flatnonzero(masks.source)], X[np.flatnonzero(masks.target)]


class WeightStore:
    """Mixin that turns raw weights of source rows into ``weights_``.

    The class has a parameter ``flatten`` (None, a power, or "auto") and calls
    :meth:`_store_weights` at the end of ``fit``.
    """

    _remedy = "Flatten the weights (flatten='auto')"

    def _store_weights(
        self, raw: ArrayLike, masks: DomainMasks, dtype: Any = np.float64
    ) -> None:
        """Set ``weights_``, ``flatten_`` and ``effective_sample_size_``; warn."""
        name, w = type(self).__name__, np.asarray(raw, np.float64)
        if not (np.isfinite(w).all() and w.min() >= 0):
            raise ValueError(
                f"{name} found weights that are not finite or negative: the values "
                "of X are too large or too uneven to compare rows by. Scale the "
                "features first (StandardScaler)."
            )
        if not w.any():
            warnings.warn(
                f"{name} finds no source row that resembles the target, so all weigh "
                "the same. Compare with the source alone, or bring the domains "
                "together with a mapper first.",
                UserWarning,
                stacklevel=4,
            )
            w, self._shifted = np.ones_like(w), False
        self.flatten_ = self._power(w)
        self._unit = (w.max(), flattened(w, self.flatten_).max())
        self.weights_ = np.ones(masks.source.shape[0], dtype=dtype)
        weights = self._as_stored(w)
        self.weights_[masks.source] = weights
        self.effective_sample_size_ = effective_sample_size(weights)
        self._warn_if_few(w.size)

    def _power(self, w: NDArray[np.float64]) -> float:
        if self.flatten == "auto":
            return flattening_power(w, AUTO_SHARE)
        return 1.0 if self.flatten is None else float(self.flatten)

    def _as_stored(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw weights of new rows, on the scale and flattened as ``weights_`` are."""
        largest, weight = self._unit
        if self.flatten_ == 1 and abs(weight - largest) <= 1e-6 * largest:
            return raw  # their mean is 1 already: not even rounding
        w = raw / largest
        return weight * np.where(w > 0, w**self.flatten_, 0.0)

    def _warn_if_few(self, n_source: int) -> None:
        size = self.effective_sample_size_
        if size < max(LOW_SHARE * n_source, min(LOW_ROWS, n_source / 2)):
            warnings.warn(
                f"The {n_source} source rows weighted by {type(self).__name__} are "
                f"worth only {size:.1f} equally weighted ones. {self._remedy}, reduce "
                "the number of features (PCA, TruncatedSVD), and compare with "
                "unweighted rows.",
                UserWarning,
                stacklevel=5,
            )


class InstanceWeighter(WeightStore, BaseEstimator):
    """Weighter that compares source rows with target rows by their features.

    A subclass defines ``_raw_weights(X, masks)``, and ``_raw_scores(X)`` where
    new rows can be weighted.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"flatten": FLATTEN}

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> InstanceWeighter:
        """Compute the weights of the source rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of both domains.
        y : None
            Ignored.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers, positive = source and negative = target. None means
            that every row is both: the weights are 1.

        Returns
        -------
        self : InstanceWeighter
            The fitted weighter.
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        masks = domain_masks(sample_domain, X.shape[0])
        require_both_sides(masks, type(self).__name__)
        raw = np.ones(X.shape[0])
        self._shifted = masks.shifted
        if masks.shifted:
            raw = self._raw_weights(X, masks)
        self._store_weights(raw, masks, X.dtype)
        return self

    def _raw_weights(self, X: Any, masks: DomainMasks) -> NDArray[np.float64]:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class ScoringWeighter(InstanceWeighter):
    """Weighter that also weights rows which it was not fitted to."""

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Weights that source rows with the features of X would get.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        weights : ndarray of float64 of shape (n_samples,)
            On the scale of ``weights_``, where the source rows of `fit` have mean 1,
            and never above the largest of them; all 1 after a `fit` without
            `sample_domain`.
        """
        check_is_fitted(self)
        X = validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            reset=False,
        )
        if not self._shifted:
            return np.ones(X.shape[0])
        # where the source has no rows a ratio can be anything
        return self._as_stored(np.minimum(self._raw_scores(X), self._unit[0]))

    def _raw_scores(self, X: Any) -> NDArray[np.float64]:
        raise NotImplementedError
