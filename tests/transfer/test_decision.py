"""The decision of AutoTransferClassifier, recomputed from its report."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from raters import Says, compare, raters
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from sktransfer.transfer import AutoTransferClassifier, TransferDecision

KINDS = {
    "adapt": "from which it differs in",
    "none better": "no candidate has a better expected accuracy",
    "small": "that count",
    "guessing": "which is worse than guessing",
    "shares": "a claim about the shares of the classes",
}


def rule(report, predictions, least, source_shares=None, floor=0.0):
    """Number of the candidate to take, and the kind of the reason."""
    scores = report["score"]
    best = int(np.argmax(scores))
    gain = scores[best] - scores[0]
    moves = predictions - predictions[:, [0]]
    changed = np.maximum(np.count_nonzero(moves, axis=0), 1)
    one_way = abs(moves.sum(axis=0)) / changed >= 0.9
    shares = np.bincount(predictions[:, 0], minlength=2) / len(predictions)
    if best == 0 or gain <= 0:
        return 0, "none better"
    if gain < least:
        return 0, "small"
    if scores[0] < floor:
        return 0, "guessing"
    if source_shares is not None and (shares >= source_shares / 10).all():
        if one_way[best] or one_way[1:].mean() >= 0.3:
            return 0, "shares"
    return best, "adapt"


def check(auto, taken, kind):
    decision = auto.decision_
    assert KINDS[kind] in decision.reason
    assert auto.best_index_ == taken
    assert decision.adapt == (taken > 0)
    assert decision.candidate == auto.report_["candidate"][taken]
    scores = auto.report_["score"]
    assert_allclose(decision.gain, scores[1:].max() - scores[0])
    # one scale: the accuracy expected of the one taken, at the distance of the scores
    accuracy = np.clip(decision.expected.accuracy.value + scores - scores[taken], 0, 1)
    assert_allclose(auto.report_["expected_accuracy"], accuracy)
    assert (decision.gain_interval is None) == (kind in ("guessing", "shares"))
    if decision.gain_interval is not None:
        low, high = decision.gain_interval
        assert low <= decision.gain <= high
        if low > 0 or high < 0:
            assert decision.verdict == f"transfer {'helps' if low > 0 else 'hurts'}"
        else:
            assert "certain" in decision.verdict or "probably" in decision.verdict


def one_sided(rng, predictions, column, share=0.2):
    """The source alone, with a share of one class moved to the other."""
    moved = predictions[:, 0].copy()
    rows = np.flatnonzero(moved == 0)
    moved[rng.choice(rows, int(share * rows.size), replace=False)] = 1
    predictions[:, column] = moved


def test_the_guard_without_labels(rng):
    found = set()
    for i in range(24):
        accuracies = rng.uniform(0.55, 0.95, size=4)
        accuracies[0] = (0.3, 0.6, 0.7, 0.93)[i % 4]
        if i % 6 == 5:
            accuracies = np.array([0.8, 0.81, 0.79, 0.8])
        _, predictions = raters(rng, accuracies, 300)
        if i % 6 == 0:  # one moves rows one way only, and others agree with it
            one_sided(rng, predictions, 1, 0.3)
            predictions[:, 2:] = predictions[:, [1]]
            flip = rng.random((300, 2)) < 0.08
            predictions[:, 2:] ^= flip
        guard = (0.02, 0.05, 0.1)[i % 3]
        auto = compare(predictions, guard=guard)
        half = np.array([0.5, 0.5])
        taken, kind = rule(auto.report_, predictions, guard, half, 0.4)
        check(auto, taken, kind)
        found.add(kind)
    assert found == set(KINDS)
    free = compare(predictions, guard=False)
    assert free.best_index_ == np.argmax(free.report_["score"])


@pytest.mark.parametrize("n_labels", [10, 30, 120])
def test_the_guard_with_labels(rng, n_labels):
    found = set()
    for i in range(8):
        accuracies = (0.7, 0.85, 0.65) if i % 2 else (0.75, 0.78, 0.74)
        truth, predictions = raters(rng, accuracies, 400)
        labels = np.where(np.arange(400) < n_labels, truth, np.nan)
        auto = compare(predictions, labels=labels, guard=0.05)
        right = predictions[:n_labels] == truth[:n_labels, None]
        report = auto.report_
        assert_allclose(report["label_accuracy"], right.mean(axis=0))
        # agreement counts as 25 labels
        blind = compare(predictions, guard=0.05, eliminate=False).report_["score"]
        expected = right.sum(axis=0) + 25 * blind
        assert_allclose(report["score"], expected / (n_labels + 25))
        best = int(np.argmax(report["score"]))
        difference = right[:, best].astype(float) - right[:, 0]
        least = max(0.05, difference.std() / np.sqrt(n_labels))
        doubts = (np.array([0.5, 0.5]), 0.4) if n_labels < 25 else ()
        taken, kind = rule(report, predictions, least, *doubts)
        check(auto, taken, kind)
        if kind == "small":
            assert f"less than the {least:.1%} that count" in auto.decision_.reason
        found.add(kind)
    assert "small" in found
    assert len(found) > 1


def test_a_twin_changes_little():
    rng = np.random.default_rng(2)  # where two votes for twins would carry all
    truth = rng.integers(0, 3, size=1000)
    predictions = np.column_stack(
        [
            np.where(rng.random(1000) < a, truth, (truth + 1) % 3)
            for a in (0.9, 0.7, 0.75, 0.6)
        ]
    )
    three = {"source_labels": (0, 1, 2), "guard": False, "eliminate": False}
    alone = compare(predictions, **three).report_["score"]
    twins = compare(predictions[:, [0, 1, 2, 3, 3]], **three).report_["score"]
    assert np.argmax(alone) == np.argmax(twins) == 0
    assert_allclose(twins[3], twins[4])


def test_a_score_that_is_no_number_is_left_out(rng):
    _, predictions = raters(rng, (0.9, 0.7, 0.75), 100)
    values = np.array([-0.7, np.nan, -0.4])

    def scoring(model, X, y=None, sample_domain=None):
        return values[model.column]

    for guard, taken in ((False, 2), (0.5, 0)):
        auto = compare(predictions, scoring=scoring, guard=guard)
        assert auto.best_index_ == taken
        assert_allclose(auto.decision_.gain, 0.3)
    values[0] = 1.0
    assert compare(predictions, scoring=scoring, guard=False).best_index_ == 0


class TestOneSided:
    """A candidate that moves nearly all rows that it changes from one class."""

    def predictions(self, n_down=0, n_classes=2):
        # the others agree, so they are expected to be right where the source differs
        alone = np.repeat([0, n_classes - 1], [600, 400])
        if n_classes == 3:
            alone[:300] = 1
        moved = alone.copy()
        rows = np.flatnonzero(alone == 0)[:285]
        moved[rows], moved[1000 - n_down :] = n_classes - 1, 0
        return np.column_stack([alone, moved, moved, moved])

    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize(
        ("n_down", "kind"), [(0, "shares"), (15, "shares"), (16, "adapt")]
    )
    def test_by_hand(self, n_down, kind, n_classes):
        # 285 rows up: net 270 of 300 moves are 90 %, net 269 of 301 are not
        predictions = self.predictions(n_down, n_classes)
        auto = compare(
            predictions,
            guard=0.05,
            eliminate=False,
            source_labels=tuple(range(n_classes)),
        )
        assert auto.report_["score"][1] > auto.report_["score"][0] + 0.1
        assert auto.report_["score"][0] > 0.4
        assert KINDS[kind] in auto.decision_.reason

    @pytest.mark.parametrize(
        ("source_labels", "kind"), [((0, 1), "adapt"), ((0, 0, 0, 0, 1), "shares")]
    )
    def test_an_alone_that_does_not_recognise_a_class(self, source_labels, kind):
        # it sees 4 % of a class of which the source has 50 % or 20 %
        moved = (np.arange(1000) < 500).astype(int)
        predictions = np.column_stack([np.arange(1000) < 40, moved, moved, moved])
        auto = compare(predictions, guard=0.05, source_labels=source_labels)
        assert KINDS[kind] in auto.decision_.reason


def test_one_candidate_is_enough(rng):
    _, predictions = raters(rng, (0.7, 0.9), 300)
    auto = compare(predictions, guard=False)
    assert isinstance(auto, AutoTransferClassifier)
    assert isinstance(auto.best_estimator_, Says)


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.01, 0.2), "transfer helps"),
        ((-0.05, 0.2), "transfer probably helps"),
        ((-0.1, 0.2), "not certain"),
        ((0.0, 0.0), "not certain"),
        ((-0.2, 0.1), "not certain"),
        ((-0.2, 0.05), "transfer probably hurts"),
        ((-0.2, -0.01), "transfer hurts"),
        (None, "not compared"),
    ],
)
def test_words_follow_from_the_interval_alone(interval, verdict):
    assert TransferDecision(True, "a", "", 0.1, interval).verdict == verdict


class Knows(GaussianNB):
    """Serves halves of the labels, but not all of them."""

    def fit(self, X, y):
        if len(y) > 60:
            raise RuntimeError("too many rows")
        return super().fit(X, y)


def moved_domain(rng, n=100):
    y = np.resize([0, 1], 2 * n)
    X = rng.normal(size=(2 * n, 3)) + 2 * y[:, None]
    X[n:, 0] += 2
    return X, y, np.repeat([1, -2], n)


def test_a_candidate_that_fails_on_all_labels_is_left_out(rng):
    X, y, d = moved_domain(rng)
    auto = AutoTransferClassifier([("fails", Knows())], guard=False)
    # as if it were the best
    decided = auto._decide_by_agreement
    auto._decide_by_agreement = lambda runs, models: (
        (1, decided(runs, models)[1])
        if runs.status[1] == "fitted"
        else decided(runs, models)
    )
    with pytest.warns(UserWarning, match="'fails' failed and is left out"):
        auto.fit(X, y, sample_domain=d)
    assert auto.decision_.candidate == "source only"
    assert auto.decision_.reason == "no other candidate was fitted"
    assert auto.report_["status"][1] == "RuntimeError: too many rows"
    assert np.isnan(auto.report_["score"][1])


def test_a_candidate_that_predicts_no_class_is_left_out(rng):
    X, y, d = moved_domain(rng)
    candidates = [("line", LinearRegression()), ("nb", GaussianNB())]
    auto = AutoTransferClassifier(candidates)
    with pytest.warns(UserWarning, match="none of the classes"):
        auto.fit(X, y, sample_domain=d)
    assert "pass a classifier" in auto.report_["status"][1]
    assert auto.report_["status"][2] == "fitted"


def test_where_the_source_alone_leads_the_next_best_is_compared(rng):
    _, predictions = raters(rng, (0.95, 0.7, 0.6), 400)
    auto = compare(predictions)
    scores = auto.report_["score"]
    decision = auto.decision_
    assert not decision.adapt
    assert_allclose(decision.gain, scores[1] - scores[0])
    assert decision.gain < 0
    assert decision.gain_interval[0] < decision.gain < decision.gain_interval[1]
    assert "too alike" not in decision.next_step
    # nothing to compare with
    alone = compare(predictions, candidates=[("source only", Says())])
    assert alone.decision_.reason == "no other candidate was fitted"
    assert "alike" not in alone.decision_.next_step


def test_labels_that_settle_it_are_not_asked_for_again(rng):
    truth, predictions = raters(rng, (0.6, 0.95, 0.9), 400)
    decision = compare(predictions, labels=truth).decision_
    assert decision.verdict == "transfer helps"
    assert decision.next_step == "the 400 labels of the target are enough to settle it"
    some = np.where(np.arange(400) < 5, truth, np.nan)
    assert (
        " in all " in compare(predictions, labels=some, guard=False).decision_.next_step
    )
