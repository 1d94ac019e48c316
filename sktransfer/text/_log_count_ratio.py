"""LogCountRatioScaler: features weighted by what they tell about the classes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import validate_rows
from sktransfer._core.labels import complete_values
from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import check_parameters, number
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.sparse import is_sparse
from sktransfer._core.weights import row_weights


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
    if is_sparse(X):
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


@sparse_stays_sparse
class LogCountRatioScaler(
    OneToOneFeatureMixin, TransformerMixin, GivenParameters, BaseEstimator
):
    r"""Multiply each feature by the absolute value of its log-count ratio.

    This is the naive Bayes weighting of NB-SVM [1]_. A feature gets a large weight if
    it is much more, or much less, frequent in a class than outside of it, and weight 0
    if it is as frequent. All rows are then divided by one number, so that their mean
    squared length is 1: the regularisation of a model that follows then has the same
    strength for any data.

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
    sktransfer.transfer.TransferClassifier : Uses it when it distils texts.

    Notes
    -----
    Labels may be real numbers: the smallest stands for a row outside of the class, the
    largest for a row inside, and others lie between. With several classes, or several
    columns of ``y``, the largest weight of a feature counts. If all weights are 0,
    features are not weighted.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "power": [number(0)],
        "smoothing": [number(above=0)],
    }

    def __init__(self, power: float = 0.75, *, smoothing: float = 1.0) -> None:
        self.power = power
        self.smoothing = smoothing

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
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

        Raises
        ------
        ValueError
            If the rows and labels differ in number, or a parameter is out of range.
        """
        check_parameters(self)
        y = None if y is None else complete_values(y)
        rows, labels = validate_rows(self, X, y, multi_output=True, y_numeric=False)
        weight = row_weights(sample_weight, rows, dtype=np.float64)
        membership = _membership(labels[weight > 0], labels)
        ratios = log_count_ratios(rows, membership, self.smoothing, weight)
        scale = np.abs(ratios).max(axis=1) ** self.power
        if not scale.any():
            scale = np.ones_like(scale)
        self.scale_: NDArray[np.floating] = (
            scale / _root_mean_square(rows, scale, weight)
        ).astype(rows.dtype)
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
        rows = validate_rows(self, X, reset=False)
        scale = self.scale_.astype(rows.dtype)
        if not is_sparse(rows):
            return rows * scale
        rows = rows.copy()
        rows.data *= scale[rows.indices]
        return rows

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


def _root_mean_square(
    X: Any, scale: NDArray[np.floating], weight: NDArray[np.floating]
) -> float:
    """Root mean square of the lengths of the scaled rows; 1 if all are 0."""
    squares = (X.multiply(X) if is_sparse(X) else X * X).T @ weight
    total = float(np.ravel(squares) @ scale**2) / weight.sum()
    return float(np.sqrt(total)) if total > 0 else 1.0
