"""Settings to choose from: weights of source markets, given or by similarity."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from sktransfer._core.sparse import nonzero_entries
from sktransfer.recommend.markets._similarity import evidence_weights, market_evidence
from sktransfer.recommend.markets._training import MarketRows, MarketSetting

_MIN_SIMILARITY = 0.05  # below, a market does not resemble the target
_LIGHT_WEIGHT = 0.05
_HALF = 10.0  # target users at which an item is half the target's own


def market_settings(
    rows: MarketRows,
    weighting: str | Mapping[int, float] | None,
    fusion: str | None,
) -> tuple[dict[str, MarketSetting], dict[int, float] | None]:
    """Settings to choose from, by name, and the similarity of each source market."""
    sources = _source_markets(rows)
    if not sources:
        return {"target": MarketSetting({})}, None
    ones = dict.fromkeys(sources, 1.0)
    joined = "rows" if fusion is None else fusion
    if weighting is None:
        return {"pooled": MarketSetting(ones, fusion=joined)}, None
    if weighting == "item":
        return {"item": MarketSetting(ones, _HALF, joined)}, None
    if isinstance(weighting, Mapping):
        weights = _given_weights(weighting, sources)
        return {"given": MarketSetting(weights, fusion=joined)}, None
    weights, similarity = _weights_by_similarity(rows, sources)
    if weighting == "similarity":
        return {"similarity": MarketSetting(weights, fusion=joined)}, similarity
    settings = {"target": MarketSetting(dict.fromkeys(sources, 0.0))}
    if fusion is None:
        for way in ("both", "scores"):
            settings[way] = MarketSetting(similarity, fusion=way)
    others = {
        "correlation": similarity,
        "similarity": weights,
        "pooled": ones,
        "lightly": dict.fromkeys(sources, _LIGHT_WEIGHT),
    }
    settings |= {name: MarketSetting(v, fusion=joined) for name, v in others.items()}
    return settings, similarity


def _source_markets(rows: MarketRows) -> list[int]:
    """Domains of the source markets; refused where no item is shared."""
    if rows.domain is None or rows.target.all():
        return []
    of_sources = (rows.domain > 0) & (rows.sample_weight > 0)
    if nonzero_entries(rows.X[of_sources])[1].size == 0:
        raise ValueError(
            "The source markets share no item with the target: no source row has "
            f"an interaction with the {rows.X.shape[1]} items of the target. Give the "
            "same item the same column in every market, or widen `catalogue`."
        )
    return [int(d) for d in np.unique(rows.domain[rows.domain > 0])]


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
    rows: MarketRows, sources: list[int]
) -> tuple[dict[int, float], dict[int, float]]:
    """Weights by the evidence of each market, and its similarity."""
    X, w = rows.X, rows.sample_weight
    groups = [rows.of_market(d) for d in sources] + [rows.target]
    evidence = market_evidence(
        [X[group] for group in groups[:-1]],
        X[groups[-1]],
        weights=[w[group] for group in groups],
    )
    mass = w * np.asarray(abs(X).sum(axis=1, dtype=w.dtype)).ravel()
    size = np.array([mass[group].sum() for group in groups])
    weights = evidence_weights(evidence, size[:-1] / size[-1])
    similarity = dict(zip(sources, evidence.similarity.tolist()))
    if max(similarity.values()) < _MIN_SIMILARITY:
        warnings.warn(
            "No source market resembles the target: the largest similarity of item "
            f"profiles is {max(similarity.values()):.2g}, so hardly more than the "
            "target itself is learned from. Check that items have the same column "
            "in every market, or set `weighting` by hand.",
            UserWarning,
            stacklevel=6,
        )
    return dict(zip(sources, weights.tolist())), similarity
