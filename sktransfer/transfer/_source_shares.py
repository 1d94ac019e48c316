"""Shares of several sources by their use for the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sktransfer._core.inputs import take_rows
from sktransfer._core.parts import fit_estimator
from sktransfer.transfer._class_scores import class_columns, class_scores, one_hot
from sktransfer.transfer.strategies._rows import TrainingRows
from sktransfer.transfer.strategies._strength_validation import temperature

N_STEPS = 1000
TOL = 1e-6
# least likelihood of a label by a source: no single label rules a source out
LEAST = 1e-3


def mixture_shares(
    likelihood: NDArray[np.float64],
    prior: NDArray[np.float64],
    sample_weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    r"""Shares of sources in a mixture, by expectation maximisation.

    Maximises :math:`\sum_i w_i \log \sum_k \pi_k p_{ik}` plus one prior row of each
    source on average, so that few rows leave the shares where they were.
    """
    n, k = likelihood.shape
    weight = np.ones(n) if sample_weight is None else sample_weight
    shares = prior
    for _ in range(N_STEPS):
        held = likelihood * shares
        held /= np.maximum(held.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        last, shares = shares, (weight @ held + k * prior) / (weight.sum() + k)
        shares = shares / shares.sum()
        if np.abs(shares - last).max() < TOL:
            break
    return shares


def label_likelihood(
    estimator: Any,
    Z: Any,
    labels: NDArray[Any],
    domain: NDArray[np.int64],
    weights: NDArray[np.floating] | None,
    counts: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """How likely the labels of target rows are by a model of each source alone."""
    classes, target = np.unique(labels), np.flatnonzero(domain < 0)
    Y = one_hot(labels[target], classes)
    counts = np.ones(target.size) if counts is None else counts
    Zt = take_rows(Z, target)
    found = []
    for source in np.unique(domain[domain > 0]):
        rows = np.flatnonzero(domain == source)
        known = np.unique(labels[rows])
        if known.size < 2:
            p = (labels[target] == known[0]).astype(np.float64)
        else:
            weight = None if weights is None else weights[rows]
            part = take_rows(Z, rows)
            model = fit_estimator(clone(estimator), part, labels[rows], weight)
            scores = class_scores(model, Zt, known.size)
            if known.size == 2:
                scores = scores[:, 1]
            scores = class_columns(scores, known, classes)
            scores = scores * temperature(scores, Y, counts)
            if scores.shape[1] == 1:
                scores = np.hstack([-scores, scores]) / 2
            p = softmax(scores, axis=1)
            p = p[np.arange(target.size), np.searchsorted(classes, labels[target])]
        found.append(np.maximum(p, LEAST))
    return np.column_stack(found)


def rating_likelihood(
    estimator: Any,
    Z: Any,
    ratings: NDArray[np.float64],
    domain: NDArray[np.int64],
    weights: NDArray[np.floating] | None,
    counts: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """How likely the ratings of target rows are by a model of each source alone."""
    target = np.flatnonzero(domain < 0)
    Zt, found = take_rows(Z, target), []
    for source in np.unique(domain[domain > 0]):
        rows = np.flatnonzero(domain == source)
        weight = None if weights is None else weights[rows]
        part = take_rows(Z, rows)
        model = fit_estimator(clone(estimator), part, ratings[rows], weight)
        found.append((np.ravel(model.predict(Zt)) - ratings[target]) ** 2)
    errors = np.column_stack(found)
    mean = np.average(errors, axis=0, weights=counts)
    variance = max(mean.min(), np.finfo(float).tiny)
    lead = errors - errors.min(axis=1, keepdims=True)
    return np.maximum(np.exp(-lead / (2 * variance)), LEAST)


def row_likelihood(Z: Any, domain: NDArray[np.int64]) -> NDArray[np.float64]:
    """How likely target rows are in each source, by a classifier of the sources."""
    source = np.flatnonzero(domain > 0)
    model = LogisticRegression(max_iter=1000)
    model.fit(take_rows(Z, source), domain[source])
    p = model.predict_proba(take_rows(Z, np.flatnonzero(domain < 0)))
    return p / size_shares(domain)


def size_shares(domain: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each source domain in the source rows."""
    counts = np.unique(domain[domain > 0], return_counts=True)[1]
    return counts / counts.sum()


def source_factors(
    shares: NDArray[np.float64], domain: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Factor of the weight of each row that gives sources the wanted shares."""
    sources, factors = np.unique(domain[domain > 0]), np.ones(domain.size)
    for source, share, size in zip(sources, shares, size_shares(domain)):
        factors[domain == source] = share / size
    return factors


def source_shares(estimator: Any, rows: TrainingRows) -> NDArray[np.float64] | None:
    """Share of each of several sources by its use for the target."""
    domain = rows.domain
    if domain is None or np.unique(domain[domain > 0]).size < 2 or np.all(domain > 0):
        return None
    labelled = np.flatnonzero(rows.labelled)
    known = labelled[domain[labelled] < 0]
    counts: Any = rows.sample_weight
    judged = np.flatnonzero(domain < 0)
    if 0 < known.size < labelled.size:
        judged = known
        mapped = take_rows(rows.mapped, labelled)
        weight = None if rows.weights is None else rows.weights[labelled]
        by_labels = rating_likelihood if rows.classes is None else label_likelihood
        own = None if counts is None else counts[known]
        likelihood = by_labels(
            estimator, mapped, rows.labels, domain[labelled], weight, own
        )
        likelihood = _with_unlabelled(likelihood, domain, labelled)
    else:  # no labels, or those of the target alone
        likelihood = row_likelihood(rows.mapped, domain)
    own = None if counts is None else counts[judged]
    return mixture_shares(likelihood, size_shares(domain), own)


def _with_unlabelled(
    likelihood: NDArray[np.float64],
    domain: NDArray[np.int64],
    labelled: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Likelihoods with columns for sources without labels: the mean of the others."""
    have = np.isin(np.unique(domain[domain > 0]), domain[labelled])
    every = np.tile(likelihood.mean(axis=1)[:, None], (1, have.size))
    every[:, have] = likelihood
    return every
