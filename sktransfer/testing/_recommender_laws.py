"""Laws of recommenders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import TransferRecommender
from sktransfer.testing import _common_laws as common
from sktransfer.testing._checks import (
    Law,
    always,
    broken,
    dense,
    generate_checks,
    require_close,
    require_error,
    run_checks,
)
from sktransfer.testing._explanation_laws import (
    check_bad_items,
    check_explanations,
    check_linear_explanations,
    check_similar_items,
    check_similar_twins,
    check_symmetric_similarity,
    explains,
    tells_by_interactions,
    tells_similar_items,
)
from sktransfer.testing._interaction_laws import (
    check_empty_rows,
    check_finite_scores,
    check_item_order,
    check_missing_item,
    check_narrow_counts,
    check_number_types,
    check_rows_alone,
    check_sample_weight,
    check_stored_entries,
    check_wide_indices,
    is_personalized,
    takes_weights,
)
from sktransfer.testing._learning_on_laws import (
    check_partial_fit_equals_refit,
    check_partial_fit_in_the_form_of_fit,
    check_partial_fit_of_later_logs,
    learns_on,
    learns_on_from_logs,
)
from sktransfer.testing._log_laws import (
    ages,
    check_half_life,
    check_logs,
    check_ranked_frame,
    takes_logs,
)
from sktransfer.testing._low_rating_laws import (
    check_low_ratings,
    check_partial_fit_of_low_ratings,
)
from sktransfer.testing._ranking_laws import (
    check_bad_candidates,
    check_bad_k,
    check_candidates,
    check_more_items_than_there_are,
    check_ranking_of_scores,
    check_ranking_shapes,
    check_seen_items,
    takes_candidates,
)
from sktransfer.testing._recommender_case import (
    RANKING,
    RecommenderCase,
    made_up_interactions,
)

ROUTING = (False, True)


def has_score(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: there is a `score`."""
    return hasattr(recommender, "score")


def serves_one_market(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `fit` takes no domain."""
    return not common.takes_domain(recommender, case)


def check_relevance_unread(recommender: Any, case: RecommenderCase) -> None:
    """The held-out interactions that `fit` gets as y are not read."""
    garbage = np.random.default_rng(2).normal(size=case.X.shape)
    require_close(
        case.model(recommender).fit(case.X, garbage).predict(case.X),
        case.fit_X(recommender, case.X).predict(case.X),
        0,
        "scores",
        "Learn from X alone: searches pass the held-out interactions as y.",
    )


def check_score(recommender: Any, case: RecommenderCase) -> None:
    """`score` is the mean nDCG@10 of held-out interactions."""
    X_in, X_out = split_interactions(case.X, random_state=0)
    model = case.fit_X(recommender, X_in)
    expected = ndcg_at_k(X_out, model.recommend(X_in, 10)[0])
    require_close(
        model.score(X_in, X_out),
        expected,
        1e-6,
        "scores",
        "Inherit score from sktransfer.base.BaseRecommender.",
    )


def check_search(recommender: Any, case: RecommenderCase) -> None:
    """A GridSearchCV over held-out interactions rates and refits it."""
    X_in, X_out = split_interactions(case.X, random_state=0)
    for routing in ROUTING:
        with config_context(enable_metadata_routing=routing):
            search = GridSearchCV(
                case.model(recommender), {}, cv=2, error_score="raise"
            )
            search.fit(X_in, X_out.toarray())
        if not 0 <= search.best_score_ <= 1:
            broken(f"a score of {search.best_score_}", "Let score return the nDCG@10.")


def check_n_features(recommender: Any, case: RecommenderCase) -> None:
    """Rows with another number of items than in `fit` are refused."""
    model = case.fit_X(recommender, case.X)
    for method in (model.predict, model.recommend):
        require_error(
            "rows with an item too few",
            "features",
            "Validate X with validate_data(self, X, reset=False).",
            method,
            case.X[:, :-1],
        )


def check_not_finite(recommender: Any, case: RecommenderCase) -> None:
    """NaN and infinity are refused by `fit`, `predict` and `recommend`."""
    model = case.fit_X(recommender, case.X)
    for value in (np.nan, np.inf):
        X = case.X.copy()
        X.data[3] = value
        unfitted = case.model(recommender)
        for method in (unfitted.fit, model.predict, model.recommend):
            require_error(
                f"{value} in X",
                "NaN" if np.isnan(value) else "infinity",
                "Validate X with sklearn.utils.validation.validate_data.",
                method,
                X,
            )


def check_not_fitted(recommender: Any, case: RecommenderCase) -> None:
    """`predict` and `recommend` before `fit` raise NotFittedError."""
    model = case.model(recommender)
    for method in (model.predict, model.recommend):
        try:
            method(case.X)
        except NotFittedError:
            continue
        broken(f"an answer of {method.__name__}", "Call check_is_fitted(self) first.")


def check_routing(recommender: Any, case: RecommenderCase) -> None:
    """The domain reaches the recommender in a search, metadata routing on."""
    X_in, X_out = split_interactions(case.X, random_state=0)
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(case.model(recommender), {}, cv=2, error_score="raise")
        search.fit(X_in, X_out.toarray(), sample_domain=case.rows.sample_domain)


def check_transfer_recommender(recommender: Any, case: RecommenderCase) -> None:
    """A TransferRecommender fits it to several markets and serves the target."""
    model = TransferRecommender(case.model(recommender), catalogue="all")
    model.fit(case.X, sample_domain=case.rows.sample_domain)
    target = case.X[np.flatnonzero(case.rows.sample_domain < 0)]
    items, scores = model.recommend(target, 3)
    if not (items >= 0).all() or not np.isfinite(dense(scores)).all():
        broken("fewer than 3 items for a target row", RANKING)


RECOMMENDER_LAWS = (
    Law(check_ranking_shapes, always),
    Law(check_ranking_of_scores, always),
    Law(check_seen_items, always),
    Law(check_more_items_than_there_are, always),
    Law(check_candidates, takes_candidates),
    Law(check_bad_candidates, takes_candidates),
    Law(check_bad_k, always),
    Law(check_missing_item, is_personalized),
    Law(check_finite_scores, always),
    Law(check_rows_alone, always),
    Law(check_item_order, always),
    Law(check_empty_rows, always),
    Law(check_stored_entries, common.takes_sparse),
    Law(check_narrow_counts, common.takes_sparse),
    Law(check_wide_indices, common.takes_sparse),
    Law(check_number_types, always),
    Law(check_sample_weight, takes_weights),
    common.ROW_ORDER,
    common.SPARSE_EQUALS_DENSE,
    common.FLOAT32,
    common.FRAMES,
    common.INPUT_IS_KEPT,
    common.PARAMETERS,
    common.PICKLE,
    common.KEYS,
    common.REFIT,
    common.DOMAIN_NAMES._replace(applies=common.takes_domain),
    common.BAD_DOMAINS._replace(applies=common.takes_domain),
    Law(check_relevance_unread, always),
    Law(check_score, has_score),
    Law(check_search, has_score),
    Law(check_logs, takes_logs),
    Law(check_ranked_frame, takes_logs),
    Law(check_low_ratings, takes_logs),
    Law(check_half_life, ages),
    Law(check_partial_fit_equals_refit, learns_on),
    Law(check_partial_fit_of_later_logs, learns_on_from_logs),
    Law(check_partial_fit_of_low_ratings, learns_on_from_logs),
    Law(check_partial_fit_in_the_form_of_fit, learns_on_from_logs),
    Law(check_explanations, explains),
    Law(check_linear_explanations, explains),
    Law(check_similar_items, tells_similar_items),
    Law(check_similar_twins, tells_by_interactions),
    Law(check_symmetric_similarity, tells_similar_items),
    Law(check_bad_items, tells_similar_items),
    Law(check_n_features, always),
    Law(check_not_finite, always),
    Law(check_not_fitted, always),
    Law(check_routing, common.takes_domain),
    Law(check_transfer_recommender, serves_one_market),
)


def recommender_checks_generator(
    recommender: Any,
    *,
    personalized: bool = True,
    tolerance: float = 1e-6,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the laws of recommenders as checks.

    Parameters
    ----------
    recommender : estimator
        An unfitted recommender; each check fits copies of it.
    personalized : bool, default=True
        Whether scores depend on the row. False leaves out the law that similar users
        point to the missing item.
    tolerance : float, default=1e-6
        Largest difference between two answers that should be equal, as a share of the
        largest answer.
    expected_failed_checks : mapping of str to str, default=None
        Names of checks that fail by design, and why. A check that passes nevertheless
        is an error.

    Yields
    ------
    recommender : estimator
        The recommender that was given.
    check : callable
        A function of the recommender that raises an AssertionError where the law is
        broken; its ``__name__`` is the name of the law.

    Raises
    ------
    ValueError
        If `expected_failed_checks` names no check.

    See Also
    --------
    check_recommender : Runs them all.

    Notes
    -----
    Which laws apply follows from what the recommender has: candidates, weights and
    domains from the arguments `candidates`, `sample_weight` and `sample_domain`; logs
    and ids from the argument `as_frame` of ``recommend``; searches from a method
    ``score``; explanations from ``explain``, similar items from ``similar_items``;
    learning on from ``partial_fit``, which need not equal a refit where the fitted
    attribute ``exact_partial_fit_`` is False; sparse rows from the input tag `sparse`,
    the order of rows from the tag `non_deterministic`. Each open ``random_state`` is
    set to 0.

    Examples
    --------
    >>> from sktransfer import ItemKNNRecommender
    >>> from sktransfer.testing import recommender_checks_generator
    >>> for recommender, check in recommender_checks_generator(ItemKNNRecommender()):
    ...     check(recommender)
    """
    case = RecommenderCase(made_up_interactions(), tolerance, personalized)
    yield from generate_checks(
        recommender, RECOMMENDER_LAWS, case, expected_failed_checks
    )


def check_recommender(
    recommender: Any,
    *,
    personalized: bool = True,
    tolerance: float = 1e-6,
    expected_failed_checks: Mapping[str, str] | None = None,
) -> None:
    """Check that a recommender keeps the laws of recommenders.

    Parameters
    ----------
    recommender : estimator
        An unfitted recommender; each check fits copies of it.
    personalized : bool, default=True
        Whether scores depend on the row. False leaves out the law that similar users
        point to the missing item.
    tolerance : float, default=1e-6
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
        If `expected_failed_checks` names no check.

    See Also
    --------
    recommender_checks_generator : Yields the checks, and says when each applies.

    Examples
    --------
    >>> from sktransfer import ItemKNNRecommender
    >>> from sktransfer.testing import check_recommender
    >>> check_recommender(ItemKNNRecommender())
    """
    run_checks(
        recommender_checks_generator(
            recommender,
            personalized=personalized,
            tolerance=tolerance,
            expected_failed_checks=expected_failed_checks,
        )
    )
