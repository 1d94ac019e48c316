"""Laws of weighters."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sktransfer.model_selection import TargetKFold
from sktransfer.testing import _common_laws as common
from sktransfer.testing._case import Case, Rows, given_rows
from sktransfer.testing._checks import (
    Law,
    always,
    broken,
    generate_checks,
    require_close,
    require_error,
    run_checks,
)
from sktransfer.testing._input_laws import INPUT_LAWS
from sktransfer.transfer import TransferClassifier

ROUTING = (False, True)
LEAST_SHARE = 0.8  # of the source rows, effective where the domains are equal


@dataclass(frozen=True)
class WeighterCase(Case):
    """Rows, of which a weighter gives weights."""

    answers: ClassVar[str] = "weights"

    def answer(self, model: Any, rows: Rows) -> Any:
        """Weights of the rows of `fit`."""
        if not hasattr(model, "weights_"):
            broken("no weights_ after fit", "Set weights_, one for each row, in fit.")
        weights = np.asarray(model.weights_)
        if weights.shape != (rows.n_rows,):
            broken(
                f"weights_ of shape {weights.shape} for {rows.n_rows} rows",
                "Give every row a weight, target rows 1.",
            )
        return weights


def has_score_samples(estimator: Any, case: Case) -> bool:
    """Condition: new rows can be weighted."""
    return hasattr(estimator, "score_samples") and case.rows.is_table


def scores_sparse_rows(estimator: Any, case: Case) -> bool:
    """Condition: new rows can be weighted, and the input tag `sparse` is set."""
    return has_score_samples(estimator, case) and common.takes_sparse(estimator, case)


def check_unit_mean(weighter: Any, case: WeighterCase) -> None:
    """Weights are finite, none negative, 1 on average over source rows, 1 in target."""
    weights = case.fitted_answer(weighter, case.rows)
    source = np.asarray(case.rows.sample_domain) > 0
    remedy = "Divide the weights of source rows by their mean, and set the rest to 1."
    if not np.isfinite(weights).all() or weights.min() < 0:
        broken(f"weights from {weights.min()} to {weights.max()}", remedy)
    mean = float(weights[source].mean())
    if abs(mean - 1) > 1e-5:
        broken(f"a mean of {mean:.6g} over the source rows", remedy)
    if np.any(weights[~source] != 1):
        broken(f"{np.unique(weights[~source])[:3]} for target rows", remedy)


def check_without_domains(weighter: Any, case: WeighterCase) -> None:
    """Without sample_domain there is no shift, and all weights are 1."""
    weights = case.fitted_answer(weighter, case.rows._replace(sample_domain=None))
    if np.any(weights != 1):
        broken(
            f"weights from {weights.min():.4g} to {weights.max():.4g}",
            "Let sample_domain default to None and set all weights to 1 then.",
        )


def check_equal_domains(weighter: Any, case: WeighterCase) -> None:
    """Source rows that equal the target rows weigh nearly the same."""
    source = case.rows.take(np.flatnonzero(np.asarray(case.rows.sample_domain) > 0))
    twice = source.take(np.tile(np.arange(source.n_rows), 2))
    twice = twice._replace(sample_domain=np.repeat([1, -1], source.n_rows))
    w = case.fitted_answer(weighter, twice)[: source.n_rows]
    effective = float(w.sum() ** 2 / (w @ w))
    if not effective >= LEAST_SHARE * source.n_rows:
        broken(
            f"weights from {w.min():.3g} to {w.max():.3g}, worth {effective:.1f} of "
            f"{source.n_rows} rows",
            "Compare the two sides: a weight must depend on how the density of target "
            "rows differs from that of source rows.",
        )


def check_score_samples(weighter: Any, case: WeighterCase) -> None:
    """New rows get finite weights, from 0 to the largest of `fit`, in any number."""
    model = case.fit(weighter, case.rows)
    X = case.rows.X[::3]
    scores = np.asarray(model.score_samples(X))
    remedy = "Weight new rows on the scale of weights_, and no more than the largest."
    if scores.shape != (X.shape[0],):
        broken(f"shape {scores.shape} for {X.shape[0]} rows", remedy)
    source = np.asarray(case.rows.sample_domain) > 0
    largest = float(model.weights_[source].max())
    inside = np.isfinite(scores) & (scores >= 0) & (scores <= largest * (1 + 1e-6))
    if not inside.all():
        broken(f"{scores.min()} to {scores.max()}, largest weight {largest}", remedy)
    require_close(
        pickle.loads(pickle.dumps(model)).score_samples(X),
        scores,
        0,
        "scores after pickling",
        remedy,
    )
    for i in range(3):
        alone = model.score_samples(X[[i]])
        require_close(alone, scores[[i]], 1e-6, "scores of a row alone", remedy)
    unshifted = case.fit(weighter, case.rows._replace(sample_domain=None))
    if np.any(unshifted.score_samples(X) != 1):
        broken("other scores than 1 after a fit without sample_domain", remedy)


def check_sparse_scores(weighter: Any, case: WeighterCase) -> None:
    """New rows that are sparse get the same weights as dense ones."""
    same = case.rows._replace(X=sparse.csr_array(case.rows.X))
    require_close(
        case.fit(weighter, same).score_samples(sparse.csc_array(case.rows.X)),
        case.fit(weighter, case.rows).score_samples(case.rows.X),
        case.tolerance,
        "scores",
        "Validate X with accept_sparse='csr' and use @ and multiply, never *.",
    )


def check_n_features(weighter: Any, case: WeighterCase) -> None:
    """New rows with another number of features are refused."""
    model = case.fit(weighter, case.rows)
    require_error(
        "rows with a feature too few",
        "features",
        "Validate X with validate_data(self, X, reset=False).",
        model.score_samples,
        case.rows.X[:, :-1],
    )


def check_routing(weighter: Any, case: WeighterCase) -> None:
    """The domain reaches the weighter in a Pipeline, metadata routing off and on."""
    rows = case.rows
    expected = case.fitted_answer(weighter, rows)
    for routing in ROUTING:
        pipeline = Pipeline([("weighter", case.model(weighter))])
        name = "sample_domain" if routing else "weighter__sample_domain"
        with config_context(enable_metadata_routing=routing):
            pipeline.fit(rows.X, rows.y, **{name: rows.sample_domain})
        require_close(
            case.answer(pipeline[-1], rows),
            expected,
            0,
            f"weights with enable_metadata_routing={routing}",
            'Set __metadata_request__fit = {"sample_domain": True} on the class.',
        )


def check_transfer_classifier(weighter: Any, case: WeighterCase) -> None:
    """The weights reach the estimator of a TransferClassifier, in a search too."""
    rows = case.rows
    source = np.asarray(rows.sample_domain) > 0
    expected = case.fitted_answer(weighter, rows)[source]
    remedy = "Keep the order of rows, and set weights_ in fit."
    for routing in ROUTING:
        model = TransferClassifier(
            LogisticRegression(max_iter=1000), weighter=case.model(weighter)
        )
        grid = {"weighter": [case.model(weighter)]}
        with config_context(enable_metadata_routing=routing):
            model.fit(rows.X, rows.y, sample_domain=rows.sample_domain)
            search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
            extra = {} if routing else {"groups": rows.sample_domain}
            search.fit(rows.X, rows.y, sample_domain=rows.sample_domain, **extra)
        require_close(
            model.sample_weight_[source], expected, 1e-6, "weights in use", remedy
        )
        scores = search.cv_results_["mean_test_score"]
        if not np.isfinite(scores).all():
            broken(f"scores {scores} of a search", remedy)


WEIGHTER_LAWS = (
    Law(check_unit_mean, always),
    Law(check_without_domains, always),
    Law(check_equal_domains, always),
    common.ROW_ORDER,
    common.SPARSE_EQUALS_DENSE,
    common.FLOAT32,
    common.FRAMES,
    *INPUT_LAWS,
    common.TARGET_LABELS_UNREAD,
    common.LABEL_TYPES,
    common.DOMAIN_NAMES,
    common.BAD_DOMAINS,
    common.ONE_SIDE_ALONE,
    common.ONE_ROW_SIDES,
    common.INPUT_IS_KEPT,
    common.PARAMETERS,
    common.PICKLE,
    common.KEYS,
    common.REFIT,
    Law(check_score_samples, has_score_samples),
    Law(check_sparse_scores, scores_sparse_rows),
    Law(check_n_features, has_score_samples),
    Law(check_routing, always),
    Law(check_transfer_classifier, common.has_labels),
)


def weighter_checks_generator(
    weighter: Any,
    *,
    data: tuple[Any, Any, Any] | None = None,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the laws of weighters as checks.

    Parameters
    ----------
    weighter : estimator
        An unfitted weighter; each check fits copies of it.
    data : tuple (X, y, sample_domain), default=None
        Rows to try it on, labelled, source rows in domain 1 and target rows in -1, for
        weighters that take no table of numbers of 0 or more. None: made-up rows of 5
        columns and two classes.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Yields
    ------
    weighter : estimator
        The weighter that was given.
    check : callable
        A function of the weighter that raises an AssertionError where the law is
        broken; its ``__name__`` is the name of the law.

    Raises
    ------
    ValueError
        If `expected_failed_checks` names no check, or the estimator
        takes no table and there is no `data`.

    See Also
    --------
    check_weighter : Runs them all.

    Notes
    -----
    Which laws apply follows from what the weighter has: those of new rows from a method
    ``score_samples``, sparse rows from the input tag `sparse`, the order of rows from
    the tag `non_deterministic`. Each open ``random_state`` is set to 0.

    Examples
    --------
    >>> from sktransfer import KNNInstanceWeighter
    >>> from sktransfer.testing import weighter_checks_generator
    >>> for weighter, check in weighter_checks_generator(KNNInstanceWeighter()):
    ...     check(weighter)
    """
    case = WeighterCase(given_rows(weighter, data), tolerance)
    yield from generate_checks(weighter, WEIGHTER_LAWS, case, expected_failed_checks)


def check_weighter(
    weighter: Any,
    *,
    data: tuple[Any, Any, Any] | None = None,
    tolerance: float = 1e-4,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> None:
    """Check that a weighter keeps the laws of weighters.

    Parameters
    ----------
    weighter : estimator
        An unfitted weighter; each check fits copies of it.
    data : tuple (X, y, sample_domain), default=None
        Rows to try it on, labelled, source rows in domain 1 and target rows in -1, for
        weighters that take no table of numbers of 0 or more. None: made-up rows of 5
        columns and two classes.
    tolerance : float, default=1e-4
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Raises
    ------
    AssertionError
        If a law is broken: for each such law its name, what was got and what to do.
    ValueError
        If `expected_failed_checks` names no check, or the estimator
        takes no table and there is no `data`.

    See Also
    --------
    weighter_checks_generator : Yields the checks, and says when each applies.

    Examples
    --------
    >>> from sktransfer import KNNInstanceWeighter
    >>> from sktransfer.testing import check_weighter
    >>> check_weighter(KNNInstanceWeighter())
    """
    run_checks(
        weighter_checks_generator(
            weighter,
            data=data,
            tolerance=tolerance,
            expected_failed_checks=expected_failed_checks,
        )
    )
