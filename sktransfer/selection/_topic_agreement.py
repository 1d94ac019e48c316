"""Agreement of the features with labels that topics bring to the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB
from sklearn.preprocessing import normalize

from sktransfer._core.correspondence import document_frequency
from sktransfer._core.information import presence


def class_indicators(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Indicator columns of the classes."""
    return (labels[:, None] == np.unique(labels)).astype(np.float64)


def topic_classes(shares: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    r"""Mean class probabilities of each topic.

    :math:`p(c \mid t) = \bigl(\sum_i \theta_{it}\, p_{ic} + \bar p_c\bigr) /
    \bigl(\sum_i \theta_{it} + 1\bigr)`: one document's worth of the mean keeps topics
    of few documents near it.
    """
    mean = classes.mean(axis=0)
    return (shares.T @ classes + mean) / (shares.sum(axis=0)[:, None] + 1)


def class_scores_through_topics(
    X_source: Any,
    labels: NDArray[Any],
    X_target: Any,
    shares: tuple[NDArray[Any], NDArray[Any]],
) -> tuple[NDArray[np.float64], float]:
    r"""Class scores of target documents, from source labels and topics.

    Naive Bayes from the labelled source gives each target document class probabilities
    :math:`p`. Each topic takes the mean of its target documents, and each document the
    mean of its topics, :math:`q = \theta\, p(c \mid t)`. So words that only the target
    uses count too, through the topics that they share with words of the source. The
    weight of the topics is :math:`R^2`, the share of the variance of the labels in the
    source that they explain; both terms are standardised,

    .. math:: R^2 q + (1 - R^2)\, p .
    """
    in_source, in_target = shares
    known = class_indicators(labels)
    explained = _standardized(in_source @ topic_classes(in_source, known))
    reliability = float(np.mean(np.mean(explained * _standardized(known), axis=0)) ** 2)
    # rows of length 1, so that long documents are no surer than short ones
    bayes = MultinomialNB().fit(normalize(X_source), labels)
    p = bayes.predict_proba(normalize(X_target))
    q = in_target @ topic_classes(in_target, p)
    carried = reliability * _standardized(q) + (1 - reliability) * _standardized(p)
    return carried, reliability


def _standardized(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = columns - columns.mean(axis=0)
    std = columns.std(axis=0)
    # a constant column leaves rounding noise, which must not be blown up
    varies = std > 1e-12
    return np.divide(centred, std, out=np.zeros_like(centred), where=varies)


def class_correlation(X: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Correlation of the presence of each feature with each class."""
    F = presence(X)
    frequency = document_frequency(F)
    spread = np.sqrt(frequency * (1 - frequency))[:, None]
    covariance = (F.T @ _standardized(classes)) / F.shape[0]
    return np.divide(
        covariance,
        spread,
        out=np.zeros_like(covariance),
        where=np.broadcast_to(spread > 0, covariance.shape),
    )


def label_agreement(source: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    r"""Correlation of each feature with the classes in the target, as in the source.

    .. math:: \max\Bigl(0,\; \frac{r^s_j \cdot r^t_j}{\|r^s_j\|}\Bigr) \Big/ \sqrt{C}

    with the correlations :math:`r` of feature j with the C classes. For two classes it
    is :math:`|r^t_j|` where the signs agree, and 0 where they do not.
    """
    length = np.linalg.norm(source, axis=1)
    along = np.einsum("jc,jc->j", source, target)
    scale = length * np.sqrt(source.shape[1])
    along = np.divide(along, scale, out=np.zeros_like(along), where=scale > 0)
    return along.clip(0, 1)
