"""The base class of weighters."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.domains import (
    DomainMasks,
    check_sample_domain,
    domain_masks,
    require_both_sides,
)
from sktransfer._core.inputs import validate_rows
from sktransfer._core.labels import given_labels
from sktransfer._core.learned import learning
from sktransfer._core.parameters import check_parameters, number, one_of
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer.weighting._flattening import (
    effective_sample_size,
    flattened,
    flattening_power,
)

# At half of the rows the variance of a weighted mean is twice that of a plain one.
AUTO_SHARE = 0.5
# Fewer effective rows than this share of the source, or than this number, are too few.
LOW_SHARE, LOW_ROWS = 0.05, 20


def split_sides(X: Any, sample_domain: NDArray[np.int64]) -> tuple[Any, Any]:
    """Source rows and target rows."""
    return X[np.flatnonzero(sample_domain > 0)], X[np.flatnonzero(sample_domain < 0)]


class InstanceWeighter(CallbackSupportMixin, GivenParameters, BaseEstimator, ABC):
    r"""Base class of weighters: write one method, and the rest is there.

    A subclass writes :meth:`raw_weights`, which returns a weight for each source row,
    not negative, on any scale. Where the weight of a row follows from its features
    alone, the subclass also writes ``raw_scores(X)``, which returns the raw weights of
    any rows, and gets :meth:`score_samples`. Everything else comes from here:

    - ``fit`` validates the rows and the domains, and requires rows of both sides.
      Without ``sample_domain`` every row is both, and all weights are 1.
    - Weights are divided by their mean over the source rows. Target rows get 1.
    - ``weights_`` has the dtype of X; float32 rows stay float32.
    - ``effective_sample_size_`` is computed, and a warning is given where it is low.
    - A parameter ``flatten`` (None, a power from 0 to 1, or "auto") is applied, where
      the subclass has one.
    - Parameters are checked by ``_parameter_constraints``, a dict of lists in
      scikit-learn's form, where the subclass declares one.

    Such a weighter works in :class:`~sktransfer.TransferClassifier`, at the end of a
    Pipeline, and in searches over its parameters.

    Attributes
    ----------
    weights_ : ndarray of shape (n_samples,)
        Weights of the rows of `fit`: mean 1 over source rows, 1 in target rows.
    effective_sample_size_ : float
        :math:`(\sum w_i)^2 / \sum w_i^2` over source rows.
    flatten_ : float
        The power that the raw weights were raised to.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has string column names.

    See Also
    --------
    sktransfer.adaptation.DomainMapper : The base class of mappers.

    Notes
    -----
    Learned attributes end in an underscore. Those of an earlier `fit`, and all others
    that it set, are deleted when `fit` is called again.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.weighting import InstanceWeighter
    >>> class NearMeanWeighter(InstanceWeighter):
    ...     '''Weights that fall with the distance from the mean of the target.'''
    ...
    ...     def __init__(self, *, gamma=1.0):
    ...         self.gamma = gamma
    ...
    ...     def raw_weights(self, X, y, sample_domain):
    ...         self.mean_ = X[sample_domain < 0].mean(axis=0)
    ...         return self.raw_scores(X[sample_domain > 0])
    ...
    ...     def raw_scores(self, X):
    ...         return np.exp(-self.gamma * ((X - self.mean_) ** 2).sum(axis=1))
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [2.0], [3.0]])
    >>> d = [1, 1, 1, 1, -1, -1]
    >>> weighter = NearMeanWeighter().fit(X, sample_domain=d)
    >>> weighter.weights_.round(2)
    array([0.  , 0.25, 1.87, 1.87, 1.  , 1.  ])
    >>> weighter.score_samples([[2.0]]).round(2)
    array([1.87])
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "flatten": [number(0, 1), one_of("auto"), None]
    }

    flatten: float | str | None = None  # for subclasses without such a parameter
    _remedy = "Flatten the weights (flatten='auto')"  # of few effective rows

    @abstractmethod
    def raw_weights(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """Raw weights of the source rows, in their order.

        Called by `fit`, where ``sample_domain`` was given and both sides have rows.

        Parameters
        ----------
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Validated rows of both sides, float32 or float64.
        y : array-like of shape (n_samples,) or None
            Labels as they were given. Those of target rows must not be read.
        sample_domain : ndarray of int64 of shape (n_samples,)
            Positive for source rows and negative for target rows; distinct numbers
            are distinct domains.

        Returns
        -------
        weights : ndarray of shape (n_source,)
            Finite and not negative; only their ratios matter.
        """

    @reports_progress
    def fit(
        self, X: Any, y: Any = None, sample_domain: ArrayLike | None = None
    ) -> Self:
        """Compute the weights of the source rows of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows of both domains.
        y : array-like of shape (n_samples,), default=None
            Labels, for weighters that read them. Those of target rows are not read.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers, positive = source and negative = target. None means
            that every row is both: the weights are 1.

        Returns
        -------
        self : InstanceWeighter
            The fitted weighter.
        """
        check_parameters(self)
        X = self._validate_rows(X)
        if get_tags(self).target_tags.required:  # others never look at the labels
            y = given_labels(y)
        domain = check_sample_domain(sample_domain, X.shape[0])
        require_both_sides(domain_masks(domain, X.shape[0]), type(self).__name__)
        with learning(self):
            self._begin_fit(X, y, domain)
            self._weight_rows(X, y, domain)
        return self

    @available_if(lambda self: hasattr(self, "raw_scores"))
    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Weights that source rows with the features of X would get.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, seen in `fit` or not.

        Returns
        -------
        weights : ndarray of float64 of shape (n_samples,)
            On the scale of ``weights_``, where the source rows of `fit` have mean 1,
            and never above the largest weight there; all 1 after a `fit` without
            `sample_domain`.
        """
        check_is_fitted(self)
        X = self._validate_rows(X, reset=False)
        if not self._shifted:
            return np.ones(X.shape[0])
        return self._as_stored(self._limit_scores(self.raw_scores(X)))

    def _validate_rows(self, X: Any, *, reset: bool = True) -> Any:
        return validate_rows(self, X, any_size=True, reset=reset)

    def _begin_fit(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Check or learn what is needed with and without ``sample_domain``."""

    def _weight_rows(
        self, X: Any, y: Any, sample_domain: NDArray[np.int64] | None
    ) -> None:
        """Compute raw weights where there is a shift, and store them."""
        masks = domain_masks(sample_domain, X.shape[0])
        self._shifted = sample_domain is not None
        raw: ArrayLike = np.ones(int(masks.source.sum()))
        if sample_domain is not None:
            raw = self.raw_weights(X, y, sample_domain)
        self._store_weights(raw, masks, X.dtype)

    def _store_weights(self, raw: ArrayLike, masks: DomainMasks, dtype: Any) -> None:
        """Set ``weights_``, ``flatten_`` and ``effective_sample_size_``; warn."""
        name, w = type(self).__name__, np.asarray(raw, np.float64)
        n_source = int(masks.source.sum())
        if w.shape != (n_source,):
            raise ValueError(
                f"{name}.raw_weights must return one weight for each of the "
                f"{n_source} source rows; got an array of shape {w.shape}."
            )
        if not np.isfinite(w).all():
            raise ValueError(
                f"{name}.raw_weights must be finite; got {w[~np.isfinite(w)][0]} in "
                f"{np.sum(~np.isfinite(w))} of {n_source} rows. Where the values of X "
                "are too large or too uneven to compare rows by, scale the features "
                "first (StandardScaler)."
            )
        if w.min() < 0:
            raise ValueError(
                f"{name}.raw_weights must be at least 0; got minimum {w.min()}. Cut "
                "what is negative, for example by np.maximum(weights, 0)."
            )
        if not w.any():
            warnings.warn(
                f"{name} finds no source row that resembles the target, so all weigh "
                "the same. Compare with the source alone, or bring the domains "
                "together with a mapper first.",
                UserWarning,
                stacklevel=5,
            )
            w, self._shifted = np.ones_like(w), False
        given = getattr(self, "flatten_", None)  # by a weighter that flattens itself
        power = self._power(w) if given is None else 1.0
        self.flatten_ = power if given is None else given
        # the largest weight before and after flattening, and the power
        self._weight_scale = float(w.max()), float(flattened(w, power).max()), power
        self.weights_ = np.ones(masks.source.shape[0], dtype=dtype)
        weights = self._as_stored(w)
        self.weights_[masks.source] = weights
        self.effective_sample_size_ = effective_sample_size(weights)
        self._warn_if_few(n_source)

    def _power(self, w: NDArray[np.float64]) -> float:
        if self.flatten is None:
            return 1.0
        if isinstance(self.flatten, str):  # "auto"
            return flattening_power(w, AUTO_SHARE)
        return float(self.flatten)

    def _as_stored(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw weights of any rows, on the scale and flattened as ``weights_`` are."""
        before, after, power = self._weight_scale
        if power == 1 and abs(after - before) <= 1e-6 * before:
            return raw  # their mean is 1 already: not even rounding
        w = raw / before
        return after * np.where(w > 0, w**power, 0.0)

    def _limit_scores(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cut raw scores at the largest raw weight: far out a ratio can be anything."""
        return np.minimum(raw, self._weight_scale[0])

    def _warn_if_few(self, n_source: int) -> None:
        size = self.effective_sample_size_
        if size < max(LOW_SHARE * n_source, min(LOW_ROWS, n_source / 2)):
            warnings.warn(
                f"The {n_source} source rows weighted by {type(self).__name__} are "
                f"worth only {size:.1f} equally weighted ones. {self._remedy}, reduce "
                "the number of features (PCA, TruncatedSVD), and compare with "
                "unweighted rows.",
                UserWarning,
                stacklevel=6,
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
