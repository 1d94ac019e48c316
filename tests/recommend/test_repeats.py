"""How often items return, counted by hand."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.recommend.sequences._repeats import (
    MAX_GAP,
    give_repeats_their_share,
    repeat_hazard,
    repeat_probabilities,
)
from sktransfer.recommend.sequences._sessions import (
    sessions_of_matrix,
    sessions_of_sequences,
)


def hazard_of(lists, w=None):
    s = sessions_of_sequences(lists, None, "Me")
    return repeat_hazard(s, np.ones(len(lists)) if w is None else np.asarray(w))


def counted(lists):
    """Returns and chances by gap, step by step."""
    returns, chances = np.zeros(MAX_GAP + 1), np.zeros(MAX_GAP + 1)
    for items in lists:
        last = {}
        for t, item in enumerate(items):
            for known, u in last.items():
                gap = min(t - u, MAX_GAP)
                chances[gap] += 1
                returns[gap] += known == item
            last[item] = t
    mean = returns.sum() / chances.sum()
    hazard = (returns + mean) / (chances + 1)
    hazard[0] = 0
    return hazard


def test_hazard_by_hand():
    # at gap 1: item 0 returns once and does not once, item 1 does not; at gap 2: item 0
    # does not; one return of four chances
    h = hazard_of([[0, 0, 1, 2]])
    assert_allclose(h[:4], [0, (1 + 1 / 4) / (3 + 1), (1 / 4) / (1 + 1), 1 / 4])


def test_hazard_of_a_loop(rng):
    lists = [rng.integers(0, 12, n).tolist() for n in rng.integers(1, 90, 30)]
    assert_allclose(hazard_of(lists), counted(lists))


def test_weights_count_sessions(rng):
    lists = [rng.integers(0, 5, 6).tolist() for _ in range(4)]
    repeated = hazard_of([lists[0], lists[1], lists[1], lists[3]])
    assert_allclose(hazard_of(lists, [1, 2, 0, 1]), repeated)


def test_nothing_returns():
    assert_array_equal(hazard_of([[0, 1, 2], [3], []]), np.zeros(MAX_GAP + 1))
    X = sessions_of_matrix(np.array([[1.0, 1, 2], [0, 3, 1]]))
    assert not repeat_hazard(X, np.ones(2)).any()


def test_probabilities_are_those_of_the_last_place():
    hazard = np.zeros(MAX_GAP + 1)
    hazard[1:4] = 0.3, 0.2, 0.1
    s = sessions_of_sequences([[2, 0, 2], [1, 2], []], 3, "Me")
    R = repeat_probabilities(s, hazard).toarray()
    assert_allclose(R, [[0.2, 0, 0.3], [0, 0.2, 0.3], [0, 0, 0]])
    R = repeat_probabilities(s, np.full(MAX_GAP + 1, 0.9)).toarray()
    assert_allclose(R.sum(axis=1), [0.95, 0.95, 0])


def test_shares_sum_to_one_and_give_repeats_their_part():
    scores = np.array([[2.0, 1, 1, 4], [0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 3]])
    R = sparse.csr_array([[0.2, 0.1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0.4, 0, 0, 0]])
    give_repeats_their_share(scores, R)
    by_model = 0.3 * np.array([2, 1]) / 3
    expected = 0.25 * by_model + 0.75 * np.array([0.2, 0.1])
    assert_allclose(scores[0], [*expected, 0.7 / 5, 0.7 * 4 / 5])
    assert_allclose(scores[1], 0)
    assert_allclose(scores[2], [0.5, 0.5, 0, 0])
    # the models say nothing of the item: recency does
    assert_allclose(scores[3], [0.4, 0, 0.6 / 4, 0.6 * 3 / 4])
