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
from sklearn.base import clone

from sktransfer._core.interactions import (
    held_out_counts,
    interaction_times,
    kept_entries,
    mark_held_out,
    nonzero_csr,
)
from sktransfer._core.logs.interactions import Interactions
from sktransfer._core.logs.views import log_of_matrix
from sktransfer._core.ranking import ndcg_rows
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend.auto._candidates import RecommenderCandidate
from sktransfer.recommend.markets._aging import aged

K = 10  # places that nDCG looks at
MIN_USERS = 20  # with fewer nothing is chosen by validation
_MAX_USERS = 10_000
_ENOUGH = 600  # users, counted each time that interactions of theirs are drawn
_MAX_DRAWS = 3

Callback = Callable[[str], object] | None


class TrainingData(NamedTuple):
    """Interactions of all markets, over all items or some of them.

    Attributes
    ----------
    X : CSR of shape (n_users of all markets, n_items)
        The target's rows are the last ones.
    sample_domain : ndarray of int64 of shape (n_users,)
        Market of each row.
    time : CSR of shape (n_target, n_items) or None
        Larger for later interactions of the target.
    source_time : CSR of shape (n_users - n_target, n_items) or None
        The same of the other markets; None where some are not known.
    item_features : {ndarray, CSR} of shape (n_items, n_content) or None
        Content of the items.
    """

    X: Any
    sample_domain: NDArray[np.int64]
    time: Any = None
    item_features: Any = None
    source_time: Any = None

    @property
    def target(self) -> Any:
        """Rows of the target."""
        return self.X[self.sample_domain < 0]

    def log(self, *, markets: bool) -> Interactions:
        """Interactions with times, of all markets or of the target.

        Those of other markets are equally new where their times are not known.
        """
        if not markets:
            own = self.sample_domain < 0
            return log_of_matrix(self.target, self.time, self.sample_domain[own])
        others = self.source_time
        if others is None:
            others = self.X[self.sample_domain > 0] != 0
        times = sparse.vstack([others, self.time], format="csr")
        return log_of_matrix(self.X, times, self.sample_domain)

    def columns(self, items: NDArray[np.int64]) -> TrainingData:
        """The same with some of the items."""
        if items.size == self.X.shape[1]:
            return self
        time, content, source_time = self.time, self.item_features, self.source_time
        return self._replace(
            X=self.X[:, items],
            time=None if time is None else time[:, items],
            source_time=None if source_time is None else source_time[:, items],
            item_features=None if content is None else content[items],
        )

    def without(self, held_out: Any) -> TrainingData:
        """The same without some interactions of the target."""
        sources = self.X[self.sample_domain > 0]
        left = sparse.csr_array(self.target - self.target.multiply(held_out != 0))
        left.eliminate_zeros()
        time = self.time
        if time is not None:
            time = sparse.csr_array(time.multiply(left != 0))
            time.eliminate_zeros()
        X = sparse.vstack([sources, left], format="csr")
        return self._replace(X=X, time=time)


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


def fit_candidate(
    candidate: RecommenderCandidate,
    data: TrainingData,
    fitted: dict[str, Any] | None = None,
) -> Any:
    """Fit a clone of a candidate to what it learns from."""
    model = clone(candidate.estimator)
    if data.item_features is not None:
        names = [
            name
            for name, value in model.get_params().items()
            if name.split("__")[-1] == "item_features" and value is None
        ]
        model.set_params(**dict.fromkeys(names, data.item_features))
    if not candidate.time and data.time is not None and _may_age(model):
        model.fit(data.log(markets=candidate.markets))
        del model.log_  # its ids are numbers of this part
        return model
    if not candidate.markets:
        return model.fit(data.time if candidate.time else data.target)
    if candidate.time:
        times = sparse.vstack([data.source_time, data.time], format="csr")
        return model.fit(times, sample_domain=data.sample_domain)
    known = (fitted or {}).get(candidate.weights_from or "")
    extra = {} if known is None else {"market_weights": known.market_weights_}
    return model.fit(data.X, sample_domain=data.sample_domain, **extra)


def _may_age(model: Any) -> bool:
    """Whether interactions may count less the older they are."""
    is_log_taken = isinstance(model, BaseRecommender)
    return is_log_taken and getattr(model, "half_life", None) is not None


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
    fitted: dict[str, Any] = {}
    found = []
    for candidate in candidates:
        if callback is not None:
            callback(candidate.name)
        start = process_time()
        model = fitted[candidate.name] = fit_candidate(candidate, data, fitted)
        given = data.time[rows] if candidate.time else data.target[rows]
        if not candidate.time and data.time is not None and _may_age(model):
            given = aged(given, data.time[rows], model._history_half_life())
        items, _ = model.recommend(given, K)
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
