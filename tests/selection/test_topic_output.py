"""What TopicFeatureSelector returns: features, topics or both."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.decomposition import NMF
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer.selection import TopicFeatureSelector
from sktransfer.transfer import TransferClassifier


@parametrize_with_checks(
    [
        # more topics than features have no single answer
        TopicFeatureSelector(n_topics=3, output="both"),
        TopicFeatureSelector(n_topics=3, output="topics", topic_model="lda"),
        TopicFeatureSelector(
            n_topics=3, topic_model="plsa", score_func="information_gain"
        ),
    ]
)
def test_scikit_learn_checks_of_outputs(estimator, check):
    check(estimator)


@pytest.fixture
def data(rng):
    X = rng.poisson(0.8, size=(60, 12)).astype(float)
    X[5] = 0
    return X, rng.integers(2, size=60), np.repeat([1, -1], 30)


def fitted(data, output, **parameters):
    X, y, d = data
    selector = TopicFeatureSelector(
        n_topics=3, k=4, output=output, random_state=0, **parameters
    )
    return selector.fit(X, y, sample_domain=d)


@pytest.mark.parametrize("model", ["nmf", "lda", "plsa", "lda-gensim"])
def test_both_are_features_then_topics(data, model):
    X = data[0]
    features, topics, both = (
        fitted(data, output, topic_model=model).transform(X)
        for output in ("features", "topics", "both")
    )
    assert both.shape == (60, 7)
    assert_array_equal(both[:, :4], features)
    assert_array_equal(both[:, 4:], topics)
    rows = np.arange(60) != 5
    assert_allclose(topics[rows].sum(axis=1), 1)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_stays_sparse_and_float32_stays(data, form):
    X = form(data[0].astype(np.float32))
    dense = fitted(data, "both").transform(data[0].astype(np.float32))
    both = fitted(data, "both").transform(X)
    assert both.format == "csr"
    assert sparse.isspmatrix(both) == sparse.isspmatrix(X)
    assert both.dtype == dense.dtype == np.float32
    assert_allclose(both.toarray(), dense, atol=1e-5)
    topics = fitted(data, "topics").transform(X)
    assert isinstance(topics, np.ndarray)
    assert topics.dtype == np.float32


def test_names_of_columns(data):
    names = np.array([f"word{j}" for j in range(12)], dtype=object)
    selector = fitted(data, "both")
    kept = list(names[selector.get_support()])
    topics = ["topic0", "topic1", "topic2"]
    assert list(selector.get_feature_names_out(names)) == kept + topics
    assert list(fitted(data, "topics").get_feature_names_out()) == topics
    assert list(fitted(data, "features").get_feature_names_out(names)) == kept


def test_pandas_columns(data):
    pd = pytest.importorskip("pandas")
    X, y, d = data
    frame = pd.DataFrame(X, columns=[f"word{j}" for j in range(12)])
    selector = TopicFeatureSelector(n_topics=2, k=3, output="both", random_state=0)
    selector.set_output(transform="pandas").fit(frame, y, sample_domain=d)
    Z = selector.transform(frame)
    assert list(Z.columns) == list(selector.get_feature_names_out())
    assert list(Z.columns[-2:]) == ["topic0", "topic1"]


def test_inverse_puts_features_back(data):
    X = data[0]
    for form in (np.asarray, sparse.csr_array):
        selector = fitted(data, "both")
        back = selector.inverse_transform(selector.transform(form(X)))
        back = back.toarray() if sparse.issparse(back) else back
        assert_array_equal(back, X * selector.get_support())
    with pytest.raises(ValueError, match='got output="topics"'):
        fitted(data, "topics").inverse_transform(np.ones((2, 3)))


def test_topics_of_a_corpus_elsewhere_are_taken_frozen(data, rng):
    from sklearn.frozen import FrozenEstimator

    X, y, d = data
    model = NMF(2, random_state=0, max_iter=500).fit(rng.poisson(1.0, size=(90, 12)))
    selector = TopicFeatureSelector(topic_model=FrozenEstimator(model), output="topics")
    Z = selector.fit(X, y, sample_domain=d).transform(X)
    weights = model.transform(X)
    total = weights.sum(axis=1, keepdims=True)
    assert_allclose(Z, np.divide(weights, total, where=total > 0, out=weights * 0))
    assert selector.topic_sharing_.shape == (2,)


@pytest.mark.parametrize("routing", [False, True])
def test_as_the_mapper_of_a_transfer_classifier(data, routing):
    X, y, d = data
    labels = np.where(d > 0, y, np.nan).astype(float)
    mapper = TopicFeatureSelector(n_topics=3, k=4, output="both", random_state=0)
    with config_context(enable_metadata_routing=routing):
        model = TransferClassifier(LogisticRegression(), mapper=mapper)
        model.fit(sparse.csr_array(X), labels, sample_domain=d)
    assert model.mapper_.label_agreement_.min() == 0  # it was told the domains
    assert model.estimator_.coef_.shape == (1, 7)
    assert set(model.predict(sparse.csr_array(X))) <= {0.0, 1.0}
