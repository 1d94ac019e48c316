"""Niche items: scaling by popularity, content in the Gram matrix, laws."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse

from sktransfer.recommend import EASERecommender, NicheRecommender, TransferRecommender


class TestNiche(RecommenderLaws):
    grid: ClassVar = {"popularity_power": [0.0, 0.4]}

    def model(self):
        return NicheRecommender(l2=2.0)


def test_power_0_is_ease(rng):
    X = random_interactions(rng)
    expected = EASERecommender(3.0).fit(X).predict(X)
    assert_allclose(
        NicheRecommender(l2=3.0, popularity_power=0).fit(X).predict(X), expected
    )


def test_it_is_ease_of_the_scaled_columns(rng):
    X = random_interactions(rng)
    w = rng.uniform(0, 2, 60)
    model = NicheRecommender(l2=3.0, popularity_power=0.5).fit(X, sample_weight=w)
    d = model.item_scale_
    scaled = X.toarray() * d
    ease = EASERecommender(3.0).fit(scaled, sample_weight=w)
    assert_allclose(model.predict(X), ease.predict(scaled))
    n = w @ X.toarray()
    assert_allclose(model.interactions_, n)
    assert_allclose(d / d[0], np.sqrt(n[0] / n))


def test_scale_by_hand():
    X = np.array([[1.0, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]])
    model = NicheRecommender(popularity_power=0.5).fit(X)
    assert_allclose(model.item_scale_, np.array([0.5, 1, 1]) * np.sqrt(5 / 2))
    assert_allclose(model.fit(0 * X).item_scale_, 1)


def test_content_is_users_who_took_what_is_alike(rng):
    X = random_interactions(rng)
    content = rng.random((15, 4))
    content /= np.sqrt((content**2).sum() / 15)  # mean square length 1
    model = NicheRecommender(
        content, l2=3.0, popularity_power=0, content_weight=4.0
    ).fit(X)
    both = np.vstack([X.toarray(), 2 * content.T])
    assert_allclose(model.predict(X), EASERecommender(3.0).fit(both).predict(X))
    for other in (7 * content, sparse.csr_matrix(content)):
        same = NicheRecommender(
            other, l2=3.0, popularity_power=0, content_weight=4.0
        ).fit(X)
        assert_allclose(same.predict(X), model.predict(X))
    without = NicheRecommender(content, l2=3.0, content_weight=0).fit(X)
    expected = NicheRecommender(l2=3.0).fit(X)
    assert_allclose(without.predict(X), expected.predict(X))


def test_a_larger_power_shows_rarer_items(rng):
    p = 0.6 / np.arange(1, 31)
    X = sparse.csr_array((rng.random((400, 30)) < p).astype(float))
    popular = np.asarray(X.sum(axis=0)).ravel()
    shown = []
    for power in (0, 0.3, 0.8):
        items, _ = (
            NicheRecommender(l2=20.0, popularity_power=power).fit(X).recommend(X, 5)
        )
        shown.append(popular[items].mean())
    assert shown[0] > shown[1] > shown[2]


def test_as_the_model_of_several_markets(rng):
    X = random_interactions(rng, 80, 20)
    domain = np.repeat([1, -2], 40)
    model = TransferRecommender(NicheRecommender(l2=5.0), weighting={1: 0.5})
    model.fit(X, sample_domain=domain)
    w = np.where(domain > 0, 0.5, 1)
    expected = NicheRecommender(l2=5.0).fit(X, sample_weight=w)
    assert_allclose(model.predict(X), expected.predict(X))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"l2": 0}, "l2"),
        ({"popularity_power": -1}, "popularity_power"),
        ({"content_weight": -1}, "content_weight"),
        ({"item_features": np.eye(3)}, "a row for each column of X, 20"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        NicheRecommender(**parameters).fit(checkerboard())


def test_a_penalty_too_small_is_told():
    X = np.ones((5, 4), dtype=np.float32) * 1e6
    with pytest.raises(ValueError, match="l2=1e-06 is too small"):
        NicheRecommender(l2=1e-6).fit(X)
