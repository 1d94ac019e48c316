"""Laws of what counts in interactions: items, rows, stored entries, weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sktransfer.testing._case import takes
from sktransfer.testing._checks import broken, require_close, require_error
from sktransfer.testing._recommender_case import (
    RecommenderCase,
    checkerboard,
    unseen_item,
)


def is_personalized(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: the caller says that scores depend on the row."""
    return case.personalized


def takes_weights(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `fit` takes sample_weight."""
    return takes(recommender, "fit", "sample_weight")


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
