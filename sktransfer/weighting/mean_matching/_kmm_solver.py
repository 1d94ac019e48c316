"""Kernel mean matching as quadratic programmes, their kernel exact or a factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import row_norms

from sktransfer._core.kernels import (
    Kernel,
    kernel_means,
    kernel_rows,
    lower_kernel,
    symmetric_product,
)
from sktransfer._core.nystroem import NystroemMap, factor_product
from sktransfer.weighting.mean_matching._weights_qp import QPSolution, solve_weights


class MatchingProblem(NamedTuple):
    """The kernel of some source rows, and its means over groups of target rows."""

    rows: NDArray[np.intp]
    matvec: Callable[[NDArray[Any]], NDArray[np.float64]]
    trace: float
    means: NDArray[np.float64]  # a row for each group of target rows
    rounding: float
    residual: float = 0.0  # what a factor leaves of the trace


def exact_problems(
    X: Any,
    sources: list[NDArray[np.intp]],
    targets: list[NDArray[np.intp]],
    kernel: str | Kernel,
    gamma: float | None,
) -> Iterator[MatchingProblem]:
    """Problems with the kernel matrix of each group of source rows, one at a time."""
    sides = [X[rows] for rows in (*sources, *targets)]
    block, sides = kernel_rows(kernel, *sides, gamma=gamma)
    k = len(sources)
    for rows, Xs in zip(sources, sides[:k]):
        yield _exact_problem(block, rows, Xs, sides[k:])


def _exact_problem(
    block: Kernel, rows: NDArray[np.intp], Xs: Any, targets: list[Any]
) -> MatchingProblem:
    means = np.array([kernel_means(block, Xs, Xt) for Xt in targets])
    K = lower_kernel(block, Xs)
    trace = float(np.trace(K, dtype=np.float64))
    rounding = 4 * float(np.finfo(K.dtype).eps)
    return MatchingProblem(rows, symmetric_product(K), trace, means, rounding)


def factor_problems(
    X: Any,
    sources: list[NDArray[np.intp]],
    targets: list[NDArray[np.intp]],
    features: NystroemMap,
) -> Iterator[MatchingProblem]:
    r"""Problems with :math:`Z Z^\top + \mathrm{diag}(k(x_i, x_i) - |z_i|^2)` as kernel.

    The kernel means are those of the same factor, :math:`z_i^\top \bar z_t`: exact
    means beside an approximate kernel would ask for a match that no weights can give.
    """
    centres = np.array([features.mean(X, rows) for rows in targets])
    for rows in sources:
        yield _factor_problem(X, rows, features, centres)


def _factor_problem(
    X: Any,
    rows: NDArray[np.intp],
    features: NystroemMap,
    centres: NDArray[np.float64],
) -> MatchingProblem:
    Z, residual = features.factor(X, rows)
    left = float(residual.sum())
    trace = float(row_norms(Z, squared=True).sum(dtype=np.float64)) + left
    means = (Z @ centres.T.astype(Z.dtype)).T.astype(np.float64)
    rounding = 4 * float(np.finfo(Z.dtype).eps)
    matvec = factor_product(Z, residual)
    return MatchingProblem(rows, matvec, trace, means, rounding, left)


def kmm_weights(
    matvec: Callable[[NDArray[Any]], NDArray[np.float64]],
    kappa: NDArray[np.float64],
    *,
    trace: float,
    B: float,
    eps: float,
    tol: float,
    max_iter: int,
    rounding: float,
) -> tuple[NDArray[np.float64], QPSolution]:
    """Weights of kernel mean matching from products with the kernel matrix."""
    n = kappa.shape[0]
    solution = solve_weights(
        matvec,
        kappa,
        B=B,
        low=n * (1 - eps),
        high=n * (1 + eps),
        scale=0.5 * trace,
        start=np.ones(n),
        tol=tol,
        max_iter=max_iter,
        rounding=rounding,
    )
    return np.minimum(solution.beta / solution.beta.mean(), B), solution


class Matching(NamedTuple):
    """What :func:`match_means` returns."""

    weights: NDArray[Any]  # a row for each mixture of the target groups
    mass: float  # the least over the problems
    objective: float  # the sum
    gap: float  # the largest
    n_iter: int  # the sum
    converged: bool
    residual: float  # share of the trace that the factor leaves


def match_means(
    problems: Iterator[MatchingProblem],
    mixtures: NDArray[np.float64],
    weights: NDArray[Any],
    *,
    eps: float | None,
    **options: Any,
) -> Matching:
    """Solve problems, each for every mixture of the groups of target rows."""
    solutions, trace, left = [], 0.0, 0.0
    for problem in problems:
        n = problem.rows.size
        for w, means in zip(weights, mixtures @ problem.means):
            w[problem.rows], solution = kmm_weights(
                problem.matvec,
                n * means,
                trace=problem.trace,
                eps=1 - n**-0.5 if eps is None else eps,
                rounding=problem.rounding,
                **options,
            )
            solutions.append(solution._replace(beta=solution.beta.mean()))
        trace, left = trace + problem.trace, left + problem.residual
        del problem  # and its kernel, before the next one is computed
    return Matching(
        weights,
        mass=float(min(s.beta for s in solutions)),
        objective=sum(s.objective for s in solutions),
        gap=max(s.gap for s in solutions),
        n_iter=sum(s.n_iter for s in solutions),
        converged=all(s.converged for s in solutions),
        residual=left / trace if trace > 0 else 0.0,
    )
