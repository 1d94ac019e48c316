"""Measures of rankings and of the shift between domains."""

from sktransfer.metrics._coral_distance import coral_distance
from sktransfer.metrics._feature_shift import feature_shift
from sktransfer.metrics._mmd import mmd
from sktransfer.metrics._proxy_a_distance import proxy_a_distance
from sktransfer.metrics._ranking import (
    coverage_at_k,
    mrr_at_k,
    ndcg_at_k,
    recall_at_k,
)

__all__ = [
    "coral_distance",
    "coverage_at_k",
    "feature_shift",
    "mmd",
    "mrr_at_k",
    "ndcg_at_k",
    "proxy_a_distance",
    "recall_at_k",
]
