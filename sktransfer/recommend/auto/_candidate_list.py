"""Which recommenders are compared: those given, or those that suit the data."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sktransfer.recommend.auto._candidates import (
    RecommenderCandidate,
    default_recommenders,
)
from sktransfer.recommend.auto._training_data import TrainingData


def candidates_to_compare(
    candidates: Any, data: TrainingData, n_compared: int, max_new_share: float
) -> list[RecommenderCandidate]:
    """Candidates that the data allow, the defaults where none are given."""
    if candidates is None:
        return default_recommenders(
            n_compared,
            sample_domain=data.sample_domain,
            content=data.item_features is not None,
            time=data.time is not None,
            source_time=data.source_time is not None,
            max_new_share=max_new_share,
        )
    found = checked_candidates(candidates)
    if not (data.sample_domain > 0).any():
        found = [c for c in found if not c.markets]
    if all(c.markets for c in found):
        raise ValueError(
            "One of the candidates at least must learn from the target alone, to "
            f"compare with; got {[c.name for c in found]}."
        )
    timed = [c.name for c in found if c.time]
    if timed and data.time is None:
        raise ValueError(f"{timed} need times of the interactions; got time=None.")
    timed = [c.name for c in found if c.time and c.markets]
    if timed and data.source_time is None:
        raise ValueError(
            f"{timed} need times of all interactions of all markets; some of other "
            "markets have none."
        )
    return found


def with_half_life(
    candidates: list[RecommenderCandidate], half_life: float | None
) -> list[RecommenderCandidate]:
    """Candidates with the half-life that was given."""
    if half_life is None:
        return candidates
    return [
        c._replace(estimator=clone(c.estimator).set_params(half_life=half_life))
        if not c.time and "half_life" in c.estimator.get_params(deep=False)
        else c
        for c in candidates
    ]


def checked_candidates(candidates: Any) -> list[RecommenderCandidate]:
    """Candidates as given, pairs of a name and a recommender among them."""
    found = []
    for candidate in candidates:
        if not isinstance(candidate, RecommenderCandidate):
            try:
                name, estimator = candidate
            except (TypeError, ValueError):
                raise ValueError(
                    'candidates must be a list of pairs, [("EASE", EASERecommender())],'
                    f" or of RecommenderCandidate; got {candidate!r:.200} in it."
                ) from None
            markets = has_fit_parameter(estimator, "sample_domain")
            candidate = RecommenderCandidate(name, estimator, markets=markets)
        for method in ("fit", "recommend"):
            if not hasattr(candidate.estimator, method):
                raise TypeError(
                    f"The recommender {candidate.name!r} has no method {method!r}; got "
                    f"{candidate.estimator!r:.200}."
                )
        found.append(candidate)
    names = [c.name for c in found]
    if len(set(names)) < len(names) or not found:
        raise ValueError(f"candidates must have names, each once; got {names}.")
    return found
