"""Accuracy of several raters, estimated from their agreement alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Consensus(NamedTuple):
    """Estimates of a Dawid-Skene model.

    Parameters
    ----------
    posterior : ndarray of shape (n_items, n_classes)
        Probability of each class for each item.
    confusion : ndarray of shape (n_raters, n_classes, n_classes)
        Probability that a rater answers the second class if the first is true.
    class_shares : ndarray of shape (n_classes,)
        Shares of the classes.
    expected_accuracy : ndarray of shape (n_raters,)
        Mean posterior probability of the answers of each rater.
    log_likelihood : float
        Log-likelihood of the ratings, without the prior.
    n_iter : int
        Number of EM steps.
    """

    posterior: NDArray[np.float64]
    confusion: NDArray[np.float64]
    class_shares: NDArray[np.float64]
    expected_accuracy: NDArray[np.float64]
    log_likelihood: float
    n_iter: int


def check_ratings(ratings: ArrayLike, n_classes: int | None) -> tuple[NDArray, int]:
    """Validate ratings."""
    R = np.asarray(ratings)
    if R.ndim != 2 or R.dtype.kind not in "iu" or 0 in R.shape:
        raise ValueError(
            "ratings must be a matrix of class numbers, a row for each item and a "
            f"column for each rater; got shape {R.shape} and dtype {R.dtype}."
        )
    R = R.astype(np.int64, copy=False)
    top = int(R.max()) + 1
    n_classes = top if n_classes is None else int(n_classes)
    if R.min() < -1 or top > n_classes or n_classes < 1 or top == 0:
        raise ValueError(
            f"ratings must be class numbers from 0 to {max(n_classes, 1) - 1}, or -1 "
            f"for none, and at least one of them a class; got {R.min()} to {top - 1}."
        )
    return R, n_classes


def majority(
    ratings: NDArray[np.int64], n_classes: int, weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Weighted share of the raters that give each class to each item."""
    votes = np.zeros((ratings.shape[0], n_classes))
    for answers, weight in zip(ratings.T, weights):
        items = np.flatnonzero(answers >= 0)
        votes[items, answers[items]] += weight
    total = votes.sum(axis=1, keepdims=True)
    equal = np.full_like(votes, 1 / n_classes)
    return np.divide(votes, total, out=equal, where=total > 0)


def dawid_skene(
    ratings: ArrayLike,
    n_classes: int | None = None,
    *,
    rater_weights: ArrayLike | None = None,
    smoothing: float = 1.0,
    max_iter: int = 200,
    tol: float = 1e-6,
) -> Consensus:
    r"""Fit the model of Dawid and Skene to ratings by expectation maximisation.

    Each item has a true class :math:`t_i \sim \pi`; given it, raters answer
    independently, rater j with class l at probability :math:`\theta^j_{tl}`. EM begins
    with the shares of the votes. The M step is

    .. math:: \theta^j_{kl} = \frac{a\,\bar\theta^j_{kl} + \sum_i w_{ik} [r_{ij} = l]}
        {a + \sum_i w_{ik} [r_{ij} \ne -1]}

    with the posterior :math:`w` and a prior of ``smoothing`` items per class, on which
    the rater has its mean accuracy, with errors spread evenly over the other classes.
    The E step is :math:`w_{ik} \propto \pi_k \prod_j (\theta^j_{k r_{ij}})^{v_j}`.
    """
    R, K = check_ratings(ratings, n_classes)
    n, m = R.shape
    v = np.ones(m) if rater_weights is None else np.asarray(rater_weights, float)
    posterior = majority(R, K, v)
    rated = [np.flatnonzero(r >= 0) for r in R.T]
    n_iter, change = 0, np.inf
    while n_iter < max_iter and change > tol:
        n_iter += 1
        theta, shares = _maximise(R, rated, posterior, smoothing)
        log_joint = np.tile(np.log(shares), (n, 1))
        for j, items in enumerate(rated):
            log_joint[items] += v[j] * np.log(theta[j]).T[R[items, j]]
        top = log_joint.max(axis=1, keepdims=True)
        before = posterior
        posterior = np.exp(log_joint - top)
        total = posterior.sum(axis=1, keepdims=True)
        posterior /= total
        change = np.abs(posterior - before).max()
    return Consensus(
        posterior,
        theta,
        shares,
        expected_accuracy(R, posterior),
        float((top + np.log(total)).sum()),
        n_iter,
    )


def _maximise(
    R: NDArray[np.int64],
    rated: list[NDArray[np.intp]],
    posterior: NDArray[np.float64],
    smoothing: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confusion of each rater and shares of the classes: the M step."""
    (n, m), K = R.shape, posterior.shape[1]
    theta = np.empty((m, K, K))
    for j, items in enumerate(rated):
        counts = np.zeros((K, K))
        np.add.at(counts.T, R[items, j], posterior[items])
        mean = (np.trace(counts) + 1) / (counts.sum() + 1 + 1 / K)
        prior = np.full((K, K), (1 - mean) / max(K - 1, 1))
        np.fill_diagonal(prior, mean if K > 1 else 1.0)
        theta[j] = counts + smoothing * prior
        theta[j] /= theta[j].sum(axis=1, keepdims=True)
    shares = (posterior.sum(axis=0) + 1 / K) / (n + 1)
    return np.maximum(theta, 1e-12), shares


def expected_accuracy(
    ratings: ArrayLike, posterior: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Mean posterior probability of the answers of each rater."""
    R = np.asarray(ratings)
    found = np.full(R.shape[1], np.nan)
    for j, answers in enumerate(R.T):
        items = np.flatnonzero(answers >= 0)
        if items.size:
            found[j] = posterior[items, answers[items]].mean()
    return found
