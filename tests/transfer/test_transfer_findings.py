"""Inputs that once went wrong in transfer estimators."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from sktransfer import AutoTransferClassifier, TransferClassifier, TransferRegressor
from sktransfer.adaptation import DomainScaler
from sktransfer.metrics import circular_validation_scorer, prediction_entropy_scorer


@pytest.fixture
def rows(rng):
    y = rng.integers(0, 2, size=240)
    X = rng.normal(size=(240, 3))
    X[:, 0] += 3 * y
    d = np.repeat([1, 2, -3], 80)
    X[d < 0] += [2, 0, 0]
    return X, y.astype(float), d


def few(y, d, n=12):
    """Labels of the source and of the first target rows."""
    known = y.copy()
    known[np.flatnonzero(d < 0)[n:]] = np.nan
    return known


def test_a_step_that_writes_into_its_input_spoils_no_other_candidate(rows):
    X, y, d = rows
    own = make_pipeline(StandardScaler(), MinMaxScaler(copy=False))
    other = TransferClassifier(mapper=make_pipeline(StandardScaler(), DomainScaler()))
    auto = AutoTransferClassifier(
        [("writes", TransferClassifier(mapper=own)), ("other", other)],
        guard=False,
        keep_candidates=True,
    ).fit(X, y, sample_domain=d)
    alone = AutoTransferClassifier(
        [("other", other)], guard=False, keep_candidates=True
    )
    alone.fit(X, y, sample_domain=d)
    assert_array_equal(
        auto.estimators_["other"].predict_proba(X),
        alone.estimators_["other"].predict_proba(X),
    )


@pytest.mark.parametrize("strategy", ["pool", "fine_tune", "augment", "self_train"])
def test_shares_of_sources_where_one_has_no_label(rows, strategy):
    X, y, d = rows
    X[d < 0] -= [2, 0, 0]  # no shift: any model of the labelled source is right
    known = few(y, d)
    known[d == 2] = np.nan
    model = TransferClassifier(
        strategy=strategy, source_shares="target", target_labels="use"
    ).fit(X, known, sample_domain=d)
    assert model.source_shares_.shape == (2,)
    assert_allclose(model.source_shares_.sum(), 1)
    assert np.mean(model.predict(X[d < 0]) == y[d < 0]) > 0.8


@pytest.mark.parametrize("model", [LogisticRegression(), SGDClassifier()])
def test_fine_tuning_on_rows_of_no_weight_is_refused(rows, model):
    X, y, d = rows
    tuned = TransferClassifier(model, strategy="fine_tune", target_labels="use")
    weight = np.where(d < 0, 0.0, 1.0)
    with pytest.raises(ValueError, match="all 12 have weight 0"):
        tuned.fit(X, few(y, d), sample_domain=d, sample_weight=weight)


def test_a_candidate_that_cannot_be_scored_is_left_out(rows):
    X, y, d = rows
    auto = AutoTransferClassifier(
        [("svc", TransferClassifier(LinearSVC()))],
        scoring=prediction_entropy_scorer(),
        guard=False,
    )
    with pytest.warns(UserWarning, match="'svc' failed and is left out"):
        auto.fit(X, y, sample_domain=d)
    assert auto.decision_.candidate == "source only"
    assert auto.report_["status"][1].startswith("ValueError")


def test_a_score_that_is_no_number_is_no_reason_to_adapt(rows):
    X, y, d = rows

    def scoring(model, X, y, sample_domain):
        return np.nan if model.mapper is None else 1.0

    scaled = TransferClassifier(mapper=DomainScaler())
    auto = AutoTransferClassifier([("scaled", scaled)], scoring=scoring, guard=0.3)
    assert not auto.fit(X, y, sample_domain=d).decision_.adapt


def test_classes_that_only_the_target_has_are_known_in_the_end(rows):
    X, y, d = rows
    known = few(y, d)
    known[np.flatnonzero(d < 0)[:4]] = 2
    auto = AutoTransferClassifier(
        [("scaled", TransferClassifier(mapper=DomainScaler()))], target_labels="use"
    ).fit(X, known, sample_domain=d)
    assert_array_equal(auto.classes_, [0, 1, 2])
    assert auto.predict_proba(X).shape == (240, 3)


def test_frames_of_words_and_numbers_have_a_distance(rows):
    X, y, d = rows
    frame = pd.DataFrame({"price": X[:, 0], "shop": np.where(X[:, 1] > 0, "u", "v")})
    columns = make_column_transformer(
        (StandardScaler(), ["price"]), (OneHotEncoder(), ["shop"])
    )
    alone = TransferClassifier(make_pipeline(columns, LogisticRegression()))
    auto = AutoTransferClassifier([("source only", alone)])
    assert auto.fit(frame, y, sample_domain=d).domain_distance_ > 0.2


def test_lists_of_rows_are_rows(rows):
    X, y, d = rows
    d = np.where(np.arange(len(d)) % 2, 1, -1)
    found = [
        AutoTransferClassifier().fit(rows_, y, sample_domain=d).domain_distance_
        for rows_ in (X, X.tolist())
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("strategy", ["pool", "fine_tune", "distill", "self_train"])
def test_coordinates_are_as_good_as_compressed_rows(rows, strategy):
    X, y, d = rows
    known = few(y, d)
    for cls in (TransferClassifier, TransferRegressor):
        if cls is TransferRegressor and strategy == "self_train":
            continue
        model = cls(strategy=strategy, target_labels="use")
        csr = model.fit(sparse.csr_array(X), known, sample_domain=d)
        expected = csr.predict(sparse.csr_array(X))
        coo = model.fit(sparse.coo_array(X), known, sample_domain=d)
        assert_allclose(coo.predict(sparse.coo_array(X)), expected)


def test_circular_validation_of_a_fine_tuned_model(rows):
    X, y, d = rows
    model = TransferClassifier(strategy="fine_tune", target_labels="use")
    model.fit(X, few(y, d), sample_domain=d)
    score = circular_validation_scorer()(model, X, few(y, d), sample_domain=d)
    assert 0.5 < score <= 1
