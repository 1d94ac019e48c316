import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import rbf_kernel

from sktransfer.weighting import KLIEPInstanceWeighter


@pytest.fixture
def shifted(rng):
    X = rng.normal(size=(150, 2))
    X[80:] = 0.8 * X[80:] + 0.6
    return X, np.repeat([1, -1], [80, 70])


def test_weights_agree_with_an_independent_solver(shifted):
    X, d = shifted
    source, target = X[d > 0], X[d < 0]
    # every target row is a centre, as in the paper
    w = KLIEPInstanceWeighter(gamma=0.8, n_centers=70, tol=1e-8, max_iter=20000)
    w.set_params(flatten=None).fit(X, sample_domain=d)
    K, A = rbf_kernel(target, gamma=0.8), rbf_kernel(source, target, gamma=0.8)
    b = A.mean(axis=0)

    def loss(theta):
        return -np.log(K @ theta).mean(), -(K / (K @ theta)[:, None]).mean(axis=0)

    best = minimize(
        loss,
        np.full(70, 1 / b.sum()),
        jac=True,
        method="SLSQP",
        bounds=[(0, None)] * 70,
        constraints={"type": "eq", "fun": lambda t: b @ t - 1, "jac": lambda t: b},
        options={"maxiter": 1000, "ftol": 1e-13},
    )
    found = np.log(w.raw_scores(target)).mean()
    assert found == pytest.approx(-best.fun, abs=1e-5)
    assert w.dual_gap_ <= 1e-8
    assert_allclose(w.weights_[d > 0], A @ best.x, atol=0.02)


def test_the_objective_is_certified(shifted):
    X, d = shifted
    target = X[d < 0]
    loose = KLIEPInstanceWeighter(gamma=0.8, tol=1e-2, flatten=None)
    tight = KLIEPInstanceWeighter(gamma=0.8, tol=1e-7, max_iter=9999, flatten=None)
    value = [
        np.log(w.fit(X, sample_domain=d).raw_scores(target)).mean()
        for w in (loose, tight)
    ]
    assert value[1] - value[0] <= loose.dual_gap_ <= 1e-2
    assert loose.n_iter_ < tight.n_iter_


def test_the_best_gamma_by_likelihood_is_taken(shifted):
    X, d = shifted
    w = KLIEPInstanceWeighter().fit(X, sample_domain=d)
    assert len(w.cv_scores_) == 6
    assert w.cv_scores_[w.gamma_] == max(w.cv_scores_.values())
    w = KLIEPInstanceWeighter(gamma=[50.0, 0.5, 1e4]).fit(X, sample_domain=d)
    assert list(w.cv_scores_) == [0.5, 50.0, 1e4]
    assert w.gamma_ == 0.5


def test_kernels_too_narrow_for_the_source_do_not_win(shifted):
    # target rows alone would: a centre that no source row is near may count for all
    X, d = shifted
    w = KLIEPInstanceWeighter(gamma=[0.5, 50.0, 5000.0]).fit(X, sample_domain=d)
    assert w.gamma_ == 0.5
    assert w.cv_scores_[50.0] < 0 < w.cv_scores_[0.5]


def test_a_given_gamma_is_not_searched(shifted):
    X, d = shifted
    w = KLIEPInstanceWeighter(gamma=0.5).fit(X, sample_domain=d)
    assert w.gamma_ == 0.5
    assert w.cv_scores_ == {}


@pytest.mark.parametrize("bad", [[], [1.0, -1.0], [[1.0]]])
def test_gamma_is_a_positive_number_or_several(bad, shifted):
    X, d = shifted
    with pytest.raises(ValueError, match="gamma must be a positive number"):
        KLIEPInstanceWeighter(gamma=bad).fit(X, sample_domain=d)


def test_gammas_of_sparse_rows_are_those_of_dense_ones(shifted):
    X, d = shifted
    dense, sparse = (
        KLIEPInstanceWeighter().fit(rows, sample_domain=d) for rows in (X, csr_array(X))
    )
    assert list(dense.cv_scores_) == sorted(dense.cv_scores_)
    assert_allclose(list(sparse.cv_scores_), list(dense.cv_scores_))


def test_many_rows_are_scored_as_one_is(rng):
    # 30,000 rows and 300 centres: more kernel values than are held at a time
    X = rng.normal(size=(30_000, 1))
    d = np.repeat([1, -1], [200, 300])
    w = KLIEPInstanceWeighter(gamma=0.5, n_centers=300, tol=1e-2)
    w.fit(X[:500] + 0.5 * (d < 0)[:, None], sample_domain=d)
    scores = w.score_samples(X)
    for start in (0, 13_981, 27_960, 29_990):
        some = slice(start, start + 10)
        assert_allclose(scores[some], w.score_samples(X[some]), rtol=1e-9)


def test_a_solution_short_of_tol_is_warned_of(shifted):
    X, d = shifted
    w = KLIEPInstanceWeighter(gamma=1.0, tol=1e-12, max_iter=2)
    with pytest.warns(ConvergenceWarning, match="Raise max_iter") as caught:
        w.fit(X, sample_domain=d)
    assert caught[0].filename == __file__
    assert w.n_iter_ == 2
    assert w.weights_[d > 0].mean() == pytest.approx(1)


def test_more_rows_cost_no_more_centres(rng):
    X = rng.normal(size=(3000, 2))
    X[1500:] += 0.5
    w = KLIEPInstanceWeighter(gamma=0.3, n_centers=20)
    w.fit(X, sample_domain=np.repeat([1, -1], 1500))
    assert w._model.centres.shape == (20, 2)
