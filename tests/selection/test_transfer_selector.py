"""TransferFeatureSelector: its scores against references, its laws, its messages."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, chi2, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer.selection import TransferFeatureSelector


@parametrize_with_checks([TransferFeatureSelector(score_func="chi2", overlap=False)])
def test_scikit_learn_checks_of_transfer_selector(estimator, check):
    check(estimator)


@pytest.fixture
def data(rng):
    """Feature 0 tells the label but the target lacks it; 1 and 2 both domains have."""
    y = np.array(["no", "yes"])[rng.integers(2, size=200)]
    X = rng.poisson(0.5, size=(200, 10)).astype(float)
    X[:, :3] = (y == "yes")[:, None] ^ (rng.random((200, 3)) < [0.02, 0.1, 0.1])
    d = np.repeat([2, -3], 100)
    X[d < 0, 0] = 0
    return X, y, d


def masked(y, d):
    return np.where(d > 0, y.astype(object), None)


@pytest.mark.parametrize(
    "score", ["mutual_info", "information_gain", "chi2", f_classif]
)
def test_keeps_what_both_domains_use(data, score):
    X, y, d = data
    selector = TransferFeatureSelector(score_func=score, k=2)
    selector.fit(X, masked(y, d), sample_domain=d)
    assert_array_equal(selector.get_support(indices=True), [1, 2])
    alone = TransferFeatureSelector(score_func=score, k=1, overlap=False)
    alone.fit(X, masked(y, d), sample_domain=d)
    assert_array_equal(alone.get_support(indices=True), [0])
    assert_array_equal(alone.feature_sharing_, 1)


def test_scores_are_those_of_scikit_learn(data):
    X, y, d = data
    s = d > 0
    for score, expected in [
        ("chi2", chi2(X[s], y[s])[0]),
        (chi2, chi2(X[s], y[s])[0]),
        (f_classif, f_classif(X[s], y[s])[0]),
        (lambda X, y: X.sum(axis=0), X[s].sum(axis=0)),
        ("mutual_info", [mutual_info_score(y[s], X[s, j] > 0) for j in range(10)]),
    ]:
        selector = TransferFeatureSelector(score_func=score)
        selector.fit(X, masked(y, d), sample_domain=d)
        assert_allclose(selector.label_scores_, expected, atol=1e-12)


def test_undefined_and_infinite_scores_stay_in_the_ranking():
    X = np.array([[1.0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        selector = TransferFeatureSelector(
            score_func=lambda X, y: X[0] / (X[3] * X[2]), k=1
        )
        selector.fit(X, [1, 1, 0, 0])
    assert np.all(np.isfinite(selector.scores_))
    assert selector.scores_[0] > 0
    assert selector.scores_[2] == 0


def test_information_gain_is_mutual_information_in_bits(data):
    X, y, d = data
    nats, bits = (
        TransferFeatureSelector(score_func=score).fit(X, masked(y, d), sample_domain=d)
        for score in ("mutual_info", "information_gain")
    )
    assert_allclose(bits.scores_ * np.log(2), nats.scores_)
    assert 0.7 < bits.label_scores_[0] < 1  # of one fair coin


def test_overlap_is_the_ratio_of_document_frequencies(data):
    X, y, d = data
    source, target = ((X[m] > 0).mean(axis=0) for m in (d > 0, d < 0))
    for power in (0, 0.5, 2):
        s = TransferFeatureSelector(sharing_power=power).fit(X, y, sample_domain=d)
        ratio = np.minimum(source, target) / np.maximum(source, target)
        assert_allclose(s.feature_sharing_, ratio)
        assert_allclose(s.scores_, s.label_scores_ * ratio**power)


def test_without_domains_it_is_select_k_best(data):
    X, y, _ = data
    reference = SelectKBest(chi2, k=4).fit(X, y)
    selector = TransferFeatureSelector(score_func="chi2", k=4).fit(X, y)
    assert_array_equal(selector.get_support(), reference.get_support())
    assert_allclose(selector.scores_, reference.scores_)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_equals_dense_and_keeps_its_type(data, form):
    X, y, d = data
    dense = TransferFeatureSelector(k=3).fit(X, y, sample_domain=d)
    S = form(X.astype(np.float32))
    selector = TransferFeatureSelector(k=3).fit(S, y, sample_domain=d)
    assert_allclose(selector.scores_, dense.scores_)
    Z = selector.transform(S.tocsr())
    assert (Z.format, Z.dtype) == ("csr", np.float32)
    assert_array_equal(Z.toarray(), dense.transform(X))


def test_order_of_rows_does_not_matter(data, rng):
    X, y, d = data
    p = rng.permutation(200)
    a = TransferFeatureSelector().fit(X, y, sample_domain=d)
    b = TransferFeatureSelector().fit(X[p], y[p], sample_domain=d[p])
    assert_allclose(a.scores_, b.scores_, atol=1e-15)


def test_target_labels_are_never_read(data):
    X, y, d = data
    expected = TransferFeatureSelector().fit(X, masked(y, d), sample_domain=d)
    got = TransferFeatureSelector().fit(
        X, np.where(d > 0, y, "garbage"), sample_domain=d
    )
    assert_array_equal(got.scores_, expected.scores_)


@pytest.mark.parametrize("routing", [False, True])
def test_domains_reach_it_in_a_pipeline(data, routing):
    X, y, d = data
    pipeline = make_pipeline(TransferFeatureSelector(k=2), LogisticRegression())
    name = "sample_domain" if routing else "transferfeatureselector__sample_domain"
    with config_context(enable_metadata_routing=routing):
        pipeline.fit(X, y, **{name: d})
    assert_array_equal(pipeline[0].get_support(indices=True), [1, 2])


def test_parameters_of_transfer_selector(data):
    selector = TransferFeatureSelector(score_func=f_classif)
    assert selector.get_params()["score_func"] is f_classif
    assert clone(selector).get_params() == selector.get_params()
    fitted = TransferFeatureSelector().fit(data[0], data[1])
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).scores_, fitted.scores_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"score_func": "tf"},
            r"score_func of \w+ must be one of .* or a callable; got 'tf'",
        ),
        ({"k": 0}, "k of TransferFeatureSelector must be"),
        ({"sharing_power": np.nan}, r"sharing_power of \w+ must be .*got nan"),
        (
            {"score_func": lambda X, y: np.ones(3)},
            r"each of the 10 features; got .*\(3,\)",
        ),
        ({"score_func": lambda X, y: -np.ones(10)}, "not below 0.*got -1"),
    ],
)
def test_bad_parameters_of_transfer_selector(data, parameters, message):
    X, y, d = data
    with pytest.raises(ValueError, match=message):
        TransferFeatureSelector(**parameters).fit(X, y, sample_domain=d)


def test_bad_data_of_transfer_selector(data):
    X, y, d = data
    with pytest.raises(
        ValueError, match=r"requires y to be passed.*TopicFeatureSelector"
    ):
        TransferFeatureSelector().fit(X, None, sample_domain=d)
    with pytest.raises(ValueError, match="no label in any source row"):
        TransferFeatureSelector().fit(X, masked(y, -d), sample_domain=d)
    with pytest.raises(ValueError, match="got no target row"):
        TransferFeatureSelector().fit(X, y, sample_domain=np.abs(d))
    with pytest.warns(UserWarning, match="occurs in the target"):
        TransferFeatureSelector().fit(
            np.kron(np.eye(2), np.eye(2)), list("abab"), sample_domain=[1, 1, -1, -1]
        )
    with pytest.warns(UserWarning, match="at least two classes"):
        TransferFeatureSelector().fit(X, np.full(200, "a"), sample_domain=d)
