"""BiasedRidge: regression towards given weights, from moments alone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin

from sktransfer._core.labels import complete_values
from sktransfer._core.parameters import check_parameters
from sktransfer._core.weights import check_sample_weight
from sktransfer.transfer.ridge._moment_ridge import MomentRidge


class BiasedRidge(MultiOutputMixin, RegressorMixin, MomentRidge):
    r"""Ridge regression towards given weights, from mergeable moments.

    .. math:: \min_B \sum_i w_i \|y_i - x_i B\|^2 + \lambda \|B - B_0\|^2

    With few rows the weights stay near those of the source, with many they go their own
    way. It is a function of the moments of rows: chunks, blocks of a cluster and
    parties that may not share rows give what all rows give.

    Parameters
    ----------
    prior : array-like or fitted linear model, default=None
        The weights :math:`B_0`, of shape (n_features,) or (n_outputs, n_features), or a
        model that has them as ``coef_``, such as one of the source. None: 0, ridge
        regression.
    strength : float, default=1.0
        Strength :math:`\lambda` of the pull, in the unit of squared columns of X times
        rows; 0: least squares.
    fit_intercept : bool, default=True
        Whether an intercept is fitted, which nothing pulls. False: that of the prior.
    max_features : int, default=4096
        Input with more columns is refused: a matrix of (n_features, n_features) is
        held.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        The weights.
    intercept_ : float or ndarray of shape (n_outputs,)
        The intercepts.
    state_ : PairMoments
        Moments of X and y; merge those of several estimators, then `fit_from_state`.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    BiasedRidgeClassifier : For classes.
    TransferRegressor : Its strategy "fine_tune" chooses the strength by validation,
        from rows.

    References
    ----------
    .. [1] T. Evgeniou, M. Pontil, "Regularized multi-task learning", KDD 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import BiasedRidge
    >>> X, y = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([3.0, 5.0])
    >>> BiasedRidge(prior=[0.0, 7.0], strength=1e-9).fit(X, y).coef_.round(3)
    array([2., 7.])
    """

    _y_options: ClassVar[dict[str, Any]] = {"multi_output": True, "y_numeric": True}

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Compute the weights from all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What is to be predicted.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. None: all 1.

        Returns
        -------
        self : BiasedRidge
            Fitted.
        """
        check_parameters(self)
        self.__dict__.pop("state_", None)
        return self._fit_chunk(X, y, sample_weight)

    def partial_fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Update the moments with a chunk of rows, and the weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What is to be predicted.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. None: all 1.

        Returns
        -------
        self : BiasedRidge
            As if fitted on all chunks so far.
        """
        check_parameters(self)
        return self._fit_chunk(X, y, sample_weight)

    def fit_from_state(self, state: Any) -> Self:
        """Fit from moments that were computed elsewhere.

        Parameters
        ----------
        state : PairMoments
            Of X and y.

        Returns
        -------
        self : BiasedRidge
            Fitted; one output makes predictions one-dimensional.

        Raises
        ------
        ValueError
            If it is another kind of state, or holds no rows.

        Warns
        -----
        UserWarning
            If a prior is given and the state is so noisy that the prior alone is likely
            better, see :func:`~sktransfer.privacy.noise_gate`.
        """
        check_parameters(self)
        self._matrix = False
        self._fit_from_state(state, None)
        return self

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Predict numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in the dtype of X.
        """
        return self._scores(X)

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        r"""Share of the variance that the predictions explain.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            :math:`R^2 = 1 - \sum_i (y_i - \hat y_i)^2 / \sum_i (y_i - \bar y)^2`: 1 at
            best, 0 for the mean, negative for worse; the mean over outputs.
        """
        weights = check_sample_weight(sample_weight, X)
        return super().score(X, complete_values(y), weights)

    def _fit_chunk(self, X: Any, y: Any, sample_weight: Any) -> Self:
        X, y = self._check_rows(X, y, reset=not hasattr(self, "state_"))
        self._matrix = y.ndim == 2
        self._update(X, y.reshape(X.shape[0], -1), sample_weight)
        return self

    def _one_dimensional(self, n_outputs: int) -> bool:
        return n_outputs == 1 and not self._matrix
