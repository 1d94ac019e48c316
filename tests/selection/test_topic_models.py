"""Topic models: PLSA is NMF with the KL loss, fold-in, Gibbs sampling, gensim."""

import builtins
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy
from sklearn.base import clone
from sklearn.decomposition import (
    NMF,
    LatentDirichletAllocation,
    non_negative_factorization,
)
from sklearn.exceptions import ConvergenceWarning

from sktransfer.selection import PLSA, GensimLDA, GibbsLDA, TopicFeatureSelector
from sktransfer.selection._plsa import plsa_parameters
from sktransfer.selection._topic_transformer import infer_topic_shares


@pytest.fixture
def counts(rng):
    """Documents of two topics, of words 0-4 and 5-9."""
    topics = np.kron(np.eye(2), np.full((1, 5), 0.2))
    shares = rng.dirichlet([0.2, 0.2], size=80)
    return np.array([rng.multinomial(30, p) for p in shares @ topics])


def em(X, shares, topics, rounds):
    """PLSA as published: both factors from the same posterior of the topics."""
    for _ in range(rounds):
        joint = shares[:, :, None] * topics[None]
        expected = X[:, None, :] * joint / joint.sum(axis=1, keepdims=True).clip(1e-300)
        shares, topics = expected.sum(axis=2), expected.sum(axis=0)
        shares = shares / shares.sum(axis=1, keepdims=True)
        topics = topics / topics.sum(axis=1, keepdims=True)
    return shares, topics


def plsa_log_likelihood(X, shares, topics):
    X = X.toarray() if sparse.issparse(X) else X
    return float(xlogy(X, shares @ topics).sum())


def kl_loss(X, R):
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(X > 0, X * np.log(X / R), 0).sum() - X.sum() + R.sum())


def start(rng, n, k, m):
    return rng.dirichlet(np.ones(k), size=n), rng.dirichlet(np.ones(m), size=k)


def test_kl_loss_of_nmf_is_the_negative_likelihood_of_plsa(rng, counts):
    """With rows of WH as long as those of X they differ by a constant of X."""
    X = counts.astype(float)
    constant = np.where(X > 0, X * np.log(np.where(X > 0, X, 1)), 0).sum()
    length = X.sum(axis=1, keepdims=True)
    lengths = (X.sum(axis=1) * np.log(length.ravel())).sum()
    for _ in range(3):
        shares, topics = start(rng, 80, 2, 10)
        loss = kl_loss(X, length * shares @ topics)
        likelihood = plsa_log_likelihood(X, shares, topics)
        assert loss == pytest.approx(constant - lengths - likelihood)


def test_em_and_kl_nmf_from_one_start_reach_one_likelihood(rng, counts):
    X = counts.astype(float)
    shares, topics = start(rng, 80, 2, 10)
    length = X.sum(axis=1, keepdims=True)
    by_em = em(X, shares, topics, 600)
    W, H, _ = non_negative_factorization(
        X,
        W=length * shares,
        H=topics.copy(),
        n_components=2,
        init="custom",
        solver="mu",
        beta_loss="kullback-leibler",
        max_iter=600,
        tol=0,
    )
    by_nmf = plsa_parameters(W, H)
    likelihoods = [plsa_log_likelihood(X, *p) for p in (by_em, by_nmf)]
    assert likelihoods[0] == pytest.approx(likelihoods[1], rel=1e-7)
    assert_allclose(by_nmf[1], by_em[1], atol=1e-4)
    assert_allclose(by_nmf[0], by_em[0], atol=1e-4)


def test_fixed_points_agree(rng, counts):
    """A round of either algorithm leaves the end of the other where it is."""
    X = counts.astype(float)
    length = X.sum(axis=1, keepdims=True)
    shares, topics = em(X, *start(rng, 80, 2, 10), 3000)
    W, H = length * shares, topics
    ratio = X / (W @ H).clip(1e-300)
    W_next = W * (ratio @ H.T) / H.sum(axis=1)
    H_next = H * (W.T @ ratio) / W.sum(axis=0)[:, None]
    assert_allclose(W_next, W, atol=1e-5)
    assert_allclose(H_next, H, atol=1e-6)


def test_em_never_lowers_the_likelihood(rng, counts):
    shares, topics = start(rng, 80, 3, 10)
    before = -np.inf
    for _ in range(20):
        shares, topics = em(counts, shares, topics, 1)
        likelihood = plsa_log_likelihood(sparse.csr_array(counts), shares, topics)
        assert likelihood >= before
        before = likelihood


def test_plsa_is_the_factorisation_of_scikit_learn(counts):
    X = counts.astype(float)
    model = PLSA(2, random_state=0, max_iter=300, tol=1e-10).fit(X)
    nmf = NMF(
        2,
        init="random",
        solver="mu",
        beta_loss="kullback-leibler",
        random_state=0,
        max_iter=300,
        tol=1e-10,
    )
    shares, topics = plsa_parameters(nmf.fit_transform(X), nmf.components_)
    assert_allclose(model.components_, topics)
    assert_allclose(model.transform(X), shares, atol=1e-2)
    assert list(model.get_feature_names_out()) == ["plsa0", "plsa1"]


def test_plsa_parameters_of_an_unused_topic():
    W = np.array([[2.0, 1.0], [0.0, 5.0]])
    H = np.array([[1.0, 3.0], [0.0, 0.0]])
    shares, topics = plsa_parameters(W, H)
    assert_allclose(topics, [[0.25, 0.75], [0.5, 0.5]])
    assert_allclose(shares, [[1, 0], [0, 0]])


def test_fold_in_by_hand():
    topics = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    X = np.array([[2, 0, 2, 0], [3, 1, 0, 0], [0, 0, 0, 7], [0, 0, 0, 0]])
    assert_allclose(infer_topic_shares(X, topics), [[0.5, 0.5], [1, 0], [0, 0], [0, 0]])
    with_prior = infer_topic_shares(X, topics, [1.0, 3.0])
    assert_allclose(
        with_prior, [[3 / 8, 5 / 8], [5 / 8, 3 / 8], [0.25, 0.75], [0.25, 0.75]]
    )


def test_fold_in_climbs_to_the_best_shares(rng, counts):
    _, topics = start(rng, 80, 3, 10)
    best = infer_topic_shares(counts, topics, max_iter=2000, tol=1e-9)
    likelihood = plsa_log_likelihood(counts, best, topics)
    for _ in range(20):
        other = 0.95 * best + 0.05 * rng.dirichlet(np.ones(3), size=80)
        assert plsa_log_likelihood(counts, other, topics) < likelihood


def separates(model, X, expected):
    shares = clone(model).fit(X).transform(X)
    assert_allclose(shares.sum(axis=1), 1)
    sure = np.abs(expected - 0.5) > 0.2
    one = shares[:, 0] if shares[expected > 0.7, 0].mean() > 0.5 else shares[:, 1]
    assert_array_equal(one[sure] > 0.5, expected[sure] > 0.5)


MODELS = [
    PLSA(2, random_state=0),
    GensimLDA(2, chunksize=20, passes=20, random_state=0),
    GibbsLDA(2, random_state=0),
]


def available(model):
    if isinstance(model, GibbsLDA):
        pytest.importorskip("tomotopy")
    return model


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_topics_are_found(counts, model):
    model = available(model)
    separates(model, counts, counts[:, :5].sum(axis=1) / 30)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_models_are_reproducible_and_of_any_container(counts, model):
    X = sparse.csr_matrix(counts.astype(np.float32))
    fitted = available(clone(model)).fit(X)
    again = clone(model).fit(sparse.csr_array(counts.astype(np.float32)))
    assert_array_equal(again.components_, fitted.components_)
    shares = fitted.transform(X)
    assert shares.dtype == np.float32
    assert_allclose(fitted.transform(X[3:5]), shares[3:5], atol=1e-6)
    copy = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(copy.transform(X), shares)


def test_gensim_learns_chunk_by_chunk(counts):
    model = GensimLDA(2, random_state=0)
    for _ in range(20):
        for chunk in np.array_split(sparse.csr_array(counts).toarray(), 4):
            model.partial_fit(sparse.csr_array(chunk))
    expected = counts[:, :5].sum(axis=1) / 30
    shares = model.transform(counts)
    first = shares[:, np.argmax(shares[expected.argmax()])]
    assert np.corrcoef(first, expected)[0, 1] > 0.95
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(counts[:, :4])


def test_gibbs_checks_of_scikit_learn():
    pytest.importorskip("tomotopy")
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(GibbsLDA(n_iter=20))


def test_gibbs_takes_fractions_as_presence(counts):
    pytest.importorskip("tomotopy")
    binary = (counts > 0).astype(float)
    whole = GibbsLDA(2, random_state=0).fit(binary)
    part = GibbsLDA(2, random_state=0).fit(0.3 * binary)
    assert_array_equal(whole.components_, part.components_)


def test_gibbs_of_empty_documents():
    pytest.importorskip("tomotopy")
    model = GibbsLDA(2, random_state=0).fit(np.zeros((3, 4)))
    assert_allclose(model.components_, 0.25)
    assert_allclose(model.transform(np.zeros((1, 4))), 0.5)


def test_missing_tomotopy_is_named_with_the_remedy(monkeypatch, counts):
    real = builtins.__import__

    def blocked(name, *args, **kwargs):
        if name.startswith("tomotopy"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", blocked)
    for model in (GibbsLDA(2), TopicFeatureSelector(topic_model="lda-gibbs")):
        with pytest.raises(ImportError, match=r"pip install tomotopy.*plsa"):
            model.fit(counts)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("nmf", "NMF"),
        ("lda", "LatentDirichletAllocation"),
        ("lda-gensim", "GensimLDA"),
        ("lda-gibbs", "GibbsLDA"),
        ("plsa", "PLSA"),
    ],
)
def test_models_by_name(name, cls, counts):
    if name == "lda-gibbs":
        pytest.importorskip("tomotopy")
    selector = TopicFeatureSelector(topic_model=name, n_topics=7, random_state=3)
    model = selector.fit(counts).topic_model_
    assert type(model).__name__ == cls
    assert (model.n_components, model.random_state) == (7, 3)


def topic_distance(found, topics):
    """Largest total variation between true topics and the nearest ones."""
    found = found / found.sum(axis=1, keepdims=True)
    distance = np.abs(found[:, None] - topics).sum(axis=2) / 2
    return distance[linear_sum_assignment(distance)].max()


@pytest.mark.parametrize("n_topics", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_gensim_by_default_finds_the_topics_as_scikit_learn_does(n_topics, rng):
    topics = np.kron(np.eye(n_topics), rng.dirichlet(np.ones(20)))
    shares = rng.dirichlet(np.full(n_topics, 0.2), size=800)
    X = np.array([rng.multinomial(50, p) for p in shares @ topics])
    model = GensimLDA(n_topics, random_state=0).fit(X)
    other = LatentDirichletAllocation(n_topics, max_iter=20, random_state=0).fit(X)
    assert 3 < model.n_iter_ < 100
    best = topic_distance(other.components_, topics)
    assert best < 0.05
    assert topic_distance(model.components_, topics) < best + 0.02


@pytest.mark.slow
def test_gensim_stops_within_tol_of_the_last_topics(counts):
    stopped = GensimLDA(2, tol=1e-3, random_state=0).fit(counts)
    every = GensimLDA(2, tol=0, passes=400, random_state=0).fit(counts)
    assert stopped.n_iter_ < every.n_iter_ == 400
    assert_allclose(stopped.components_, every.components_, atol=5e-3)


def test_gensim_says_where_the_topics_did_not_converge(counts):
    with pytest.warns(ConvergenceWarning, match="Raise passes or tol") as caught:
        model = GensimLDA(2, passes=2, random_state=0).fit(counts)
    assert caught[0].filename == __file__
    assert model.n_iter_ == 2


def test_passes_are_those_of_gensim(counts):
    from gensim.matutils import Sparse2Corpus
    from gensim.models import LdaModel

    X = sparse.csr_matrix(counts.astype(float))
    ours = GensimLDA(2, passes=4, tol=0, chunksize=30, random_state=3).fit(X)
    seed = int(np.random.RandomState(3).randint(2**31 - 1))
    theirs = LdaModel(
        Sparse2Corpus(X, documents_columns=False),
        num_topics=2,
        id2word={j: str(j) for j in range(10)},
        chunksize=30,
        passes=4,
        offset=10,
        eval_every=None,
        dtype=np.float64,
        random_state=seed,
    )
    assert_array_equal(ours.components_, theirs.get_topics())
