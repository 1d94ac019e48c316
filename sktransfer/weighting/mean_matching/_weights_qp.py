r"""Convex quadratic programmes over weights, with a duality-gap certificate.

.. math:: \min_\beta \tfrac12 \beta^\top K \beta - \kappa^\top \beta \quad
          \text{s.t. } 0 \le \beta_i \le B \bar\beta,\;
          l \le \textstyle\sum_i \beta_i \le h,

with :math:`B \ge 1` and :math:`0 < l \le h`.
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
    """What :func:`solve_weights` returns."""

    beta: Vector  # feasible
    objective: float
    gap: float  # objective - minimum <= gap * max(|objective|, scale)
    n_iter: int
    converged: bool


def linear_minimum(g: Vector, B: float, low: float, high: float) -> float:
    r"""Minimum of :math:`g^\top s` over the weights.

    A sum of 1 is best spent on the smallest entries of `g`, one after the other; the
    minimum goes with the sum.
    """
    n = g.shape[0]
    B = min(B, n)
    full = int(n / B)
    if full == n:
        mean = float(g.mean())
    else:
        ordered = np.partition(g, full)
        rest = max(n - full * B, 0.0)
        mean = float(B * ordered[:full].sum() + rest * ordered[full]) / n
    return mean * (low if mean > 0 else high)


def _clip_to_sum(
    v: Vector, upper: float, total: float, slope: float, guess: float
) -> tuple[Vector, float]:
    """Solve sum(clip(v - shift, 0, upper)) = total + slope * shift.

    The left side minus the right decreases in the shift and is piecewise linear, so
    Newton steps inside a shrinking bracket end on the exact piece, from a good guess
    in two or three. Returns the clipped vector and the shift.
    """
    left, right, shift, bounded = -np.inf, np.inf, guess, upper < np.inf
    for _ in range(200):
        beta = v - shift
        np.maximum(beta, 0, out=beta)
        if bounded:
            np.minimum(beta, upper, out=beta)
        mass = float(beta.sum())
        value = mass - total - slope * shift
        if abs(value) <= _ROUNDING * max(mass, abs(slope * shift)):
            break
        left, right = (shift, right) if value > 0 else (left, shift)
        free = (beta > 0) & (beta < upper) if bounded else beta > 0
        rate = np.count_nonzero(free) + slope
        step = shift + value / rate if rate > 0 else np.inf
        if abs(step - shift) <= _ROUNDING * abs(shift):
            break
        if rate == 0:  # every coordinate at a bound
            left = max(left, float(v.min()) - min(upper, total))
            right = min(right, float(v.max()))
        if not left < step < right:
            step = 0.5 * (left + right)
        shift = step
    return beta, shift


def _prox(
    v: Vector,
    B: float,
    low: float,
    high: float,
    total: float,
    slope: float,
    guess: float = 0.0,
    binds: bool = False,
) -> tuple[Vector, float, bool]:
    """Minimise |beta - v|^2 + (sum(beta) - total)^2 / slope over the weights.

    An infinite slope drops the second term. Returns beta, the shift it took, and
    whether B binds; the last two are guesses for the next one.
    """
    if binds:
        return _bounded_prox(v, B, low, high, total, slope, total, guess)
    if np.isfinite(slope):
        beta, shift = _clip_to_sum(v, np.inf, total, slope, guess)
    else:
        beta, shift = np.maximum(v, 0), 0.0
    mass = float(beta.sum())
    if not low <= mass <= high:
        mass = low if mass < low else high
        beta, shift = _clip_to_sum(v, np.inf, mass, 0.0, shift)
    if beta.max() * v.shape[0] <= B * mass:
        return beta, shift, False
    return _bounded_prox(v, B, low, high, total, slope, mass, shift)


def _bounded_prox(
    v: Vector,
    B: float,
    low: float,
    high: float,
    total: float,
    slope: float,
    mass: float,
    shift: float,
) -> tuple[Vector, float, bool]:
    """The same where B may bind, from a guess of the sum and of the shift.

    The minimum at a given sum is convex in it; its derivative is piecewise linear, so
    bracketed Newton steps end on the exact piece.
    """
    ratio = B / v.shape[0]
    left, right = -np.inf, np.inf
    mass = min(max(mass, low), high)
    for _ in range(200):
        upper = ratio * mass
        beta, shift = _clip_to_sum(v, upper, mass, 0.0, shift)
        above = beta >= upper
        n_above = np.count_nonzero(above)
        reached = ratio * float(v @ above)
        pull = shift + reached - n_above * ratio * (shift + upper)
        pull -= (mass - total) / slope  # the derivative at this sum, downhill
        left, right = (mass, right) if pull > 0 else (left, mass)
        n_free = np.count_nonzero(beta) - n_above
        drift = (n_above * ratio - 1) / max(n_free, 1)  # of the shift with the sum
        rate = n_above * ratio**2 + 1 / slope + drift**2 * n_free
        step = min(max(mass + pull / rate, low), high)
        noise = abs(shift) + abs(reached) + upper + abs(mass - total) / slope
        if abs(pull) <= _ROUNDING * noise or abs(step - mass) <= _ROUNDING * mass:
            break
        step = step if left < step < right else 0.5 * (left + right)
        shift, mass = shift + drift * (step - mass), step
    return beta, shift, bool(n_above > 0)


def project_weights(v: Vector, B: float, low: float, high: float) -> Vector:
    """Euclidean projection on the weights of a bound and a range of sums."""
    return _prox(v, B, low, high, 0.0, np.inf)[0]


def _metric(
    matvec: Callable[[Vector], Vector],
    row_sums: Vector,
    seed: Vector,
    rounding: float,
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
    for _ in range(6):
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


def _duality_gap(
    x: Vector,
    Kx: Vector,
    gradient: Vector,
    B: float,
    low: float,
    high: float,
    enough: float,
) -> float:
    r"""How far the objective at a feasible x can lie above the minimum.

    As K is positive semi-definite, :math:`\min_s s^\top (a K x - \kappa) - \tfrac12
    a^2 x^\top K x` is at most the minimum, for any a. That of a = 1 is the Frank-Wolfe
    gap; where the sum is free, the a with a minimum near 0 is closer. It is tried
    where it may be close enough.
    """
    along, square = float(x @ gradient), float(x @ Kx)
    least = linear_minimum(gradient, B, low, high)
    gap = along - least
    if gap <= enough or square <= 0:
        return gap
    a = 1 - least / (high if least < 0 else low) * float(x.sum()) / square
    along += 0.5 * (a**2 - 1) * square
    if along > enough:
        return gap
    return min(gap, along - linear_minimum(gradient + (a - 1) * Kx, B, low, high))


def _not_convex(curvature: float) -> ValueError:
    return ValueError(
        "the kernel matrix is not positive semi-definite (found a curvature of "
        f"{curvature:.3g}). Use a positive semi-definite kernel."
    )


def solve_weights(
    matvec: Callable[[Vector], Vector],
    kappa: Vector,
    *,
    B: float,
    low: float,
    high: float,
    scale: float,
    start: Vector,
    tol: float = 1e-6,
    max_iter: int = 1000,
    rounding: float = _ROUNDING,
) -> QPSolution:
    """Minimise a convex quadratic over weights.

    Accelerated projected gradient steps (Beck and Teboulle 2009) with restarts
    (O'Donoghue and Candes 2015), in a metric that treats the constant direction
    separately. K enters through products alone, one a step. The metric shrinks with
    each step, as coordinates settle at a bound; a step whose curvature it does not
    bound is taken back and tried again with a larger one.
    """
    B = min(B, kappa.shape[0])  # no coordinate exceeds the sum
    tol = max(tol, 25 * rounding)

    def certificate(x: Vector, Kx: Vector) -> tuple[float, float]:
        gradient = Kx - kappa
        objective = 0.5 * float(x @ (gradient - kappa))
        unit = max(abs(objective), scale, _TINY)
        gap = _duality_gap(x, Kx, gradient, B, low, high, tol * unit)
        return objective, max(gap, 0.0) / unit

    x = project_weights(start, B, low, high)
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
    largest = B * high / kappa.shape[0]
    least = 1e-12 * float(np.abs(Kx - kappa).max()) / largest  # crosses at once
    L = max(1.1 * L, least)
    y, Ky, t, shift, binds = x, Kx, 1.0, 0.0, False
    for n_iter in range(1, max_iter + 1):
        slope = L / rho if rho > 0 else np.inf
        v = y - (Ky - kappa) / L
        total = float(y.sum())
        x_new, shift, binds = _prox(v, B, low, high, total, slope, shift, binds)
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
