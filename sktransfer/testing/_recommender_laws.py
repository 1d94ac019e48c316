"""Laws of recommenders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import TransferRecommender
from sktransfer.testing import _common_laws as common
from sktransfer.testing._case import Case, Rows, takes
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
from sktransfer.testing._log_laws import (
    ages,
    check_half_life,
    check_logs,
    check_ranked_frame,
    takes_logs,
)

ROUTING = (False, True)
RANKING = (
    "Rank by decreasing score, the smaller item number first among equal scores, or "
    "inherit recommend from sktransfer.base.BaseRecommender."
)


@dataclass(frozen=True)
class RecommenderCase(Case):
    """Interactions, users in rows, for which a recommender scores all items."""

    personalized: bool = True
    answers: ClassVar[str] = "scores"
    float32_tolerance: ClassVar[float] = 1e-5

    def fit_model(self, model: Any, rows: Rows) -> Any:
        """The recommender itself, fitted, with the domains if it takes them."""
        if takes(model, "fit", "sample_domain"):
            return model.fit(rows.X, sample_domain=rows.sample_domain)
        return model.fit(rows.X)

    def answer(self, model: Any, rows: Rows) -> Any:
        """Score of each item for each row."""
        return model.predict(rows.X)

    @property
    def X(self) -> Any:
        """Interactions."""
        return self.rows.X

    def fit_X(self, recommender: Any, X: Any, **kwargs: Any) -> Any:
        """A copy of the recommender, fitted to interactions without domains."""
        return self.model(recommender).fit(X, **kwargs)


def checkerboard(n: int = 20) -> Any:
    """Even users take even items and odd users odd ones, but user i not item i."""
    X = (np.add.outer(np.arange(n), np.arange(n)) % 2 == 0).astype(np.float64)
    np.fill_diagonal(X, 0)
    return sparse.csr_array(X)


def made_up_interactions(n_rows: int = 60, n_items: int = 15) -> Rows:
    """Users of two tastes and two markets; each user and each item occurs."""
    rng = np.random.default_rng(0)
    taste = rng.integers(0, 2, n_rows)[:, None] == np.arange(n_items) % 2
    X = rng.random((n_rows, n_items)) < np.where(taste, 0.45, 0.1)
    X[np.arange(n_rows), np.arange(n_rows) % n_items] = True
    d = np.where(np.arange(n_rows) % 2 == 0, 1, -1)
    return Rows(sparse.csr_array(X.astype(np.float64)), None, d)


def is_personalized(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: the caller says that scores depend on the row."""
    return case.personalized


def takes_weights(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `fit` takes sample_weight."""
    return takes(recommender, "fit", "sample_weight")


def takes_candidates(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `recommend` takes candidates."""
    return takes(recommender, "recommend", "candidates")


def has_score(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: there is a `score`."""
    return hasattr(recommender, "score")


def serves_one_market(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `fit` takes no domain."""
    return not common.takes_domain(recommender, case)


# ---------------------------------------------------------------------------- rankings


def check_ranking_shapes(recommender: Any, case: RecommenderCase) -> None:
    """`recommend` gives item numbers and falling scores, k of them for each row."""
    model = case.fit_X(recommender, case.X)
    items, scores = model.recommend(case.X, 4)
    shape = (case.X.shape[0], 4)
    if np.shape(items) != shape or np.shape(scores) != shape:
        broken(f"shapes {np.shape(items)} and {np.shape(scores)}, not {shape}", RANKING)
    if np.asarray(items).dtype.kind not in "iu":
        broken(f"items of dtype {np.asarray(items).dtype}, not of integers", RANKING)
    if items.min() < -1 or items.max() >= case.X.shape[1]:
        broken(f"items from {items.min()} to {items.max()}", RANKING)
    finite = np.where(scores == -np.inf, np.finfo(np.float64).min, scores)
    if np.isnan(scores).any() or np.any(finite[:, 1:] > finite[:, :-1]):
        broken("scores that rise along a row, or NaN", RANKING)
    listed = np.sort(items, axis=1)
    if np.any((listed[:, 1:] == listed[:, :-1]) & (listed[:, 1:] >= 0)):
        broken("an item twice in one row", RANKING)


def check_ranking_of_scores(recommender: Any, case: RecommenderCase) -> None:
    """`recommend` ranks the scores of `predict`, without seen items unless asked."""
    model = case.fit_X(recommender, case.X)
    scores = np.array(model.predict(case.X))
    unseen = scores.copy()
    unseen[case.X.nonzero()] = -np.inf
    for expected, kwargs in ((scores, {"exclude_seen": False}), (unseen, {})):
        if kwargs and not takes(model, "recommend", "exclude_seen"):
            continue
        items, values = model.recommend(case.X, case.X.shape[1], **kwargs)
        order = np.argsort(-expected, axis=1, kind="stable")
        best = np.take_along_axis(expected, order, axis=1)
        order = np.where(best == -np.inf, -1, order)
        if not np.array_equal(items, order):
            row = int(np.flatnonzero((items != order).any(axis=1))[0])
            broken(
                f"items {items[row].tolist()} for row {row} where the scores give "
                f"{order[row].tolist()}",
                RANKING,
            )
        require_close(values, best, 1e-6, "scores", RANKING)


def check_seen_items(recommender: Any, case: RecommenderCase) -> None:
    """Items that a row has taken are not recommended to it."""
    items, _ = case.fit_X(recommender, case.X).recommend(case.X, 4)
    seen = case.X.toarray() != 0
    repeated = np.take_along_axis(seen, np.maximum(items, 0), axis=1) & (items >= 0)
    if repeated.any():
        broken(f"{int(repeated.sum())} seen items", "Give seen items the score -inf.")


def check_more_items_than_there_are(recommender: Any, case: RecommenderCase) -> None:
    """Where k exceeds the items left, rows end in item -1 and score -inf."""
    items, scores = case.fit_X(recommender, case.X).recommend(case.X, 40)
    remedy = "Fill the rows up with item -1 and score -inf."
    if np.shape(items) != (case.X.shape[0], 40):
        broken(f"shape {np.shape(items)} for k=40", remedy)
    left = case.X.shape[1] - (case.X.toarray() != 0).sum(axis=1)
    if not np.array_equal((items >= 0).sum(axis=1), left):
        broken("another number of items than the row has not taken", remedy)
    if not np.array_equal(items == -1, scores == -np.inf):
        broken("item -1 with a score, or an item with none", remedy)


def check_candidates(recommender: Any, case: RecommenderCase) -> None:
    """Only candidates are recommended, in whichever form they are given."""
    X = case.X
    model = case.fit_X(recommender, X)
    shared = [9, 1, 4, 6, 4]
    mask = np.isin(np.arange(X.shape[1]), shared)
    allowed = np.where(mask, model.predict(X), -np.inf)
    allowed[X.nonzero()] = -np.inf
    order = np.argsort(-allowed, axis=1, kind="stable")[:, :6]
    best = np.take_along_axis(allowed, order, axis=1)
    order = np.where(best == -np.inf, -1, order)
    every = np.tile(mask, (X.shape[0], 1))
    forms: dict[str, Any] = {
        "item numbers": shared,
        "a mask": mask,
        "a padded array": np.tile([1, 4, -1, 6, 9], (X.shape[0], 1)),
        "lists": [[9, 6, 4, 1]] * X.shape[0],
        "a mask for each row": every,
        "a sparse matrix": sparse.csr_matrix(every),
    }
    remedy = "See the parameter candidates of BaseRecommender.recommend for the forms."
    for what, form in forms.items():
        items, scores = model.recommend(X, 6, candidates=form)
        if not np.array_equal(items, order):
            broken(f"other items for candidates given as {what}", remedy)
        require_close(scores, best, 1e-6, f"scores for {what}", remedy)


def check_bad_candidates(recommender: Any, case: RecommenderCase) -> None:
    """Candidates that do not fit X are refused with a clear message."""
    model = case.fit_X(recommender, case.X)
    n_rows, n_items = case.X.shape
    bad = {
        "an item too many": [n_items],
        "a negative item": [-1, 2],
        "one list": [[1, 2]],
        "a mask of 3 items": np.ones(3, dtype=bool),
        "a number": 7,
        "fractions": [[0.5]] * n_rows,
        "a sparse matrix of another shape": sparse.csr_array((3, 3)),
    }
    for what, candidates in bad.items():
        require_error(
            f"candidates with {what}",
            "candidates",
            "Raise a ValueError that names candidates, what was got and what to do.",
            partial(model.recommend, candidates=candidates),
            case.X,
        )


def check_bad_k(recommender: Any, case: RecommenderCase) -> None:
    """A k that is not an integer of at least 1 is refused."""
    model = case.fit_X(recommender, case.X)
    for k in (0, -1, 2.5):
        require_error(f"k={k}", "k", "Raise a ValueError.", model.recommend, case.X, k)


# ------------------------------------------------------------------------- what counts


def check_missing_item(recommender: Any, case: RecommenderCase) -> None:
    """The item that a row of a checkerboard lacks comes first, above the others."""
    X = checkerboard()
    items, scores = case.fit_X(recommender, X).recommend(X, 3)
    remedy = "Pass personalized=False if all rows get the same ranking."
    if not np.array_equal(items[:, 0], np.arange(X.shape[0])):
        broken(f"first items {items[:, 0].tolist()} for rows 0, 1, 2, ...", remedy)
    if not (scores[:, 0] > scores[:, 1]).all():
        broken("no higher score for the missing item", remedy)


def check_finite_scores(recommender: Any, case: RecommenderCase) -> None:
    """Rows get finite scores of all items, empty rows and unseen users too."""
    rng = np.random.default_rng(1)
    new = sparse.csr_array((rng.random((5, case.X.shape[1])) < 0.3).astype(float))
    empty = sparse.csr_array((2, case.X.shape[1]))
    model = case.fit_X(recommender, case.X)
    for what, X in (("known", case.X), ("new", new), ("empty", empty)):
        scores = np.asarray(model.predict(X))
        if scores.shape != X.shape or not np.isfinite(scores).all():
            broken(
                f"scores of shape {scores.shape}, or not finite, for {what} rows",
                "Give each item a number, 0 where nothing is known.",
            )


def check_rows_alone(recommender: Any, case: RecommenderCase) -> None:
    """A row gets the same ranking alone and among others."""
    model = case.fit_X(recommender, case.X)
    items, scores = model.recommend(case.X, 4)
    remedy = "Score a row by what fit has learned and by the row itself."
    for i in (0, 7, case.X.shape[0] - 1):
        item, score = model.recommend(case.X[[i]], 4)
        require_close(score, scores[[i]], 1e-6, "scores of a row alone", remedy)
        if not np.array_equal(item, items[[i]]):
            broken(f"items {item[0].tolist()}, not {items[i].tolist()}", remedy)


def check_item_order(recommender: Any, case: RecommenderCase) -> None:
    """The order of the items does not matter to their scores."""
    order = np.random.default_rng(1).permutation(case.X.shape[1])
    X = case.X[:, order]
    require_close(
        case.fit_X(recommender, X).predict(X),
        case.fit_X(recommender, case.X).predict(case.X)[:, order],
        case.tolerance,
        "scores",
        "Compute from what users took, not from the numbers of the items.",
    )


def check_empty_rows(recommender: Any, case: RecommenderCase) -> None:
    """Users without interactions change no score."""
    empty = sparse.csr_array((3, case.X.shape[1]))
    require_close(
        case.fit_X(
            recommender, sparse.csr_array(sparse.vstack([empty, case.X]))
        ).predict(case.X),
        case.fit_X(recommender, case.X).predict(case.X),
        case.tolerance,
        "scores",
        "Compute from interactions, not from the number of rows.",
    )


def check_stored_entries(recommender: Any, case: RecommenderCase) -> None:
    """Entries stored twice are summed, and stored zeros are no interactions."""
    X = case.X
    halves = sparse.csr_array(
        (np.repeat(X.data / 2, 2), np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape
    )
    indptr = X.indptr + (np.arange(X.indptr.size) == X.shape[0])
    zeros = sparse.csr_array(
        (np.append(X.data, 0.0), np.append(X.indices, unseen_item(X)), indptr),
        shape=X.shape,
    )
    expected = case.fit_X(recommender, X)
    scores, (items, _) = expected.predict(X), expected.recommend(X, 4)
    for what, same in (("halves stored twice", halves), ("a stored zero", zeros)):
        model = case.fit_X(recommender, same.copy())
        remedy = "Copy X and call sum_duplicates and eliminate_zeros on the copy."
        require_close(
            model.predict(same.copy()),
            scores,
            case.tolerance,
            f"scores with {what}",
            remedy,
        )
        if not np.array_equal(model.recommend(same.copy(), 4)[0], items):
            broken(f"other items with {what}", remedy)


def check_narrow_counts(recommender: Any, case: RecommenderCase) -> None:
    """A pair stored 256 times in 8 bits counts 256, and does not wrap to 0."""
    times = 256
    log = sparse.coo_array(
        (
            np.ones(times * case.X.nnz, dtype=np.int8),
            tuple(np.repeat(part, times) for part in case.X.nonzero()),
        ),
        shape=case.X.shape,
    )
    total = (times * case.X).astype(np.float32)
    require_close(
        case.fit_X(recommender, log).predict(log),
        case.fit_X(recommender, total).predict(total),
        case.tolerance,
        "scores",
        "Convert X to floats before entries that are stored twice are summed.",
    )


def check_wide_indices(recommender: Any, case: RecommenderCase) -> None:
    """Indices of 64 bits, and the format COO, change nothing."""
    X = case.X
    wide = X.copy()
    wide.indices, wide.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    expected = case.fit_X(recommender, X).predict(X)
    for what, same in (
        ("indices of 64 bits", wide),
        ("the format COO", X.tocoo()),
    ):
        require_close(
            case.fit_X(recommender, same).predict(same),
            expected,
            case.tolerance,
            f"scores for {what}",
            'Validate X with accept_sparse="csr" and accept_large_sparse=True.',
        )


def unseen_item(X: Any) -> int:
    """An item that the last row has not taken."""
    return int(np.flatnonzero(X[[-1]].toarray()[0] == 0)[0])


def check_number_types(recommender: Any, case: RecommenderCase) -> None:
    """Integers, booleans and floats of any width count as what they equal."""
    X = case.X.astype(np.float32)
    expected = case.fit_X(recommender, X).predict(X)
    sparse_forms = [X.astype(dtype) for dtype in (np.int64, np.int8, bool)]
    dense_forms = [X.toarray().astype(dtype) for dtype in ("u1", "f2", ">f4", ">i4")]
    for same in sparse_forms + dense_forms:
        require_close(
            case.fit_X(recommender, same.copy()).predict(same),
            expected,
            case.tolerance,
            f"scores for X of {same.dtype}",
            "Validate X with dtype=[np.float32, np.float64].",
        )


def check_sample_weight(recommender: Any, case: RecommenderCase) -> None:
    """A weight of 2 is the row twice, a weight of 0 is no row."""
    X = case.X
    w = np.arange(X.shape[0]) % 3
    repeated = case.fit_X(recommender, X[np.repeat(np.arange(w.size), w)])
    remedy = "Weigh what each row adds to the sums, and nothing else."
    require_close(
        case.fit_X(recommender, X, sample_weight=w).predict(X),
        repeated.predict(X),
        case.tolerance,
        "scores",
        remedy,
    )
    for bad, word in (
        (w - 1.0, "egative"),
        (np.ones(3), ""),
        (np.full(w.size, np.nan), "NaN"),
    ):
        require_error(
            "weights below 0, too few or NaN",
            word,
            "Validate them with sklearn's _check_sample_weight.",
            partial(case.fit_X, sample_weight=bad),
            recommender,
            X,
        )


# ---------------------------------------------------------------------- in scikit-learn


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
    Law(check_half_life, ages),
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
    and ids from the argument `as_frame` of ``recommend``;
    searches from a method ``score``; sparse rows from the input tag `sparse`, the order
    domains from the arguments `candidates`, `sample_weight` and `sample_domain`;
    searches from a method ``score``; explanations from ``explain``, similar items from
    ``similar_items``; sparse rows from the input tag `sparse`, the order
    of rows from the tag `non_deterministic`. Each open ``random_state`` is set to 0.

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
