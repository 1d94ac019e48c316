"""Classifiers whose predictions are columns of their rows."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from sktransfer.transfer import AutoTransferClassifier


class Says(ClassifierMixin, BaseEstimator):
    """A classifier that predicts what a column of its rows holds."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return X[:, self.column].astype(int)


def rows_of(predictions, source_labels=(0, 1)):
    """Source rows, and target rows of which each column holds one prediction."""
    predictions = np.asarray(predictions)
    source = np.resize(source_labels, len(predictions))
    X = np.vstack([np.tile(source[:, None], predictions.shape[1]), predictions + 0.1])
    d = np.repeat([1, -2], len(predictions))
    return X, np.append(source, np.full(len(predictions), -1)), d


def raters(rng, accuracies, n):
    """Truth, and answers of independent raters of given accuracies."""
    truth = rng.integers(0, 2, size=n)
    wrong = rng.random((n, len(accuracies))) >= np.asarray(accuracies)
    return truth, np.where(wrong, 1 - truth[:, None], truth[:, None])


def compare(predictions, candidates=None, labels=None, source_labels=(0, 1), **options):
    """Choose among candidates, by default one for each column of predictions."""
    if candidates is None:
        names = ["source only", *"abcdefgh"]
        candidates = [(names[j], Says(j)) for j in range(predictions.shape[1])]
    X, y, d = rows_of(predictions, source_labels)
    if labels is not None:
        y = y.astype(float)
        y[d < 0] = labels
        options["target_labels"] = "use"
    auto = AutoTransferClassifier(candidates, **options)
    return auto.fit(X, y, sample_domain=d)
