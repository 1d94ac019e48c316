"""Fine-tuning: a model of the source, corrected on the labelled target rows."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from scipy.special import softmax
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer

from sktransfer.transfer._biased import (
    logistic_loss,
    logistic_path,
    ridge_path,
    row_losses,
    row_span,
)
from sktransfer.transfer._distill import teacher_scores

# tried strengths, in units of the mean squared length of the labelled target rows
STRENGTHS = (np.inf, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003)
PASSES = (0, 1, 2, 4, 8, 16, 32)
N_FOLDS = 5
CHOOSING_TOL = 1e-4
_LINEAR_SQUARED = ("RidgeClassifier", "RidgeClassifierCV")


class Choice(NamedTuple):
    """The strengths that were tried, and how each was judged."""

    strength: float  # that of the largest share
    strengths: NDArray[np.float64]
    losses: NDArray[np.float64]  # mean over held-out target rows
    shares: NDArray[np.float64]  # of each in the result

    @classmethod
    def given(cls, strength: float) -> Choice:
        """No choice: a strength was asked for."""
        return cls(
            float(strength), np.array([strength]), np.full(1, np.nan), np.ones(1)
        )


class Tuned(NamedTuple):
    """Correction of scores: ``factor * score + X @ W[:-1] + W[-1]``."""

    factor: float
    W: NDArray[np.float64]
    choice: Choice


def last_step(model: Any) -> Any:
    """The last step of a Pipeline, or the model itself.

    Parameters
    ----------
    model : estimator
        Fitted or not.

    Returns
    -------
    last : estimator
        No Pipeline.
    """
    while isinstance(model, Pipeline):
        model = model.steps[-1][1]
    return model


def before_last_step(model: Any, X: Any) -> Any:
    """Rows as the last step of a fitted Pipeline gets them.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : array-like or sparse matrix of n_samples rows
        Rows.

    Returns
    -------
    Z : array-like or sparse matrix of n_samples rows
        ``X`` itself where the model is no Pipeline.
    """
    while isinstance(model, Pipeline):
        if len(model.steps) > 1:
            X = model[:-1].transform(X)
        model = model.steps[-1][1]
    return X


def is_linear(model: Any) -> bool:
    """Whether a fitted model predicts by weights that can be set.

    Parameters
    ----------
    model : estimator
        Fitted.

    Returns
    -------
    linear : bool
        True with attributes ``coef_`` and ``intercept_`` of its own.
    """
    return {"coef_", "intercept_"} <= set(vars(last_step(model)))


def even_folds(strata: NDArray[Any], scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Fold of each row: classes and scores are spread evenly, in any order of rows.

    Parameters
    ----------
    strata : ndarray of shape (n_samples,)
        Classes; all the same for a regression.
    scores : ndarray of shape (n_samples,)
        What else to spread over the folds.

    Returns
    -------
    folds : ndarray of int of shape (n_samples,)
        0 to 4, or to n_samples - 1 where there are fewer rows than five.
    """
    n = strata.size
    folds = np.empty(n, dtype=np.intp)
    folds[np.lexsort((scores, strata))] = np.arange(n) % min(N_FOLDS, n)
    return folds


def temperature(
    scores: NDArray[np.float64], Y: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    r"""Factor that makes scores the best logits of given labels.

    Minimises the logistic loss and :math:`\frac12 \log^2 a`, the negative logarithm of
    a log-normal prior. A source model is often less, or more, sure than it should be;
    a correction should not have to make up for that.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_columns)
        Scores: one column for two classes, else one for each.
    Y : ndarray of shape (n_samples, n_columns)
        1 in the column of the row's class, else 0.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    factor : float
        Between 1/50 and 50.
    """

    def loss(log_factor: float) -> float:
        value = logistic_loss(np.exp(log_factor) * scores, Y, weight)[0]
        return value + 0.5 * log_factor**2

    bound = np.log(50)
    found = optimize.minimize_scalar(loss, bounds=(-bound, bound), method="bounded")
    return float(np.exp(found.x))


def held_out_losses(
    fit_path: Callable[[NDArray[np.bool_]], Iterator[NDArray[np.float64]]],
    losses_of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    folds: NDArray[np.intp],
    n_candidates: int,
) -> NDArray[np.float64]:
    """Loss of each candidate in each row, by a fit without the row's fold.

    Parameters
    ----------
    fit_path : callable
        Of the rows to train on (mask), yields the scores of all rows, one array for
        each candidate.
    losses_of : callable
        Of the scores of all rows: the loss of each.
    folds : ndarray of int of shape (n_samples,)
        Fold of each row.
    n_candidates : int
        Number of candidates.

    Returns
    -------
    losses : ndarray of shape (n_samples, n_candidates)
        Losses.
    """
    losses = np.zeros((folds.size, n_candidates))
    for fold in np.unique(folds):
        held = folds == fold
        for i, scores in enumerate(fit_path(~held)):
            losses[held, i] = losses_of(scores)[held]
    return losses


def believed_losses(
    losses: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Excess of each candidate's loss over the first one's, with a standard error.

    Few rows tell losses badly apart. A candidate is believed to be as bad, next to the
    first one, as one standard error of the difference allows.

    Parameters
    ----------
    losses : ndarray of shape (n_samples, n_candidates)
        Negative log-likelihoods of held-out rows; the first candidate is the source
        model.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    excess : ndarray of shape (n_candidates,)
        Sums over the rows plus their standard error; 0 for the first.
    """
    excess = (losses - losses[:, :1]) * (weight / weight.mean())[:, None]
    return excess.sum(axis=0) + np.sqrt(len(excess)) * excess.std(axis=0, ddof=1)


def row_scale(X: Any) -> float:
    """Mean squared length of rows.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    scale : float
        Positive; 1 where all rows are 0.
    """
    squares = X.multiply(X).sum() if sparse.issparse(X) else np.vdot(X, X)
    return float(squares) / X.shape[0] or 1.0


def warn_of_one_class(labels: NDArray[Any]) -> None:
    """Say that labels of one class cannot tell strengths apart.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Classes of the labelled target rows.
    """
    warnings.warn(
        f"The {labels.size} labelled target rows are all of one class, {labels[0]!r}, "
        "from which no strength can be chosen: the model is kept as it is without "
        "them. Label target rows of another class, or set strength.",
        UserWarning,
        stacklevel=5,
    )


def class_columns(
    scores: NDArray[np.float64], known: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Scores of a model of some classes as scores of all of them.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,) or (n_samples, n_known)
        Decision function, or weights in the same layout.
    known : ndarray of shape (n_known,)
        Classes of the model.
    classes : ndarray of shape (n_classes,)
        All classes.

    Returns
    -------
    columns : ndarray of shape (n_samples, n_columns)
        One column for two classes, else one for each; 0 for classes that the model
        does not know.
    """
    scores = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    if len(classes) == 2 or len(known) == len(classes):
        return scores
    if scores.shape[1] == 1:
        scores = np.hstack([-scores, scores]) / 2
    columns = np.zeros((len(scores), len(classes)))
    columns[:, np.searchsorted(classes, known)] = scores
    return columns


def one_hot(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """1 in the column of each row's class, else 0; one column for two classes.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Classes of the rows.
    classes : ndarray of shape (n_classes,)
        All classes, sorted.

    Returns
    -------
    Y : ndarray of shape (n_samples, n_columns)
        Zeros and ones.
    """
    Y = (labels[:, None] == classes).astype(np.float64)
    return Y[:, 1:] if len(classes) == 2 else Y


def fine_tune_classifier(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    sample_weight: NDArray[np.floating] | None = None,
    strength: float | None = None,
) -> tuple[Any, Choice]:
    r"""Correct a classifier of the source on labelled target rows.

    A linear model with weights :math:`w_s` becomes the minimiser of

    .. math:: \sum_i w_i \ell(y_i, x_i w) + \frac{\lambda}{2} \|w - a w_s\|^2

    with the logistic loss (squared loss for RidgeClassifier, with a = 1), the factor
    a of :func:`temperature`, and the intercept a weight like the others. Others are
    trained further: :math:`1 / \lambda` is the number of passes over the target rows.

    Parameters
    ----------
    model : classifier
        Fitted to the source; may be a Pipeline. It is not changed.
    X : array-like or sparse matrix of n_samples rows
        Labelled target rows.
    labels : ndarray of shape (n_samples,)
        Their classes.
    sample_weight : ndarray of shape (n_samples,), default=None
        Their weights.
    strength : float, default=None
        :math:`\lambda`, inf for the source model as it is. None: by cross-validation
        on the target rows, inf among the candidates; linear models of all strengths
        are averaged as :func:`tune_scores` says.

    Returns
    -------
    tuned : classifier
        A copy that serves the target.
    choice : Choice
        The strength and what was tried.
    """
    classes = np.union1d(model.classes_, labels)
    if strength is None and np.all(labels == labels[0]):
        warn_of_one_class(labels)
        strength = np.inf
    if strength is not None and np.isinf(strength):
        return copy.deepcopy(model), Choice.given(np.inf)
    weight = np.ones(labels.size) if sample_weight is None else sample_weight
    weight = np.asarray(weight, dtype=np.float64)
    if is_linear(model):
        return _tune_linear(model, X, labels, classes, weight, strength)
    return _train_further(model, X, labels, classes, sample_weight, strength)


def tune_scores(
    X: Any,
    offset: NDArray[np.float64],
    Y: NDArray[np.float64],
    strata: NDArray[Any],
    weight: NDArray[np.float64],
    strength: float | None = None,
    *,
    intercept: bool = True,
    squared: bool = False,
    rescale: bool = True,
) -> Tuned:
    """Correct scores of target rows by a linear function of their features.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Rows.
    offset : ndarray of shape (n_samples, n_columns)
        Scores that were found without the labels of these rows.
    Y : ndarray of shape (n_samples, n_columns)
        What the scores should have been.
    strata : ndarray of shape (n_samples,)
        Classes, to be spread evenly over the folds.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.
    strength : float, default=None
        Finite. None: corrections of all strengths are averaged, each in proportion to
        the likelihood of held-out rows, less one standard error.
    intercept : bool, default=True
        Whether a constant may be added.
    squared : bool, default=False
        Squared loss; otherwise logistic.
    rescale : bool, default=True
        Whether the scores have to be brought to the scale of logits first.

    Returns
    -------
    tuned : Tuned
        Factor of the scores, and weights of the features.
    """
    span = row_span(X, intercept)

    def factor(rows: NDArray[np.bool_]) -> float:
        if squared or not rescale:
            return 1.0
        return temperature(offset[rows], Y[rows], weight[rows])

    def path(rows: NDArray[np.bool_], strengths: Any, a: float, tol: float) -> Any:
        parts = span.Z[rows], a * offset[rows], Y[rows], strengths, weight[rows]
        return ridge_path(*parts) if squared else logistic_path(*parts, tol=tol)

    def fit_path(rows: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
        a = factor(rows)
        for D in path(rows, strengths, a, CHOOSING_TOL):
            yield a * offset + span.Z @ D

    def losses_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return ((Y - scores) ** 2).sum(axis=1) if squared else row_losses(scores, Y)

    every = np.ones(len(Y), dtype=bool)
    if strength is None:
        strengths = row_scale(X) * np.array(STRENGTHS)
        folds = even_folds(strata, offset[:, -1])
        losses = held_out_losses(fit_path, losses_of, folds, strengths.size)
        mean = weight @ losses / weight.sum()
        if squared:  # of a normal distribution, twice the negative log-likelihood
            losses = losses / (2 * max(mean.min(), np.finfo(float).tiny))
        shares = softmax(-believed_losses(losses, weight))
        choice = Choice(strengths[shares.argmax()], strengths, mean, shares)
    else:
        choice = Choice.given(strength)
    a = factor(every)
    D = sum(
        share * D
        for share, D in zip(choice.shares, path(every, choice.strengths, a, 1e-8))
    )
    return Tuned(a, span.weights(X, D), choice)


def _tune_linear(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    classes: NDArray[Any],
    weight: NDArray[np.float64],
    strength: float | None,
) -> tuple[Any, Choice]:
    model = copy.deepcopy(model)
    last = last_step(model)
    Z = before_last_step(model, X)
    Z = Z if sparse.issparse(Z) else np.asarray(Z)
    offset = class_columns(last.decision_function(Z), last.classes_, classes)
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
    return model, tuned.choice


def set_weights(
    last: Any, factor: float, W: NDArray[np.float64], classes: NDArray[Any]
) -> None:
    """Multiply the weights of a linear classifier and add to them.

    Parameters
    ----------
    last : classifier
        Changed in place.
    factor : float
        Factor of its weights.
    W : ndarray of shape (n_columns, n_features) or (n_columns, n_features + 1)
        What is added; with one column more, the last is that of the intercept.
    classes : ndarray of shape (n_classes,)
        Its classes from now on.
    """
    coef = last.coef_.toarray() if sparse.issparse(last.coef_) else last.coef_
    dtype, known, features = coef.dtype, last.classes_, coef.shape[-1]
    coef = class_columns(np.atleast_2d(coef).T, known, classes).T
    last.coef_ = (factor * coef + W[:, :features]).astype(dtype)
    if W.shape[1] > features:
        b = np.broadcast_to(last.intercept_, (1 if len(known) == 2 else len(known),))
        b = class_columns(b[None, :], known, classes)[0]
        last.intercept_ = (factor * b + W[:, -1]).astype(dtype)
    elif len(classes) != len(known):
        last.intercept_ = np.zeros(len(classes), dtype=dtype)
    if hasattr(last, "_label_binarizer"):
        last._label_binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(classes)
    else:
        last.classes_ = classes


def _train_further(
    model: Any,
    X: Any,
    labels: NDArray[Any],
    classes: NDArray[Any],
    sample_weight: Any,
    strength: float | None,
) -> tuple[Any, Choice]:
    step = training_step(last_step(model), sample_weight is not None)
    unknown = np.setdiff1d(labels, model.classes_).tolist()
    if unknown:
        raise ValueError(
            f"{type(last_step(model)).__name__} cannot learn classes in fine-tuning "
            f"that the source does not have: {unknown!r} occur in target rows only. "
            "Use a linear estimator such as LogisticRegression, or strategy='pool'."
        )
    Z = before_last_step(model, X)
    weight = np.ones(labels.size) if sample_weight is None else sample_weight
    Y = labels[:, None] == model.classes_

    def scores_of(last: Any) -> NDArray[np.float64]:
        if hasattr(last, "predict_proba"):
            return np.log(np.clip(last.predict_proba(Z), 1e-3, 1))
        return teacher_scores(last, Z, classes.size)

    def losses_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        said = (Y * scores).sum(axis=1)
        if hasattr(last_step(model), "predict_proba"):
            return -said
        return (said < scores.max(axis=1)).astype(np.float64)

    def fit_path(rows: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
        last, done = copy.deepcopy(last_step(model)), 0
        for n_passes in PASSES:
            step(last, _taken(Z, rows), labels[rows], weight[rows], n_passes - done)
            done = n_passes
            yield scores_of(last)

    with np.errstate(divide="ignore"):
        strengths = 1 / np.array(PASSES, dtype=np.float64)
    if strength is None:
        folds = even_folds(labels, teacher_scores(model, X, classes.size)[:, -1])
        losses = held_out_losses(fit_path, losses_of, folds, len(PASSES))
        best = believed_losses(losses, weight).argmin()
        mean = weight @ losses / weight.sum()
        shares = np.eye(len(PASSES))[best]
        choice = Choice(strengths[best], strengths, mean, shares)
    else:
        choice = Choice.given(strength)
    tuned = copy.deepcopy(model)
    n_passes = int(np.rint(1 / max(choice.strength, 1 / 1000)))
    step(last_step(tuned), Z, labels, weight, n_passes)
    return tuned, choice


def _taken(Z: Any, rows: NDArray[np.bool_]) -> Any:
    return Z.tocsr()[rows] if sparse.issparse(Z) else np.asarray(Z)[rows]


def training_step(last: Any, weighted: bool) -> Callable[..., None]:
    """How an estimator is trained further.

    Parameters
    ----------
    last : estimator
        Fitted, no Pipeline.
    weighted : bool
        Whether the rows have weights.

    Returns
    -------
    step : callable
        Of (estimator, X, y, weight, n_passes): trains the estimator in place.

    Raises
    ------
    TypeError
        If it has neither ``partial_fit`` nor ``warm_start`` with ``n_estimators``, or
        takes no weights where there are any.
    """
    name = type(last).__name__
    further = hasattr(last, "partial_fit")
    grown = {"warm_start", "n_estimators"} <= set(
        getattr(last, "get_params", dict)(deep=False)
    )
    if not (further or grown):
        raise TypeError(
            f"{name} cannot be fine-tuned: it has neither weights (coef_, intercept_), "
            "partial_fit, nor warm_start with n_estimators. Use such an estimator "
            "(LogisticRegression, RidgeClassifier, SGDClassifier, MLPClassifier, "
            "RandomForestClassifier, ...), or another strategy."
        )
    function = last.partial_fit if further else last.fit
    takes = "sample_weight" in inspect.signature(function).parameters
    if weighted and not takes:
        raise TypeError(
            f"{name} cannot be weighted: its {function.__name__} takes no "
            "sample_weight, and dropping the weights would undo the transfer. Use an "
            "estimator that takes them, or leave out weighter, target_weight and "
            "sample_weight."
        )

    def pass_on(last: Any, X: Any, y: Any, weight: Any, n_passes: int) -> None:
        extra = {"sample_weight": weight} if weighted else {}
        for _ in range(n_passes):
            last.partial_fit(X, y, **extra)

    def grow(last: Any, X: Any, y: Any, weight: Any, n_passes: int) -> None:
        if n_passes == 0:
            return
        extra = {"sample_weight": weight} if weighted else {}
        before = last.get_params(deep=False)
        more = n_passes * max(1, before["n_estimators"] // 16)
        last.set_params(warm_start=True, n_estimators=before["n_estimators"] + more)
        last.fit(X, y, **extra)
        last.set_params(warm_start=before["warm_start"])

    return pass_on if further else grow
