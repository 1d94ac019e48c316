"""Weights of source markets, given or by similarity, that are chosen from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._base import stored_pattern
from sktransfer.recommend.markets._shares import MarketSetting
from sktransfer.recommend.markets._similarity import evidence_weights, market_evidence

_UNLIKE = 0.05
_LIGHTLY = 0.05
_HALF = 10.0  # target interactions of an item that is half its own


def market_settings(
    X: Any,
    w: NDArray[np.floating],
    domain: NDArray[np.int64],
    weighting: str | Mapping[int, float] | None,
    fusion: str | None,
) -> tuple[dict[str, MarketSetting], dict[int, float] | None]:
    """Settings of the source markets to choose from, by name."""
    sources = [int(d) for d in np.unique(domain[domain > 0])]
    if stored_pattern(X[(domain > 0) & (w > 0)])[1].size == 0:
        raise ValueError(
            "The source markets share no item with the target: no source row has "
            f"an interaction with the {X.shape[1]} items of the target. Give the "
            "same item the same column in every market, or widen `catalogue`."
        )
    ones = dict.fromkeys(sources, 1.0)
    usual = "rows" if fusion is None else fusion
    if weighting is None:
        return {"pooled": MarketSetting(ones, fusion=usual)}, None
    if weighting == "item":
        return {"item": MarketSetting(ones, _HALF, usual)}, None
    if isinstance(weighting, Mapping):
        weights = _given_weights(weighting, sources)
        return {"given": MarketSetting(weights, fusion=usual)}, None
    weights, similarity = _weights_by_similarity(X, w, domain, sources)
    if max(similarity.values()) < _UNLIKE:
        warnings.warn(
            "No source market resembles the target: the largest similarity of item "
            f"profiles is {max(similarity.values()):.2g}, so hardly more than the "
            "target itself is learned from. Check that items have the same column "
            "in every market, or set `weighting` by hand.",
            UserWarning,
            stacklevel=4,
        )
    if weighting == "similarity":
        return {"similarity": MarketSetting(weights, fusion=usual)}, similarity
    settings = {"target": MarketSetting(dict.fromkeys(sources, 0.0))}
    if fusion is None:
        for way in ("both", "scores"):
            settings[way] = MarketSetting(similarity, fusion=way)
    others = {
        "correlation": similarity,
        "similarity": weights,
        "pooled": ones,
        "lightly": dict.fromkeys(sources, _LIGHTLY),
    }
    settings |= {name: MarketSetting(v, fusion=usual) for name, v in others.items()}
    return settings, similarity


def _given_weights(
    weighting: Mapping[int, float], sources: list[int]
) -> dict[int, float]:
    unknown = [d for d in sources if d not in weighting]
    if unknown:
        raise ValueError(
            "weighting must give a weight to each source domain in sample_domain; "
            f"got none for {unknown}."
        )
    weights = {d: float(weighting[d]) for d in sources}
    if not all(0 <= v < np.inf for v in weights.values()):
        raise ValueError(
            "weighting must map domains to finite weights that are not negative; "
            f"got {weights}."
        )
    return weights


def _weights_by_similarity(
    X: Any, w: NDArray[np.floating], domain: NDArray[np.int64], sources: list[int]
) -> tuple[dict[int, float], dict[int, float]]:
    """Weights by the evidence of each market, and its similarity."""
    groups = [domain == d for d in sources] + [domain < 0]
    evidence = market_evidence(
        [X[rows] for rows in groups[:-1]],
        X[groups[-1]],
        weights=[w[rows] for rows in groups],
    )
    mass = w * np.asarray(abs(X).sum(axis=1)).ravel()
    size = np.array([mass[rows].sum() for rows in groups])
    weights = evidence_weights(evidence, size[:-1] / size[-1])
    similarity = evidence.similarity
    return dict(zip(sources, weights.tolist())), dict(zip(sources, similarity.tolist()))
