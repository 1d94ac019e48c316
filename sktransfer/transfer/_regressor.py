"""A regressor that learns from source domains and serves the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.labels import label_array, mask_labels
from sktransfer._core.parts import (
    copy_features,
    fit_estimator,
    fit_mapper,
    sliceable,
)
from sktransfer.transfer._base import TransferEstimator
from sktransfer.transfer._labels import checked_ratings, labelled_rows
from sktransfer.transfer._parameters import check_count
from sktransfer.transfer.strategies._base import Rows
from sktransfer.transfer.strategies._boosting_r2 import fit_two_stage_r2
from sktransfer.transfer.strategies._fine_tune import fine_tune_regressor
from sktransfer.transfer.strategies._student import default_student, target_tokenizer

STRATEGIES = ("pool", "augment", "fine_tune", "distill", "boost")


class TransferRegressor(RegressorMixin, TransferEstimator):
    """Train on rated rows of source domains, predict ratings in the target.

    The same parts as :class:`TransferClassifier`, for numbers: stars, prices, demand.

    Parameters
    ----------
    estimator : regressor, default=None
        Trained on the mapped, weighted rows. None: ``Ridge()``. It must take
        ``sample_weight`` where there are weights. May be a Pipeline.
    mapper : transformer, default=None
        Brings all domains into one feature space. None: rows are used as they are.
    weighter : estimator, default=None
        Weights the source rows; or a Pipeline that ends in a weighter. None: all rows
        weigh the same.
    strategy : {"pool", "augment", "fine_tune", "distill", "boost"}, default="pool"
        How labelled rows of several domains make one model. "pool" trains the
        estimator on all of them; "augment" on copies of the features, one for each
        domain and one that all share. "fine_tune" corrects a model of the source on
        the labelled target rows: ridge regression biased towards its weights, or
        further training. "distill" lets the model teach its predictions of target rows
        to a student on their native form. "boost" is two-stage TrAdaBoost.R2. All but
        "pool" and "distill" need labelled target rows.
    student : regressor, default=None
        For ``strategy="distill"``. None: as in :class:`TransferClassifier`.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read. "use": labelled target rows are
        trained on as well; a missing label is NaN or None.
    target_weight : float, default=1.0
        Weight of a labelled target row relative to the mean source row; only with
        ``target_labels="use"``.
    source_shares : {"equal", "target"}, default="equal"
        "equal": each row of several sources counts the same. "target": sources count
        by their use for the target; see :class:`TransferClassifier`.
    strength : float, default=None
        For "fine_tune": how strongly weights are held to those of the source, inf for
        not at all tuned. None: by cross-validation on the labelled target rows.
    n_estimators : int, default=10
        For "boost": largest number of rounds in each stage.
    n_stages : int, default=5
        For "boost": number of stages in which the source fades out. It takes about
        ``6 * n_stages * n_estimators`` fits.

    Attributes
    ----------
    estimator_ : estimator
        The fitted model of mapped rows; the teacher with ``strategy="distill"``.
    student_ : regressor
        The fitted student; only with ``strategy="distill"``.
    mapper_ : transformer or None
        The fitted mapper.
    weighter_ : estimator or None
        The fitted weighter.
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the training of ``estimator_``; 0 for rows that it was
        not trained on. With "boost" those of the stage that was kept.
    source_shares_ : ndarray of shape (n_sources,) or None
        Share of each source, sorted by domain, with ``source_shares="target"``.
    strength_ : float
        The strength of the largest share; only with "fine_tune".
    choice_ : tuple
        ``strengths`` that were tried, ``losses`` on held-out target rows and ``shares``
        of each in the result; only with "fine_tune".
    n_features_in_ : int
        Number of features seen in `fit`, where the first part knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferClassifier : For classes.

    References
    ----------
    .. [1] D. Pardoe, P. Stone, "Boosting for regression transfer", ICML 2010.
    .. [2] H. Daumé III, "Frustratingly easy domain adaptation", ACL 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import TransferRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(120, 3))
    >>> sample_domain = np.repeat([1, -2], [100, 20])
    >>> y = X[:, 0] + np.where(sample_domain < 0, X[:, 1], 0)  # the target differs
    >>> y[110:] = np.nan  # ten rows of it are rated
    >>> model = TransferRegressor(strategy="fine_tune", target_labels="use")
    >>> model.fit(X, y, sample_domain=sample_domain).estimator_.coef_.round(1)
    array([1., 1., 0.])
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__predict = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any = None,
        *,
        mapper: Any = None,
        weighter: Any = None,
        strategy: str = "pool",
        student: Any = None,
        target_labels: str = "ignore",
        target_weight: float = 1.0,
        source_shares: str = "equal",
        strength: float | None = None,
        n_estimators: int = 10,
        n_stages: int = 5,
    ) -> None:
        self.estimator = estimator
        self.mapper = mapper
        self.weighter = weighter
        self.strategy = strategy
        self.student = student
        self.target_labels = target_labels
        self.target_weight = target_weight
        self.source_shares = source_shares
        self.strength = strength
        self.n_estimators = n_estimators
        self.n_stages = n_stages

    def _base(self) -> Any:
        return Ridge() if self.estimator is None else self.estimator

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_domain: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TransferRegressor:
        """Fit mapper, weighter and estimator.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, every row is both.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of your own, multiplied with those of the weighter.

        Returns
        -------
        self : TransferRegressor
            Fitted.
        """
        self._check_common(STRATEGIES)
        check_count("n_stages", self.n_stages)
        if y is None:
            raise ValueError(
                "TransferRegressor requires y to be passed, but the target y is None. "
                "Give numbers for the source rows; target rows may hold NaN or None."
            )
        check_consistent_length(X, y)
        X, n = sliceable(X), _num_samples(X)
        domain = check_sample_domain(sample_domain, n)
        y = label_array(y)
        labelled = labelled_rows(y, domain, self.target_labels, minus_one=False)
        ratings = checked_ratings(y, labelled, domain)
        y_seen = mask_labels(y, labelled)

        self.mapper_ = None if self.mapper is None else clone(self.mapper)
        self.weighter_ = None if self.weighter is None else clone(self.weighter)
        Z = X
        if self.mapper_ is not None:
            Z = fit_mapper(self.mapper_, X, y_seen, domain)
        weights = self._row_weights(Z, y_seen, domain, sample_weight)
        rows = self._prepared(X, Rows(Z, labelled, ratings, domain, weights))
        for name in ("strength_", "choice_", "student_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        self._learn(rows)
        first = self.estimator_ if self.mapper_ is None else self.mapper_
        if self._sources is None or self.mapper_ is not None:
            copy_features(first, self)
        if self.strategy == "distill":
            self._distill(X, rows, sample_weight)
        return self

    def _learn(self, rows: Rows) -> None:
        """Fit the estimator by the strategy."""
        n = rows.labelled.size
        target = np.zeros(n, bool) if rows.domain is None else rows.domain < 0
        source = rows.labelled & ~target
        shifted = target.any() and source.any()
        X, y, weights = rows.part(rows.labelled)
        self.sample_weight_ = np.zeros(n)
        self.sample_weight_[rows.labelled] = 1.0 if weights is None else weights
        if self.strategy == "fine_tune" and shifted:
            model = fit_estimator(clone(self._base()), *rows.part(source))
            parts = rows.part(rows.labelled & target)
            self.estimator_, self.choice_ = fine_tune_regressor(
                model, *parts, self.strength
            )
            self.strength_ = self.choice_.strength
        elif self.strategy == "boost" and shifted:
            self.estimator_, self.sample_weight_[rows.labelled], _ = fit_two_stage_r2(
                self._base(),
                X,
                y,
                target[rows.labelled],
                weights,
                self.n_estimators,
                self.n_stages,
            )
        else:
            self.estimator_ = fit_estimator(clone(self._base()), X, y, weights)

    def _distill(self, X: Any, rows: Rows, sample_weight: ArrayLike | None) -> None:
        """Fit the student to the teacher's predictions of the target rows."""
        n = rows.labelled.size
        target = np.ones(n, bool) if rows.domain is None else rows.domain < 0
        if not target.any():
            raise ValueError(
                "strategy='distill' needs target rows to learn from, unlabelled ones "
                "will do; got none (no negative entry in sample_domain). Add target "
                "rows, or use strategy='pool'."
            )
        taught = np.flatnonzero(target)
        native = X if taught.size == n else _safe_indexing(X, taught)
        Z = rows.Z if taught.size == n else _safe_indexing(rows.Z, taught)
        said = np.array(np.ravel(self.estimator_.predict(Z)), dtype=np.float64)
        if rows.domain is not None:
            known = rows.labelled & target
            said[rows.labelled[taught]] = rows.labels[known[rows.labelled]]
        student = self.student
        if student is None:
            student = default_student(native, target_tokenizer(self.mapper_))
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, np.zeros(n))[taught]
        self.student_ = fit_estimator(
            clone(student), native, said, weight, every_step=True
        )

    def predict(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Predict the number of each row.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        predicted : ndarray of shape (n_samples,)
            Numbers.
        """
        check_is_fitted(self)
        if not hasattr(self, "student_"):
            return self.estimator_.predict(self._mapped(X, sample_domain))
        X, n = sliceable(X), _num_samples(X)
        domain = check_sample_domain(sample_domain, n)
        if domain is None or np.all(domain < 0):
            return self.student_.predict(X)
        predicted = np.zeros(n)
        source = np.flatnonzero(domain > 0)
        rows = X if source.size == n else _safe_indexing(X, source)
        predicted[source] = self.estimator_.predict(self._mapped(rows, domain[source]))
        target = np.flatnonzero(domain < 0)
        if target.size:
            predicted[target] = self.student_.predict(_safe_indexing(X, target))
        return predicted

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        r"""Share of the variance of target rows that the predictions explain.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Target rows.
        y : array-like of shape (n_samples,)
            Their numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            :math:`R^2 = 1 - \sum_i (y_i - \hat y_i)^2 / \sum_i (y_i - \bar y)^2`: 1 at
            best, 0 for the mean, negative for worse.
        """
        return super().score(X, y, sample_weight)
