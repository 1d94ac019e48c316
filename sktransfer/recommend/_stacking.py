"""A classifier that ranks items by the scores of models and by popularity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from sktransfer._core.topk import row_blocks
from sktransfer.recommend._blend import BlendRecommender, standard_rows
from sktransfer.recommend._hidden import Hidden

_PAIRS = 1 << 19  # pairs whose features are held at once
_LEARNED = 3000  # users to learn from in a trial: 100 pairs each


class StackedRanker:
    """Chance that a user takes an item, from what models and counts say.

    Features of a pair of user and item: the standardised scores of each model, and of
    each part of a blend; their sum with the popularity; the popularity of the item in
    the target and in all markets; the number of items of the user. The log-odds are
    the mean of those of the classifier and of a logistic regression on the sum alone:
    the line holds beyond what was hidden, which trees learn by heart.

    Parameters
    ----------
    classifier : classifier or "gradient_boosting"
        With ``predict_proba``; the name for boosted trees that rise with the scores.
    popularity : float
        Weight of the popularity in the sum.
    random_state : int
        Seed of the boosted trees.
    """

    def __init__(self, classifier: Any, popularity: float, random_state: int) -> None:
        self.classifier = classifier
        self.popularity = popularity
        self.random_state = random_state

    def fit(
        self, trials: list[tuple[list[Any], NDArray[np.floating], Hidden]]
    ) -> StackedRanker:
        """Learn to tell hidden interactions from other items.

        Parameters
        ----------
        trials : list of (models, counts, hidden)
            Recommenders fitted without the hidden interactions, the standardised
            popularity in the target and in all markets of shape (2, n_items), and the
            hidden interactions with the other items.

        Returns
        -------
        self : StackedRanker
            Fitted; serve with models of all interactions.
        """
        features, labels = [], []
        for models, counts, hidden in trials:
            step = -(-len(hidden.rows) // _LEARNED)
            hidden = Hidden(hidden.X, hidden.rows[::step], hidden.items[::step])
            self.serve(models, counts)
            there = hidden.items.ravel() >= 0
            y = np.zeros(hidden.items.shape, dtype=np.int64)
            y[:, 0] = 1
            part = self._features(hidden.X[hidden.rows], hidden.items)
            features.append(part[there])
            labels.append(y.ravel()[there])
        if isinstance(self.classifier, str):
            classifier = HistGradientBoostingClassifier(
                learning_rate=0.06,
                max_iter=100,
                max_leaf_nodes=15,
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
        self.line_ = LogisticRegression().fit(X[:, [self._sum_column()]], y)
        return self

    def serve(self, models: list[Any], counts: NDArray[np.floating]) -> StackedRanker:
        """Take the models that score new rows.

        Parameters
        ----------
        models : list of recommenders
            The same models, fitted on all interactions.
        counts : ndarray of shape (2, n_items)
            Standardised popularity.

        Returns
        -------
        self : StackedRanker
            With these models.
        """
        self.models_ = models
        self.counts_ = counts
        return self

    def scores(self, X: Any, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Logarithm of the odds that each row takes each listed item.

        Parameters
        ----------
        X : {ndarray, CSR} of shape (n_rows, n_items)
            Rows to score.
        items : ndarray of int64 of shape (n_rows, n_listed)
            Columns of each row.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_listed)
            Log-odds.
        """
        odds = np.zeros(items.shape)
        width = max(X.shape[1], 1)
        for rows in row_blocks(X.shape[0], width, entries=_PAIRS):
            if items[rows].size:
                features = self._features(X[rows], items[rows])
                chance = self.classifier_.predict_proba(features)[:, 1]
                chance = np.clip(chance, 1e-12, 1 - 1e-12)
                line = self.line_.decision_function(features[:, [self._sum_column()]])
                both = (np.log(chance / (1 - chance)) + line) / 2
                odds[rows] = both.reshape(odds[rows].shape)
        return odds

    def _features(self, X: Any, items: NDArray[np.int64]) -> NDArray[np.floating]:
        columns = []
        for model in self.models_:
            scores = np.asarray(model.predict(X))
            parts = [standard_rows(scores)]
            if isinstance(model, BlendRecommender):
                parts += model.component_scores(X)
            columns += [np.take_along_axis(part, items, axis=1) for part in parts]
        columns.append(columns[0] + self.popularity * self.counts_[0][items])
        columns += [count[items] for count in self.counts_]
        length = np.asarray((X != 0).sum(axis=1), dtype=np.float64).reshape(-1, 1)
        columns.append(np.broadcast_to(length, items.shape))
        return np.stack(columns, axis=-1).reshape(items.size, -1)

    def _sum_column(self) -> int:
        return len(self._rising()) - 4

    def _rising(self) -> list[int]:
        """Which features the log-odds may only rise with: all but the last three."""
        n = sum(
            1 + len(m.estimators_) if isinstance(m, BlendRecommender) else 1
            for m in self.models_
        )
        return [1] * (n + 1) + [0] * 3
