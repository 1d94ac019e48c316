"""SpectralFeatureAlignment against the dense graph Laplacian."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score

from sktransfer.adaptation import SpectralFeatureAlignment
from sktransfer.datasets import make_bilingual_reviews

SHARED = np.arange(10), np.arange(10, 20)  # words of class 0 and of class 1
OWN = {
    1: (np.arange(20, 25), np.arange(25, 30)),
    -1: (np.arange(30, 35), np.arange(35, 40)),
}


@pytest.fixture
def two_domains(rng):
    """300 source and 200 target rows; each domain has words that only it uses."""
    d = rng.permutation(np.repeat([1, -1], [300, 200]))
    y = rng.integers(0, 2, 500)
    X = np.zeros((500, 40))
    for i in range(500):
        for group in (SHARED, OWN[d[i]]):
            shown = y[i] if rng.random() < 0.9 else 1 - y[i]
            X[i, rng.choice(group[shown], 3, replace=False)] = 1
    return X, y, d


@pytest.fixture(scope="module")
def reviews():
    data = make_bilingual_reviews(300, target="en/music")
    return TfidfVectorizer(min_df=2).fit_transform(data.data), data.sample_domain


def graph_vectors(M, n_vectors):
    """Leading eigenvalues of the whole graph of M, and the rows' vectors."""
    n, m = M.shape
    A = np.block([[np.zeros((n, n)), M], [M.T, np.zeros((m, m))]])
    root = np.sqrt(A.sum(axis=1))
    values, vectors = np.linalg.eigh(A / np.outer(root, root))
    best = np.argsort(-values)[:n_vectors]
    # each side of the graph has half of the squared length of an eigenvector
    return values[best], vectors[:n, best] * np.sqrt(2)


def test_columns_without_edges_and_parts_that_are_not_connected():
    # the pivots 0 to 2; column 3 occurs with 0, 4 with 1, and 2 and 5 alone
    X = np.eye(6)[[0, 0, 0, 1, 1, 1, 2, 2, 2, 5]]
    X[0, 3] = X[1, 3] = X[3, 4] = 1
    sfa = SpectralFeatureAlignment(10, n_pivots=3).fit(X)
    assert_array_equal(sfa.pivots_, [0, 1, 2])
    # two parts have the eigenvalue 1, the first is left out, and so is the null space
    assert_allclose(sfa.singular_values_, [1])
    assert_array_equal(sfa.components_[[0, 1, 2, 5]], 0)
    assert_allclose(np.linalg.norm(sfa.components_), 1)


def test_no_edges_leave_no_clusters():
    X = np.eye(4)[[0, 0, 1, 1, 2, 3]]
    sfa = SpectralFeatureAlignment(2, n_pivots=2).fit(X)
    assert sfa.components_.shape == (4, 0)
    assert_array_equal(sfa.transform(X), X)


def test_words_of_one_domain_are_described_by_what_they_mean(two_domains):
    X, y, d = two_domains
    sfa = SpectralFeatureAlignment(1, n_pivots=20, output="clusters")
    Z = sfa.fit_transform(X, sample_domain=d)
    assert_array_equal(sfa.pivots_, np.arange(20))
    model = LogisticRegression().fit(Z[d > 0], y[d > 0])
    only_target = np.zeros((2, 40))  # words that no source row holds
    only_target[0, OWN[-1][0]] = only_target[1, OWN[-1][1]] = 1
    assert_array_equal(model.predict(sfa.transform(only_target)), [0, 1])


def test_rows_are_the_formula(two_domains):
    X, _, d = two_domains
    X = X * np.linspace(1, 2, 40)
    sfa = SpectralFeatureAlignment(3, n_pivots=20, scale=0.5)
    Z = sfa.fit_transform(X, sample_domain=d)
    assert_array_equal(Z[:, :40], X)
    M = (X[:, 20:] > 0).T.astype(float) @ (X[:, :20] > 0)
    values, U = graph_vectors(M, 4)
    assert_allclose(values[0], 1)
    # the first holds the degrees, and is left out
    assert_allclose(np.abs(U[:, 0]), np.sqrt(M.sum(axis=1) / M.sum()))
    U = U[:, 1:] * np.sign(np.sum(U[:, 1:] * sfa.components_[20:], axis=0))
    assert_allclose(sfa.components_[20:], U, atol=1e-9)
    assert_array_equal(sfa.components_[:20], 0)
    assert_allclose(sfa.singular_values_, values[1:])
    phi = X[:, 20:] @ U
    phi *= 0.5 / np.linalg.norm(phi, axis=1, keepdims=True)
    assert_allclose(Z[:, 40:], phi, atol=1e-9)


def test_pivots_tell_least_about_the_domain(reviews):
    X, d = reviews
    sfa = SpectralFeatureAlignment(5, n_pivots=30, min_pivot_df=10)
    sfa.fit(X, sample_domain=d)
    count = [np.asarray((X[d * s > 0] > 0).sum(axis=0)).ravel() for s in (1, -1)]
    frequent = np.flatnonzero(np.minimum(*count) >= 10)
    held = X.toarray()[:, frequent] > 0
    told = np.array([mutual_info_score(column, d) for column in held.T])
    chosen = np.isin(frequent, sfa.pivots_)
    assert chosen.sum() == sfa.pivots_.size == min(30, frequent.size)
    assert told[chosen].max() <= told[~chosen].min(initial=np.inf) + 1e-12


def test_default_threshold_leaves_twice_the_pivots_to_choose_from(two_domains):
    X, _, d = two_domains
    sfa = SpectralFeatureAlignment(2, n_pivots=5).fit(X, sample_domain=d)
    count = np.minimum((X[d > 0] > 0).sum(axis=0), (X[d < 0] > 0).sum(axis=0))
    assert np.all(count[sfa.pivots_] >= np.sort(count)[-10])


def test_without_domains_the_most_frequent_columns_are_pivots(two_domains):
    X, _, _ = two_domains
    sfa = SpectralFeatureAlignment(2, n_pivots=5).fit(X)
    count = (X > 0).sum(axis=0)
    assert_array_equal(np.sort(count[sfa.pivots_]), np.sort(count)[-5:])


def test_columns_are_never_all_pivots(two_domains):
    X, _, d = two_domains
    sfa = SpectralFeatureAlignment().fit(X, sample_domain=d)
    assert sfa.pivots_.size == 20
    assert SpectralFeatureAlignment().fit(X[:, :1]).transform(X[:, :1]).shape[1] == 1


@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array]
)
@pytest.mark.parametrize("output", ["both", "clusters"])
def test_sparse_equals_dense(two_domains, form, output):
    X, _, d = two_domains
    sfa = SpectralFeatureAlignment(4, n_pivots=10, output=output)
    dense = sfa.fit_transform(X, sample_domain=d)
    Z = sfa.fit_transform(form(X), sample_domain=d)
    if output == "both":
        assert isinstance(Z, sparse.sparray) == issubclass(form, sparse.sparray)
        assert Z.format == "csr"
        Z = Z.toarray()
    assert_allclose(Z, dense, atol=1e-9)


def test_order_of_rows_does_not_matter(reviews, rng):
    X, d = reviews
    order = rng.permutation(X.shape[0])
    sfa = SpectralFeatureAlignment(5, n_pivots=30)
    Z = sfa.fit_transform(X, sample_domain=d)
    shuffled = sfa.fit_transform(X[order], sample_domain=d[order])
    assert_allclose(shuffled.toarray(), Z[order].toarray(), atol=1e-7)
    assert_allclose(sfa.transform(X[[3]]).toarray(), Z[[3]].toarray(), atol=1e-7)


def test_float32_stays_float32(two_domains):
    X, _, d = two_domains
    sfa = SpectralFeatureAlignment(3, n_pivots=20)
    Z = sfa.fit_transform(X, sample_domain=d)
    for X32 in (X.astype(np.float32), sparse.csr_array(X, dtype=np.float32)):
        Z32 = sfa.fit_transform(X32, sample_domain=d)
        assert Z32.dtype == np.float32
        Z32 = Z32.toarray() if sparse.issparse(Z32) else Z32
        assert_allclose(Z32, Z, atol=1e-5)


def test_names_pandas_pickling_and_cloning(two_domains):
    pd = pytest.importorskip("pandas")
    X, _, d = two_domains
    frame = pd.DataFrame(X, columns=[f"w{j}" for j in range(40)])
    sfa = SpectralFeatureAlignment(2, n_pivots=20).set_output(transform="pandas")
    Z = sfa.fit_transform(frame, sample_domain=d)
    assert list(Z.columns) == [*frame.columns, "cluster0", "cluster1"]
    again = pickle.loads(pickle.dumps(sfa)).transform(frame)
    assert_array_equal(again, Z)
    assert clone(sfa).get_params() == sfa.get_params()
    sfa.set_params(output="clusters").fit(frame, sample_domain=d)
    assert list(sfa.get_feature_names_out()) == ["cluster0", "cluster1"]


def test_few_pivots_are_warned_of_and_none_is_an_error(two_domains):
    X, _, d = two_domains
    X = X.copy()
    X[d > 0, 5:20] = 0
    with pytest.warns(UserWarning, match=r"5 pivot\(s\) found: of 40 columns"):
        SpectralFeatureAlignment(2, n_pivots=20).fit(X, sample_domain=d)
    X[d > 0, :5] = 0
    with pytest.raises(ValueError, match=r"0 pivot\(s\) found.*min_pivot_df"):
        SpectralFeatureAlignment(2, n_pivots=20).fit(X, sample_domain=d)


def test_errors_say_what_to_do(two_domains):
    X, _, d = two_domains
    with pytest.raises(ValueError, match="Negative values in data"):
        SpectralFeatureAlignment().fit(-X, sample_domain=d)
    with pytest.raises(ValueError, match="got no target row"):
        SpectralFeatureAlignment().fit(X, sample_domain=np.ones(500))
    with pytest.raises(
        ValueError, match="output of SpectralFeatureAlignment must be one of"
    ):
        SpectralFeatureAlignment(output="all").fit(X, sample_domain=d)
