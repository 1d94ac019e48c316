"""Self-training: a model's surest predictions become labels of its next round."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import take_rows
from sktransfer._core.parameters import integer
from sktransfer._core.parts import fit_estimator
from sktransfer.transfer._class_scores import class_scores
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._rows import TrainingRows


def margins(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distance of the largest score of each row to the second largest."""
    top = np.sort(scores, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0], dtype=np.float64)


def fit_self_trained(
    estimator: Any,
    Z: Any,
    labelled: NDArray[np.bool_],
    labels: NDArray[Any],
    unlabelled: NDArray[np.bool_],
    weights: NDArray[np.floating] | None,
    n_rounds: int,
) -> tuple[Any, NDArray[np.bool_]]:
    """Fit an estimator, label target rows by it, and fit it again, in rounds."""
    known, candidates = np.flatnonzero(labelled), np.flatnonzero(unlabelled)

    def fitted(rows: NDArray[np.intp], y: NDArray[Any]) -> Any:
        weight = None if weights is None else weights[rows]
        part = Z if rows.size == _num_samples(Z) else take_rows(Z, np.sort(rows))
        order = np.argsort(rows)
        weight = None if weight is None else weight[order]
        return fit_estimator(clone(estimator), part, y[order], weight)

    model, rows = fitted(known, labels), known
    if candidates.size == 0:
        return model, labelled
    others = take_rows(Z, candidates)
    for r in range(1, n_rounds + 1):
        sure = margins(class_scores(model, others, model.classes_.size))
        # rows that are as sure as the last one are taken together
        least = np.sort(sure)[candidates.size - -(-candidates.size * r // n_rounds)]
        chosen = sure >= least
        predicted = model.predict(others)[chosen]
        rows = np.concatenate([known, candidates[chosen]])
        model = fitted(rows, np.concatenate([labels, predicted.astype(labels.dtype)]))
    taken = np.zeros(labelled.size, dtype=bool)
    taken[rows] = True
    return model, taken


class SelfTraining(Strategy):
    """Train the estimator again with its surest predictions of target rows as labels.

    Round r of R takes the share r / R of the unlabelled target rows that the model is
    surest of, whatever their classes, and labels them anew. No label of the target is
    needed. For classes only: the predictions of a regressor have no confidence.

    Parameters
    ----------
    n_rounds : int, default=5
        Number of rounds.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the last round; 0 for rows that were not trained on.

    See Also
    --------
    Distillation : Learns soft labels of all target rows, on their native features.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import SelfTraining
    >>> X = np.array([[-1.0], [1.0], [-2.0], [2.0], [3.0]])
    >>> model = TransferClassifier(strategy=SelfTraining(n_rounds=2))
    >>> model.fit(X, [0, 1, -1, -1, -1], sample_domain=[1, 1, -1, -1, -1])
    TransferClassifier(strategy=SelfTraining(n_rounds=2))
    >>> model.sample_weight_
    array([1., 1., 1., 1., 1.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"n_rounds": [integer(1)]}

    def __init__(self, n_rounds: int = 5) -> None:
        self.n_rounds = n_rounds

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit the estimator, let it label target rows, and fit it again.

        Parameters
        ----------
        estimator : classifier
            It is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : classifier
            The fitted clone of the last round.

        Raises
        ------
        ValueError
            If there are domains but no target row, or the labels are numbers.
        """
        if rows.classes is None:
            raise ValueError(
                "SelfTraining is for classes: predictions of a regressor have no "
                "confidence to order them by. Use TransferClassifier, or another "
                "strategy such as Pooling(), FineTuning() or Distillation()."
            )
        rows.require_target("SelfTraining")
        model, taken = fit_self_trained(
            estimator,
            rows.mapped,
            rows.labelled,
            rows.labels,
            rows.target & ~rows.labelled & rows.counted,
            rows.weights,
            self.n_rounds,
        )
        self.sample_weight_ = rows.training_weights()
        self.sample_weight_[taken] = (
            1.0 if rows.weights is None else rows.weights[taken]
        )
        return model
