r"""Label shift: the shares of the classes among rows without labels.

Under label shift :math:`p_t(x, y) = q_y\, p_s(x \mid y)`: rows of a class look alike in
both domains, and only the shares q of the classes differ. Then q can be estimated from
what a classifier of the source says about target rows, provided that the predictions
for source rows come from models that did not see them (cross-validation).

Where several models (one a fold) predict the target rows, all of their predictions are
used: each has the law of the held-out predictions that it is compared with.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import null_space
from scipy.optimize import minimize, nnls
from scipy.special import log_softmax, softmax
from scipy.stats import chi2, norm

_TINY = 1e-12
_PULL = 0.1  # rows; keeps the calibration of separable classes finite


class ShareEstimate(NamedTuple):
    """Estimated shares of the classes and how far they can be trusted.

    Parameters
    ----------
    shares : ndarray of shape (n_classes,)
        Not negative; their sum is 1.
    covariance : ndarray of shape (n_classes, n_classes)
        Of the sampling error of `shares`, by the delta method, as if no share were
        at its bound.
    """

    shares: NDArray[np.float64]
    covariance: NDArray[np.float64]


class MixtureFit(NamedTuple):
    """Whether target predictions are a mixture of those of the source classes.

    Parameters
    ----------
    p_value : float
        Of the test that they are; 1 where there is nothing to test.
    distance : float
        Total variation between the histogram of the target predictions and the
        nearest mixture: the share of target rows that no mixture accounts for.
    shares : ndarray of shape (n_classes,)
        Shares of the nearest mixture.
    """

    p_value: float
    distance: float
    shares: NDArray[np.float64]


class LikelihoodShares(NamedTuple):
    """What :func:`likelihood_shares` returns."""

    shares: NDArray[np.float64]
    gap: float  # the mean log-likelihood is this near to its maximum
    n_iter: int


def mixing_shares(class_means: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    r"""Shares under which a mixture of classes comes nearest to a mean.

    .. math:: \min_w \|M^\top w - \mu\|^2 \quad \text{s.t. } w \ge 0,\; \sum_c w_c = 1.

    Parameters
    ----------
    class_means : array-like of shape (n_classes, n_features)
        Mean of each class.
    mean : array-like of shape (n_features,)
        The mean to come near to.

    Returns
    -------
    shares : ndarray of shape (n_classes,)
        Not negative; their sum is 1.
    """
    # with the sum at 1 the problem is about deviations; a heavy row holds the sum
    A = (np.asarray(class_means, np.float64) - np.asarray(mean, np.float64)).T
    heavy = 1e4 * np.linalg.norm(A, axis=0).max()
    if heavy == 0:  # all of them are the mean
        return np.full(A.shape[1], 1 / A.shape[1])
    A = np.vstack([A, np.full(A.shape[1], heavy)])
    b = np.append(np.zeros(len(A) - 1), heavy)
    # a small square system of the same solution
    R = np.linalg.qr(np.column_stack([A, b]), mode="r")
    shares, _ = nnls(R[:, :-1], R[:, -1])
    return shares / shares.sum()


def share_interval(estimate: ShareEstimate, level: float = 0.95) -> NDArray[np.float64]:
    """Confidence interval of each share.

    Parameters
    ----------
    estimate : ShareEstimate
        Shares and their covariance.
    level : float, default=0.95
        Probability that the interval of a class holds its true share.

    Returns
    -------
    interval : ndarray of shape (n_classes, 2)
        Lower and upper bounds, clipped to [0, 1].
    """
    reach = norm.ppf(0.5 + level / 2) * np.sqrt(np.diag(estimate.covariance))
    bounds = estimate.shares[:, None] + np.outer(reach, [-1, 1])
    return bounds.clip(0, 1)


def class_separation(predictions: ArrayLike, codes: NDArray[np.intp]) -> float:
    r"""How far the mean predictions of the source classes are from falling together.

    Parameters
    ----------
    predictions : array-like of shape (n_rows, n_outputs)
        Held-out predictions of source rows.
    codes : ndarray of int of shape (n_rows,)
        Classes, 0 to n_classes - 1, each present.

    Returns
    -------
    separation : float
        Smallest length of :math:`M^\top v` over contrasts v of length 1 (whose sum is
        0), with M the mean predictions by class: 1 for perfect predictions, 0 where
        the shares of two groups of classes cannot be told apart.
    """
    means, _ = _class_moments(np.asarray(predictions, np.float64), codes)
    contrasts = _contrasts(len(means))
    return float(np.linalg.svd(contrasts.T @ means, compute_uv=False).min(initial=1.0))


def black_box_shares(
    source_predictions: ArrayLike,
    codes: NDArray[np.intp],
    target_predictions: ArrayLike,
) -> ShareEstimate:
    r"""Shares of the target by black box shift estimation (BBSE).

    The mean prediction over the target is a mixture of the mean predictions over the
    classes of the source, :math:`\mu = \sum_c q_c M_c` [1]_. The q nearest to that,
    not negative and of sum 1, is returned. Predictions need not be calibrated.

    Parameters
    ----------
    source_predictions : array-like of shape (n_source, n_outputs)
        Held-out predictions: probabilities, or 1 for the predicted class and 0.
    codes : ndarray of int of shape (n_source,)
        Classes of the source rows, 0 to n_classes - 1, each present.
    target_predictions : array-like of shape ([n_models,] n_target, n_outputs)
        Predictions of the target rows.

    Returns
    -------
    estimate : ShareEstimate
        The error counts the sampling of target rows and of source rows by class.

    References
    ----------
    .. [1] Z. Lipton, Y.-X. Wang and A. Smola, "Detecting and Correcting for Label
       Shift with Black Box Predictors", ICML 2018.
    """
    P, Q = _two_sides(source_predictions, target_predictions)
    means, errors = _class_moments(P, codes)
    rows = Q.mean(axis=0)  # linear in the predictions: the models average out
    shares = mixing_shares(means, rows.mean(axis=0))
    noise = _mean_error(rows) + np.einsum("c,cij->ij", shares**2, errors)
    U = _contrasts(len(means))
    D = U.T @ means
    G = U @ np.linalg.solve(D @ D.T + _TINY * np.eye(len(D)), D)
    return ShareEstimate(shares, G @ noise @ G.T)


def em_shares(
    probabilities: ArrayLike,
    source_shares: ArrayLike,
    *,
    tol: float = 1e-10,
    max_iter: int = 2000,
) -> ShareEstimate:
    r"""Shares of the target by expectation maximisation.

    Maximises the likelihood :math:`\sum_i \log \sum_c q_c\, p(c \mid x_i) / \pi_c`
    of the target rows over the shares q [1]_; it is concave. Probabilities must be
    calibrated for the source: see :func:`calibrated_em_shares`.

    Parameters
    ----------
    probabilities : array-like of shape ([n_models,] n_target, n_classes)
        Probabilities of the classes for each target row, by models of the source.
    source_shares : array-like of shape (n_classes,)
        Shares :math:`\pi` of the classes that these were trained with.
    tol : float, default=1e-10
        Stop once the mean log-likelihood is certified to be this near to its maximum.
    max_iter : int, default=2000
        Largest number of (accelerated) steps.

    Returns
    -------
    estimate : ShareEstimate
        The error counts the sampling of target rows only.

    References
    ----------
    .. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the Outputs of a
       Classifier to New a Priori Probabilities", Neural Computation 14(1), 2002.
    """
    pi = np.asarray(source_shares, np.float64)
    P = _stacked(probabilities)
    ratio = P / pi
    flat = ratio.reshape(-1, pi.size)
    q = likelihood_shares(flat, pi, tol=tol, max_iter=max_iter).shares
    information, scores, _ = _likelihood(ratio, q)
    return ShareEstimate(q, _sandwich(information, _mean_error(scores)))


def calibrated_em_shares(
    source_probabilities: ArrayLike,
    codes: NDArray[np.intp],
    target_probabilities: ArrayLike,
    *,
    tol: float = 1e-10,
    max_iter: int = 2000,
) -> ShareEstimate:
    r"""Shares of the target by EM on probabilities calibrated on the source.

    The probabilities become :math:`\mathrm{softmax}(a \log p + b)` with one
    temperature and one bias a class, fitted to the held-out source rows [1]_.

    Parameters
    ----------
    source_probabilities : array-like of shape (n_source, n_classes)
        Held-out probabilities.
    codes : ndarray of int of shape (n_source,)
        Classes of the source rows, 0 to n_classes - 1, each present.
    target_probabilities : array-like of shape ([n_models,] n_target, n_classes)
        Probabilities of the target rows.
    tol, max_iter : float and int
        As in :func:`em_shares`.

    Returns
    -------
    estimate : ShareEstimate
        The error counts the sampling of target rows, and that of source rows by
        class through the calibration.

    References
    ----------
    .. [1] A. Alexandari, A. Kundaje and A. Shrikumar, "Maximum Likelihood with
       Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation", ICML
       2020.
    """
    P, Q = _two_sides(source_probabilities, target_probabilities)
    pi = np.bincount(codes) / codes.size
    a, b = calibration(P, codes)
    logits = _log(Q)
    ratio = softmax(a * logits + b, axis=-1) / pi
    flat = ratio.reshape(-1, pi.size)
    q = likelihood_shares(flat, pi, tol=tol, max_iter=max_iter).shares
    information, scores, slopes = _likelihood(ratio, q, logits)
    noise = _mean_error(scores) + slopes @ _calibration_error(P, codes, a, b) @ slopes.T
    return ShareEstimate(q, _sandwich(information, noise))


def likelihood_shares(
    ratio: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    tol: float = 1e-10,
    max_iter: int = 2000,
) -> LikelihoodShares:
    r"""Shares that maximise the likelihood of a mixture of known components.

    :math:`\max_q \frac1n \sum_i \log \sum_c q_c r_{ic}` over the simplex is concave.
    An EM step is :math:`q \leftarrow q \odot g` with g the gradient, and
    :math:`\max_c g_c - 1` bounds the distance from the maximum. Pairs of steps are
    extrapolated [1]_; an extrapolation that does not gain is dropped.

    Parameters
    ----------
    ratio : ndarray of shape (n_rows, n_components)
        Likelihood r of each row under each component, up to a factor a row.
    start : ndarray of shape (n_components,)
        Where to begin; components of share 0 stay there.
    tol : float, default=1e-10
        Distance of the mean log-likelihood from its maximum to stop at.
    max_iter : int, default=2000
        Largest number of extrapolated pairs of steps.

    Returns
    -------
    found : LikelihoodShares
        Named tuple ``(shares, gap, n_iter)``.

    References
    ----------
    .. [1] R. Varadhan and C. Roland, "Simple and Globally Convergent Methods for
       Accelerating the Convergence of Any EM Algorithm", Scandinavian Journal of
       Statistics 35, 2008.
    """

    def step(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
        density = np.maximum(ratio @ q, 1e-300)
        g = (1 / density) @ ratio / len(ratio)
        return q * g, float(g.max() - 1), float(np.log(density).mean())

    q, gap = start / start.sum(), np.inf
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        first, gap, _ = step(q)
        if gap <= tol:
            break
        second, _, value = step(first)
        r, v = first - q, second - 2 * first + q
        alpha = max(np.linalg.norm(r) / max(np.linalg.norm(v), 1e-300), 1.0)
        jump = np.maximum(q + 2 * alpha * r + alpha**2 * v, 0)
        # a little of the plain step, so that no share is lost for good
        jump = 0.999 * jump / jump.sum() + 0.001 * second
        q = jump if step(jump)[2] > value else second
    return LikelihoodShares(q / q.sum(), gap, n_iter)


def calibration(
    probabilities: ArrayLike, codes: NDArray[np.intp]
) -> tuple[float, NDArray[np.float64]]:
    r"""Temperature and biases that calibrate held-out probabilities.

    Minimises the mean log-loss of :math:`\mathrm{softmax}(a \log p + b)`, with a
    pull towards a = 1 and b = 0 that is worth a tenth of a row.

    Parameters
    ----------
    probabilities : array-like of shape (n_rows, n_classes)
        Held-out probabilities.
    codes : ndarray of int of shape (n_rows,)
        Classes, 0 to n_classes - 1.

    Returns
    -------
    a : float
        Factor of the log-probabilities.
    b : ndarray of shape (n_classes,)
        Bias of each class.
    """
    S = _log(np.asarray(probabilities, np.float64))
    n, k = S.shape
    rows, start = np.arange(n), np.r_[1.0, np.zeros(k)]

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        L = log_softmax(theta[0] * S + theta[1:], axis=1)
        E = np.exp(L)
        E[rows, codes] -= 1
        pull = _PULL * (theta - start)
        value = -L[rows, codes].mean() + 0.5 * pull @ (theta - start) / n
        return value, (np.r_[(E * S).sum(), E.sum(axis=0)] + pull) / n

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14})
    return float(found.x[0]), found.x[1:]


def mixture_fit(
    source_predictions: ArrayLike,
    codes: NDArray[np.intp],
    target_predictions: ArrayLike,
    *,
    n_bins: int = 10,
) -> MixtureFit:
    r"""Test whether the target can be a mixture of the source classes.

    Under label shift the histogram of the predictions over the target is a mixture
    of the histograms over the classes of the source. The bins are finer than the
    classes (predicted class by confidence), so not every histogram is one: the
    distance from the nearest mixture, in units of its sampling error, follows a
    chi-square law. A small p-value says that rows of one class look different in the
    target, and that no estimate of the shares can be relied on.

    Parameters
    ----------
    source_predictions : array-like of shape (n_source, n_classes)
        Held-out probabilities.
    codes : ndarray of int of shape (n_source,)
        Classes of the source rows, 0 to n_classes - 1, each present.
    target_predictions : array-like of shape ([n_models,] n_target, n_classes)
        Probabilities of the target rows.
    n_bins : int, default=10
        Number of bins, at least two a class; fewer where there are few rows.

    Returns
    -------
    fit : MixtureFit
        p-value, distance and shares.
    """
    P, Q = _two_sides(source_predictions, target_predictions)
    shape = Q.shape[:2]
    bins = _bins(np.vstack([P, Q.reshape(-1, Q.shape[2])]), len(P), n_bins)
    m = int(bins.max()) + 1
    hot = np.eye(m)
    rows = hot[bins[len(P) :].reshape(shape)].mean(axis=0)
    means, errors = _class_moments(hot[bins[: len(P)]], codes)
    target, target_error = rows.mean(axis=0), _mean_error(rows)
    shares = mixing_shares(means, target)
    for _ in range(3):  # the error depends on the shares, a little
        noise = target_error + np.einsum("c,cij->ij", shares**2, errors)
        values, vectors = np.linalg.eigh(noise)
        kept = values > 1e-9 * values.max(initial=_TINY)
        W = vectors[:, kept] / np.sqrt(values[kept])
        if not kept.any():
            break
        shares = mixing_shares(means @ W, target @ W)
    left = target - shares @ means
    degrees = int(kept.sum()) - (np.count_nonzero(shares > 1e-9) - 1)
    p = chi2.sf(np.sum((left @ W) ** 2), degrees) if degrees > 0 else 1.0
    return MixtureFit(float(p), float(0.5 * np.abs(left).sum()), shares)


# ------------------------------------------------------------------------- the pieces


def _log(P: NDArray[Any]) -> NDArray[np.float64]:
    return np.log(np.maximum(P, 1e-9))


def _stacked(predictions: ArrayLike) -> NDArray[np.float64]:
    """Predictions as (n_models, n_rows, n_outputs)."""
    Q = np.asarray(predictions, np.float64)
    return Q[None] if Q.ndim == 2 else Q


def _two_sides(
    source: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    P, Q = np.asarray(source, np.float64), _stacked(target)
    if P.ndim != 2 or Q.shape[-1] != P.shape[1]:
        raise ValueError(
            "predictions of both sides must have the same outputs in their columns; "
            f"got shapes {P.shape} and {Q.shape}."
        )
    return P, Q


def _contrasts(k: int) -> NDArray[np.float64]:
    """Orthonormal directions in which shares can move: their sum stays 1."""
    return null_space(np.ones((1, k)))


def _mean_error(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of the mean of the rows."""
    centred = rows - rows.mean(axis=0)
    return centred.T @ centred / (len(rows) * max(len(rows) - 1, 1))


def _class_moments(
    P: NDArray[np.float64], codes: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean predictions of each class and the covariance of each mean."""
    classes = range(int(codes.max()) + 1)
    means = np.array([P[codes == c].mean(axis=0) for c in classes])
    return means, np.array([_mean_error(P[codes == c]) for c in classes])


def _likelihood(
    ratio: NDArray[np.float64],
    q: NDArray[np.float64],
    logits: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
    """Information of the shares, score of each row, slopes of the mean score.

    Scores are averaged over the models; the slopes are those by the temperature and
    the biases of the calibration, where logits are given.
    """
    k = q.size
    density = np.maximum(ratio @ q, 1e-300)
    s = ratio / density[..., None]
    flat = s.reshape(-1, k)
    slopes = None
    if logits is not None:
        # ratio_c / density varies by logit_c - sum_l h_l logit_l, h the posterior
        h = (s * q).reshape(-1, k)
        L = logits.reshape(-1, k)
        by_a = (flat * (L - (h * L).sum(axis=1, keepdims=True))).mean(axis=0)
        by_b = np.diag(flat.mean(axis=0)) - flat.T @ h / len(flat)
        slopes = np.column_stack([by_a, by_b])
    return flat.T @ flat / len(flat), s.mean(axis=0), slopes


def _sandwich(
    information: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    U = _contrasts(len(information))
    A = U.T @ information @ U + _TINY * np.eye(U.shape[1])
    G = U @ np.linalg.solve(A, U.T)
    return G @ noise @ G.T


def _calibration_error(
    P: NDArray[np.float64], codes: NDArray[np.intp], a: float, b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance of temperature and biases, over draws of the rows of each class."""
    S = _log(P)
    n, k = S.shape
    R = softmax(a * S + b, axis=1)
    E = R.copy()
    E[np.arange(n), codes] -= 1
    g = np.column_stack([(E * S).sum(axis=1), E])
    mean = (R * S).sum(axis=1)
    curve = np.empty((k + 1, k + 1))
    curve[0, 0] = (R * S**2).sum(axis=1).mean() - (mean**2).mean()
    curve[0, 1:] = curve[1:, 0] = (R * (S - mean[:, None])).mean(axis=0)
    curve[1:, 1:] = np.diag(R.mean(axis=0)) - R.T @ R / n
    curve += _PULL * np.eye(k + 1) / n
    noise = np.zeros_like(curve)
    for c in range(k):
        of_class = g[codes == c]
        noise += (len(of_class) / n) ** 2 * _mean_error(of_class)
    inverse = np.linalg.inv(curve)
    return inverse @ noise @ inverse


def _bins(P: NDArray[np.float64], n_source: int, n_bins: int) -> NDArray[np.intp]:
    """Bin of each row: its predicted class, cut by confidence at quantiles.

    A bin holds at least 20 of the source rows, as far as the classes allow.
    """
    top, confidence = P.argmax(axis=1), P.max(axis=1)
    a_class = max(2, n_bins // P.shape[1])
    bins, n = np.zeros(len(P), np.intp), 0
    for c in range(P.shape[1]):
        rows = top == c
        pieces = min(a_class, int(np.count_nonzero(rows[:n_source])) // 20)
        if not rows.any():
            continue
        cuts = np.array([])
        if pieces > 1:
            inner = np.linspace(0, 1, pieces + 1)[1:-1]
            cuts = np.unique(np.quantile(confidence[:n_source][rows[:n_source]], inner))
        bins[rows] = n + np.searchsorted(cuts, confidence[rows], side="right")
        n += cuts.size + 1
    return np.unique(bins, return_inverse=True)[1].reshape(-1)
