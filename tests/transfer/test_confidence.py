"""How sure a teacher is of source and target rows, and the warning where that falls."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.transfer.strategies import Distillation


def fit_numbers(scale=1.0, n=200, estimator=None):
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], n)
    X = rng.normal(size=(2 * n, 2)) + y[:, None]
    X = np.vstack([X, X * scale])
    model = TransferClassifier(
        estimator or LogisticRegression(), strategy=Distillation()
    )
    d = np.repeat([1, -1], 2 * n)
    return model.fit(X, np.r_[y, np.full(2 * n, -1)], sample_domain=d), X, d


def test_it_is_the_mean_probability_of_the_predicted_class():
    model, X, d = fit_numbers(0.5)
    teacher = model.strategy_.estimator_
    for name, rows in (("source", X[d > 0]), ("target", X[d < 0])):
        expected = teacher.predict_proba(rows).max(axis=1).mean()
        assert model.strategy_.confidence_[name] == pytest.approx(expected)


def test_equal_sides_are_equally_sure():
    confidence = fit_numbers()[0].strategy_.confidence_
    assert confidence["source"] == pytest.approx(confidence["target"])


def test_nothing_is_said_of_few_rows_or_without_probabilities():
    assert fit_numbers(n=99)[0].strategy_.confidence_ == {}
    assert fit_numbers(estimator=LinearSVC())[0].strategy_.confidence_ == {}


@pytest.mark.parametrize("n_entries", [None, 12])
def test_words_that_are_linked_weakly_are_warned_of(n_entries):
    reviews = make_bilingual_reviews(1000, random_state=0)
    entries = list(reviews.dictionary)[:n_entries]
    mapper = CrossLingualMapper(entries, learn_pairs=False)
    model = TransferClassifier(mapper=mapper, strategy=Distillation())
    y, d = reviews.target, reviews.sample_domain
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(reviews.data, y, sample_domain=d)
    told = any("is lost on the way" in str(w.message) for w in caught)
    confidence = model.strategy_.confidence_
    assert told == (n_entries is not None)
    assert told == (confidence["source"] - confidence["target"] > 0.05)
