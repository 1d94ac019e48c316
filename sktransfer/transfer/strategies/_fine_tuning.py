"""Fine-tuning: a model of the source, corrected on the labelled target rows."""

from __future__ import annotations

import copy
import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer

from sktransfer._core.parameters import number
from sktransfer._core.parts import last_step
from sktransfer._core.sparse import dense, is_sparse
from sktransfer.transfer._class_scores import class_columns, one_hot
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._further_training import train_further
from sktransfer.transfer.strategies._rows import TrainingRows
from sktransfer.transfer.strategies._strength_validation import (
    StrengthValidation,
    tune_scores,
)

_LINEAR_SQUARED = ("RidgeClassifier", "RidgeClassifierCV")


def before_last_step(model: Any, X: Any) -> Any:
    """Rows as the last step of a fitted Pipeline gets them."""
    while isinstance(model, Pipeline):
        if len(model.steps) > 1:
            X = model[:-1].transform(X)
        model = model.steps[-1][1]
    return X


def is_linear(model: Any) -> bool:
    """Whether a fitted model predicts by weights that can be set."""
    return {"coef_", "intercept_"} <= set(vars(last_step(model)))


def warn_of_one_class(labels: NDArray[Any], stacklevel: int = 7) -> None:
    """Say that labels of one class cannot tell strengths apart."""
    warnings.warn(
        f"The {labels.size} labelled target rows are all of one class, "
        f"{labels.tolist()[0]!r}, "
        "from which no strength can be chosen: the model is kept as it is without "
        "them. Label target rows of another class, or set strength.",
        UserWarning,
        stacklevel=stacklevel,
    )


def fine_tune_classifier(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    sample_weight: NDArray[np.floating] | None = None,
    strength: float | None = None,
) -> tuple[Any, StrengthValidation]:
    r"""Correct a classifier of the source on labelled target rows.

    A linear model with weights :math:`w_s` becomes the minimiser of

    .. math:: \sum_i w_i \ell(y_i, x_i w) + \frac{\lambda}{2} \|w - a w_s\|^2

    with the logistic loss (squared loss for RidgeClassifier, with a = 1), the factor
    a of :func:`temperature`, and the intercept a weight like the others. Others are
    trained further: :math:`1 / \lambda` is the number of passes over the target rows.
    """
    classes = np.union1d(model.classes_, labels)
    if strength is None and np.all(labels == labels[0]):
        warn_of_one_class(labels)
        strength = np.inf
    if strength is not None and np.isinf(strength):
        return copy.deepcopy(model), StrengthValidation.given(np.inf)
    weight = np.ones(labels.size) if sample_weight is None else sample_weight
    weight = np.asarray(weight, dtype=np.float64)
    if is_linear(model):
        return _tune_linear(model, X, labels, classes, weight, strength)
    tuned = copy.deepcopy(model)
    Z = before_last_step(model, X)
    parts = Z, labels, sample_weight, strength
    return tuned, train_further(last_step(tuned), *parts)


def _tune_linear(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    classes: NDArray[Any],
    weight: NDArray[np.float64],
    strength: float | None,
) -> tuple[Any, StrengthValidation]:
    model = copy.deepcopy(model)
    last = last_step(model)
    Z = before_last_step(model, X)
    offset = class_columns(last.decision_function(Z), last.classes_, classes)
    Z = Z if is_sparse(Z) else np.asarray(Z)
    Y = one_hot(labels, classes)
    squared = type(last).__name__ in _LINEAR_SQUARED
    tuned = tune_scores(
        Z,
        offset,
        2 * Y - 1 if squared else Y,
        labels,
        weight,
        strength,
        intercept=bool(getattr(last, "fit_intercept", True)),
        squared=squared,
    )
    set_weights(last, tuned.factor, tuned.W.T, classes)
    return model, tuned.validation


def set_weights(
    last: Any, factor: float, W: NDArray[np.float64], classes: NDArray[Any]
) -> None:
    """Multiply the weights of a linear classifier and add to them."""
    coef = dense(last.coef_)
    dtype, known, features = coef.dtype, last.classes_, coef.shape[-1]
    coef = class_columns(np.atleast_2d(coef).T, known, classes).T
    flat = coef.shape[0] == 1 and np.ndim(last.coef_) == 1  # RidgeClassifier's layout
    coef = (factor * coef + W[:, :features]).astype(dtype)
    last.coef_ = coef[0] if flat else coef
    if W.shape[1] > features:
        b = np.broadcast_to(last.intercept_, (1 if len(known) == 2 else len(known),))
        b = class_columns(b[None, :], known, classes)[0]
        last.intercept_ = (factor * b + W[:, -1]).astype(dtype)
    elif len(classes) != len(known):
        last.intercept_ = np.zeros(len(classes), dtype=dtype)
    if hasattr(last, "_label_binarizer"):
        last._label_binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(classes)
    if "classes_" in vars(last):
        last.classes_ = classes


def fine_tune_regressor(
    model: Any,
    X: Any,
    y: NDArray[np.float64],
    sample_weight: NDArray[np.floating] | None = None,
    strength: float | None = None,
) -> tuple[Any, StrengthValidation]:
    r"""Correct a regressor of the source on labelled target rows.

    A linear model with weights :math:`w_s` becomes the minimiser of

    .. math:: \frac12 \sum_i w_i (y_i - x_i w)^2 + \frac{\lambda}{2} \|w - w_s\|^2

    with the intercept a weight like the others. Others are trained further:
    :math:`1 / \lambda` is the number of passes over the target rows.
    """
    tuned = copy.deepcopy(model)
    if strength is None and y.size < 2:
        strength = np.inf  # nothing to choose by
    if strength is not None and np.isinf(strength):
        return tuned, StrengthValidation.given(np.inf)
    Z, last = before_last_step(model, X), last_step(tuned)
    if not is_linear(model):
        return tuned, train_further(last, Z, y, sample_weight, strength)
    offset = np.asarray(last.predict(Z), dtype=np.float64).reshape(-1, 1)
    Z = Z if is_sparse(Z) else np.asarray(Z)
    weight = np.ones(y.size) if sample_weight is None else sample_weight
    correction = tune_scores(
        Z,
        offset,
        y[:, None],
        np.zeros(y.size),
        np.asarray(weight, dtype=np.float64),
        strength,
        intercept=bool(getattr(last, "fit_intercept", True)),
        squared=True,
    )
    coef = dense(last.coef_)
    W, features = correction.W[:, 0], coef.shape[-1]
    last.coef_ = (coef + W[:features].reshape(coef.shape)).astype(coef.dtype)
    if W.size > features:
        last.intercept_ = last.intercept_ + W[-1]
    return tuned, correction.validation


class FineTuning(Strategy):
    """Train the estimator on the source, and correct it on the labelled target rows.

    A linear model is drawn towards the weights of the source model (see the user
    guide, :ref:`few_labels`). Other models are trained further, by ``partial_fit`` or
    with ``warm_start`` by more members of an ensemble. It needs labelled target rows.

    Parameters
    ----------
    strength : float, default=None
        How strongly weights are drawn to those of the source, in the unit of
        ``1 / C``: inf leaves the source model as it is. None: strengths are tried by
        cross-validation on the labelled target rows, and their models averaged by how
        likely they make held-out labels, less one standard error. For models that are
        trained further, one over the number of passes over the target rows.

    Attributes
    ----------
    strength_ : float
        The strength of the largest share; not there where nothing was corrected.
    validation_ : tuple
        ``strengths`` that were tried, mean ``losses`` on held-out target rows, and
        ``shares`` of each in the model.

    See Also
    --------
    Pooling : Where target rows have the same labels as similar source rows.
    sktransfer.transfer.BiasedRidge : The same pull, from moments of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import TransferRegressor
    >>> from sktransfer.transfer.strategies import FineTuning
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> sample_domain = np.repeat([1, -1], 20)
    >>> y = 2 * X[:, 0] + 5 * (sample_domain < 0)
    >>> model = TransferRegressor(strategy=FineTuning(1e-3), target_labels="use")
    >>> model.fit(X, y, sample_domain=sample_domain).predict([[0.0]]).round(1)
    array([5.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "strength": [number(0, np.inf), None]
    }

    def __init__(self, strength: float | None = None) -> None:
        self.strength = strength

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit the estimator to the source rows, and correct it.

        Parameters
        ----------
        estimator : estimator
            Classifier or regressor; it is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : estimator
            The corrected clone. Where all labelled rows are of one side, the clone
            fitted to all of them.

        Raises
        ------
        ValueError
            If no target row is labelled, or none of positive weight, or the source
            rows are all of one class.
        TypeError
            If the estimator has neither weights nor a way to be trained further.
        """
        rows.require_target("FineTuning", labelled=True)
        source = rows.labelled & ~rows.target
        if not rows.target.any() or not source.any():
            return rows.fit(estimator)
        if rows.classes is not None:
            _check_two_classes(rows.part(source)[1])
        model = rows.fit(estimator, source)
        target = rows.part(rows.labelled & rows.target)
        if rows.classes is not None:
            tuned, self.validation_ = fine_tune_classifier(
                model, *target, self.strength
            )
        else:
            tuned, self.validation_ = fine_tune_regressor(model, *target, self.strength)
        self.strength_ = self.validation_.strength
        return tuned


def _check_two_classes(labels: NDArray[Any]) -> None:
    """Raise if the source rows are all of one class."""
    if np.all(labels == labels[0]):
        raise ValueError(
            "FineTuning needs a model of the source, and the source rows are all of "
            f"one class, {labels.tolist()[0]!r}. Add source rows of another class, or "
            "use Pooling()."
        )
