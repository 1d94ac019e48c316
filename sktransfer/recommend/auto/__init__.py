"""Choosing a recommender: candidates, their comparison, and the choice.

It stands in ``recommend``, where a user looks for recommenders, and not beside
``transfer.auto``, which chooses classifiers: it fits recommenders only. The split of
interactions and nDCG, which ``model_selection`` and ``metrics`` need as well, are in
``_core``. Coverage, novelty and quality by popularity of the rankings that it keeps are
computed by :func:`sktransfer.metrics.ranking_quality`.
"""
