"""AutoTransferRegressor: try methods for ratings and demand, or do not adapt."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import (
    complete_values,
    known_labels,
    label_array,
    labels_in_place,
)
from sktransfer._core.parameters import check_parameters, number, one_of, part
from sktransfer._core.parts import copy_features
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.progress import CallbackSupportMixin, begin_step, reports_progress
from sktransfer._core.weights import check_sample_weight
from sktransfer.transfer._labels import checked_ratings, labelled_rows
from sktransfer.transfer.auto._candidates import (
    default_regressors,
    named_candidates,
    source_only_regressor,
)
from sktransfer.transfer.auto._decision import TransferDecision
from sktransfer.transfer.auto._diagram import candidate_blocks
from sktransfer.transfer.auto._domain_distance import domain_distance
from sktransfer.transfer.auto._elimination import has_transfer_parts
from sktransfer.transfer.auto._regression_runs import (
    RegressionRuns,
    decide_by_disagreement,
)
from sktransfer.transfer.auto._step_cache import drop_step_cache
from sktransfer.transfer.strategies import FineTuning, Pooling
from sktransfer.transfer.strategies._fine_tuning import is_linear
from sktransfer.transfer.strategies._names import named_strategy

LEAST_GAIN = 0.05
MOST_GRADES = 20  # of a scale of ratings


class AutoTransferRegressor(
    RegressorMixin,
    MetaEstimatorMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
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
    __metadata_request__score = {"sample_domain": True}  # noqa: RUF012

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
        if y is None:
            raise ValueError(
                "AutoTransferRegressor requires y to be passed, but the target y is "
                "None. Give numbers for the source rows; target rows may hold NaN or "
                "None."
            )
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
            seen = np.concatenate([ratings, target])
            seen = known_labels(y, labelled).astype(float) if seen.size else seen
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
        name, self.domain_distance_ = runs.names[0], np.nan
        if runs.domain is None:
            reason = "no sample_domain was given, so there is no other domain"
            return 0, TransferDecision(False, name, reason)
        if not np.any(runs.domain < 0):
            raise ValueError(
                "AutoTransferRegressor compares candidates on target rows, unlabelled "
                "ones will do; got none (no negative entry in sample_domain). Add "
                "target rows, or leave sample_domain out."
            )
        distance, noise = domain_distance(runs.models[0], runs.X, runs.domain)
        self.domain_distance_ = distance
        guarded = not isinstance(self.guard, bool | np.bool_) or bool(self.guard)
        if guarded and distance <= noise and not known.size:
            reason = (
                "no classifier tells target rows from source rows (distance "
                f"{distance:.2f} of 2, chance alone gives up to {noise:.2f})"
            )
            return 0, TransferDecision(False, name, reason)
        runs.choose_rows(known, check_random_state(self.random_state))
        runs.fit_others(models, least_gain=0.0, eliminate=False)
        fitted = runs.fitted()
        given = isinstance(self.guard, bool | np.bool_)
        least = (LEAST_GAIN if given else float(self.guard)) if guarded else None
        place, decision = decide_by_disagreement(
            [runs.names[j] for j in fitted], runs.disagreement(), known.size, least
        )
        return fitted[place], decision

    def _keep(self, runs: RegressionRuns, models: list[Any], best: int) -> None:
        """Train on all labels what is to be kept."""
        begin_step(f"fit {runs.names[best]!r} to all labels")
        self.best_index_ = best
        kept = runs.fitted() if self.keep_candidates else sorted({0, best})
        for j in kept:
            if runs.models[j] is None:
                runs.fit(j, models[j])
        if runs.models[best] is None:
            raise runs.errors[best]
        self.estimators_ = {
            runs.names[j]: drop_step_cache(runs.models[j])
            for j in kept
            if runs.models[j] is not None
        }
        self.best_estimator_ = self.estimators_[runs.names[best]]
        runs.repeat_warnings(best)

    def _train_on_target_labels(
        self, X: Any, y: NDArray[Any], domain: Any, candidate: Any
    ) -> None:
        """Train the candidate taken on the labelled target rows as well."""
        model = clone(candidate)
        if not has_transfer_parts(model):
            return
        model.set_params(target_labels="use")
        if (
            isinstance(named_strategy(model.strategy), Pooling)
            and model.target_weight == 1
            and is_linear(self.best_estimator_.estimator_)
        ):
            model.set_params(strategy=FineTuning())
        self.best_estimator_ = model.fit(X, y, domain)

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
        check_is_fitted(self)
        predict = self.best_estimator_.predict
        takes_domain = "sample_domain" in inspect.signature(predict).parameters
        given = {"sample_domain": sample_domain} if takes_domain else {}
        return np.clip(predict(X, **given), *self.bounds_)

    def score(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> float:
        r"""Share of the variance of the rows that the predictions explain.

        Parameters
        ----------
        X : array-like, sparse matrix, frame or sequence of texts, of n_samples rows
            Rows to score; source rows among them count as well.
        y : array-like of shape (n_samples,)
            Their numbers, none missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row, by which it is predicted; None: target rows.

        Returns
        -------
        score : float
            :math:`R^2`: 1 at best, 0 for the mean, negative for worse.
        """
        weights = check_sample_weight(sample_weight, X)
        predicted = self.predict(X, sample_domain=sample_domain)
        return float(r2_score(complete_values(y), predicted, sample_weight=weights))

    def _sk_visual_block_(self) -> Any:
        return candidate_blocks(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        first = Ridge() if self.estimator is None else self.estimator
        if isinstance(self.candidates, list | tuple) and self.candidates:
            pair = self.candidates[0]  # what is no pair is for fit to refuse
            if isinstance(pair, tuple) and hasattr(pair[-1], "__sklearn_tags__"):
                first = pair[-1]
        tags.input_tags = get_tags(first).input_tags
        tags.target_tags.required = True
        return tags


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
