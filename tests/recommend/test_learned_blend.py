"""Blends learned from last steps, and factors of transitions: truths and laws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from sktransfer.recommend import SequentialRecommender
from sktransfer.recommend.sequences._learned_blend import (
    Term,
    _most_likely,
    exponential,
    learn_terms,
    relative_to_largest,
)
from sktransfer.recommend.sequences._sessions import (
    sessions_of_matrix,
    sessions_of_sequences,
)


def chains(rng, n_sessions=300, n_items=12):
    start = rng.integers(n_items, size=n_sessions)
    return [list((s + np.arange(rng.integers(2, 6))) % n_items) for s in start]


def test_last_steps_are_cut_off():
    sessions = sessions_of_sequences([[4, 1, 2], [3], [], [0, 1, 0], [2, 4]], None, "")
    before, new = sessions.without_last_step()
    assert_array_equal(before.indptr, [0, 2, 3, 3, 5, 6])
    assert_array_equal(before.items, [4, 1, 3, 0, 1, 2])
    row, item = new.nonzero()  # nothing of the session that ends in a repeat
    assert_array_equal(row, [0, 4])
    assert_array_equal(item, [2, 4])
    taken = sessions.take(np.array([4, 1]))
    assert_array_equal(taken.items, [2, 4, 3])
    assert_array_equal(taken.step, [0, 1, 0])


def test_one_item_is_left_out():
    X = np.array([[1.0, 2, 2, 0], [0, 3, 0, 7]])  # 1 and 2 at the same time
    left = sessions_of_matrix(X).without(np.array([2, 3]))
    assert_array_equal(left.items, [0, 1, 1])
    assert_array_equal(left.step, [0, 1, 0])
    assert_array_equal(left.n_steps(), [2, 1])


def test_new_and_seen_items_have_scales_of_their_own():
    scores = np.array([[8.0, 2, 4, 1], [0, 0, 0, 0], [3, 0, 0, 0]])
    seen = (np.array([0, 0, 2]), np.array([0, 2, 0]))
    relative_to_largest(scores, seen)
    assert_allclose(scores, [[1, 1, 0.5, 0.5], [0, 0, 0, 0], [1, 0, 0, 0]])


def test_terms_begin_at_zero_and_grow_with_weights():
    x = np.array([[0.0, 0.03, 1.0]])
    values = Term("rules", weight=2, log_weight=3).values(x)
    assert_allclose(values, [[0, 0.06 + 3 * np.log(2), 2 + 3 * np.log1p(1 / 0.03)]])
    assert_allclose(exponential(np.array([0, np.log(3), -np.inf])), [0, 2, -1])
    assert np.isfinite(exponential(np.array([1e4], dtype=np.float32)))


def test_weights_are_the_most_likely(rng):
    x = rng.random((40, 9, 3))
    positive = np.zeros((40, 9), dtype=bool)
    positive[np.arange(40), (x @ [2.0, -1, 0]).argmax(axis=1)] = True
    positive[3] = False  # tells nothing
    positive[4, :2] = True  # two items at once
    w = rng.integers(1, 4, 40).astype(float)
    start = np.array([1.0, 0, 0])

    def loss(b):
        z = x @ b
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return 1.5 * ((b - start) ** 2).sum() - (w[:, None] * log_p)[positive].sum()

    expected = minimize(loss, start, tol=1e-10).x
    assert_allclose(_most_likely(x, positive, w, start), expected, atol=1e-4)


def test_a_model_that_tells_the_last_step_gains_weight(rng):
    sessions = sessions_of_sequences(chains(rng), None, "")

    def fit(_):
        def scores(rows, term):
            found = rng.random(rows.shape).astype(np.float32)
            if term.part == "linear":
                last = rows.items[rows.indptr[1:] - 1]
                found[np.arange(rows.shape[0]), (last + 1) % 12] = 2
            return found / 2

        return scores

    terms = {t[:2]: t for t in learn_terms(sessions, np.ones(300), fit)}
    linear = terms["linear", 1.0].values(np.ones(1))
    others = [t.values(np.ones(1)) for t in terms.values() if t.part != "linear"]
    assert linear > 3 + max(others)


def test_sets_have_no_last_step_to_learn_from(rng):
    X = (rng.random((30, 6)) < 0.5).astype(float)
    for sessions in (X, [[0], [3], []]):
        terms = SequentialRecommender().fit(sessions).blend_terms_
        weights = {term[:2]: term[2:] for term in terms}
        assert all(log_weight == 0 for _, log_weight in weights.values())
        summed = [name for name, (weight, _) in weights.items() if weight]
        assert summed == [("neighbors", 1), ("rules", 1), ("linear", 1)]


def test_rows_of_weight_zero_teach_nothing(rng):
    sessions = chains(rng)
    w = np.r_[np.ones(200), np.zeros(100)]
    found = SequentialRecommender().fit(sessions, sample_weight=w)
    other = [*sessions[:200], *chains(rng, 100)]
    expected = SequentialRecommender().fit(other, sample_weight=w)
    for a, b in zip(found.blend_terms_, expected.blend_terms_):
        assert a[:2] == b[:2]
        assert_allclose(a[2:], b[2:], atol=1e-5)


def test_all_factors_are_the_rules(rng):
    model = SequentialRecommender(blend_weights=(0, 1, 0, 1)).fit(chains(rng))
    before, after, _ = model.factors_
    assert_allclose(before @ after.T, model.rules_.toarray(), atol=1e-4)
    rules = SequentialRecommender("rules").fit(chains(rng, 50))
    factors = SequentialRecommender("factors").fit(chains(rng, 50))
    assert factors.factors_.before.shape == (12, 12)
    assert not hasattr(factors, "rules_")
    assert not hasattr(rules, "factors_")


def test_factors_carry_over_what_follows_alike_items():
    # 2 follows 0 and 1, 3 follows 0 alone; 6 follows 4 and 5
    sessions = [[0, 2], [1, 2], [0, 3], [4, 6], [5, 6]] * 20
    model = SequentialRecommender("factors", n_factors=2).fit(sessions)
    scores = model.predict([[1]])[0]
    assert scores[3] > 0.1
    assert scores[6] < 1e-3
    assert SequentialRecommender("rules").fit(sessions).predict([[1]])[0, 3] < 1e-3


@pytest.mark.parametrize("n_factors", [0, 2.5])
def test_bad_number_of_factors(n_factors):
    with pytest.raises(ValueError, match="n_factors"):
        SequentialRecommender(n_factors=n_factors).fit([[0, 1]])


def test_rounding_of_weights_of_rows_does_not_move_what_is_learned(rng):
    X = np.zeros((60, 150))
    for row in X:
        row[rng.choice(150, 5, replace=False)] = rng.permutation(5) + 1
    weights = np.where(np.arange(60) < 30, 1, 0.2)
    single, double = (
        SequentialRecommender().fit(X, sample_weight=weights.astype(dtype)).blend_terms_
        for dtype in (np.float32, np.float64)
    )
    for one, other in zip(single, double):
        assert_allclose(one[1:], other[1:], rtol=1e-4, atol=1e-4)
