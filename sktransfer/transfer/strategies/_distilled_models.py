"""Models that distillation returns: a student for target rows, teachers for others."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _num_samples

from sktransfer._core.inputs import row_container, take_rows
from sktransfer._core.parts import map_rows
from sktransfer._core.parts.decisions import Contributions
from sktransfer._core.parts.terms import Terms
from sktransfer.transfer._class_scores import (
    class_scores,
    score_columns,
    score_probabilities,
)
from sktransfer.transfer.strategies._correction import (
    Correction,
    corrected,
    fit_correction,
    native_features,
)
from sktransfer.transfer.strategies._default_student import plain_output
from sktransfer.transfer.strategies._distilled_terms import distilled_contributions
from sktransfer.transfer.strategies._soft_labels import (
    score_scale,
    soft_labels,
    student_scores,
)
from sktransfer.transfer.strategies._strength_validation import StrengthValidation


class Teachers:
    """The teacher of mapped rows, and perhaps one of native rows, as one teacher."""

    def __init__(self, mapped: Any, mapper: Any, classes: NDArray[Any]) -> None:
        self.mapped = mapped
        self.native: Any = None
        self.mapper = mapper
        self.classes = classes
        self.spreads = [1.0]
        self.scale = 1.0

    def _scores_of_each(self, native: Any, mapped: Any) -> list[NDArray[np.float64]]:
        """Scores by each teacher of rows in native form, and mapped."""
        n_classes = self.classes.size
        scores = [class_scores(self.mapped, mapped, n_classes)]
        if self.native is not None:
            scores.append(student_scores(self.native, native, n_classes))
        return scores

    def set_spreads(self, native: Any, mapped: Any, weight: NDArray[Any]) -> None:
        """Measure the spread of the scores of each teacher over some rows."""
        scores = self._scores_of_each(native, mapped)
        self.spreads = [score_scale(s, weight) for s in scores]

    def scores(self, native: Any, mapped: Any) -> NDArray[np.float64]:
        """Scores of all teachers, each divided by its spread, added."""
        total: Any = 0.0
        for scores, spread in zip(self._scores_of_each(native, mapped), self.spreads):
            total = total + scores / spread
        return total

    def soft_labels(
        self, native: Any, sample_domain: NDArray[np.int64] | None
    ) -> NDArray[np.float64]:
        """Soft labels of rows by their scores."""
        mapped = map_rows(self.mapper, native, sample_domain)
        return soft_labels(self.scores(native, mapped), self.scale)


class DistilledModel:
    """A student of target rows, and a teacher of source rows that may be left out."""

    teacher_weight: float

    def without_teacher(self) -> Self:
        """The same predictions of target rows, by the student alone."""
        if self.teacher_weight > 0:
            raise ValueError(
                "without_teacher needs a student that predicts alone; got "
                f"teacher_weight={self.teacher_weight!r}, with which the teacher is "
                "asked for each row. Fit with Distillation(teacher_weight=0)."
            )
        alone = copy.copy(self)
        alone._drop_teacher()
        return alone

    def _drop_teacher(self) -> None:
        raise NotImplementedError


def require_teacher(teacher: Any) -> None:
    """Raise where source rows are to be predicted by a model without a teacher."""
    if teacher is None:
        raise ValueError(
            "Source rows are predicted by the teacher, which this model is without. "
            "Keep the model that without_teacher was called on, or pass target rows "
            "alone."
        )


class DistilledClassifier(DistilledModel):
    """The student's scores of target rows, the teacher's scores of source rows."""

    takes_native_rows: ClassVar[bool] = True
    takes_sample_domain: ClassVar[bool] = True

    def __init__(
        self,
        student: Any,
        teachers: Teachers,
        teacher_weight: float,
        shift: float | NDArray[np.float64],
    ) -> None:
        self.student_ = student
        self.teachers_: Teachers | None = teachers
        self.teacher_weight = teacher_weight
        self.shift_ = shift
        self.classes_ = teachers.classes
        self.correction_: Correction | None = None

    def correct(
        self,
        native: Any,
        mapped: Any,
        labels: NDArray[Any],
        weight: NDArray[np.floating] | None,
        strength: float | None,
    ) -> StrengthValidation:
        """Learn from labelled target rows what the model gets wrong."""
        self.correction_ = None
        self.correction_ = fit_correction(
            self._correction_views(native, mapped),
            self._scores(native, None),
            labels,
            self.classes_,
            np.ones(labels.size) if weight is None else weight,
            strength,
        )
        if self.correction_ is None:
            return StrengthValidation.given(np.inf)
        return self.correction_.validation

    def _correction_views(self, native: Any, mapped: Any) -> list[Any]:
        """Features on which the predictions are corrected."""
        views = [native_features(self.student_, native)]
        if self.teacher_weight > 0 and self._mapper is not None:
            views.append(mapped)
        return [view for view in views if view is not None]

    def _scores(self, X: Any, sample_domain: Any) -> NDArray[np.float64]:
        """Scores between -1 and 1 of each class, for rows in native form."""
        X, n, n_classes = row_container(X), _num_samples(X), self.classes_.size
        target = np.ones(n, bool) if sample_domain is None else sample_domain < 0
        scores = np.zeros((n, n_classes))
        if target.any():
            rows = take_rows(X, np.flatnonzero(target))
            scores[target] = student_scores(self.student_, rows, n_classes)
        weight = np.where(target, self.teacher_weight, 1.0)
        by_teachers = np.flatnonzero(weight)
        if by_teachers.size:
            require_teacher(self.teachers_)
            assert self.teachers_ is not None
            domain = None if sample_domain is None else sample_domain[by_teachers]
            soft = self.teachers_.soft_labels(take_rows(X, by_teachers), domain)
            scores[by_teachers] += weight[by_teachers, None] * soft
        scores[target] = (scores[target] + self.shift_) / (1 + self.teacher_weight)
        if self.correction_ is not None and target.any():
            rows = take_rows(X, np.flatnonzero(target))
            views = self._correction_views(rows, self._mapped_view(rows))
            scores[target] = corrected(self.correction_, views, scores[target])
        return scores

    def _contributions(self, given: Terms, mapper: Any) -> Contributions:
        """The decision for a row as a sum over its features."""
        return distilled_contributions(self, given)

    def _mapped_view(self, X: Any) -> Any:
        """Target rows, mapped, where the correction needs them."""
        if self._mapper is None or self.teacher_weight == 0:
            return None
        return map_rows(self._mapper, X, None)

    @property
    def _mapper(self) -> Any:
        return None if self.teachers_ is None else self.teachers_.mapper

    def _drop_teacher(self) -> None:
        self.teachers_ = None

    def predict(self, X: Any, sample_domain: ArrayLike | None = None) -> NDArray[Any]:
        """Class of the largest score."""
        return self.classes_[self._scores(X, sample_domain).argmax(axis=1)]

    def predict_proba(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Probabilities of the classes."""
        return score_probabilities(self._scores(X, sample_domain))

    def predict_log_proba(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Logarithms of the probabilities of the classes."""
        return np.log(self.predict_proba(X, sample_domain))

    def decision_function(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Scores of the classes; of two classes that of the second."""
        return score_columns(self._scores(X, sample_domain))


class DistilledRegressor(DistilledModel):
    """The student's predictions of target rows, the teacher's of source rows."""

    takes_native_rows: ClassVar[bool] = True
    takes_sample_domain: ClassVar[bool] = True

    def __init__(
        self, student: Any, teacher: Any, mapper: Any, teacher_weight: float
    ) -> None:
        self.student_ = student
        self.teacher_ = teacher
        self.mapper_ = mapper
        self.teacher_weight = teacher_weight

    def predict(self, X: Any, sample_domain: Any = None) -> NDArray[np.floating]:
        """Predicted numbers."""
        X, n = row_container(X), _num_samples(X)
        if sample_domain is None or np.all(sample_domain < 0):
            return self._predict_target(X, sample_domain)
        predicted = np.zeros(n)
        source = np.flatnonzero(sample_domain > 0)
        rows = take_rows(X, source)
        predicted[source] = self._predict_by_teacher(rows, sample_domain[source])
        target = np.flatnonzero(sample_domain < 0)
        if target.size:
            rows = take_rows(X, target)
            predicted[target] = self._predict_target(rows, sample_domain[target])
        return predicted

    def _drop_teacher(self) -> None:
        self.teacher_ = self.mapper_ = None

    def _predict_by_teacher(self, X: Any, sample_domain: Any) -> NDArray[np.floating]:
        require_teacher(self.teacher_)
        return self.teacher_.predict(map_rows(self.mapper_, X, sample_domain))

    def _predict_target(self, X: Any, sample_domain: Any) -> NDArray[np.floating]:
        with plain_output():
            predicted = self.student_.predict(X)
        if self.teacher_weight == 0:
            return predicted
        by_teacher = self._predict_by_teacher(X, sample_domain)
        return (predicted + self.teacher_weight * by_teacher) / (
            1 + self.teacher_weight
        )
