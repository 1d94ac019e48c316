import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_reference import by_quadprog, constraints, objective
from numpy.testing import assert_allclose
from scipy.optimize import linprog, minimize

from sktransfer.weighting.mean_matching._weights_qp import (
    linear_minimum,
    project_weights,
    solve_weights,
)

COORDINATES = st.lists(
    st.floats(-5, 5, allow_nan=False, width=32), min_size=1, max_size=8
)
BOUNDS = st.floats(1, 10)
EPS = st.floats(0, 0.99)


def sums(n, eps):
    return n * (1 - eps), n * (1 + eps)


def solve(K, kappa, B, eps, start=None, **options):
    n = len(kappa)
    low, high = sums(n, eps)
    return solve_weights(
        lambda b: K @ b,
        np.asarray(kappa, dtype=float),
        B=B,
        low=low,
        high=high,
        scale=0.5 * np.trace(K),
        start=np.ones(n) if start is None else start,
        **options,
    )


def random_problem(rng, n):
    X = rng.normal(size=(n, 3))
    K = np.exp(-((X[:, None] - X) ** 2).sum(-1) / 3) + 1e-8 * np.eye(n)
    kappa = K @ rng.exponential(size=n) * rng.uniform(0.2, 2)
    return K, kappa


def assert_feasible(beta, B, eps):
    assert beta.min() >= 0
    assert beta.max() <= B * beta.mean() * (1 + 1e-12)
    assert abs(beta.mean() - 1) <= eps + 1e-12


# ---------------------------------------------------------------- the linear programme


@pytest.mark.parametrize(
    ("g", "B", "eps", "expected"),
    [
        ([3.0, -1.0, -2.0], 3.0, 0.5, -9.0),  # all on the smallest, the largest sum
        ([3.0, -1.0, -2.0], 1.5, 0.5, -6.75),  # two at the bound
        ([3.0, 1.0, 2.0], 3.0, 0.5, 1.5),  # the smallest sum
        ([3.0, 1.0, 2.0], 2.0, 0.5, 2.0),  # one at the bound, one below it
        ([3.0, 1.0], 1.0, 0.25, 3.0),  # all alike
        ([3.0, 1.0], np.inf, 0.0, 2.0),
        ([-3.0], 5.0, 0.25, -3.75),
    ],
)
def test_linear_minimum_by_hand(g, B, eps, expected):
    found = linear_minimum(np.array(g), B, *sums(len(g), eps))
    assert found == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(COORDINATES, BOUNDS, EPS)
def test_linear_minimum_agrees_with_linprog(g, B, eps):
    g = np.array(g)
    A, b = constraints(len(g), B, eps)
    reference = linprog(g, -A, 1e-9 - b, bounds=(0, None))
    found = linear_minimum(g, B, *sums(len(g), eps))
    assert found == pytest.approx(reference.fun, abs=1e-6)


# --------------------------------------------------------------------- the projection


@pytest.mark.parametrize(
    ("v", "B", "eps", "expected"),
    [
        ([1.25, 0.75], 1.5, 0.5, [1.25, 0.75]),  # feasible: stays
        ([3.0, -1.0], 9.0, 0.5, [3.0, 0.0]),  # at 0 alone
        ([2.0, 2.0], 9.0, 0.5, [1.5, 1.5]),  # down to the sum
        ([0.0, 0.0], 9.0, 0.5, [0.5, 0.5]),  # up to the sum
        ([2.0, 0.0], 1.0, 0.5, [1.0, 1.0]),  # all alike
        ([2.0, 0.0], 1.5, 0.0, [1.5, 0.5]),  # the bound at a held mean
        # beta_1 = 3 beta_2 where B = 1.5: onto the ray of (3, 1)
        ([2.0, 0.0], 1.5, 0.5, [1.8, 0.6]),
        ([4.0, 0.0], 1.5, 0.5, [2.25, 0.75]),  # and no further than its end
    ],
)
def test_projection_by_hand(v, B, eps, expected):
    beta = project_weights(np.array(v), B, *sums(len(v), eps))
    assert_allclose(beta, expected, atol=1e-14)


@settings(max_examples=80, deadline=None)
@given(COORDINATES, BOUNDS, EPS)
def test_projection_is_feasible_and_nearest(v, B, eps):
    v = np.array(v)
    low, high = sums(len(v), eps)
    beta = project_weights(v, B, low, high)
    assert_feasible(beta, B, eps)
    # no feasible point lies on the side of v: (v - beta) @ (s - beta) <= 0 for all s
    nearest = linear_minimum(beta - v, B, low, high)
    assert (beta - v) @ beta <= nearest + 1e-9


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("eps", [0.0, 0.3])
def test_projection_agrees_with_quadprog(seed, eps):
    rng = np.random.default_rng(seed)
    v, B = 2 * rng.normal(size=9) + rng.choice([0, 1, 8]), rng.uniform(1.1, 4)
    beta = project_weights(v, B, *sums(9, eps))
    assert_allclose(beta, by_quadprog(np.eye(9), v, B, eps), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(COORDINATES, st.floats(-1e8, 1e8), BOUNDS)
def test_projection_of_far_points_keeps_the_sum(v, offset, B):
    v = np.array(v) + offset
    beta = project_weights(v, B, *sums(len(v), 0.0))
    assert beta.sum() == pytest.approx(len(v), abs=1e-6)


# ------------------------------------------------------------------------- the solver


@pytest.mark.parametrize(
    ("K", "kappa", "B", "eps", "expected"),
    [
        (np.eye(2), [1.25, 0.75], 2.0, 0.5, [1.25, 0.75]),  # nothing binds
        (np.eye(2), [1.5, 1.0], 2.0, 0.0, [1.25, 0.75]),  # the mean, from above
        (np.eye(2), [0.0, 0.0], 2.0, 0.5, [0.5, 0.5]),  # the mean, from below
        (np.eye(2), [2.0, 0.0], 1.5, 0.5, [1.8, 0.6]),  # B, and the mean moves
        (np.array([[2.0, 1], [1, 2]]), [3.0, 4.5], 9.0, 0.5, [0.5, 2.0]),
        # all alike: the mean is kappa @ 1 / 1'K1
        (np.array([[2.0, 1], [1, 2]]), [3.0, 4.5], 1.0, 0.5, [1.25, 1.25]),
        (np.array([[4.0]]), [2.0], 1.0, 0.75, [0.5]),
    ],
)
def test_solutions_by_hand(K, kappa, B, eps, expected):
    solution = solve(K, kappa, B, eps, tol=1e-12)
    assert solution.converged
    assert_allclose(solution.beta, expected, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("B", [1.2, 2.0, 10.0, 1e4])
@pytest.mark.parametrize("eps", [0.0, 0.1, 0.9])
def test_objective_agrees_with_quadprog(seed, B, eps):
    K, kappa = random_problem(np.random.default_rng(seed), 40)
    solution = solve(K, kappa, B, eps, tol=1e-9, max_iter=50_000)
    minimum = objective(by_quadprog(K, kappa, B, eps), K, kappa)
    assert solution.converged
    assert_feasible(solution.beta, B, eps)
    assert_allclose(solution.objective, minimum, rtol=1e-8)


@pytest.mark.parametrize("max_iter", [1, 2, 5, 20, 100])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("B", [1.5, 5.0])
def test_the_gap_bounds_the_distance_from_the_minimum(seed, max_iter, B):
    n = 30
    K, kappa = random_problem(np.random.default_rng(seed), n)
    start = np.random.default_rng(seed + 9).uniform(0, 3, n)
    solution = solve(K, kappa, B, 0.5, start=start, tol=0.0, max_iter=max_iter)
    minimum = objective(by_quadprog(K, kappa, B, 0.5), K, kappa)
    scale = max(abs(solution.objective), 0.5 * np.trace(K))
    excess = (solution.objective - minimum) / scale
    assert -1e-10 <= excess <= solution.gap + 1e-12


def test_an_objective_of_zero_still_converges():
    # x @ beta can be 0, so the minimum is 0 and nothing is relative to it
    x = np.array([1.0, -1.0, 2.0])
    solution = solve(np.outer(x, x), np.zeros(3), 5.0, 0.5)
    assert solution.converged
    assert solution.objective == pytest.approx(0, abs=1e-5)


def test_steps_shorten_where_the_curvature_was_not_seen():
    # constant row sums and kappa: the power steps have nothing to start from
    K = np.eye(6) + 50 * np.kron(np.eye(3), [[1, -1], [-1, 1]])
    start = np.array([0.0, 2, 0, 2, 0, 2])
    solution = solve(K, np.full(6, 1.0), 2.0, 0.5, start=start, tol=1e-9)
    assert solution.converged
    assert_allclose(solution.beta, 1.0, atol=1e-4)


def test_without_curvature_it_is_the_linear_programme():
    K, kappa = np.zeros((3, 3)), [1.0, 3.0, 2.0]
    solution = solve(K, kappa, 2.0, 0.5, tol=1e-12)
    assert solution.converged
    assert_allclose(solution.beta, [0, 3, 1.5], atol=1e-9)


def test_a_start_at_the_solution_takes_no_step():
    K, _ = random_problem(np.random.default_rng(0), 10)
    solution = solve(K, K @ np.ones(10), 10.0, 0.5)
    assert solution.n_iter == 0
    assert_allclose(solution.beta, 1, atol=1e-15)


def test_stops_at_max_iter_and_says_so():
    K, kappa = random_problem(np.random.default_rng(0), 40)
    solution = solve(K, kappa, 10.0, 0.5, tol=1e-10, max_iter=3)
    assert not solution.converged
    assert solution.n_iter == 3


def test_float32_products_stop_at_their_own_rounding():
    K, kappa = random_problem(np.random.default_rng(0), 40)
    K32, eps = K.astype(np.float32), float(np.finfo(np.float32).eps)
    solution = solve_weights(
        lambda b: (K32 @ b.astype(np.float32)).astype(float),
        kappa,
        B=10.0,
        low=20.0,
        high=60.0,
        scale=20.0,
        start=np.ones(40),
        tol=0.0,
        rounding=4 * eps,
        max_iter=20_000,
    )
    minimum = objective(by_quadprog(K, kappa, 10.0, 0.5), K, kappa)
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
        solve(K, [1.0, 2.0, 3.0, 7.0], 4.0, 0.9)


def test_overflow_is_an_error():
    with pytest.raises(ValueError, match="overflowed"):
        solve(np.eye(2), [np.inf, 1.0], 2.0, 0.5)


def test_agrees_with_a_general_solver():
    K, kappa = random_problem(np.random.default_rng(5), 12)
    solution = solve(K, kappa, 2.0, 0.5, tol=1e-9, max_iter=50_000)
    reference = minimize(
        lambda b: 0.5 * b @ K @ b - kappa @ b,
        np.ones(12),
        jac=lambda b: K @ b - kappa,
        bounds=[(0, None)] * 12,
        constraints=[
            {"type": "ineq", "fun": lambda b: 2.0 * b.mean() - b},
            {"type": "ineq", "fun": lambda b: 0.5 - abs(b.mean() - 1)},
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    assert solution.objective == pytest.approx(reference.fun, rel=1e-6)
