r"""Estimates of the shares of the classes in the target, under label shift.

Under label shift :math:`p_t(x, y) = q_y\, p_s(x \mid y)`: rows of a class look alike in
both domains, and only the shares q of the classes differ. Then q can be estimated from
the predictions of a classifier of the source for the target rows. The predictions for
source rows must come from models that did not see them (cross-validation).

Each model of the cross-validation predicts all target rows, and all predictions are
used: those of a model have the distribution of its held-out predictions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import null_space
from scipy.special import softmax
from scipy.stats import norm

from sktransfer._core.calibration import calibration, log_probabilities
from sktransfer._core.mixtures import likelihood_shares, mixing_shares
from sktransfer.weighting.label_shift._calibration_error import calibration_error
from sktransfer.weighting.label_shift._prediction_moments import (
    class_moments,
    mean_error,
    prediction_sides,
)

_TINY = 1e-12


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


def share_interval(estimate: ShareEstimate, level: float = 0.95) -> NDArray[np.float64]:
    """Confidence interval of each share."""
    reach = norm.ppf(0.5 + level / 2) * np.sqrt(np.diag(estimate.covariance))
    bounds = estimate.shares[:, None] + np.outer(reach, [-1, 1])
    return bounds.clip(0, 1)


def class_separation(predictions: ArrayLike, codes: NDArray[np.intp]) -> float:
    """Smallest distance, over contrasts of the classes, of their mean predictions."""
    means, _ = class_moments(np.asarray(predictions, np.float64), codes)
    contrasts = _contrasts(len(means))
    return float(np.linalg.svd(contrasts.T @ means, compute_uv=False).min(initial=1.0))


def black_box_shares(
    source_predictions: ArrayLike,
    codes: NDArray[np.intp],
    target_predictions: ArrayLike,
) -> ShareEstimate:
    r"""Shares of the target by black box shift estimation (BBSE).

    The mean prediction over the target is a mixture of the mean predictions over the
    classes of the source, :math:`\mu = \sum_c q_c M_c`. The q nearest to that,
    not negative and of sum 1, is returned. Predictions need not be calibrated.
    """
    P, Q = prediction_sides(source_predictions, target_predictions)
    means, errors = class_moments(P, codes)
    rows = Q.mean(axis=0)  # linear in the predictions: the models average out
    shares = mixing_shares(means, rows.mean(axis=0))
    noise = mean_error(rows) + np.einsum("c,cij->ij", shares**2, errors)
    U = _contrasts(len(means))
    D = U.T @ means
    G = U @ np.linalg.solve(D @ D.T + _TINY * np.eye(len(D)), D)
    return ShareEstimate(shares, G @ noise @ G.T)


def calibrated_em_shares(
    source_probabilities: ArrayLike,
    codes: NDArray[np.intp],
    target_probabilities: ArrayLike,
    *,
    tol: float = 1e-10,
    max_iter: int = 2000,
) -> ShareEstimate:
    r"""Shares of the target by EM on probabilities calibrated on the source.

    Maximises the likelihood :math:`\sum_i \log \sum_c q_c\, p(c \mid x_i) / \pi_c`
    of the target rows over the shares q; it is concave. The probabilities become
    :math:`\mathrm{softmax}(a \log p + b)` before, with one temperature and one bias a
    class, fitted to the held-out source rows.
    """
    P, Q = prediction_sides(source_probabilities, target_probabilities)
    pi = np.bincount(codes) / codes.size
    a, b = calibration(P, codes)
    logits = log_probabilities(Q)
    ratio = softmax(a * logits + b, axis=-1) / pi
    flat = ratio.reshape(-1, pi.size)
    q = likelihood_shares(flat, pi, tol=tol, max_iter=max_iter).shares
    information, scores = _likelihood(ratio, q)
    slopes = _calibration_slopes(ratio, q, logits)
    noise = mean_error(scores) + slopes @ calibration_error(P, codes, a, b) @ slopes.T
    return ShareEstimate(q, _sandwich(information, noise))


def _contrasts(k: int) -> NDArray[np.float64]:
    """Orthonormal directions in which shares can move: their sum stays 1."""
    return null_space(np.ones((1, k)))


def _score(ratio: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient of the log-likelihood of each row by the shares."""
    density = np.maximum(ratio @ q, 1e-300)
    return ratio / density[..., None]


def _likelihood(
    ratio: NDArray[np.float64], q: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fisher information of the shares, and the score of each row, mean of models."""
    s = _score(ratio, q)
    flat = s.reshape(-1, q.size)
    return flat.T @ flat / len(flat), s.mean(axis=0)


def _calibration_slopes(
    ratio: NDArray[np.float64], q: NDArray[np.float64], logits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Derivatives of the mean score by the temperature and the biases."""
    s, k = _score(ratio, q), q.size
    flat = s.reshape(-1, k)
    # ratio_c / density varies by logit_c - sum_l h_l logit_l, h the posterior
    h = (s * q).reshape(-1, k)
    L = logits.reshape(-1, k)
    by_a = (flat * (L - (h * L).sum(axis=1, keepdims=True))).mean(axis=0)
    by_b = np.diag(flat.mean(axis=0)) - flat.T @ h / len(flat)
    return np.column_stack([by_a, by_b])


def _sandwich(
    information: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance of the shares from the information and the noise of the scores."""
    U = _contrasts(len(information))
    A = U.T @ information @ U + _TINY * np.eye(U.shape[1])
    G = U @ np.linalg.solve(A, U.T)
    return G @ noise @ G.T
