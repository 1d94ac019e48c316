"""What a distilled model gives for a row, as a sum over the features of the row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sktransfer._core.parts.decisions import Contributions, decide_terms, steps_of
from sktransfer._core.parts.terms import NotAdditiveError, Terms
from sktransfer.transfer.strategies._correction import Correction
from sktransfer.transfer.strategies._default_student import plain_output
from sktransfer.transfer.strategies._soft_labels import SHARPNESS

N_NODES = 200  # of the integral along the way from no feature to the row


@plain_output()
def distilled_contributions(model: Any, given: Terms) -> Contributions:
    """Contributions to the decision of a DistilledClassifier."""
    n_classes = model.classes_.size
    if (given.domain or 0) > 0:
        if model.teachers_ is None:
            raise NotAdditiveError(
                "the model is without a teacher, which knows sources"
            )
        return _decision(_teacher(model.teachers_, given), n_classes)
    scores = _both_sides(_output(model.student_, "predict", given), n_classes)
    if model.teacher_weight > 0:
        by_teacher = _teacher(model.teachers_, given)
        scores = scores.joined(by_teacher.times(model.teacher_weight))
    scores = scores.times(1.0, model.shift_).times(1 / (1 + model.teacher_weight))
    if model.correction_ is not None:
        scores = _corrected(model, given, _decision(scores, n_classes))
    return _decision(scores, n_classes)


def _output(part: Any, function: str, given: Terms, mapper: Any = None) -> Any:
    return decide_terms([*steps_of(mapper), *steps_of(part)], function, given)


def _both_sides(scores: Contributions, n_classes: int) -> Contributions:
    """One column for each class."""
    if n_classes == 2 and scores.base.size == 1:
        both = np.array([[-1.0, 1.0]])
        return scores.through(both, scores.base @ both, scores.linear)
    if scores.base.size != n_classes:
        raise NotAdditiveError("the teacher has scores of pairs of classes")
    return scores


def _decision(scores: Contributions, n_classes: int) -> Contributions:
    """Of two classes the scores of the second one."""
    if scores.base.size != 2 or n_classes != 2:
        return scores
    second = np.array([[0.0], [1.0]])
    return scores.through(second, scores.base @ second, scores.linear)


def _teacher(teachers: Any, given: Terms) -> Contributions:
    """Contributions to the soft labels of the teachers."""
    n_classes = teachers.classes.size
    mapped = _output(teachers.mapped, "decision_function", given, teachers.mapper)
    total = _both_sides(mapped, n_classes).times(1 / teachers.spreads[0])
    if teachers.native is not None:
        native = _both_sides(_output(teachers.native, "predict", given), n_classes)
        total = native.times(1 / teachers.spreads[1]).joined(total)
    logits = total.times(SHARPNESS / teachers.scale)
    return along_the_way(logits, given.row is not None)


def _corrected(model: Any, given: Terms, scores: Contributions) -> Contributions:
    """Contributions to the scores after the correction by labelled target rows."""
    correction: Correction = model.correction_
    views = [steps_of(model.student_)[:-1]]
    if model.teacher_weight > 0 and model._mapper is not None:
        views.append(steps_of(model._mapper))
    views = views[-len(correction.scales) :]
    W = correction.W[:-1]
    logits = scores.times(correction.factor, correction.W[-1])
    for k, (steps, scale) in enumerate(zip(views, correction.scales, strict=True)):
        weights = LinearMap(W / scale, last=k > 0)
        logits = logits.joined(decide_terms([*steps, weights], "predict", given))
    if logits.base.size == 1:  # of two classes: logit differences
        half = np.array([[-0.5, 0.5]])
        logits = logits.through(half, logits.base @ half, logits.linear)
    return along_the_way(logits, given.row is not None)


class LinearMap:
    """Rows times the first rows of a matrix, or the last ones."""

    def __init__(self, weights: NDArray[np.float64], *, last: bool) -> None:
        self.weights = weights
        self.last = last

    def predict(self, Z: Any) -> NDArray[np.float64]:
        """The products."""
        n = Z.shape[1]
        return np.asarray(Z @ (self.weights[-n:] if self.last else self.weights[:n]))


def along_the_way(logits: Contributions, has_row: bool) -> Contributions:
    r"""Contributions to soft labels :math:`g(u) = 2\,\mathrm{softmax}(u) - 1`.

    Each feature gets :math:`c_j \int_0^1 g'(u_0 + t (u - u_0))\,dt`, where c_j is what
    it adds to the logits :math:`u`, and :math:`u_0` are those without any feature. The
    sum is :math:`g(u) - g(u_0)`: integrated gradients, Sundararajan et al. 2017.
    """
    if not has_row:
        return logits.through(
            _slope(np.zeros_like(logits.base)), 0 * logits.base, False
        )
    start, end = logits.base, logits.total
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    matrix: Any = sum(
        weight / 2 * _slope(start + (1 + node) / 2 * (end - start))
        for node, weight in zip(nodes, weights)
    )
    base, way = 2 * softmax(start) - 1, end - start
    missing = 2 * softmax(end) - 1 - base - way @ matrix
    if np.any(way):  # what the integral of few nodes leaves
        matrix = matrix + np.outer(way, missing) / (way @ way)
    return logits.through(matrix, base, False)


def _slope(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivatives of 2 softmax - 1."""
    p = softmax(logits)
    return 2 * (np.diag(p) - np.outer(p, p))
