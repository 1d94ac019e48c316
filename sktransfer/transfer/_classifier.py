"""A classifier that learns from source domains and serves the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.labels import label_array, mask_labels
from sktransfer._core.parts import copy_features, fit_mapper, sliceable
from sktransfer.transfer._base import TransferEstimator
from sktransfer.transfer._labels import checked_labels, labelled_rows
from sktransfer.transfer._parameters import check_count, check_student
from sktransfer.transfer._predictions import PredictsByDomain
from sktransfer.transfer.strategies._base import Rows, learn
from sktransfer.transfer.strategies._correction import (
    corrected,
    fit_correction,
    native_features,
)
from sktransfer.transfer.strategies._distillation import (
    N_ROUNDS,
    SPREAD_ROWS,
    class_shares,
    columns,
    corrected_labels,
    fit_student,
    fit_with_left_out,
    probabilities,
    score_scale,
    share_shift,
    soft_labels,
    student_scores,
    teacher_scores,
)
from sktransfer.transfer.strategies._held_out_strength import Choice
from sktransfer.transfer.strategies._student import default_student, target_tokenizer

STRATEGIES = ("pool", "augment", "fine_tune", "self_train", "distill", "boost")


def _rows(X: Any, rows: NDArray[np.intp]) -> Any:
    return X if rows.size == _num_samples(X) else _safe_indexing(X, rows)


class TransferClassifier(PredictsByDomain, ClassifierMixin, TransferEstimator):
    """Train on labelled source domains, predict on the target.

    It owns its parts and hands them what a Pipeline cannot: the domain of each row
    and the weights of the source rows. `fit` maps all rows into a shared space,
    weights the source rows by their use for the target, and trains the estimator on
    the labelled rows; `predict` takes target rows.

    Parameters
    ----------
    estimator : classifier, default=None
        Trained on the mapped, weighted rows. None: ``LogisticRegression`` with
        ``max_iter=1000``. It must take ``sample_weight`` where there are weights.
        May be a Pipeline.
    mapper : transformer, default=None
        Brings all domains into one feature space, for example
        :class:`~sktransfer.crosslingual.CrossLingualMapper` on texts or
        :class:`~sktransfer.adaptation.CORAL` on features; any scikit-learn
        transformer or Pipeline. It is fitted on the rows of all domains. None: rows
        are used as they are.
    weighter : estimator, default=None
        Weights the source rows, for example
        :class:`~sktransfer.weighting.KMMInstanceWeighter`; or a Pipeline that ends
        in a weighter. It sees the mapped rows. None: all rows weigh the same.
    strategy : str, default="pool"
        How labelled rows of several domains make one model.

        "pool"
            The estimator is trained on all of them.
        "augment"
            It is trained on copies of the features, one that all domains share and one
            for each domain [1]_. Needs labelled target rows.
        "fine_tune"
            A model of the source is corrected on the labelled target rows, biased
            towards its weights; models without weights are trained further, by
            ``partial_fit`` or ``warm_start``. Needs labelled target rows.
        "self_train"
            Predictions of the surest target rows become labels in turn.
        "distill"
            The pooled model teaches: its scores of the target rows become soft labels,
            and a student learns them from the rows in their native form, before the
            mapper. Target rows are predicted by the student. Labelled target rows are
            kept from teacher and student, and correct the result as in "fine_tune".
        "boost"
            TrAdaBoost [2]_: source rows that contradict the labelled target rows fade
            out. Needs labelled target rows.
    student : regressor, default=None
        For ``strategy="distill"``; it sees the target rows as they came in. None: for
        texts, ridge regression on words, word pairs and character n-grams weighted by
        :class:`LogCountRatioScaler`, with the tokenizer of the mapper, or of the
        vectorizer that is its first step; for sparse counts the same without the
        vectorizers; otherwise ridge regression.
    refine : bool or int, default=False
        Number of rounds in which each soft label is replaced by what the student says
        that was fitted without it, at the teacher's shares of the classes; True: 4
        rounds. They carry a poor teacher astray.
    native_teacher : bool, default=False
        Whether a second student, fitted to the labelled rows in their native form,
        teaches as well: the scores of both teachers are scaled to the same spread over
        the labelled rows and added, so that one with little to say about the target
        counts little. For domains that share their native features, such as two
        categories in one language; not for two languages.
    teacher_weight : float, default=0.0
        Weight of the teacher's soft label next to the student's in a prediction. With
        0 the student predicts alone.
    match_shares : bool, default=False
        Whether predictions are shifted so that the classes have the shares of the
        target rows that the teacher gives them. A regression shrinks towards its mean,
        so a student on its own exaggerates unequal shares. Costs one more pass over
        the target rows, ten fits of the student where there are more than 4000.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read, whatever they hold. "use":
        labelled target rows are trained on as well; a missing label is NaN, None, or
        -1 where -1 is no class of the source.
    target_weight : float, default=1.0
        Weight of a labelled target row relative to the mean source row; only with
        ``target_labels="use"``. With few labels, values around 5 often serve.
    source_shares : {"equal", "target"}, default="equal"
        "equal": each row of several sources counts the same. "target": sources count
        by their use for the target. With labelled target rows that is how well a model
        of each source alone predicts them; without, how many of the target rows a
        classifier of the sources takes for its own.
    strength : float, default=None
        For "fine_tune", and "distill" with labelled target rows: how strongly weights
        are held to those of the source, in the units of ``1 / C``; inf for not at all
        tuned. None: strengths are tried by cross-validation on the labelled target
        rows, and their models averaged by how likely they make held-out labels, less
        one standard error. For models that are trained further, one over the number of
        passes.
    n_estimators : int, default=20
        For "boost": number of rounds, of which the second half votes.
    n_rounds : int, default=5
        For "self_train": number of rounds; each takes one more share of target rows.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled rows.
    estimator_ : estimator
        The fitted base estimator; the teacher with ``strategy="distill"``, the vote
        with "boost".
    student_ : regressor
        The fitted student; only with ``strategy="distill"``.
    native_teacher_ : regressor or None
        The second teacher; only with ``strategy="distill"``.
    mapper_ : transformer or None
        The fitted mapper.
    weighter_ : estimator or None
        The fitted weighter.
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the training of ``estimator_``; 0 for rows that it was
        not trained on. With "boost" those of the last round.
    source_shares_ : ndarray of shape (n_sources,) or None
        Share of each source, sorted by domain, with ``source_shares="target"``.
    strength_ : float
        The strength of the largest share; only where the model was tuned.
    choice_ : tuple
        ``strengths`` that were tried, ``losses`` on held-out target rows and ``shares``
        of each in the result; only where the model was tuned.
    n_features_in_ : int
        Number of features seen in `fit`, where the first part knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    sktransfer.model_selection.TargetKFold : Cross-validation on the target rows.
    sktransfer.encode_domains : Build ``sample_domain`` from names of domains.

    Notes
    -----
    With metadata routing enabled, ``sample_domain`` is requested by default, so it
    passes through Pipelines and searches. Without it, pass
    ``transferclassifier__sample_domain`` to a Pipeline's ``fit``.

    Source rows without a label (NaN or None) shape the mapper and the weights but
    are not trained on. A source domain may be without any label, where another has
    some: unlabelled texts of further categories are best given as such.

    References
    ----------
    .. [1] H. Daumé III, "Frustratingly easy domain adaptation", ACL 2007.
    .. [2] W. Dai, Q. Yang, G.-R. Xue, Y. Yu, "Boosting for transfer learning", ICML
           2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import KMMInstanceWeighter, TransferClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2)) + np.repeat([[0.0, 0.0], [1.0, 0.0]], 100, axis=0)
    >>> y = np.where(X[:, 0] > 0.5, "buys", "leaves")
    >>> sample_domain = np.repeat([1, -2], 100)
    >>> model = TransferClassifier(weighter=KMMInstanceWeighter())
    >>> model.fit(X, y, sample_domain=sample_domain).predict([[2.0, 0.0]])
    array(['buys'], dtype='<U6')
    """

    # what the caller passes reaches fit and predict through any Pipeline or search
    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any = None,
        *,
        mapper: Any = None,
        weighter: Any = None,
        strategy: str = "pool",
        student: Any = None,
        refine: bool | int = False,
        native_teacher: bool = False,
        teacher_weight: float = 0.0,
        match_shares: bool = False,
        target_labels: str = "ignore",
        target_weight: float = 1.0,
        source_shares: str = "equal",
        strength: float | None = None,
        n_estimators: int = 20,
        n_rounds: int = 5,
    ) -> None:
        self.estimator = estimator
        self.mapper = mapper
        self.weighter = weighter
        self.strategy = strategy
        self.student = student
        self.refine = refine
        self.native_teacher = native_teacher
        self.teacher_weight = teacher_weight
        self.match_shares = match_shares
        self.target_labels = target_labels
        self.target_weight = target_weight
        self.source_shares = source_shares
        self.strength = strength
        self.n_estimators = n_estimators
        self.n_rounds = n_rounds

    def _base(self) -> Any:
        if self.estimator is None:
            return LogisticRegression(max_iter=1000)
        return self.estimator

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_domain: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TransferClassifier:
        """Fit mapper, weighter and estimator.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Labels, strings or numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, every row is both.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of your own, multiplied with those of the weighter. Those of target
            rows weigh what a student learns from.

        Returns
        -------
        self : TransferClassifier
            Fitted.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(
                "TransferClassifier requires y to be passed, but the target y is None. "
                "Give labels for the source rows; target rows may hold NaN or None."
            )
        check_consistent_length(X, y)
        X, n = sliceable(X), _num_samples(X)
        domain = check_sample_domain(sample_domain, n)
        y = label_array(y)
        labelled = labelled_rows(y, domain, self.target_labels)
        labels = checked_labels(y, labelled, domain)
        y_seen = mask_labels(y, labelled)

        self.mapper_ = None if self.mapper is None else clone(self.mapper)
        self.weighter_ = None if self.weighter is None else clone(self.weighter)
        Z = X
        if self.mapper_ is not None:
            Z = fit_mapper(self.mapper_, X, y_seen, domain)
        weights = self._row_weights(Z, y_seen, domain, sample_weight)
        every = Rows(Z, labelled, labels, domain, weights)
        rows = every.taught() if self.strategy == "distill" else every
        rows = self._prepared(X, rows)
        learned = learn(
            self.strategy,
            self._base(),
            rows,
            strength=self.strength,
            n_estimators=self.n_estimators,
            n_rounds=self.n_rounds,
        )
        self.estimator_, self.sample_weight_ = learned.model, learned.sample_weight
        self.classes_ = getattr(self.estimator_, "classes_", np.unique(labels))
        for name in ("strength_", "choice_", "student_", "native_teacher_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        self._correction = None
        if learned.choice is not None:
            self.strength_, self.choice_ = learned.choice.strength, learned.choice
        first = self.estimator_ if self.mapper_ is None else self.mapper_
        if self._sources is None or self.mapper_ is not None:
            copy_features(first, self)
        if self.strategy == "distill":
            self._distill(X, Z, rows.labelled, rows.labels, domain, sample_weight)
            if rows is not every:
                self._correct(X, every)
        return self

    def _distill(
        self,
        X: Any,
        Z: Any,
        labelled: NDArray[np.bool_],
        labels: NDArray[Any],
        domain: NDArray[np.int64] | None,
        sample_weight: ArrayLike | None,
    ) -> None:
        """Fit the student to the teacher's scores of the target rows."""
        n = labelled.size
        target = np.ones(n, bool) if domain is None else domain < 0
        if not target.any():
            raise ValueError(
                "strategy='distill' needs target rows to learn from, unlabelled ones "
                "will do; got none (no negative entry in sample_domain). Add target "
                "rows, or use strategy='pool'."
            )
        rows = np.flatnonzero(target)
        native = _rows(X, rows)
        student = self.student
        if student is None:
            student = default_student(native, target_tokenizer(self.mapper_))
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, np.zeros(n))[rows]
        self.native_teacher_ = None
        if self.native_teacher:
            taught = np.flatnonzero(labelled)
            weights = self.sample_weight_[taught]
            self.native_teacher_ = fit_student(
                clone(student),
                _rows(X, taught),
                2.0 * (labels[:, None] == self.classes_) - 1,
                sample_weight=None if np.all(weights == 1) else weights,
            )
        scores = self._teachings(native, _rows(Z, rows))
        self._scales = [1.0]
        if self.native_teacher:
            order = np.random.default_rng(0).permutation(taught.size)
            some = taught[np.sort(order[:SPREAD_ROWS])]
            said = self._teachings(_rows(X, some), _rows(Z, some))
            self._scales = [score_scale(s, self.sample_weight_[some]) for s in said]
        total = self._added(scores)
        self._teacher_scale = score_scale(total, weight)
        taught = soft_labels(total, self._teacher_scale)
        soft = taught.copy()
        # without domains the labels have taught already
        known = labelled[rows] & (domain is not None)
        if known.any():
            truth = labels[np.searchsorted(np.flatnonzero(labelled), rows[known])]
            soft[known] = 2.0 * (truth[:, None] == self.classes_) - 1
        rounds = N_ROUNDS if self.refine is True else int(self.refine)
        soft = corrected_labels(
            clone(student), native, soft, known=known, n_rounds=rounds
        )
        self._shift = 0.0
        if not self.match_shares:
            self.student_ = fit_student(
                clone(student), native, soft, sample_weight=weight
            )
            return
        self.student_, said = fit_with_left_out(
            clone(student), native, soft, sample_weight=weight
        )
        self._shift = share_shift(
            said + self.teacher_weight * taught, class_shares(total)
        )

    def _correct(self, X: Any, rows: Rows) -> None:
        """Correct what was distilled on the labelled target rows."""
        known = rows.labelled & (rows.domain < 0)
        Z, labels, weights = rows.part(known)
        native = _rows(X, np.flatnonzero(known))
        self._correction = fit_correction(
            self._views(native, Z),
            self._soft_scores(native, None),
            labels,
            self.classes_,
            np.ones(labels.size) if weights is None else weights,
            self.strength,
        )
        self.choice_ = Choice.given(np.inf)
        if self._correction is not None:
            self.choice_ = self._correction.choice
        self.strength_ = self.choice_.strength

    def _views(self, X: Any, Z: Any) -> list[Any]:
        """Features on which the student may be corrected."""
        views = [native_features(self.student_, X)]
        if self.mapper_ is not None and self.teacher_weight > 0:
            views.append(Z)
        return [view for view in views if view is not None]

    def _teachings(self, X: Any, Z: Any) -> list[NDArray[np.float64]]:
        """Scores by each teacher of rows in native form, and mapped."""
        n_classes = self.classes_.size
        scores = [teacher_scores(self.estimator_, Z, n_classes)]
        if self.native_teacher_ is not None:
            scores.append(student_scores(self.native_teacher_, X, n_classes))
        return scores

    def _added(self, scores: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Scores of all teachers together, each at its spread over the target."""
        return sum(s / scale for s, scale in zip(scores, self._scales))

    def _check_parameters(self) -> None:
        self._check_common(STRATEGIES)
        check_count("n_rounds", self.n_rounds)
        check_student(self)

    def _is_distilled(self) -> bool:
        check_is_fitted(self)
        return hasattr(self, "student_")

    def _soft_scores(self, X: Any, sample_domain: Any) -> NDArray[np.float64]:
        """Soft labels: target rows by the student, source rows by the teacher."""
        X, n, n_classes = sliceable(X), _num_samples(X), self.classes_.size
        domain = check_sample_domain(sample_domain, n)
        target = np.ones(n, bool) if domain is None else domain < 0
        scores = np.zeros((n, n_classes))
        if target.any():
            rows = _rows(X, np.flatnonzero(target))
            scores[target] = student_scores(self.student_, rows, n_classes)
        weight = np.where(target, self.teacher_weight, 1.0)
        asked = np.flatnonzero(weight)
        if asked.size:
            native = _rows(X, asked)
            Z = self._mapped(native, None if domain is None else domain[asked])
            taught = self._added(self._teachings(native, Z))
            taught = soft_labels(taught, self._teacher_scale)
            scores[asked] += weight[asked, None] * taught
        scores[target] = (scores[target] + self._shift) / (1 + self.teacher_weight)
        if self._correction is not None and target.any():
            rows = _rows(X, np.flatnonzero(target))
            Z = self._mapped(rows, None) if self.teacher_weight > 0 else None
            views = self._views(rows, Z)
            scores[target] = corrected(self._correction, views, scores[target])
        return scores

    def _check_offers(self, method: str) -> None:
        if self.strategy != "distill":
            getattr(getattr(self, "estimator_", self._base()), method)

    def _predict(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        if not self._is_distilled():
            predict = getattr(self.estimator_, method)
            return predict(self._mapped(X, sample_domain))
        scores = self._soft_scores(X, sample_domain)
        if method == "predict":
            return self.classes_[scores.argmax(axis=1)]
        if method == "decision_function":
            return columns(scores)
        p = probabilities(scores)
        return np.log(p) if method == "predict_log_proba" else p
