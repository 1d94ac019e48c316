import numpy as np
import pytest
from numpy.testing import assert_allclose

from sktransfer.transfer.auto._decision import (
    accuracies_by_agreement,
    accuracies_with_labels,
    candidate_weights,
    changes_shares_only,
    decide,
    decide_by_score,
)

NAMES = ["source only", "a", "b"]


def test_twins_share_a_vote():
    ratings = np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 1, 0]])
    assert_allclose(candidate_weights(ratings), [0.75, 0.75, 1.5])
    same = np.zeros((5, 4), dtype=int)
    assert_allclose(candidate_weights(same), 1)


def test_a_twin_changes_little(rng):
    truth = rng.integers(0, 3, size=3000)
    ratings = np.column_stack(
        [
            np.where(rng.random(3000) < a, truth, (truth + 1) % 3)
            for a in (0.9, 0.7, 0.75, 0.6)
        ]
    )
    alone, _ = accuracies_by_agreement(ratings, 3)
    twins, _ = accuracies_by_agreement(ratings[:, [0, 1, 2, 3, 3]], 3)
    assert_allclose(twins[:4], alone, atol=0.06)
    assert np.argmax(twins) == 0


def test_labels_and_agreement_by_hand():
    right = np.array([[True, False]] * 75)
    found = accuracies_with_labels(np.array([0.6, 0.8]), right)
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
    best, decision = decide(NAMES, np.array(scores), differ, 0.4, least_gain=0.02)
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


def test_a_preferred_candidate_is_taken_if_it_gains_enough():
    scores, differ = np.array([0.7, 0.9, 0.88]), np.array([0.0, 0.25, 0.3])
    best, decision = decide(NAMES, scores, differ, 0.4, preferred=[2])
    assert (best, decision.candidate) == (2, "b")
    assert decision.reason.endswith("no worse than 'a', its teacher")
    assert_allclose(decision.gain, 0.18)
    assert decide(NAMES, scores, differ, 0.7, preferred=[2])[0] == 1
    assert decide(NAMES, scores, differ, 0.9, preferred=[2])[0] == 0


def test_a_source_worse_than_guessing_is_not_believed():
    scores, differ = np.array([0.3, 0.9, 0.4]), np.array([0.0, 0.7, 0.3])
    assert decide(NAMES, scores, differ, 0.4)[0] == 1
    best, decision = decide(NAMES, scores, differ, 0.4, floor=0.4)
    assert best == 0
    assert "right in 30% of the target rows, which is worse" in decision.reason


class TestOneSided:
    def ratings(self):
        alone = np.repeat([0, 1], [60, 40])
        up, mixed, nearly = alone.copy(), alone.copy(), alone.copy()
        up[:20] = 1
        mixed[:20], mixed[-20:] = 1, 0
        nearly[:39], nearly[-1:] = 1, 0
        return np.column_stack([alone, up, mixed, nearly])

    def test_by_hand(self):
        found = changes_shares_only(self.ratings(), np.array([0.5, 0.5]))
        assert found.tolist() == [False, True, False, True]

    def test_an_alone_that_does_not_recognise_a_class_claims_nothing(self):
        ratings = self.ratings()
        ratings[:, 0] = 0
        ratings[:4, 0] = 1
        assert not changes_shares_only(ratings, np.array([0.5, 0.5])).any()
        # where the source has the class as rarely, it does
        assert changes_shares_only(ratings, np.array([0.9, 0.1])).any()

    def test_more_than_two_classes(self):
        assert not changes_shares_only(self.ratings(), np.array([0.5, 0.4, 0.1])).any()

    def test_such_a_candidate_is_not_taken_nor_its_student(self):
        scores, differ = np.array([0.7, 0.9, 0.88]), np.array([0.0, 0.2, 0.3])
        best, decision = decide(
            NAMES, scores, differ, 0.4, preferred=[2], shares_only=[False, True, False]
        )
        assert best == 0
        assert "a claim about the shares of the classes" in decision.reason
        best, _ = decide(
            NAMES, scores, differ, 0.4, preferred=[2], shares_only=[False, False, True]
        )
        assert best == 1
