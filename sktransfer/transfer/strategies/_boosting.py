"""Boosting from source to target: of classifiers and of regressors."""

from __future__ import annotations

from typing import Any, ClassVar

from sktransfer._core.parameters import integer
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._rows import TrainingRows
from sktransfer.transfer.strategies._tradaboost import fit_boosted
from sktransfer.transfer.strategies._tradaboost_r2 import fit_two_stage_r2

N_CLASSIFIERS, N_REGRESSORS = 20, 10


class Boosting(Strategy):
    """Let source rows that contradict the labelled target rows fade out.

    TrAdaBoost [1]_ for classes: rounds of fits in which target rows that are predicted
    wrong gain weight and such source rows lose it; the second half of the models
    votes. Two-stage TrAdaBoost.R2 [2]_ for numbers: the source fades out in stages,
    each stage is boosted with the weights of source rows held fixed, and the stage
    that predicts held-out target rows best is kept. It needs labelled target rows, and
    an estimator that takes ``sample_weight``.

    Parameters
    ----------
    n_estimators : int, default=None
        Number of rounds; with numbers at most so many in each stage. None: 20 with
        classes, 10 with numbers.
    n_stages : int, default=5
        Number of stages; only with numbers. About ``6 * n_stages * n_estimators`` fits
        are made.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the last round, with numbers in the stage that was kept;
        0 for rows that were not trained on.

    See Also
    --------
    FineTuning : Faster, and better with few labels.

    References
    ----------
    .. [1] W. Dai, Q. Yang, G.-R. Xue, Y. Yu, "Boosting for transfer learning", ICML
           2007.
    .. [2] D. Pardoe, P. Stone, "Boosting for regression transfer", ICML 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import Boosting
    >>> X = np.array([[-2.0], [-1.0], [1.0], [2.0], [-2.0], [-1.0], [1.0], [2.0]])
    >>> y = [0, 0, 0, 1, 0, 0, 1, 1]  # the third row contradicts the target
    >>> model = TransferClassifier(
    ...     strategy=Boosting(n_estimators=4), target_labels="use"
    ... ).fit(X, y, sample_domain=np.repeat([1, -1], 4))
    >>> bool(model.sample_weight_[2] < model.sample_weight_[3])
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_estimators": [integer(1), None],
        "n_stages": [integer(1)],
    }

    def __init__(self, n_estimators: int | None = None, *, n_stages: int = 5) -> None:
        self.n_estimators = n_estimators
        self.n_stages = n_stages

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit a series of models to rows whose weights change.

        Parameters
        ----------
        estimator : estimator
            Classifier or regressor; it is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : object
            A weighted vote of classifiers, or a weighted median of regressors; without
            domains the fitted estimator.

        Raises
        ------
        ValueError
            If no target row is labelled, or none of positive weight.
        """
        rows.require_target("Boosting", labelled=True)
        self.sample_weight_ = rows.training_weights()
        labelled, target = rows.labelled, rows.target
        X, y, weights = rows.part(labelled)
        if rows.classes is not None and target.any():
            n_rounds = self.n_estimators or N_CLASSIFIERS
            vote, self.sample_weight_[labelled] = fit_boosted(
                estimator, X, y, target[labelled], weights, n_rounds
            )
            return vote
        if target.any() and (labelled & ~target).any():
            n_rounds = self.n_estimators or N_REGRESSORS
            median, self.sample_weight_[labelled], _ = fit_two_stage_r2(
                estimator, X, y, target[labelled], weights, n_rounds, self.n_stages
            )
            return median
        return rows.fit(estimator)
