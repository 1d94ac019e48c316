"""Features of a stacked ranking."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose
from recommender_laws import random_interactions
from scipy import sparse
from scipy.stats import zscore
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from sktransfer.recommend import (
    ItemKNNRecommender,
    PopularityRecommender,
    TransferRecommender,
)


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps the features that it is asked about."""

    asked: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        self.asked.append(X)
        return np.full((len(X), 2), 0.5)


def similarity_features(users, S):
    """Largest and second largest similarity to the items of a row, share of links."""
    for row, items in enumerate(users > 0):
        near = np.sort(np.vstack([np.zeros((2, S.shape[1])), S[items]]), axis=0)
        for item in range(S.shape[1]):
            links = (S[items, item] > 0).sum() / max(items.sum(), 1)
            yield row, item, (near[-1, item], near[-2, item], links)


def test_features_of_a_pair_of_user_and_item(rng):
    X = random_interactions(rng, n_rows=120).toarray()
    d = np.repeat([2, -1], [70, 50])
    X[-1] = np.eye(15)[3]
    model = TransferRecommender(
        ItemKNNRecommender(), weighting={2: 0.3}, stacking=Recorder()
    ).fit(X, sample_domain=d)
    users = np.vstack([X[d < 0], np.zeros((1, 15))])
    Recorder.asked.clear()
    scores = model.predict(users)
    features = np.concatenate(Recorder.asked).reshape(51, 15, -1)
    assert features.shape[2] == 2 + 2 * 3 + 2 + 2
    weights = np.where(d < 0, 1, 0.3), np.where(d < 0, 1, 0)
    for k, w in enumerate(weights):
        found = ItemKNNRecommender().fit(X, sample_weight=w).predict(users)
        found[:50] = zscore(found[:50], axis=1)
        assert_allclose(features[:, :, k], found, atol=1e-5)
        G = X.T @ (w[:, None] * X)
        jaccard = G / (np.add.outer(np.diag(G), np.diag(G)) - G + 20)
        np.fill_diagonal(jaccard, 0)
        for row, item, expected in similarity_features(users, jaccard):
            own = features[row, item, 2 + 3 * k : 5 + 3 * k]
            assert_allclose(own, expected, rtol=1e-5)
    taken = [np.log1p(X[d == market].sum(axis=0)) for market in (-1, 2)]
    for k in range(2):
        assert_allclose(features[:, :, 8 + k], np.tile(taken[k], (51, 1)), rtol=1e-5)
    n = users.sum(axis=1)
    assert_allclose(features[:, :, 10], np.tile(n, (15, 1)).T)
    mean = users @ taken[0] / np.maximum(n, 1)
    assert_allclose(features[:, :, 11], np.tile(mean, (15, 1)).T, rtol=1e-5)
    # a third of the log-odds is that of a line on the scores of the first model
    line = model.stacker_.line_
    expected = (line.intercept_ + line.coef_[0, 0] * features[:, :, 0]) / 3
    assert_allclose(scores, expected, rtol=1e-5)


@pytest.mark.parametrize("stacking", ["gradient_boosting", LogisticRegression()])
def test_users_who_took_all_items_teach_nothing(stacking):
    X = sparse.csr_array(np.ones((60, 4)))
    model = TransferRecommender(PopularityRecommender(), stacking=stacking)
    with pytest.raises(ValueError, match="taken every item of the catalogue"):
        model.fit(X, sample_domain=np.repeat([1, -1], 30))
    # one item that nobody of the target has: it is what held-out ones are told from
    wider = sparse.csr_array(np.c_[np.ones((60, 4)), np.arange(60) < 30])
    model.set_params(catalogue=np.ones(5, bool))
    assert model.fit(wider, sample_domain=np.repeat([1, -1], 30)).stacker_ is not None
