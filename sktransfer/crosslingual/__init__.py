"""Texts of two languages in one feature space."""

from sktransfer.crosslingual._dictionary_translation import DictionaryTranslation
from sktransfer.crosslingual._distributional import DistributionalCorrespondence
from sktransfer.crosslingual._mapper import CrossLingualMapper

__all__ = [
    "CrossLingualMapper",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
]
