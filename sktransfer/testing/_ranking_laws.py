"""Laws of rankings: which items, in which order, and which never."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sktransfer.testing._case import takes
from sktransfer.testing._checks import broken, require_close, require_error
from sktransfer.testing._recommender_case import RANKING, RecommenderCase


def takes_candidates(recommender: Any, case: RecommenderCase) -> bool:
    """Condition: `recommend` takes candidates."""
    return takes(recommender, "recommend", "candidates")


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
