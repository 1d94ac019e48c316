"""Sequential rules, counted by hand."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend.sequences._rules import (
    sequential_rules,
    step_limits,
    step_pairs,
    sum_of_partners,
)
from sktransfer.recommend.sequences._sessions import (
    Sessions,
    sessions_of_matrix,
    sessions_of_sequences,
)


def rules(lists, w=None, **settings):
    s = sessions_of_sequences(lists, None, "Me")
    w = np.ones(len(lists)) if w is None else np.asarray(w, dtype=float)
    return sequential_rules(s, sample_weight=w, **settings).toarray()


def test_counts_by_hand():
    lists = [[0, 1, 2], [0, 1], [2]]
    expected = [[0, 2, 0.5], [0, 0, 1], [0, 0, 0]]
    assert_array_equal(rules(lists, window=2, power=0.0), expected)
    assert_array_equal(
        rules(lists, window=1, power=0.0), [[0, 2, 0], [0, 0, 1], [0] * 3]
    )
    by_root = np.array([[0, 2, 0.5], [0, 0, 1], [0, 0, 0]]) / [[2.5**0.5], [1], [1]]
    assert_allclose(rules(lists, window=2), by_root)
    assert_allclose(rules(lists, window=2, power=1.0).sum(axis=1), [1, 1, 0])


def test_repeats_are_rules_too():
    assert_array_equal(rules([[0, 0, 1]], window=5, power=0.0), [[1, 1.5], [0, 0]])


def test_weights_count_sessions():
    lists = [[0, 1], [1, 0, 2]]
    twice = rules([*lists, lists[1]], window=3, power=0.5)
    assert_allclose(rules(lists, [1, 2], window=3, power=0.5), twice)


def test_items_of_one_step_go_both_ways():
    s = sessions_of_matrix(np.array([[1.0, 1, 2]]))
    W = sequential_rules(s, window=3, sample_weight=np.ones(1), power=0.0)
    assert_array_equal(W.toarray(), [[0, 1, 1], [1, 0, 1], [0, 0, 0]])


def test_no_session_has_two_steps():
    assert not rules([[0], [1], []], window=3).any()


def test_partners_are_summed(rng):
    session = np.array([0, 0, 0, 2, 3, 3])
    first, last = step_limits(session)
    assert_array_equal(first, [0, 0, 0, 3, 4, 4])
    assert_array_equal(last, [2, 2, 2, 3, 5, 5])
    step, partner, indptr = step_pairs(first, np.arange(6) - 1)
    assert_array_equal(step, [1, 2, 2, 5])
    assert_array_equal(partner, [0, 0, 1, 4])
    assert_array_equal(indptr, [0, 0, 1, 3, 3, 3, 4])
    one = np.zeros((6, 4))
    one[np.arange(6), rng.integers(0, 4, 6)] = 1
    weights = rng.random(4)
    for M in (one, (rng.random((6, 4)) < 0.5).astype(float)):
        found = sum_of_partners(sparse.csr_array(M), weights, partner, indptr)
        expected = np.zeros((6, 4))
        np.add.at(expected, step, weights[:, None] * M[partner])
        assert_allclose(found.toarray(), expected)


def test_precision_is_that_of_the_weights():
    s = sessions_of_sequences([[0, 1]], None, "Me")
    for dtype in (np.float32, np.float64):
        W = sequential_rules(s, window=2, sample_weight=np.ones(1, dtype=dtype))
        assert W.dtype == dtype


def test_blocks_of_sessions_change_nothing(rng, monkeypatch):
    lists = [rng.integers(0, 6, n).tolist() for n in (4, 0, 7, 1, 3, 9)]
    expected = rules(lists, window=3)
    monkeypatch.setattr(Sessions.blocks, "__defaults__", (5,))
    assert_allclose(rules(lists, window=3), expected)
