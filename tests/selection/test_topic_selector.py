"""TopicFeatureSelector: its parts against references, its laws, its messages."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import NMF, LatentDirichletAllocation, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.pipeline import make_pipeline

from sktransfer.selection import TopicFeatureSelector

WORDS = {
    "good": ["great", "superb", "love"],
    "bad": ["awful", "poor", "boring"],
    "books": ["plot", "author", "page", "chapter"],
    "music": ["guitar", "song", "album", "band"],
}
NAMES = [word for words in WORDS.values() for word in words]
SHARED, OF_BOOKS, OF_MUSIC = NAMES[:6], NAMES[6:10], NAMES[10:]


@pytest.fixture(scope="module")
def reviews():
    """Counts, labels and domains; in books, "plot" occurs in good reviews only."""
    rng = np.random.default_rng(1)
    X = np.zeros((400, len(NAMES)), dtype=np.int64)
    domain = np.where(np.arange(400) < 250, "books", "music")
    y = np.where(rng.random(400) < 0.5, "good", "bad").astype(object)
    for i in range(400):
        words = list(rng.choice(WORDS[y[i]], 2)) + list(rng.choice(WORDS[domain[i]], 4))
        if domain[i] == "books" and y[i] == "bad":
            words = [w for w in words if w != "plot"]
        for w in words:
            X[i, NAMES.index(w)] += 1
    d = np.where(domain == "books", 1, -2)
    y[d < 0] = None
    order = rng.permutation(400)
    return sparse.csr_array(X[order]), y[order], d[order]


def make(**parameters):
    return TopicFeatureSelector(
        **{"n_topics": 4, "k": 6, "random_state": 0, **parameters}
    )


def kept(selector):
    return set(np.array(NAMES)[selector.get_support()])


def information(X, y):
    """Scores of the features for the labels, by the selector."""
    selector = make(topic_model=FirstColumns(), score_func="mutual_info")
    return selector.fit(X, y).label_scores_


def presence_information(X, y):
    """Mutual information of labels and the presence of features, by scikit-learn."""
    return [mutual_info_score(y, x > 0) for x in np.asarray(X).T]


@pytest.mark.parametrize("labels", [2, 5])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.csc_matrix])
def test_information_is_that_of_scikit_learn(rng, labels, form):
    X = rng.poisson(0.5, size=(200, 12))
    X[:, 0], X[:, 1] = 0, 3  # never and always there
    y = np.array(list("abcde"))[rng.integers(labels, size=200)]
    X[:, 2] = y == "a"
    found = information(form(X), y)
    assert_allclose(found, presence_information(X, y), atol=1e-12)


def test_information_by_hand():
    X = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]])
    found = information(X, ["x", "x", "y", "y"])
    assert_allclose(found, [np.log(2), 0, 0], atol=1e-15)
    assert_array_equal(information(X, [1, 1, 1, 1]), [0, 0, 0])


class FirstColumns(BaseEstimator):
    """A topic model with the weights of the topics in the first three columns."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[:, :3]


def test_sharing_by_hand(rng):
    X = rng.poisson(0.7, size=(60, 6))
    X[3], X[:, 5] = 0, 0  # a document without topics, a word that nobody writes
    X[:25, 4], X[25:, 4] = 0, 1  # a word of one domain
    d = np.repeat([1, -2], [25, 35])
    selector = TopicFeatureSelector(topic_model=FirstColumns(), n_topics=3)
    selector.fit(X, sample_domain=d)
    shares = np.array([x[:3] / max(x[:3].sum(), 1) for x in X])
    sides = [(X[d == k], shares[d == k]) for k in (1, -2)]
    a, b = (s.mean(axis=0) for _, s in sides)
    assert_allclose(selector.topic_sharing_, np.minimum(a, b) / np.maximum(a, b))
    for j in range(6):
        # how often the word occurs in documents of each topic
        a, b = ([np.mean((F[:, j] > 0) * t) for t in s.T] for F, s in sides)
        most = np.maximum(a, b).sum()
        expected = np.minimum(a, b).sum() / most if most else 0
        assert_allclose(selector.feature_sharing_[j], expected)
    assert_array_equal(selector.feature_sharing_[4:], 0)


@pytest.mark.parametrize("score", ["chi2", "mutual_info", "information_gain"])
@pytest.mark.parametrize("model", ["lda", "nmf", "plsa", "lda-gensim"])
def test_keeps_what_informs_and_carries_over(reviews, model, score):
    X, y, d = reviews
    # the label alone takes "plot", the word of one domain, before "love" or "poor"
    alone = make(sharing_power=0, agreement_power=0, score_func=score)
    assert "plot" in kept(alone.fit(X, y, sample_domain=d))
    selector = make(topic_model=model, score_func=score).fit(X, y, sample_domain=d)
    assert kept(selector) == set(SHARED)
    own = [NAMES.index(w) for w in OF_BOOKS + OF_MUSIC]
    assert_array_equal(selector.feature_sharing_[own], 0)
    assert selector.transform(X).shape == (400, 6)


@pytest.mark.parametrize("model", ["lda", "nmf"])
def test_topics_tell_domains_apart(reviews, model):
    X, y, d = reviews
    selector = make(topic_model=model, n_topics=2).fit(X, y, sample_domain=d)
    assert selector.topic_sharing_.shape == (2,)
    assert np.all(selector.topic_sharing_ < 0.5)


def test_equal_domains_share_everything(reviews):
    X, y, d = reviews
    X, y = X[d > 0], y[d > 0]
    none = make().fit(X, y)
    assert_array_equal(none.topic_sharing_, 1)
    seen = np.asarray((X > 0).sum(axis=0)).ravel() > 0
    assert_array_equal(none.feature_sharing_, seen)
    assert_array_equal(none.label_agreement_, 1)
    assert np.isnan(none.topic_reliability_)
    assert_array_equal(none.scores_, none.label_scores_)


@pytest.mark.parametrize(("agreeing", "sharing"), [(0, 0), (1, 0), (0, 0.5), (2, 2)])
def test_scores_are_the_product_of_their_factors(reviews, agreeing, sharing):
    X, y, d = reviews
    s = make(agreement_power=agreeing, sharing_power=sharing)
    s.fit(X, y, sample_domain=d)
    assert_allclose(
        s.scores_,
        s.label_scores_ * s.label_agreement_**agreeing * s.feature_sharing_**sharing,
    )


def test_a_word_that_turns_its_sense_is_dropped():
    """ "unpredictable" is good of a plot and bad of a steering."""
    rng = np.random.default_rng(0)
    names = ["good", "nice", "bad", "poor", "unpredictable", "plot", "steering"]
    y = rng.random(600) < 0.5
    d = np.repeat([1, -1], 300)
    turned = np.where(d > 0, y, ~y)
    draw = rng.random((600, len(names)))
    X = np.empty(draw.shape)
    X[:, :2] = draw[:, :2] < np.where(y, 0.8, 0.1)[:, None]
    X[:, 2:4] = draw[:, 2:4] < np.where(y, 0.1, 0.8)[:, None]
    X[:, 4] = draw[:, 4] < np.where(turned, 0.9, 0.05)
    X[:, 5], X[:, 6] = d > 0, d < 0
    labels = np.where(d > 0, y, np.nan).astype(float)
    selector = make(n_topics=3, k=4).fit(X, labels, sample_domain=d)
    assert selector.label_scores_.argmax() == 4
    assert selector.feature_sharing_[4] > 0.1
    assert selector.label_agreement_[4] == 0
    assert_array_equal(selector.get_support(indices=True), [0, 1, 2, 3])
    alone = make(n_topics=3, k=4, agreement_power=0).fit(X, labels, sample_domain=d)
    assert alone.get_support()[4]


def test_without_labels_the_topics_decide(reviews):
    X, _, d = reviews
    selector = make().fit(X, sample_domain=d)
    assert_array_equal(selector.label_scores_, 1)
    assert kept(selector) == set(SHARED)


def test_labels_of_the_target_are_never_read(reviews):
    X, y, d = reviews
    expected = make().fit(X, y, sample_domain=d).scores_
    for other in ("garbage", np.nan):
        masked = y.copy()
        masked[d < 0] = other
        assert_array_equal(make().fit(X, masked, sample_domain=d).scores_, expected)
    numbers = np.where(d > 0, y == "good", np.nan).astype(float)
    assert_array_equal(make().fit(X, numbers, sample_domain=d).scores_, expected)


def test_source_rows_without_label_count_for_topics_only(reviews):
    X, y, d = reviews
    y = y.copy()
    missing = np.flatnonzero(d > 0)[:100]
    y[missing] = None
    selector = make(score_func="mutual_info").fit(X, y, sample_domain=d)
    labelled = (d > 0) & ~np.isin(np.arange(400), missing)
    expected = presence_information(X[labelled].toarray(), y[labelled].astype(str))
    assert_allclose(selector.label_scores_, expected)


def test_one_class_informs_nothing(reviews):
    X, _, d = reviews
    with pytest.warns(UserWarning, match="at least two classes"):
        selector = make().fit(X, np.full(400, "good"), sample_domain=d)
    assert_array_equal(selector.scores_, 0)
    assert selector.get_support().sum() == 6


def test_domains_without_a_common_word_are_warned_of():
    X = np.kron(np.eye(2), [[1, 0], [0, 1], [1, 1]])
    with pytest.warns(UserWarning, match="occurs in the target.*CrossLingualMapper"):
        make(n_topics=2).fit(X, list("ababab"), sample_domain=[1, 1, 1, -1, -1, -1])


@pytest.mark.parametrize("model", ["lda", "nmf"])
@pytest.mark.parametrize(
    "form",
    [lambda X: X.toarray(), sparse.csr_matrix, sparse.csc_array, lambda X: X * 0.5],
)
def test_same_for_any_container(reviews, model, form):
    X, y, d = reviews
    parameters = {"topic_model": model, "score_func": "mutual_info"}
    expected = make(**parameters).fit(X, y, sample_domain=d)
    got = make(**parameters).fit(form(X), y, sample_domain=d)
    assert kept(got) == kept(expected)
    assert_array_equal(got.label_scores_, expected.label_scores_)


def test_same_seed_same_scores_and_input_is_kept(reviews):
    X, y, d = reviews
    before, labels = X.copy(), y.copy()
    a, b = (make().fit(X, y, sample_domain=d).scores_ for _ in range(2))
    assert_array_equal(a, b)
    assert (X != before).nnz == 0
    assert_array_equal(y, labels)


def test_float32_and_sparse_output_are_preserved(reviews):
    X, y, d = reviews
    X = sparse.csr_matrix(X.astype(np.float32))
    Z = make().fit(X, y, sample_domain=d).transform(X)
    assert Z.dtype == np.float32
    assert sparse.isspmatrix_csr(Z)


def test_own_topic_model_is_cloned(reviews):
    X, y, d = reviews
    model = NMF(3, random_state=0)
    selector = make(topic_model=model).fit(X, y, sample_domain=d)
    assert not hasattr(model, "components_")
    assert selector.topic_model_.components_.shape == (3, len(NAMES))
    pipeline = make_pipeline(LatentDirichletAllocation(3, random_state=0))
    assert make(topic_model=pipeline).fit(X, y, sample_domain=d).scores_.max() > 0
    selector.set_params(topic_model__n_components=2)
    assert model.n_components == 2


def test_parameters_are_those_of_scikit_learn(reviews):
    selector = make(score_func="mutual_info", topic_model=NMF(3), k=6)
    assert selector.get_params()["score_func"] == "mutual_info"
    assert "topic_model__n_components" in selector.get_params()
    assert "topic_model__n_components" not in selector.get_params(deep=False)
    assert clone(selector).get_params(deep=False)["n_topics"] == 4
    assert not hasattr(selector, "score")
    assert "k=6" in repr(selector)
    assert (
        pickle.loads(pickle.dumps(selector)).get_params()["score_func"] == "mutual_info"
    )


def test_names_and_pandas_output(reviews):
    pd = pytest.importorskip("pandas")
    X, y, d = reviews
    frame = pd.DataFrame(X.toarray(), columns=NAMES)
    selector = make().set_output(transform="pandas").fit(frame, y, sample_domain=d)
    assert set(selector.transform(frame).columns) == set(SHARED)
    assert set(selector.get_feature_names_out()) == set(SHARED)


def test_in_a_pipeline_of_texts():
    texts = ["a great plot", "an awful plot", "great guitar", "awful band"] * 5
    d, y = np.tile([1, 1, -1, -1], 5), np.tile([1.0, 0.0, np.nan, np.nan], 5)
    words = CountVectorizer().fit(texts)
    select = TopicFeatureSelector(n_topics=2, k=2, random_state=0)
    select.fit(words.transform(texts), y, sample_domain=d)
    chosen = select.get_feature_names_out(words.get_feature_names_out())
    assert list(chosen) == ["awful", "great"]
    source = d > 0
    model = LogisticRegression().fit(
        select.transform(words.transform(texts))[source], y[source]
    )
    target = select.transform(words.transform(["great guitar", "awful band"]))
    assert_array_equal(model.predict(target), [1, 0])


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [(3, 10, 3), (30, 10, 10), ("all", 7, 7), (0.3, 10, 3), (1e-9, 10, 1), (1.0, 9, 9)],
)
def test_number_of_kept_features(k, n, expected):
    selector = make(topic_model=FirstColumns(), k=k).fit(np.ones((4, n)))
    assert selector.get_support().sum() == expected
    assert selector.transform(np.ones((2, n))).shape == (2, expected)


@pytest.mark.parametrize("k", [0, -1, 0.0, 1.5, np.nan, "most", None, True])
def test_bad_k_is_refused(reviews, k):
    X, y, d = reviews
    with pytest.raises(ValueError, match="k of TopicFeatureSelector must be"):
        make(k=k).fit(X, y, sample_domain=d)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"topic_model": "plsi"},
            "topic_model of TopicFeatureSelector must be .*got 'plsi'",
        ),
        ({"topic_model": 3}, "topic_model of TopicFeatureSelector must be .*got 3"),
        ({"n_topics": 0}, r"n_topics of \w+ must be an integer of at least 1; got 0"),
        ({"score_func": "chi"}, r"score_func of \w+ must be .*got 'chi'"),
        ({"sharing_power": -1}, r"sharing_power of \w+ must be .*got -1"),
        ({"agreement_power": np.inf}, r"agreement_power of \w+ must be .*got inf"),
        ({"output": "words"}, "output of TopicFeatureSelector must be .*got 'words'"),
        ({"topic_model": TruncatedSVD(2)}, "TruncatedSVD must return topic weights"),
    ],
)
def test_bad_parameters_are_refused(reviews, parameters, message):
    X, y, d = reviews
    with pytest.raises(ValueError, match=message):
        make(**parameters).fit(X, y, sample_domain=d)


def test_bad_data_is_refused(reviews):
    X, y, d = reviews
    with pytest.raises(ValueError, match=r"[Nn]egative values"):
        make().fit(-X, y, sample_domain=d)
    with pytest.raises(ValueError, match="no label in any source row"):
        make().fit(X, np.full(400, None), sample_domain=d)
    with pytest.raises(ValueError, match="got no target row"):
        make().fit(X, y, sample_domain=np.abs(d))
    with pytest.raises(ValueError, match="inconsistent"):
        make().fit(X, y[:-1], sample_domain=d)
    with pytest.raises(ValueError, match=r"[Uu]nknown label type"):
        make().fit(X, np.linspace(0.1, 0.9, 400), sample_domain=d)
