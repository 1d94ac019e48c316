"""Which features carry over from the source to the target."""

from sktransfer.selection._topic import TopicFeatureSelector

__all__ = ["TopicFeatureSelector"]
