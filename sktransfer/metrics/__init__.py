"""Measures of rankings, of the shift between domains, and of models without labels."""

from sktransfer.metrics._agreement import agreement_scorer
from sktransfer.metrics._circular import circular_validation_scorer
from sktransfer.metrics._coral_distance import coral_distance
from sktransfer.metrics._dev import dev_scorer
from sktransfer.metrics._feature_shift import feature_shift
from sktransfer.metrics._few_labels import few_label_scorer
from sktransfer.metrics._importance_weighted import importance_weighted_scorer
from sktransfer.metrics._mmd import mmd
from sktransfer.metrics._paired_gain import paired_gain
from sktransfer.metrics._popularity import (
    gini_at_k,
    ndcg_by_band,
    novelty_at_k,
    popularity_bands,
    recall_by_band,
)
from sktransfer.metrics._prediction_entropy import prediction_entropy_scorer
from sktransfer.metrics._proxy_a_distance import proxy_a_distance
from sktransfer.metrics._ranking import (
    coverage_at_k,
    make_ranking_scorer,
    mrr_at_k,
    ndcg_at_k,
    recall_at_k,
)
from sktransfer.metrics._ranking_quality import RankingQuality, ranking_quality
from sktransfer.metrics._soft_neighborhood_density import (
    soft_neighborhood_density_scorer,
)

__all__ = [
    "RankingQuality",
    "agreement_scorer",
    "circular_validation_scorer",
    "coral_distance",
    "coverage_at_k",
    "dev_scorer",
    "feature_shift",
    "few_label_scorer",
    "gini_at_k",
    "importance_weighted_scorer",
    "make_ranking_scorer",
    "mmd",
    "mrr_at_k",
    "ndcg_at_k",
    "ndcg_by_band",
    "novelty_at_k",
    "paired_gain",
    "popularity_bands",
    "prediction_entropy_scorer",
    "proxy_a_distance",
    "ranking_quality",
    "recall_at_k",
    "recall_by_band",
    "soft_neighborhood_density_scorer",
]
