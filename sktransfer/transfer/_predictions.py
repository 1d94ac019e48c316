"""The methods of models that predict rows of several domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.metaestimators import available_if

from sktransfer._core.labels import complete_labels, complete_values
from sktransfer._core.weights import check_sample_weight


def _offers(method: str) -> Any:
    def check(self: PredictsByDomain) -> bool:
        self._check_offers(method)
        return True

    return check


class PredictsByDomain:
    """Mixin of classifiers whose predictions depend on the domains of the rows."""

    def _predict(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        """Call one of the methods of what was fitted."""
        raise NotImplementedError

    def _check_offers(self, method: str) -> None:
        """Raise AttributeError where the classifier will have no such method."""
        raise NotImplementedError

    __metadata_request__predict = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__predict_log_proba = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__decision_function = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__score = {"sample_domain": True}  # noqa: RUF012

    @available_if(_offers("predict"))
    def predict(self, X: Any, sample_domain: ArrayLike | None = None) -> NDArray[Any]:
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Predicted classes.
        """
        return self._predict("predict", X, sample_domain)

    @available_if(_offers("predict_proba"))
    def predict_proba(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._predict("predict_proba", X, sample_domain)

    @available_if(_offers("predict_log_proba"))
    def predict_log_proba(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._predict("predict_log_proba", X, sample_domain)

    @available_if(_offers("decision_function"))
    def decision_function(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Confidence scores of the classes.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One score per row for two classes, else one per class.
        """
        return self._predict("decision_function", X, sample_domain)

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> float:
        """Share of the rows whose class is predicted right.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to score; source rows among them count as well.
        y : array-like of shape (n_samples,)
            Their classes, none missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, none below 0.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row, by which it is predicted; None: target rows.

        Returns
        -------
        score : float
            The accuracy, from 0 to 1.
        """
        weights = check_sample_weight(sample_weight, X)
        predicted = self.predict(X, sample_domain=sample_domain)
        return float(
            accuracy_score(complete_labels(y), predicted, sample_weight=weights)
        )


class ScoresNumbersByDomain:
    """Mixin of regressors whose predictions depend on the domains of the rows."""

    predict: Callable[..., NDArray[np.floating]]

    __metadata_request__score = {"sample_domain": True}  # noqa: RUF012

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> float:
        r"""Share of the variance of the rows that the predictions explain.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to score; source rows among them count as well.
        y : array-like of shape (n_samples,)
            Their numbers, none missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row, by which it is predicted; None: target rows.

        Returns
        -------
        score : float
            :math:`R^2 = 1 - \sum_i (y_i - \hat y_i)^2 / \sum_i (y_i - \bar y)^2`: 1 at
            best, 0 for the mean, negative for worse.
        """
        weights = check_sample_weight(sample_weight, X)
        predicted = self.predict(X, sample_domain=sample_domain)
        return float(r2_score(complete_values(y), predicted, sample_weight=weights))
