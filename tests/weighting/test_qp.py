import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog, minimize

from sktransfer.weighting.mean_matching._box_slab_qp import (
    linear_minimum,
    project_box_slab,
    solve_box_slab,
)

COORDINATES = st.lists(
    st.floats(-5, 5, allow_nan=False, width=32), min_size=1, max_size=8
)
UNIT = st.floats(0, 1, allow_nan=False)


def slab(n, upper, at, width):
    """Bounds of the sum somewhere in the reach of the box."""
    low = at * n * upper
    return low, low + width * n


def solve(K, kappa, upper, low, high, start=None, **options):
    n = len(kappa)
    start = np.full(n, upper / 2) if start is None else start
    return solve_box_slab(
        lambda b: K @ b,
        np.asarray(kappa, dtype=float),
        upper=upper,
        low=low,
        high=high,
        scale=0.5 * np.trace(K),
        start=start,
        **options,
    )


def quadprog_minimum(K, kappa, upper, low, high):
    quadprog = pytest.importorskip("quadprog")
    n = len(kappa)
    eye, one = np.eye(n), np.ones((n, 1))
    C = np.hstack([one, -one, eye, -eye])
    b = np.r_[low, -high, np.zeros(n), np.full(n, -upper)]
    fixed = low == high  # one equality is no pair of inequalities to quadprog
    if fixed:
        C, b = np.delete(C, 1, axis=1), np.delete(b, 1)
    beta = quadprog.solve_qp(K, np.asarray(kappa, float), C, b, int(fixed))[0]
    return beta, 0.5 * beta @ K @ beta - kappa @ beta


def random_problem(rng, n):
    X = rng.normal(size=(n, 3))
    K = np.exp(-((X[:, None] - X) ** 2).sum(-1) / 3) + 1e-8 * np.eye(n)
    kappa = K @ rng.exponential(size=n) * rng.uniform(0.2, 2)
    return K, kappa


# ---------------------------------------------------------------- the linear programme


@pytest.mark.parametrize(
    ("g", "upper", "low", "high", "expected"),
    [
        ([3.0, -1.0, -2.0], 1.0, 0.0, 3.0, -3.0),  # every negative cost, in full
        ([3.0, -1.0, -2.0], 1.0, 0.0, 1.5, -2.5),  # the sum is capped
        ([3.0, 1.0, 2.0], 1.0, 1.5, 3.0, 2.0),  # the sum is forced
        ([3.0, 1.0, 2.0], 1.0, 0.0, 3.0, 0.0),  # the origin
        ([3.0, 1.0], 1.0, 2.0, 5.0, 4.0),  # the whole box
        ([-3.0, 1.0], 0.0, 0.0, 0.0, 0.0),  # a point
    ],
)
def test_linear_minimum_by_hand(g, upper, low, high, expected):
    assert linear_minimum(np.array(g), upper, low, high) == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(COORDINATES, st.floats(0.1, 3), UNIT, UNIT)
def test_linear_minimum_agrees_with_linprog(g, upper, at, width):
    g = np.array(g)
    low, high = slab(len(g), upper, at, width)
    one = np.ones((1, len(g)))
    reference = linprog(
        g, np.vstack([one, -one]), [high + 1e-9, -low + 1e-9], bounds=(0, upper)
    )
    found = linear_minimum(g, upper, low, high)
    assert found == pytest.approx(reference.fun, abs=1e-6)


# --------------------------------------------------------------------- the projection


@pytest.mark.parametrize(
    ("v", "upper", "low", "high", "expected"),
    [
        ([0.5, 0.2], 1.0, 0.0, 2.0, [0.5, 0.2]),  # feasible: stays
        ([2.0, -1.0], 1.0, 0.0, 2.0, [1.0, 0.0]),  # the box alone
        ([1.0, 0.0], 9.0, 0.0, 0.5, [0.5, 0.0]),  # down to the sum
        ([0.0, 0.0], 1.0, 1.0, 2.0, [0.5, 0.5]),  # up to the sum
        ([5.0, 0.0, 0.0], 1.0, 2.0, 2.0, [1.0, 0.5, 0.5]),  # both
    ],
)
def test_projection_by_hand(v, upper, low, high, expected):
    beta = project_box_slab(np.array(v), upper, low, high)
    assert_allclose(beta, expected, atol=1e-14)


@settings(max_examples=80, deadline=None)
@given(COORDINATES, st.floats(0.1, 3), UNIT, UNIT)
def test_projection_is_feasible_and_nearest(v, upper, at, width):
    v = np.array(v)
    low, high = slab(len(v), upper, at, width)
    beta = project_box_slab(v, upper, low, high)
    assert beta.min() >= 0
    assert beta.max() <= upper
    assert low * (1 - 1e-12) - 1e-12 <= beta.sum() <= high * (1 + 1e-12) + 1e-12
    # no feasible point lies on the side of v: (v - beta) @ (s - beta) <= 0 for all s
    nearest = linear_minimum(beta - v, upper, low, high)
    assert (beta - v) @ beta <= nearest + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_projection_agrees_with_quadprog(seed):
    rng = np.random.default_rng(seed)
    v, upper = 2 * rng.normal(size=9), rng.uniform(0.3, 3)
    low, high = slab(9, upper, rng.uniform(0.1, 0.9), rng.uniform(0, 0.5))
    beta = project_box_slab(v, upper, low, high)
    reference, _ = quadprog_minimum(np.eye(9), v, upper, low, high)
    assert_allclose(beta, reference, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(COORDINATES, st.floats(-1e8, 1e8), UNIT)
def test_projection_of_far_points_keeps_the_sum(v, offset, at):
    v = np.array(v) + offset
    n = len(v)
    beta = project_box_slab(v, 2.0, 2 * at * n, 2 * at * n)
    assert beta.sum() == pytest.approx(2 * at * n, abs=1e-6)


# ------------------------------------------------------------------------- the solver


@pytest.mark.parametrize(
    ("K", "kappa", "upper", "low", "high", "expected"),
    [
        (np.eye(2), [3.0, 0.0], 2.0, 1.0, 3.0, [2.0, 0.0]),  # the box binds
        (np.eye(2), [1.0, 0.5], 2.0, 0.0, 4.0, [1.0, 0.5]),  # nothing binds
        (np.eye(2), [1.0, 0.5], 2.0, 0.0, 1.0, [0.75, 0.25]),  # the sum, from above
        (np.eye(2), [0.0, 0.0], 2.0, 1.0, 4.0, [0.5, 0.5]),  # the sum, from below
        (np.array([[2.0, 1], [1, 2]]), [2.0, 2.5], 9.0, 0.0, 9.0, [0.5, 1.0]),
        (np.array([[4.0]]), [2.0], 1.0, 0.0, 1.0, [0.5]),
    ],
)
def test_solutions_by_hand(K, kappa, upper, low, high, expected):
    solution = solve(K, kappa, upper, low, high, tol=1e-12)
    assert solution.converged
    assert_allclose(solution.beta, expected, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("upper", [1.5, 10.0, 1e4])
@pytest.mark.parametrize("eps", [0.0, 0.1, 0.9])
def test_objective_agrees_with_quadprog(seed, upper, eps):
    n = 40
    K, kappa = random_problem(np.random.default_rng(seed), n)
    bounds = upper, n * (1 - eps), n * (1 + eps)
    solution = solve(K, kappa, *bounds, tol=1e-7, max_iter=50_000)
    _, minimum = quadprog_minimum(K, kappa, *bounds)
    assert solution.converged
    assert_allclose(solution.objective, minimum, rtol=1e-6)


@pytest.mark.parametrize("max_iter", [1, 2, 5, 20, 100])
@pytest.mark.parametrize("seed", range(3))
def test_the_gap_bounds_the_distance_from_the_minimum(seed, max_iter):
    n = 30
    K, kappa = random_problem(np.random.default_rng(seed), n)
    bounds = 3.0, 0.5 * n, 1.5 * n
    start = np.random.default_rng(seed + 9).uniform(0, 3, n)
    solution = solve(K, kappa, *bounds, start=start, tol=0.0, max_iter=max_iter)
    _, minimum = quadprog_minimum(K, kappa, *bounds)
    scale = max(abs(solution.objective), 0.5 * np.trace(K))
    excess = (solution.objective - minimum) / scale
    assert -1e-10 <= excess <= solution.gap + 1e-12


def test_an_objective_of_zero_still_converges():
    # x @ beta can be 0, so the minimum is 0 and nothing is relative to it
    x = np.array([1.0, -1.0, 2.0])
    solution = solve(np.outer(x, x), np.zeros(3), 5.0, 1.0, 3.0, start=np.ones(3))
    assert solution.converged
    assert solution.objective == pytest.approx(0, abs=1e-5)


def test_steps_shorten_where_the_curvature_was_not_seen():
    # constant row sums and kappa: the power steps have nothing to start from
    K = np.eye(6) + 50 * np.kron(np.eye(3), [[1, -1], [-1, 1]])
    start = np.array([0.0, 2, 0, 2, 0, 2])
    solution = solve(K, np.full(6, 1.0), 2.0, 0.0, 12.0, start=start, tol=1e-9)
    assert solution.converged
    assert_allclose(solution.beta, 1.0, atol=1e-4)


def test_without_curvature_it_is_the_linear_programme():
    K, kappa = np.zeros((3, 3)), [1.0, 3.0, 2.0]
    solution = solve(K, kappa, 1.0, 0.0, 1.5, tol=1e-12)
    assert solution.converged
    assert_allclose(solution.beta, [0, 1, 0.5], atol=1e-9)


def test_a_start_at_the_solution_takes_no_step():
    K, _ = random_problem(np.random.default_rng(0), 10)
    solution = solve(K, K @ np.ones(10), 10.0, 5.0, 15.0, start=np.ones(10))
    assert solution.n_iter == 0
    assert_allclose(solution.beta, 1, atol=1e-15)


def test_stops_at_max_iter_and_says_so():
    K, kappa = random_problem(np.random.default_rng(0), 40)
    solution = solve(K, kappa, 10.0, 20.0, 60.0, tol=1e-10, max_iter=3)
    assert not solution.converged
    assert solution.n_iter == 3


def test_float32_products_stop_at_their_own_rounding():
    K, kappa = random_problem(np.random.default_rng(0), 40)
    K32, eps = K.astype(np.float32), float(np.finfo(np.float32).eps)
    solution = solve_box_slab(
        lambda b: (K32 @ b.astype(np.float32)).astype(float),
        kappa,
        upper=10.0,
        low=20.0,
        high=60.0,
        scale=20.0,
        start=np.ones(40),
        tol=0.0,
        rounding=4 * eps,
        max_iter=20_000,
    )
    _, minimum = quadprog_minimum(K, kappa, 10.0, 20.0, 60.0)
    assert solution.converged
    assert solution.objective == pytest.approx(minimum, rel=2e-5)


@pytest.mark.parametrize(
    "K",
    [
        -np.eye(4),
        np.diag([1.0, 2.0, -3.0, 1.0]),
        # a positive sum, negative in a direction seen only after a step
        np.ones((4, 4)) - np.diag([0.0, 0.0, 0.0, 1.5]),
    ],
)
def test_negative_curvature_is_an_error(K):
    with pytest.raises(ValueError, match="not positive semi-definite"):
        solve(K, [1.0, 2.0, 3.0, 7.0], 5.0, 0.0, 20.0, start=np.ones(4))


def test_overflow_is_an_error():
    with pytest.raises(ValueError, match="overflowed"):
        solve(np.eye(2), [np.inf, 1.0], 2.0, 0.0, 2.0)


def test_agrees_with_a_general_solver():
    K, kappa = random_problem(np.random.default_rng(5), 12)
    solution = solve(K, kappa, 2.0, 6.0, 12.0, tol=1e-9, max_iter=50_000)
    reference = minimize(
        lambda b: 0.5 * b @ K @ b - kappa @ b,
        np.ones(12),
        jac=lambda b: K @ b - kappa,
        bounds=[(0, 2.0)] * 12,
        constraints=[
            {"type": "ineq", "fun": lambda b: b.sum() - 6.0},
            {"type": "ineq", "fun": lambda b: 12.0 - b.sum()},
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    assert solution.objective == pytest.approx(reference.fun, rel=1e-6)
