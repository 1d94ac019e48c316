import pickle
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from matching_reference import by_quadprog, constraints, objective
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog
from scipy.stats import spearmanr
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import RBF, DotProduct
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer.weighting import KMMInstanceWeighter

KERNELS = ("rbf", "laplacian", "linear", "cosine", "poly")


@parametrize_with_checks([KMMInstanceWeighter(kernel="linear")])
def test_sklearn_compatible(estimator, check):
    check(estimator)


def shifted(rng, n_source=90, n_target=70, n_features=3, shift=0.4):
    """Gaussian source and shifted target rows, and the true density ratio."""
    X = rng.normal(size=(n_source + n_target, n_features))
    X[n_source:] += shift
    d = np.r_[np.ones(n_source, dtype=int), -np.ones(n_target, dtype=int)]
    ratio = np.exp(shift * X[:n_source].sum(axis=1) - n_features * shift**2 / 2)
    return X, d, ratio


# ------------------------------------------------------------------------------- laws


def test_equal_domains_get_unit_weights(rng):
    X = rng.normal(size=(40, 3))
    d = np.repeat([1, -1], 40)
    w = KMMInstanceWeighter(gamma=1.0).fit(np.vstack([X, X]), sample_domain=d)
    assert_allclose(w.weights_, 1, atol=1e-4)
    assert w.effective_sample_size_ == pytest.approx(40)
    assert w.mass_ == pytest.approx(1)
    assert w.dual_gap_ <= 1e-6


def test_without_domains_all_weights_are_one(rng):
    X = rng.normal(size=(15, 3)).astype(np.float32)
    w = KMMInstanceWeighter().fit(X)
    assert_array_equal(w.weights_, np.ones(15, dtype=np.float32))
    assert w.weights_.dtype == np.float32
    assert (w.dual_gap_, w.n_iter_, w.mass_) == (0.0, 0, 1.0)
    assert w.effective_sample_size_ == 15


@pytest.mark.parametrize(("kernel", "tol"), [("rbf", 1e-3), ("laplacian", 1e-2)])
@pytest.mark.parametrize("shift", [-0.6, 0.6])
def test_the_weights_follow_the_target(kernel, tol, shift, rng):
    X, d, ratio = shifted(rng, 300, 300, 2, shift)
    w = KMMInstanceWeighter(kernel=kernel, tol=tol).fit(X, sample_domain=d)
    assert spearmanr(w.weights_[:300], ratio)[0] > 0.85
    mean = np.average(X[:300], axis=0, weights=w.weights_[:300])
    target = X[300:].mean(axis=0)
    before = np.linalg.norm(X[:300].mean(axis=0) - target)
    assert np.linalg.norm(mean - target) < 0.3 * before


@pytest.mark.parametrize("eps", [None, 0.0, 0.3])
@pytest.mark.parametrize("B", [1.0, 1.5, 4.0, 100.0, np.inf])
def test_mean_one_and_the_bound_hold_together(B, eps, rng):
    X, d, _ = shifted(rng, shift=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        w = KMMInstanceWeighter(B=B, eps=eps, tol=1e-4).fit(X, sample_domain=d)
    source = w.weights_[d > 0]
    assert source.mean() == pytest.approx(1, rel=1e-12)
    assert source.min() >= 0
    assert source.max() <= B
    assert_array_equal(w.weights_[d < 0], 1)
    reach = 1 - 90**-0.5 if eps is None else eps
    assert abs(w.mass_ - 1) <= reach + 1e-9


def test_the_bound_joins_on_continuously(rng):
    X, d, _ = shifted(rng)
    free = KMMInstanceWeighter(gamma=1.0, B=100, tol=1e-9).fit(X, sample_domain=d)
    top = float(free.weights_.max())
    near = KMMInstanceWeighter(gamma=1.0, B=top * (1 - 1e-6), tol=1e-9)
    assert_allclose(near.fit(X, sample_domain=d).weights_, free.weights_, atol=2e-3)
    assert near.mass_ == pytest.approx(free.mass_, rel=1e-4)


@pytest.mark.filterwarnings("ignore:The .* weighted source rows:UserWarning")
def test_row_order_does_not_matter(rng):
    X, d, _ = shifted(rng, n_features=6, shift=0.2)
    order = rng.permutation(len(X))
    one = KMMInstanceWeighter(tol=1e-8).fit(X, sample_domain=d)
    two = KMMInstanceWeighter(tol=1e-8).fit(X[order], sample_domain=d[order])
    assert_allclose(two.weights_, one.weights_[order], atol=1e-3)
    assert two.gamma_ == pytest.approx(one.gamma_)


def test_duplicated_rows_share_their_weight(rng):
    X, d, _ = shifted(rng, 30, 30)
    twice = np.vstack([X, X[:30]])
    d_twice = np.r_[d, np.ones(30, dtype=int)]
    one = KMMInstanceWeighter(gamma=1.0, eps=0.5, tol=1e-9)
    two = clone(one).fit(twice, sample_domain=d_twice)
    one.fit(X, sample_domain=d)
    shared = 0.5 * (two.weights_[:30] + two.weights_[60:])
    assert_allclose(shared, one.weights_[:30], atol=2e-3)


def test_domains_are_two_sides_whatever_their_numbers(rng):
    X, d, _ = shifted(rng)
    many = d * rng.integers(1, 4, size=len(d))
    one = KMMInstanceWeighter().fit(X, sample_domain=d)
    two = KMMInstanceWeighter().fit(X, sample_domain=many)
    assert_array_equal(one.weights_, two.weights_)


# --------------------------------------------------------------------- truths by hand


def test_two_source_points_by_hand():
    # K = [[1, k], [k, 1]] and the target on the first point: kappa = 2 (1, k), so
    # without bounds beta = (2, 0), which has mean 1
    w = KMMInstanceWeighter(gamma=1.0, tol=1e-12)
    w.fit([[0.0], [1.0], [0.0]], sample_domain=[1, 1, -1])
    assert_allclose(w.weights_, [2, 0, 1], atol=1e-5)
    w.set_params(B=1.25).fit([[0.0], [1.0], [0.0]], sample_domain=[1, 1, -1])
    assert_allclose(w.weights_, [1.25, 0.75, 1], atol=1e-5)


def test_two_source_points_with_their_mean_held_by_hand():
    # min over b1 + b2 = 2; target half way: both alike; nearer to one: b1 - b2 =
    # (kappa_1 - kappa_2) / (1 - k)
    points = np.array([[0.0], [1.0], [0.4]])
    k = np.exp(-1.0)
    kappa = 2 * np.exp(-(np.array([0.4, 0.6]) ** 2))
    difference = (kappa[0] - kappa[1]) / (1 - k)
    w = KMMInstanceWeighter(gamma=1.0, eps=0.0, tol=1e-12)
    w.fit(points, sample_domain=[1, 1, -1])
    assert_allclose(w.weights_[:2], [1 + difference / 2, 1 - difference / 2], atol=1e-5)


def test_linear_kernel_matches_the_mean_by_hand():
    # sources at 1 and 3, target mean 2.5: weights (0.5, 1.5) put the mean there
    X = np.array([[1.0, 1.0], [3.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    w = KMMInstanceWeighter(kernel="linear", tol=1e-12)
    w.fit(X, sample_domain=[1, 1, -1, -1])
    assert_allclose(w.weights_, [0.5, 1.5, 1, 1], atol=1e-5)


def test_the_bound_lets_the_mean_move_by_hand():
    # target on the first of two points, B = 1.25: beta = m (1.25, 0.75), and the best
    # mean m is kappa @ alpha / alpha @ K @ alpha of alpha = (1.25, 0.75)
    k = np.exp(-1.0)
    alpha, kappa = np.array([1.25, 0.75]), 2 * np.array([1.0, k])
    m = kappa @ alpha / (alpha @ [[1, k], [k, 1]] @ alpha)
    w = KMMInstanceWeighter(gamma=1.0, B=1.25, eps=0.5, tol=1e-12)
    w.fit([[0.0], [1.0], [0.0]], sample_domain=[1, 1, -1])
    assert_allclose(w.weights_, [1.25, 0.75, 1], atol=1e-9)
    assert w.mass_ == pytest.approx(m)
    w.set_params(eps=0.05).fit([[0.0], [1.0], [0.0]], sample_domain=[1, 1, -1])
    assert w.mass_ == pytest.approx(1.05)


@pytest.mark.parametrize("n_components", [None, 200])
@pytest.mark.parametrize("eps", [0.0, None])
@pytest.mark.parametrize(
    ("source", "target", "B"),
    [
        ([40, 40], [8, 72], 10),
        ([60, 20], [10, 30], 3),  # a ratio at the bound
        ([20, 80], [50, 50], 10),
        ([90, 1], [90, 1], 10),
    ],
)
def test_ratio_of_two_values(source, target, B, eps, n_components):
    X = np.repeat([0.0, 1.0, 0.0, 1.0], [*source, *target])[:, None]
    d = np.repeat([1, -1], [sum(source), sum(target)])
    w = KMMInstanceWeighter(B=B, eps=eps, n_components=n_components, tol=1e-12)
    w.fit(X, sample_domain=d)
    ratio = np.divide(target, sum(target)) / np.divide(source, sum(source))
    found = [w.weights_[(d > 0) & (X[:, 0] == x)].mean() for x in (0, 1)]
    assert_allclose(found, ratio, rtol=1e-4)
    assert w.mass_ == pytest.approx(1, rel=1e-4)


def test_ratio_of_ratings():
    counts = {1: [2, 2, 4, 6, 6], -1: [4, 4, 4, 4, 4]}
    X = np.concatenate([np.repeat(np.arange(1.0, 6), n) for n in counts.values()])
    X, d = X[:, None], np.repeat([1, -1], 20)
    w = KMMInstanceWeighter(tol=1e-12).fit(X, sample_domain=d)
    found = [w.weights_[(d > 0) & (X[:, 0] == x)].mean() for x in range(1, 6)]
    assert_allclose(found, np.divide(counts[-1], counts[1]), rtol=1e-3)


# ------------------------------------------------------------------------ the solution


GOLDEN = {
    "well conditioned": lambda rng: (3.0, *shifted(rng, 50, 60, shift=0.6)[:2]),
    "smooth": lambda rng: (0.2, *shifted(rng, 50, 40, 2, 0.6)[:2]),
    "far": lambda rng: (0.5, *shifted(rng, 50, 60, shift=2.0)[:2]),
    "few target rows": lambda rng: (0.5, *shifted(rng, 60, 3, shift=1.0)[:2]),
    "duplicates": lambda rng: (1.0, *repeated(*shifted(rng, 20, 20)[:2])),
    "discrete": lambda rng: (0.5, *discrete(rng)),
    "one source row": lambda rng: (0.5, *shifted(rng, 1, 9)[:2]),
}


def repeated(X, d):
    return np.vstack([X, X, X[:30]]), np.r_[d, d, d[:30]]


def discrete(rng):
    """Ratings from 1 to 5 and a flag."""
    X = np.c_[rng.integers(1, 6, 100), rng.random(100) < 0.3].astype(float)
    X[50:, 0] = np.minimum(X[50:, 0] + rng.integers(0, 3, 50), 5)
    return X, np.repeat([1, -1], 50)


def matched(weighter, X, d):
    """Fit without diagnoses of the data; beta, K and kappa."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* (source rows|hardly overlap)")
        weighter.fit(X, sample_domain=d)
    source, target = X[d > 0], X[d < 0]
    K = rbf_kernel(source, gamma=weighter.gamma_)
    kappa = len(source) * rbf_kernel(source, target, weighter.gamma_).mean(axis=1)
    return weighter.mass_ * weighter.weights_[d > 0], K, kappa


@pytest.mark.parametrize(
    "B",
    [1.5, np.inf, *(pytest.param(B, marks=pytest.mark.slow) for B in (1.2, 3, 1000))],
)
@pytest.mark.parametrize("eps", [0.0, 0.2, 0.9, None])
@pytest.mark.parametrize("case", GOLDEN)
def test_solves_the_stated_problem(case, B, eps, rng):
    gamma, X, d = GOLDEN[case](rng)
    weighter = KMMInstanceWeighter(gamma=gamma, B=B, eps=eps, tol=1e-10)
    beta, K, kappa = matched(weighter.set_params(max_iter=50_000), X, d)
    n = len(beta)
    eps = 1 - n**-0.5 if eps is None else eps
    assert beta.min() >= 0
    assert beta.max() <= B * beta.mean() * (1 + 1e-12)
    assert abs(beta.mean() - 1) <= eps + 1e-12
    reference = by_quadprog(K, kappa, B, eps)
    ours, minimum = objective(beta, K, kappa), objective(reference, K, kappa)
    assert_allclose(ours, minimum, rtol=1e-8)
    assert_allclose(weighter.objective_, ours, rtol=1e-9)
    if case == "well conditioned":
        assert_allclose(beta, reference, atol=1e-4)


@pytest.mark.parametrize("eps", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("B", [1.0, 1.5, 10.0])
def test_two_general_solvers_agree(B, eps, rng):
    cvxopt = pytest.importorskip("cvxopt")
    X, d, _ = shifted(rng, 60, 60, shift=1.0)
    weighter = KMMInstanceWeighter(gamma=0.5, B=B, eps=eps, tol=1e-10)
    beta, K, kappa = matched(weighter, X, d)
    A, b = constraints(60, B, eps)
    equal = {}
    if eps == 0:
        equal = {"A": cvxopt.matrix(A[:1]), "b": cvxopt.matrix(b[:1])}
        A, b = A[2:], b[2:]
    reference = cvxopt.solvers.qp(
        *map(cvxopt.matrix, (K, -kappa, -A, -b)),
        **equal,
        options={"show_progress": False, "reltol": 1e-10},
    )
    minimum = objective(np.ravel(reference["x"]), K, kappa)
    assert_allclose(objective(beta, K, kappa), minimum, rtol=1e-8)


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("B", [1.5, 10.0])
@pytest.mark.parametrize("eps", [0.0, 0.3])
def test_the_gap_is_that_of_the_stated_problem(tol, B, eps, rng):
    X, d, _ = shifted(rng, 40, 40, shift=1.0)
    weighter = KMMInstanceWeighter(gamma=0.5, B=B, eps=eps, tol=tol)
    beta, K, kappa = matched(weighter, X, d)
    g = K @ beta - kappa
    A, b = constraints(40, B, eps)
    frank_wolfe = g @ beta - linprog(g, -A, -b, bounds=(0, None)).fun
    minimum = objective(by_quadprog(K, kappa, B, eps), K, kappa)
    excess = objective(beta, K, kappa) - minimum
    unit = max(abs(objective(beta, K, kappa)), np.trace(K) / 2)
    assert excess / unit - 1e-9 <= weighter.dual_gap_ <= frank_wolfe / unit + 1e-9
    assert weighter.dual_gap_ <= tol


@pytest.mark.parametrize("kernel", KERNELS)
def test_float32_agrees_with_float64(kernel, rng):
    X, d, _ = shifted(rng, n_features=8)
    X = np.maximum(X, 0)
    w64 = KMMInstanceWeighter(kernel=kernel, tol=3e-5)
    w32 = clone(w64).fit(X.astype(np.float32), sample_domain=d)
    w64.fit(X, sample_domain=d)
    assert w32.weights_.dtype == np.float32
    assert w64.weights_.dtype == np.float64
    assert w32.dual_gap_ <= 3e-5
    assert w32.objective_ == pytest.approx(w64.objective_, rel=3e-5)
    assert_allclose(w32.weights_, w64.weights_, atol=0.2)


@pytest.mark.filterwarnings("ignore:The .* weighted source rows:UserWarning")
@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_matrix, sp.csr_array])
@pytest.mark.parametrize("kernel", KERNELS)
def test_sparse_equals_dense(kernel, container, rng):
    X, d, _ = shifted(rng, n_features=6)
    X[X < 0.3] = 0
    dense = KMMInstanceWeighter(kernel=kernel, tol=1e-8)
    sparse = clone(dense).fit(container(X), sample_domain=d)
    dense.fit(X, sample_domain=d)
    assert_allclose(sparse.weights_, dense.weights_, atol=1e-3)
    assert sparse.objective_ == pytest.approx(dense.objective_, rel=1e-8)


@pytest.mark.parametrize(
    "kernel", [partial(polynomial_kernel, gamma=1.0), DotProduct(sigma_0=1.0) ** 3]
)
def test_a_kernel_of_scikit_learn_is_the_named_one(kernel, rng):
    X, d, _ = shifted(rng)
    named = KMMInstanceWeighter(kernel="poly", gamma=1.0, tol=1e-8)
    called = clone(KMMInstanceWeighter(kernel=kernel, tol=1e-8))
    expected = named.fit(X, sample_domain=d).weights_
    assert_allclose(called.fit(X, sample_domain=d).weights_, expected, atol=1e-3)
    assert called.gamma_ is None
    assert KMMInstanceWeighter(kernel="poly").fit(X).gamma_ == 1 / 3


def test_parameters_of_a_kernel_are_those_of_a_search(rng):
    X, d, _ = shifted(rng)
    weighter = KMMInstanceWeighter(kernel=RBF(length_scale=1.0), tol=1e-8)
    weighter.set_params(kernel__length_scale=0.5**0.5)
    expected = KMMInstanceWeighter(gamma=1.0, tol=1e-8).fit(X, sample_domain=d)
    found = weighter.fit(X, sample_domain=d)
    assert_allclose(found.weights_, expected.weights_, atol=1e-3)


# ---------------------------------------------------------------------- hostile input


def hostile(rng):
    X, d, _ = shifted(rng, 30, 20)
    constant = np.c_[X, np.full(50, 7.0)]
    return {
        "one row a side": (X[[0, -1]], [1, -1]),
        "one source row": (X[29:], d[29:]),
        "constant column": (constant, d),
        "all rows equal": (np.ones_like(X), d),
        "duplicates": (np.repeat(X[:5], 10, axis=0), d),
        "huge": (1e100 * X, d),
        "tiny": (1e-100 * X, d),
        "far from the origin": (X + 1e6, d),
        "zero rows": (np.zeros_like(X), d),
    }


@pytest.mark.parametrize("kernel", ["rbf", "laplacian", "cosine"])
@pytest.mark.parametrize("case", list(hostile(np.random.default_rng(0))))
def test_hostile_input_gives_weights(case, kernel, rng):
    X, d = hostile(rng)[case]
    d = np.asarray(d)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for diagnosis in ("The .* weighted source rows", "Source and target hardly"):
            warnings.filterwarnings("ignore", diagnosis, UserWarning)
        w = KMMInstanceWeighter(kernel=kernel, tol=1e-3).fit(X, sample_domain=d)
    assert np.isfinite(w.weights_).all()
    assert w.weights_[d > 0].mean() == pytest.approx(1)
    assert w.dual_gap_ <= 1e-3


def test_values_that_overflow_are_an_error(rng):
    X, d, _ = shifted(rng)
    with pytest.raises(ValueError, match="Scale the features"):
        KMMInstanceWeighter().fit(1e200 * X, sample_domain=d)
    with (
        np.errstate(over="ignore", invalid="ignore"),
        pytest.raises(ValueError, match="kernel overflowed"),
    ):
        KMMInstanceWeighter(kernel="linear").fit(1e200 * X, sample_domain=d)


def test_a_kernel_that_is_not_positive_is_an_error(rng):
    X, d, _ = shifted(rng)
    weighter = KMMInstanceWeighter(kernel=lambda a, b: -np.abs(a @ b.T))
    with pytest.raises(ValueError, match="not positive semi-definite"):
        weighter.fit(X, sample_domain=d)


@pytest.mark.parametrize("sign", [1, -1])
def test_one_side_alone_is_an_error(sign, rng):
    with pytest.raises(ValueError, match="needs rows of both sides"):
        KMMInstanceWeighter().fit(rng.normal(size=(5, 2)), sample_domain=[sign] * 5)


@pytest.mark.parametrize(
    "bad",
    [{"B": 0.5}, {"eps": 1.0}, {"gamma": 0.0}, {"kernel": "sigmoid"}, {"max_iter": 0}],
)
def test_parameters_are_checked(bad, rng):
    with pytest.raises(ValueError, match=next(iter(bad))):
        KMMInstanceWeighter(**bad).fit(rng.normal(size=(5, 2)))


# --------------------------------------------------------------------------- warnings


def test_a_solution_short_of_tol_is_warned_of(rng):
    X, d, _ = shifted(rng)
    weighter = KMMInstanceWeighter(max_iter=2, tol=1e-9)
    with pytest.warns(ConvergenceWarning, match="Raise max_iter"):
        weighter.fit(X, sample_domain=d)
    assert weighter.dual_gap_ > 1e-9
    assert weighter.weights_[d > 0].mean() == pytest.approx(1)


def test_few_effective_rows_are_warned_of(rng):
    X, d, _ = shifted(rng, shift=1.5)
    weighter = KMMInstanceWeighter(B=100)
    with pytest.warns(UserWarning, match="Lower B") as caught:
        weighter.fit(X, sample_domain=d)
    assert caught[0].filename == __file__
    assert weighter.effective_sample_size_ < 0.2 * 90


def test_domains_apart_are_warned_of(rng):
    X, d, _ = shifted(rng, shift=50.0)
    weighter = KMMInstanceWeighter(gamma=1.0)
    with pytest.warns(UserWarning, match="hardly overlap"):
        weighter.fit(X, sample_domain=d)
    assert weighter.mass_ == pytest.approx(90**-0.5, rel=1e-3)
    assert weighter.weights_[d > 0].mean() == pytest.approx(1)


def test_no_warning_without_need(rng):
    X, d, _ = shifted(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KMMInstanceWeighter().fit(X, sample_domain=d)


# ----------------------------------------------------------------- life in scikit-learn


def test_labels_are_never_read(rng):
    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError(f"y was read: {name}")

    X, d, _ = shifted(rng)
    expected = KMMInstanceWeighter().fit(X, sample_domain=d).weights_
    masked = np.where(d > 0, rng.integers(0, 2, len(d)).astype(float), np.nan)
    words = np.where(d > 0, "good", None)
    for y in (masked, words, Untouchable()):
        w = KMMInstanceWeighter().fit(X, y, sample_domain=d)
        assert_array_equal(w.weights_, expected)


def test_input_is_not_written_to(rng):
    X, d, _ = shifted(rng)
    before = X.copy(), d.copy()
    KMMInstanceWeighter().fit(X, sample_domain=d)
    assert_array_equal(X, before[0])
    assert_array_equal(d, before[1])


def test_pickles_and_repeats(rng):
    X, d, _ = shifted(rng)
    w = KMMInstanceWeighter().fit(X, sample_domain=d)
    assert_array_equal(pickle.loads(pickle.dumps(w)).weights_, w.weights_)
    assert_array_equal(clone(w).fit(X, sample_domain=d).weights_, w.weights_)


@pytest.mark.filterwarnings("ignore:The .* weighted source rows:UserWarning")
@pytest.mark.parametrize("routing", [False, True])
def test_last_step_of_a_pipeline(routing, rng):
    X, d, _ = shifted(rng, n_features=6)
    S = sp.csr_array(np.maximum(X, 0))
    svd = TruncatedSVD(2, random_state=0)
    expected = KMMInstanceWeighter().fit(svd.fit_transform(S), sample_domain=d)
    pipe = make_pipeline(clone(svd), KMMInstanceWeighter())
    with config_context(enable_metadata_routing=routing):
        name = "sample_domain" if routing else "kmminstanceweighter__sample_domain"
        pipe.fit(S, None, **{name: d})
    assert_allclose(pipe[-1].weights_, expected.weights_)


def test_feature_names_are_kept(rng):
    pd = pytest.importorskip("pandas")
    X, d, _ = shifted(rng)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    w = KMMInstanceWeighter().fit(frame, sample_domain=pd.Series(d))
    assert_array_equal(w.feature_names_in_, ["a", "b", "c"])
