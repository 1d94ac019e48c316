"""Pooling: one model of all labelled rows."""

from __future__ import annotations

from typing import Any

from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._rows import TrainingRows


class Pooling(Strategy):
    """Train the estimator on the labelled rows of all domains.

    See Also
    --------
    FineTuning : Trains on the source first, and corrects on the target.
    Augmentation : Lets features mean different things in different domains.

    Examples
    --------
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import Pooling
    >>> X, y, sample_domain = [[0.0], [1.0], [2.0]], ["a", "b", "?"], [1, 1, -1]
    >>> model = TransferClassifier(strategy=Pooling())
    >>> model.fit(X, y, sample_domain=sample_domain).predict([[2.0]])
    array(['b'], dtype='<U1')
    """

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit the estimator to all labelled rows.

        Parameters
        ----------
        estimator : estimator
            Classifier or regressor; it is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : estimator
            The fitted clone.
        """
        return rows.fit(estimator)
