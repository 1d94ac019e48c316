"""Features of a stacked ranking."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from recommender_laws import random_interactions
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sktransfer.recommend import PopularityRecommender, TransferRecommender
from sktransfer.recommend.markets._stacking import similarity_features


def test_links_to_the_items_of_a_row(rng):
    X = random_interactions(rng, n_rows=20)
    X = sparse.vstack([X, sparse.csr_array((1, 15))]).tocsr()
    S = rng.random((15, 15)) * (rng.random((15, 15)) < 0.3)
    largest, second, share = similarity_features(X, sparse.csr_array(S))
    for row, items in enumerate(X.toarray() > 0):
        near = np.sort(np.vstack([np.zeros((2, 15)), S[items]]), axis=0)
        assert_allclose(largest[row], near[-1], rtol=1e-6)
        assert_allclose(second[row], near[-2], rtol=1e-6)
        held = max(items.sum(), 1)
        assert_allclose(share[row], (S[items] > 0).sum(axis=0) / held, rtol=1e-6)


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
