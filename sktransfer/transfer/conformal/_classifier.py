"""ConformalTransferClassifier: sets that hold the true class as often as asked."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sktransfer._core.calibration import log_probabilities
from sktransfer._core.cross_fit import class_probabilities
from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container, take_rows
from sktransfer._core.labels import known_labels, label_array, mask_labels
from sktransfer._core.parameters import (
    HasMethods,
    check_parameters,
    check_value,
    integer,
    number,
    one_of,
    part,
)
from sktransfer._core.parts import copy_features, takes_domain
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer.transfer._labels import (
    check_given,
    check_labelled,
    checked_labels,
    labelled_rows,
)
from sktransfer.transfer._predictions import PredictsByDomain
from sktransfer.transfer.conformal._calibration_rows import (
    JudgedRows,
    calibration_survival,
    calibration_weights,
    doubly_robust_survival,
    few_rows,
    is_too_small,
    target_probabilities,
)
from sktransfer.transfer.conformal._held_out import (
    dealt_rows,
    fit_models,
    held_out_probabilities,
    one_model_each,
)
from sktransfer.transfer.conformal._scores import NAMES, class_scores
from sktransfer.transfer.conformal._shift_weights import (
    ShiftWeights,
    effective_size,
    is_dense_numbers,
    log_ratios,
    maps_rows,
    named_weighter,
    predictions_and_rows,
    shift_weights,
)
from sktransfer.transfer.conformal._survival import mass_at_or_above


class ConformalTransferClassifier(
    PredictsByDomain,
    MetaEstimatorMixin,
    ClassifierMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    r"""Sets of classes that hold the true one in a given share of the target rows.

    Labelled rows that a model has not seen tell how wrong it is (split conformal
    prediction). Where the target is shifted, source rows count by how much they
    resemble it: under covariate shift by a ratio of densities [1]_, under label shift
    by the estimated shares of the classes [2]_. What the model says of unlabelled
    target rows can be added to that, corrected by what it gets wrong on the weighted
    source rows [3]_.

    Parameters
    ----------
    estimator : classifier, default=None
        Any classifier with ``predict_proba`` or ``decision_function``:
        :class:`TransferClassifier`, :class:`AutoTransferClassifier`, a Pipeline on
        texts. One whose ``fit`` takes no ``sample_domain`` is trained on the source
        rows. A fitted one inside ``sklearn.frozen.FrozenEstimator`` is used as it is;
        then `fit` must get rows that it has not seen. None:
        ``LogisticRegression(max_iter=1000)``.
    alpha : float, default=0.1
        Share of target rows whose set may lack the true class; MAPIE's
        ``confidence_level`` is 1 - alpha.
    conformity_score : {"lac", "aps", "randomized_aps"}, default="lac"
        "lac": one less the probability of the class; the smallest sets on average,
        and empty where no class is likely. "aps": the probability of all likelier
        classes [4]_; sets grow with how hard a row is, are never empty, and hold the
        true class more often than asked where the likeliest class alone does.
        "randomized_aps": that, and a random share of the class's own probability;
        as often as asked, and sometimes empty.
    weighter : {"covariate_shift", "label_shift"}, estimator or None
        How source rows stand for the target; "covariate_shift" by default: a classifier
        of the domains on what the model predicts, and on the rows themselves where
        these are dense numbers that no mapper of the model changes. "label_shift":
        estimated shares of the classes. Or a weighter, alone or at the end of a
        Pipeline, which gets the rows as they are; those of
        :mod:`sktransfer.weighting` that estimate shares weigh by class. None: no
        weights.
    method : {"doubly_robust", "weighted"}, default="doubly_robust"
        "weighted": weighted calibration rows alone; valid in finite samples where the
        weights are right. "doubly_robust": with what the calibrated model expects of
        the target rows; right for many rows if either the weights or the
        probabilities are, and less noisy. The same without target rows, or without a
        weighter.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read. "use": labelled target rows,
        which must be a random sample of the target, calibrate too: alone if there are
        ``20 / alpha``, so that 20 of them are expected to lie outside of their sets;
        with fewer, source rows fill what is missing.
    cv : int or float, default=5
        Number of folds: as many models are fitted, each row calibrates by the one that
        has not seen it, and a new row gets its set from one of them. A float between 0
        and 1: one model, and this share of the rows is held out. Not used with
        ``FrozenEstimator``.
    random_state : int, RandomState instance or None, default=0
        Deals the rows into folds, and draws for "randomized_aps".

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled rows.
    estimators_ : list of classifier
        The models: one for each fold.
    weighter_ : estimator or None
        The fitted weighter.
    n_calibration_ : int
        Number of labelled rows that calibrate with a weight above 0.
    effective_sample_size_ : float
        Number of equally weighted rows that these are worth.
    n_features_in_ : int
        Number of features seen in `fit`, where the model knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferClassifier : One way of transfer.
    sktransfer.weighting.LabelShiftInstanceWeighter : Estimates shares of classes.

    Notes
    -----
    A class y is in the set of a row x if its p-value is above alpha,

    .. math:: p(x, y) = \frac{\sum_i w_i [s_i \ge s(x, y)] + w(x, y)}
                             {\sum_i w_i + w(x, y)},

    with the scores s and the weights w of the calibration rows i. Without a shift all
    weights are 1, and with one model a set lacks the true class at most in a share
    alpha of the rows, on average over calibration rows and whatever the model. With
    several it does so in practice: they all err alike on rows they have not seen. A new
    row is judged by one of them, told by the digits of its own predictions, for
    p-values averaged over models that differ make sets too large; `predict` and
    `predict_proba` average. Estimated weights give all this only as far as they are
    right. The rows that calibrate determine how far off a single fit may be: with n
    equally weighted ones the share covered has a standard deviation of
    :math:`\sqrt{\alpha (1 - \alpha) / n}`.

    Coverage is that of all target rows. It may be lower in a class, or in a part of
    them.

    References
    ----------
    .. [1] R. Tibshirani, R. Foygel Barber, E. Candes and A. Ramdas, "Conformal
       Prediction Under Covariate Shift", NeurIPS 2019.
    .. [2] A. Podkopaev and A. Ramdas, "Distribution-free Uncertainty Quantification
       for Classification under Label Shift", UAI 2021.
    .. [3] Y. Yang, A. Kuchibhotla and E. Tchetgen Tchetgen, "Doubly Robust Calibration
       of Prediction Sets under Covariate Shift", JRSS B 86(4), 2024.
    .. [4] Y. Romano, M. Sesia and E. Candes, "Classification with Valid and Adaptive
       Coverage", NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import ConformalTransferClassifier, TransferClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 2)) + np.repeat([[0.0], [1.0]], 500, axis=0)
    >>> y = np.where(X.sum(axis=1) + rng.normal(size=1000) > 0, "buys", "leaves")
    >>> sample_domain = np.repeat([1, -2], 500)
    >>> model = ConformalTransferClassifier(TransferClassifier(), alpha=0.05)
    >>> model = model.fit(X, y, sample_domain=sample_domain)
    >>> model.classes_
    array(['buys', 'leaves'], dtype='<U6')
    >>> model.predict_set([[3.0, 2.0], [0.1, -0.1]])
    array([[ True, False],
           [ True,  True]])
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    _part_examples: ClassVar[dict[str, str]] = {
        "estimator": "LogisticRegression(max_iter=1000)",
        "weighter": "KMMInstanceWeighter()",
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [part("a classifier with fit and predict"), None],
        "alpha": [number(above=0, below=1)],
        "conformity_score": [one_of(*NAMES)],
        "weighter": [
            one_of("covariate_shift", "label_shift"),
            HasMethods("fit"),
            None,
        ],
        "method": [one_of("doubly_robust", "weighted")],
        "target_labels": [one_of("ignore", "use")],
        "cv": [integer(2), number(above=0, below=1)],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        alpha: float = 0.1,
        conformity_score: str = "lac",
        weighter: Any = "covariate_shift",
        method: str = "doubly_robust",
        target_labels: str = "ignore",
        cv: float = 5,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.estimator = estimator
        self.alpha = alpha
        self.conformity_score = conformity_score
        self.weighter = weighter
        self.method = method
        self.target_labels = target_labels
        self.cv = cv
        self.random_state = random_state

    def _base_estimator(self) -> Any:
        if self.estimator is None:
            return LogisticRegression(max_iter=1000)
        return self.estimator

    @reports_progress
    def fit(
        self, X: Any, y: ArrayLike, sample_domain: ArrayLike | None = None
    ) -> ConformalTransferClassifier:
        """Fit the models, and calibrate each on rows that it has not seen.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Labelled source rows and target rows, which may be without labels.
        y : array-like of shape (n_samples,)
            Labels, strings or numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift; every row calibrates,
            and none is weighted.

        Returns
        -------
        self : ConformalTransferClassifier
            Fitted.
        """
        check_parameters(self)
        check_given(y, type(self).__name__)
        X, y = row_container(X), label_array(y)
        check_consistent_length(X, y)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        labelled = labelled_rows(y, domain, self.target_labels)
        rng = check_random_state(self.random_state)
        judge = self._fit_models(X, y, domain, labelled, rng)
        rows = JudgedRows(
            held_out_probabilities(self.estimators_, X, domain, judge, self.classes_),
            self._codes(y, labelled & (judge >= 0)),
            judge,
            np.zeros(judge.size, bool) if domain is None else domain < 0,
        )
        self._seed = int(rng.randint(2**31 - 1))
        self._weights = self._weigh(X, mask_labels(y, labelled), domain, rows)
        self.weighter_ = self._weights.weighter
        self._calibrate(rows)
        self._warn_if_few(self.alpha, stacklevel=4)
        copy_features(self.estimators_[0], self)
        return self

    def _codes(self, y: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Number of the class of some rows, -1 elsewhere."""
        codes = np.full(known.size, -1)
        codes[known] = np.searchsorted(self.classes_, known_labels(y, known))
        return codes

    def _fit_models(
        self,
        X: Any,
        y: NDArray[Any],
        domain: NDArray[np.int64] | None,
        labelled: NDArray[np.bool_],
        rng: np.random.RandomState,
    ) -> NDArray[np.intp]:
        """Fit the models; which of them judges each row, -1 where none does."""
        estimator = self._base_estimator()
        target = np.zeros(y.size, bool) if domain is None else domain < 0
        if isinstance(estimator, FrozenEstimator):
            check_labelled(labelled, domain)
            self.estimators_ = [estimator]
            self.classes_ = np.union1d(estimator.classes_, known_labels(y, labelled))
            return np.where(labelled | target, 0, -1)
        labels = checked_labels(y, labelled, domain)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        by_domain = domain is not None and takes_domain(estimator)
        judge, free = dealt_rows(
            codes.reshape(-1), labelled, target, by_domain, self.cv, rng
        )
        self.estimators_ = fit_models(
            estimator, X, mask_labels(y, labelled), domain, labelled & ~target, judge
        )
        judge[free] = np.arange(free.sum()) % len(self.estimators_)
        return judge

    def _weigh(
        self,
        X: Any,
        y: NDArray[Any],
        domain: NDArray[np.int64] | None,
        rows: JudgedRows,
    ) -> ShiftWeights:
        """Weights of the source rows that calibrate, and of new rows."""
        self._rows_read = is_dense_numbers(X) and not maps_rows(self._base_estimator())
        needed = rows.needs_source(self.alpha) and rows.source_rows.size
        if domain is None or self.weighter is None or not needed:
            return ShiftWeights(np.ones(rows.source_rows.size))
        read = np.flatnonzero((rows.codes >= 0) | (rows.target & (rows.judge >= 0)))
        weighter, features = self.weighter, X
        if isinstance(weighter, str):
            weighter = named_weighter(weighter)
            features = self._features(X, rows.probabilities)
        return shift_weights(
            weighter, take_rows(features, read), y[read], domain[read], self.classes_
        )

    def _features(self, X: Any, P: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the default weighters read of rows: predictions, and dense numbers."""
        if self.weighter == "label_shift":
            return log_ratios(P)
        return predictions_and_rows(P, X if self._rows_read else None)

    def _calibrate(self, rows: JudgedRows) -> None:
        """Step function of the scores, and what it is worth."""
        w = calibration_weights(rows, self._weights.source, self.alpha)
        of_class = self._weights.of_class
        if rows.labelled_target.size:
            self._weights = ShiftWeights(w)  # a new row weighs as a target row, 1
        scores = self._scores(rows.probabilities)
        alone = not rows.needs_source(self.alpha) or self.weighter is None
        if self.method == "weighted" or alone or not (rows.target.any() and w.any()):
            self._survival = calibration_survival(rows, scores, w)
        else:
            expected = target_probabilities(rows, of_class)
            self._survival = doubly_robust_survival(rows, scores, w, expected)
        self._mass = float(w.sum())
        self.n_calibration_ = int(np.count_nonzero(w))
        self.effective_sample_size_ = effective_size(w)

    def _scores(self, P: NDArray[np.float64]) -> NDArray[np.float64]:
        rng = np.random.RandomState(self._seed)
        return class_scores(P, self.conformity_score, rng)

    def _warn_if_few(self, alpha: float, stacklevel: int = 3) -> None:
        if is_too_small(self.effective_sample_size_, alpha):
            warnings.warn(
                few_rows(self.n_calibration_, self.effective_sample_size_, alpha),
                UserWarning,
                stacklevel=stacklevel,
            )

    def _probabilities(self, X: Any, domain: Any) -> list[NDArray[np.float64]]:
        """Probabilities by each of the models."""
        check_is_fitted(self)
        X = row_container(X)
        domain = check_sample_domain(domain, _num_samples(X))
        return [
            class_probabilities(model, X, self.classes_, domain)
            for model in self.estimators_
        ]

    def _check_offers(self, method: str) -> None:
        if method == "decision_function":
            raise AttributeError(
                f"{type(self).__name__} has no decision_function; use predict_proba."
            )

    def _predict(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        P = np.mean(self._probabilities(X, sample_domain), axis=0)
        if method == "predict":
            return self.classes_[P.argmax(axis=1)]
        return P if method == "predict_proba" else log_probabilities(P)

    def predict_set(
        self,
        X: Any,
        sample_domain: ArrayLike | None = None,
        *,
        alpha: float | None = None,
    ) -> NDArray[np.bool_]:
        """Classes that each row may belong to.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.
        alpha : float, default=None
            Share of the rows whose set may lack the true class. None: that of the
            constructor.

        Returns
        -------
        sets : ndarray of bool of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; all True where the calibration rows
            are too few for `alpha`.
        """
        return self._sets(X, sample_domain, alpha)[0]

    def _sets(
        self, X: Any, domain: Any, alpha: float | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Sets, and mean probabilities."""
        found = np.array(self._probabilities(X, domain))
        P = found.mean(axis=0)
        if alpha is None:
            alpha = self.alpha
        else:
            check_value("alpha", alpha, *self._parameter_constraints["alpha"])
            self._warn_if_few(alpha)
        if is_too_small(self.effective_sample_size_, alpha):
            return np.ones(P.shape, dtype=bool), P
        own = found[one_model_each(P, len(found)), np.arange(len(P))]
        mass = mass_at_or_above(self._survival, self._scores(own))
        w = self._new_weights(X, P, domain)
        # a p-value of exactly alpha leaves a class out, whatever the rounding
        return mass + w > alpha * (1 + 1e-9) * (self._mass + w), P

    def _new_weights(
        self, X: Any, P: NDArray[np.float64], domain: Any
    ) -> NDArray[np.float64]:
        named = isinstance(self.weighter, str)
        X = self._features(X, P) if named else row_container(X)
        return self._weights.of_rows(X, check_sample_domain(domain, len(P)))

    def defer(
        self, X: Any, rate: float, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.bool_]:
        """Rows that a person should look at, the least certain of those given.

        Rows with an empty set come first, for no class suits them, then those with the
        largest sets; of equal sizes, those whose likeliest class has the lowest
        probability.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows to classify, as many as are worked through at a time: a rate of a few
            rows means little.
        rate : float
            Share of the rows to send to a person, from 0 to 1. At most so many are
            taken.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        deferred : ndarray of bool of shape (n_samples,)
            True for rows to be sent to a person.
        """
        check_value("rate", rate, number(0, 1))
        sets, P = self._sets(X, sample_domain, None)
        size = sets.sum(axis=1)
        size[size == 0] = self.classes_.size + 1
        order = np.lexsort((P.max(axis=1), -size))
        deferred = np.zeros(len(P), dtype=bool)
        deferred[order[: int(rate * len(P) + 1e-9)]] = True
        return deferred

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self._base_estimator()).input_tags
        tags.target_tags.required = True
        return tags
