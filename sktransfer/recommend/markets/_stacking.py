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

from sktransfer._core.topk import row_blocks
from sktransfer.recommend._base import stored_pattern
from sktransfer.recommend.collaborative._blend import BlendRecommender, standard_rows
from sktransfer.recommend.collaborative._item_neighbors import item_neighbors
from sktransfer.recommend.markets._held_out import Hidden
from sktransfer.recommend.markets._training import MarketRows

_PAIRS = 1 << 19  # pairs of users and items that are scored at once
_NEIGHBORS = 500


class _Served(NamedTuple):
    """What features are made of."""

    models: list[Any]  # with all markets; the target alone
    users: list[NDArray[np.float64]]  # log users of each item, by market
    links: list[Any]  # CSR of similarities of items, with all markets; the target alone


class StackedRanker:
    """Chance that a user takes an item, from what models and counts say.

    Features of a pair of user and item: the standardised scores of each model, and of
    each part of a blend; the largest and the second largest Jaccard similarity of the
    item to those of the user, and the share of these that anybody took together with
    it, in all markets and in the target alone; the number of users of the item in each
    market; the number of items of the user, and the mean popularity of these. A third
    of the log-odds is that of a logistic regression on the scores of the first model
    alone: a line holds where few pairs were seen, trees are flat there.

    Parameters
    ----------
    classifier : classifier or "gradient_boosting"
        With ``predict_proba``; the name for boosted trees that rise with the scores.
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

    def fit(self, rows: MarketRows, trials: list[Hidden], fitted: Any) -> StackedRanker:
        """Learn to tell hidden interactions from other items."""
        features, labels = [], []
        for hidden in trials:
            self._serve(rows._replace(X=hidden.X))
            y = np.zeros(hidden.items.shape, dtype=np.int64)
            y[:, 0] = 1
            blocks = self._features(hidden.X[hidden.rows], hidden.items)
            part = np.concatenate([block for _, block in blocks])
            there = hidden.items.ravel() >= 0
            features.append(part[there])
            labels.append(y.ravel()[there])
        if isinstance(self.classifier, str):
            classifier = HistGradientBoostingClassifier(
                learning_rate=0.06,
                max_iter=200,
                max_leaf_nodes=31,
                min_samples_leaf=100,
                l2_regularization=10.0,
                early_stopping=False,
                monotonic_cst=self._rising(),
                random_state=self.random_state,
            )
        else:
            classifier = clone(self.classifier)
        X, y = np.concatenate(features), np.concatenate(labels)
        self.classifier_ = classifier.fit(X, y)
        self.line_ = LogisticRegression().fit(X[:, :1], y)
        self._serve(rows, fitted)
        return self

    def _serve(self, rows: MarketRows, fitted: Any = None) -> None:
        """Train the models that score rows, and count."""
        sides = [self.weights]
        if any(self.weights.values()):  # also as the target alone would score
            sides.append(dict.fromkeys(self.weights, 0.0))
        models = [] if fitted is None else [fitted]
        models += [rows.train(self.estimator, s) for s in sides[len(models) :]]
        markets = [rows.target, *(rows.domain == m for m in self.weights)]
        users = [rows.users(market) for market in markets]
        pattern = sparse.csr_array(rows.X != 0, dtype=rows.w.dtype)
        links = []
        for side in sides:
            w = rows.w.copy()
            for market, weight in side.items():
                w[rows.domain == market] *= weight
            keep = w > 0
            links.append(
                item_neighbors(
                    pattern[keep],
                    w[keep],
                    similarity="jaccard",
                    n_neighbors=_NEIGHBORS,
                    shrinkage=20.0,
                )
            )
        self.served_ = _Served(models, users, links)

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
        served = self.served_
        for rows in row_blocks(X.shape[0], max(X.shape[1], 1), entries=_PAIRS):
            A, listed = X[rows], items[rows]
            columns = []
            for model in served.models:
                columns += [_take(s, listed) for s in _standard_scores(model, A)]
            for links in served.links:
                columns += [_take(s, listed) for s in _linked(A, links)]
            columns += [users[listed] for users in served.users]
            row, item = stored_pattern(A)
            length = np.bincount(row, minlength=A.shape[0])
            taken = np.bincount(
                row, weights=served.users[0][item], minlength=A.shape[0]
            )
            for value in (length, taken / np.maximum(length, 1)):
                columns.append(np.broadcast_to(value[:, None], listed.shape))
            features = np.stack(columns, axis=-1, dtype=np.float32)
            yield rows, features.reshape(listed.size, len(columns))

    def _rising(self) -> list[int]:
        """Which features the log-odds may only rise with: scores and similarities."""
        served = self.served_
        n = 3 * len(served.links) + sum(
            1 + len(m.estimators_) if isinstance(m, BlendRecommender) else 1
            for m in served.models
        )
        return [1] * n + [0] * (len(served.users) + 2)


def _standard_scores(model: Any, X: Any) -> list[NDArray[np.floating]]:
    """Standardised scores of a model, and of the parts of a blend."""
    scores = [standard_rows(np.asarray(model.predict(X)))]
    if isinstance(model, BlendRecommender):
        scores += model.component_scores(X)
    return scores


def _linked(X: Any, links: Any) -> list[NDArray[np.float32]]:
    """Largest and second largest similarity to the items of a row, share of links."""
    n_rows, n_items = X.shape
    row, item = stored_pattern(X)
    near = links[item]  # what each interaction is linked to
    entry = np.repeat(np.arange(item.size), np.diff(near.indptr))
    place = row[entry] * n_items + near.indices
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


def _take(scores: NDArray[Any], items: NDArray[np.int64]) -> NDArray[Any]:
    return np.take_along_axis(scores, items, axis=1)
