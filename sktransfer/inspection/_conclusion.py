"""Whether transfer helped, in one sentence, and the bound of what it can reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils.validation import check_consistent_length

from sktransfer._core.labels import complete_labels
from sktransfer._core.parameters import check_value, integer
from sktransfer.metrics import paired_gain


def supervised_bound(
    estimator: Any, X: Any, y: ArrayLike, *, max_folds: int = 5, random_state: int = 0
) -> float:
    """Accuracy of a classifier that learns from labels of the target.

    The accuracy that transfer closes in on, by cross-validation on labelled target
    rows. Where a few labels already reach it, there is nothing to transfer.

    Parameters
    ----------
    estimator : classifier
        Not fitted; the same kind as the one that is transferred.
    X : array-like, sparse matrix or sequence of texts, of n_samples rows
        Target rows.
    y : array-like of shape (n_samples,)
        Their labels.
    max_folds : int, default=5
        Largest number of folds; fewer where a class has fewer rows.
    random_state : int, default=0
        Seed of the folds.

    Returns
    -------
    accuracy : float
        Share of the rows with the right label; NaN where a class has a single row, or
        all rows are of one class.

    See Also
    --------
    transfer_conclusion : Says how much of the gap to it is closed.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sktransfer.inspection import supervised_bound
    >>> X = np.array([[0], [1], [0], [1], [0], [1]])
    >>> supervised_bound(LogisticRegression(), X, X[:, 0])
    1.0
    """
    check_value("max_folds", max_folds, integer(2))
    labels = complete_labels(y)
    counts = np.unique(labels, return_counts=True)[1]
    n_folds = min(max_folds, int(counts.min()))
    if counts.size < 2 or n_folds < 2:
        return float("nan")
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    predicted = cross_val_predict(estimator, X, labels, cv=folds)
    return float(np.mean(predicted == labels))


def transfer_conclusion(
    y_true: ArrayLike,
    predictions: Mapping[str, ArrayLike],
    method: str,
    *,
    baseline: str = "source only",
    bound: float | None = None,
) -> str:
    """One sentence: does transfer help, and by how much.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of target rows that no method was trained on or chosen by.
    predictions : mapping of str to array-like of shape (n_samples,)
        Predicted labels of each method, the baseline among them.
    method : str
        Key of the method to conclude on.
    baseline : str, default="source only"
        Key of the method without transfer.
    bound : float, default=None
        Accuracy of a model that learns from labels of the target, see
        :func:`supervised_bound`.

    Returns
    -------
    conclusion : str
        That transfer helps, hurts, or makes no difference that these rows can show,
        with the gain in accuracy and its 95 % interval ("noise").

    Raises
    ------
    ValueError
        If a method is missing, or the numbers of rows differ.

    See Also
    --------
    sktransfer.metrics.paired_gain : The gain and its interval.
    TransferGainDisplay : Draws the gains of all methods.

    Examples
    --------
    >>> from sktransfer.inspection import transfer_conclusion
    >>> y = [0, 1] * 50
    >>> predictions = {"source only": [0] * 100, "adapted": y}
    >>> transfer_conclusion(y, predictions, "adapted", bound=1.0)
    'Transfer helps: adapted is +0.500 above source only (noise: 0.098) and closes 100 \
% of the gap to the bound.'
    """
    missing = [name for name in (baseline, method) if name not in predictions]
    if missing:
        raise ValueError(
            f"predictions must hold the baseline and the method; got none of {missing} "
            f"among {sorted(predictions)}."
        )
    y = complete_labels(y_true, "y_true")
    right = {}
    for name in (baseline, method):
        check_consistent_length(y, predictions[name])
        right[name] = complete_labels(predictions[name], name) == y
    gain, noise = paired_gain(right[method], right[baseline])
    if gain > noise:
        text = (
            f"Transfer helps: {method} is {gain:+.3f} above {baseline} "
            f"(noise: {noise:.3f})"
        )
        gap = np.nan if bound is None else bound - float(right[baseline].mean())
        if gap > noise:
            text += f" and closes {100 * gain / gap:.0f} % of the gap to the bound"
    elif gain < -noise:
        text = f"Transfer hurts here ({gain:+.3f}): serve the target by {baseline}"
    else:
        text = (
            f"Transfer makes no difference that {len(y)} labels can show "
            f"({gain:+.3f}, noise {noise:.3f}): keep {baseline}, it is simpler"
        )
    return text + "."
