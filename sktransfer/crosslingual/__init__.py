"""Texts and word vectors of two languages in one feature space."""

from sktransfer.crosslingual._mapper import CrossLingualMapper
from sktransfer.crosslingual._translate_columns import (
    TranslatedColumns,
    translate_columns,
)
from sktransfer.crosslingual.alignments._base import Alignment
from sktransfer.crosslingual.alignments._csls import csls_neighbors
from sktransfer.crosslingual.alignments._kernel import KernelAlignment
from sktransfer.crosslingual.alignments._procrustes import Procrustes
from sktransfer.crosslingual.alignments._self_learning import SelfLearningAlignment
from sktransfer.crosslingual.alignments._whitened import WhitenedAlignment
from sktransfer.crosslingual.dictionaries._compose import (
    compose_dictionaries,
    invert,
)
from sktransfer.crosslingual.dictionaries._read import Dictionary, read_dictionary
from sktransfer.crosslingual.word_spaces._aligned_embeddings import AlignedEmbeddings
from sktransfer.crosslingual.word_spaces._base import WordSpace
from sktransfer.crosslingual.word_spaces._dictionary_translation import (
    DictionaryTranslation,
)
from sktransfer.crosslingual.word_spaces._distributional import (
    DistributionalCorrespondence,
)
from sktransfer.crosslingual.word_spaces._union import WordSpaceUnion

__all__ = [
    "AlignedEmbeddings",
    "Alignment",
    "CrossLingualMapper",
    "Dictionary",
    "DictionaryTranslation",
    "DistributionalCorrespondence",
    "KernelAlignment",
    "Procrustes",
    "SelfLearningAlignment",
    "TranslatedColumns",
    "WhitenedAlignment",
    "WordSpace",
    "WordSpaceUnion",
    "compose_dictionaries",
    "csls_neighbors",
    "invert",
    "read_dictionary",
    "translate_columns",
]
