"""How a model is chosen, what is hidden for it, and what is said about it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer._cli._choice import Scored, _choose, compare, hold_back
from sktransfer._cli._demo import N_SOURCE_USERS
from sktransfer._cli._few_new_items import merged
from sktransfer._cli._quality import conclusion, gain_over, helps, quality
from sktransfer._cli._rankers import (
    MAX_DENSE,
    PopularityRecommender,
    Ranker,
    Training,
    rankers,
    row_weights,
)
from sktransfer._cli._serve import serve
from sktransfer.datasets import make_market_interactions


def shop(n_target, random_state=0, n_source=N_SOURCE_USERS):
    data = make_market_interactions(
        n_users=(n_source, n_target), target="de", random_state=random_state
    )
    return Training(sparse.csr_array(data.data), data.sample_domain)


def some(training, *names):
    return [r for r in rankers(training)[0] if r.name in names]


def test_transfer_helps_a_market_that_opens_and_matters_less_as_it_grows():
    """The gain of the best model with other markets, over several generated shops."""
    gains = {}
    names = ("target: EASE", "target: niche items", "markets: niche items")
    for n, seeds in ((100, range(3)), (3000, range(1))):
        differences = []
        for seed in seeds:
            training = shop(n, seed)
            choice = compare(training, some(training, *names))
            assert choice.others == 2
            scores = [s.test for s in choice.scored]
            differences.append(scores[2] - scores[choice.alone])
        d = np.concatenate(differences)
        gains[n] = d.mean(), 2 * d.std(ddof=1) / np.sqrt(d.size)
    gain, noise = gains[100]
    assert gain > noise  # 300 users of three shops
    assert gain > 0.05
    assert abs(gains[3000][0]) < 0.01


def test_no_model_sees_what_it_is_scored_by():
    """Training, validation and test parts are disjoint and cover everything."""
    training = shop(60, n_source=30)
    seen = []

    class Spy(PopularityRecommender):
        def fit(self, X, y=None):
            seen.append(X.toarray() != 0)
            return super().fit(X, y)

    ranker = Ranker("spy", lambda t, _: Spy().fit(t.target))
    choice = compare(training, [ranker])
    everything = training.target.toarray() != 0
    tested = choice.tested.toarray() != 0
    test_model, *validated = seen
    assert len(validated) == 3  # few users are drawn from several times
    assert not (test_model & tested).any()
    assert_array_equal(test_model | tested, everything)
    for model in validated:
        assert not (model & tested).any()
        assert (model <= test_model).all()
        held = test_model & ~model
        assert (held.sum(axis=1) >= 1).all()
    shares = tested.sum() / everything.sum(), held.sum() / everything.sum()
    assert_allclose(shares, 0.2, atol=0.04)


def test_times_hold_back_the_latest():
    rng = np.random.default_rng(0)
    X = sparse.random_array((40, 30), density=0.3, rng=rng, format="csr")
    X.data = rng.permutation(X.nnz) + 1.0
    hidden = hold_back(X, X, 0.2, 0)
    kept = X - hidden
    for row in range(40):
        n = np.diff(X.indptr)[row]
        out = hidden[[row]].data
        assert out.size == min(max(round(0.2 * n), 1), n - 1)
        left = kept[[row]].data
        assert left.max() < out.min()


def scored(name, validation, test=None):
    test = validation if test is None else test
    items = np.zeros((len(test), 10), dtype=np.int64) - 1
    ranker = Ranker(name, None, transfer=name.startswith("markets"))
    return Scored(ranker, np.array(validation), np.array(test), items, 0.0)


def choose(*models):
    training = Training(sparse.csr_array(np.eye(4)), np.full(4, -1))
    return _choose(list(models), training, training.X)


def test_ties_go_to_the_first_and_clear_gains_to_the_best():
    rng = np.random.default_rng(0)
    base = rng.random(400)
    noise = rng.normal(0, 0.5, 400)
    noise -= noise.mean()
    a, b = scored("target: a", base), scored("target: b", base + noise + 0.02)
    choice = choose(a, b)
    assert (choice.chosen, choice.best, choice.alone) == (0, 1, 1)
    assert "within a standard error of the best there, target: b" in choice.why
    b = scored("markets: b", base + noise + 0.06)
    choice = choose(a, b)
    assert (choice.chosen, choice.alone, choice.others) == (1, 0, 1)
    assert "the best on the validation part" in choice.why


def test_the_test_part_has_no_say_in_the_choice():
    rng = np.random.default_rng(0)
    good, bad = 0.5 + 0.1 * rng.random(100), 0.1 * rng.random(100)
    choice = choose(
        scored("target: a", bad, good),
        scored("target: b", good, bad),
        scored("markets: c", bad, good),
        scored("markets: d", good + 0.1, bad),
    )
    assert choice.model.name == "markets: d"
    assert choice.alone == 1
    gain, _ = gain_over(choice, choice.others, choice.alone)
    assert gain == 0


def test_conclusions_are_honest():
    rng = np.random.default_rng(0)
    base, noise = rng.random(400), rng.normal(0, 0.1, 400)
    noise -= noise.mean()

    def conclude(gain):
        other = scored("markets: b", base + 1, base + noise + gain)
        choice = choose(scored("target: a", base), other)
        return helps(choice), conclusion(choice)

    assert conclude(0.02)[0] is True
    text = "Transfer helps: 'markets: b' against 'target: a' +0.020 in nDCG@10"
    assert text in conclude(0.02)[1]
    assert "(noise: 0.010)" in conclude(0.02)[1]
    assert conclude(-0.02)[0] is False
    assert "Transfer hurts here: " in conclude(-0.02)[1]
    assert conclude(0.005)[0] is None
    assert "makes no difference that 400 users can show" in conclude(0.005)[1]
    alone = choose(scored("target: a", base))
    assert helps(alone) is None
    assert "transfer was not looked at" in conclusion(alone)
    one = choose(scored("target: a", [0.1]), scored("markets: b", [0.2]))
    assert helps(one) is None
    assert "A single user" in conclusion(one)


def test_quality_by_hand():
    X = np.zeros((10, 10), dtype=np.float32)
    for item in range(10):  # item 0 is the most popular, 9 the least
        X[item:, item] = 1
    ranker = Ranker("target: popularity", lambda t, _: None)
    tested = np.zeros_like(X)
    tested[0, 1] = tested[1, 5] = 1
    items = np.full((2, 10), -1)
    items[:, 0], items[0, 1] = 1, 5
    shown = Scored(ranker, np.ones(2), np.array([1.0, 0.0]), items, 0.0)
    training = Training(sparse.csr_array(X), np.full(10, -1))
    choice = _choose([shown], training, sparse.csr_array(tested))
    q = quality(choice, shown)
    assert (q.ndcg, q.coverage) == (0.5, 0.2)
    assert_allclose(q.shown, [2 / 3, 0, 1 / 3])  # bands of 2, 3 and 5 items
    assert_allclose(q.niche_share, 1 / 3)
    assert_allclose(q.by_band, [1, np.nan, 0])
    assert_allclose(q.novelty, -(2 * np.log2(0.9) + np.log2(0.5)) / 3)


def test_many_items_leave_out_dense_models():
    n = MAX_DENSE + 1
    training = Training(sparse.csr_array((3, n), dtype=np.float32), np.full(3, -1))
    found, notes = rankers(training)
    names = {r.name for r in found}
    assert names == {"target: popularity", "target: neighbours", "target: blend"}
    assert any("left out with 10001 items" in note for note in notes)


def test_weights_of_rows():
    training = Training(sparse.csr_array((3, 1)), np.array([1, 2, -3]))
    assert_array_equal(row_weights(training, {2: 0.5}), [1, 0.5, 1])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_new_items_keep_their_places_and_known_ones_their_order(share):
    new = np.array([False] * 5 + [True] * 3)
    known = np.array([[4, 3, 2, 1], [0, 1, -1, -1]])
    together = np.array([[5, 0, 6, 7], [0, 5, 6, -1]])
    values = np.arange(8.0).reshape(2, 4)
    expected = {
        0.0: [[4, 3, 2, 1], [0, 1, -1, -1]],
        0.1: [[5, 4, 3, 2], [0, 5, 1, -1]],  # one place at least
        0.5: [[5, 4, 6, 3], [0, 5, 6, 1]],
        1.0: [[5, 4, 6, 7], [0, 5, 6, 1]],
    }[share]
    items, scores = merged((known, -values), (together, values), new, share)
    assert_array_equal(items, expected)
    assert_array_equal(scores[new[items] & (items >= 0)] >= 0, True)


def test_the_model_with_content_serves_new_items_with_scores():
    training = shop(40, n_source=100)
    X = sparse.csr_array(training.X[:, :200])
    names = np.flatnonzero(np.diff(X[training.sample_domain < 0].tocsc().indptr) > 0)
    order = np.concatenate([names, np.setdiff1d(np.arange(200), names)])
    content = sparse.csr_array(np.eye(20)[order % 20])
    training = Training(X[:, order], training.sample_domain, None, content)
    models = some(training, "target: with content", "markets: with content")
    nothing = np.zeros((2, 10), dtype=np.int64)
    for chosen in models:
        found = [
            Scored(m, np.full(2, float(m is chosen)), np.ones(2), nothing, 0.0)
            for m in models
        ]
        choice = _choose(found, training, training.target)
        assert choice.model is chosen
        served = serve(training, choice, names.size, 200, 10)
        assert_array_equal(served.new, np.arange(200) >= names.size)
        assert np.isfinite(served.scores).all()
        assert set(served.validation) == {"new", "together", "collaborative"}
        assert len(served.market_weights) == chosen.transfer


def test_of_very_many_users_some_are_looked_at(monkeypatch):
    monkeypatch.setattr("sktransfer._cli._choice._MAX_USERS", 25)
    training = shop(60, n_source=30)
    choice = compare(training, some(training, "target: popularity"))
    assert choice.scored[0].test.size == choice.scored[0].validation.size == 25
    assert np.isfinite(quality(choice, choice.scored[0]).by_band[0])
