"""Interactions that are held out to validate on, as recommenders see them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from recommender_laws import random_interactions
from scipy import sparse
from scipy.stats import zscore
from sklearn.base import BaseEstimator

from sktransfer.recommend import Interactions, TransferRecommender


class Recorder(BaseEstimator):
    """Keeps what its clones are fitted to."""

    seen: list = []  # noqa: RUF012 - shared by the clones

    def __init__(self, scores=0.0):
        self.scores = scores

    def fit(self, X, y=None):
        self.seen.append(X.toarray())
        return self

    def predict(self, X):
        return np.zeros(X.shape) + self.scores


def trials_of(X, **options):
    """Interactions in each trial, of items of which one is held out of each row."""
    Recorder.seen.clear()
    model = TransferRecommender(Recorder(), popularity_weight="validated", **options)
    model.fit(X)
    *trials, last = Recorder.seen
    assert_array_equal(last, X.toarray())
    return trials


def test_one_interaction_of_each_row_is_held_out(rng):
    X = random_interactions(rng)
    X = sparse.vstack([X, np.eye(15)[[2, 3]], np.zeros((1, 15))]).tocsr()
    catalogue = np.arange(15) != 3
    trials = trials_of(X, catalogue=catalogue)
    assert len(trials) == 5
    for kept in trials:
        held_out = X.toarray() - kept
        assert set(np.unique(held_out)) == {0, 1}
        assert not held_out[:, 3].any()
        several = (X.sum(axis=1) >= 2) & (X[:, catalogue].sum(axis=1) >= 1)
        assert_array_equal(held_out.sum(axis=1), several)
    assert (trials[0] != trials[1]).any()


def test_draws_do_not_depend_on_the_order_of_rows(rng):
    X = random_interactions(rng)
    order = rng.permutation(60)

    def drawn(X):
        for kept in trials_of(X):
            yield sorted(map(tuple, np.hstack([X.toarray(), kept])))

    assert list(drawn(X[order])) == list(drawn(X))


def test_equal_rows_draw_apart():
    X = sparse.csr_array(np.ones((200, 4)))
    for kept in trials_of(X):
        assert (kept.sum(axis=0) < 175).all()


@pytest.mark.parametrize(
    ("shape", "n_negatives", "n_rows"),
    [
        ((10_300, 4), 99, 10_000),
        # 20 million pairs
        pytest.param((7000, 3000), None, 6666, marks=pytest.mark.slow),
    ],
)
def test_of_large_targets_some_rows_are_drawn(shape, n_negatives, n_rows):
    rows = np.repeat(np.arange(shape[0]), 2)
    items = (rows + np.tile([0, 1], shape[0])) % shape[1]
    X = sparse.csr_array((np.ones(rows.size), (rows, items)), shape=shape)
    (kept,) = trials_of(X, n_negatives=n_negatives)
    assert X.nnz - np.count_nonzero(kept) == n_rows


class Given(BaseEstimator):
    """Scores of items that are given."""

    def __init__(self, scores=None):
        self.scores = scores

    def fit(self, X, y=None, sample_weight=None):
        return self

    def predict(self, X):
        return np.tile(np.asarray(self.scores, dtype=float), (X.shape[0], 1))


@pytest.mark.parametrize(
    ("above", "rank"), [(0, 1), (1, 2), (3, 4), (8, 9), (9, 10), (30, 31)]
)
@pytest.mark.filterwarnings("ignore:No source market resembles")
def test_ndcg_of_the_held_out_item(rng, above, rank):
    # users take two of four items, so two others tie and count as one ahead
    X = np.zeros((61, 44))
    for row in X[:60]:
        row[rng.choice(4, 2, replace=False)] = 1
    X[60, 0] = 1
    scores = np.r_[np.ones(4), np.full(above, 2), np.zeros(40 - above)]
    model = TransferRecommender(Given(scores), catalogue="all", n_negatives=None)
    model.fit(X, sample_domain=np.r_[np.full(60, -1), 2])
    expected = 1 / np.log2(rank + 2) if rank < 10 else 0
    assert len(model.validation_scores_) == 7
    for value in model.validation_scores_.values():
        assert value == pytest.approx(expected)


@pytest.mark.parametrize("n_negatives", [1, 3, 7, 99])
@pytest.mark.filterwarnings("ignore:No source market resembles")
def test_the_held_out_item_is_ranked_among_so_many_others(rng, n_negatives):
    # all tie, so half of the others are ahead; 12 of 14 items are not taken
    X = np.zeros((61, 14))
    for row in X[:60]:
        row[rng.choice(14, 2, replace=False)] = 1
    X[60, 0] = 1
    model = TransferRecommender(Given(np.ones(14)), catalogue="all")
    model.set_params(n_negatives=n_negatives)
    model.fit(X, sample_domain=np.r_[np.full(60, -1), 2])
    expected = 1 / np.log2(min(n_negatives, 12) / 2 + 2)
    scores = model.candidates_choice_.validation_scores
    assert scores["target"] == pytest.approx(expected)
    assert model.validation_scores_["target"] == pytest.approx(1 / np.log2(6 + 2))


WEIGHTS = (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1)  # of popularity


def values_by_hand(X, trials, scores):
    """nDCG of each row by weight of popularity, mean of the trials."""
    values = np.zeros((len(WEIGHTS), X.shape[0]))
    for kept in trials:
        popularity = zscore(np.log1p(kept.sum(axis=0)))
        blended = zscore(scores) + np.outer(WEIGHTS, popularity)
        own = blended[:, (X != kept).argmax(axis=1)]
        ahead = (blended[:, None] > own[:, :, None]) & (X == 0)
        rank = ahead.sum(axis=2)
        values += np.where(rank < 10, 1 / np.log2(rank + 2), 0)
    return values / len(trials)


def test_the_least_weight_within_a_standard_error_of_the_best_is_taken():
    taken, left = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X = np.zeros((50, 16))
        chance = 2.0 ** -(np.arange(16) / 6)
        for row in X:
            row[rng.choice(16, 3, replace=False, p=chance / chance.sum())] = 1
        scores = rng.normal(size=16) + 0.5 * np.log(chance)
        Recorder.seen.clear()
        model = TransferRecommender(
            Recorder(scores),
            popularity_weight="validated",
            catalogue="all",
            random_state=seed,
        ).fit(sparse.csr_array(X))
        values = values_by_hand(X, Recorder.seen[:-1], scores)
        loss = values[values.mean(axis=1).argmax()] - values
        error = loss.std(axis=1, ddof=1) / np.sqrt(50)
        chosen = np.argmax(loss.mean(axis=1) <= error)
        assert model.popularity_weight_ == WEIGHTS[chosen]
        value = model.validation_scores_["target"]
        assert value == pytest.approx(values[chosen].mean())
        if error[chosen] > 0:
            taken.append(loss[chosen].mean() / error[chosen])
        left += (loss[:chosen].mean(axis=1) / error[:chosen]).tolist()
    # other rules would have taken other weights
    assert max(taken) > 0.9
    assert min(left) < 1.1


def dated_log(X, when):
    """A log of a dense matrix, and times of its interactions."""
    user, item = np.nonzero(X)
    frame = {"user": user, "item": item, "time": when[user, item]}
    roles = {"user": "user", "item": "item", "time": "time"}
    return Interactions.from_frame(frame, **roles, items=np.arange(X.shape[1]))


def test_where_times_are_known_the_newest_is_held_out_then_the_one_before(rng):
    X = np.zeros((40, 12))
    for row in X:
        row[rng.choice(12, rng.integers(2, 6), replace=False)] = 1
    when = np.argsort(np.argsort(rng.random(X.shape), axis=1), axis=1)
    log = dated_log(X, when)
    Recorder.seen.clear()
    options = {"popularity_weight": "validated", "half_life": None}
    TransferRecommender(Recorder(), n_negatives=None, **options).fit(log)
    trials = Recorder.seen[:-1]
    assert len(trials) == 2
    newest_first = np.argsort(np.where(X > 0, -when, np.inf), axis=1)
    for n_newer, trial in enumerate(trials):
        expected = X.copy()
        for row, order in zip(expected, newest_first):
            row[order[: min(n_newer + 1, int(row.sum()) - 1)]] = 0
        assert_array_equal(trial, expected)


def test_of_equal_times_any_may_be_held_out(rng):
    X = (rng.random((60, 10)) < 0.6).astype(float)
    X[:, :2] = 1
    Recorder.seen.clear()
    options = {"popularity_weight": "validated", "half_life": None}
    model = TransferRecommender(Recorder(), n_negatives=None, **options)
    model.fit(dated_log(X, np.ones(X.shape, dtype=int)))
    held_out = (X - Recorder.seen[0]).sum(axis=0)
    assert held_out.sum() == 60
    assert (held_out > 0).all()


def test_what_is_newest_outside_the_catalogue_is_not_held_out():
    X = np.ones((30, 4))
    log = dated_log(X, np.tile([3, 1, 2, 4], (30, 1)))
    Recorder.seen.clear()
    options = {"popularity_weight": "validated", "half_life": None}
    TransferRecommender(Recorder(), catalogue=[0, 1], **options).fit(log)
    first, second, _ = Recorder.seen
    assert_array_equal(first, np.tile([0, 1, 1, 0], (30, 1)))  # nor is item 3 known
    assert_array_equal(second, first)  # the oldest is left
