"""LogCountRatioScaler: features weighted by what they tell about the classes."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

FLOATS = (np.float64, np.float32)


def log_count_ratios(
    X: Any,
    membership: NDArray[np.floating],
    smoothing: float,
    sample_weight: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    r"""Logarithm of how much more often a feature is present in a class than outside.

    .. math:: r_{jk} = \log \frac{(\alpha + \sum_i p_{ik} [x_{ij} \ne 0]) /
        (\alpha + \sum_i p_{ik})}{(\alpha + \sum_i (1 - p_{ik}) [x_{ij} \ne 0]) /
        (\alpha + \sum_i (1 - p_{ik}))}
    """
    if sparse.issparse(X):
        present = sparse.csr_array(X, copy=True)
        present.eliminate_zeros()
        present.data = np.ones(present.data.size)
    else:
        present = (np.asarray(X) != 0).astype(np.float64)
    weight = np.ones(membership.shape[0]) if sample_weight is None else sample_weight
    membership = membership * weight[:, None]
    held, n = present.T @ membership, (present.T @ weight)[:, None]
    inside = membership.sum(axis=0)
    outside = weight.sum() - inside
    return np.log(
        (held + smoothing)
        / (inside + smoothing)
        * (outside + smoothing)
        # rounding may leave a hair below 0
        / (np.maximum(n - held, 0) + smoothing)
    )


class LogCountRatioScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Multiply each feature by the size of its log-count ratio.

    The naive Bayes weighting of NB-SVM: a feature that is much more, or much less,
    frequent in a class than outside counts more, one that is as frequent counts
    nothing. Rows are then scaled together to a mean squared length of 1, so that the
    strength of a regularisation that follows means the same for any data.

    Parameters
    ----------
    power : float, default=0.75
        Exponent of the weights: 0 leaves the features as they are, 1 is NB-SVM.
    smoothing : float, default=1.0
        Pseudo-count of each feature in each class.

    Attributes
    ----------
    scale_ : ndarray of shape (n_features,)
        The factor of each feature.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferClassifier : Uses it in the student of ``strategy="distill"``.

    Notes
    -----
    Labels may be soft: of real values the smallest is taken for no membership of the
    class, the largest for full membership. With several classes or columns of ``y``, a
    feature has its largest weight. Where all weights are 0, features stay as they are.

    References
    ----------
    .. [1] S. Wang, C. Manning, "Baselines and bigrams: simple, good sentiment and topic
           classification", ACL 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import LogCountRatioScaler
    >>> X = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    >>> scaler = LogCountRatioScaler().fit(X, ["good", "bad", "good", "bad"])
    >>> scaler.transform(X)[:, 0]
    array([0., 0., 0., 0.])
    """

    def __init__(self, power: float = 0.75, *, smoothing: float = 1.0) -> None:
        self.power = power
        self.smoothing = smoothing

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> LogCountRatioScaler:
        """Weigh the features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Classes, or real numbers that say how far each row belongs to a class.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts.

        Returns
        -------
        self : LogCountRatioScaler
            Fitted.
        """
        if not isinstance(self.power, Real) or not 0 <= self.power < np.inf:
            raise ValueError(
                f"power must be a number of at least 0; got {self.power!r}."
            )
        if not isinstance(self.smoothing, Real) or not 0 < self.smoothing < np.inf:
            raise ValueError(
                f"smoothing must be a number above 0; got {self.smoothing!r}."
            )
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=FLOATS,
            multi_output=True,
            y_numeric=False,
        )
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        ratios = log_count_ratios(
            X, _membership(y[weight > 0], y), self.smoothing, weight
        )
        scale = np.abs(ratios).max(axis=1) ** self.power
        if not scale.any():
            scale = np.ones_like(scale)
        self.scale_ = (scale / _length(X, scale, weight)).astype(X.dtype)
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Scale the features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scaled : {ndarray, sparse matrix} of shape (n_samples, n_features)
            A new array of the same kind.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=False)
        if not sparse.issparse(X):
            return X * self.scale_.astype(X.dtype)
        X = X.copy()
        X.data *= self.scale_.astype(X.dtype)[X.indices]
        return X

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _membership(used: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """How far each row belongs to each class of the used rows, between 0 and 1."""
    if type_of_target(y) in ("binary", "multiclass"):
        classes = LabelBinarizer().fit(np.ravel(used))
        return classes.transform(np.ravel(y)).astype(np.float64)
    y, used = (np.asarray(t, np.float64).reshape(len(t), -1) for t in (y, used))
    low, high = used.min(axis=0), used.max(axis=0)
    return np.clip((y - low) / np.where(high > low, high - low, 1), 0, 1)


def _length(X: Any, scale: NDArray[np.floating], weight: NDArray[np.floating]) -> float:
    """Root of the mean squared length of the scaled rows; 1 where they are 0."""
    squares = (X.multiply(X) if sparse.issparse(X) else X * X).T @ weight
    total = float(np.ravel(squares) @ scale**2) / weight.sum()
    return np.sqrt(total) if total > 0 else 1.0
