import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktransfer.transfer._decision import (
    agreed_gains,
    decide,
    decide_by_score,
    rater_weights,
    with_labels,
)

NAMES = ["source only", "a", "b"]


def test_twins_share_a_vote():
    ratings = np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 1, 0]])
    assert_allclose(rater_weights(ratings), [0.75, 0.75, 1.5])
    same = np.zeros((5, 4), dtype=int)
    assert_allclose(rater_weights(same), 1)


def test_a_twin_changes_little(rng):
    truth = rng.integers(0, 3, size=3000)
    ratings = np.column_stack(
        [
            np.where(rng.random(3000) < a, truth, (truth + 1) % 3)
            for a in (0.9, 0.7, 0.75, 0.6)
        ]
    )
    alone, _ = agreed_gains(ratings, 3)
    twins, _ = agreed_gains(ratings[:, [0, 1, 2, 3, 3]], 3)
    assert_allclose(twins[:4], alone, atol=0.06)
    assert np.argmax(twins) == 0


def test_labels_and_agreement_by_hand():
    right = np.array([[True, False]] * 75)
    found = with_labels(np.array([0.6, 0.8]), right)
    assert_allclose(found, [(75 + 25 * 0.6) / 100, 25 * 0.8 / 100])


@pytest.mark.parametrize(
    ("scores", "taken", "reason"),
    [
        ([0.7, 0.9, 0.8], 1, "expected to gain 20.0% in accuracy over 'source only'"),
        ([0.7, 0.74, 0.6], 0, "expected to lead there by 20%, below the margin of 40%"),
        ([0.7, 0.705, 0.6], 0, "less than the 2.0% that count"),
        ([0.7, 0.6, np.nan], 0, "no candidate has a better expected accuracy"),
    ],
)
def test_the_guard_by_hand(scores, taken, reason):
    differ = np.array([0.0, 0.2, 0.3])
    best, decision = decide(NAMES, np.array(scores), differ, 0.4, least=0.02)
    assert best == taken
    assert decision.candidate == NAMES[taken]
    assert decision.adapt == (taken > 0)
    assert reason in decision.reason
    assert_allclose(decision.gain, np.nanmax(scores) - 0.7)


def test_scores_by_hand():
    scores = np.array([-0.7, np.nan, -0.4])
    best, decision = decide_by_score(NAMES, scores, 0.0)
    assert best == 2
    assert_allclose(decision.gain, 0.3)
    assert decide_by_score(NAMES, scores, 0.5)[0] == 0
    assert decide_by_score(NAMES, np.array([1.0, 0.5, 0.2]), 0.0)[0] == 0
