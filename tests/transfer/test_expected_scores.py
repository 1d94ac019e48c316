"""What is expected on target rows: laws, cases by hand and independent formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sktransfer.adaptation import DomainScaler
from sktransfer.transfer import (
    AutoTransferClassifier,
    ExpectedScores,
    ScoreEstimate,
    TransferClassifier,
    estimate_target_score,
)
from sktransfer.transfer.auto._evidence import (
    Evidence,
    HalfPredictions,
    joint_shares,
    weigh_evidence,
)
from sktransfer.transfer.auto._expected_scores import SeenWithLabels, expected_scores

NONE = np.zeros((0, 3))
ALONE = np.array([False, True, True])


def halves(rng, accuracies, n=4000, n_classes=2, source_accuracy=None):
    """Predictions of models that err independently, and the truth."""
    m = len(accuracies)
    truth, labels = rng.integers(0, n_classes, size=(2, n))

    def said(right, y):
        wrong = rng.random((n, m)) >= right
        shift = rng.integers(1, n_classes, size=(n, m))
        return np.where(wrong, (y[:, None] + shift) % n_classes, y[:, None])

    target = np.array([said(np.array(accuracies), truth) for _ in (0, 1)])
    source = said(np.array(source_accuracy or accuracies), labels)
    nothing = np.full(target.shape, np.nan), np.full(source.shape, np.nan)
    return HalfPredictions(target, source, labels, n_classes, *nothing), truth


def test_agreement_by_hand():
    target = np.array(
        [[[0, 0], [1, 1], [1, 0], [0, 1]], [[0, 0], [1, 0], [1, 1], [1, 1]]]
    )
    source = np.array([[0, 0], [1, 1], [1, 1], [0, 0]])
    nan = np.full((2, 4, 2), np.nan)
    found = HalfPredictions(target, source, np.array([0, 1, 1, 1]), 2, nan, nan[0])
    evidence = weigh_evidence(found, np.array([False, True]), np.zeros((0, 2)))
    # shares of class 1 are 1/2, 1/2 and 3/4, 1/2: agreement by chance is one half, of
    # the source as well; the prior of class 1 is 3/4, so guesses are right in 1/2, 5/8
    assert_allclose(evidence.stability, [0.75, 0.5])
    kappa = np.array([[0.0, 0.5], [0.5, 0.0]])  # agree 1/2 and 3/4, in turn
    guessed = np.array([[0.5, 0.625], [0.5, 0.5]])
    expected = (guessed + (1 - guessed) * kappa).mean(axis=1)
    assert_allclose(evidence.agreement, expected)  # one witness: mean is median
    assert_allclose(evidence.source_accuracy, [0.75, 0.75])
    assert_allclose(evidence.shared, [0.25, 0.25])  # alike in all rows, 3/4 right
    # no probabilities: agreement less a fifth of what is shared, if adapted
    assert_allclose(evidence.accuracy[1], expected[1] - 0.2 * 0.25)
    assert np.isnan(evidence.threshold).all()
    assert np.isnan(evidence.confidence).all()


def test_equally_good_independent_models_agree_by_their_accuracy(rng):
    """Two models right with probability a agree with a^2 + (1 - a)^2 / (K - 1)."""
    for a, K in ((0.9, 2), (0.8, 5)):
        found, _ = halves(rng, [a] * 3, n_classes=K)
        evidence = weigh_evidence(found, ALONE, NONE)
        expected = a**2 + (1 - a) ** 2 / (K - 1)
        assert_allclose(evidence.agreement, expected, atol=0.03)
        assert_allclose(evidence.source_accuracy, a, atol=0.03)
        assert_array_equal(evidence.shared, 0)


def test_models_that_say_one_class_are_right_by_chance(rng):
    """They agree in every row; the accuracy to expect is the share of that class."""
    target = np.ones((2, 500, 3), dtype=int)
    source, labels = np.ones((400, 3), dtype=int), np.repeat([0, 1], [300, 100])
    nan = np.full(target.shape, np.nan)
    found = HalfPredictions(target, source, labels, 2, nan, np.full((400, 3), np.nan))
    evidence = weigh_evidence(found, ALONE, NONE)
    assert_allclose(evidence.agreement, 0.25)
    assert_allclose(evidence.consensus, 0.25, atol=0.01)
    assert_allclose(evidence.accuracy[1:], 0.25, atol=0.01)


def test_confidence_by_independent_formulas(rng):
    found, _ = halves(rng, [0.8, 0.7, 0.75], n=500)
    sure = rng.uniform(0.5, 1, size=found.target.shape)
    source_sure = rng.uniform(0.5, 1, size=found.source.shape)
    found = found._replace(target_confidence=sure, source_confidence=source_sure)
    evidence = weigh_evidence(found, ALONE, NONE)
    for j in range(3):
        right = found.source[:, j] == found.labels
        # the threshold above which as many source rows lie as are right
        at = np.sort(source_sure[:, j])[::-1][round(right.mean() * 500) - 1]
        assert_allclose(evidence.threshold[j], np.mean(sure[..., j] >= at), atol=0.004)
        fall = source_sure[:, j].mean() - sure[..., j].mean()
        assert_allclose(evidence.confidence[j], right.mean() - fall)


def test_the_order_of_rows_halves_and_others_does_not_matter(rng):
    found, _ = halves(rng, [0.8, 0.7, 0.75])
    evidence = weigh_evidence(found, ALONE, NONE)
    rows = rng.permutation(4000)
    again = found._replace(target=found.target[::-1, rows][..., [0, 2, 1]])
    again = again._replace(source=again.source[..., [0, 2, 1]])
    other = weigh_evidence(again, ALONE, NONE)
    for name in ("agreement", "consensus", "scores", "accuracy", "shared"):
        values = getattr(evidence, name)[[0, 2, 1]]
        assert_allclose(getattr(other, name), values, atol=1e-6)


@pytest.mark.parametrize("K", [2, 4])
def test_scores_of_classes_are_those_of_the_joint_shares(rng, K):
    from sklearn.metrics import confusion_matrix, f1_score, recall_score

    found, _ = halves(rng, [0.8, 0.7], n=300, n_classes=K)
    joint = joint_shares(found, 0)
    first, second = found.target
    others = np.r_[second[:, 1], first[:, 1]]
    own = np.r_[first[:, 0], second[:, 0]]
    assert_allclose(joint, confusion_matrix(others, own, normalize="all"))
    evidence = weigh_evidence(found, np.array([True, True]), np.zeros((0, 2)))
    evidence = evidence._replace(accuracy=np.full(2, np.trace(joint)))  # no shift
    scores = expected_scores(found, evidence, 0, np.arange(K))
    recall = [own.value for own in scores.recall.values()]
    assert_allclose(recall, recall_score(others, own, average=None))
    macro = f1_score(others, own, average="macro")
    assert_allclose(scores.f1.value, macro)
    for own in (scores.accuracy, scores.f1, *scores.recall.values()):
        assert 0 <= own.low <= own.value <= own.high <= 1


def test_labels_narrow_the_interval_and_settle_the_value(rng):
    """Where all models err together labels find out; the more, the closer."""
    truth = rng.integers(0, 2, size=4000)
    one = np.where(rng.random(4000) < 0.6, truth, 1 - truth)
    target = np.array([np.column_stack([one] * 3)] * 2)
    nan = np.full(target.shape, np.nan)
    found = HalfPredictions(target, target[0], one, 2, nan, nan[0])
    widths, errors = [], []
    evidence = weigh_evidence(found, ALONE, NONE)
    for n in (0, 50, 400, 4000):
        right = (one == truth)[:n].astype(float)
        seen = SeenWithLabels(1.0, np.ones(n), right) if n else None
        scores = expected_scores(found, evidence, 0, np.arange(2), seen)
        widths.append(scores.accuracy.high - scores.accuracy.low)
        errors.append(abs(scores.accuracy.value - 0.6))
        assert scores.n_labels == n
    assert errors[0] > 0.35
    assert errors[-1] < 0.03
    assert (np.diff(errors) < 0).all()
    assert widths[-1] < 0.03


def test_with_labels_by_hand():
    """Five of ten labels are right where .6 of others agree: agreement less .1."""
    target = np.zeros((2, 10, 2), dtype=int)
    nan = np.full(target.shape, np.nan)
    found = HalfPredictions(target, target[0], np.zeros(10, int), 2, nan, nan[0])
    evidence = weigh_evidence(found, ALONE[:2], np.zeros((0, 2)))
    evidence = evidence._replace(accuracy=np.array([0.9, 0.9]))
    half = evidence.half_width(0) / 1.645
    seen = SeenWithLabels(0.8, np.full(10, 0.6), np.repeat([0.0, 1.0], 5))
    variance = (10 * 0.25 + 0.25) / 11 / 10
    weight = half**2 / (half**2 + variance)
    found = expected_scores(found, evidence, 0, np.arange(2), seen).accuracy
    assert_allclose(found.value, (1 - weight) * 0.9 + weight * (0.8 - 0.1))
    width = 2 * 1.645 * np.sqrt(half**2 * variance / (half**2 + variance))
    assert_allclose(found.high - found.low, width)


def test_a_proxy_that_tells_makes_labels_count_more(rng):
    """Prediction-powered: errors that agreement foretells need no labels."""
    found, _ = halves(rng, [0.8, 0.8, 0.8], n=400)
    right = (rng.random(100) < 0.7).astype(float)
    evidence = weigh_evidence(found, ALONE, NONE)
    wide, narrow = (
        expected_scores(
            found, evidence, 0, np.arange(2), SeenWithLabels(0.7, agreeing, right)
        ).accuracy
        for agreeing in (np.full(100, 0.7), right)
    )
    assert narrow.high - narrow.low < 0.7 * (wide.high - wide.low)


def moved(rng, n=400, shift=0.0):
    y = rng.integers(0, 2, size=2 * n)
    X = rng.normal(size=(2 * n, 4))
    X[:, :2] += 2.0 * y[:, None]
    d = np.repeat([1, -2], n)
    X[d < 0] += shift
    return X, y, d


class TestEstimate:
    @pytest.mark.parametrize(
        "model",
        [
            LogisticRegression(),
            LinearSVC(),
            DecisionTreeClassifier(max_depth=3, random_state=0),
            TransferClassifier(mapper=DomainScaler()),
            make_pipeline(StandardScaler(), GaussianNB()),
        ],
    )
    def test_the_truth_is_in_the_interval(self, rng, model):
        X, y, d = moved(rng, shift=[0.3, 0.0, 1.0, 0.0])
        names = np.array(["bad", "good"], dtype=object)[y]
        hidden = names.copy()
        hidden[d < 0] = None
        found = estimate_target_score(model, X, hidden, sample_domain=d)
        fitted = TransferClassifier(model) if not hasattr(model, "mapper") else model
        fitted.fit(X, hidden, sample_domain=d)
        said = fitted.predict(X[d < 0])
        truth = np.mean(said == names[d < 0])
        assert found.accuracy.low <= truth <= found.accuracy.high
        assert abs(found.accuracy.value - truth) < 0.1
        assert list(found.recall) == ["bad", "good"]
        assert found.n_target == 400
        assert str(found) == str(found.accuracy)

    def test_what_cannot_be_told(self, rng):
        """Where witnesses contradict the model, nothing is known."""
        X, y, d = moved(rng, shift=4.0)
        found = estimate_target_score(
            TransferClassifier(mapper=DomainScaler()), X, y, sample_domain=d
        )
        assert not found.is_informative
        assert str(found).startswith("cannot be told without labels")

    def test_hidden_labels_change_nothing_and_used_ones_narrow(self, rng):
        X, y, d = moved(rng)
        found = [
            estimate_target_score(LogisticRegression(), X, own, sample_domain=d)
            for own in (y, np.where(d > 0, y, 1 - y))
        ]
        assert found[0] == found[1]
        few = np.where((d > 0) | (np.arange(800) >= 600), y, np.nan)
        used = estimate_target_score(
            LogisticRegression(), X, few, sample_domain=d, target_labels="use"
        )
        assert used.n_labels == 200
        before, after = (
            own.accuracy.high - own.accuracy.low for own in (found[0], used)
        )
        assert after < 0.7 * before

    def test_the_decision_holds_it(self, rng):
        X, y, d = moved(rng, shift=[0.5, 0.0, 2.0, 0.0])
        auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
        expected = auto.decision_.expected
        truth = np.mean(auto.predict(X[d < 0]) == y[d < 0])
        assert expected.accuracy.low <= truth <= expected.accuracy.high
        shown = auto.report_["expected_accuracy"][auto.best_index_]
        assert_allclose(shown, expected.accuracy.value)
        assert "400 target rows, no label of it" in auto.decision_.evidence
        assert "labelled target rows" in auto.decision_.next_step

    def test_tiny_and_one_sided_labels(self, rng):
        X, y, d = moved(rng, n=6)
        y[:6] = [0, 1, 1, 1, 1, 1]  # a half would lack a class
        found = estimate_target_score(LogisticRegression(), X, y, sample_domain=d)
        assert not found.is_informative

    def test_few_rows_and_labels_widen_the_interval(self, rng):
        X, y, d = moved(rng)
        widths = []
        for n_source, n_target in ((400, 400), (400, 10), (40, 400)):
            rows = np.r_[:n_source, 400 : 400 + n_target]
            found = estimate_target_score(
                LogisticRegression(), X[rows], y[rows], sample_domain=d[rows]
            )
            widths.append(found.accuracy.high - found.accuracy.low)
        assert widths[1] > widths[0]
        assert widths[2] > widths[0]

    def test_refusals(self, rng):
        X, y, d = moved(rng, n=20)
        model = LogisticRegression()
        with pytest.raises(ValueError, match="got none"):
            estimate_target_score(model, X, y, sample_domain=abs(d))
        with pytest.raises(ValueError, match="got y=None"):
            estimate_target_score(model, X, None, sample_domain=d)
        with pytest.raises(ValueError, match="target_labels must be"):
            estimate_target_score(model, X, y, sample_domain=d, target_labels="all")


def test_as_strings():
    accuracy = ScoreEstimate(0.781, 0.712, 0.85)
    scores = ExpectedScores(accuracy, accuracy, {}, 100)
    assert str(scores) == "0.78 (0.71 to 0.85)"
    unknown = ExpectedScores(ScoreEstimate(0.5, 0.1, 0.9), accuracy, {}, 100)
    assert str(unknown) == "cannot be told without labels: 0.50 (0.10 to 0.90)"


def test_a_threshold_of_the_model_counts(rng):
    y = rng.integers(0, 2, size=600)
    X = rng.normal(size=(600, 3)) + 0.5 * y[:, None]
    d = np.repeat([1, -2], 300)
    strict = FixedThresholdClassifier(LogisticRegression(), threshold=0.99)
    found = estimate_target_score(strict, X, y, sample_domain=d)
    # it says 0 of all rows
    assert found.recall[1].value < 0.1
    assert found.recall[0].value > 0.9
    assert found.accuracy.low < np.mean(y[300:] == 0) < found.accuracy.high


def test_witnesses_are_pairs(rng):
    X, d = rng.normal(size=(40, 2)), np.repeat([1, -2], 20)
    with pytest.raises(ValueError, match=r"\(name, classifier\) pairs"):
        estimate_target_score(
            GaussianNB(), X, X[:, 0] > 0, sample_domain=d, witnesses=[GaussianNB()]
        )


def test_labels_on_which_methods_never_differ_are_no_certainty(rng):
    n = 10
    same = np.ones((n, 2))
    scores = np.array([0.7, 0.8])
    fields = dict.fromkeys(Evidence._fields, scores)
    fields["judged"] = np.zeros((400, 2))
    with_labels = (n * 1.0 + 25 * scores) / (n + 25)
    blind = Evidence(**{**fields, "right": np.zeros((0, 2))})
    seen = Evidence(**{**fields, "scores": with_labels, "right": same})
    differ = 0.2
    half, narrow = (np.ptp(own.gain_interval(1, differ)) / 2 for own in (blind, seen))
    # both ways say +0.1; one label more may show the two to differ, as one in five does
    chance = 1.645 * np.sqrt(differ / 400)
    assert_allclose(half, np.hypot(0.01 + 0.4 * differ, chance))
    noise = 1.645 * np.sqrt(differ / (n + 1) / n)
    assert_allclose(narrow, (25 * half + n * noise) / (n + 25))
