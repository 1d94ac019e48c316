"""Three classes whose probabilities are known, in two domains, and known weights."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from sktransfer import ConformalTransferClassifier


class Known(ClassifierMixin, BaseEstimator):
    """Three classes whose probabilities are known; the larger x1, the surer.

    With another column it knows nothing.
    """

    def __init__(self, column=0):
        self.column = column
        self.classes_ = np.array([0, 1, 2])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        L = np.outer(np.exp(X[:, self.column]), [-1.0, 0.2, 1.0])
        P = np.exp(L - L.max(axis=1, keepdims=True))
        return P / P.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Ratio(BaseEstimator):
    """The true ratio of densities of N(move, 1) and N(0, 1) in the first column."""

    def __init__(self, move=1.0, wrong=False):
        self.move, self.wrong = move, wrong

    def fit(self, X, y=None, sample_domain=None):
        self.weights_ = self.score_samples(X)
        return self

    def score_samples(self, X):
        w = np.exp(self.move * X[:, 0] - self.move**2 / 2)
        return 1 / w if self.wrong else w


class ClassRatio(BaseEstimator):
    """Ratios of the shares of classes that are known."""

    def __init__(self, ratio):
        self.ratio = ratio

    def fit(self, X, y, sample_domain=None):
        self.target_shares_ = np.array(self.ratio)
        source = np.asarray(sample_domain) > 0
        self.weights_ = np.ones(len(X))
        self.weights_[source] = self.target_shares_[y[source].astype(int)]
        return self


def sample(rng, n, move=0.0):
    X = rng.normal(size=(n, 2)) + [move, 0]
    P = Known().predict_proba(X)
    y = (P.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1)
    return X, y


def frozen(**options):
    return ConformalTransferClassifier(FrozenEstimator(Known()), **options)


def covered(sets, y):
    return sets[np.arange(len(y)), y].mean()


def two_domains(rng, n=3000, m=3000, move=1.0):
    """Rows to fit on, labels of the source alone, domains; and new target rows."""
    Xs, ys = sample(rng, n)
    Xt, _ = sample(rng, m, move)
    y = np.r_[ys.astype(float), np.full(m, np.nan)]
    return (np.vstack([Xs, Xt]), y, np.repeat([1, -1], [n, m])), sample(rng, 4000, move)
