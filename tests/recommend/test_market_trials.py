"""Interactions that are held out to validate on."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import random_interactions
from scipy import sparse

from sktransfer.recommend.markets._trials import (
    RowDraws,
    held_out_ndcg,
    hold_out_one,
    rows_to_hold_out,
)


def test_one_interaction_of_each_row_is_hidden_among_others(rng):
    X = random_interactions(rng)
    catalogue = np.arange(15) != 3
    rows = rows_to_hold_out(X, np.arange(60) % 2 == 0, catalogue)
    held_out = hold_out_one(X, rows, catalogue, 5, seed=0)
    before, after = X.toarray(), held_out.X.toarray()
    assert (np.diff(sparse.csr_array(X).indptr)[rows] >= 2).all()
    rest = np.setdiff1d(np.arange(60), rows)
    assert_array_equal(after[rest], before[rest])
    for row, items in zip(rows, held_out.items):
        assert catalogue[items[items >= 0]].all()
        assert before[row, items[0]] == 1
        assert_array_equal(np.flatnonzero(before[row] != after[row]), [items[0]])
        others = items[1:][items[1:] >= 0]
        assert len(set(others)) == others.size
        assert (before[row, others] == 0).all()
        assert others.size == min(5, (catalogue & (before[row] == 0)).sum())


def test_draws_do_not_depend_on_the_order_of_rows(rng):
    X = random_interactions(rng)
    everything = np.ones(15, dtype=bool)
    rows = rows_to_hold_out(X, np.ones(60, dtype=bool), everything)
    held_out = hold_out_one(X, rows, everything, 5, seed=1)
    order = rng.permutation(60)
    again = hold_out_one(X[order], np.argsort(order)[rows], everything, 5, seed=1)

    def drawn(h):
        return sorted(zip(map(tuple, h.X.toarray()[h.rows]), map(tuple, h.items)))

    assert drawn(again) == drawn(held_out)
    sample = RowDraws(X, rows, 3).sample(10)
    other = RowDraws(X[order], np.argsort(order)[rows], 3).sample(10)
    assert_array_equal(
        sorted(map(tuple, X[sample].toarray())),
        sorted(map(tuple, X[order][other].toarray())),
    )
    other_draw = hold_out_one(X, rows, everything, 5, seed=1, draw=1)
    assert (other_draw.items[:, 0] != held_out.items[:, 0]).any()


def test_equal_rows_draw_apart():
    X = sparse.csr_array(np.ones((200, 4)))
    held_out = hold_out_one(X, np.arange(200), np.ones(4, dtype=bool), 2, seed=0)
    assert_array_equal(np.unique(held_out.items[:, 0]), np.arange(4))
    assert (held_out.items[:, 1:] == -1).all()  # nothing is left to rank among


def test_ndcg_of_the_hidden_item():
    scores = np.array([[3.0, 1, 2], [1, 2, 3], [1, 1, 0], [0, 5, 5]])
    items = np.array([[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, -1, -1]])
    expected = [1, 0.5, 1 / np.log2(2.5), 1]
    assert_allclose(held_out_ndcg(scores, items), expected)
    last = np.r_[0.0, np.ones(11)][None]
    assert held_out_ndcg(last, np.arange(12)[None])[0] == 0
