"""Measures of rankings."""

from sktransfer.metrics._ranking import (
    coverage_at_k,
    mrr_at_k,
    ndcg_at_k,
    recall_at_k,
)

__all__ = ["coverage_at_k", "mrr_at_k", "ndcg_at_k", "recall_at_k"]
