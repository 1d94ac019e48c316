"""A classifier that ranks items by the scores of models and by popularity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from sktransfer._core.sparse import entry_rows, nonzero_entries
from sktransfer._core.topk import row_blocks
from sktransfer.recommend._scores import predicted_scores, standardize_rows
from sktransfer.recommend.collaborative._item_neighbors import item_neighbors
from sktransfer.recommend.markets._combined_scores import has_components
from sktransfer.recommend.markets._training import MarketRows
from sktransfer.recommend.markets._trials import (
    MIN_ROWS,
    HoldOutPlan,
    RowDraws,
    Trial,
)

_PAIRS = 1 << 19  # pairs of users and items that are scored at once
_NEIGHBORS = 500
_N_NEGATIVES = 99
_MAX_ROWS = 10_000  # 100 pairs each


class FeatureSources(NamedTuple):
    """Models and counts from which features of pairs of user and item are computed."""

    models: list[Any]  # with all markets; of the target alone
    log_users: list[NDArray[np.float64]]  # of each item, by market, the target first
    similarities: list[Any]  # CSR of items by items, in the order of the models


class StackedRanker:
    """Classifier of pairs of user and item, by the scores of models and by counts.

    Features of a pair: the standardised scores of each model, and of each part of a
    blend; the largest and the second largest Jaccard similarity of the item to those of
    the user, and the share of these that anybody took together with it, in all markets
    and in the target alone; the number of users of the item in each market; the number
    of items of the user, and the mean popularity of these. A third of the log-odds is
    that of a logistic regression on the scores of the first model alone: a line holds
    where few pairs were seen, trees are flat there.

    Parameters
    ----------
    classifier : classifier or "gradient_boosting"
        With ``predict_proba``; the name for boosted trees whose log-odds rise with the
        scores.
    estimator : recommender
        Not fitted.
    weights : dict of int to float
        Weight of each source domain.
    random_state : int
        Seed of the boosted trees.
    """

    def __init__(
        self,
        classifier: Any,
        estimator: Any,
        weights: dict[int, float],
        random_state: int,
    ) -> None:
        self.classifier = classifier
        self.estimator = estimator
        self.weights = weights
        self.random_state = random_state

    def fit(self, rows: MarketRows, trials: list[Trial], pooled: Any) -> StackedRanker:
        """Learn to tell held-out interactions from other items.

        Features of a trial come from models without its held-out interactions. For
        users to serve they come from `pooled` (fitted here if it is None).
        """
        features, labels = [], []
        for trial in trials:
            self.sources_ = self._sources(rows._replace(X=trial.X))
            is_held_out = np.zeros(trial.items.shape, dtype=np.int64)
            is_held_out[:, 0] = 1
            blocks = self._features(trial.X[trial.rows], trial.items)
            there = trial.items.ravel() >= 0
            features.append(np.concatenate([block for _, block in blocks])[there])
            labels.append(is_held_out.ravel()[there])
        X, y = np.concatenate(features), np.concatenate(labels)
        if y.all():
            raise ValueError(
                "stacking learns to tell held-out interactions from items that a row "
                f"has not taken; all {y.size} target rows that it learns from have "
                "taken every item of the catalogue. Give a larger catalogue, or use "
                "stacking=None."
            )
        self.classifier_ = self._new_classifier().fit(X, y)
        self.line_ = LogisticRegression().fit(X[:, :1], y)
        self.sources_ = self._sources(rows, pooled)
        return self

    def _new_classifier(self) -> Any:
        if not isinstance(self.classifier, str):
            return clone(self.classifier)
        return HistGradientBoostingClassifier(
            learning_rate=0.06,
            max_iter=200,
            max_leaf_nodes=31,
            min_samples_leaf=100,
            l2_regularization=10.0,
            early_stopping=False,
            monotonic_cst=self._monotonic_constraints(),
            random_state=self.random_state,
        )

    def _sources(self, rows: MarketRows, pooled: Any = None) -> FeatureSources:
        """Fit models with the other markets and without, and count users."""
        weightings = [self.weights]
        if any(self.weights.values()):
            weightings.append(dict.fromkeys(self.weights, 0.0))
        models = [] if pooled is None else [pooled]
        models += [
            rows.fit_pooled(self.estimator, weights)
            for weights in weightings[len(models) :]
        ]
        markets = [rows.target, *map(rows.of_market, self.weights)]
        log_users = [rows.log_users(market) for market in markets]
        pattern = sparse.csr_array(rows.X != 0, dtype=rows.sample_weight.dtype)
        similarities = []
        for weights in weightings:
            w = rows.weighted(weights)
            similarities.append(
                item_neighbors(
                    pattern[w > 0],
                    w[w > 0],
                    similarity="jaccard",
                    n_neighbors=_NEIGHBORS,
                    shrinkage=20.0,
                )
            )
        return FeatureSources(models, log_users, similarities)

    def scores(self, X: Any, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Logarithm of the odds that each row takes each listed item."""
        odds = np.zeros(items.shape)
        for rows, features in self._features(X, items):
            if features.size:
                chance = self.classifier_.predict_proba(features)[:, 1]
                chance = np.clip(chance, 1e-12, 1 - 1e-12)
                trees = np.log(chance / (1 - chance))
                line = self.line_.decision_function(features[:, :1])
                odds[rows] = ((2 * trees + line) / 3).reshape(odds[rows].shape)
        return odds

    def _features(
        self, X: Any, items: NDArray[np.int64]
    ) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Slices of rows, and a row of features for each item that they list."""
        X = sparse.csr_array(X)
        for rows in row_blocks(X.shape[0], max(X.shape[1], 1), entries=_PAIRS):
            A, listed = X[rows], items[rows]
            by_pair = [
                np.take_along_axis(scores, listed, axis=1)
                for scores in self._dense_features(A)
            ]
            by_item = [users[listed] for users in self.sources_.log_users]
            by_user = [
                np.broadcast_to(values[:, None], listed.shape)
                for values in self._user_features(A)
            ]
            columns = by_pair + by_item + by_user
            features = np.stack(columns, axis=-1, dtype=np.float32)
            yield rows, features.reshape(listed.size, len(columns))

    def _dense_features(self, X: Any) -> Iterator[NDArray[np.floating]]:
        """Features of each row with all items: scores, then similarities."""
        for model in self.sources_.models:
            yield standardize_rows(predicted_scores(model, X))
            if has_components(model):
                yield from model.component_scores(X)
        for similarities in self.sources_.similarities:
            yield from similarity_features(X, similarities)

    def _user_features(self, X: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Number of items of each row, and their mean popularity."""
        row, item = nonzero_entries(X)
        n_items = np.bincount(row, minlength=X.shape[0])
        users = self.sources_.log_users[0][item]
        total = np.bincount(row, weights=users, minlength=X.shape[0])
        return n_items, total / np.maximum(n_items, 1)

    def _monotonic_constraints(self) -> list[int]:
        """1 for features that the log-odds may only rise with, else 0."""
        sources = self.sources_
        n_rising = 3 * len(sources.similarities) + sum(
            1 + (len(m.estimators_) if has_components(m) else 0) for m in sources.models
        )
        return [1] * n_rising + [0] * (len(sources.log_users) + 2)


def fit_stacked_ranker(
    rows: MarketRows,
    estimator: Any,
    classifier: Any,
    weights: dict[int, float],
    plan: HoldOutPlan,
    pooled: Any,
) -> StackedRanker:
    """Fit the classifier on interactions held out from half of the users at a time.

    The other half keeps all its interactions, as most users do when they are served.
    """
    seed = plan.seed
    X, usable = plan._replace(seed=seed + 1).usable_rows(rows, _MAX_ROWS)
    if usable.size < MIN_ROWS:
        raise ValueError(
            "stacking learns from held-out interactions of target rows that have at "
            f"least two; it needs {MIN_ROWS} such rows, got {usable.size}. Use "
            "stacking=None."
        )
    half = RowDraws(X, usable, seed + 2).sample(usable.size // 2)
    trials = [
        plan._replace(seed=seed + 1).trial(X, part, _N_NEGATIVES)
        for part in (half, np.setdiff1d(usable, half))
    ]
    return StackedRanker(classifier, estimator, weights, seed).fit(rows, trials, pooled)


def similarity_features(X: Any, similarities: Any) -> list[NDArray[np.float32]]:
    """Largest and second largest similarity to the items of a row, share of links."""
    n_rows, n_items = X.shape
    row, item = nonzero_entries(X)
    near = similarities[item]  # a row for each interaction
    place = row[entry_rows(near)] * n_items + near.indices
    order = np.lexsort((-near.data, place))
    place, value = place[order], near.data[order]
    first = np.r_[True, np.diff(place) > 0][: place.size]
    second = np.r_[False, first[:-1]][: place.size] & ~first
    largest, next_, share = np.zeros((3, n_rows * n_items), dtype=np.float32)
    largest[place[first]] = value[first]
    next_[place[second]] = value[second]
    share[:] = np.bincount(place, minlength=share.size)
    share = share.reshape(n_rows, n_items)
    share /= np.maximum(np.bincount(row, minlength=n_rows), 1)[:, None]
    return [largest.reshape(share.shape), next_.reshape(share.shape), share]
