"""Labels carried through topics: by hand, its laws, and where topics say nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.selection._topic_agreement import (
    class_correlation,
    class_indicators,
    class_scores_through_topics,
    label_agreement,
    topic_classes,
)


def test_indicators_are_in_sorted_order():
    assert_array_equal(
        class_indicators(np.array(["b", "a", "b"])), [[0, 1], [1, 0], [0, 1]]
    )


def test_topic_classes_by_hand():
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]])
    classes = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    # topic 0: (1 + 2/3) / 2.5 of the first class; topic 1: (0 + 2/3) / 1.5
    expected = [[(1 + 2 / 3) / 2.5, (0.5 + 1 / 3) / 2.5], [4 / 9, (0.5 + 1 / 3) / 1.5]]
    assert_allclose(topic_classes(shares, classes), expected)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_association_is_the_correlation(rng, form):
    X = rng.poisson(0.7, size=(60, 6))
    X[:, 0], X[:, 1] = 0, 2
    classes = rng.random((60, 3))
    classes[:, 2] = 0.1
    got = class_correlation(form(X), classes)
    assert_array_equal(got[:2], 0)
    assert_array_equal(got[:, 2], 0)
    for j in range(2, 6):
        for c in range(2):
            reference = np.corrcoef(X[:, j] > 0, classes[:, c])[0, 1]
            assert_allclose(got[j, c], reference)


def test_agreement_by_hand():
    source = np.array([[0.3, -0.3], [0.3, -0.3], [0.0, 0.0], [0.1, -0.1]])
    target = np.array([[0.2, -0.2], [-0.2, 0.2], [0.4, -0.4], [1.0, -1.0]])
    assert_allclose(label_agreement(source, target), [0.2, 0, 0, 1])


def test_agreement_does_not_ask_how_strong_the_source_is(rng):
    source, target = rng.normal(size=(2, 20, 4)) / 10
    assert_allclose(
        label_agreement(source, target), label_agreement(5 * source, target)
    )
    assert np.all(label_agreement(source, target) <= 1)


def domains(rng, n=400):
    """Words 0-3 tell the class in both domains, 4-7 in the target only."""
    y = rng.integers(2, size=n)
    words = np.where(y[:, None] == np.array([0, 0, 1, 1, 0, 0, 1, 1]), 0.6, 0.05)
    X = (rng.random((n, 8)) < words).astype(float)
    in_source = np.arange(n) < n // 2
    X[in_source, 4:] = 0
    shares = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    return X, y, in_source, shares


def test_topics_carry_labels_to_words_that_the_source_lacks(rng):
    X, y, s, shares = domains(rng)
    # documents of which only words of the target are left
    X[~s, :4] *= rng.random((200, 1)) < 0.3
    carried, reliability = class_scores_through_topics(
        X[s], y[s], X[~s], (shares[s], shares[~s])
    )
    assert reliability == pytest.approx(1)
    assert_array_equal(carried[:, 1] > 0, y[~s] == 1)
    assert_allclose(carried.mean(axis=0), 0, atol=1e-12)
    assert np.all(class_correlation(X[~s], carried)[4:6, 0] > 0.3)


def test_topics_without_the_label_leave_naive_bayes(rng):
    X, y, s, _ = domains(rng)
    for silent in (np.full((400, 2), 0.5), np.ones((400, 1))):
        carried, reliability = class_scores_through_topics(
            X[s], y[s], X[~s], (silent[s], silent[~s])
        )
        assert reliability == 0
        words = X[~s, :4] @ [1, 1, -1, -1]
        assert np.corrcoef(words, carried[:, 0])[0, 1] > 0.95


def test_order_of_rows_does_not_matter(rng):
    X, y, s, shares = domains(rng)
    p, q = rng.permutation(200), rng.permutation(200)
    a, r = class_scores_through_topics(X[s], y[s], X[~s], (shares[s], shares[~s]))
    b, t = class_scores_through_topics(
        X[s][p], y[s][p], X[~s][q], (shares[s][p], shares[~s][q])
    )
    assert_allclose(b, a[q])
    assert t == pytest.approx(r)


def test_three_classes_and_string_labels(rng):
    y = np.array(["x", "y", "z"])[rng.integers(3, size=300)]
    X = (rng.random((300, 3)) < np.where(class_indicators(y) > 0, 0.8, 0.1)) * 1.0
    s = np.arange(300) < 150
    shares = np.where(class_indicators(y) > 0, 0.8, 0.1)
    carried, _ = class_scores_through_topics(X[s], y[s], X[~s], (shares[s], shares[~s]))
    a = label_agreement(
        class_correlation(X[s], class_indicators(y[s])),
        class_correlation(X[~s], carried),
    )
    assert np.all(a > 0.3)
    turned = carried[:, [1, 2, 0]]
    b = label_agreement(
        class_correlation(X[s], class_indicators(y[s])),
        class_correlation(X[~s], turned),
    )
    assert_array_equal(b, 0)
