import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sktransfer._core.agreement import dawid_skene, expected_accuracy, majority


def generate(rng, n=4000, accuracies=(0.9, 0.8, 0.7, 0.6), shares=(0.5, 0.3, 0.2)):
    K = len(shares)
    truth = rng.choice(K, size=n, p=shares)
    ratings = np.empty((n, len(accuracies)), dtype=int)
    for j, accuracy in enumerate(accuracies):
        wrong = (truth + rng.integers(1, K, size=n)) % K
        ratings[:, j] = np.where(rng.random(n) < accuracy, truth, wrong)
    return truth, ratings


def slowly(ratings, K, smoothing, n_iter):
    """The same steps, one rating at a time."""
    n, m = ratings.shape
    posterior = np.zeros((n, K))
    for i in range(n):
        for j in range(m):
            posterior[i, ratings[i, j]] += 1 / m
    for _ in range(n_iter):
        shares = np.zeros(K)
        for k in range(K):
            shares[k] = (sum(posterior[i, k] for i in range(n)) + 1 / K) / (n + 1)
        theta = np.zeros((m, K, K))
        for j in range(m):
            for i in range(n):
                theta[j, :, ratings[i, j]] += posterior[i]
            right = sum(theta[j, k, k] for k in range(K))
            mean = (right + 1) / (n + 1 + 1 / K)
            for k in range(K):
                for r in range(K):
                    prior = mean if k == r else (1 - mean) / (K - 1)
                    theta[j, k, r] += smoothing * prior
                theta[j, k] /= sum(theta[j, k])
        for i in range(n):
            for k in range(K):
                p = shares[k]
                for j in range(m):
                    p *= theta[j, k, ratings[i, j]]
                posterior[i, k] = p
            posterior[i] /= sum(posterior[i])
    return posterior, theta, shares


def test_parameters_that_generated_the_ratings_come_back(rng):
    truth, ratings = generate(rng)
    found = dawid_skene(ratings)
    assert_allclose(found.class_shares, [0.5, 0.3, 0.2], atol=0.03)
    accuracy = (ratings == truth[:, None]).mean(axis=0)
    assert_allclose(found.expected_accuracy, accuracy, atol=0.03)
    for j, a in enumerate((0.9, 0.8, 0.7, 0.6)):
        expected = np.full((3, 3), (1 - a) / 2) + np.eye(3) * (a - (1 - a) / 2)
        assert_allclose(found.confusion[j], expected, atol=0.06)
    said = found.posterior.argmax(axis=1)
    voted = majority(ratings, 3, np.ones(4)).argmax(axis=1)
    assert np.mean(said == truth) > np.mean(voted == truth)


def test_steps_by_hand(rng):
    _, ratings = generate(rng, n=40)
    found = dawid_skene(ratings, smoothing=0.7, max_iter=3, tol=0)
    posterior, theta, shares = slowly(ratings, 3, 0.7, 3)
    assert found.n_iter == 3
    assert_allclose(found.posterior, posterior, rtol=1e-9, atol=1e-12)
    assert_allclose(found.confusion, theta, rtol=1e-9)
    assert_allclose(found.class_shares, shares, rtol=1e-9)


def test_order_of_items_raters_and_classes_does_not_matter(rng):
    _, ratings = generate(rng, n=200)
    found = dawid_skene(ratings)
    items, raters, classes = rng.permutation(200), [2, 0, 3, 1], np.array([1, 2, 0])
    other = dawid_skene(classes[ratings[items][:, raters]])
    assert_allclose(other.posterior[:, classes], found.posterior[items], atol=1e-4)
    assert_allclose(other.expected_accuracy, found.expected_accuracy[raters], atol=1e-4)


def test_raters_that_always_agree_are_believed():
    ratings = np.tile(np.arange(12)[:, None] % 2, (1, 3))
    found = dawid_skene(ratings)
    assert_array_equal(found.posterior.argmax(axis=1), ratings[:, 0])
    assert_allclose(found.expected_accuracy, 1, atol=0.01)


def test_silence_tells_nothing(rng):
    _, ratings = generate(rng, n=100)
    more = np.column_stack([ratings, np.full(100, -1)])
    assert_allclose(dawid_skene(more).posterior, dawid_skene(ratings).posterior)
    assert np.isnan(dawid_skene(more).expected_accuracy[-1])
    assert_allclose(majority(np.full((2, 3), -1), 4, np.ones(3)), np.full((2, 4), 0.25))


def test_copies_that_share_one_weight_are_one_rater(rng):
    _, ratings = generate(rng, n=300)
    copies = ratings[:, [0, 1, 2, 3, 3, 3]]
    weights = [1, 1, 1, 1 / 3, 1 / 3, 1 / 3]
    shared = dawid_skene(copies, rater_weights=weights)
    assert_allclose(shared.posterior, dawid_skene(ratings).posterior, atol=1e-4)


def test_expected_accuracy_by_hand():
    posterior = np.array([[0.9, 0.1], [0.4, 0.6]])
    found = expected_accuracy([[0, 1, -1], [1, 1, 0]], posterior)
    assert_allclose(found, [0.75, 0.35, 0.4])


def test_one_class_and_one_rater():
    assert_allclose(dawid_skene(np.zeros((5, 2), int)).posterior, 1)
    found = dawid_skene([[0], [1], [1]])
    assert_array_equal(found.posterior.argmax(axis=1), [0, 1, 1])


@pytest.mark.parametrize(
    "ratings", [[0, 1], [[0.5]], [[-2, 0]], [[-1, -1]], np.zeros((0, 2), int)]
)
def test_what_are_no_ratings(ratings):
    with pytest.raises(ValueError, match="ratings must be"):
        dawid_skene(ratings)
    with pytest.raises(ValueError, match="from 0 to 1"):
        dawid_skene([[0, 2]], n_classes=2)
