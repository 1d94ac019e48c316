"""Recommenders fitted and scored on interactions that they have not seen.

A share of each target user's interactions is held out, once to choose by and once to
test. How a single TransferRecommender validates its settings is in ``markets._trials``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.interactions import (
    held_out_counts,
    interaction_times,
    kept_entries,
    mark_held_out,
    nonzero_csr,
)
from sktransfer._core.progress import begin_part, begin_step
from sktransfer._core.ranking import ndcg_rows
from sktransfer.recommend.auto._candidates import RecommenderCandidate
from sktransfer.recommend.auto._fitted_candidate import fit_candidate
from sktransfer.recommend.auto._training_data import TrainingData

K = 10  # places that nDCG looks at
MIN_USERS = 20  # with fewer nothing is chosen by validation
_MAX_USERS = 10_000
_ENOUGH = 600  # users, counted each time that interactions of theirs are drawn
_MAX_DRAWS = 3

Callback = Callable[[str], object] | None


class Scores(NamedTuple):
    """Rankings of a candidate for users with a held-out interaction, and their nDCG."""

    ndcg: NDArray[np.float64]  # of each user
    items: NDArray[np.int64]  # (n_users, 10), -1 for none
    seconds: float  # CPU time to fit and to rank


class Comparison(NamedTuple):
    """Scores of all candidates on two parts of the target's interactions."""

    validation: NDArray[np.float64]  # (n_candidates, n_users); no users: not validated
    test: list[Scores]
    train: Any  # CSR (n_target, n_items): what the models of the test were fitted to
    held_out: Any  # CSR (n_target, n_items): the test part
    rows: NDArray[np.int64]  # target users of the test part


def held_out_share(X: Any, time: Any, share: float, seed: int) -> Any:
    """A share of the interactions of each row: the latest, or drawn if no times."""
    X = nonzero_csr(X)
    n_out = held_out_counts(np.diff(X.indptr), share)
    if time is None:
        out = mark_held_out(X, n_out, rng=np.random.RandomState(seed))
    else:
        out = mark_held_out(X, n_out, when=interaction_times(X, time))
    return kept_entries(X, out)


def users_with(held_out: Any, seed: int) -> NDArray[np.int64]:
    """Users with a held-out interaction; a random sample if they are very many."""
    rows = np.flatnonzero(np.diff(held_out.indptr))
    if rows.size > _MAX_USERS:
        rng = np.random.RandomState(seed)
        rows = np.sort(rng.choice(rows, _MAX_USERS, replace=False))
    return rows


def ndcg_of_users(held_out: Any, items: NDArray[np.int64]) -> NDArray[np.float64]:
    """Value of nDCG@10 of each user; every held-out interaction counts the same."""
    dcg, ideal = ndcg_rows((held_out != 0).astype(np.float64).tocsr(), items)
    return dcg / ideal


def score_candidates(
    candidates: Sequence[RecommenderCandidate],
    data: TrainingData,
    held_out: Any,
    rows: NDArray[np.int64],
    callback: Callback = None,
) -> list[Scores]:
    """Fit candidates to data, and score their rankings by the held-out interactions."""
    if not rows.size:
        nothing = Scores(np.empty(0), np.empty((0, K), dtype=np.int64), 0.0)
        return [nothing] * len(candidates)
    target = data.target[rows]
    time = None if data.time is None else data.time[rows]
    weights: dict[str, Any] = {}
    found = []
    for candidate in candidates:
        begin_part(candidate.name, of=len(candidates))
        if callback is not None:
            callback(candidate.name)
        start = process_time()
        known = weights.get(candidate.weights_from or "")
        fitted = fit_candidate(candidate, data, known)
        weights[candidate.name] = getattr(fitted.model, "market_weights_", None)
        items, _ = fitted.recommend(target, time, K)
        seconds = process_time() - start
        found.append(Scores(ndcg_of_users(held_out[rows], items), items, seconds))
    return found


def compare_candidates(
    candidates: Sequence[RecommenderCandidate],
    data: TrainingData,
    test_size: float,
    seed: int,
    callback: Callback = None,
) -> Comparison:
    """Score candidates on a validation part, to choose by, and on a test part.

    For the validation part, candidates are fitted without both parts, up to three times
    if users are few; for the test part, without the test part only.
    """
    held_out = held_out_share(data.target, data.time, test_size, seed)
    train = data.without(held_out)
    rows = users_with(held_out, seed)
    test = score_candidates(candidates, train, held_out, rows, callback)
    begin_step("score candidates on the validation part")
    draws: list[NDArray[np.float64]] = []
    while True:
        part = held_out_share(
            train.target,
            train.time,
            test_size / (1 - test_size),
            seed + len(draws) + 1,
        )
        n_users = int(np.count_nonzero(np.diff(part.indptr)))
        if n_users < MIN_USERS:
            break
        rows_of_part = users_with(part, seed)
        left = train.without(part)
        scores = score_candidates(candidates, left, part, rows_of_part, callback)
        draws.append(np.array([s.ndcg for s in scores]))
        enough = n_users * len(draws) >= _ENOUGH or len(draws) == _MAX_DRAWS
        if enough or train.time is not None:
            break
    validation = np.mean(draws, axis=0) if draws else np.empty((len(candidates), 0))
    return Comparison(validation, test, train.target, held_out, rows)


def over_all_items(
    comparison: Comparison, catalogue: NDArray[np.int64], n_items: int
) -> tuple[NDArray[np.int64], sparse.csr_array, NDArray[np.int64]]:
    """Rankings, held-out interactions and users in training, over all items."""
    rankings = np.array([s.items for s in comparison.test])
    held_out = comparison.held_out[comparison.rows]
    interactions = sparse.csr_array(
        (held_out.data, catalogue[held_out.indices], held_out.indptr),
        shape=(comparison.rows.size, n_items),
    )
    counts = np.zeros(n_items, dtype=np.int64)
    counts[catalogue] = np.bincount(comparison.train.indices, minlength=catalogue.size)
    return np.append(catalogue, -1)[rankings], interactions, counts
