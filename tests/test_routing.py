"""A search over transfer settings in a Pipeline, with metadata routing on and off."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sktransfer import (
    CrossLingualMapper,
    DictionaryTranslation,
    DistributionalCorrespondence,
    KMMInstanceWeighter,
    TransferClassifier,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold


def lowered(texts):
    """A step before the classifier that knows nothing of domains."""
    return np.array([t.lower() for t in texts], dtype=object)


@pytest.fixture(scope="module")
def reviews():
    return make_bilingual_reviews(120, source="en/books", target="de/music")


def pipeline(dictionary):
    model = TransferClassifier(
        LogisticRegression(max_iter=1000),
        mapper=CrossLingualMapper(
            dictionary, word_space=DistributionalCorrespondence(n_pivots=40)
        ),
        weighter=KMMInstanceWeighter(),
    )
    return Pipeline([("lower", FunctionTransformer(lowered)), ("transfer", model)])


GRID = [
    {
        "transfer__mapper__word_space": [
            DictionaryTranslation(),
            DistributionalCorrespondence(n_pivots=40),
        ],
        "transfer__weighter": [None],
        "transfer__estimator__C": [0.1, 1.0],
    },
    {"transfer__weighter__B": [1.0, 10.0], "transfer__estimator__C": [0.1, 1.0]},
]


@pytest.fixture(scope="module")
def searches(reviews):
    """The same search in every mode."""
    found = {}
    for routing in (False, True):
        for n_jobs in (1, 2):
            with config_context(enable_metadata_routing=routing):
                search = GridSearchCV(
                    pipeline(reviews.dictionary),
                    GRID,
                    cv=TargetKFold(2),
                    n_jobs=n_jobs,
                    error_score="raise",
                )
                d = reviews.sample_domain
                if routing:
                    extra = {"sample_domain": d}
                else:
                    extra = {"groups": d, "transfer__sample_domain": d}
                found[routing, n_jobs] = search.fit(
                    reviews.data, reviews.target, **extra
                )
    return found


@pytest.mark.slow
def test_every_mode_gives_the_same_scores(searches):
    reference = searches[False, 1]
    assert len(reference.cv_results_["params"]) == 8
    for search in searches.values():
        assert search.best_score_ == reference.best_score_
        assert_array_equal(
            search.cv_results_["mean_test_score"],
            reference.cv_results_["mean_test_score"],
        )


def test_what_is_found_serves_the_target(searches, reviews):
    target = reviews.sample_domain < 0
    for search in searches.values():
        assert search.best_score_ > 0.6
        predicted = search.predict(reviews.data[target])
        assert np.mean(predicted == reviews.target[target]) > 0.6


@pytest.mark.parametrize("routing", [False, True])
def test_target_labels_that_are_ignored_change_no_bit(reviews, routing):
    y = np.asarray(reviews.target, dtype=object)
    target = reviews.sample_domain < 0
    probabilities = []
    for filler in (None, "positive", "rubbish", 3.5):
        y_any = y.copy()
        if filler is not None:
            y_any[target] = filler
        with config_context(enable_metadata_routing=routing):
            pipe = pipeline(reviews.dictionary)
            name = "sample_domain" if routing else "transfer__sample_domain"
            pipe.fit(reviews.data, y_any, **{name: reviews.sample_domain})
            probabilities.append(pipe.predict_proba(reviews.data[target]))
    for other in probabilities[1:]:
        assert_array_equal(other, probabilities[0])
