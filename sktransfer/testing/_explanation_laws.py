"""Laws of recommenders and classifiers that explain their scores."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sktransfer.testing._checks import broken, require_close, require_error

_REMEDY = (
    "Inherit similar_items and explain from sktransfer.base.BaseRecommender, or give "
    "what its docstrings say."
)


def explains(recommender: Any, case: Any) -> bool:
    """Condition: there is an `explain`."""
    return hasattr(recommender, "explain")


def tells_similar_items(recommender: Any, case: Any) -> bool:
    """Condition: there are `similar_items`, and scores depend on the row."""
    return hasattr(recommender, "similar_items") and case.personalized


def tells_by_interactions(recommender: Any, case: Any) -> bool:
    """Condition: similar items follow from interactions, without content."""
    content = [
        value
        for name, value in recommender.get_params(deep=True).items()
        if name.endswith("item_features")
    ]
    known = all(value is None for value in content)
    return known and tells_similar_items(recommender, case)


def check_explanations(recommender: Any, case: Any) -> None:
    """Contributions of the items of a row and the base add up to the score."""
    X = case.X
    model = case.fit_X(recommender, X)
    scores = np.asarray(model.predict(X))
    for row, item in ((0, 1), (3, 4), (7, 0), (11, int(X[[11]].indices[0]))):
        items, contributions, base = model.explain(X[[row]], item)
        if sorted(items) != sorted(X[[row]].indices):
            broken(
                f"items {list(items)} where the row holds "
                f"{sorted(X[[row]].indices.tolist())}",
                _REMEDY,
            )
        if np.any(np.diff(contributions) > 0):
            broken("contributions that rise", "Sort them, the largest first.")
        require_close(
            np.array([np.sum(contributions) + base]),
            scores[[row], [item]],
            case.tolerance,
            "a sum of contributions and base",
            _REMEDY,
        )
    empty = sparse.csr_array((1, X.shape[1]))
    items, contributions, base = model.explain(empty, 2)
    if len(items) or len(contributions):
        broken(f"items {list(items)} that speak for an item in an empty row", _REMEDY)
    require_close(
        np.array([base]),
        np.asarray(model.predict(empty))[0, [2]],
        case.tolerance,
        "a base of an empty row",
        _REMEDY,
    )


def check_linear_explanations(recommender: Any, case: Any) -> None:
    """Where items alone add up to every score, each contributes what it has alone."""
    X = case.X
    model = case.fit_X(recommender, X)
    offset = np.asarray(model.predict(sparse.csr_array((1, X.shape[1]))))[0]
    alone = np.asarray(model.predict(sparse.eye_array(X.shape[1], format="csr")))
    weights = (alone - offset).astype(np.float64)
    scores = np.asarray(model.predict(X))
    if not np.allclose(X @ weights + offset, scores, rtol=1e-4, atol=1e-8):
        return  # not linear
    for row, item in ((0, 1), (3, 4), (7, 0)):
        items, contributions, base = model.explain(X[[row]], item)
        taken = X[[row]].toarray()[0, items] * weights[items, item]
        require_close(
            np.append(contributions, base),
            np.append(taken, offset[item]),
            max(case.tolerance, 1e-5),
            "contributions and base",
            _REMEDY,
        )


def check_similar_items(recommender: Any, case: Any) -> None:
    """Similar items are others, each once, by falling score, -1 where they end."""
    n = case.X.shape[1]
    model = case.fit_X(recommender, case.X)
    items, scores = model.similar_items(np.arange(n)[::-1], n + 3)
    if np.shape(items) != (n, n + 3) or np.shape(scores) != (n, n + 3):
        broken(f"shapes {np.shape(items)} and {np.shape(scores)}", _REMEDY)
    if np.any(items == np.arange(n)[::-1, None]):
        broken("an item that is similar to itself", "Leave the item itself out.")
    others = np.array([np.delete(np.arange(n), i) for i in range(n)[::-1]])
    if not np.array_equal(np.sort(items[:, : n - 1], axis=1), others):
        broken("other items than all but the item itself", _REMEDY)
    if np.any(items[:, n - 1 :] != -1) or np.any(scores[:, n - 1 :] != -np.inf):
        broken("no item -1 with score -inf where no item is left", _REMEDY)
    if not np.all(scores[:, 1 : n - 1] <= scores[:, : n - 2]):
        broken("scores that rise along a row, or NaN", _REMEDY)


def check_similar_twins(recommender: Any, case: Any) -> None:
    """Items that the same users took are similar to the same items, and as much."""
    X = sparse.csr_array(sparse.hstack([case.X, case.X[:, [0]]]))
    twins = [0, X.shape[1] - 1]
    similar = _similarities(case.fit_X(recommender, X), X.shape[1])
    others = np.arange(1, X.shape[1] - 1)
    first, second = (similar[twin, others] for twin in twins)
    require_close(first, second, case.tolerance, "scores of equal columns", _REMEDY)
    first, second = (similar[others, twin] for twin in twins)
    require_close(first, second, case.tolerance, "scores for equal columns", _REMEDY)


def check_symmetric_similarity(recommender: Any, case: Any) -> None:
    """Where `symmetric_similarity_` is True, similarities are the same both ways."""
    model = case.fit_X(recommender, case.X)
    if not getattr(model, "symmetric_similarity_", False):
        return
    similar = _similarities(model, case.X.shape[1])
    require_close(
        similar,
        similar.T,
        max(case.tolerance, case.float32_tolerance),
        "similarities in the other direction",
        "Let symmetric_similarity_ be False where they are not symmetric.",
    )


def check_bad_items(recommender: Any, case: Any) -> None:
    """Items that there are not are refused with a clear message."""
    model = case.fit_X(recommender, case.X)
    row, n = case.X[[0]], case.X.shape[1]
    bad: list[Any] = [[n], [-1], [0.5], [], 3]
    calls = [(f"items={items!r}", "item", model.similar_items, items) for items in bad]
    for item in (n, -1, 0.5):
        explain = partial(model.explain, item=item)
        calls.append((f"item={item!r}", "item", explain, row))
    calls.append(("two rows", "row", partial(model.explain, item=1), case.X[[0, 1]]))
    for what, word, call, argument in calls:
        require_error(what, word, "Raise a ValueError that says so.", call, argument)


def _similarities(model: Any, n: int) -> np.ndarray:
    """Matrix of the scores of similar items, 0 on the diagonal."""
    items, scores = model.similar_items(np.arange(n), n - 1)
    similar = np.zeros((n, n))
    np.put_along_axis(similar, items, scores, axis=1)
    return similar


def check_decision_explanations(strategy: Any, case: Any) -> None:
    """Contributions of features and the base add up to the decision of a row."""
    model = case.fit(strategy, case.rows)
    for row in (0, 3, case.rows.n_rows - 1):
        X = np.asarray(case.rows.X)[[row]]
        domain = np.asarray(case.rows.sample_domain)[[row]]
        found = model.explain(X, sample_domain=domain)
        score = getattr(model, found.output)
        require_close(
            found.contributions.sum(axis=0) + found.base,
            np.ravel(score(X, sample_domain=domain)),
            1e-9,
            "a sum of contributions and base",
            _DECISIONS,
        )
        if found.method == "path":
            continue
        for name, contribution in zip(found.features, found.contributions):
            without = X.copy()
            without[0, int(name[1:])] = 0
            lost = score(X, sample_domain=domain) - score(without, sample_domain=domain)
            scale = np.abs(found.contributions).max()
            require_close(
                np.append(contribution, scale),
                np.append(np.ravel(lost), scale),
                1e-6,
                f"a contribution of {name}",
                _DECISIONS,
            )


_DECISIONS = (
    "Return a model whose decision_function depends on the row alone: explain asks it "
    "for sums of features, or leaves out one at a time."
)
