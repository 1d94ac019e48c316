"""AutoTransferRegressor: try methods for ratings and demand, or do not adapt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import (
    known_labels,
    label_array,
    labels_in_place,
)
from sktransfer._core.parameters import check_parameters, number, one_of, part
from sktransfer._core.parts import copy_features
from sktransfer._core.progress import begin_step, reports_progress
from sktransfer.transfer._labels import check_given, checked_ratings, labelled_rows
from sktransfer.transfer._predictions import ScoresNumbersByDomain
from sktransfer.transfer.auto._candidates import (
    default_regressors,
    named_candidates,
    source_only_regressor,
)
from sktransfer.transfer.auto._choice import AutomaticChoice
from sktransfer.transfer.auto._decision import TransferDecision
from sktransfer.transfer.auto._regression_runs import (
    RegressionRuns,
    decide_by_disagreement,
)

LEAST_GAIN = 0.05
MOST_GRADES = 20  # of a scale of ratings


class AutoTransferRegressor(ScoresNumbersByDomain, RegressorMixin, AutomaticChoice):
    """Try several ways of transfer for numbers, take the best one, or none.

    For ratings, prices and demand what :class:`AutoTransferClassifier` is for classes.
    Without a label of the target, each candidate is trained on two halves of the source
    labels. Of models whose errors are independent, the mean squared difference is the
    sum of their errors [1]_; how much the errors of candidates depend on each other is
    measured on source rows. The one taken is trained on all labels.

    Parameters
    ----------
    candidates : list of (str, regressor), default=None
        What to try, usually :class:`TransferRegressor` with several mappers, weighters
        and strategies that need no label of the target. None: those of
        :func:`default_candidates` for the rows, with regressors.
    estimator : regressor, default=None
        Base estimator of the default candidates. None: ridge regression.
    bounds : "scale", (float, float) or None, default="scale"
        Lowest and highest number that is served; predictions beyond are cut.
        "scale": where the labels of the source are whole numbers of at most 20 values,
        such as stars, the lowest and the highest of them. None: no bounds.
    guard : bool or float, default=True
        Least share of the mean squared error of the source alone that a candidate is
        expected to save. True: 0.05. With labels of the target, it is at least
        one standard error of what is saved on them. With fewer than 25, nothing is
        taken that moves most predictions by the same amount. Domains that no classifier
        tells apart are not adapted. False: the best candidate is taken.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read. "use": candidates are compared
        on them, together with disagreement, which counts as 25 labels, and the one
        taken is trained on them as well: a linear one is fine-tuned.
    keep_candidates : bool, default=False
        Also train on all labels, and keep, the candidates that are not taken.
    random_state : int, RandomState instance or None, default=0
        Halves the labels, and draws the target rows, at most 2000, on which candidates
        are compared.

    Attributes
    ----------
    best_estimator_ : regressor
        The candidate taken, fitted.
    best_index_ : int
        Its place in ``report_``.
    estimators_ : dict of str to regressor
        The source alone, and the candidate taken as it was without labels of the
        target; with ``keep_candidates`` all that were compared.
    decision_ : TransferDecision
        With ``adapt`` (a bool), ``candidate``, ``reason``, and ``gain``, the share of
        the mean squared error that is saved; its interval only with target labels.
    report_ : dict of str to ndarray
        One entry for each candidate, the source alone first: "candidate", "status",
        "score", "expected_rmse", noise of labels included, "difference" from the source
        alone (root mean square), "label_rmse" where target labels are used, "seconds"
        and "warnings". NaN where there is none.
    bounds_ : tuple of float
        Lowest and highest number that is served.
    domain_distance_ : float
        As in :class:`AutoTransferClassifier`.
    n_features_in_ : int
        Number of features seen in `fit`, where the first part knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferRegressor : One way of transfer.

    Notes
    -----
    The gain is the smaller one of two: the errors by all disagreements, corrected by
    the dependence; and the better one of those by disagreements of candidates that are
    no copies of each other, and of the errors on source rows of the other half.

    What all candidates get wrong together does not show, and neither does another mean
    of the target: where demand doubled, no unlabelled row says so.

    References
    ----------
    .. [1] J. E. Gray and D. W. Allan, "A method for estimating the frequency stability
           of an individual oscillator", Symposium on Frequency Control, 1974.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import AutoTransferRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3))
    >>> stars = np.clip(np.round(3 + X[:, 0] + X[:, 1] / 2), 1, 5)
    >>> sample_domain = np.repeat([1, -2], 200)
    >>> X[200:] *= 4  # the target is measured on another scale
    >>> auto = AutoTransferRegressor().fit(X, stars, sample_domain=sample_domain)
    >>> auto.decision_.adapt
    True
    >>> predicted = auto.predict(X[200:])
    >>> bool(predicted.min() >= 1 and predicted.max() <= 5)
    True
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__predict = {"sample_domain": True}  # noqa: RUF012

    _part_examples: ClassVar[dict[str, str]] = {"estimator": "Ridge()"}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [part("a regressor"), None],
        "guard": ["boolean", number(0)],
        "target_labels": [one_of("ignore", "use")],
        "keep_candidates": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        candidates: Sequence[tuple[str, Any]] | None = None,
        *,
        estimator: Any = None,
        bounds: Any = "scale",
        guard: bool | float = True,
        target_labels: str = "ignore",
        keep_candidates: bool = False,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.candidates = candidates
        self.estimator = estimator
        self.bounds = bounds
        self.guard = guard
        self.target_labels = target_labels
        self.keep_candidates = keep_candidates
        self.random_state = random_state

    @reports_progress
    def fit(
        self, X: Any, y: ArrayLike, sample_domain: ArrayLike | None = None
    ) -> AutoTransferRegressor:
        """Fit the candidates, compare them and take one.

        Parameters
        ----------
        X : array-like, sparse matrix, frame or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, so the source alone
            is taken.

        Returns
        -------
        self : AutoTransferRegressor
            Fitted.
        """
        check_parameters(self)
        check_given(y, type(self).__name__, "numbers")
        X, y = row_container(X), label_array(y)
        check_consistent_length(X, y)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        labelled = labelled_rows(y, domain, self.target_labels, minus_one=False)
        source = labelled if domain is None else labelled & (domain > 0)
        ratings = checked_ratings(y, source, domain)
        known = labelled & ~source
        target = checked_ratings(y, known, domain) if known.any() else np.zeros(0)
        self.bounds_ = _bounds(self.bounds, ratings)
        names, models = self._named_candidates(X)
        runs = RegressionRuns(
            X, labels_in_place(ratings, source), domain, source, ratings, names, target
        )
        runs.bounds = self.bounds_
        best, self.decision_ = self._decide(runs, models, np.flatnonzero(known))
        self._keep(runs, models, best)
        if target.size:
            seen = known_labels(y, labelled).astype(float)
            self._train_on_target_labels(
                X, labels_in_place(seen, labelled), domain, models[best]
            )
        self.report_ = runs.report()
        copy_features(self.best_estimator_, self)
        return self

    def _named_candidates(self, X: Any) -> tuple[list[str], list[Any]]:
        found = self.candidates
        if found is None:
            found = default_regressors(X, estimator=self.estimator)
        alone = source_only_regressor(X, estimator=self.estimator)
        return named_candidates(found, alone, "regressor")

    def _decide(
        self, runs: RegressionRuns, models: list[Any], known: NDArray[np.intp]
    ) -> tuple[int, TransferDecision]:
        """Fit the source alone, then the other candidates, and take one."""
        begin_step(f"candidate {runs.names[0]!r}", of=len(models) + 2)
        runs.fit(0, models[0])
        if runs.status[0] != "fitted":
            raise runs.errors[0]
        guarded = self._has_guard()
        # labels of the target may tell what no classifier of the domains does
        no_shift = self._decide_by_domains(runs, guarded=guarded and not known.size)
        if no_shift is not None:
            return 0, no_shift
        runs.choose_rows(known, check_random_state(self.random_state))
        runs.fit_others(models, least_gain=0.0, eliminate=False)
        fitted = runs.fitted()
        given = isinstance(self.guard, bool | np.bool_)
        least = (LEAST_GAIN if given else float(self.guard)) if guarded else None
        place, decision = decide_by_disagreement(
            [runs.names[j] for j in fitted], runs.disagreement(), known.size, least
        )
        return fitted[place], decision

    def predict(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Predict the number of each row, within the bounds.

        Parameters
        ----------
        X : array-like, sparse matrix, frame or sequence of texts, of n_samples rows
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        predicted : ndarray of shape (n_samples,)
            Numbers.
        """
        predicted = self._call_best("predict", X, sample_domain)
        return np.clip(predicted, *self.bounds_)

    def _first_estimator(self) -> Any:
        return Ridge() if self.estimator is None else self.estimator


def _bounds(given: Any, ratings: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest number that is served."""
    if given is None:
        return -np.inf, np.inf
    if isinstance(given, str) and given == "scale":
        grades = np.unique(ratings)
        if 1 < grades.size <= MOST_GRADES and (grades == np.round(grades)).all():
            return float(grades[0]), float(grades[-1])
        return -np.inf, np.inf
    try:
        low, high = (float(v) for v in given)
    except (TypeError, ValueError):
        low, high = 0.0, -1.0
    if not low < high:
        raise ValueError(
            "bounds of AutoTransferRegressor must be 'scale', None or two numbers, the "
            f"lower one first, such as (0, inf); got {given!r}."
        )
    return low, high
