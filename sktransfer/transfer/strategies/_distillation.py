"""Distillation: a model in the shared space teaches a student on native features."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from sktransfer._core.inputs import take_rows
from sktransfer._core.parameters import HasMethods, integer, number, one_of
from sktransfer._core.parts import fit_estimator
from sktransfer._core.progress import begin_part
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.transfer.strategies._base import Strategy
from sktransfer.transfer.strategies._confidence import (
    mean_confidence,
    warn_of_weak_link,
)
from sktransfer.transfer.strategies._default_student import (
    default_student,
    plain_output,
    target_tokenizer,
)
from sktransfer.transfer.strategies._distilled_models import (
    DistilledClassifier,
    DistilledRegressor,
    Teachers,
)
from sktransfer.transfer.strategies._rows import TrainingRows
from sktransfer.transfer.strategies._shared_directions import (
    FULL_WEIGHT_ROWS,
    fit_on_shared_directions,
)
from sktransfer.transfer.strategies._soft_labels import (
    class_shares,
    fit_and_leave_one_out,
    fit_student,
    refined_labels,
    score_scale,
    share_shift,
    soft_labels,
)

N_ROUNDS = 4
SPREAD_ROWS = 500  # labelled rows that tell the spread of the scores of each teacher


class Distillation(Strategy):
    """Let the pooled model teach a student on the native features of the target.

    The estimator is trained on the mapped rows. Its scores of the target rows become
    soft labels, and a student learns them from the rows in their native form, before
    the mapper. Target rows are predicted by the student, source rows by the teacher.

    With classes, labelled target rows are kept from teacher and student, and correct
    the result as in :class:`FineTuning`; where the source has labels of one class only,
    they are taught as they are. With numbers, known target labels are taught.

    Parameters
    ----------
    student : regressor, default=None
        Learns soft labels of the target rows as they were passed to ``fit``. None: for
        texts, ridge regression on words, word pairs and character n-grams weighted by
        :class:`~sktransfer.text.LogCountRatioScaler`, with the tokenizer of the mapper,
        or of the vectorizer that is its first step; for sparse counts the same without
        the vectorizers; otherwise ridge regression.
    native_teacher : bool, default=False
        Whether a second student, fitted to the labelled rows in their native form,
        teaches as well: the scores of both teachers are scaled to the same spread over
        the labelled rows and added, so that a teacher that finds few of its features in
        the target counts little. For domains that share their native features, such as
        two categories in one language; not for two languages. Only with classes.
    teacher_weight : float, default=0.0
        Weight of the teacher's prediction of a target row next to the student's. With
        0 the student predicts alone.
    match_shares : bool, default=False
        Whether predictions are shifted so that the classes have the shares of the
        target rows that the teacher gives them. A regression shrinks towards its mean,
        so a student on its own exaggerates unequal shares. Costs one more pass over
        the target rows, ten fits of the student where there are more than 4000. Only
        with classes.
    refine : bool or int, default=False
        Number of rounds in which each soft label is replaced by the student's
        prediction without the row, at the teacher's shares of the classes; True: 4
        rounds. They make the student of a poor teacher worse. Only with classes.
    shared_directions : bool or "auto", default="auto"
        Whether a teacher that is a logistic regression, ridge classifier or linear SVM
        with an L2 penalty leans less on directions in which target rows vary more than
        labelled rows do: each principal direction of the labelled rows is multiplied by
        the ratio of the two mean squares where it is below 1. With more than 2000
        labelled rows all are also multiplied by the root of 2000 / n, which makes the
        penalty of each row that of 2000. Needs dense rows, 50 labelled ones and 50 of
        the target. "auto": with a :class:`~sktransfer.crosslingual.CrossLingualMapper`
        and more than 2000 labelled rows. Only with classes.
    strength : float, default=None
        How strongly labelled target rows correct the model, as in
        :class:`FineTuning`; inf: not at all. Only with classes.

    Attributes
    ----------
    estimator_ : estimator
        The fitted teacher.
    student_ : regressor
        The fitted student.
    native_teacher_ : regressor or None
        The second teacher; only with classes.
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the training of the teacher.
    strength_ : float
        The strength of the largest share; only where labels corrected the model.
    confidence_ : dict of str to float
        Mean probability that the teacher gives the class it predicts, on labelled
        "source" rows and on "target" rows; empty without probabilities, domains or 200
        rows a side. On the target it came within .035 of the accuracy of the teacher
        on 17 of 18 pairs of languages and categories. A fall of more than .05 after a
        :class:`~sktransfer.CrossLingualMapper` is warned of. Only with classes.
    validation_ : tuple
        ``strengths`` that were tried, mean ``losses`` on held-out target rows, and
        ``shares`` of each in the correction; only where labels corrected the model.

    See Also
    --------
    SelfTraining : Labels target rows as well, without a second set of features.
    sktransfer.text.LogCountRatioScaler : Weights the features of the default student.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural
           network", NIPS workshop, 2014.
    .. [2] D. Guillory, V. Shankar, S. Ebrahimi, T. Darrell, L. Schmidt, "Predicting
           with confidence on unseen distributions", ICCV 2021 (falls of confidence).

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.transfer.strategies import Distillation
    >>> X = np.array([[-1.0, 0.0], [1.0, 0.0], [-1.0, -1.0], [1.0, 1.0]])
    >>> model = TransferClassifier(strategy=Distillation(teacher_weight=0.5))
    >>> model.fit(X, ["no", "yes", None, None], sample_domain=[1, 1, -1, -1])
    TransferClassifier(strategy=Distillation(teacher_weight=0.5))
    >>> student = model.strategy_.student_  # it uses the second column as well
    >>> bool(student[-1].coef_[1] > 0.1)
    True
    """

    gives_scores: ClassVar[bool] = True
    holds_out_target_labels: ClassVar[bool] = True
    _part_examples: ClassVar[dict[str, str]] = {"student": "Ridge()"}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "student": [HasMethods(["fit", "predict"]), None],
        "native_teacher": ["boolean"],
        "teacher_weight": [number(0)],
        "match_shares": ["boolean"],
        "refine": ["boolean", integer(0)],
        "shared_directions": ["boolean", one_of("auto")],
        "strength": [number(0, np.inf), None],
    }

    def __init__(
        self,
        student: Any = None,
        *,
        native_teacher: bool = False,
        teacher_weight: float = 0.0,
        match_shares: bool = False,
        refine: bool | int = False,
        shared_directions: bool | str = "auto",
        strength: float | None = None,
    ) -> None:
        self.student = student
        self.native_teacher = native_teacher
        self.teacher_weight = teacher_weight
        self.match_shares = match_shares
        self.refine = refine
        self.shared_directions = shared_directions
        self.strength = strength

    def fit_model(self, estimator: Any, rows: TrainingRows) -> Any:
        """Fit the teacher, and let it teach the student.

        Parameters
        ----------
        estimator : estimator
            Classifier or regressor, the teacher; it is cloned.
        rows : TrainingRows
            Rows of all domains.

        Returns
        -------
        model : object
            Predicts rows in their native form.

        Raises
        ------
        ValueError
            If there are domains but no target row, or the labels are numbers and a
            parameter is set that is for classes only.
        """
        rows.require_target("Distillation")
        if rows.classes is None:
            return self._fit_regressor(estimator, rows)
        source = rows.without_target_labels()
        model = self._fit_classifier(estimator, source)
        if source is not rows:
            known = rows.labelled & rows.target
            mapped, labels, weights = rows.part(known)
            native = take_rows(rows.native, np.flatnonzero(known))
            self.validation_ = model.correct(
                native, mapped, labels, weights, self.strength
            )
            self.strength_ = self.validation_.strength
        return model

    def _fit_classifier(
        self, estimator: Any, rows: TrainingRows
    ) -> DistilledClassifier:
        """Fit teachers and student, without a correction."""
        assert rows.classes is not None
        begin_part("teacher", of=3)
        self.estimator_ = self._fit_teacher(estimator, rows)
        self.sample_weight_ = rows.training_weights()
        classes = getattr(self.estimator_, "classes_", rows.classes)
        student_rows, native, weight = self._rows_of_the_student(rows)
        self.confidence_ = mean_confidence(self.estimator_, rows, student_rows)
        if isinstance(rows.mapper, CrossLingualMapper):
            warn_of_weak_link(self.confidence_)
        student = self._new_student(native, rows)
        teachers = Teachers(self.estimator_, rows.mapper, classes)
        if self.native_teacher:
            self._add_native_teacher(teachers, student, rows)
        self.native_teacher_ = teachers.native
        scores = teachers.scores(native, take_rows(rows.mapped, student_rows))
        teachers.scale = score_scale(scores, weight)
        by_teachers = soft_labels(scores, teachers.scale)
        soft, known = _with_known_labels(by_teachers, rows, student_rows, classes)
        begin_part("soft labels", of=3)
        n_rounds = N_ROUNDS if self.refine is True else int(self.refine)
        labels = refined_labels(
            clone(student), native, soft, known=known, n_rounds=n_rounds
        )
        begin_part("student", of=3)
        shift: Any = 0.0
        if self.match_shares:
            self.student_, without_row = fit_and_leave_one_out(
                clone(student), native, labels, sample_weight=weight
            )
            predicted = without_row + self.teacher_weight * by_teachers
            shift = share_shift(predicted, class_shares(scores))
        else:
            self.student_ = fit_student(
                clone(student), native, labels, sample_weight=weight
            )
        return DistilledClassifier(self.student_, teachers, self.teacher_weight, shift)

    def _fit_teacher(self, estimator: Any, rows: TrainingRows) -> Any:
        """The estimator, fitted to the labelled rows after the mapper."""
        shared = self.shared_directions
        if shared == "auto":
            many = rows.labels.size > FULL_WEIGHT_ROWS
            shared = many and isinstance(rows.mapper, CrossLingualMapper)
        if not shared:
            return rows.fit(estimator)
        return fit_on_shared_directions(estimator, rows)

    def _rows_of_the_student(
        self, rows: TrainingRows
    ) -> tuple[NDArray[np.intp], Any, NDArray[np.floating] | None]:
        """Target rows, all rows without domains: numbers, native form, weights."""
        student_rows = np.arange(rows.labelled.size)
        if rows.domain is not None:
            student_rows = np.flatnonzero(rows.target & rows.counted)
        weight = rows.sample_weight
        if weight is not None:
            weight = weight[student_rows]
        return student_rows, take_rows(rows.native, student_rows), weight

    def _new_student(self, native: Any, rows: TrainingRows) -> Any:
        """The student to fit, unfitted."""
        if self.student is not None:
            return self.student
        return default_student(native, target_tokenizer(rows.mapper))

    def _add_native_teacher(
        self, teachers: Teachers, student: Any, rows: TrainingRows
    ) -> None:
        """Fit a teacher to the labelled rows in native form; measure both spreads."""
        labelled = np.flatnonzero(rows.labelled)
        weights = self.sample_weight_[labelled]
        teachers.native = fit_student(
            clone(student),
            take_rows(rows.native, labelled),
            2.0 * (rows.labels[:, None] == teachers.classes) - 1,
            sample_weight=None if np.all(weights == 1) else weights,
        )
        order = np.random.default_rng(0).permutation(labelled.size)
        some = labelled[np.sort(order[:SPREAD_ROWS])]
        teachers.set_spreads(
            take_rows(rows.native, some),
            take_rows(rows.mapped, some),
            self.sample_weight_[some],
        )

    def _fit_regressor(self, estimator: Any, rows: TrainingRows) -> DistilledRegressor:
        """Fit the teacher, and the student to its predictions of the target rows."""
        self._check_regression()
        begin_part("teacher", of=2)
        self.estimator_ = rows.fit(estimator)
        self.sample_weight_ = rows.training_weights()
        student_rows, native, weight = self._rows_of_the_student(rows)
        mapped = take_rows(rows.mapped, student_rows)
        labels = np.array(np.ravel(self.estimator_.predict(mapped)), dtype=np.float64)
        if rows.domain is not None:
            known = rows.labelled & rows.target
            labels[rows.labelled[student_rows]] = rows.labels[known[rows.labelled]]
        begin_part("student", of=2)
        student = clone(self._new_student(native, rows))
        with plain_output():
            self.student_ = fit_estimator(
                student, native, labels, weight, every_step=True
            )
        return DistilledRegressor(
            self.student_, self.estimator_, rows.mapper, self.teacher_weight
        )

    def _check_regression(self) -> None:
        """Raise if a parameter is set that is for classes only."""
        for name in ("native_teacher", "match_shares", "refine", "shared_directions"):
            if getattr(self, name) not in (False, "auto"):
                raise ValueError(
                    f"{name} of Distillation is for classes only; got "
                    f"{name}={getattr(self, name)!r} in a regressor. Leave it False."
                )
        if self.strength is not None:
            raise ValueError(
                "strength of Distillation is for classes only: a regressor teaches "
                f"known target labels as they are; got strength={self.strength!r}. "
                "Leave it None."
            )


def _with_known_labels(
    labels: NDArray[np.float64],
    rows: TrainingRows,
    student_rows: NDArray[np.intp],
    classes: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Soft labels, known labels put in their place, and a mask of the known ones."""
    soft = labels.copy()
    # without domains the teacher has seen the labels already
    known = rows.labelled[student_rows] & (rows.domain is not None)
    if known.any():
        place = np.searchsorted(np.flatnonzero(rows.labelled), student_rows[known])
        soft[known] = 2.0 * (rows.labels[place][:, None] == classes) - 1
    return soft, known
