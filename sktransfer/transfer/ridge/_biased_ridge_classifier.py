"""BiasedRidgeClassifier: classes by regression towards given weights."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from sktransfer._core.labels import complete_labels
from sktransfer._core.parameters import check_parameters
from sktransfer._core.weights import check_sample_weight
from sktransfer.transfer.ridge._moment_ridge import MomentRidge


class BiasedRidgeClassifier(ClassifierMixin, MomentRidge):
    r"""Classification by ridge regression towards given weights, from moments.

    Each class is 1 for its rows and -1 for the others, and regressed on the columns by
    :class:`BiasedRidge`; the class of the highest score is predicted.

    Parameters
    ----------
    prior : array-like or fitted linear model, default=None
        The weights :math:`B_0`, of shape (n_features,) or (n_classes, n_features), one
        row for two classes; or a model of the same classes that has them as ``coef_``,
        such as one of the source. None: 0.
    strength : float, default=1.0
        Strength :math:`\lambda` of the pull, in the unit of squared columns of X times
        rows.
    fit_intercept : bool, default=True
        Whether intercepts are fitted, which nothing pulls. False: those of the prior.
    max_features : int, default=4096
        Input with more columns is refused: a matrix of (n_features, n_features) is
        held.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The weights; one row for two classes.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The intercepts.
    state_ : PairMoments
        Moments of X and the columns of classes; merge those of several estimators of
        the same classes, then `fit_from_state`.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    TransferClassifier : Its strategy "fine_tune" chooses the strength by validation,
        from rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import BiasedRidgeClassifier
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), ["bad", "bad", "good", "good"]
    >>> BiasedRidgeClassifier().fit(X, y).predict([[0.5], [2.5]])
    array(['bad', 'good'], dtype='<U4')
    """

    _y_options: ClassVar[dict[str, Any]] = {}

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Compute the weights from all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. None: all 1.

        Returns
        -------
        self : BiasedRidgeClassifier
            Fitted.
        """
        check_parameters(self)
        for name in ("state_", "classes_"):
            self.__dict__.pop(name, None)
        return self._fit_chunk(X, y, None, sample_weight)

    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Update the moments with a chunk of rows, and the weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Classes.
        classes : array-like of shape (n_classes,), default=None
            All classes, in the first call; later they may be left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. None: all 1.

        Returns
        -------
        self : BiasedRidgeClassifier
            As if fitted on all chunks so far.

        Raises
        ------
        ValueError
            If the classes are missing in the first call, or others later.
        """
        check_parameters(self)
        given = None if classes is None else unique_labels(classes)
        known = getattr(self, "classes_", None)
        if known is None and given is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if known is not None and given is not None:
            if not np.array_equal(known, given):
                raise ValueError(
                    f"`classes={given.tolist()}` is not the same as on last call to "
                    f"partial_fit, was: {known.tolist()}."
                )
        return self._fit_chunk(X, y, given if known is None else known, sample_weight)

    def fit_from_state(self, state: Any, classes: ArrayLike) -> Self:
        """Fit from moments that were computed elsewhere.

        Parameters
        ----------
        state : PairMoments
            Of X and the columns of classes, as ``state_`` of estimators that were
            given the same classes.
        classes : array-like of shape (n_classes,)
            The classes.

        Returns
        -------
        self : BiasedRidgeClassifier
            Fitted.

        Raises
        ------
        ValueError
            If it is another kind of state, holds no rows, or has not one column for
            each class (one for two classes).

        Warns
        -----
        UserWarning
            If a prior is given and the state is so noisy that the prior alone is likely
            better, see :func:`~sktransfer.privacy.noise_gate`.
        """
        check_parameters(self)
        found = unique_labels(classes)
        if found.size < 2:
            raise ValueError(
                f"Classification needs two classes at least; got {found.tolist()}."
            )
        self._fit_from_state(state, 1 if found.size == 2 else found.size)
        self.classes_ = found
        return self

    def decision_function(self, X: Any) -> NDArray[np.floating]:
        """Scores of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes the score of the second one.
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Predicted classes.
        """
        scores = self.decision_function(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Share of the rows whose class is predicted right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, none below 0.

        Returns
        -------
        score : float
            The accuracy, from 0 to 1.
        """
        weights = check_sample_weight(sample_weight, X)
        return super().score(X, complete_labels(y), weights)

    def _fit_chunk(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> Self:
        y = None if y is None else complete_labels(y)
        X, y = self._check_rows(X, y, reset=not hasattr(self, "state_"))
        check_classification_targets(y)
        found = unique_labels(y)
        if classes is None:
            classes = found
            if classes.size < 2:
                raise ValueError(
                    "Classification needs two classes at least; got 1 class, "
                    f"{found.tolist()[0]!r}."
                )
        unknown = np.setdiff1d(found, classes)
        if unknown.size:
            raise ValueError(
                f"y must hold the classes {classes.tolist()}; got "
                f"{unknown.tolist()} as well. Name all classes in the first call."
            )
        columns = classes if classes.size > 2 else classes[-1:]
        Y = np.where(y[:, None] == columns, 1.0, -1.0)
        self._update(X, Y, sample_weight)
        self.classes_ = classes
        return self

    def _one_dimensional(self, n_outputs: int) -> bool:
        return False
