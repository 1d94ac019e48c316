"""Laws of weighters, mappers, recommenders and other parts, as checks of your own."""

from sktransfer.testing._alignment_laws import (
    alignment_checks_generator,
    check_alignment,
)
from sktransfer.testing._mapper_laws import check_mapper, mapper_checks_generator
from sktransfer.testing._recommender_laws import (
    check_recommender,
    recommender_checks_generator,
)
from sktransfer.testing._strategy_laws import check_strategy, strategy_checks_generator
from sktransfer.testing._weighter_laws import check_weighter, weighter_checks_generator

__all__ = [
    "alignment_checks_generator",
    "check_alignment",
    "check_mapper",
    "check_recommender",
    "check_strategy",
    "check_weighter",
    "mapper_checks_generator",
    "recommender_checks_generator",
    "strategy_checks_generator",
    "weighter_checks_generator",
]
