"""How often items return, and the share of the scores that this gives them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer.recommend import SequentialRecommender

MAX_GAP = 30


def hazard_of(lists, w=None):
    model = SequentialRecommender("rules").fit(lists, sample_weight=w)
    return model.repeat_hazard_


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
    assert not hazard_of(np.array([[1.0, 1, 2], [0, 3, 1]])).any()


def test_after_a_session_of_all_items_only_repeats_are_left():
    once = SequentialRecommender().fit([[0, 1, 2], [1, 2, 3], [0, 3, 1]] * 3)
    everything = [[0, 1, 2, 3]]
    assert_array_equal(once.predict(everything), np.zeros((1, 4)))
    assert_array_equal(once.recommend(everything, 4)[0], [[-1] * 4])
    assert_allclose(once.predict([[0, 1]]).sum(), 1, rtol=1e-5)
    lists = [[0, 1, 0, 2], [1, 2, 1, 3], [0, 3, 3, 1]] * 3
    again = SequentialRecommender().fit(lists)
    gaps = [4, 3, 2, 1]  # steps to the next item, of those of the session
    returns = again.repeat_hazard_[gaps].sum()
    assert 0 < returns < 0.95
    assert_allclose(again.predict(everything).sum(), returns, rtol=1e-5)
    assert_array_equal(np.sort(again.recommend(everything, 4)[0][0]), np.arange(4))


def shares(model, session):
    """Scores of a session by rules, from what the model has learned."""
    scores = np.zeros(model.n_features_in_)
    for back, item in enumerate(session[::-1]):
        scores += model.decay**back * model.rules_.toarray()[item]
    if scores.max() > 0:
        scores /= scores.max()
    scores += 1e-3 * model.popularity_ / model.popularity_.max()
    gap = {item: len(session) - t for t, item in enumerate(session)}  # the last one
    seen = np.array(sorted(gap), dtype=int)
    p = np.array([model.repeat_hazard_[min(gap[i], MAX_GAP)] for i in seen])
    p *= min(1, 0.95 / max(p.sum(), 1e-9))
    new = np.delete(np.arange(scores.size), seen)
    found = np.zeros(scores.size)
    if scores[new].sum() > 0:
        found[new] = (1 - p.sum()) * scores[new] / scores[new].sum()
    by_model = p
    if scores[seen].sum() > 0:
        by_model = p.sum() * scores[seen] / scores[seen].sum()
    found[seen] = 0.25 * by_model + 0.75 * p
    return found


@pytest.mark.parametrize("kinds", [2, 9])  # items return at once, or now and then
def test_repeats_get_their_share(rng, kinds):
    lists = [rng.integers(0, kinds, rng.integers(1, 9)).tolist() for _ in range(40)]
    lists += [list(range(9)), [9, 9]]
    w = np.r_[np.ones(41), 0]  # nothing is known of item 9
    model = SequentialRecommender("rules", decay=0.7).fit(lists, sample_weight=w)
    queries = [*lists, [], [0, 9], [9], list(range(10)), [3] * 50, [7, *[3] * 50]]
    expected = [shares(model, session) for session in queries]
    assert_allclose(model.predict(queries), expected, atol=1e-6)
    # of items that always return, something is left for the others
    model.fit([[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1, 0, 1], [2]])
    expected = [shares(model, session) for session in ([0, 1], [1], [0, 1, 1])]
    assert expected[0][:2].sum() == pytest.approx(0.95)
    assert_allclose(model.predict([[0, 1], [1], [0, 1, 1]]), expected, atol=1e-6)
