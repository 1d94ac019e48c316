"""CorrespondenceFeatures against the formulas and on two vocabularies of one topic."""

import os
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.preprocessing import normalize

from sktransfer.adaptation import CorrespondenceFeatures
from sktransfer.datasets import make_bilingual_reviews


def words(n, rng, words_of, signal=0.9):
    """Rows of 0 and 1 whose label word groups the arguments name."""
    y = np.arange(n) % 2
    X = np.zeros((n, 42))
    for i, label in enumerate(y):
        for group in words_of:
            shown = label if rng.random() < signal else 1 - label
            X[i, rng.choice(group[shown], 3, replace=False)] = 1
        X[i, rng.choice(np.arange(36, 42), 3, replace=False)] = 1
    return X, y


SHARED = (np.arange(6), np.arange(6, 12))  # pivots of class 0 and of class 1
SOURCE = (np.arange(12, 18), np.arange(18, 24))
TARGET = (np.arange(24, 30), np.arange(30, 36))


@pytest.fixture
def two_domains(rng):
    """300 source and 200 target rows; each domain has words that only it uses."""
    Xs, ys = words(300, rng, (SHARED, SOURCE))
    Xt, yt = words(200, rng, (SHARED, TARGET))
    order = rng.permutation(500)
    X, y = np.vstack([Xs, Xt])[order], np.append(ys, yt)[order]
    return X, y, np.repeat([1, -1], [300, 200])[order]


@pytest.fixture(scope="module")
def reviews():
    data = make_bilingual_reviews(300, target="en/music")
    X = TfidfVectorizer(min_df=2).fit_transform(data.data)
    return X, data.target, data.sample_domain


def formula(A, pivots, function):
    """Correspondence of each column that occurs with each pivot, pair by pair."""
    F = np.zeros((A.shape[1], len(pivots)))
    for w, k in np.ndindex(F.shape):
        x, z = A[:, w], A[:, pivots[k]]
        if function == "cosine" and x.any():
            F[w, k] = x @ z / (np.linalg.norm(x) * np.linalg.norm(z))
        elif function == "linear":
            F[w, k] = (x[z > 0] > 0).mean() - (x[z == 0] > 0).mean()
        elif function == "pmi" and (x * z).any():
            joint = ((x > 0) & (z > 0)).mean()
            F[w, k] = max(np.log(joint / ((x > 0).mean() * (z > 0).mean())), 0)
    return F


def standardized(F):
    """Z-scores of each pivot over the rows, each row of length one."""
    return normalize((F - F.mean(axis=0)) / F.std(axis=0))


def test_domains_without_labels_count_on_both_sides(two_domains, rng):
    X, y, d = two_domains
    more, _ = words(100, rng, (SHARED, SOURCE, TARGET))
    y = np.append(y.astype(object), np.full(100, None))
    wide = CorrespondenceFeatures(n_pivots=12, unify=False).fit(
        np.vstack([X, more]), y, sample_domain=np.append(d, np.full(100, 2))
    )
    # what a side is given twice is what it would count by itself
    for side, profiles in ((1, wide.source_profiles_), (-1, wide.target_profiles_)):
        A = normalize(np.vstack([X[d == side], more]))
        assert_allclose(profiles.any(axis=1), A.any(axis=0))
        F = formula(A, wide.pivots_, "cosine")
        seen = A.any(axis=0)
        assert_allclose(profiles[seen, :12], standardized(F[seen]), atol=1e-5)
    # the target is z-scored by itself
    Z = wide.set_params(output="profiles").transform(X[d < 0])
    A = normalize(X[d < 0]) @ wide.target_profiles_
    A = (A - A.mean(axis=0)) / A.std(axis=0)
    assert_allclose(Z, normalize(A), atol=1e-3)


def test_without_any_label_no_domain_is_between_the_sides(two_domains):
    X, _, d = two_domains
    d = np.where((d > 0) & (np.arange(d.size) % 2 == 0), 2, d)
    nothing = np.full(d.size, None)
    one, two = (
        CorrespondenceFeatures(n_pivots=12).fit(X, t, sample_domain=d)
        for t in (None, nothing)
    )
    assert_array_equal(one.target_profiles_, two.target_profiles_)
    only = CorrespondenceFeatures(n_pivots=12, unify=False).fit(
        X, sample_domain=np.sign(d)
    )
    assert not only.target_profiles_[SOURCE[0]].any()


def test_words_of_one_domain_are_described_by_what_they_mean(two_domains):
    X, y, d = two_domains
    only_target = np.zeros((2, 42))  # words that no labelled row holds
    only_target[0, TARGET[0]] = only_target[1, TARGET[1]] = 1
    features = CorrespondenceFeatures(12, output="profiles")
    Z = features.fit_transform(X, y, d)
    model = LogisticRegression().fit(Z[d > 0], y[d > 0])
    assert_array_equal(model.predict(features.transform(only_target)), [0, 1])
    assert set(features.pivots_) == set(range(12))


@pytest.mark.parametrize("function", ["cosine", "linear", "pmi"])
def test_rows_are_the_formula(two_domains, function):
    X, y, d = two_domains
    features = CorrespondenceFeatures(
        5, correspondence=function, unify=False, output="profiles", scale=2.0
    )
    Z = features.fit_transform(X, y, d)
    for side, profiles in (
        (d > 0, features.source_profiles_),
        (d < 0, features.target_profiles_),
    ):
        A = X[side] / np.linalg.norm(X[side], axis=1, keepdims=True)
        seen = A.any(axis=0)
        F = formula(A, features.pivots_, function)
        F[seen] = standardized(F[seen])
        assert_allclose(profiles[seen], F[seen], atol=1e-5)
        assert_array_equal(profiles[~seen], 0)
        P = A @ F
        P = (P - P.mean(axis=0)) / P.std(axis=0)
        P *= 2 / np.linalg.norm(P, axis=1, keepdims=True)
        assert_allclose(Z[side], P, atol=1e-4)


def test_pivots_are_ranked_by_gain_times_ratio(two_domains):
    X, y, d = two_domains
    features = CorrespondenceFeatures(10).fit(X, y, d)
    source, target = X[d > 0] > 0, X[d < 0] > 0
    f, g = source.mean(axis=0), target.mean(axis=0)
    told = np.array([mutual_info_score(column, y[d > 0]) for column in source.T])
    score = told * np.minimum(f, g) / np.maximum(f, g)
    expected = np.argsort(-np.where((f > 0) & (g > 0), score, -1))[:10]
    assert_array_equal(features.pivots_, expected)
    assert_allclose(features.pivot_scores_, score[expected])


def test_pivots_have_one_profile(two_domains):
    X, y, d = two_domains
    features = CorrespondenceFeatures(10).fit(X, y, d)
    assert_allclose(
        features.source_profiles_[features.pivots_],
        features.target_profiles_[features.pivots_],
    )


def test_without_labels_entropy_ranks(two_domains):
    X, _, d = two_domains
    unlabelled = CorrespondenceFeatures(5).fit(X, None, d)
    missing = CorrespondenceFeatures(5).fit(X, np.full(500, None), d)
    assert_array_equal(unlabelled.pivots_, missing.pivots_)
    p, q = ((X[side] > 0).mean(axis=0) for side in (d > 0, d < 0))
    both = (p > 0) & (q > 0)
    p, q = p[both], q[both]
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    score = entropy * np.minimum(p, q) / np.maximum(p, q)
    assert_allclose(unlabelled.pivot_scores_, np.sort(score)[::-1][:5])


def test_labels_of_the_target_are_not_read(two_domains):
    X, y, d = two_domains
    hidden = np.where(d > 0, y, np.nan)
    strings = np.array(["no", "yes"], dtype=object)[y]
    strings[d < 0] = None
    expected = CorrespondenceFeatures(8).fit_transform(X, y, d)
    for labels in (hidden, strings):
        assert_array_equal(
            CorrespondenceFeatures(8).fit_transform(X, labels, d), expected
        )


def test_ratings_are_cut_at_their_quartiles(two_domains, rng):
    X, y, d = two_domains
    rating = y + rng.uniform(0, 0.1, size=500)
    features = CorrespondenceFeatures(12).fit(X, rating, d)
    assert set(features.pivots_) == set(range(12))


def test_no_domain_means_one_set_of_profiles(two_domains):
    X, y, d = two_domains
    features = CorrespondenceFeatures(6).fit(X, y)
    assert_array_equal(features.source_profiles_, features.target_profiles_)
    assert_array_equal(features.transform(X), features.transform(X, d))


def test_equal_domains_are_mapped_alike(two_domains):
    X, y, _ = two_domains
    both, labels = np.vstack([X, X]), np.append(y, y)
    d = np.repeat([1, -1], 500)
    Z = CorrespondenceFeatures(6).fit_transform(both, labels, d)
    assert_allclose(Z[:500], Z[500:], atol=1e-5)
    assert_allclose(Z[:500], CorrespondenceFeatures(6).fit_transform(X, y), atol=1e-5)


@pytest.mark.parametrize(
    "form", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix]
)
@pytest.mark.parametrize("output", ["both", "profiles"])
def test_sparse_equals_dense(two_domains, form, output):
    X, y, d = two_domains
    dense = CorrespondenceFeatures(6, output=output).fit_transform(X, y, d)
    Z = CorrespondenceFeatures(6, output=output).fit_transform(form(X), y, d)
    if output == "both":
        assert sparse.issparse(Z)
        assert Z.format == "csr"
        assert isinstance(Z, sparse.sparray) == issubclass(form, sparse.sparray)
        Z = Z.toarray()
    assert_allclose(Z, dense, atol=1e-6)


def test_order_of_rows_does_not_matter(two_domains, rng):
    X, y, d = two_domains
    order = rng.permutation(500)
    Z = CorrespondenceFeatures(6).fit_transform(X, y, d)
    shuffled = CorrespondenceFeatures(6).fit_transform(X[order], y[order], d[order])
    assert_allclose(shuffled, Z[order], atol=1e-5)


def test_a_row_is_mapped_by_itself(reviews):
    X, y, d = reviews
    features = CorrespondenceFeatures(40).fit(X, y, d)
    together = features.transform(X[:20])
    for i in range(20):
        assert_allclose(
            features.transform(X[[i]]).toarray(), together[[i]].toarray(), atol=1e-7
        )


def test_each_domain_has_its_own_scores_and_its_side_the_profiles(two_domains, rng):
    X, y, d = two_domains
    split = d.copy()
    split[np.flatnonzero(d > 0)[:100]] = 3
    split[np.flatnonzero(d < 0)[:100]] = -4
    features = CorrespondenceFeatures(6, output="profiles").fit(X, y, split)
    whole = CorrespondenceFeatures(6, output="profiles").fit(X, y, d)
    assert_array_equal(features.source_profiles_, whole.source_profiles_)
    assert_array_equal(features.target_profiles_, whole.target_profiles_)
    # target rows without a domain, and domains that fit has not seen: the whole side
    assert_allclose(features.transform(X), whole.transform(X), atol=1e-5)
    assert_allclose(
        features.transform(X, np.full(500, 9)),
        whole.transform(X, np.ones(500)),
        atol=1e-5,
    )
    alone = features.transform(X, np.full(500, -4))
    assert np.abs(alone - features.transform(X)).max() > 0.01


def test_row_without_known_columns_has_no_profile(two_domains):
    X, y, d = two_domains
    Z = CorrespondenceFeatures(6).fit(X, y, d).transform(np.zeros((2, 42)))
    assert_array_equal(Z, 0)


def test_float32_stays_float32(two_domains):
    X, y, d = two_domains
    Z = CorrespondenceFeatures(6).fit_transform(X.astype(np.float32), y, d)
    assert Z.dtype == np.float32
    assert_allclose(Z, CorrespondenceFeatures(6).fit_transform(X, y, d), atol=1e-5)
    S = sparse.csr_array(X, dtype=np.float32)
    assert CorrespondenceFeatures(6).fit_transform(S, y, d).dtype == np.float32


def test_explicit_zeros_are_absent(two_domains):
    X, y, d = two_domains
    S = sparse.csr_array(np.ones_like(X))
    S.data = X.ravel().copy()
    Z = CorrespondenceFeatures(6).fit_transform(S, y, d)
    assert_allclose(
        Z.toarray(), CorrespondenceFeatures(6).fit_transform(X, y, d), atol=1e-6
    )


def test_scale_zero_leaves_the_input(two_domains):
    X, y, d = two_domains
    Z = CorrespondenceFeatures(6, scale=0).fit_transform(X, y, d)
    assert_array_equal(Z[:, :42], X)
    assert_array_equal(Z[:, 42:], 0)


def test_names_pandas_pickling_and_cloning(two_domains):
    pd = pytest.importorskip("pandas")
    X, y, d = two_domains
    frame = pd.DataFrame(X, columns=[f"w{j}" for j in range(42)])
    features = CorrespondenceFeatures(3, correspondence=("pmi", "cosine"))
    features.set_output(transform="pandas")
    Z = features.fit_transform(frame, y, d)
    pivot = f"w{features.pivots_[0]}"
    assert list(Z.columns[:42]) == list(frame.columns)
    assert Z.columns[42] == f"pmi({pivot})"
    assert Z.columns[45] == f"cosine({pivot})"
    again = pickle.loads(pickle.dumps(features)).transform(frame, d)
    assert_array_equal(Z, again)
    assert clone(features).get_params() == features.get_params()
    features.set_params(output="profiles").fit(frame, y, d)
    assert list(features.get_feature_names_out()) == list(Z.columns[42:])


def test_few_pivots_are_warned_of_and_none_is_an_error(two_domains):
    X, y, d = two_domains
    X = X.copy()
    X[d > 0, 5:] = 0
    with pytest.warns(UserWarning, match=r"5 pivot\(s\) found: of 42 columns"):
        CorrespondenceFeatures().fit(X, y, d)
    X[d > 0, :5] = 0
    X[d > 0, 12] = 1
    with pytest.raises(ValueError, match=r"0 pivot\(s\) found.*min_pivot_df"):
        CorrespondenceFeatures().fit(X, y, d)


def test_min_pivot_df(two_domains):
    X, y, d = two_domains
    count = np.minimum((X[d > 0] > 0).sum(axis=0), (X[d < 0] > 0).sum(axis=0))
    least = int(np.sort(count)[-12])
    features = CorrespondenceFeatures(min_pivot_df=least).fit(X, y, d)
    assert set(features.pivots_) == set(np.flatnonzero(count >= least))


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"n_pivots": 0}, r"n_pivots of \w+ must be an integer of at least 1; got 0"),
        ({"min_pivot_df": 0.5}, "an integer of at least 1, or None; got 0.5"),
        ({"scale": -1}, r"scale of \w+ must be a number of at least 0; got -1"),
        (
            {"output": "all"},
            r"output of \w+ must be one of 'both', 'profiles'; got 'all'",
        ),
        ({"correspondence": "dice"}, "correspondence must be .*'pmi'.*; got 'dice'"),
        ({"correspondence": ()}, r"none twice; got \(\)"),
        ({"correspondence": ("pmi", "pmi")}, "none twice"),
    ],
)
def test_bad_parameters_are_refused(two_domains, parameters, match):
    X, y, d = two_domains
    with pytest.raises(ValueError, match=match):
        CorrespondenceFeatures(**parameters).fit(X, y, d)


def test_errors_say_what_to_do(two_domains):
    X, y, d = two_domains
    with pytest.raises(ValueError, match="Negative values in data"):
        CorrespondenceFeatures().fit(-X, y, d)
    with pytest.raises(ValueError, match="got no target row"):
        CorrespondenceFeatures().fit(X, y, np.ones(500))
    with pytest.raises(ValueError, match="got 3 labels for 500 rows"):
        CorrespondenceFeatures().fit(X, y[:3], d)


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif("SKTRANSFER_DATA" not in os.environ, reason="no data folder")
def test_kitchen_reviews_to_books():
    from sktransfer.datasets import load_amazon_reviews

    reviews = load_amazon_reviews(["kitchen", "books"], target="books")
    d, y = reviews.sample_domain, reviews.target
    target = np.flatnonzero(d < 0)
    test = target[1::2]
    train = np.setdiff1d(np.arange(d.size), test)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    X = vectorizer.fit_transform(reviews.data[train])
    X_test = vectorizer.transform(reviews.data[test])
    y_train, d_train = y[train], d[train]
    source = d_train > 0

    def score(Z, Z_test):
        model = LogisticRegression(C=4, max_iter=1000).fit(Z[source], y_train[source])
        return model.score(Z_test, y[test])

    features = CorrespondenceFeatures()
    Z = features.fit_transform(X, np.where(source, y_train, None), d_train)
    assert score(Z, features.transform(X_test)) > score(X, X_test) + 0.02
