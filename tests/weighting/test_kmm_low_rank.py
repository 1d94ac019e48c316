"""Kernel mean matching on landmarks, of several domains, and weights of new rows."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from matching_reference import by_quadprog, objective
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer.weighting import KMMInstanceWeighter

KERNELS = ("rbf", "laplacian", "linear", "cosine", "poly")
DIAGNOSES = ("The .* weighted source rows", "Source and target hardly")


@parametrize_with_checks(
    [
        KMMInstanceWeighter(n_components=8),
        KMMInstanceWeighter(n_components=8, kernel="linear"),
        KMMInstanceWeighter(source_domains="each", target_domains="each"),
    ]
)
def test_sklearn_compatible(estimator, check):
    check(estimator)


def shifted(rng, n_source=90, n_target=70, n_features=3, shift=0.4):
    """Gaussian source and shifted target rows, and the true density ratio."""
    X = rng.normal(size=(n_source + n_target, n_features))
    X[n_source:] += shift
    d = np.repeat([1, -1], [n_source, n_target])
    return X, d, density_ratio(X[:n_source], shift)


def density_ratio(X, shift):
    return np.exp(shift * X.sum(axis=1) - X.shape[1] * shift**2 / 2)


def quietly(weighter, X, d):
    """Fit; all warnings but diagnoses of the data are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for diagnosis in DIAGNOSES:
            warnings.filterwarnings("ignore", diagnosis, UserWarning)
        return weighter.fit(X, sample_domain=d)


# --------------------------------------------------------------------- the factor


@pytest.mark.parametrize("kernel", KERNELS)
def test_all_rows_as_landmarks_give_the_exact_problem(kernel, rng):
    X, d, _ = shifted(rng)
    exact = KMMInstanceWeighter(kernel=kernel, tol=1e-7)
    factor = clone(exact).set_params(n_components=160)
    quietly(exact, X, d)
    quietly(factor, X, d)
    assert factor.residual_ == pytest.approx(0, abs=1e-9)
    assert exact.residual_ == 0
    assert factor.objective_ == pytest.approx(exact.objective_, rel=1e-6)
    assert_allclose(factor.weights_, exact.weights_, atol=2e-2)


@pytest.mark.parametrize("B", [1.5, 100.0])
@pytest.mark.parametrize("eps", [0.0, 0.2, None])
def test_objective_and_gap_are_those_of_the_factor(B, eps, rng):
    X, d, _ = shifted(rng, 60, 50)
    n = 60
    w = KMMInstanceWeighter(n_components=10, gamma=0.5, B=B, eps=eps, tol=1e-9)
    w.fit(X, sample_domain=d)
    to_landmarks = rbf_kernel(X, w.landmarks_, gamma=0.5)
    middle = np.linalg.inv(rbf_kernel(w.landmarks_, gamma=0.5))
    K = to_landmarks @ middle @ to_landmarks.T
    source, target = slice(0, n), slice(n, None)
    kappa = n * K[source, target].mean(axis=1)
    residual = 1 - np.diag(K)[source]
    assert w.residual_ == pytest.approx(residual.mean())
    K = K[source, source] + np.diag(residual)
    eps = 1 - n**-0.5 if eps is None else eps
    minimum = objective(by_quadprog(K, kappa, B, eps), K, kappa)
    beta = w.mass_ * w.weights_[source]
    assert w.objective_ == pytest.approx(objective(beta, K, kappa))
    assert w.objective_ == pytest.approx(minimum, rel=1e-8)
    excess = (w.objective_ - minimum) / max(abs(w.objective_), n / 2)
    assert -1e-9 <= excess <= w.dual_gap_ + 1e-9 <= 3e-9


@pytest.mark.parametrize("loose", [1e-1, 1e-2, 1e-3])
def test_the_certificate_holds_before_the_end(loose, rng):
    X, d, _ = shifted(rng, 300, 300, shift=0.8)
    w = KMMInstanceWeighter(n_components=20, tol=loose)
    best = clone(w).set_params(tol=1e-8)
    quietly(w, X, d)
    quietly(best, X, d)
    excess = (w.objective_ - best.objective_) / abs(w.objective_)
    assert excess <= w.dual_gap_ <= loose


@pytest.mark.filterwarnings("ignore:The .* weighted source rows:UserWarning")
@pytest.mark.parametrize(("d_features", "shift"), [(2, 0.7), (10, 0.4), (50, 0.15)])
def test_follows_the_density_ratio_as_the_exact_weights_do(d_features, shift, rng):
    X, d, ratio = shifted(rng, 800, 800, d_features, shift)
    exact = KMMInstanceWeighter().fit(X, sample_domain=d)
    factor = KMMInstanceWeighter(n_components=256).fit(X, sample_domain=d)
    rank = [spearmanr(w.weights_[:800], ratio)[0] for w in (exact, factor)]
    assert rank[1] > rank[0] - 0.02
    assert rank[1] > 0.6


@pytest.mark.parametrize("B", [1.0, 1.5, 100.0])
@pytest.mark.parametrize("eps", [None, 0.0])
def test_mean_one_and_the_bound_hold_together(B, eps, rng):
    X, d, _ = shifted(rng, shift=1.0)
    w = quietly(KMMInstanceWeighter(n_components=12, B=B, eps=eps), X, d)
    source = w.weights_[d > 0]
    assert source.mean() == pytest.approx(1, rel=1e-12)
    assert source.min() >= 0
    assert source.max() <= B
    assert_array_equal(w.weights_[d < 0], 1)


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_matrix, sp.csr_array])
@pytest.mark.parametrize("kernel", KERNELS)
def test_sparse_equals_dense(kernel, container, rng):
    X, d, _ = shifted(rng, n_features=6)
    X[X < 0.3] = 0
    dense = KMMInstanceWeighter(kernel=kernel, tol=1e-8, n_components=30)
    sparse = quietly(clone(dense), container(X), d)
    quietly(dense, X, d)
    assert sp.issparse(sparse.landmarks_)
    assert_array_equal(sparse.landmarks_.toarray(), dense.landmarks_)
    assert sparse.objective_ == pytest.approx(dense.objective_, rel=1e-7)
    assert_allclose(sparse.weights_, dense.weights_, atol=1e-2)
    scores = sparse.score_samples(container(X)), dense.score_samples(X)
    assert_allclose(*scores, atol=2e-2)


@pytest.mark.parametrize("kernel", KERNELS)
def test_float32_agrees_with_float64(kernel, rng):
    X, d, _ = shifted(rng, n_features=8)
    X = np.maximum(X, 0)
    w64 = KMMInstanceWeighter(kernel=kernel, tol=1e-3, n_components=40)
    w32 = quietly(clone(w64), X.astype(np.float32), d)
    quietly(w64, X, d)
    assert w32.weights_.dtype == w32.landmarks_.dtype == np.float32
    assert w32.dual_gap_ <= 1e-3
    assert w32.objective_ == pytest.approx(w64.objective_, rel=1e-4)
    # the cut-off of null directions differs, and with it the last landmark or two
    assert spearmanr(w32.weights_[d > 0], w64.weights_[d > 0])[0] > 0.95


def peak_of(weighter, X, d):
    tracemalloc.start()
    try:
        quietly(weighter, X, d)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_rows_by_components(rng):
    n, m = 8000, 64
    X = rng.normal(size=(2 * n, 4)).astype(np.float32)
    peak = peak_of(KMMInstanceWeighter(n_components=m), X, np.repeat([1, -1], n))
    # the factor, a block of 2^20 kernel values and its square norms, vectors
    assert peak < 4 * n * m + 4 * 2**20 * 4 + 25 * 8 * n


def test_sparse_rows_are_never_dense(rng):
    n, columns = 2000, 20_000
    cells = rng.integers(0, 2 * n, 80_000), rng.integers(0, columns, 80_000)
    X = sp.csr_array((rng.random(80_000), cells), shape=(2 * n, columns))
    d = np.repeat([1, -1], n)
    w = KMMInstanceWeighter(n_components=32, kernel="cosine")
    assert peak_of(w, X, d) < 0.1 * 8 * n * columns


def test_row_order_does_not_matter(rng):
    X, d, _ = shifted(rng, n_features=6, shift=0.2)
    order = rng.permutation(len(X))
    one = quietly(KMMInstanceWeighter(tol=1e-8, n_components=20), X, d)
    two = quietly(clone(one), X[order], d[order])
    assert_allclose(two.weights_, one.weights_[order], atol=1e-3)
    assert_allclose(two.score_samples(X), one.score_samples(X), atol=1e-3)


def test_landmarks_are_the_same_each_time(rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(n_components=10)
    first = w.fit(X, sample_domain=d).landmarks_
    assert_array_equal(clone(w).fit(X, sample_domain=d).landmarks_, first)


def test_without_domains_all_weights_are_one(rng):
    X = rng.normal(size=(15, 3)).astype(np.float32)
    w = KMMInstanceWeighter(n_components=4).fit(X)
    assert_array_equal(w.weights_, np.ones(15, dtype=np.float32))
    assert (w.dual_gap_, w.n_iter_, w.mass_, w.residual_) == (0.0, 0, 1.0, 0.0)
    assert_array_equal(w.score_samples(X[:4]), np.ones(4))


def test_a_second_fit_keeps_nothing_of_the_first(rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(n_components=8, target_domains="each")
    w.fit(X, sample_domain=d).set_params(n_components=None).fit(X)
    for name in ("landmarks_", "objective_", "target_weights_"):
        assert not hasattr(w, name)
    assert_array_equal(w.score_samples(X), 1)


# ------------------------------------------------------------------- hostile input


def hostile(rng):
    X, d, _ = shifted(rng, 30, 20)
    outlier = X.copy()
    outlier[3, 1] = 1e30
    return {
        "one row a side": (X[[0, -1]], [1, -1]),
        "one source row": (X[29:], d[29:]),
        "one target row": (X[:31], d[:31]),
        "constant column": (np.c_[X, np.full(50, 7.0)], d),
        "all rows equal": (np.ones_like(X), d),
        "duplicates": (np.repeat(X[:5], 10, axis=0), d),
        "all 1e30": (1e30 * X, d),
        "one 1e30": (outlier, d),
        "1e100": (1e100 * X, d),
        "1e-100": (1e-100 * X, d),
        "float32 1e30": ((1e30 * X).astype(np.float32), d),
        "far from the origin": (X + 1e6, d),
        "zero rows": (np.zeros_like(X), d),
        "some zero rows": (X * (np.arange(50) % 3 > 0)[:, None], d),
        "sparse zero rows": (sp.csr_array(X.shape), d),
        "int": ((10 * X).astype(int), d),
        "bool": (X > 0, d),
        "float16": (X.astype(np.float16), d),
    }


CASES = list(hostile(np.random.default_rng(0)))


@pytest.mark.parametrize("n_components", [None, 1, 8, 1000])
@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "cosine"])
@pytest.mark.parametrize("case", CASES)
def test_hostile_input_gives_weights(case, kernel, n_components, rng):
    X, d = hostile(rng)[case]
    w = KMMInstanceWeighter(kernel=kernel, n_components=n_components)
    w = quietly(w, X, np.asarray(d))
    source = w.weights_[np.asarray(d) > 0]
    assert np.isfinite(source).all()
    assert source.min() >= 0
    assert source.mean() == pytest.approx(1, rel=1e-5)
    assert w.dual_gap_ <= 1e-3
    assert 0 <= w.residual_ <= 1
    scores = w.score_samples(X)
    assert np.isfinite(scores).all()
    assert scores.min() >= 0
    assert scores.max() <= 10


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_an_error(bad, rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(n_components=8).fit(X, sample_domain=d)
    X[3, 1] = bad
    with pytest.raises(ValueError, match="contains"):
        KMMInstanceWeighter(n_components=8).fit(X, sample_domain=d)
    with pytest.raises(ValueError, match="contains"):
        w.score_samples(X)


def test_values_that_overflow_are_an_error(rng):
    X, d, _ = shifted(rng)
    with pytest.raises(ValueError, match="Scale the features"):
        KMMInstanceWeighter(n_components=8).fit(1e200 * X, sample_domain=d)
    for kernel in ("linear", "poly"):
        w = KMMInstanceWeighter(kernel=kernel, n_components=8)
        with pytest.raises(ValueError, match="kernel overflowed"):
            w.fit(1e200 * X, sample_domain=d)


def test_a_kernel_that_is_not_positive_is_an_error(rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(kernel=lambda a, b: -np.abs(a @ b.T), n_components=8)
    with pytest.raises(ValueError, match="not positive semi-definite"):
        w.fit(X, sample_domain=d)


@pytest.mark.parametrize("sign", [1, -1])
def test_one_side_alone_is_an_error(sign, rng):
    w = KMMInstanceWeighter(n_components=2)
    with pytest.raises(ValueError, match="needs rows of both sides"):
        w.fit(rng.normal(size=(5, 2)), sample_domain=[sign] * 5)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_components": 0},
        {"n_components": 2.5},
        {"source_domains": "balance"},
        {"target_domains": "both"},
    ],
)
def test_parameters_are_checked(bad, rng):
    with pytest.raises(ValueError, match=next(iter(bad))):
        KMMInstanceWeighter(**bad).fit(rng.normal(size=(5, 2)))


def test_landmarks_that_see_nothing_are_warned_of(rng):
    X, d, _ = shifted(rng, n_features=5)
    w = KMMInstanceWeighter(n_components=4, gamma=50.0)
    with pytest.warns(UserWarning, match="raise n_components"):
        w.fit(X, sample_domain=d)
    assert w.residual_ > 0.9


def test_input_is_not_written_to(rng):
    X, d, _ = shifted(rng)
    X.flags.writeable = d.flags.writeable = False
    w = KMMInstanceWeighter(n_components=8).fit(X, sample_domain=d)
    w.score_samples(X)
    S = sp.csr_array(np.maximum(X, 0))
    before = S.copy()
    KMMInstanceWeighter(n_components=8).fit(S, sample_domain=d).score_samples(S)
    assert (S != before).nnz == 0


# ------------------------------------------------------------- weights of new rows


@pytest.mark.parametrize("n_components", [None, 128])
@pytest.mark.parametrize(("d_features", "shift"), [(2, 0.7), (10, 0.3), (50, 0.15)])
def test_new_rows_are_weighted_as_well_as_the_old(n_components, d_features, shift, rng):
    X, d, ratio = shifted(rng, 600, 600, d_features, shift)
    w = quietly(KMMInstanceWeighter(n_components=n_components), X, d)
    new = rng.normal(size=(1000, d_features))
    truth = density_ratio(new, shift)
    scores = w.score_samples(new)
    assert scores.mean() == pytest.approx(1, abs=0.2)
    assert spearmanr(scores, truth)[0] > spearmanr(w.weights_[:600], ratio)[0] - 0.03

    def error(found, true):
        return np.sqrt(np.mean((found - true) ** 2))

    assert error(scores, truth) < 0.85 * error(1, truth)
    assert spearmanr(w.score_samples(X[:600]), w.weights_[:600])[0] > 0.8


@pytest.mark.parametrize("kernel", [*KERNELS, rbf_kernel])
@pytest.mark.parametrize("n_components", [None, 30])
def test_equal_domains_score_one(kernel, n_components, rng):
    X = rng.normal(size=(100, 3))
    d = np.repeat([1, -1], 100)
    w = KMMInstanceWeighter(kernel=kernel, n_components=n_components)
    quietly(w, np.vstack([X, X]), d)
    assert_allclose(w.score_samples(X).mean(), 1, atol=0.02)


@pytest.mark.parametrize("n_components", [None, 16])
def test_rows_unlike_the_source_score_nothing(n_components, rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(n_components=n_components).fit(X, sample_domain=d)
    assert_allclose(w.score_samples(np.full((1, 3), 1e3)), 0, atol=1e-9)


@pytest.mark.parametrize("n_components", [None, 16])
def test_scores_of_a_row_do_not_depend_on_its_company(n_components, rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter(n_components=n_components).fit(X, sample_domain=d)
    alone = [w.score_samples(X[i : i + 1])[0] for i in range(5)]
    assert_allclose(w.score_samples(X[:5]), alone, rtol=1e-6)
    again = pickle.loads(pickle.dumps(w))
    assert_array_equal(again.score_samples(X), w.score_samples(X))


def test_scores_need_a_fit(rng):
    with pytest.raises(NotFittedError):
        KMMInstanceWeighter().score_samples(rng.normal(size=(3, 2)))


# --------------------------------------------------------------- several domains


def several(rng):
    """Sources 1 (near) and 2 (far), of other sizes; targets -3 and -5 apart."""
    sizes = {1: 60, 2: 30, -3: 50, -5: 20}
    centres = {1: 0.0, 2: 1.0, -3: -0.5, -5: 1.0}
    d = rng.permutation(np.repeat(list(sizes), list(sizes.values())))
    X = rng.normal(size=(len(d), 2))
    X[:, 0] += [centres[k] for k in d]
    return X, d


@pytest.mark.parametrize("n_components", [None, 30])
def test_pooled_domains_are_two_sides(n_components, rng):
    X, d = several(rng)
    w = KMMInstanceWeighter(n_components=n_components, gamma=0.5)
    pooled = w.fit(X, sample_domain=d).weights_
    assert_array_equal(pooled, clone(w).fit(X, sample_domain=np.sign(d)).weights_)
    assert not hasattr(w, "target_weights_")
    one = clone(w).set_params(source_domains="each", target_domains="each")
    one.fit(X, sample_domain=np.sign(d))
    assert_allclose(one.weights_, pooled, rtol=1e-12)
    assert_array_equal(one.target_weights_[-1], one.weights_)


def test_each_source_domain_is_matched_by_itself(rng):
    X, d = several(rng)
    w = KMMInstanceWeighter(gamma=0.5, source_domains="each")
    quietly(w, X, d)
    alone = []
    for code in (1, 2):
        rows = (d == code) | (d < 0)
        alone.append(quietly(KMMInstanceWeighter(gamma=0.5), X[rows], d[rows]))
        assert_allclose(
            w.weights_[d == code], alone[-1].weights_[d[rows] > 0], atol=1e-6
        )
        assert w.weights_[d == code].mean() == pytest.approx(1)
    assert w.mass_ == pytest.approx(min(a.mass_ for a in alone))
    assert w.dual_gap_ == pytest.approx(max(a.dual_gap_ for a in alone), rel=1e-6)
    assert w.objective_ == pytest.approx(sum(a.objective_ for a in alone))
    assert w.n_iter_ == sum(a.n_iter_ for a in alone)


def test_pooled_source_domains_compete(rng):
    X, d = several(rng)
    near = d[(d != -3)]  # the target is that of domain 2
    w = KMMInstanceWeighter(gamma=0.5).fit(X[d != -3], sample_domain=near)
    assert w.weights_[near == 2].mean() > 1.2 > 0.9 > w.weights_[near == 1].mean()


@pytest.mark.parametrize("n_components", [None, 40])
def test_each_target_domain_gets_its_weights(n_components, rng):
    X, d = several(rng)
    w = KMMInstanceWeighter(
        gamma=0.5, target_domains="each", n_components=n_components, tol=1e-4
    )
    quietly(w, X, d)
    assert set(w.target_weights_) == {-3, -5}
    assert_allclose(w.weights_, (w.target_weights_[-3] + w.target_weights_[-5]) / 2)
    for code, weights in w.target_weights_.items():
        assert weights[d > 0].mean() == pytest.approx(1)
        assert_array_equal(weights[d < 0], 1)
        mean = np.average(X[d > 0], axis=0, weights=weights[d > 0])
        assert_allclose(mean, X[d == code].mean(axis=0), atol=0.2)
    if n_components is None:
        rows = (d > 0) | (d == -5)
        alone = quietly(KMMInstanceWeighter(gamma=0.5, tol=1e-4), X[rows], d[rows])
        found = w.target_weights_[-5][d > 0]
        assert_allclose(found, alone.weights_[d[rows] > 0], atol=1e-5)


@pytest.mark.parametrize("n_components", [None, 40])
def test_balanced_target_domains_count_the_same(n_components, rng):
    X, d = several(rng)
    # the small target written down again and again until both are as large
    rows = np.r_[np.flatnonzero(d != -5), np.repeat(np.flatnonzero(d == -5), 5)]
    rows = np.r_[rows, np.flatnonzero(d == -3)]
    balance = KMMInstanceWeighter(gamma=0.5, target_domains="balance", tol=1e-8)
    balance.set_params(n_components=n_components)
    quietly(balance, X, d)
    pooled = clone(balance).set_params(target_domains="pool")
    if n_components is None:
        quietly(pooled, X[rows], d[rows])
        assert_allclose(
            balance.weights_[d > 0], pooled.weights_[d[rows] > 0], atol=1e-3
        )
    plain = quietly(pooled, X, d)
    means = {
        w: np.average(X[d > 0, 0], weights=w.weights_[d > 0]) for w in (balance, plain)
    }
    assert_allclose(
        means[balance], (X[d == -3, 0].mean() + X[d == -5, 0].mean()) / 2, atol=0.15
    )
    assert means[plain] < means[balance] - 0.1
