"""The choice between market weights: a gain must exceed a standard error."""

import numpy as np
import pytest
from scipy import sparse

from sktransfer.recommend import BaseRecommender, TransferRecommender

N_USERS = 100  # each holds a pair of items, 2u and 2u + 1


class KnowsPairs(BaseRecommender):
    """Ranks the other item of a pair first, for pairs that it knows.

    Without source rows it knows the first `n_lost` pairs, with them the next `n_gained`
    ones instead.
    """

    def __init__(self, n_gained=0, n_lost=0):
        self.n_gained = n_gained
        self.n_lost = n_lost

    def fit_interactions(self, X, sample_weight):
        of_source = X[:, [-1]].T @ sample_weight  # only source rows hold the last item
        first, n = (self.n_lost, self.n_gained) if of_source > 0 else (0, self.n_lost)
        pair = np.arange(X.shape[1]) // 2
        self.known_ = (pair >= first) & (pair < first + n)

    def score_items(self, X):
        partner = np.arange(X.shape[1]) ^ 1
        partner[-1] = X.shape[1] - 1
        return np.where(self.known_, X.toarray()[:, partner], 0.0)


def fit(n_gained, n_lost):
    user = np.repeat(np.arange(N_USERS), 2)
    target = sparse.csr_array((np.ones(user.size), (user, np.arange(user.size))))
    source = sparse.csr_array(([1.0, 1.0], ([0, 0], [0, 2 * N_USERS])))
    target.resize((N_USERS, 2 * N_USERS + 1))
    X = sparse.vstack([source, target]).tocsr()
    model = TransferRecommender(KnowsPairs(n_gained, n_lost), catalogue="all")
    with pytest.warns(UserWarning, match="No source market resembles"):
        return model.fit(X, sample_domain=np.r_[1, np.full(N_USERS, -2)])


@pytest.mark.parametrize(
    ("n_gained", "n_lost", "weight"),
    [
        # mean gain (g - l) / n, standard error about sqrt(g + l) / n
        (5, 3, 0.0),  # 2 against 2.8
        (7, 4, 0.0),  # 3 against 3.3
        (7, 3, 1.0),  # 4 against 3.1
        (9, 5, 1.0),  # 4 against 3.7
        (11, 7, 0.0),  # 4 against 4.2
        (9, 0, 1.0),
        (0, 0, 0.0),
        (2, 6, 0.0),
    ],
)
def test_markets_count_where_they_gain_more_than_a_standard_error(
    n_gained, n_lost, weight
):
    model = fit(n_gained, n_lost)
    assert model.market_weights_ == {1: weight}
    scores = model.validation_scores_
    gain = scores["pooled"] - scores["target"]
    assert gain == pytest.approx((n_gained - n_lost) / N_USERS)
