"""The problem of kernel mean matching as it is stated, for independent solvers."""

import numpy as np
import quadprog


def constraints(n, B, eps):
    """Rows of ``A @ beta >= b``: beta_i >= 0, beta_i <= B mean(beta), the mean."""
    eye, mean = np.eye(n), np.full((1, n), 1 / n)
    A = np.vstack([mean, -mean, eye, min(B, n) * mean - eye])
    return A, np.r_[1 - eps, -1 - eps, np.zeros(2 * n)]


def objective(beta, K, kappa):
    return 0.5 * beta @ K @ beta - kappa @ beta


def by_quadprog(K, kappa, B, eps):
    """Solution of quadprog, which needs a positive definite K and B over 1."""
    n = len(kappa)
    A, b = constraints(n, B, eps)
    if eps == 0:  # one equality is no pair of inequalities to quadprog
        A, b = np.delete(A, 1, axis=0), np.delete(b, 1)
    ridge = 1e-11 * np.trace(K) * np.eye(n) / n
    kappa = np.asarray(kappa, dtype=float)
    return quadprog.solve_qp(K + ridge, kappa, A.T, b, int(eps == 0))[0]
