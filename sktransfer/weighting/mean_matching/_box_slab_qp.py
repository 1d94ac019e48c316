r"""Convex quadratic programmes over a box and a slab, with a duality-gap certificate.

.. math:: \min_\beta \tfrac12 \beta^\top K \beta - \kappa^\top \beta \quad
          \text{s.t. } 0 \le \beta_i \le u,\; l \le \textstyle\sum_i \beta_i \le h .
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_TINY = float(np.finfo(np.float64).tiny)
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


class QPSolution(NamedTuple):
    """What :func:`solve_box_slab` returns."""

    beta: Vector  # feasible
    objective: float
    gap: float  # objective - minimum <= gap * max(|objective|, scale)
    n_iter: int
    converged: bool


def linear_minimum(g: Vector, upper: float, low: float, high: float) -> float:
    r"""Minimum of :math:`g^\top s` over the box and slab.

    The best vertex fills the smallest entries of `g` one after the other.
    """
    n = g.shape[0]
    total = np.clip(upper * np.count_nonzero(g < 0), low, min(high, n * upper))
    if upper <= 0:
        return 0.0
    full = min(int(total / upper), n)
    if full == n:
        return float(upper * g.sum())
    ordered = np.partition(g, full)
    rest = total - full * upper
    return float(upper * ordered[:full].sum() + rest * ordered[full])


def _clip_to_sum(
    v: Vector, upper: float, total: float, slope: float, guess: float
) -> tuple[Vector, float]:
    """Solve sum(clip(v - shift, 0, upper)) = total + slope * shift.

    The left side minus the right decreases in the shift and is piecewise linear, so
    Newton steps inside a shrinking bracket end on the exact piece, from a good guess
    in two or three. Returns the clipped vector and the shift.
    """
    left, right, shift = -np.inf, np.inf, guess
    for _ in range(200):
        beta = v - shift
        np.maximum(beta, 0, out=beta)
        np.minimum(beta, upper, out=beta)
        mass = float(beta.sum())
        value = mass - total - slope * shift
        if abs(value) <= _ROUNDING * max(mass, abs(slope * shift)):
            break
        left, right = (shift, right) if value > 0 else (left, shift)
        rate = np.count_nonzero((beta > 0) & (beta < upper)) + slope
        step = shift + value / rate if rate > 0 else np.inf
        if not left < step < right:  # every coordinate at a bound, or overshot
            left = max(left, min(float(v.min()) - upper, shift))
            right = min(right, max(float(v.max()), shift))
            step = 0.5 * (left + right)
        if abs(step - shift) <= _ROUNDING * abs(shift):
            break
        shift = step
    return beta, shift


def _prox(
    v: Vector,
    upper: float,
    low: float,
    high: float,
    total: float,
    slope: float,
    guess: float = 0.0,
) -> tuple[Vector, float]:
    """Minimise |beta - v|^2 + (sum(beta) - total)^2 / slope over box and slab.

    An infinite slope drops the second term. Returns beta and the shift it took.
    """
    if np.isfinite(slope):
        beta, shift = _clip_to_sum(v, upper, total, slope, guess)
    else:
        beta, shift = np.clip(v, 0, upper), 0.0
    mass = beta.sum()
    if low <= mass <= high:
        return beta, shift
    return _clip_to_sum(v, upper, low if mass < low else high, 0.0, shift)


def project_box_slab(v: Vector, upper: float, low: float, high: float) -> Vector:
    """Euclidean projection on ``0 <= beta <= upper``, ``low <= sum(beta) <= high``."""
    return _prox(v, upper, low, high, 0.0, np.inf)[0]


def _metric(
    matvec: Callable[[Vector], Vector],
    row_sums: Vector,
    seed: Vector,
    rounding: float,
    n_steps: int = 6,
) -> tuple[float, float]:
    r"""Constants of a metric L I + rho 1 1' that (nearly) bounds K from above.

    The matrix of a non-negative kernel has one eigenvalue far above the others, with
    an eigenvector close to constant. Taking that direction into the metric leaves
    L to the rest of the spectrum, and the number of steps goes with the root of L.
    For any tau > 0, K <= (a + tau) u u' + C + w w' / tau with u = 1 / sqrt(n), a =
    u'Ku, w = Ku - a u and C the part of K orthogonal to u; here tau = a. L comes
    from power steps and may be a little low: the caller checks each step it takes.
    """
    n = row_sums.shape[0]
    a = max(float(row_sums.sum()) / n, 0.0)
    w = (row_sums - row_sums.mean()) / np.sqrt(n)
    z = w + (seed - seed.mean())
    L = 0.0
    for _ in range(n_steps):
        norm = np.linalg.norm(z)
        if norm == 0:
            break
        z /= norm
        product = matvec(z)
        product -= product.mean()
        if a > 0:
            product += w * ((w @ z) / a)
        quotient = float(z @ product)
        if quotient < -rounding * np.linalg.norm(product):
            raise _not_convex(quotient)
        L = max(L, quotient)
        z = product
    return L, 2 * a / n


def _not_convex(curvature: float) -> ValueError:
    return ValueError(
        "the kernel matrix is not positive semi-definite (found a curvature of "
        f"{curvature:.3g}). Use a positive semi-definite kernel."
    )


def solve_box_slab(
    matvec: Callable[[Vector], Vector],
    kappa: Vector,
    *,
    upper: float,
    low: float,
    high: float,
    scale: float,
    start: Vector,
    tol: float = 1e-6,
    max_iter: int = 1000,
    rounding: float = _ROUNDING,
) -> QPSolution:
    """Minimise a convex quadratic over a box and a slab.

    Accelerated projected gradient steps (Beck and Teboulle 2009) with restarts
    (O'Donoghue and Candes 2015), in a metric that treats the constant direction
    separately. K enters through products alone, one a step. The metric shrinks with
    each step, as coordinates settle at a bound; a step whose curvature it does not
    bound is taken back and tried again with a larger one.
    """
    upper = min(upper, high)  # no coordinate exceeds the sum
    tol = max(tol, 25 * rounding)

    def certificate(x: Vector, Kx: Vector) -> tuple[float, float]:
        gradient = Kx - kappa
        objective = 0.5 * float(x @ (gradient - kappa))
        gap = float(x @ gradient) - linear_minimum(gradient, upper, low, high)
        return objective, max(gap, 0.0) / max(abs(objective), scale, _TINY)

    x = project_box_slab(start, upper, low, high)
    Kx = matvec(x)
    objective, gap = certificate(x, Kx)
    if not np.isfinite(gap):
        raise ValueError(
            "the quadratic programme holds values that are not finite: the kernel "
            "overflowed. Scale the features, or lower gamma or degree."
        )
    best = QPSolution(x, objective, gap, 0, gap <= tol)
    if best.converged:
        return best
    L, rho = _metric(matvec, matvec(np.ones_like(x)), kappa, rounding)
    least = 1e-12 * float(np.abs(Kx - kappa).max()) / upper  # crosses the box at once
    L = max(1.1 * L, least)
    y, Ky, t, shift = x, Kx, 1.0, 0.0
    for n_iter in range(1, max_iter + 1):
        slope = L / rho if rho > 0 else np.inf
        v = y - (Ky - kappa) / L
        x_new, shift = _prox(v, upper, low, high, float(y.sum()), slope, shift)
        Kx_new = matvec(x_new)
        d = x_new - y
        square, mass = float(d @ d), float(d.sum())
        curvature, bound = float(d @ (Kx_new - Ky)), L * square + rho * mass**2
        noise = rounding * np.sqrt(square) * float(np.linalg.norm(Kx_new))
        if curvature < -1e-3 * bound - noise:
            raise _not_convex(curvature / square)
        if curvature > 1.001 * bound + noise:
            L = max(1.5 * L, (curvature - rho * mass**2) / square)
            continue
        objective, gap = certificate(x_new, Kx_new)
        if gap < best.gap:
            best = QPSolution(x_new, objective, gap, n_iter, gap <= tol)
            if best.converged:
                return best
        move = x_new - x
        if -(L * float(d @ move) + rho * mass * float(move.sum())) > 0:
            t = 1.0  # the momentum points uphill
        t_new = 0.5 * (1 + np.sqrt(1 + 4 * t * t))
        momentum = (t - 1) / t_new
        y = x_new + momentum * move
        Ky = Kx_new + momentum * (Kx_new - Kx)
        x, Kx, t = x_new, Kx_new, t_new
        L = max(0.95 * L, least)  # coordinates at a bound no longer curve the way
    return best._replace(n_iter=max_iter)
