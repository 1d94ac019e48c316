"""Domain copies: the kernel of the paper, and the estimator on them."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from sktransfer import TransferClassifier


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(30, 4)) * (rng.uniform(size=(30, 4)) < 0.6)
    return X, np.repeat([3, -1, 7, -2, 3], 6)


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps the rows that it is fitted to and asked about."""

    def fit(self, X, y):
        self.classes_, self.fitted_ = np.unique(y), X
        return self

    def decision_function(self, X):
        self.asked_ = X
        return np.zeros(X.shape[0])

    def predict(self, X):
        self.asked_ = X
        return np.full(X.shape[0], self.classes_[0])


def copies(X, d, asked="its own"):
    """What the estimator is fitted to, and asked about with other domains."""
    model = TransferClassifier(Recorder(), strategy="augment", target_labels="use")
    model.fit(X, np.arange(30) % 2, sample_domain=d)
    model.predict(X, sample_domain=d if isinstance(asked, str) else asked)
    return model.estimator_.fitted_, model.estimator_.asked_


def test_inner_products_double_within_a_domain(rows):
    X, d = rows
    side = np.maximum(d, -1)  # target domains share a copy
    expected = (X @ X.T) * np.where(side[:, None] == side, 2, 1)
    for Z in copies(X, d):
        assert Z.shape == (30, 16)
        assert_allclose(Z @ Z.T, expected)


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csr_array, sp.csc_matrix])
def test_sparse_equals_dense(rows, make):
    X, d = rows
    for Z, expected in zip(copies(make(X), d), copies(X, d)):
        assert sp.issparse(Z)
        assert isinstance(Z, sp.sparray) == isinstance(make(X), sp.sparray)
        assert Z.nnz == 2 * np.count_nonzero(X)
        assert_array_equal(Z.toarray(), expected)
    assert copies(make(X.astype("f")), d)[0].dtype == np.float32


def test_rows_without_a_domain_are_target_rows(rows):
    X, d = rows
    _, without = copies(X, d, asked=None)
    assert_array_equal(without, copies(X, d, asked=np.full(30, -9))[1])
    assert_array_equal(without[:, :4], X)
    assert_array_equal(without[:, 12:], X)
    _, unknown = copies(X, d, asked=np.full(30, 5))
    assert_array_equal(unknown[:, :4], X)
    assert not unknown[:, 4:].any()


def test_the_classifier_is_the_estimator_on_copies(rng):
    X, d = rng.normal(size=(90, 3)), np.repeat([1, -2], [60, 30])
    y = np.where(X[:, 0] + (d < 0) * X[:, 1] > 0, "a", "b").astype(object)
    known = np.arange(90) < 75
    hidden = np.where(known, y, None)
    model = TransferClassifier(strategy="augment", target_labels="use")
    model.fit(X, hidden, sample_domain=d)
    Z = np.hstack([X, X * (d > 0)[:, None], X * (d < 0)[:, None]])
    plain = LogisticRegression(max_iter=1000).fit(Z[known], y[known].astype(str))
    assert_allclose(
        model.decision_function(X, sample_domain=d), plain.decision_function(Z)
    )
    target = np.hstack([X, 0 * X, X])
    assert_allclose(model.decision_function(X), plain.decision_function(target))
    assert model.n_features_in_ == 3
    with pytest.raises(ValueError, match=r"2 features.*expecting 3"):
        model.predict(X[:, :2])
